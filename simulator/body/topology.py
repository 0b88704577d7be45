"""Walking over the base mesh: edge loops, mirror images, nearest vertices.

Knows the base mesh's connections. Must not know what the loops mean.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from simulator.body import source
from simulator.body.source import Integers


def edge_loop(first: int, second: int) -> Integers:
    """The closed loop of body edges that goes straight on from `first` over `second`, both included once."""
    faces = _body_faces()
    path = [first, second]
    while (following := _straight_on(faces, *path[-2:])) != first:
        path.append(following)
    return np.array(path, np.int32)


def _straight_on(faces: Integers, before: int, here: int) -> int:
    """Across a vertex of four edges: the one that shares no face with the edge we came by."""
    around = faces[(faces == here).any(1)]
    ahead = around[~(around == before).any(1)]
    if len(around) != 4 or len(ahead) != 2:
        raise ValueError(f"vertex {here} of the base mesh has no edge straight on from {before}")
    common = np.intersect1d(ahead[0], ahead[1])
    return int(common[common != here][0])


def mirror(vertices: Integers) -> Integers:
    """The same vertices on the other side of the symmetric base mesh."""
    positions = source.load().vertices_mm
    _, nearest = _tree().query(positions[vertices] * np.array([-1, 1, 1], np.float32))
    return np.asarray(_body()[nearest], np.int32)


def front_vertex(x_mm: float, y_mm: float, candidates: Integers) -> int:
    """The candidate that stands nearest in the front view of the base mesh."""
    offset = source.load().vertices_mm[candidates, :2] - np.array([x_mm, y_mm], np.float32)
    return int(candidates[np.argmin((offset**2).sum(1))])


@lru_cache(maxsize=1)
def _body_faces() -> Integers:
    human = source.load()
    return human.faces[human.group("body")]


@lru_cache(maxsize=1)
def _body() -> Integers:
    return np.unique(_body_faces()).astype(np.int32)


@lru_cache(maxsize=1)
def _tree() -> cKDTree:
    return cKDTree(source.load().vertices_mm[_body()])
