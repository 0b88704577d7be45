"""Which triangles of strands are worth drawing, and in which order. Pure numpy.

Strands are many and are blended, so most of their cost is saved by leaving out what the head hides.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.render.camera import Vectors, depth_from_buffer
from simulator.types import Array, Part

CELL_PX = 16
BEHIND_MM = 8.0  # how far behind everything around it a triangle lies that is left out
MARGIN = 1.15  # of the picture's half width: what begins outside may reach in


def far_cells(stored: Array) -> Array:
    """The farthest depth in mm round each cell of CELL_PX × CELL_PX pixels, from OpenGL's depth (h, w)."""
    rows = np.maximum.reduceat(stored, np.arange(0, stored.shape[0], CELL_PX), axis=0)
    cells = np.maximum.reduceat(rows, np.arange(0, stored.shape[1], CELL_PX), axis=1)
    return depth_from_buffer(np.asarray(cv2.dilate(cells, np.ones((3, 3), np.uint8)), np.float32))


def worth_drawing(part: Part, clip: Vectors, cells: Array, size: tuple[int, int]) -> NDArray[np.int32]:
    """The triangles (m, 3) that may be seen, the farthest first.

    Args:
        part: Strands.
        clip: Seat frame → clip space.
        cells: From `far_cells`.
        size: Width and height of the picture that the cells are of.
    """
    triangles = part.geometry.triangles
    matrix = (clip if part.pose is None else clip @ part.pose).astype(np.float32)
    placed = part.geometry.positions_mm @ matrix[[0, 1, 3], :3].T + matrix[[0, 1, 3], 3]
    x, y, away = placed[triangles[:, 0]].T
    ahead = np.maximum(away, 1.0)
    inside = (away > 1.0) & (np.abs(x) < MARGIN * ahead) & (np.abs(y) < MARGIN * ahead)
    column = np.clip((x / ahead + 1) * (size[0] / 2 / CELL_PX), 0, cells.shape[1] - 1).astype(np.int32)
    row = np.clip((y / ahead + 1) * (size[1] / 2 / CELL_PX), 0, cells.shape[0] - 1).astype(np.int32)
    seen = np.flatnonzero(inside & (away < cells[row, column] + BEHIND_MM))
    return triangles[seen[_farthest_first(away[seen])]]


def _farthest_first(away: Array) -> NDArray[np.intp]:
    if not len(away):
        return np.zeros(0, np.intp)
    nearest, farthest = float(away.min()), float(away.max())
    # 16 bits suffice, and numpy sorts those by radix.
    key = (farthest - away) * (65535.0 / max(farthest - nearest, 1e-3))
    return np.argsort(key.astype(np.uint16), kind="stable")
