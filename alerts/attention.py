"""Everything that is measured of where the driver looks: looks away, their sums, and a driver who does not come back.

Knows the order in which the machines of gaze.py, distraction.py and unresponsive.py take one sample. Must not know
limits, levels or speed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.baseline import Pose
from alerts.distraction import LapLooks, Look, ShortLooks
from alerts.gaze import Gaze, Looking
from alerts.posture import Place, Posture
from alerts.timing import Answer
from alerts.types import Seat, Zone
from alerts.unresponsive import Inattention
from vision.types import Direction

if TYPE_CHECKING:
    from alerts.settings import AlertSettings


class Attention:
    """The machines of looking."""

    def __init__(self, settings: AlertSettings) -> None:
        s = settings
        self._gaze = Gaze(s.gaze)
        self.posture = Posture(s.posture)
        self.glance, self.area3 = Look(s.distraction), Look(s.distraction)
        self.short, self.lap = ShortLooks(s.distraction), LapLooks(s.distraction)
        self.inattention = Inattention(s.distraction)
        self.looking = Looking()
        self._zone_since_s = 0.0
        self.zone_for_s = 0.0  # how long the driver has looked into the same zone

    def update(
        self, t_s: float, head: Pose | None, gaze: Pose | None, reported: Direction, seat: Seat, *, waits: bool
    ) -> None:
        """Take one sample.

        Args:
            t_s: Its time.
            head: The head against straight ahead.
            gaze: The gaze against the same.
            reported: The head as vision reported it.
            seat: The side on which the driver sits.
            waits: The vehicle is known to be slow: nobody has to watch the road.
        """
        before, now = self.looking.zone, self._gaze.update(head, gaze, reported, seat)
        self.looking = now
        self.glance.update(t_s, now.away)
        self.area3.update(t_s, now.area3)
        self.short.update(t_s, False if waits else now.away)
        self.lap.update(t_s, now.into_lap)
        if now.zone is not before or now.zone is Zone.UNKNOWN:
            self._zone_since_s = t_s
        self.zone_for_s = t_s - self._zone_since_s

        self.inattention.waits(t_s, now=waits)

    def follow(self, t_s: float, closed: Answer, no_face: str | None, place: Place | None, usual: Place | None) -> None:
        """Take the rest of the sample: the eyes, why there is no face, where it is and where it usually is."""
        self.posture.update(t_s, place, usual)
        slumped = self.posture.slumped_for_s > 0.0
        self.inattention.update(t_s, closed, self.looking.away, no_face=no_face, slumped=slumped)

    def told(self) -> dict[str, Any]:
        """The looks' part of a DriverState."""
        return {
            "slumped_for_s": self.posture.slumped_for_s,
            "leaning_for_s": self.posture.leaning_for_s,
            "zone": self.looking.zone,
            "zone_by": self.looking.by,
            "zone_for_s": self.zone_for_s,
            "head_away_for_s": self.glance.for_s,
            "away_in_window_s": self.short.total_s,
            "lap_looks_s": self.lap.total_s,
            "inattentive_for_s": self.inattention.for_s,
            "no_return_for_s": self.inattention.since_warning_s,
        }
