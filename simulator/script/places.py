"""Where a driver looks, as angles from the eyes. Knows a left- and a right-hand-drive car. Must not know time.

Eleven places away from the road, after the kinds that Euro NCAP's distraction tests name [?]; the angles are ours, for
a mid-size left-hand-drive car with the driver's eyes at the seat frame's origin. Yaw + is to the driver's left.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Direction(NamedTuple):
    """Degrees in the seat frame."""

    yaw_deg: float
    pitch_deg: float


PlaceName = Literal[
    "driver_window",
    "driver_mirror",
    "cluster",
    "inner_mirror",
    "centre_stack",
    "passenger_mirror",
    "passenger_window",
    "passenger",
    "glovebox",
    "passenger_footwell",
    "driver_footwell",
]

# With the wheel on the left; a car with the wheel on the right is its mirror image.
PLACES: dict[PlaceName, Direction] = {
    "driver_window": Direction(75.0, -5.0),
    "driver_mirror": Direction(48.0, -12.0),
    "cluster": Direction(0.0, -20.0),
    "inner_mirror": Direction(-38.0, 8.0),
    "centre_stack": Direction(-32.0, -26.0),
    "passenger_mirror": Direction(-62.0, -12.0),
    "passenger_window": Direction(-72.0, -6.0),
    "passenger": Direction(-84.0, -2.0),
    "glovebox": Direction(-48.0, -34.0),
    "passenger_footwell": Direction(-42.0, -48.0),
    "driver_footwell": Direction(3.0, -58.0),
}


def direction(place: PlaceName, *, wheel_left: bool) -> Direction:
    """The place as this car has it."""
    yaw_deg, pitch_deg = PLACES[place]
    return Direction(yaw_deg if wheel_left else -yaw_deg, pitch_deg)


def mirror(which: Literal["left", "inner", "right"], *, wheel_left: bool) -> Direction:
    """A mirror by the driver's own left and right."""
    if which == "inner":
        return direction("inner_mirror", wheel_left=wheel_left)
    near = (which == "left") == wheel_left
    return direction("driver_mirror" if near else "passenger_mirror", wheel_left=wheel_left)
