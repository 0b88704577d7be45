"""Two eyes seen one by one → are the driver's eyes closed, and since when.

Knows the eye measurements of one observation and the closure that is going on. Must not know levels or alerts.

An eye is closed where its `closed` probability is 0.5 or more, the same for everybody. Openness is not asked: a
driver who looks 40° down shows 6.4 mm of eye instead of 9.7 mm [S2] and is awake. An eye that cannot be judged is
unknown, never closed: in one field trial counting it as closed made about 95 % of 15,000 alerts false [S2].
"""

from __future__ import annotations

import math
from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from alerts.timing import Answer, Hold, Stretch, reached
from vision.types import Eye

CLOSED_FROM = 0.5  # probability; the product's threshold, fixed: no driver has a lid setting of their own


class EyeSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How eyes are read and closures followed."""

    min_confidence: Annotated[
        float, Meta(ge=0.1, le=0.95, description="an eye judged with less confidence is unknown; 0–1; (ours)")
    ] = 0.5
    confidence_lead: Annotated[
        float,
        Meta(
            ge=0.1,
            le=1.0,
            description="where the eyes disagree, an eye with this much more confidence decides; 0–1; (ours)",
        ),
    ] = 0.3
    wink_max_s: Annotated[
        float,
        Meta(
            ge=0.5,
            le=5.0,
            description="eyes that disagree for longer are unknown: one of them is read badly; s; no wink lasts (ours)",
        ),
    ] = 1.5
    bridge_s: Annotated[
        float,
        Meta(
            ge=0.1,
            le=0.5,
            description="longest time between two judged samples that one closure may span; s; "
            "shorter than the eyes take to open, be read as open and close again (ours)",
        ),
    ] = 0.35
    flicker_s: Annotated[
        float,
        Meta(
            ge=0.02,
            le=0.2,
            description="an open reading up to this long inside a closure is a misreading; s; "
            "one frame at 10 frames/s (ours)",
        ),
    ] = 0.1
    reopen_s: Annotated[
        float,
        Meta(ge=0.05, le=0.5, description="eyes open this long end a microsleep or sleep; s; (ours)"),
    ] = 0.2
    long_s: Annotated[
        float,
        Meta(ge=0.8, le=2.0, description="a closure this old ends only with reopen_s; s; a microsleep's 1 s [S2]"),
    ] = 1.0
    count_from_s: Annotated[
        float, Meta(ge=0.3, le=0.8, description="a longer closure is counted as long; s; prolonged from 0.5 s [S2]")
    ] = 0.5
    count_window_s: Annotated[
        float, Meta(ge=60.0, le=900.0, description="long closures are counted over this; s; (ours)")
    ] = 300.0


def believed(value: float | None, confidence: float, min_confidence: float) -> float | None:
    """A measurement, or None where it is absent, not a number or not trusted enough."""
    if value is None or not confidence >= min_confidence or not math.isfinite(value):
        return None
    return value


# Both eyes together: (left closed, right closed) → closed. Where the eyes disagree the driver winks, or the eye
# further from the camera is read badly. A wink is not sleep, so open wins, unless one eye is seen much better than
# the other: then that one decides.
_TOGETHER: dict[tuple[Answer, Answer], Answer] = {
    (True, True): True,
    (False, False): False,
    (True, None): True,
    (None, True): True,
    (False, None): False,
    (None, False): False,
    (None, None): None,
}


class Eyes:
    """Whether the driver's eyes are closed, sample by sample.

    Its only memory is how long the two have disagreed. A wink does not last: an eye that reads open for ever must not
    hide sleep.
    """

    __slots__ = ("_odds", "_settings", "disagree")

    def __init__(self, settings: EyeSettings) -> None:
        self._settings = settings
        self._odds = Hold(settings.bridge_s)
        self.disagree = False  # for longer than a wink: nobody knows any more which eye is right

    def closed(self, t_s: float, left: Eye, right: Eye) -> Answer:
        """Take one sample; None where neither eye can be judged, or where they have disagreed for too long."""
        s = self._settings
        pair = one, other = _closed(left, s), _closed(right, s)
        at_odds = None if one is None or other is None else one is not other
        leads = at_odds and abs(left.confidence - right.confidence) >= s.confidence_lead
        self._odds.update(t_s, False if leads else at_odds, s.reopen_s)
        self.disagree = reached(self._odds.held_for_s, s.wink_max_s)
        if self.disagree:
            return None
        if leads:
            return one if left.confidence > right.confidence else other
        return False if at_odds else _TOGETHER[pair]


def _closed(eye: Eye, settings: EyeSettings) -> Answer:
    closed = believed(eye.closed, eye.confidence, settings.min_confidence)
    return None if closed is None else closed >= CLOSED_FROM


class Eyelids:
    """The closure that is going on: the table of timing.Hold, with a release that grows.

    Before a closure is long, an open reading of more than `flicker_s` ends it: lids that flutter in the sun or in
    laughter are not asleep. Once it is `long_s` old the driver has to show open eyes for `reopen_s`.
    """

    __slots__ = ("_hold", "_settings")

    def __init__(self, settings: EyeSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)

    @property
    def since_s(self) -> float:
        return self._hold.since_s

    @property
    def closed_for_s(self) -> float:
        """From the first closed sample to the last one; 0 where no closure is going on."""
        return self._hold.held_for_s

    @property
    def length_s(self) -> float:
        """The same up to the first open sample: what the closure has taken in all."""
        return self._hold.length_s

    def update(self, t_s: float, closed: Answer) -> Stretch | None:
        """Take one sample; returns the closure that ended with it, if one did."""
        s = self._settings
        return self._hold.update(t_s, closed, s.reopen_s if reached(self._hold.held_for_s, s.long_s) else s.flicker_s)


class LongClosures:
    """How many closures of late were longer than a blink, and how many of them microsleeps."""

    __slots__ = ("_ends", "_settings", "count", "microsleeps")

    def __init__(self, settings: EyeSettings) -> None:
        self._settings = settings
        self._ends: deque[tuple[float, bool]] = deque()  # (end, whether it was a microsleep)
        self.count = 0  # all of them, microsleeps included
        self.microsleeps = 0

    @property
    def last_s(self) -> float | None:
        """When the last one ended."""
        return self._ends[-1][0] if self._ends else None

    def update(self, t_s: float, ended: Stretch | None) -> None:
        """Take the closure that just ended. One that was lost counts too: so long it was seen."""
        s = self._settings
        if ended and reached(ended.length_s, s.count_from_s):
            micro = reached(ended.length_s, s.long_s)
            self._ends.append((ended.end_s, micro))
            self.microsleeps += micro
        while self._ends and self._ends[0][0] < t_s - s.count_window_s:
            self.microsleeps -= self._ends.popleft()[1]
        self.count = len(self._ends)
