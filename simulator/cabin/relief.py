"""How far a surface reaches, over a grid of two coordinates: the rest head seen from the front, the side, the inside.

Knows triangles and grids. Must not know faces. Things worn are laid on such reliefs, smoothly, instead of on triangles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simulator.cabin.shapes import Floats
from simulator.types import Geometry

SPACING_MM = 1.3  # about, between points laid into triangles
EMPTY = -1e6


@dataclass(frozen=True, eq=False, slots=True)
class Relief:
    """The greatest height found in each cell; asking between cells interpolates."""

    low: tuple[float, float]  # the first cell's middle
    step: tuple[float, float]
    heights: Floats  # (rows: second coordinate, columns: first coordinate)

    def at(self, first: ArrayLike, second: ArrayLike) -> Floats:
        """Height at coordinates of any shape; outside the grid its edge."""
        u = np.clip((np.asarray(first, np.float64) - self.low[0]) / self.step[0], 0, self.heights.shape[1] - 1.001)
        v = np.clip((np.asarray(second, np.float64) - self.low[1]) / self.step[1], 0, self.heights.shape[0] - 1.001)
        column, row = u.astype(int), v.astype(int)
        u, v = u - column, v - row
        top = self.heights[row, column] * (1 - u) + self.heights[row, column + 1] * u
        below = self.heights[row + 1, column] * (1 - u) + self.heights[row + 1, column + 1] * u
        height: Floats = top * (1 - v) + below * v
        return height


def dense(surface: Geometry, above_mm: float = -np.inf) -> Floats:
    """Points strewn evenly over all triangles (n, 3) that reach above a height."""
    corners = surface.positions_mm[surface.triangles]
    corners = corners[corners[..., 1].max(axis=1) > above_mm].astype(np.float64)
    edge = float(np.median(np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)))
    count = int(np.clip(np.ceil(edge / SPACING_MM), 2, 7)) + 1
    steps = np.array([(i, j) for i in range(count) for j in range(count - i)], np.float64) / (count - 1)
    shares = np.column_stack([1 - steps.sum(1), steps])
    points: Floats = np.einsum("sk,tkd->tsd", shares, corners).reshape(-1, 3)
    return points


def relief(
    coordinates: Floats,
    heights: Floats,
    *,
    low: tuple[float, float],
    high: tuple[float, float],
    step: tuple[float, float],
) -> Relief:
    """A relief from scattered points: coordinates (n, 2), heights (n,). Cells nobody hit take their neighbours' height.

    Args:
        coordinates: where each point lies.
        heights: how high.
        low: the first cell's middle.
        high: about where the last cell's is.
        step: from one cell to the next.
    """
    size = [max(round((high[k] - low[k]) / step[k]) + 1, 2) for k in (0, 1)]
    cell = np.rint((coordinates - np.asarray(low)) / np.asarray(step)).astype(int)
    inside = ((cell >= 0) & (cell < size)).all(axis=1)
    table = np.full((size[1], size[0]), EMPTY)
    np.maximum.at(table, (cell[inside, 1], cell[inside, 0]), heights[inside])
    return Relief(low, step, _filled(table))


def _filled(table: Floats) -> Floats:
    """Holes closed from their rims inwards."""
    for _ in range(sum(table.shape)):
        holes = table <= EMPTY / 2
        if not holes.any() or holes.all():
            break
        around = np.pad(table, 1, constant_values=EMPTY)
        near = np.stack([around[1:-1, :-2], around[1:-1, 2:], around[:-2, 1:-1], around[2:, 1:-1]])
        known = near > EMPTY / 2
        mean = np.where(known, near, 0.0).sum(0) / np.maximum(known.sum(0), 1)
        table = np.where(holes & known.any(0), mean, table)
    return table
