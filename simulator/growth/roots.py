"""Points rooted on a skin mesh by triangle and barycentric weights, so that they go along with the skin.

Found on the mean face, they lie at the corresponding place of every identity and every expression.
Must not know what is rooted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from simulator.growth.vectors import unit
from simulator.types import Array, Triangles

NEAREST = 24  # triangles tried for one point, by the distance of their middles


@dataclass(frozen=True, eq=False, slots=True)
class Rooted:
    """n points on a mesh."""

    corners: Triangles  # (n, 3) vertices
    weights: Array  # (n, 3), sum 1

    def on(self, values: Array) -> Array:
        """Vertex values (v, …) at the points (n, …)."""
        return np.asarray(np.einsum("nc,nc...->n...", self.weights, values[self.corners]), np.float32)

    def frames(self, positions_mm: Array) -> Array:
        """(n, 3, 3), columns: along the triangle's first edge, across it, out of the skin."""
        first, second, third = (positions_mm[self.corners[:, corner]] for corner in range(3))
        along = unit(second - first)
        normal = unit(np.cross(second - first, third - first))
        return np.stack([along, np.cross(normal, along), normal], axis=-1)

    def choose(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Rooted:
        """Some of them."""
        return Rooted(self.corners[keep], self.weights[keep])


def scatter(positions_mm: Array, triangles: Triangles, density: Array, count: int, seed: int) -> Rooted:
    """`count` points spread over the mesh, per area as dense as `density` (v,) says, evenly rather than in lumps.

    The triangles are walked in order along one low-discrepancy sequence, so neighbours keep their distance.
    """
    first, second, third = (positions_mm[triangles[:, corner]] for corner in range(3))
    area = 0.5 * np.linalg.norm(np.cross(second - first, third - first), axis=1)
    share = np.cumsum(area * density[triangles].mean(1))
    rng = np.random.default_rng(seed)
    picks = (np.arange(count) + rng.uniform(size=count)) / count * share[-1]
    chosen = triangles[np.minimum(np.searchsorted(share, picks), len(triangles) - 1)]
    u, v = rng.uniform(size=(2, count))
    root = np.sqrt(u)
    weights = np.stack([1 - root, root * (1 - v), root * v], axis=1).astype(np.float32)
    return Rooted(chosen, weights)


def nearest(points_mm: Array, positions_mm: Array, triangles: Triangles) -> Rooted:
    """The surface's points nearest to `points_mm` (n, 3)."""
    middles = positions_mm[triangles].mean(1)
    _, candidates = cKDTree(middles).query(points_mm, k=min(NEAREST, len(triangles)))
    corners = triangles[candidates]  # (n, c, 3)
    weights = _barycentric(points_mm[:, None], positions_mm[corners])
    inside = np.clip(weights, 0.0, None)
    inside /= inside.sum(-1, keepdims=True)
    gap = np.linalg.norm(np.einsum("nck,nckj->ncj", inside, positions_mm[corners]) - points_mm[:, None], axis=-1)
    row, best = np.arange(len(points_mm)), gap.argmin(1)
    return Rooted(corners[row, best].astype(np.int32), inside[row, best].astype(np.float32))


def _barycentric(points: Array, corners: Array) -> Array:
    """Weights of points dropped onto their triangles' planes; negative outside."""
    side, other = corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :]
    offset = points - corners[..., 0, :]
    aa, ab, bb = (side * side).sum(-1), (side * other).sum(-1), (other * other).sum(-1)
    pa, pb = (offset * side).sum(-1), (offset * other).sum(-1)
    scale = np.maximum(aa * bb - ab * ab, 1e-9)
    second, third = (bb * pa - ab * pb) / scale, (aa * pb - ab * pa) / scale
    return np.asarray(np.stack([1.0 - second - third, second, third], axis=-1))
