"""The skeleton: which bones move, where they lie in an identity, and linear blend skinning.

Knows bones and rotations in the seat frame's axes (every bone's resting rotation is the identity). Must not know what
a gesture or a head angle means.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from simulator.body import source
from simulator.body.source import Bone, Source
from simulator.body.vectors import length
from simulator.types import Array

Rotation = NDArray[np.float64]  # (3, 3)
Points = NDArray[np.float64]

TORSO = ("spine05", "spine04", "spine03", "spine02", "spine01")  # from the hip up
NECK = ("neck01", "neck02", "neck03", "head")
ARM = ("clavicle", "shoulder01", "upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")
PALM = tuple(f"metacarpal{k}" for k in range(1, 5))
FINGERS = tuple(f"finger{k}-{joint}" for k in range(1, 6) for joint in range(1, 4))
HAND = ("wrist", *PALM, *FINGERS)
LEG = ("upperleg01", "upperleg02")
MOVING = ("root", *TORSO, *NECK, *(f"{bone}.{side}" for side in "LR" for bone in (*LEG, *ARM, *PALM, *FINGERS)))
_ROWS = {name: place for place, name in enumerate(MOVING)}


@dataclass(frozen=True, eq=False, slots=True)
class Skeleton:
    """The moving bones of one identity at rest."""

    heads_mm: Points  # (b, 3) where each turns
    tails_mm: Points  # (b, 3)
    parents: tuple[int, ...]  # rows, −1 for the root; a parent stands before its children

    def head(self, bone: str) -> Points:
        return np.asarray(self.heads_mm[row(bone)])

    def tail(self, bone: str) -> Points:
        return np.asarray(self.tails_mm[row(bone)])

    def place(self, turns: Mapping[str, Rotation], moves: Mapping[str, Points]) -> tuple[Points, Points]:
        """Each bone's rotation (b, 3, 3) and head (b, 3).

        Args:
            turns: rotations in the seat's axes of the bones that have their own; the others follow their parent.
            moves: shifts in mm of single joints against their parent.
        """
        rotations, heads = np.empty((len(MOVING), 3, 3)), np.empty((len(MOVING), 3))
        for bone, (name, parent) in enumerate(zip(MOVING, self.parents, strict=True)):
            above = rotations[parent] if parent >= 0 else np.eye(3)
            arm = self.heads_mm[bone] - (self.heads_mm[parent] if parent >= 0 else 0.0)
            rotations[bone] = turns.get(name, above)
            heads[bone] = above @ arm + (heads[parent] if parent >= 0 else 0.0) + moves.get(name, 0.0)
        return rotations, heads

    def transforms(self, rotations: Points, heads: Points) -> Array:
        """(b, 3, 4): resting point → placed point."""
        shifts = heads - np.einsum("bij,bj->bi", rotations, self.heads_mm)
        return np.concatenate([rotations, shifts[:, :, None]], 2).astype(np.float32)


def skin(weights: sparse.csr_array, transforms: Array, points_mm: Array) -> Array:
    """Linear blend skinning of (n, 3) points with weights (n, b)."""
    blended = (weights @ transforms.reshape(len(transforms), 12)).reshape(-1, 3, 4)
    return np.asarray(np.einsum("nij,nj->ni", blended[:, :, :3], points_mm) + blended[:, :, 3])


def skeleton(human: Source, vertices_mm: Array) -> Skeleton:
    """Where the bones lie in a resting shape."""
    bones = {bone.name: bone for bone in human.bones}
    ends = [[vertices_mm[list(end)].mean(0) for end in (bones[n].head, bones[n].tail)] for n in MOVING]
    table = np.array(ends, np.float64)
    return Skeleton(table[:, 0], table[:, 1], tuple(_parent(bones, name) for name in MOVING))


def row(bone: str) -> int:
    """The row of a moving bone."""
    return _ROWS[bone]


@lru_cache(maxsize=1)
def all_weights() -> sparse.csr_array:
    """Shares of the moving bones in every base vertex (19158, b): still bones give theirs to the next above."""
    human = source.load()
    bones = {bone.name: bone for bone in human.bones}
    carrier = np.array([row(_carrier(bones, bone.name)) for bone in human.bones], np.int32)
    vertex, bone, weight = human.weights
    table = sparse.csr_array((weight, (vertex, carrier[bone])), (len(human.vertices_mm), len(MOVING)))
    return table.astype(np.float32)


def share(human: Source, *names: str) -> Array:
    """Each base vertex' weight on all raw bones whose name begins with one of these."""
    wanted = np.array([bone.name.startswith(names) for bone in human.bones])
    vertex, bone, weight = human.weights
    return np.bincount(vertex, weight * wanted[bone], len(human.vertices_mm)).astype(np.float32)


def _carrier(bones: Mapping[str, Bone], name: str) -> str:
    while name not in MOVING:
        name = bones[name].parent
    return name


def _parent(bones: Mapping[str, Bone], name: str) -> int:
    parent = bones[name].parent
    return row(_carrier(bones, parent)) if parent else -1


def about(axis: int, degrees: float) -> Rotation:
    """Right-handed turn about x, y or z (0, 1, 2)."""
    angle = np.radians(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[first, first] = turn[second, second] = cosine
    turn[first, second], turn[second, first] = -sine, sine
    return turn


def partly(turn: Rotation, share_of: float) -> Rotation:
    """A part of a rotation about the same axis."""
    vector = rotation_vector(turn)
    return from_vector(vector * share_of)


def rotation_vector(turn: Rotation) -> Points:
    """Axis times angle in radians, for angles below 180°."""
    (a, b, c), (d, e, f), (g, h, i) = turn.tolist()
    twice_sine = np.array((h - f, c - g, d - b))
    size = length(twice_sine)
    angle = math.atan2(size, a + e + i - 1)
    return np.asarray(twice_sine * (angle / size if size > 1e-9 else 0.5))


def from_vector(vector: Points) -> Rotation:
    """Rodrigues' formula."""
    angle = length(vector)
    if angle < 1e-9:
        return np.eye(3)
    x, y, z = (vector / angle).tolist()
    sine, cosine = math.sin(angle), math.cos(angle)
    rest = 1 - cosine
    return np.array(
        (
            (cosine + x * x * rest, x * y * rest - z * sine, x * z * rest + y * sine),
            (y * x * rest + z * sine, cosine + y * y * rest, y * z * rest - x * sine),
            (z * x * rest - y * sine, z * y * rest + x * sine, cosine + z * z * rest),
        )
    )
