"""From closures and an open mouth to drowsiness: microsleep, sleep, PERCLOS, yawns.

Knows how long the eyes are closed, which of the last minute was judged, and how wide the mouth is. Must not know
speed, pixels or what is shown: the policy gates and chooses.

Blink rate is no measure of drowsiness [S2] and appears in no rule. Yawns alone never exceed INFORMATION.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from alerts.eyes import Eyelids, believed
from alerts.timing import Answer, FrameRate, Hold, SpanWindow, Stretch, exceeds, reached
from alerts.types import Cause, Explanation, Finding, Level, Metric
from vision.types import Mouth

# Long closure
# ------------
# A ladder, no machine of its own: eyes.Eyelids says how long the closure has been seen to last, and the highest rung
# reached is the finding. The closure alone decides when it is over.
#   seen closed for     0 … microsleep_s   … sleep_s     …
#   finding             –    MICROSLEEP       SLEEP
# An eye that becomes unknown adds nothing; unknown for longer than eyes.bridge_s ends the closure without a finding.


class ClosureSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When closed eyes are a microsleep and when sleep."""

    microsleep_s: Annotated[
        float,
        Meta(ge=0.8, le=2.0, description="eyes closed this long are a microsleep; s; Euro NCAP: 1–2 s [S2]"),
    ] = 1.0
    sleep_s: Annotated[
        float,
        Meta(ge=1.5, le=5.0, description="eyes closed this long are sleep; s; Euro NCAP: 3 s or more [S2]"),
    ] = 3.0

    def __post_init__(self) -> None:
        if self.sleep_s <= self.microsleep_s:
            raise ValueError(f"sleep_s = {self.sleep_s} must be over microsleep_s = {self.microsleep_s}")


def long_closure(t_s: float, lids: Eyelids, settings: ClosureSettings, reopen_s: float) -> Finding | None:
    """The finding of the closure that is going on, if it is long enough for one."""
    closed_s = lids.closed_for_s
    if not reached(closed_s, settings.microsleep_s):
        return None
    asleep = reached(closed_s, settings.sleep_s)
    why = Explanation(
        rule="sleep" if asleep else "microsleep",
        since_s=lids.since_s,
        until_s=t_s,
        value=closed_s,
        threshold=settings.sleep_s if asleep else settings.microsleep_s,
        unit="s",
        clears_when=f"the eyes stay open for {reopen_s:.1f} s",
        measured="eyes closed for",
    )
    if asleep:
        return Finding(Level.CRITICAL, Cause.SLEEP, why)
    return Finding(Level.WARNING, Cause.MICROSLEEP, why)


class PerclosSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """PERCLOS P80 and when it can be believed."""

    window_s: Annotated[
        float, Meta(ge=30.0, le=300.0, description="the time PERCLOS looks back over; s; P80 over 1 min, NHTSA [S2]")
    ] = 60.0
    min_closure_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="a shorter closure is a blink and does not count; s; 250 ms [S2]")
    ] = 0.25
    advisory_share: Annotated[
        float, Meta(ge=0.05, le=0.2, description="drowsy, caution; share 0–1; NHTSA advisory, 1 min: 8 % [S2]")
    ] = 0.08
    full_share: Annotated[
        float, Meta(ge=0.08, le=0.3, description="drowsy, warning; share 0–1; NHTSA full warning, 1 min: 12 % [S2]")
    ] = 0.12
    release_share: Annotated[
        float, Meta(ge=0.0, le=0.05, description="a level ends this far under its limit; share 0–1; (ours)")
    ] = 0.02
    min_fps: Annotated[
        float,
        Meta(
            ge=8.0,
            le=30.0,
            description="PERCLOS is withdrawn below; frames/s; 250 ms have to span two samples and more (ours)",
        ),
    ] = 10.0
    min_judged_share: Annotated[
        float,
        Meta(
            ge=0.3, le=0.95, description="PERCLOS is withdrawn where less of the window was judged; share 0–1; (ours)"
        ),
    ] = 0.7
    stale_s: Annotated[
        float, Meta(ge=0.5, le=10.0, description="PERCLOS is withdrawn after eyes were unseen this long; s; (ours)")
    ] = 3.0

    def __post_init__(self) -> None:
        if self.full_share <= self.advisory_share:
            raise ValueError(f"full_share = {self.full_share} must be over advisory_share = {self.advisory_share}")


# PERCLOS
# -------
# value = time in closures of at least min_closure_s / time in which the eyes were judged, both in the last window_s.
# The time between two samples counts as judged where both know the eyes and lie no further apart than the bridge,
# and while the frame rate carries the measure; it counts as closed where the earlier sample is closed. A closure's
# time waits until the closure is long enough to count and is dropped if it stays a blink.
#
# Its levels go up only with a sample in which the eyes are judged – the share also moves while the eyes are unseen,
# because old open time leaves the window, and nobody is drowsy for being unseen – and go down with a margin:
#   level now    goes up at                      goes down at                                 withdrawn
#   none         advisory_share, full_share      –                                            –
#   caution      full_share                      advisory_share − release_share               to none
#   warning      –                               full_share − release_share                   to none


class Perclos:
    """Share of the time with closed eyes, and the finding it makes."""

    __slots__ = ("_bridge_s", "_closed", "_judged", "_judged_s", "_last", "_level", "_settings", "_waiting")

    def __init__(self, settings: PerclosSettings, bridge_s: float) -> None:
        self._settings = settings
        self._bridge_s = bridge_s
        self._judged = SpanWindow(settings.window_s)
        self._closed = SpanWindow(settings.window_s)
        self._waiting: list[tuple[float, float]] = []  # spans of a closure that may yet be a blink
        self._last: tuple[float, Answer] | None = None
        self._judged_s: float | None = None  # the last sample in which the eyes were judged
        self._level = Level.NONE

    @property
    def judged_s(self) -> float:
        """How much of the window was judged."""
        return self._judged.total_s

    def update(self, t_s: float, closed: Answer, lids: Eyelids, ended: Stretch | None, rate: FrameRate) -> Metric:
        """Take one sample, after `lids` took it; `ended` is the closure that it ended."""
        if self._last and self._last[1] is not None and closed is not None and not rate.lacks(self._settings.min_fps):
            self._count(self._last[0], t_s, was_closed=self._last[1])
        if ended:
            self._settle(ended.length_s)
            self._waiting.clear()
        self._settle(lids.length_s)
        self._judged.prune(t_s)
        self._closed.prune(t_s)
        self._last = (t_s, closed)
        if closed is not None:
            self._judged_s = t_s
        metric = self._metric(t_s, rate)
        self._level = self._next_level(metric.value, judged=closed is not None)
        return metric

    def lacks_sight(self) -> str | None:
        """Why too little of the window was judged, or None where it is enough."""
        if self.judged_s >= self._settings.window_s * self._settings.min_judged_share:
            return None
        return f"eyes judged for {self.judged_s:.0f} of the last {self._settings.window_s:.0f} s"

    def finding(self, t_s: float, metric: Metric) -> Finding | None:
        """What the share means, if it means anything."""
        s = self._settings
        if self._level is Level.NONE or metric.value is None:
            return None
        limit = s.full_share if self._level is Level.WARNING else s.advisory_share
        why = Explanation(
            rule="perclos",
            since_s=t_s - s.window_s,
            until_s=t_s,
            value=metric.value,
            threshold=limit,
            unit="share",
            clears_when=f"it falls under {(limit - s.release_share) * 100:.0f} %",
            measured="eyes closed (PERCLOS)",
        )
        return Finding(self._level, Cause.DROWSY, why)

    def _count(self, start_s: float, end_s: float, *, was_closed: bool) -> None:
        if exceeds(end_s - start_s, self._bridge_s):
            return
        self._judged.add(start_s, end_s)
        if was_closed:
            self._waiting.append((start_s, end_s))

    def _settle(self, closure_s: float) -> None:
        """Count what waits, once its closure is long enough."""
        if self._waiting and reached(closure_s, self._settings.min_closure_s):
            for span in self._waiting:
                self._closed.add(*span)
            self._waiting.clear()

    def _metric(self, t_s: float, rate: FrameRate) -> Metric:
        reason = rate.lacks(self._settings.min_fps) or self.lacks_sight()
        if reason is None and self._judged_s is not None and exceeds(t_s - self._judged_s, self._settings.stale_s):
            reason = f"eyes unseen for {t_s - self._judged_s:.0f} s"
        return Metric(reason=reason) if reason else Metric(self._closed.total_s / self._judged.total_s)

    def _next_level(self, share: float | None, *, judged: bool) -> Level:
        if share is None:
            return Level.NONE
        s = self._settings
        for level, limit in (Level.WARNING, s.full_share), (Level.CAUTION, s.advisory_share):
            if self._level >= level:
                if share >= limit - s.release_share:
                    return level
            elif judged and share >= limit:
                return level
        return Level.NONE


class YawnSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a yawn is and how many are worth a word."""

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
    notice_from: Annotated[
        int, Meta(ge=2, le=20, description="this many yawns are worth an information; yawns; (ours)")
    ] = 3
    notice_s: Annotated[
        float, Meta(ge=5.0, le=120.0, description="the information ends this long after the last yawn; s; (ours)")
    ] = 30.0


# Yawns
# -----
# The table of timing.Hold over "is the mouth wide open". A yawn is counted when its end is seen and its length lies
# in min_s … max_s. Speech opens and closes the mouth several times a second, so no stretch of it grows that long. A
# mouth that becomes unknown – 44–67 % of yawns are covered by a hand [S2] – is no yawn: weak evidence is left out.


class Yawns:
    """Counts yawns. Corroboration only: the finding never exceeds INFORMATION."""

    __slots__ = ("_ends", "_hold", "_settings", "yawning")

    def __init__(self, settings: YawnSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)
        self._ends: deque[float] = deque()
        self.yawning: Answer = None

    @property
    def count(self) -> int:
        """Yawns in the window."""
        return len(self._ends)

    def update(self, t_s: float, mouth: Mouth) -> None:
        """Take one sample."""
        s = self._settings
        openness = believed(mouth.openness, mouth.confidence, s.min_confidence)
        wide = None if openness is None else openness >= s.open_from - (s.close_margin if self._hold.phase else 0.0)
        ended = self._hold.update(t_s, wide, s.release_s)
        if ended and ended.whole and reached(ended.length_s, s.min_s) and not exceeds(ended.length_s, s.max_s):
            self._ends.append(ended.end_s)
        while self._ends and self._ends[0] < t_s - s.window_s:
            self._ends.popleft()
        open_s = self._hold.held_for_s
        self.yawning = None if wide is None else wide and reached(open_s, s.min_s) and not exceeds(open_s, s.max_s)

    def finding(self, t_s: float) -> Finding | None:
        """Whether the driver yawned often and just now."""
        s = self._settings
        if self.count < s.notice_from or exceeds(t_s - self._ends[-1], s.notice_s):
            return None
        why = Explanation(
            rule="yawns",
            since_s=self._ends[0],
            until_s=t_s,
            value=float(self.count),
            threshold=float(s.notice_from),
            unit="yawns",
            clears_when=f"there is no yawn for {s.notice_s:.0f} s",
            measured="mouth wide open for seconds:",
        )
        return Finding(Level.INFORMATION, Cause.DROWSY, why)
