"""A mesh's texture as a sheet of points: for each texel, the triangle it lies in and where.

Knows UV space. Must not know what is painted.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.growth.vectors import Numbers
from simulator.types import Array, Triangles

BLEED_TEXELS = 6.0  # how far values are carried beyond the islands' edges, for filtering


class Atlas:
    """Texels of a square texture: row r, column c lie at v = (r + ½)/size, u = (c + ½)/size.

    Attributes:
        inside: (size, size), texels of the mesh and a small rim round its islands.
        texels: number of them; painters work on lists of this length.
    """

    def __init__(self, uv: Array, triangles: Triangles, size: int) -> None:
        self.size = size
        owner = _owners(uv, triangles, size)
        rows, columns = self._bled(owner)
        self.inside = np.zeros((size, size), bool)
        self.inside[rows, columns] = True
        self.texels = len(rows)
        self._corners = triangles[owner[self._source_rows, self._source_columns]]
        at = np.stack([self._source_columns + 0.5, self._source_rows + 0.5], 1) / size
        self._weights = _weights(at, uv[self._corners])

    def spread(self, values: Array) -> Array:
        """Vertex values (v, …) at the texels (texels, …)."""
        return np.asarray(np.einsum("tc,tc...->t...", self._weights, values[self._corners]), np.float32)

    def sheet(self, values: Array, outside: float) -> Array:
        """Texel values (texels,) as a picture (size, size)."""
        picture = np.full((self.size, self.size), outside, np.float32)
        picture[self.inside] = values
        return picture

    def _bled(self, owner: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Texels in use, row by row, and for each the texel inside the mesh whose value it takes."""
        outside = (owner < 0).astype(np.uint8)
        distance, label = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
        rows, columns = np.nonzero(distance <= BLEED_TEXELS)
        inner_rows, inner_columns = np.nonzero(owner >= 0)
        place = np.zeros(label.max() + 1, np.int64)
        place[label[inner_rows, inner_columns]] = np.arange(len(inner_rows))
        source = place[label[rows, columns]]
        self._source_rows, self._source_columns = inner_rows[source], inner_columns[source]
        return rows, columns


def _owners(uv: Array, triangles: Triangles, size: int) -> NDArray[np.int32]:
    """The triangle of each texel, −1 for none."""
    owner = np.full((size, size), -1, np.int32)
    shift = 8  # OpenCV's fixed point
    corners = np.rint((uv[triangles] * size - 0.5) * (1 << shift)).astype(np.int32)
    for row, corner in enumerate(corners):
        cv2.fillConvexPoly(owner, corner, row, lineType=cv2.LINE_8, shift=shift)
    return owner


def _weights(at: Numbers, corners: Numbers) -> Array:
    """Barycentric weights (t, 3) of points (t, 2) in their triangles (t, 3, 2), held inside."""
    side, other, offset = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], at - corners[:, 0]
    area = side[:, 0] * other[:, 1] - side[:, 1] * other[:, 0]
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    second = (offset[:, 0] * other[:, 1] - offset[:, 1] * other[:, 0]) / area
    third = (side[:, 0] * offset[:, 1] - side[:, 1] * offset[:, 0]) / area
    weights = np.clip(np.stack([1.0 - second - third, second, third], axis=1), 0.0, 1.0)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
