"""From the head's direction to distraction: one long look away from the road.

Knows the head against straight ahead, in degrees. Must not know the camera, the mounting or speed.

Until gaze has an accuracy of its own it is not asked: this rule sees owls (the head turns), not lizards (only the eyes
do).
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from alerts.baseline import Pose
from alerts.timing import Answer, Hold, reached
from alerts.types import Cause, Explanation, Finding, Level
from vision.types import Direction, Reason


class DistractionSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where "away" begins and how long it may last."""

    yaw_deg: Annotated[
        float,
        Meta(ge=20.0, le=60.0, description="head turned aside further is away; deg; openpilot 23–29° [S2], ours wider"),
    ] = 30.0
    down_deg: Annotated[
        float,
        Meta(ge=10.0, le=45.0, description="head lowered further is away; deg; openpilot 18° [S2], ours wider"),
    ] = 20.0
    up_deg: Annotated[float, Meta(ge=10.0, le=45.0, description="head raised further is away; deg; (ours)")] = 25.0
    margin_deg: Annotated[
        float, Meta(ge=0.0, le=10.0, description="a head that is away is back this far inside; deg; (ours)")
    ] = 5.0
    long_s: Annotated[
        float,
        Meta(ge=1.5, le=6.0, description="one look away this long is a long distraction; s; Euro NCAP: 3 s [S2]"),
    ] = 3.0
    return_s: Annotated[
        float,
        Meta(
            ge=0.1,
            le=2.0,
            description="the head is back after forward this long; s; openpilot 0.25 s [S2], ours a frame or two more",
        ),
    ] = 0.3
    bridge_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="longest time between two judged samples in one look; s; (ours)")
    ] = 0.35


# Long distraction
# ----------------
# The table of timing.Hold over "is the head away", with a margin in degrees so that a head on the limit does not
# flicker. A head hidden by its own turn (reason TURNED_AWAY) is away; a head unknown for any other reason is unknown
# and, after bridge_s, ends the look without a finding. observability.py speaks of it then.


class Glance:
    """The look away that is going on."""

    __slots__ = ("_hold", "_settings")

    def __init__(self, settings: DistractionSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)

    @property
    def away_for_s(self) -> float:
        """How long the head has been seen away; 0 where it is not."""
        return self._hold.held_for_s

    def update(self, t_s: float, pose: Pose | None, head: Direction) -> None:
        """Take one sample: the head against straight ahead, and as vision reported it."""
        self._hold.update(t_s, self._away(pose, head), self._settings.return_s)

    def finding(self, t_s: float) -> Finding | None:
        """The long distraction, once the look is long enough."""
        s = self._settings
        if not reached(self.away_for_s, s.long_s):
            return None
        why = Explanation(
            rule="long_distraction",
            since_s=self._hold.since_s,
            until_s=t_s,
            value=self.away_for_s,
            threshold=s.long_s,
            unit="s",
            clears_when=f"the head faces the road for {s.return_s:.1f} s",
            measured="head turned away for",
        )
        return Finding(Level.WARNING, Cause.LONG_DISTRACTION, why)

    def _away(self, pose: Pose | None, head: Direction) -> Answer:
        if pose is None:
            return True if head.reason is Reason.TURNED_AWAY else None
        s = self._settings
        margin_deg = s.margin_deg if self._hold.phase else 0.0
        aside = abs(pose.yaw_deg) > s.yaw_deg - margin_deg
        return aside or not -s.down_deg + margin_deg <= pose.pitch_deg <= s.up_deg - margin_deg
