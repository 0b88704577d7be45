"""Eyelashes along the margins of the posed lids, and the dark line of their roots.

A shut lid must read as shut: its lashes and the line make the one dark stroke that an eye then is.
Must not know what closes the lids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.body.lids import UPPER_EDGE, Margins
from simulator.growth.ribbons import Ribbons, join, taper
from simulator.growth.vectors import unit
from simulator.types import Array, Geometry

COUNT = ((40, 18), (84, 40))  # upper, lower, by detail
WIDTH_MM = ((0.22, 0.14), (0.12, 0.08))  # half width
LENGTH_MM = (9.0, 5.5)
STEPS = 4
POINTS = len(UPPER_EDGE)  # of a lid's edge
# Angle to the direction straight out of the eye, at the root and at the tip; + away from the opening.
BEND_DEG = ((-28.0, 36.0), (0.0, 42.0))
LID_MM = (0.9, 2.5, 2.5, 1.4)  # the lid's thickness from the inner corner to the outer
LIFT_MM = 0.35  # of the line over the skin
LINE_MM = (0.42, 0.22)  # half width of the roots' line
LINE_SHADE = (1.0, 2.0)  # as a factor on the lashes' reflectance


def lash_line(edge_mm: Array, eye_mm: Array) -> Array:
    """Where lashes come out: the lid's outer corner, a lid's thickness before its inner edge (m, 3)."""
    share = np.linspace(0.0, 1.0, len(edge_mm), dtype=np.float32)
    thickness = np.interp(share, (0.0, 0.2, 0.8, 1.0), LID_MM)[:, None]
    return np.asarray(edge_mm + thickness * unit(edge_mm - eye_mm), np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """One lid's lashes."""

    away: float  # sign that turns out × along into "away from the opening"
    step: NDArray[np.int64]  # (n,) the edge's piece a lash stands on …
    share: Array  # (n, 1) … and where on it
    length_mm: Array  # (n,)
    fan: Array  # (n,) lean towards the temple
    bend: Array  # (n, STEPS) rad
    hairs: Ribbons
    line: Ribbons

    def geometry(self, points: Array, eye_mm: Array) -> Geometry:
        """The row on a lid's edge (POINTS, 3), from the nose outwards, round an eye's centre."""
        points = lash_line(points, eye_mm)
        roots = points[self.step] + self.share * (points[self.step + 1] - points[self.step])
        along = unit(points[self.step + 1] - points[self.step])
        out = unit(roots - eye_mm)
        away = self.away * np.cross(out, along)
        aim = np.cos(self.bend)[..., None] * out[:, None] + np.sin(self.bend)[..., None] * away[:, None]
        aim = unit(aim + self.fan[:, None, None] * along[:, None])
        leg = (self.length_mm / (STEPS - 1))[:, None, None]
        course = roots[:, None] + leg * (np.cumsum(aim, axis=1) - aim)
        line = points + LIFT_MM * unit(points - eye_mm)
        return join([self.line.geometry(line[None]), self.hairs.geometry(course.astype(np.float32))])


class Lashes:
    """All four rows.

    Args:
        seed: of the hairs' scatter.
        detail: 0 few and thick, 1 as many as there are.
        fullness: factor on their length.
    """

    def __init__(self, *, seed: int, detail: int, fullness: float) -> None:
        rng = np.random.default_rng((seed, 0x1A54))
        self._rows = [[_row(lid, side, fullness, detail, rng) for lid in (0, 1)] for side in (1.0, -1.0)]

    def geometry(self, margins: tuple[Margins, Margins], eye_centres_mm: Array) -> Geometry:
        """All lashes and lid lines on the lids' edges as they are now, left and right; in the arguments' frame."""
        return join(
            [
                row.geometry(edge.astype(np.float32), eye)
                for rows, lids, eye in zip(self._rows, margins, eye_centres_mm, strict=True)
                for row, edge in zip(rows, (lids.upper_mm, lids.lower_mm), strict=True)
            ]
        )


def _row(lid: int, side: float, fullness: float, detail: int, rng: np.random.Generator) -> Row:
    count, pieces = COUNT[detail][lid], POINTS - 1
    share = np.sort((np.arange(count) + rng.uniform(0.2, 0.8, count)) / count)
    share = 0.1 + 0.8 * share  # the inner corner is bare
    place = share * pieces
    step = np.minimum(place.astype(np.int64), pieces - 1)
    length = LENGTH_MM[lid] * fullness * np.interp(share, (0.0, 0.35, 0.75, 1.0), (0.5, 0.85, 1.0, 0.6))
    first, last = BEND_DEG[lid]
    bend = np.radians(np.linspace(first, last, STEPS)[None] + rng.normal(0.0, 7.0, (count, 1)))
    fan = np.interp(share, (0.0, 0.35, 1.0), (-0.3, 0.0, 0.4)) + rng.normal(0.0, 0.08, count)
    width = taper(count, STEPS, WIDTH_MM[detail][lid], 0.35, rng)
    line = np.full((1, POINTS), LINE_MM[lid], np.float32) * _line_profile(POINTS)
    return Row(
        side * (1.0 if lid == 0 else -1.0), step, (place - step).astype(np.float32)[:, None],
        (length * rng.uniform(0.75, 1.1, count)).astype(np.float32), fan.astype(np.float32), bend.astype(np.float32),
        Ribbons(width, np.ones((count, STEPS, 2), np.float32)),
        Ribbons(line, np.full((1, POINTS, 2), LINE_SHADE[lid], np.float32)),
    )  # fmt: skip


def _line_profile(count: int) -> Array:
    """The line swells to the outer third and runs out at both corners."""
    return np.interp(np.linspace(0, 1, count), (0.0, 0.15, 0.7, 1.0), (0.3, 0.75, 1.0, 0.55)).astype(np.float32)
