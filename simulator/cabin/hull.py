"""The car's outer skin, coarse: what keeps the sun out where there is no window.

Knows where the shell has openings. Must not know what it is made of, who drives or any light. It lies outside the
lining and is hidden by it: it is there for its shadow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from simulator.cabin.shapes import Floats, curve, grid, merged, mirrored, moved, shift, unit
from simulator.cabin.shell import A_PILLAR_MM, B_PILLAR_Z, MIDDLE_X_MM, ROOF_MM, SILL_MM, side_x
from simulator.types import Geometry

OUTSIDE_MM = 40.0  # of the lining
WINDOW_TOP_MM = ROOF_MM - 42.0
FRONT_Z, BACK_Z = 250.0, -1400.0  # of the roof
A_PILLAR_WIDE_MM = 76.0


def hull(*, a_pillar: bool) -> Geometry:
    """Roof, sides and dash. Without the A-pillars where the camera sits on one."""
    above, below = ROOF_MM + OUTSIDE_MM, -720.0
    side = [
        _strip((900.0, -1250.0), (900.0, -1250.0), below, SILL_MM),
        _strip(B_PILLAR_Z, B_PILLAR_Z, SILL_MM, WINDOW_TOP_MM),
        _strip((-1110.0, -1720.0), (-980.0, -1380.0), SILL_MM, WINDOW_TOP_MM),
        _strip((FRONT_Z, BACK_Z), (FRONT_Z, BACK_Z), WINDOW_TOP_MM, above),
    ]
    if a_pillar:
        side.append(_a_pillar())
    left = merged(*side)
    return merged(left, moved(mirrored(left), shift(2 * MIDDLE_X_MM)), _roof(above), _dash())


def _strip(lower_z: ArrayLike, upper_z: ArrayLike, low: float, high: float) -> Geometry:
    """The left side between two heights, each with where it begins and ends along the car."""
    share = np.linspace(0.0, 1.0, 5)[:, None]
    z = np.asarray(lower_z, np.float64) * (1 - share) + np.asarray(upper_z, np.float64) * share
    y = (low + share * (high - low)) * np.ones(2)
    return grid(np.stack([side_x(y) + OUTSIDE_MM, y, z], axis=-1))


def _a_pillar() -> Geometry:
    line = curve(A_PILLAR_MM, 10)
    along = unit(np.gradient(line[:, 1:], axis=0))
    across = np.column_stack([np.zeros(10), -along[:, 1], along[:, 0]]) * A_PILLAR_WIDE_MM / 2
    outward = np.array([OUTSIDE_MM / 2, 0.0, 0.0])
    return grid(np.stack([line - across, line + across], axis=1) + outward)


def _roof(height: float) -> Geometry:
    reach = float(side_x(ROOF_MM)) + OUTSIDE_MM - MIDDLE_X_MM
    return grid(_level([FRONT_Z, BACK_Z], [height, height], reach))


def _dash() -> Geometry:
    """Dash and bonnet, behind all cameras."""
    return grid(_level([760.0, 1000.0, 1700.0, 1750.0], [SILL_MM - 20, SILL_MM - 30, SILL_MM - 60, -800.0], 700.0))


def _level(z: ArrayLike, height: ArrayLike, reach: float) -> Floats:
    """Points (n, 2, 3) from one side of the car to the other."""
    across = MIDDLE_X_MM + np.array([-reach, reach])
    points = np.empty((len(np.asarray(z)), 2, 3))
    points[..., 0], points[..., 1], points[..., 2] = across, np.c_[height], np.c_[z]
    return points
