"""The 68 face points in the usual order, as base vertices chosen once.

Order after Sagonas et al., "300 Faces in-the-Wild" (2013): 0–16 jaw from the driver's right ear, 17–26 brows, 27–35
nose, 36–41 the driver's right eye from its outer corner, 42–47 the left from its inner, 48–59 outer, 60–67 inner lips.
Knows vertices of the base mesh. Must not know poses.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from simulator.body import lids, source
from simulator.body.shape import UPPER_LIP
from simulator.body.source import Integers
from simulator.body.topology import edge_loop, front_vertex, mirror

# Places in the front view of the base mesh, mm, on the driver's left; found by eye.
BROW = ((11.0, 743.0), (20.0, 747.0), (31.0, 749.0), (41.0, 747.0), (51.0, 741.0))  # from the nose outwards
NOSE_RIDGE = (132, 131, 201, 5054)  # on the middle line, 27 … 30
NOSE_BASE = ((0.0, 682.7), (6.0, 683.5), (12.5, 686.0))  # from the middle to the wing: 33, 34, 35
OUTER_LIP, INNER_LIP = 455, UPPER_LIP  # upper middles of two edge loops of 38
OUTER_PLACES = (11, 6, 3, 0, -3, -6, -11, -16, -18, 19, 18, 16)  # along the loop: 48 … 59
INNER_PLACES = (12, 4, 0, -4, -12, -17, 19, 17)  # 60 … 67
JAW_CENTRE_MM = (0.0, 690.0)
JAW_DEG = (-33.0, -14.0, 5.0, 21.0, 36.0, 50.0, 63.0, 76.0)  # downwards from the horizontal: 0 … 7


@lru_cache(maxsize=1)
def landmarks() -> Integers:
    """(68,) base vertices."""
    return np.concatenate([_jaw(), _brows(), _nose(), _eyes(), _mouth()]).astype(np.int32)


def _jaw() -> Integers:
    """The outline of the painted face region in the front view, along rays from its middle."""
    human = source.load()
    skin = np.flatnonzero((human.regions["face"] > 0.3) & (human.vertices_mm[:, 0] >= 0)).astype(np.int32)
    offset = human.vertices_mm[skin, :2] - np.array(JAW_CENTRE_MM, np.float32)
    angle, distance = np.degrees(np.arctan2(-offset[:, 1], offset[:, 0])), np.hypot(offset[:, 0], offset[:, 1])
    left = [skin[np.argmax(np.where(np.abs(angle - goal) < 4.0, distance, 0.0))] for goal in JAW_DEG]
    chin = skin[np.argmax(np.where(human.vertices_mm[skin, 0] < 0.1, -offset[:, 1], -1e9))]
    side = np.array(left, np.int32)
    return np.concatenate([mirror(side), [chin], side[::-1]])


def _brows() -> Integers:
    left = np.array([front_vertex(x, y, _front()) for x, y in BROW], np.int32)
    return np.concatenate([mirror(left)[::-1], left])


def _nose() -> Integers:
    middle, *left = (front_vertex(x, y, _front()) for x, y in NOSE_BASE)
    wing = np.array(left, np.int32)
    return np.concatenate([NOSE_RIDGE, mirror(wing)[::-1], [middle], wing])


def _eyes() -> Integers:
    """From each eye's margin loop: corner, two above, corner, two below."""
    loop = lids.loops()[0].front
    inner, upper, outer, lower = loop[lids.INNER], loop[[13, 15]], loop[lids.OUTER], loop[[2, 0]]
    left = np.array([inner, *upper, outer, *lower[::-1]], np.int32)
    right = mirror(np.array([outer, *upper[::-1], inner, *lower], np.int32))
    return np.concatenate([right, left])


def _mouth() -> Integers:
    outer, inner = (_lip_loop(start) for start in (OUTER_LIP, INNER_LIP))
    return np.concatenate([outer[list(OUTER_PLACES)], inner[list(INNER_PLACES)]])


def _lip_loop(start: int) -> Integers:
    """A loop of lip vertices from the upper middle over the driver's right."""
    human = source.load()
    faces = human.faces[human.group("body")]
    near = np.unique(faces[(faces == start).any(1)])
    sideways = near[human.vertices_mm[near, 0] < -1.0]
    level = np.abs(human.vertices_mm[sideways, 1] - human.vertices_mm[start, 1])
    return edge_loop(start, int(sideways[np.argmin(level)]))


@lru_cache(maxsize=1)
def _front() -> Integers:
    """Vertices of the face that look forward."""
    human = source.load()
    return np.flatnonzero((human.regions["face"] > 0.5) & (human.vertices_mm[:, 2] > 110.0)).astype(np.int32)
