"""Catmull–Clark subdivision as one sparse matrix, so that a moving mesh is refined by one product a frame.

Knows quads. Must not know bodies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Integers = NDArray[np.int32]
Indices = NDArray[Any]  # of any integer type


@dataclass(frozen=True, eq=False, slots=True)
class Refined:
    """One level: `vertices = matrix @ vertices before`; child `c` of face `f` is row `4 f + c`."""

    matrix: sparse.csr_array  # (n + edges + faces, n)
    faces: Integers  # (4 m, 4)


def refine(faces: Integers, count: int) -> Refined:
    """One Catmull–Clark level of quads over `count` vertices; open borders stay as smooth curves.

    Source: E. Catmull, J. Clark, "Recursively generated B-spline surfaces on arbitrary topological meshes" (1978).
    """
    edges = _edges(faces)
    face_points = _average(np.arange(len(faces)).repeat(4), faces.ravel(), (len(faces), count))
    middles = _average(np.arange(len(edges.ends)).repeat(2), edges.ends.ravel(), (len(edges.ends), count))
    around = _average(edges.of_face.ravel(), np.arange(len(faces)).repeat(4), (len(edges.ends), len(faces)))
    inner = (edges.uses == 2).astype(np.float64)
    edge_points = _scale(1 - inner / 2, middles) + _scale(inner / 2, around @ face_points)
    vertex_points = _vertex_points(faces, edges, face_points, middles)
    matrix = sparse.vstack([vertex_points, edge_points, face_points]).tocsr()
    return Refined(sparse.csr_array(matrix.astype(np.float32)), _children(faces, edges, count))


def refine_corners(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values at the four corners of each face (m, 4, k) → those of the children (4 m, 4, k), interpolated."""
    following, before, centre = np.roll(corners, -1, 1), np.roll(corners, 1, 1), corners.mean(1, keepdims=True)
    middle = np.broadcast_to(centre, corners.shape)
    children = np.stack([corners, (corners + following) / 2, middle, (corners + before) / 2], 2)
    return children.reshape(-1, *corners.shape[1:])


@dataclass(frozen=True, eq=False, slots=True)
class _Edges:
    ends: Integers  # (e, 2) vertices
    of_face: Integers  # (m, 4): edge k of a face runs from its corner k to corner k + 1
    uses: Indices  # (e,) faces at each edge


def _edges(faces: Integers) -> _Edges:
    both = np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2)
    ends, edge_of = np.unique(np.sort(both, 1), axis=0, return_inverse=True)
    of_face = edge_of.reshape(faces.shape).astype(np.int32)
    return _Edges(ends, of_face, np.bincount(of_face.ravel(), minlength=len(ends)))


def _average(rows: Indices, columns: Indices, shape: tuple[int, int]) -> sparse.csr_array:
    """Each row of the result is the mean over the columns named for it."""
    weights = 1.0 / np.bincount(rows, minlength=shape[0])[rows]
    return sparse.csr_array((weights, (rows, columns)), shape)


def _scale(factors: NDArray[np.float64], matrix: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags_array(factors) @ matrix)


def _vertex_points(
    faces: Integers, edges: _Edges, face_points: sparse.csr_array, middles: sparse.csr_array
) -> sparse.csr_array:
    count = face_points.shape[1]
    valence = np.bincount(faces.ravel(), minlength=count).astype(np.float64)
    border = np.zeros(count, bool)
    border[edges.ends[edges.uses == 1]] = True
    inside = ((valence > 0) & ~border).astype(np.float64)
    n = np.maximum(valence, 1)
    of_faces = _average(faces.ravel(), np.arange(len(faces)).repeat(4), (count, len(faces)))
    of_edges = _average(edges.ends.ravel(), np.arange(len(edges.ends)).repeat(2), (count, len(edges.ends)))
    open_ends = edges.ends[edges.uses == 1].ravel()
    of_border = _average(open_ends, np.flatnonzero(edges.uses == 1).repeat(2), (count, len(edges.ends)))
    smooth = _scale(inside / n, of_faces @ face_points) + _scale(inside * 2 / n, of_edges @ middles)
    kept = np.where(inside > 0, (n - 3) / n, np.where(border, 0.5, 1.0))
    return smooth + _scale(0.5 * border, of_border @ middles) + sparse.diags_array(kept)


def _children(faces: Integers, edges: _Edges, count: int) -> Integers:
    centres = (count + len(edges.ends) + np.arange(len(faces)))[:, None].repeat(4, 1)
    middles = count + edges.of_face
    children = np.stack([faces, middles, centres, np.roll(middles, 1, 1)], -1)
    return children.reshape(-1, 4).astype(np.int32)
