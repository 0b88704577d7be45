"""A mesh's texture as a sheet of points: for each texel, the triangle it lies in and where.

Knows UV space. Must not know what is painted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.growth.vectors import Numbers
from simulator.types import Array, Triangles

BLEED_TEXELS = 6.0  # how far values are carried beyond the islands' edges, for filtering
BLOCK = 1 << 16  # texels


class Atlas:
    """Texels of a square texture: row r, column c lie at v = (r + ½)/size, u = (c + ½)/size.

    Those of the mesh and of a small rim round its islands are in use. Painters work on lists of them, row by row, and
    block by block: all at once would take 100 MB more.
    """

    def __init__(self, uv: Array, triangles: Triangles, size: int) -> None:
        owner = _owners(uv, triangles, size)
        self._used, (rows, columns) = _bled(owner)
        self._corners = triangles[owner[rows, columns]]
        self._weights = np.empty((len(rows), 3), np.float32)
        for some in self.blocks():
            at = np.stack([columns[some] + 0.5, rows[some] + 0.5], 1) / size
            self._weights[some] = _weights(at, uv[self._corners[some]])

    def blocks(self) -> Iterator[slice]:
        """All texels in use, in the list's order."""
        for first in range(0, len(self._corners), BLOCK):
            yield slice(first, first + BLOCK)

    def spread(self, values: Array, some: slice | NDArray[np.int64]) -> Array:
        """Vertex values (v, …) at some of the texels (texels, …)."""
        return np.asarray(np.einsum("tc,tc...->t...", self._weights[some], values[self._corners[some]]), np.float32)

    def sheet(self, values: Array, outside: Sequence[float]) -> Array:
        """Texel values (texels, k) as a picture (size, size, k)."""
        picture = np.empty((*self._used.shape, len(outside)), np.float32)
        picture[:] = outside
        picture[self._used] = values
        return picture


def _owners(uv: Array, triangles: Triangles, size: int) -> NDArray[np.int32]:
    """The triangle of each texel, −1 for none."""
    owner = np.full((size, size), -1, np.int32)
    shift = 8  # OpenCV's fixed point
    corners = np.rint((uv[triangles] * size - 0.5) * (1 << shift)).astype(np.int32)
    for row, corner in enumerate(corners):
        cv2.fillConvexPoly(owner, corner, row, lineType=cv2.LINE_8, shift=shift)
    return owner


def _bled(owner: NDArray[np.int32]) -> tuple[NDArray[np.bool_], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Which texels are in use, and for each of them the row and column of the mesh's own texel it takes after."""
    outside = (owner < 0).astype(np.uint8)
    distance, label = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    used = np.asarray(distance <= BLEED_TEXELS)
    inner_rows, inner_columns = np.nonzero(owner >= 0)
    place = np.zeros(label.max() + 1, np.int64)
    place[label[inner_rows, inner_columns]] = np.arange(len(inner_rows))
    source = place[label[used]]
    return used, (inner_rows[source], inner_columns[source])


def _weights(at: Numbers, corners: Numbers) -> Array:
    """Barycentric weights (t, 3) of points (t, 2) in their triangles (t, 3, 2), held inside."""
    side, other, offset = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], at - corners[:, 0]
    area = side[:, 0] * other[:, 1] - side[:, 1] * other[:, 0]
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    second = (offset[:, 0] * other[:, 1] - offset[:, 1] * other[:, 0]) / area
    third = (side[:, 0] * offset[:, 1] - side[:, 1] * offset[:, 0]) / area
    weights = np.clip(np.stack([1.0 - second - third, second, third], axis=1), 0.0, 1.0)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
