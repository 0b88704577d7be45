"""The car around the seats: pillars, doors, roof lining, parcel shelf – and the openings between them.

Knows the body shell's measures in the seat frame of a car with the wheel on the left. Must not know what is seen
through the windows, who drives or any light.
"""

from __future__ import annotations

import numpy as np

from simulator.cabin.shapes import Floats, curve, grid, merged, mirrored, moved, ring, rounded_box, shift, sweep, tube
from simulator.types import Geometry

MIDDLE_X_MM = -365.0  # the car's middle plane
SILL_MM = -225.0  # lower edge of the side windows, below the eyes
ROOF_MM = 205.0  # the lining over the driver's head
B_PILLAR_Z = (-185.0, -320.0)
A_PILLAR_MM = ((385.0, SILL_MM - 40, 850.0), (345.0, -10.0, 520.0), (300.0, 150.0, 300.0), (270.0, ROOF_MM, 190.0))
BELT_ANCHOR_MM = (343.0, -42.0, -250.0)  # on the B-pillar


def side_x(y_mm: Floats | float) -> Floats:
    """How far out the driver's side wall is at a height: upright below the sill, leaning in above."""
    above = np.clip((np.asarray(y_mm, np.float64) - SILL_MM) / (ROOF_MM - SILL_MM), 0.0, 1.0)
    return 395.0 - 120.0 * above**1.2


def pillars(*, a_pillar: bool) -> Geometry:
    """All pillars and the roof rails. Without the A-pillars where the camera sits on one."""
    one = [_b_pillar(), _c_pillar(), _rail()]
    if a_pillar:
        one.append(_a_pillar())
    return _both_sides(merged(*one))


def _both_sides(left: Geometry) -> Geometry:
    return merged(left, moved(mirrored(left), shift(2 * MIDDLE_X_MM, 0.0, 0.0)))


def _b_pillar() -> Geometry:
    y = np.linspace(-720.0, ROOF_MM, 16)
    path = np.stack([side_x(y) + 8.0, y, np.full(16, np.mean(B_PILLAR_Z))], axis=1)
    wide = B_PILLAR_Z[0] - B_PILLAR_Z[1]
    scale = np.stack([np.interp(y, [-720, SILL_MM, ROOF_MM], [1.5, 1.0, 0.85]), np.ones(16)], axis=1)
    return sweep(path, ring(wide, 46.0, squareness=3.5, count=24), up=(1.0, 0.0, 0.0), scale=scale)


def _a_pillar() -> Geometry:
    return sweep(curve(A_PILLAR_MM, 16), ring(70.0, 48.0, squareness=3.0, count=20), up=(1.0, 0.3, 0.0))


def _c_pillar() -> Geometry:
    """The broad panel between the rear door's window and the rear window."""
    lower = np.linspace((385.0, SILL_MM, -1120.0), (330.0, SILL_MM + 60, -1720.0), 10)
    upper = np.linspace((278.0, ROOF_MM, -1000.0), (255.0, ROOF_MM - 25, -1380.0), 10)
    steps = np.linspace(0.0, 1.0, 10)[:, None, None]
    return grid((lower * (1 - steps) + upper * steps)[:, ::-1])


def _rail() -> Geometry:
    """The roof's edge above the side windows."""
    z = np.linspace(230.0, -1380.0, 20)
    path = np.stack([np.full(20, float(side_x(ROOF_MM))), ROOF_MM - 12 - 30 * (z / 1400) ** 2, z], axis=1)
    return sweep(path, ring(60.0, 48.0, squareness=2.6, count=20), up=(0.0, 1.0, 0.0))


def frames(*, a_pillar: bool) -> Geometry:
    """What is black: the rubber around the side windows, the belts' upper anchors.

    Without the front windows' rubber, which runs along the A-pillars, where the camera sits on one.
    """
    low, high = SILL_MM, ROOF_MM - 42
    fore, back = B_PILLAR_Z[0] + 14, B_PILLAR_Z[1] - 14
    black = [_window_rubber((-1100.0, low), (back, low), (back, high), (-960.0, high - 8))]
    if a_pillar:
        black.append(_window_rubber((fore, low), (780.0, low), (250.0, high - 6), (fore, high)))
    anchor = moved(rounded_box((16.0, 48.0, 30.0), 12.0, steps=3, inner=2), shift(*BELT_ANCHOR_MM))
    return _both_sides(merged(*black, anchor))


def _window_rubber(*corners: tuple[float, float]) -> Geometry:
    """A strip around a window given by its corners (z, y)."""
    knots = np.asarray(corners, np.float64)
    eased = [
        point
        for a, b in zip(knots, np.roll(knots, -1, 0), strict=True)
        for point in (a * 0.9 + b * 0.1, a * 0.1 + b * 0.9)
    ]
    outline = curve(eased, 72, closed=True)
    path = np.stack([side_x(outline[:, 1]) - 2.0, outline[:, 1], outline[:, 0]], axis=1)
    return tube(path, 9.0, sides=8, closed=True)


def doors() -> Geometry:
    """Door panels below the windows, with a rounded sill and an arm rest."""
    z = np.linspace(900.0, -1250.0, 40)
    sill = [(400, SILL_MM + 4), (388, SILL_MM + 6), (376, SILL_MM), (370, SILL_MM - 18)]
    arm_rest = [(374, -300), (380, -400), (330, -425), (322, -450), (372, -500), (385, -720)]
    profile = np.array(sill + arm_rest)
    outline = curve(profile, 40)
    points = np.empty((len(outline), len(z), 3))
    points[..., 0], points[..., 1] = outline[:, :1], outline[:, 1:]
    points[..., 2] = z
    return _both_sides(grid(points))


def roof() -> Geometry:
    """The lining: a shallow arch from over the windscreen to over the rear window."""
    reach = float(side_x(ROOF_MM)) - MIDDLE_X_MM
    across = np.linspace(-1.0, 1.0, 30)
    z = np.linspace(250.0, -1400.0, 24)
    points = np.empty((len(z), len(across), 3))
    points[..., 0] = MIDDLE_X_MM + across * reach
    points[..., 1] = ROOF_MM + 34 * (1 - across**4) - (30 * (z / 1400) ** 2)[:, None]
    points[..., 2] = z[:, None]
    return grid(points)


def shelf() -> Geometry:
    """Parcel shelf and the frame below the rear window."""
    across = np.linspace(-650.0, 650.0, 24) + MIDDLE_X_MM
    profile = curve([(-700.0, -1230.0), (-215.0, -1240.0), (-190.0, -1280.0), (-165.0, -1720.0), (-120.0, -1760.0)], 16)
    points = np.empty((len(profile), len(across), 3))
    points[..., 0], points[..., 1], points[..., 2] = across, profile[:, :1], profile[:, 1:]
    return grid(points)


def rear_frame() -> Geometry:
    """The rear window's upper edge."""
    across = np.linspace(-620.0, 620.0, 24) + MIDDLE_X_MM
    path = np.stack([across, np.full(24, ROOF_MM - 22), np.full(24, -1390.0)], axis=1)
    return tube(path, 34.0, sides=12)


def floor() -> Geometry:
    """Seat cushions, console and floor: the dark below, for cameras that look down."""
    cushion = moved(rounded_box((255.0, 70.0, 260.0), 50.0, steps=4, inner=5), shift(0.0, -690.0, 60.0))
    beside = moved(cushion, shift(2 * MIDDLE_X_MM, 0.0, 0.0))
    console = moved(rounded_box((95.0, 130.0, 420.0), 30.0, steps=3, inner=4), shift(MIDDLE_X_MM, -700.0, 180.0))
    rear = moved(rounded_box((620.0, 80.0, 240.0), 50.0, steps=4, inner=6), shift(MIDDLE_X_MM, -690.0, -860.0))
    ground = moved(rounded_box((760.0, 10.0, 1100.0), 5.0, steps=1, inner=8), shift(MIDDLE_X_MM, -860.0, -200.0))
    return merged(cushion, beside, console, rear, ground)
