"""Where cameras and their LEDs sit in a car, and the drawing of lots over them.

Knows places in the seat frame and the ranges real cabin cameras have. Must not know the driver or how pictures are
made.

Cars with the wheel on the left: the door is at +x, the middle of the car at −x. With the wheel on the right everything
is mirrored.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from simulator.lots import draw
from simulator.types import Camera, Daytime, Lamp, Place, Sensor, Setting, SimulatorError

FACE_MM = 150.0  # from cheekbone to cheekbone, skin included, of the mean driver
FACE_PX = (90.0, 260.0)  # how wide a face may be in a picture 640 wide
# Where the rim is near the lens, a wide picture would be full of it.
LEAST_FACE_PX = {Place.CLUSTER: 115.0, Place.COLUMN: 175.0}
BRIGHT_PUPIL_MM = 10.0  # an LED so near to the lens sends the retina's light back into it

# Where each camera sits in a car with the wheel on the left, and how far from there it may be drawn (mm, each axis).
_PLACES: dict[Place, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    Place.CLUSTER: ((0.0, -118.0, 670.0), (25.0, 24.0, 60.0)),  # over the dials: sees over the rim's top
    # On the column's shroud, so near behind the rim that it looks through it and its burnt-out top stays outside.
    Place.COLUMN: ((0.0, -243.0, 435.0), (8.0, 6.0, 10.0)),
    Place.A_PILLAR: ((345.0, -20.0, 515.0), (20.0, 40.0, 40.0)),
    Place.MIRROR: ((-345.0, 205.0, 520.0), (35.0, 25.0, 50.0)),
    Place.CENTRE_STACK: ((-330.0, -175.0, 600.0), (40.0, 45.0, 60.0)),
}
_PLACE_ODDS = {
    Place.CLUSTER: 0.3,
    Place.COLUMN: 0.25,
    Place.A_PILLAR: 0.15,
    Place.MIRROR: 0.15,
    Place.CENTRE_STACK: 0.15,
}
_DAYTIME_ODDS = {Daytime.NIGHT: 0.45, Daytime.DAY: 0.30, Daytime.DUSK: 0.15, Daytime.TUNNEL: 0.10}


class Leds(str, Enum):
    """How the LEDs are laid out around the lens."""

    ONE = "one"  # to one side
    TWO = "two"  # to both sides
    RING = "ring"
    AXIS = "axis"  # beside the lens: a bright pupil


_LED_ODDS = {Leds.ONE: 0.25, Leds.TWO: 0.45, Leds.RING: 0.15, Leds.AXIS: 0.15}


def place_camera(
    place: Place,
    *,
    driver_side_left: bool = True,
    width: int = 640,
    height: int = 480,
    face_px: float | None = None,
    nudge_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    aim_mm: tuple[float, float, float] = (0.0, -25.0, 0.0),
    roll_deg: float = 0.0,
) -> Camera:
    """A camera at one of the five places.

    Args:
        place: which one.
        driver_side_left: the wheel is on the car's left.
        width: of the picture, pixels.
        height: of the picture, pixels.
        face_px: how wide the mean face is to appear; a quarter of the picture's width unless told.
        nudge_mm: how far the camera sits from the usual place, in a car with the wheel on the left.
        aim_mm: the point it looks at, in the seat frame.
        roll_deg: how far it is turned about its own axis.
    """
    if width < 16 or height < 16:
        raise SimulatorError(f"picture of {width}×{height}: give at least 16×16")
    usual, _ = _PLACES[place]
    side = 1.0 if driver_side_left else -1.0
    at = (side * (usual[0] + nudge_mm[0]), usual[1] + nudge_mm[1], usual[2] + nudge_mm[2])
    distance = float(np.linalg.norm(np.subtract(at, aim_mm)))
    wanted = width / 4 if face_px is None else face_px
    return Camera(place, at, aim_mm, roll_deg, width, height, focal_px=wanted * distance / FACE_MM)


def leds(
    camera: Camera, layout: Leds = Leds.TWO, *, offset_mm: float = 45.0, half_angle_deg: float = 40.0
) -> tuple[Lamp, ...]:
    """The camera's LEDs in the seat frame, in the plane of its lens. The renderer takes the mean of their powers.

    `offset_mm` is the distance of each from the lens, 20–120; `AXIS` sits beside the lens whatever it says.
    """
    right, up = _axes(camera)
    reach = BRIGHT_PUPIL_MM * 0.8 if layout is Leds.AXIS else offset_mm
    turns = {
        Leds.ONE: [0.0],
        Leds.AXIS: [90.0],
        Leds.TWO: [0.0, 180.0],
        Leds.RING: [45.0, 135.0, 225.0, 315.0],
    }
    lamps = []
    for angle in np.deg2rad(turns[layout]):
        x, y, z = np.asarray(camera.at_mm) + reach * (np.cos(angle) * right + np.sin(angle) * up)
        lamps.append(Lamp((float(x), float(y), float(z)), 1.0, half_angle_deg))
    return tuple(lamps)


def _axes(camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The picture's directions to the right and up, in the seat frame, without the camera's roll."""
    back = np.subtract(camera.at_mm, camera.looks_at_mm)
    back = back / np.linalg.norm(back)
    right = np.cross((0.0, 1.0, 0.0), back)
    right = right / np.linalg.norm(right)
    return right, np.cross(back, right)


# --- lots ------------------------------------------------------------------------------------------------------


def sample(seed: int, *, daytime: Daytime | None = None, place: Place | None = None) -> Setting:
    """A car, a camera and an hour drawn by lot. The same seed draws the same; what is given is kept."""
    rng = np.random.default_rng([seed, 0x5E77])
    drawn = draw(rng, _DAYTIME_ODDS)  # drawn even where given: what follows stays the same
    camera, left = _sample_camera(rng, place)
    return Setting(
        camera=camera,
        daytime=daytime or drawn,
        sensor=_sample_sensor(rng),
        bright_pupil=bool(_sample_layout(seed) is Leds.AXIS),
        interior=int(rng.integers(0, 2**31)),
        driver_side_left=left,
    )


def sample_leds(seed: int, camera: Camera) -> tuple[tuple[Lamp, ...], int]:
    """The LEDs that belong to `sample(seed).camera`, and their wavelength in nm (850 or 940)."""
    rng = np.random.default_rng([seed, 0x1ED5])
    layout = _sample_layout(seed)
    offset, angle = float(rng.uniform(20, 120)), float(rng.uniform(28, 55))
    return leds(camera, layout, offset_mm=offset, half_angle_deg=angle), 940 if rng.random() < 0.75 else 850


def _sample_layout(seed: int) -> Leds:
    return draw(np.random.default_rng([seed, 0xA215]), _LED_ODDS)


def _sample_camera(rng: np.random.Generator, place: Place | None) -> tuple[Camera, bool]:
    """And whether the wheel is on the left."""
    left = bool(rng.random() < 0.6)
    drawn = draw(rng, _PLACE_ODDS)
    spot = place or drawn
    spread = np.asarray(_PLACES[spot][1])
    nudge = rng.uniform(-1, 1, 3) * spread
    aim = rng.normal(0, 1, 3) * (18.0, 16.0, 0.0) + (0.0, -25.0, 0.0)
    # Evenly in the logarithm: a face twice as large is one step, not two.
    smallest = LEAST_FACE_PX.get(spot, FACE_PX[0])
    face = float(np.exp(rng.uniform(np.log(smallest), np.log(FACE_PX[1]))))
    camera = place_camera(
        spot,
        driver_side_left=left,
        face_px=face,
        nudge_mm=(float(nudge[0]), float(nudge[1]), float(nudge[2])),
        aim_mm=(float(aim[0]), float(aim[1]), 0.0),
        roll_deg=float(np.clip(rng.normal(0, 1.5), -4, 4)),
    )
    return camera, left


def _sample_sensor(rng: np.random.Generator) -> Sensor:
    gain = float(np.exp(rng.uniform(np.log(0.6), np.log(4.0))))
    return Sensor(
        target_grey=float(rng.uniform(70, 125)),
        gain=gain,
        noise=float(rng.uniform(0.004, 0.012)),
        shot=float(rng.uniform(0.002, 0.006)),
        blur_px=float(rng.uniform(0.4, 1.3)),
        motion_ms=float(rng.uniform(1.0, 9.0)),
        bands=float(rng.uniform(0.01, 0.05)) if rng.random() < 0.1 else 0.0,
        vignette=float(rng.uniform(0.05, 0.4)),
        gamma=float(rng.uniform(1.2, 2.1)),
        jpeg=int(rng.integers(55, 96)) if rng.random() < 0.4 else None,
        drops=float(rng.uniform(0.002, 0.02)) if rng.random() < 0.1 else 0.0,
    )
