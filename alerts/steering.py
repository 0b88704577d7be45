"""Signs of sleepiness in the steering, where the vehicle tells its angle: stillness, and a jerk after it.

Knows the steering angle and speed. Must not know the face. A corroborating sign, unknown where nothing is told.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from alerts.timing import exceeds, reached


class SteeringSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a late correction is."""

    from_kmh: Annotated[
        float, Meta(ge=30.0, le=100.0, description="counted at a known speed from here; km/h; a motorway's (ours)")
    ] = 60.0
    still_deg: Annotated[
        float, Meta(ge=0.2, le=3.0, description="an angle that strays less is still; deg at the wheel; (ours)")
    ] = 1.0
    still_s: Annotated[
        float, Meta(ge=1.0, le=10.0, description="still for this long; s; awake drivers correct oftener [?]")
    ] = 2.5
    jerk_deg: Annotated[
        float, Meta(ge=2.0, le=20.0, description="and then turned by this much; deg at the wheel; [?]")
    ] = 5.0
    jerk_s: Annotated[float, Meta(ge=0.2, le=1.5, description="within this; s; [?]")] = 0.5
    stale_s: Annotated[float, Meta(ge=0.2, le=3.0, description="a longer silence starts anew; s; (ours)")] = 1.0
    window_s: Annotated[float, Meta(ge=60.0, le=900.0, description="counted over this; s; (ours)")] = 300.0


# One late correction
# -------------------
#   STILL     since the angle stays within still_deg of where it was when that began
#   LEFT      it left that band after still_s or more; jerk_deg within jerk_s of leaving is a correction
# Whatever else the angle does begins a new stillness.


class Steering:
    """Counts late corrections; `count` is None while the vehicle tells nothing."""

    __slots__ = ("_ends_s", "_from_deg", "_last_s", "_left_s", "_settings", "_since_s", "count")

    def __init__(self, settings: SteeringSettings) -> None:
        self._settings = settings
        self._ends_s: deque[float] = deque()
        self._from_deg = self._since_s = self._last_s = 0.0
        self._left_s: float | None = None
        self.count: int | None = None

    def update(self, t_s: float, angle_deg: float | None, speed_kmh: float | None) -> None:
        """Take what the vehicle told last."""
        s = self._settings
        if angle_deg is None or speed_kmh is None or not speed_kmh >= s.from_kmh:
            self.count = None
            return
        if self.count is None or exceeds(t_s - self._last_s, s.stale_s):
            self._begin(t_s, angle_deg)
        self._last_s = t_s
        self._follow(t_s, angle_deg)
        while self._ends_s and self._ends_s[0] < t_s - s.window_s:
            self._ends_s.popleft()
        self.count = len(self._ends_s)

    def _follow(self, t_s: float, angle_deg: float) -> None:
        s = self._settings
        moved_deg = abs(angle_deg - self._from_deg)
        if self._left_s is None and moved_deg > s.still_deg:
            if not reached(t_s - self._since_s, s.still_s):
                self._begin(t_s, angle_deg)
                return
            self._left_s = t_s
        if self._left_s is None:
            return
        if exceeds(t_s - self._left_s, s.jerk_s):
            self._begin(t_s, angle_deg)
        elif moved_deg >= s.jerk_deg:
            self._ends_s.append(t_s)
            self._begin(t_s, angle_deg)

    def _begin(self, t_s: float, angle_deg: float) -> None:
        self._since_s, self._from_deg, self._left_s = t_s, angle_deg, None
