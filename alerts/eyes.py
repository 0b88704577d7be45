"""Two eyes seen one by one → are the driver's eyes closed, since when, and was that a blink.

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

from alerts.timing import Answer, FrameRate, Hold, Stretch, reached
from alerts.types import Metric
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
    blink_max_s: Annotated[
        float,
        Meta(
            ge=0.3,
            le=1.0,
            description="a longer closure is no blink; s; prolonged blinks begin at 0.5 s [S2], room above (ours)",
        ),
    ] = 0.8
    blink_min_fps: Annotated[
        float,
        Meta(
            ge=10.0,
            le=60.0,
            description="blink timing is withdrawn below; frames/s; 10 Hz finds 51 % of blinks, 30 Hz 95 % [S2]",
        ),
    ] = 15.0


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


def lids(left: Eye, right: Eye, settings: EyeSettings) -> Answer:
    """Whether the driver's eyes are closed; None where neither eye can be judged."""
    pair = _closed(left, settings), _closed(right, settings)
    if pair in _TOGETHER:
        return _TOGETHER[pair]
    if at_odds(left, right, settings):
        return False
    return pair[0] if left.confidence > right.confidence else pair[1]


def at_odds(left: Eye, right: Eye, settings: EyeSettings) -> Answer:
    """Whether one eye is closed beside an open one and neither is seen much better; None where an eye is unknown."""
    pair = _closed(left, settings), _closed(right, settings)
    if None in pair:
        return None
    return pair[0] is not pair[1] and abs(left.confidence - right.confidence) < settings.confidence_lead


class Winks:
    """How long the eyes have disagreed. A wink does not last: an eye that reads open for ever must not hide sleep."""

    __slots__ = ("_hold", "_settings")

    def __init__(self, settings: EyeSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)

    def too_long(self, t_s: float, left: Eye, right: Eye) -> bool:
        """Take one sample; True where nobody knows any more which eye is right."""
        s = self._settings
        self._hold.update(t_s, at_odds(left, right, s), s.reopen_s)
        return reached(self._hold.held_for_s, s.wink_max_s)


def _closed(eye: Eye, settings: EyeSettings) -> Answer:
    closed = believed(eye.closed, eye.confidence, settings.min_confidence)
    return None if closed is None else closed >= CLOSED_FROM


class Eyelids:
    """The closure that is going on: the table of timing.Hold, with a release that grows.

    Before a closure is long, an open reading of more than `flicker_s` ends it: lids that flutter in the sun or in
    laughter are not asleep. Once it is `long_s` old the driver has to show open eyes for `reopen_s`.
    """

    __slots__ = ("_hold", "_long_s", "_settings")

    def __init__(self, settings: EyeSettings, long_s: float) -> None:
        self._settings = settings
        self._long_s = long_s
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
        long = reached(self._hold.held_for_s, self._long_s)
        return self._hold.update(t_s, closed, self._settings.reopen_s if long else self._settings.flicker_s)


class Blinks:
    """How long the last blink took and how often the driver blinks. Shown, not judged."""

    __slots__ = ("_ends_s", "_last_s", "_settings", "_window_s")

    def __init__(self, settings: EyeSettings, window_s: float) -> None:
        self._settings = settings
        self._window_s = window_s
        self._ends_s: deque[float] = deque()
        self._last_s: float | None = None

    def update(self, t_s: float, ended: Stretch | None, rate: FrameRate) -> None:
        """Take the closure that just ended. Only one whose both ends were seen has a duration."""
        if ended and ended.whole and ended.length_s <= self._settings.blink_max_s and not self._lacks(rate):
            self._last_s = ended.length_s
            self._ends_s.append(ended.end_s)
        while self._ends_s and self._ends_s[0] < t_s - self._window_s:
            self._ends_s.popleft()

    def duration(self, rate: FrameRate) -> Metric:
        """How long the last blink took, in s."""
        reason = self._lacks(rate) or ("no blink yet" if self._last_s is None else None)
        return Metric(reason=reason) if reason else Metric(self._last_s)

    def rate_hz(self, rate: FrameRate, judged_s: float, eyes_lack: str | None) -> Metric:
        """Blinks a second of judged time. `judged_s` is of the same window; `eyes_lack` is why it is too little."""
        reason = self._lacks(rate) or eyes_lack
        return Metric(reason=reason) if reason else Metric(len(self._ends_s) / judged_s)

    def _lacks(self, rate: FrameRate) -> str | None:
        return rate.lacks(self._settings.blink_min_fps)
