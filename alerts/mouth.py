"""What the mouth does over time: yawns, yawns behind a hand, and speech, which is neither.

Knows how wide the mouth is. Must not know levels: yawns corroborate, a rule counts them.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from alerts.eyes import believed
from alerts.timing import Answer, Hold, exceeds, reached
from vision.types import Mouth, Reason


class YawnSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a yawn is, and what it is not."""

    min_confidence: Annotated[
        float, Meta(ge=0.1, le=0.95, description="a mouth judged with less confidence is unknown; 0–1; (ours)")
    ] = 0.5
    open_from: Annotated[
        float, Meta(ge=0.3, le=0.9, description="the mouth is wide open; openness 0–1; speech stays under it (ours)")
    ] = 0.5
    close_margin: Annotated[
        float, Meta(ge=0.0, le=0.2, description="it stays wide open down to this much less; openness 0–1; (ours)")
    ] = 0.1
    min_s: Annotated[
        float, Meta(ge=1.5, le=3.5, description="open shorter is speech or laughter; s; yawns last 3.5–6 s [S2]")
    ] = 2.0
    max_s: Annotated[float, Meta(ge=5.0, le=12.0, description="longer is no yawn; s; they last 3.5–6 s [S2]")] = 7.0
    bridge_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="longest time between two judged samples in one yawn; s; (ours)")
    ] = 0.35
    release_s: Annotated[
        float, Meta(ge=0.02, le=0.3, description="a shorter closing is a misreading; s; speech closes oftener (ours)")
    ] = 0.1
    window_s: Annotated[float, Meta(ge=120.0, le=1800.0, description="yawns are counted over this; s; (ours)")] = 600.0
    notice_s: Annotated[
        float, Meta(ge=5.0, le=120.0, description="yawns weigh until this long after the last one; s; (ours)")
    ] = 30.0
    covered_from_s: Annotated[
        float,
        Meta(ge=0.2, le=1.5, description="seen wide open this long before a hand covers it; s; 44–67 % are [S2]"),
    ] = 0.5
    covered_weight: Annotated[
        float, Meta(ge=0.0, le=1.0, description="what a yawn behind a hand counts; yawns; weak evidence (ours)")
    ] = 0.4
    parted_from: Annotated[
        float, Meta(ge=0.1, le=0.4, description="the mouth is open as in speech; openness 0–1; (ours)")
    ] = 0.25
    parted_margin: Annotated[
        float, Meta(ge=0.0, le=0.2, description="it stays so down to this much less; openness 0–1; (ours)")
    ] = 0.1
    speech_from: Annotated[
        int, Meta(ge=2, le=10, description="this often opened in the speech window is speech; times; (ours)")
    ] = 3
    speech_window_s: Annotated[
        float, Meta(ge=3.0, le=20.0, description="over which openings are counted; s; a sung note is long (ours)")
    ] = 10.0


# Speech
# ------
# Who talks, sings or laughs opens the mouth again and again; who yawns opens it once. An opening is counted as the
# mouth parts; speech_from of them within speech_window_s are speech.


class Speech:
    """Whether the mouth opens and closes as in speech."""

    __slots__ = ("_openings", "_parted", "_settings", "talking")

    def __init__(self, settings: YawnSettings) -> None:
        self._settings = settings
        self._openings: deque[float] = deque()
        self._parted = False
        self.talking: Answer = None

    def update(self, t_s: float, openness: float | None) -> None:
        """Take one sample."""
        s, openings = self._settings, self._openings
        while openings and openings[0] < t_s - s.speech_window_s:
            openings.popleft()
        if openness is None:
            self.talking = None
            return
        parted = openness >= s.parted_from - (s.parted_margin if self._parted else 0.0)
        if parted and not self._parted:
            openings.append(t_s)
        self._parted = parted
        self.talking = len(openings) >= s.speech_from


# Yawns
# -----
# The table of timing.Hold over "is the mouth wide open". A yawn is counted when its end is seen and its length lies
# in min_s … max_s. Speech takes back what was counted since it began: a long note looks like a yawn until the next.
#
# 44–67 % of yawns are covered by a hand [S2]. A mouth that was seen wide open for covered_from_s and is then covered
# (reason COVERED, no other) counts as a covered yawn when it is seen again, if the whole lasted min_s … max_s. That is
# weak evidence: it weighs covered_weight, and the rules alone say what the sum is worth.


class Yawns:
    """Counts yawns in the window."""

    __slots__ = ("_covered", "_covered_since_s", "_ends", "_hold", "_settings", "_speech", "yawning")

    def __init__(self, settings: YawnSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)
        self._speech = Speech(settings)
        self._ends: deque[float] = deque()
        self._covered: deque[float] = deque()
        self._covered_since_s: float | None = None  # where the opening began that a hand covers now
        self.yawning: Answer = None

    @property
    def count(self) -> int:
        """Yawns seen."""
        return len(self._ends)

    @property
    def covered(self) -> int:
        """Yawns behind a hand."""
        return len(self._covered)

    @property
    def talking(self) -> Answer:
        return self._speech.talking

    @property
    def weight(self) -> float:
        """Both kinds by what they are worth; yawns."""
        return len(self._ends) + self._settings.covered_weight * len(self._covered)

    @property
    def first_s(self) -> float:
        """When the first one counted ended."""
        return min((ends[0] for ends in (self._ends, self._covered) if ends), default=0.0)

    def recent(self, t_s: float) -> float:
        """Their weight while the last one is not long past, else 0."""
        if not self._ends and not self._covered:
            return 0.0
        last_s = max(ends[-1] for ends in (self._ends, self._covered) if ends)
        return 0.0 if exceeds(t_s - last_s, self._settings.notice_s) else self.weight

    def update(self, t_s: float, mouth: Mouth) -> None:
        """Take one sample."""
        s = self._settings
        openness = believed(mouth.openness, mouth.confidence, s.min_confidence)
        wide = None if openness is None else openness >= s.open_from - (s.close_margin if self._hold.phase else 0.0)
        self._speech.update(t_s, openness)
        self._follow_hand(t_s, openness, mouth.reason)
        ended = self._hold.update(t_s, wide, s.release_s)
        if ended and ended.whole and self._is_yawn(ended.length_s):
            self._ends.append(ended.end_s)
        if self._speech.talking:
            self._take_back(t_s - s.speech_window_s)
        for ends in self._ends, self._covered:
            while ends and ends[0] < t_s - s.window_s:
                ends.popleft()
        self.yawning = None if wide is None else wide and self._is_yawn(self._hold.held_for_s)

    def _is_yawn(self, length_s: float) -> bool:
        s = self._settings
        return reached(length_s, s.min_s) and not exceeds(length_s, s.max_s)

    def _follow_hand(self, t_s: float, openness: float | None, reason: Reason | None) -> None:
        if openness is None and reason is Reason.COVERED:
            if self._hold.phase and reached(self._hold.held_for_s, self._settings.covered_from_s):
                self._covered_since_s = self._hold.since_s
            return
        since_s, self._covered_since_s = self._covered_since_s, None
        if since_s is not None and openness is not None and self._is_yawn(t_s - since_s):
            self._covered.append(t_s)

    def _take_back(self, from_s: float) -> None:
        for ends in self._ends, self._covered:
            while ends and ends[-1] >= from_s:
                ends.pop()
