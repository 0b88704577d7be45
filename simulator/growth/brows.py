"""Eyebrows: single hairs along the brow's line, upright at the nose, lying outwards at the tail, moving with the skin.

Must not know what moves the skin.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from simulator.growth import places
from simulator.growth.anatomy import Anatomy
from simulator.growth.follow import Following
from simulator.growth.roots import Rooted, nearest
from simulator.types import Array, Identity

COUNT = (130, 330)  # hairs of one full brow, by detail
WIDTH_MM = (0.3, 0.15)  # half width
LENGTH_MM = 7.0
STEPS = 4


def brows(anatomy: Anatomy, identity: Identity, *, detail: int) -> Following:
    """Both brows."""
    rng = np.random.default_rng((identity.seed, 0xB0))
    count = max(8, int(COUNT[detail] * (0.35 + 0.65 * identity.brow_density)))
    halves = [_placed(side, count, identity, rng) for side in (1.0, -1.0)]
    roots = _rooted(np.concatenate([place for place, _ in halves]), anatomy)
    courses = _courses(np.concatenate([aim for _, aim in halves]), roots, anatomy, rng)
    width = WIDTH_MM[detail] * (0.75 + 0.25 * identity.brow_thickness)
    return Following(roots, courses, anatomy, width, rng)


def _placed(side: float, count: int, identity: Identity, rng: np.random.Generator) -> tuple[Array, Array]:
    """Places (n, 2) on the mean face seen from the front and directions (n, 2)."""
    share = ((np.arange(count) + rng.uniform(size=count)) / count) ** 0.92
    middle, course, half = places.brow_line(share.astype(np.float32), side)
    across = np.clip(rng.normal(0.0, 0.5, count), -1.0, 1.0)
    across_way = np.stack([-course[:, 1], course[:, 0]], 1) * side
    place = middle + across_way * (across * half * identity.brow_thickness)[:, None]
    # Upright at the nose; farther out the lower hairs rise and the upper ones fall, so that they meet in the middle.
    turn = np.radians(np.interp(share, (0.0, 0.2, 0.5, 1.0), (70.0, 42.0, 22.0, 2.0)) - 22.0 * across * (share > 0.15))
    turn += np.radians(rng.normal(0.0, 9.0, count))
    aim = np.cos(turn)[:, None] * course + np.sin(turn)[:, None] * across_way
    length = LENGTH_MM * np.interp(share, (0.0, 0.3, 1.0), (0.75, 1.05, 0.7)) * rng.uniform(0.75, 1.15, count)
    return place.astype(np.float32), (aim * length[:, None]).astype(np.float32)


def _rooted(front: Array, anatomy: Anatomy) -> Rooted:
    """Roots below places seen from the front: first the nearest vertex's depth, then the surface."""
    mean = anatomy.mean_mm
    face = np.flatnonzero((mean[:, 2] > -20.0) & (np.abs(mean[:, 1]) < 60.0))
    _, beside = cKDTree(mean[face, :2]).query(front)
    depth = mean[face[beside], 2]
    return nearest(np.column_stack([front, depth]).astype(np.float32), mean, anatomy.triangles)


def _courses(aims: Array, roots: Rooted, anatomy: Anatomy, rng: np.random.Generator) -> Array:
    """Offsets (n, STEPS, 3) from the roots in the head frame: along the skin, bowed out of it."""
    normal = roots.frames(anatomy.rest_mm)[:, :, 2]
    flat = np.column_stack([aims, np.zeros(len(aims))])
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    flat = flat - normal * np.einsum("ni,ni->n", flat, normal)[:, None]
    flat *= length / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    share = np.linspace(0.0, 1.0, STEPS)[None, :, None]
    rise = 0.55 + 1.3 * np.sin(0.75 * np.pi * share) * rng.uniform(0.6, 1.3, (len(aims), 1, 1))
    sag = np.array([0.0, -1.0, 0.0]) * 0.12 * length[:, None] * share**2
    return np.asarray(share * flat[:, None] + rise * normal[:, None] + sag, np.float32)
