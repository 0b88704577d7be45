"""From looks away to distraction: one long look, many short ones, looks into the lap.

Knows for each sample whether the driver looks away, and where. Must not know angles, limits of rules or speed.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from alerts.timing import Answer, Hold, SpanWindow, exceeds, reached

WINDOW_S = 30.0  # of the short-distraction rule; Euro NCAP: 10 s cumulative in any 30 s [S2]
LAP_WINDOW_S = 15.0


class DistractionSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How looks are followed."""

    return_s: Annotated[
        float,
        Meta(
            ge=0.1,
            le=2.0,
            description="the look is over after the road this long; s; openpilot 0.25 s [S2], ours a frame or two more",
        ),
    ] = 0.3
    bridge_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="longest time between two judged samples in one look; s; (ours)")
    ] = 0.35
    reset_s: Annotated[
        float,
        Meta(ge=1.0, le=4.0, description="the road this long forgives short looks; s; Euro NCAP: 2 s [S2]"),
    ] = 2.0
    sum_bridge_s: Annotated[
        float,
        Meta(
            ge=0.1,
            le=1.0,
            description="longest time between two judged samples that the sum of short looks takes as seen; s; "
            "too short to hide the 2 s that forgive (ours)",
        ),
    ] = 0.75
    sum_doubt: Annotated[
        float,
        Meta(
            ge=0.0,
            le=2.0,
            description="the sum is told less this much of its doubt; standard deviations; an early warning is off by "
            "a whole look, a late one by frames (ours)",
        ),
    ] = 0.5
    least_look_s: Annotated[
        float,
        Meta(
            ge=0.0,
            le=1.0,
            description="a look goes on at least this long, and meanwhile the sum is told without its doubt; s; "
            "less shows a driver nothing (ours)",
        ),
    ] = 0.5
    attend_from_kmh: Annotated[
        float,
        Meta(
            ge=0.0,
            le=50.0,
            description="at a known lower speed nobody has to watch the road; km/h; the rules' gate (ours)",
        ),
    ] = 20.0
    lap_look_s: Annotated[
        float, Meta(ge=0.2, le=2.0, description="a shorter look into the lap is none; s; reading takes longer (ours)")
    ] = 0.5
    lap_bound_s: Annotated[
        float,
        Meta(
            ge=20.0,
            le=300.0,
            description="looks into the lap that go on for longer are no phone; s; a mount, a misread pose (ours)",
        ),
    ] = 60.0
    lap_rest_s: Annotated[
        float, Meta(ge=5.0, le=60.0, description="without a look into the lap this long they may be again; s; (ours)")
    ] = 10.0


# One look
# --------
# The table of timing.Hold over "is the driver looking there". A head hidden by its own turn is away; one that is
# unknown for any other reason is unknown and, after bridge_s, ends the look. observability.py speaks of it then.


class Look:
    """The look that is going on."""

    __slots__ = ("_hold", "_settings", "for_s")

    def __init__(self, settings: DistractionSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)
        self.for_s = 0.0  # how long it has been seen; 0 where there is none

    @property
    def since_s(self) -> float:
        return self._hold.since_s

    def update(self, t_s: float, there: Answer) -> None:
        """Take one sample."""
        self._hold.update(t_s, there, self._settings.return_s)
        self.for_s = self._hold.held_for_s


# Short distraction (VATS)
# ------------------------
# The sum of all time looked away in the last 30 s, on the time line and not in frames; reset_s of road at a stretch
# clear it. Between two samples with the same answer all of the time counts so; between two that differ, half of it:
# the driver looked up somewhere in between, and half is right on the average whatever the frame rate is. Samples
# further apart than sum_bridge_s say nothing of what lies between: that time counts neither way and breaks the road.
#
# A pair that differs leaves the turn open by its gap, a variance of gap²/12. At 10 frames/s with one frame in five
# lost, the sum of ten looks is in doubt by 0.15 s. No rule can know better: looks of 1.10 s, whose 10 s are over in the
# tenth, and of 1.12 s, over in the ninth, can give the very same samples. What does hold is that nothing is told before
# 10 s are possible, and no later than they are certain. In between the sum is told
#   while a look goes on     at the road it stands still; the half gap at a look's end counts when the next one begins
#   less its doubt           sum_doubt standard deviations, since the look may end short of 10 s. A look younger than
#                            least_look_s goes on: nothing is taken off then, and afterwards no faster than time adds,
#                            so that the sum never falls while a look goes on
#
# Time at a known speed under attend_from_kmh counts as road: who waits may look where they like.
#
# While nobody can say where the driver looks the sum is withdrawn; it comes back with the next sample that is judged.


class ShortLooks:
    """The sum of short looks away."""

    __slots__ = (
        "_began_s",
        "_doubt_s",
        "_last",
        "_open",
        "_road_since_s",
        "_settings",
        "_spans",
        "_turns",
        "_unknown",
        "_variance",
    )

    def __init__(self, settings: DistractionSettings) -> None:
        self._settings = settings
        self._spans = SpanWindow(WINDOW_S)
        self._last: tuple[float, bool] | None = None  # the last sample with an answer
        self._road_since_s: float | None = None
        self._began_s = 0.0  # the look that goes on, or the last one
        self._unknown = True
        self._turns: deque[tuple[float, float]] = deque()  # (when the driver turned, in a gap of so many seconds)
        self._open: tuple[float, float] | None = None  # the turn back to the road that no look has followed yet
        self._variance = 0.0  # of the turns, in s²
        self._doubt_s = 0.0  # taken off

    @property
    def total_s(self) -> float:
        """Time looked away; a look that is not over counts up to the last sample."""
        return self._spans.total_s

    @property
    def known_s(self) -> float | None:
        """What of it is told; None while it is withdrawn."""
        if self._unknown:
            return None
        tail_s = self._open[1] / 2.0 if self._open else 0.0
        return max(0.0, self._spans.total_s - tail_s - self._doubt_s)

    def update(self, t_s: float, away: Answer) -> None:
        """Take one sample."""
        if away is not None:
            self._count(t_s, away)
            self._last = (t_s, away)
        self._spans.prune(t_s)
        while self._turns and self._turns[0][0] <= t_s - WINDOW_S:
            self._variance = max(0.0, self._variance - _variance(self._turns.popleft()[1]))
        if away:
            older_s = max(0.0, t_s - self._began_s - self._settings.least_look_s)
            self._doubt_s = min(older_s, self._settings.sum_doubt * math.sqrt(self._variance))
        self._unknown = self._last is None or exceeds(t_s - self._last[0], self._settings.sum_bridge_s)

    def _count(self, t_s: float, away: bool) -> None:
        s = self._settings
        if self._last is None or exceeds(t_s - self._last[0], s.sum_bridge_s):
            self._road_since_s = None if away else t_s
            if away:
                self._begin(t_s)
            return
        last_s, was_away = self._last
        if away is not was_away:
            self._turn(last_s, t_s, away=away)
        elif away:
            self._spans.add(last_s, t_s)
        road_since_s = self._road_since_s
        if road_since_s is not None and self._spans.total_s and reached(t_s - road_since_s, s.reset_s):
            self._forgive()

    def _turn(self, last_s: float, t_s: float, *, away: bool) -> None:
        turn_s = (last_s + t_s) / 2.0
        if away:
            self._begin(turn_s)
            self._take((turn_s, t_s - last_s))
            self._spans.add(turn_s, t_s)
            self._road_since_s = None
        else:
            self._open = (turn_s, t_s - last_s)
            self._spans.add(last_s, turn_s)
            self._road_since_s = turn_s

    def _begin(self, t_s: float) -> None:
        self._began_s = t_s
        if self._open:
            self._take(self._open)
            self._open = None

    def _take(self, turn: tuple[float, float]) -> None:
        self._turns.append(turn)
        self._variance += _variance(turn[1])

    def _forgive(self) -> None:
        self._spans = SpanWindow(WINDOW_S)
        self._turns.clear()
        self._open = None
        self._variance = self._doubt_s = 0.0


def _variance(gap_s: float) -> float:
    """Of a turn that lies anywhere in a gap; s²."""
    return gap_s * gap_s / 12.0


# Looks into the lap
# ------------------
# The time in looks of lap_look_s and longer, over the last 15 s; told only while such a look goes on, so that it ends
# with the look. A person at the phone looks down again and again. What looks into the "lap" for lap_bound_s on end
# without lap_rest_s of anything else is more likely a misread pose or something mounted there: no phone is told until
# it has rested. Long and short distraction go on judging such a driver.


class LapLooks:
    """Time spent looking into the lap, as with a phone."""

    __slots__ = ("_began_s", "_counted_s", "_hold", "_last_s", "_settings", "_spans", "total_s")

    def __init__(self, settings: DistractionSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)
        self._spans = SpanWindow(LAP_WINDOW_S)
        self._counted_s = -math.inf  # up to where the look that goes on has been counted
        self._began_s: float | None = None  # the first look since the last rest
        self._last_s = 0.0  # the last sample of a look
        self.total_s = 0.0  # while a look goes on; else 0

    def update(self, t_s: float, into_lap: Answer) -> None:
        """Take one sample."""
        s, hold = self._settings, self._hold
        hold.update(t_s, into_lap, s.return_s)
        if self._began_s is not None and reached(t_s - self._last_s, s.lap_rest_s):
            self._began_s = None
        if hold.phase and reached(hold.held_for_s, s.lap_look_s):
            self._count()
        self._spans.prune(t_s)
        spent = self._began_s is None or exceeds(t_s - self._began_s, s.lap_bound_s)
        self.total_s = self._spans.total_s if hold.phase and not spent else 0.0

    def _count(self) -> None:
        hold = self._hold
        start_s = max(hold.since_s, self._counted_s)
        if hold.held_s > start_s:
            self._spans.add(start_s, hold.held_s)
            self._counted_s = hold.held_s
        if self._began_s is None:
            self._began_s = hold.since_s
        self._last_s = hold.held_s
