"""Where the driver looks: at the road or away from it, and into which part of the car.

Knows head and gaze against straight ahead. Must not know the camera, time limits or speed.

Gaze is asked where it is measured and confident; else the head answers for it. The head turns less than the eyes, so
it has limits of its own, and where a gaze angle is needed (zones, area 3) the head's angle is divided by its share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from alerts.baseline import Pose
from alerts.timing import Answer
from alerts.types import Seat, Zone
from vision.types import Direction, Reason


class GazeSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where "away" begins, for the head and for the eyes."""

    yaw_deg: Annotated[
        float,
        Meta(ge=20.0, le=60.0, description="head turned aside further is away; deg; openpilot 23–29° [S2], ours wider"),
    ] = 30.0
    down_deg: Annotated[
        float,
        Meta(ge=10.0, le=45.0, description="head lowered further is away; deg; openpilot 18° [S2], ours wider"),
    ] = 20.0
    up_deg: Annotated[float, Meta(ge=10.0, le=45.0, description="head raised further is away; deg; (ours)")] = 25.0
    gaze_yaw_deg: Annotated[
        float, Meta(ge=10.0, le=40.0, description="gaze aside further is away; deg; mirrors begin at 25° (ours)")
    ] = 20.0
    gaze_down_deg: Annotated[
        float, Meta(ge=10.0, le=30.0, description="gaze lowered further is away; deg; the cluster lies at 20° (ours)")
    ] = 15.0
    gaze_up_deg: Annotated[
        float, Meta(ge=10.0, le=40.0, description="gaze raised further is away; deg; signs lie lower (ours)")
    ] = 20.0
    margin_deg: Annotated[
        float, Meta(ge=0.0, le=10.0, description="what is away is back this far inside; deg; (ours)")
    ] = 5.0
    head_share: Annotated[
        float, Meta(ge=0.4, le=1.0, description="of a look aside the head turns this share; 0–1; [?]")
    ] = 0.67
    area3_down_deg: Annotated[
        float, Meta(ge=20.0, le=40.0, description="area 3 begins so far down; deg of gaze; (EU) 2023/2590: 30° [S2]")
    ] = 30.0
    area3_aside_deg: Annotated[
        float, Meta(ge=30.0, le=70.0, description="and ends so far aside; deg of gaze; (EU) 2023/2590: 55° [S2]")
    ] = 55.0


# Zones
# -----
# A look that is not at the road belongs to the nearest of these centres, in degrees of gaze: (towards the passenger,
# up). They are those of an ordinary car (ours), and the table has no gaps. Where the seat's side is not known both
# sides are tried; a look at the passenger and one over the shoulder are then the same.

ZONES: tuple[tuple[Zone, float, float], ...] = (
    (Zone.CLUSTER, 0.0, -20.0),
    (Zone.CENTRE_STACK, 30.0, -22.0),
    (Zone.MIRROR, 40.0, 12.0),  # inside
    (Zone.MIRROR, -45.0, -6.0),  # on the driver's door
    (Zone.MIRROR, 62.0, -6.0),  # on the passenger's
    (Zone.SHOULDER, -85.0, 0.0),
    (Zone.PASSENGER, 90.0, -5.0),
    (Zone.LAP, 0.0, -50.0),
    (Zone.LAP, 30.0, -55.0),
    (Zone.LAP, -30.0, -55.0),
    (Zone.ROOF, 0.0, 45.0),
)
_TOWARDS_PASSENGER = {Seat.LEFT: (-1.0,), Seat.RIGHT: (1.0,), Seat.UNKNOWN: (1.0, -1.0)}  # by the sign of yaw


@dataclass(frozen=True, slots=True)
class Looking:
    """One sample's answer."""

    away: Answer = None  # from the road
    zone: Zone = Zone.UNKNOWN
    by: str | None = None  # "gaze" or "head"
    down: Answer = None  # lower than the road
    area3: Answer = None  # the regulation's: into the lower part of the car

    @property
    def into_lap(self) -> Answer:
        return None if self.away is None else self.zone is Zone.LAP


_UNKNOWN = Looking()
_ROAD_BY_GAZE = Looking(False, Zone.ROAD, "gaze", down=False, area3=False)
_ROAD_BY_HEAD = Looking(False, Zone.ROAD, "head", down=False, area3=False)
_TURNED_AWAY = Looking(True, Zone.UNKNOWN, "head", down=None, area3=False)


class Gaze:
    """Says where the driver looks. Its only memory is whether the last look was away: the margin needs that."""

    __slots__ = ("_away", "_gaze_limits", "_head_limits", "_settings")

    def __init__(self, settings: GazeSettings) -> None:
        s = self._settings = settings
        self._head_limits = (s.yaw_deg, s.down_deg, s.up_deg)
        self._gaze_limits = (s.gaze_yaw_deg, s.gaze_down_deg, s.gaze_up_deg)
        self._away = False

    def update(self, head: Pose | None, gaze: Pose | None, reported: Direction, seat: Seat) -> Looking:
        """Take one sample: both against straight ahead, the head as vision reported it, and the seat's side."""
        looking = self._look(head, gaze, reported, seat)
        if looking.away is not None:
            self._away = looking.away
        return looking

    def _look(self, head: Pose | None, gaze: Pose | None, reported: Direction, seat: Seat) -> Looking:
        if gaze is not None:
            if not self._is_away(gaze, self._gaze_limits):
                return _ROAD_BY_GAZE
            return self._away_at(gaze.yaw_deg, gaze.pitch_deg, "gaze", seat)
        if head is not None:
            if not self._is_away(head, self._head_limits):
                return _ROAD_BY_HEAD
            share = self._settings.head_share
            return self._away_at(head.yaw_deg / share, head.pitch_deg / share, "head", seat)
        return _TURNED_AWAY if reported.reason is Reason.TURNED_AWAY else _UNKNOWN

    def _is_away(self, pose: Pose, limits: tuple[float, float, float]) -> bool:
        aside_deg, down_deg, up_deg = limits
        margin_deg = self._settings.margin_deg if self._away else 0.0
        aside = abs(pose.yaw_deg) > aside_deg - margin_deg
        return aside or not -down_deg + margin_deg <= pose.pitch_deg <= up_deg - margin_deg

    def _away_at(self, yaw_deg: float, pitch_deg: float, by: str, seat: Seat) -> Looking:
        s = self._settings
        area3 = pitch_deg <= -s.area3_down_deg and abs(yaw_deg) <= s.area3_aside_deg
        return Looking(True, zone_at(yaw_deg, pitch_deg, seat), by, pitch_deg <= -s.gaze_down_deg, area3)


def zone_at(yaw_deg: float, pitch_deg: float, seat: Seat) -> Zone:
    """The zone whose centre is nearest to a gaze direction away from the road."""
    sides = [yaw_deg * sign for sign in _TOWARDS_PASSENGER[seat]]
    squares = (
        ((side - aside_deg) ** 2 + (pitch_deg - up_deg) ** 2, zone)
        for side in sides
        for zone, aside_deg, up_deg in ZONES
    )
    return min(squares)[1]
