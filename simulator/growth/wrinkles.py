"""Folds of the skin, as furrows on the mean face: 0–1 how deep a place lies in one.

Must not know textures or identities. Coordinates as in `places`, mirrored: x counts from the middle outwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.growth import places
from simulator.growth.vectors import smoothstep
from simulator.types import Array


@dataclass(frozen=True, slots=True)
class Fold:
    """One furrow: a polyline seen from the front, its half width and how deep it is at wrinkles 1."""

    course_mm: tuple[tuple[float, float], ...]
    half_width_mm: float
    depth_mm: float


LAUGH = Fold(((14.0, -35.0), (19.0, -43.0), (25.0, -53.0), (30.0, -64.0), (31.5, -72.0)), 1.9, 1.0)
MARIONETTE = Fold(((28.0, -72.0), (29.0, -80.0), (27.0, -92.0)), 1.5, 0.55)
FROWN = Fold(((6.0, 6.0), (6.8, 14.0), (6.0, 25.0)), 1.3, 0.5)
EYE_BAG = Fold(((20.0, -5.0), (25.0, -10.5), (32.0, -12.5), (40.0, -10.0), (46.0, -4.0)), 1.3, 0.45)
UNDER_EYE = Fold(((19.0, -3.5), (27.0, -8.0), (36.0, -8.0), (44.0, -3.0)), 0.8, 0.25)
LID_CREASE = Fold(((19.5, 4.5), (25.0, 8.0), (31.0, 9.2), (38.0, 8.0), (45.0, 3.5)), 0.7, 0.2)
CHIN = Fold(((0.0, -87.0), (9.0, -88.0), (17.0, -92.0)), 2.0, 0.5)


def folds(rng: np.random.Generator) -> tuple[Fold, ...]:
    """A person's own: the ones above, more or less deep, with crow's feet and lines on forehead and throat."""
    fixed = (LAUGH, MARIONETTE, FROWN, EYE_BAG, UNDER_EYE, LID_CREASE, CHIN)
    own = [Fold(_shaken(f.course_mm, rng), f.half_width_mm, f.depth_mm * float(rng.uniform(0.6, 1.3))) for f in fixed]
    return (*own, *_crows_feet(rng), *_forehead(rng), *_throat(rng))


def furrows(mean_mm: Array, folds_: tuple[Fold, ...]) -> Array:
    """Depth in mm (positive inwards) of all folds at places (n, 3) of the mean face."""
    front = np.ascontiguousarray(np.stack([np.abs(mean_mm[:, 0]), mean_mm[:, 1]]))
    facing = smoothstep(-62.0, -40.0, mean_mm[:, 2])
    depth = np.zeros(len(mean_mm), np.float32)
    for fold in folds_:
        near, distance, along = _near(front, fold)
        ends = smoothstep(0.0, 0.25, along) * smoothstep(1.0, 0.8, along)
        profile = np.exp(-((distance / fold.half_width_mm) ** 2)) - 0.35 * np.exp(
            -((distance / fold.half_width_mm - 2.0) ** 2)
        )
        depth[near] += fold.depth_mm * ends * profile
    return depth * facing


def _near(front: Array, fold: Fold) -> tuple[NDArray[np.int64], Array, Array]:
    """Rows within reach of a fold, their distance to it and where along it (0–1) they are nearest.

    Args:
        front: (2, n) places seen from the front.
        fold: which.
    """
    course = np.array(fold.course_mm, np.float32)
    (left, low), (right, high) = course.min(0) - 4.0 * fold.half_width_mm, course.max(0) + 4.0 * fold.half_width_mm
    x, y = front
    rows = np.flatnonzero((x > left) & (x < right) & (y > low) & (y < high))
    x, y = x[rows], y[rows]
    best, along = np.full(len(rows), np.inf, np.float32), np.zeros(len(rows), np.float32)
    pieces = len(course) - 1
    for piece in range(pieces):
        start, way = course[piece], course[piece + 1] - course[piece]
        off_x, off_y = x - start[0], y - start[1]
        share = np.clip((off_x * way[0] + off_y * way[1]) / float(way @ way), 0.0, 1.0)
        distance = np.hypot(off_x - share * way[0], off_y - share * way[1])
        closer = distance < best
        best[closer], along[closer] = distance[closer], (piece + share[closer]) / pieces
    return rows, best, along


def _shaken(course: tuple[tuple[float, float], ...], rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    shift = rng.normal(0.0, 0.8, 2)
    return tuple((max(0.0, x + float(shift[0])), y + float(shift[1])) for x, y in course)


def _crows_feet(rng: np.random.Generator) -> list[Fold]:
    angles = np.radians(np.array([32.0, 14.0, -4.0, -22.0, -38.0]) + rng.normal(0, 5.0, 5))
    lengths = rng.uniform(9.0, 19.0, 5)
    start_x, start_y = places.EYE_X_MM + 17.5, 0.0
    return [
        Fold(
            tuple(
                (start_x + float(np.cos(a) * s), start_y + float(np.sin(a) * s - 0.018 * s * s))
                for s in (1.0, 1.0 + n / 2, 1.0 + n)
            ),
            0.75, float(rng.uniform(0.25, 0.5)),
        )
        for a, n in zip(angles, lengths, strict=True)
    ]  # fmt: skip


def _forehead(rng: np.random.Generator) -> list[Fold]:
    lines = []
    for height in (33.0, 41.0, 49.5, 58.0):
        y = height + float(rng.normal(0, 1.0))
        end = float(rng.uniform(30.0, 46.0))
        dip = float(rng.uniform(0.5, 2.5))
        knots = ((0.0, 0.0), (0.2, 0.3), (0.45, 1.0), (0.7, 0.6), (1.0, -0.6))
        # It begins beyond the middle: both halves then meet there instead of fading out.
        course = ((-end / 4, y), *((end * s, y + dip * k) for s, k in knots))
        lines.append(Fold(course, float(rng.uniform(0.9, 1.3)), float(rng.uniform(0.3, 0.65))))
    return lines


def _throat(rng: np.random.Generator) -> list[Fold]:
    return [
        Fold(((-14.0, y), (0.0, y), (25.0, y + 3.0), (48.0, y + 12.0)), 1.6, float(rng.uniform(0.4, 0.8)))
        for y in (-138.0 + float(rng.normal(0, 3)), -156.0 + float(rng.normal(0, 3)))
    ]
