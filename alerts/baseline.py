"""Straight ahead and the driver's place: the camera's mounting and the natural pose, taken out once, here.

Knows angles, the face's place and when they may be learned from. Must not know levels, identities or earlier trips: a
baseline lives for one trip, holds histograms of angles and places and is never written anywhere.

Signs are the house's: yaw + = the driver turns to the image's right, pitch + = up. Mounting angles say where the
camera points by the same signs. A camera that points θ to its image's right, or θ up, sees a driver who looks
straight ahead at yaw or pitch θ; so both are subtracted. The first-order difference ignores how a rolled camera mixes
yaw with pitch; the natural pose takes up what is left at the straight-ahead direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from alerts.eyes import believed
from alerts.posture import Place
from alerts.timing import exceeds, reached
from alerts.types import Seat
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
    alert_s: Annotated[
        float, Meta(ge=5.0, le=120.0, description="nothing is learned this long after a long closure; s; (ours)")
    ] = 30.0
    seat_deg: Annotated[
        float,
        Meta(ge=3.0, le=30.0, description="straight ahead so far off the camera tells the seat's side; deg; (ours)"),
    ] = 8.0


@dataclass(frozen=True, slots=True)
class Pose:
    """Where head or gaze points against straight ahead."""

    yaw_deg: float
    pitch_deg: float


class Histogram:
    """Seconds spent in each step of a number. A median without keeping the samples.

    Args:
        step: Width of a step; the median is as fine.
    """

    __slots__ = ("_seconds", "_step", "total_s")

    def __init__(self, step: float = 1.0) -> None:
        self._step = step
        self._seconds: dict[int, float] = {}
        self.total_s = 0.0

    def add(self, value: float, seconds: float) -> None:
        """Spend `seconds` at a value."""
        place = round(value / self._step)
        self._seconds[place] = self._seconds.get(place, 0.0) + seconds
        self.total_s += seconds

    def median(self) -> float:
        """The value with half of the time on either side."""
        up_to_s = 0.0
        for place in sorted(self._seconds):
            up_to_s += self._seconds[place]
            if 2.0 * up_to_s >= self.total_s:
                return place * self._step
        return 0.0

    def share_near(self, value: float, spread: float) -> float:
        """Share of the time spent within ±spread of a value, 0–1."""
        first, last = round((value - spread) / self._step), round((value + spread) / self._step)
        return sum(seconds for place, seconds in self._seconds.items() if first <= place <= last) / self.total_s


# The baseline of a trip
# ----------------------
#   LEARNING  natural pose (0, 0): only the mounting is taken out; valid driving is gathered in histograms
#   FROZEN    natural pose, straight gaze and place = the medians; nothing changes them until the trip ends
# LEARNING → FROZEN after learn_s of valid driving, if the head was steady around the medians; if not, the gathering
# starts anew. FROZEN never learns: a running baseline would take a head that sinks with sleep for the new normal.
# Valid: speed known and at least learn_from_kmh (unknown speed never teaches), forward, no turn signal, eyes open and
# without a long closure for alert_s, head judged and within max_offset_deg of the mounting.
#
# The seat: a camera that is nearer the vehicle's middle than the driver sees straight ahead turned towards the
# driver's door. A camera in front of the driver cannot tell, nor can one on the door's side.

_PLACE_STEP_PX = 4.0


class Baseline:
    """Pose, gaze, place and seat of one trip."""

    __slots__ = (
        "_gathered_s",
        "_gaze",
        "_head",
        "_last_s",
        "_mounting",
        "_places",
        "_settings",
        "_straight",
        "natural",
        "place",
        "seat",
    )

    def __init__(self, settings: BaselineSettings, mounting: Mounting) -> None:
        self._settings = settings
        self._mounting = mounting
        self._last_s: float | None = None
        self.natural: Pose | None = None  # the head's, once frozen
        self._straight: Pose | None = None  # the gaze's
        self.place: Place | None = None  # the face's
        self.seat = Seat.UNKNOWN  # on which side the driver sits, as far as the camera's place tells it
        self._start()

    @property
    def learned(self) -> float:
        """0–1; 1 = frozen."""
        return 1.0 if self.natural else min(0.99, self._gathered_s / self._settings.learn_s)

    def update(
        self, t_s: float, head: Direction, gaze: Direction, place: Place | None, *, valid: bool
    ) -> tuple[Pose | None, Pose | None]:
        """Take one sample; returns head and gaze against straight ahead, None where they are not judged.

        Args:
            t_s: Its time.
            head: The head in the camera's frame.
            gaze: The gaze in the same.
            place: Where the face is.
            valid: Whether the driver drives forward, fast enough and awake.
        """
        if self.natural is None:
            self._learn(t_s, self._against(head, None) if valid else None, self._against(gaze, None), place)
        return self._against(head, self.natural), self._against(gaze, self._straight)

    def _against(self, direction: Direction, straight: Pose | None) -> Pose | None:
        """The mounting taken out, and what is straight ahead where that is known; None where it is not judged."""
        low, mounting = self._settings.min_confidence, self._mounting
        yaw_deg = believed(direction.yaw_deg, direction.confidence, low)
        pitch_deg = None if yaw_deg is None else believed(direction.pitch_deg, direction.confidence, low)
        if yaw_deg is None or pitch_deg is None:
            return None
        yaw_deg, pitch_deg = yaw_deg - mounting.yaw_deg, pitch_deg - mounting.pitch_deg
        if straight is None:
            return Pose(yaw_deg, pitch_deg)
        return Pose(yaw_deg - straight.yaw_deg, pitch_deg - straight.pitch_deg)

    def _learn(self, t_s: float, head: Pose | None, gaze: Pose | None, place: Place | None) -> None:
        s, last_s = self._settings, self._last_s
        self._last_s = None if head is None else t_s
        if head is None or max(abs(head.yaw_deg), abs(head.pitch_deg)) > s.max_offset_deg:
            return
        if last_s is None or t_s < last_s or exceeds(t_s - last_s, s.max_step_s):
            return
        step_s = t_s - last_s
        _spend(self._head, (head.yaw_deg, head.pitch_deg), step_s)
        if gaze is not None:
            _spend(self._gaze, (gaze.yaw_deg, gaze.pitch_deg), step_s)
        if place is not None:
            _spend(self._places, (place.x_px, place.y_px, place.width_px), step_s)
        self._gathered_s += step_s
        if reached(self._gathered_s, s.learn_s):
            self._freeze()

    def _freeze(self) -> None:
        s, medians = self._settings, [part.median() for part in self._head]
        steady = min(part.share_near(at, s.spread_deg) for part, at in zip(self._head, medians, strict=True))
        if not steady >= s.steady_share:
            self._start()
            return
        self.natural = Pose(*medians)
        self.seat = self._seat(self.natural)
        seen_s = s.learn_s / 2.0
        self._straight = self.natural  # gaze that was not there to learn from starts from where the head points
        if self._gaze[0].total_s >= seen_s:
            self._straight = Pose(*(part.median() for part in self._gaze))
        if self._places[0].total_s >= seen_s:
            self.place = Place(*(part.median() for part in self._places))

    def _seat(self, natural: Pose) -> Seat:
        yaw_deg = natural.yaw_deg + self._mounting.yaw_deg
        if abs(yaw_deg) < self._settings.seat_deg:
            return Seat.UNKNOWN
        return Seat.LEFT if yaw_deg > 0.0 else Seat.RIGHT

    def _start(self) -> None:
        self._gathered_s = 0.0
        self._head, self._gaze = (Histogram(), Histogram()), (Histogram(), Histogram())
        self._places = tuple(Histogram(_PLACE_STEP_PX) for _ in range(3))


def _spend(histograms: tuple[Histogram, ...], values: tuple[float, ...], seconds: float) -> None:
    for histogram, value in zip(histograms, values, strict=True):
        histogram.add(value, seconds)
