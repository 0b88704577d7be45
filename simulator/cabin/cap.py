"""A baseball cap to measure: six panels over the skull, a curved brim, a button on top.

Knows a `Headform`. Must not know hair: it leaves room for what is flattened under it.
"""

from __future__ import annotations

import numpy as np

from simulator.cabin.headform import Headform, skull_radii
from simulator.cabin.shapes import (
    Floats,
    geometry,
    grid,
    grid_triangles,
    merged,
    moved,
    shift,
    smooth_normals,
    superellipsoid,
    unit,
)
from simulator.types import Geometry, Material, Part, What

MIDDLE_MM = (0.0, 30.0, -72.0)  # of the skull, in the head frame
# Height of the lower edge over the azimuth from the front; growth/scalp.py presses hair flat along it.
EDGE_DEG = (0.0, 40.0, 90.0, 180.0)
EDGE_MM = (46.0, 38.0, 22.0, 9.0)
CLEAR_MM = 7.0  # cloth, sweat band and flattened hair
ROWS, COLUMNS = 26, 120
BRIM_HALF_DEG = 62.0
BRIM_LONG_MM = 66.0
BRIM_THICK_MM = 2.6


def fitted(form: Headform, *, seed: int = 0) -> tuple[Part, ...]:
    """The cap as parts in the head frame (`pose` unset)."""
    rng = np.random.default_rng([seed, 0xCA9])
    shade, brim_shade = rng.uniform(0.12, 0.6), rng.uniform(0.1, 0.5)
    crown, border = _crown(form)
    brim = _brim(border, drop_deg=float(rng.uniform(10, 20)), bend=float(rng.uniform(10, 20)))
    return (
        Part(What.CAP, Material.FABRIC, crown, float(shade), 0.0, 0.9),
        Part(What.CAP, Material.FABRIC, brim, float(shade if rng.random() < 0.6 else brim_shade), 0.0, 0.9),
    )


def _border_height(form: Headform, azimuth: Floats) -> Floats:
    """How high the cap's edge runs (y, head frame): on the forehead, over the ears, lower at the back."""
    height = np.interp(np.abs(azimuth), np.deg2rad(EDGE_DEG), EDGE_MM)
    tight = max(form.ear_high_mm + 8.0 - EDGE_MM[2], 0.0)  # ears that stand high lift it
    raised: Floats = height + tight * np.sin(np.abs(azimuth)) ** 2
    return raised


def _crown(form: Headform) -> tuple[Geometry, Floats]:
    """The six panels with the button, and the border line (COLUMNS, 3) from behind over the driver's left."""
    azimuth = np.linspace(-np.pi, np.pi, COLUMNS, endpoint=False)
    border = _border_height(form, azimuth) - MIDDLE_MM[1]
    first = np.arctan2(border, _reach(form, azimuth, np.zeros(COLUMNS)))
    height = first + (np.pi / 2 - 0.002 - first) * np.linspace(0, 1, ROWS)[:, None]
    radius = _smooth(_reach(form, np.broadcast_to(azimuth, height.shape), height))
    # The front panels stand up stiffly: they leave the skull.
    up = np.linspace(0, 1, ROWS)[:, None]
    radius += 9.0 * np.clip(np.cos(azimuth), 0, 1) * np.sin(np.pi * up**0.9) + 3.0 * np.sin(np.pi * up)
    seam = np.exp(-(((np.abs((azimuth / np.pi * 3) % 1.0 - 0.5) - 0.5) / 0.022) ** 2))[None] * np.ones((ROWS, 1))
    hem = np.exp(-(((up - 0.10) / 0.018) ** 2)) * np.ones(COLUMNS)
    radius = radius - 0.7 * seam - 0.4 * hem
    way = np.stack([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)], axis=-1)
    points = way * radius[..., None] + np.asarray(MIDDLE_MM)
    tone = np.stack([1 - 0.35 * np.maximum(seam, 0.6 * hem), 1 - 0.12 * seam], axis=-1)
    top = points[-1].mean(0)
    button = moved(superellipsoid((7.0, 4.0, 7.0), rows=10, columns=18), shift(top[0], top[1] + 1.0, top[2]))
    return merged(grid(points, around=True, tone=tone), _eyelets(points, azimuth), button), points[0]


def _reach(form: Headform, azimuth: Floats, height: Floats) -> Floats:
    """From the middle to the cap, ears left out: what stands out sideways near them is cut off."""
    radius = skull_radii(form, MIDDLE_MM, azimuth, height) + CLEAR_MM
    return np.asarray(radius, np.float64)


def _smooth(radius: Floats) -> Floats:
    """Rows and columns eased: cloth does not show the mesh below."""
    for _ in range(6):
        around = (np.roll(radius, 1, 1) + np.roll(radius, -1, 1) + 2 * radius) / 4
        tall = np.pad(around, ((1, 1), (0, 0)), mode="edge")
        radius = np.maximum((tall[:-2] + tall[2:] + 2 * around) / 4, around - 1.0)
    return radius


def _eyelets(points: Floats, azimuth: Floats) -> Geometry:
    """A small stitched ring in each panel."""
    rings = []
    for panel in range(6):
        column = int(np.argmin(np.abs(azimuth - (-np.pi + (panel + 0.5) * np.pi / 3))))
        at = points[int(ROWS * 0.62), column]
        sunk = at - 1.9 * unit(at - np.asarray(MIDDLE_MM))
        rings.append(moved(superellipsoid((2.6, 2.6, 2.6), rows=8, columns=12), shift(*sunk)))
    return merged(*rings)


def _brim(border: Floats, *, drop_deg: float, bend: float) -> Geometry:
    """From the front of the border forward, bent down at the sides; a closed plate."""
    azimuth = np.linspace(-np.pi, np.pi, COLUMNS, endpoint=False)
    across = np.linspace(-1, 1, 41)
    turn = across * np.deg2rad(BRIM_HALF_DEG)
    start = np.stack([np.interp(turn, azimuth, border[:, axis]) for axis in range(3)], axis=1)
    length = BRIM_LONG_MM * np.clip(1 - np.abs(across) ** 2.6, 0, 1) ** 0.55
    out = np.linspace(-0.06, 1, 16)[:, None]
    x = start[:, 0] * (1 + 0.04 * out)
    z = start[:, 2] + out * length
    middle_y = float(start[20, 1]) + 2.0
    ease = np.clip(out, 0, 1)
    flat_y = middle_y - np.tan(np.deg2rad(drop_deg)) * out * length - bend * (x / 70.0) ** 2 * (0.45 + 0.55 * ease)
    corner = np.clip((np.abs(across) - 0.75) / 0.25, 0, 1) ** 2
    y = flat_y * (1 - corner) + np.minimum(flat_y, start[:, 1] + 1.5) * corner
    stitches = 0.25 * np.exp(-((((out * 8) % 1.0 - 0.5) / 0.12) ** 2)) * (np.clip(out, 0, 1) > 0.1)
    top = np.stack([x, y, z], axis=-1)
    return _plate(top, np.broadcast_to(stitches, y.shape))


def _plate(top: Floats, stitches: Floats) -> Geometry:
    """A sheet and the same a little below, their rims joined."""
    rows, columns = top.shape[:2]
    upper = grid(top[::-1], tone=np.stack([1 - stitches, np.ones_like(stitches)], axis=-1)[::-1])
    thick = np.array([0.0, BRIM_THICK_MM, 0.0])
    below = top - thick
    lower = grid(below, tone=np.stack([1 - stitches, np.ones_like(stitches)], axis=-1))
    line = np.concatenate([top[:, 0], top[-1, 1:-1], top[::-1, -1]])
    wall = np.stack([line, line - thick])
    triangles = grid_triangles(2, len(line))
    flat = wall.reshape(-1, 3)
    normals = smooth_normals(flat, triangles)
    outward = ((flat - top[rows // 3, columns // 2]) * normals).sum() > 0
    edge = geometry(flat, normals if outward else -normals, triangles if outward else triangles[:, ::-1])
    return merged(upper, lower, edge)
