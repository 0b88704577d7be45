"""Brings every resting face to the same pitch, so that a head angle means the same on every identity.

The data set's targets bend the head along with the face: its old faces look some degrees further down than its young
ones at the same turn of the skull. Knows shapes and the neck. Must not know moments.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from simulator.body import rig
from simulator.body.landmarks import landmarks
from simulator.body.posture import NECK_SHARES
from simulator.body.rig import Points
from simulator.body.source import Source
from simulator.types import Array


def upright(human: Source, vertices: Array) -> Array:
    """The shape (19158, 3) with its neck bent back until the face looks where the base mesh's face looks."""
    skeleton = rig.skeleton(human, vertices)
    turn = rig.about(0, pitch_deg(human, vertices))
    turns = {"root": np.eye(3)} | {bone: rig.partly(turn, share) for bone, share in NECK_SHARES.items()}
    # Arms and clavicles hang on the spine, which does not move, so only the neck's own turns matter.
    transforms = skeleton.transforms(*skeleton.place(turns, {}))
    blended = (_weights(human) @ transforms.reshape(len(transforms), 12)).reshape(-1, 3, 4)
    turned: Array = (np.einsum("nij,nj->ni", blended[:, :, :3], vertices) + blended[:, :, 3]).astype(np.float32)
    return turned


def pitch_deg(human: Source, vertices: Array) -> float:
    """How much further up than the base mesh's face this one looks, by the turn that best lays their 68 points."""
    marks = landmarks()
    turn = _turn(human.vertices_mm[marks].astype(np.float64), vertices[marks].astype(np.float64))
    return float(np.degrees(np.arcsin(np.clip(turn[1, 2], -1.0, 1.0))))


def _turn(one: Points, other: Points) -> Points:
    """The rotation that takes `one` (n, 3) nearest to `other` (Kabsch 1976)."""
    left, _, right = np.linalg.svd((one - one.mean(0)).T @ (other - other.mean(0)))
    straight = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    return np.asarray((left @ straight @ right).T)


@lru_cache(maxsize=1)
def _weights(human: Source) -> Array:
    """(19158, bones). Vertices without a bone, such as those that mark joints, follow their nearest neighbour."""
    weights = rig.all_weights().toarray()
    bare = weights.sum(1) < 0.5
    _, nearest = cKDTree(human.vertices_mm[~bare]).query(human.vertices_mm[bare])
    weights[bare] = weights[~bare][nearest]
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
