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
    ] = 0.75
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

    __slots__ = ("_hold", "_settings")

    def __init__(self, settings: DistractionSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)

    @property
    def since_s(self) -> float:
        return self._hold.since_s

    @property
    def for_s(self) -> float:
        """How long it has been seen; 0 where there is none."""
        return self._hold.held_for_s

    def update(self, t_s: float, there: Answer) -> None:
        """Take one sample."""
        self._hold.update(t_s, there, self._settings.return_s)


# Short distraction (VATS)
# ------------------------
# The sum of all time looked away in the last 30 s, on the time line and not in frames; reset_s of road at a stretch
# clear it. Between two samples with the same answer all of the time counts so; between two that differ, half of it:
# the driver looked up somewhere in between, and half is right on the average whatever the frame rate is. Samples
# further apart than sum_bridge_s say nothing of what lies between: that time counts neither way and breaks the road.
#
# A pair that differs leaves the turn open by its gap, a variance of gap²/12. At 10 frames/s with one frame in five
# lost, the sum of ten looks is in doubt by 0.15 s. Told is the sum less sum_doubt of that.
#
# Time at a known speed under attend_from_kmh counts as road: who waits may look where they like.
#
# While nobody can say where the driver looks the sum is withdrawn; it comes back with the next sample that is judged.


class ShortLooks:
    """The sum of short looks away."""

    __slots__ = ("_last", "_road_since_s", "_settings", "_spans", "_turns", "_unknown", "_variance")

    def __init__(self, settings: DistractionSettings) -> None:
        self._settings = settings
        self._spans = SpanWindow(WINDOW_S)
        self._last: tuple[float, bool] | None = None  # the last sample with an answer
        self._road_since_s: float | None = None
        self._unknown = True
        self._turns: deque[tuple[float, float]] = deque()  # (when the driver turned, its variance in s²)
        self._variance = 0.0

    @property
    def total_s(self) -> float:
        """Time looked away; a look that is not over counts up to the last sample."""
        return self._spans.total_s

    @property
    def known_s(self) -> float | None:
        """The same beyond doubt; None while it is withdrawn."""
        if self._unknown:
            return None
        return max(0.0, self._spans.total_s - self._settings.sum_doubt * math.sqrt(self._variance))

    def update(self, t_s: float, away: Answer) -> None:
        """Take one sample."""
        if away is not None:
            self._count(t_s, away)
            self._last = (t_s, away)
        self._spans.prune(t_s)
        while self._turns and self._turns[0][0] <= t_s - WINDOW_S:
            self._variance = max(0.0, self._variance - self._turns.popleft()[1])
        self._unknown = self._last is None or exceeds(t_s - self._last[0], self._settings.sum_bridge_s)

    def _count(self, t_s: float, away: bool) -> None:
        s = self._settings
        if self._last is None or exceeds(t_s - self._last[0], s.sum_bridge_s):
            self._road_since_s = None if away else t_s
            return
        last_s, was_away = self._last
        turn_s = (last_s + t_s) / 2.0
        if away is not was_away:
            variance = (t_s - last_s) ** 2 / 12.0
            self._turns.append((turn_s, variance))
            self._variance += variance
        if away or was_away:
            self._spans.add(last_s if was_away else turn_s, t_s if away else turn_s)
        if away:
            self._road_since_s = None
        elif was_away:
            self._road_since_s = turn_s
        road_since_s = self._road_since_s
        if road_since_s is not None and self._spans.total_s and reached(t_s - road_since_s, s.reset_s):
            self._forgive()

    def _forgive(self) -> None:
        self._spans = SpanWindow(WINDOW_S)
        self._turns.clear()
        self._variance = 0.0


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
        self._counted_s = 0.0  # up to where the look that goes on has been counted
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
