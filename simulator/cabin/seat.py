"""Car seats: backs with bolsters and seams, headrests on posts, the rear bench.

Knows a seat's measures in the seat frame. Must not know the driver, the car around it or any light.
"""

from __future__ import annotations

import numpy as np

from simulator.cabin.shapes import Floats, geometry, grid, merged, moved, ring, shift, tube, turn
from simulator.types import Geometry

RECLINE_DEG = 14.0
HINGE_MM = (0.0, -660.0, -140.0)  # where the front of the back starts; it leans from here
BACK_HIGH_MM = 590.0  # along the back: it ends about 90 below the eyes
BACK_THICK_MM = 62.0  # half of it


def seat_back(rng: np.random.Generator, *, fineness: int = 2) -> Geometry:
    """A back rest in the driver's place, its width, bolsters and seams drawn by lot; `fineness` 1 suffices far off."""
    half_width, bolster = rng.uniform(232, 258), rng.uniform(22, 45)
    panel = rng.uniform(0.50, 0.60)  # half the middle panel's width, as a share of the back's
    seams = np.sort(rng.uniform(0.25, 0.85, rng.integers(1, 4)))
    rows = np.linspace(0, 0.8, 17 * fineness, endpoint=False), 1 - 0.2 * np.linspace(1, 0, 8 * fineness) ** 2
    height = np.concatenate(rows)[:, None]
    fore, side = ring(2.0, 2.0, squareness=4.0, count=40 * fineness).T[
        :, None, :
    ]  # 1 = the front, 1 = the driver's left
    round_top = (1.0 - np.clip((height - 0.78) / 0.22, 0.0, 1.0) ** 2.5) ** 0.5
    belly = 0.92 + 0.10 * np.sin(np.pi * (0.15 + 0.75 * height))
    front = np.clip(fore, 0.0, 1.0)
    groove = front * _grooves(np.abs(side), height, panel, seams)
    cheek = bolster * np.exp(-(((np.abs(side) - 0.80) / 0.16) ** 2)) * front
    points = np.stack(
        [
            side * half_width * belly * (0.35 + 0.65 * round_top),
            np.broadcast_to(height * BACK_HIGH_MM, groove.shape),
            (fore * BACK_THICK_MM + cheek) * round_top - BACK_THICK_MM - 5.0 * groove,
        ],
        axis=-1,
    )
    return moved(grid(points, around=True, tone=_sewn(groove)), shift(*HINGE_MM) @ turn("x", -RECLINE_DEG))


def _grooves(across: Floats, height: Floats, panel: float, seams: Floats) -> Floats:
    """How deep each vertex lies in a seam, 0–1: two along the panel, some across it."""
    along = np.exp(-(((across - panel) / 0.04) ** 2))
    rows = np.exp(-(((height - seams) / 0.012) ** 2)).max(axis=1)[:, None]
    groove: Floats = np.maximum(along, rows * (across < panel))
    return groove


def _sewn(crease: Floats) -> Floats:
    """Tone of a seam: little light gets in."""
    return np.stack([1.0 - 0.45 * crease, 1.0 - 0.2 * crease], axis=-1)


def headrest(rng: np.random.Generator, *, fineness: int = 2) -> tuple[Geometry, Geometry]:
    """The cushion, rounded and a little hollow in front, and its two posts, in the seat frame."""
    half = np.array([rng.uniform(118, 142), rng.uniform(84, 102), rng.uniform(42, 55)])
    squareness = float(rng.uniform(2.6, 3.6))
    # A hand's breadth behind the skull, its top about as high as the driver's.
    place = shift(0.0, float(rng.uniform(-5, 25)), -230.0 - half[2])
    posts = [
        tube([(x, -half[1] - 90, -12.0), (x, -half[1] - 30, -4.0), (x, -half[1] + 30, 0.0)], 6.5) for x in (-58.0, 58.0)
    ]
    return moved(_cushion(half, squareness, fineness), place), moved(merged(*posts), place)


def _cushion(half: Floats, squareness: float, fineness: int) -> Geometry:
    """A pillow: superelliptic outline, cheeks forward of the middle, a welt where front and back are sewn together."""
    rows, columns = 13 * fineness, 28 * fineness
    angle = np.linspace(0, np.pi, rows)[:, None]  # from the middle of the front round to the middle of the back
    high, wide = ring(2.0, 2.0, squareness=squareness, count=columns).T[:, None, :]
    reach = np.sin(angle) ** (2.0 / 3.2)
    depth = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2.0 / 2.4)
    x, y = reach * wide, reach * high
    cheeks = 0.35 * np.clip(depth, 0, 1) * x**2 - 0.10 * np.abs(x) ** 3
    welt = 0.6 * np.exp(-((depth / 0.10) ** 2)) * np.ones_like(x)
    panel = np.exp(-(((angle - 0.95) / 0.07) ** 2)) * np.ones_like(x)  # a seam parallel to the rim
    points = np.stack([x * half[0], y * half[1], (depth + cheeks - 0.06 * panel) * half[2]], axis=-1)
    shape = grid(points, around=True, tone=_sewn(np.maximum(welt, panel)))
    normals = shape.normals.copy().reshape(rows, columns, 3)
    normals[0], normals[-1] = (0, 0, 1), (0, 0, -1)  # the poles' own faces have no area
    return geometry(shape.positions_mm, normals.reshape(-1, 3), shape.triangles, tone=shape.tone)


def bench(middle_x_mm: float, rng: np.random.Generator) -> Geometry:
    """The rear bench with its three headrests, centred on the car's middle."""
    back = moved(_long_cushion((610.0, 250.0, 80.0)), shift(middle_x_mm, -400.0, -1120.0) @ turn("x", -18.0))
    size = np.array([125.0, 75.0, 45.0]) * rng.uniform(0.85, 1.0)
    heads = [moved(_cushion(size, 2.8, 1), shift(middle_x_mm + x, -95.0, -1190.0)) for x in (-370.0, 0.0, 370.0)]
    return merged(back, *heads)


def _long_cushion(half: tuple[float, float, float]) -> Geometry:
    """A long back rest with rounded ends and two seams that part the seats."""
    along = np.linspace(-1, 1, 49)[:, None]
    fore, high = ring(2.0, 2.0, squareness=3.5, count=20).T[:, None, :]  # x is the way along: y to z is around it
    ends = (1.0 - np.abs(along) ** 10) ** 0.5
    parting = np.exp(-(((np.abs(along) - 1 / 3) / 0.03) ** 2)) * np.ones_like(fore)
    points = np.stack(
        [
            np.broadcast_to(along * half[0], parting.shape),
            -high * half[1] * (0.6 + 0.4 * ends),
            fore * half[2] * ends * (1 - 0.12 * parting),
        ],
        axis=-1,
    )
    return grid(points, around=True, tone=_sewn(parting))
