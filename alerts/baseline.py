"""The camera's mounting and the driver's natural pose, taken out of the head's direction once, here.

Knows head angles and when they may be learned from. Must not know levels, identities or earlier trips: a baseline
lives for one trip, holds a histogram of angles and nothing of the person, and is never written anywhere.

Signs are the house's: yaw + = the driver turns to the image's right, pitch + = up. Mounting angles say where the
camera points by the same signs. A camera that points θ to its image's right, or θ up, sees a driver who looks
straight ahead at yaw or pitch θ; so both are subtracted. The first-order difference ignores how a rolled camera mixes
yaw with pitch; the natural pose takes up what is left at the straight-ahead direction.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated

from msgspec import Meta, Struct

from alerts.eyes import believed
from alerts.timing import exceeds, reached
from vision.types import Direction

_Angle = Annotated[
    float, Meta(ge=-60.0, le=60.0, description="where the camera points, house signs; deg; measured at mounting (ours)")
]


class Mounting(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the camera is mounted: the same angles as the camera's view has."""

    yaw_deg: _Angle = 0.0
    pitch_deg: _Angle = 0.0


class BaselineSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is learned from and for how long."""

    min_confidence: Annotated[
        float, Meta(ge=0.1, le=0.95, description="a head judged with less confidence is unknown; 0–1; (ours)")
    ] = 0.5
    learn_from_kmh: Annotated[
        float,
        Meta(ge=30.0, le=90.0, description="learns only at a known speed from here; km/h; openpilot: 13 m/s [S2]"),
    ] = 47.0
    learn_s: Annotated[
        float, Meta(ge=20.0, le=600.0, description="valid driving it takes to learn; s; openpilot: 60 s [S2]")
    ] = 60.0
    max_offset_deg: Annotated[
        float, Meta(ge=10.0, le=60.0, description="a head further off the mounting is not learned from; deg; (ours)")
    ] = 45.0
    spread_deg: Annotated[
        float, Meta(ge=3.0, le=20.0, description="how far a steady head strays from its median; deg; (ours)")
    ] = 10.0
    steady_share: Annotated[
        float, Meta(ge=0.3, le=0.95, description="time within the spread that makes a pose natural; share; (ours)")
    ] = 0.6
    max_step_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="a longer time between two samples teaches nothing; s; (ours)")
    ] = 0.35


@dataclass(frozen=True, slots=True)
class Pose:
    """The head against straight ahead."""

    yaw_deg: float
    pitch_deg: float


class Histogram:
    """Seconds spent at each whole degree. A median without keeping the samples."""

    __slots__ = ("_reach_deg", "_seconds")

    def __init__(self, reach_deg: int) -> None:
        self._reach_deg = reach_deg
        self._seconds = [0.0] * (2 * reach_deg + 1)  # −reach … +reach

    def add(self, angle_deg: float, seconds: float) -> None:
        """Spend `seconds` at an angle within ±reach."""
        self._seconds[round(angle_deg) + self._reach_deg] += seconds

    def median_deg(self) -> float:
        """The angle with half of the time on either side, to 1°."""
        up_to = list(accumulate(self._seconds))
        return float(bisect_left(up_to, up_to[-1] / 2.0) - self._reach_deg)

    def share_near(self, angle_deg: float, spread_deg: float) -> float:
        """Share of the time spent within ±spread of an angle, 0–1."""
        first = max(0, round(angle_deg - spread_deg) + self._reach_deg)
        last = round(angle_deg + spread_deg) + self._reach_deg
        return sum(self._seconds[first : last + 1]) / sum(self._seconds)


# The baseline of a trip
# ----------------------
#   LEARNING  natural pose (0, 0): only the mounting is taken out; valid driving is gathered in two histograms
#   FROZEN    natural pose = the two medians; nothing changes it until the trip ends
# LEARNING → FROZEN after learn_s of valid driving, if the head was steady around the medians; if not, the gathering
# starts anew. FROZEN never learns: a running baseline would take a head that sinks with sleep for the new normal.
# Valid: speed known and at least learn_from_kmh (unknown speed never teaches), forward, no turn signal, eyes open, head
# judged and within max_offset_deg of the mounting.


class Baseline:
    """The pose of one trip."""

    __slots__ = ("_gathered_s", "_last_s", "_mounting", "_natural", "_pitch", "_settings", "_yaw")

    def __init__(self, settings: BaselineSettings, mounting: Mounting) -> None:
        self._settings = settings
        self._mounting = mounting
        self._last_s: float | None = None
        self._natural: Pose | None = None
        self._start()

    @property
    def learned(self) -> float:
        """0–1; 1 = frozen."""
        return 1.0 if self._natural else min(0.99, self._gathered_s / self._settings.learn_s)

    def update(self, t_s: float, head: Direction, *, valid: bool) -> Pose | None:
        """Take one sample; returns the head against straight ahead, None where it is not judged.

        Args:
            t_s: Its time.
            head: The head in the camera's frame.
            valid: Whether the driver drives forward, fast enough and with open eyes.
        """
        mounted = self._mounted(head)
        if self._natural is None:
            self._learn(t_s, mounted if valid else None)
        if mounted is None or self._natural is None:
            return mounted
        return Pose(mounted.yaw_deg - self._natural.yaw_deg, mounted.pitch_deg - self._natural.pitch_deg)

    def _mounted(self, head: Direction) -> Pose | None:
        yaw_deg = believed(head.yaw_deg, head.confidence, self._settings.min_confidence)
        pitch_deg = believed(head.pitch_deg, head.confidence, self._settings.min_confidence)
        if yaw_deg is None or pitch_deg is None:
            return None
        return Pose(yaw_deg - self._mounting.yaw_deg, pitch_deg - self._mounting.pitch_deg)

    def _learn(self, t_s: float, pose: Pose | None) -> None:
        s, last_s = self._settings, self._last_s
        self._last_s = None if pose is None else t_s
        if pose is None or max(abs(pose.yaw_deg), abs(pose.pitch_deg)) > s.max_offset_deg:
            return
        if last_s is None or t_s < last_s or exceeds(t_s - last_s, s.max_step_s):
            return
        self._yaw.add(pose.yaw_deg, t_s - last_s)
        self._pitch.add(pose.pitch_deg, t_s - last_s)
        self._gathered_s += t_s - last_s
        if reached(self._gathered_s, s.learn_s):
            self._freeze()

    def _freeze(self) -> None:
        s, yaw_deg, pitch_deg = self._settings, self._yaw.median_deg(), self._pitch.median_deg()
        steady = min(
            self._yaw.share_near(yaw_deg, s.spread_deg),
            self._pitch.share_near(pitch_deg, s.spread_deg),
        )
        if steady >= s.steady_share:
            self._natural = Pose(yaw_deg, pitch_deg)
        else:
            self._start()

    def _start(self) -> None:
        reach_deg = int(self._settings.max_offset_deg) + 1
        self._gathered_s = 0.0
        self._yaw, self._pitch = Histogram(reach_deg), Histogram(reach_deg)
