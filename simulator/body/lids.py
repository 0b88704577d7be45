"""Lid margins: which vertices they are, how far they stand apart.

Index k of a loop: 8 the inner corner, 9 … 21 the upper lid towards the temple, 22 the outer corner, 23 … 27 and 0 … 7
the lower lid back towards the nose. `front[k]` is the lid's outer edge, `inner[k]` the edge that rests on the eyeball.
Knows loops and distances. Must not know how lids move (see `blink`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.body.source import Integers
from simulator.body.topology import edge_loop, mirror
from simulator.types import Array

Points = NDArray[np.float64]

INNER, OUTER, COUNT = 8, 22, 28
UPPER = np.arange(9, 22)  # from the nose to the temple
LOWER = np.array([7, 6, 5, 4, 3, 2, 1, 0, 27, 26, 25, 24, 23])  # each below the upper one of the same place
UPPER_EDGE = np.array([INNER, *UPPER, OUTER])  # polylines with both corners
LOWER_EDGE = np.array([INNER, *LOWER, OUTER])


@dataclass(frozen=True, eq=False, slots=True)
class Loops:
    """The two edge loops of one eye, base vertices (28,) each."""

    front: Integers
    inner: Integers


@dataclass(frozen=True, eq=False, slots=True)
class Margins:
    """One eye's margins as polylines from the inner corner to the outer, (15, 3) each."""

    upper_mm: Array
    lower_mm: Array


@lru_cache(maxsize=1)
def loops() -> tuple[Loops, Loops]:
    """Left, right."""
    left = Loops(edge_loop(7760, 7761), edge_loop(7786, 7787))
    return left, Loops(mirror(left.front), mirror(left.inner))


def margins(ring_mm: Array) -> Margins:
    """Polylines from the 28 placed points of a front loop."""
    return Margins(ring_mm[UPPER_EDGE], ring_mm[LOWER_EDGE])


def aperture(margins_mm: Margins, pupil_x_mm: float) -> float:
    """Distance of the margins in mm along the head's vertical through the pupil; never below 0.

    Args:
        margins_mm: in the head frame.
        pupil_x_mm: the column, in the head frame.
    """
    upper, lower = (_height_at(edge, pupil_x_mm) for edge in (margins_mm.upper_mm, margins_mm.lower_mm))
    return max(0.0, upper - lower)


def _height_at(edge: Array, x: float) -> float:
    order = np.argsort(edge[:, 0])
    return float(np.interp(x, edge[order, 0], edge[order, 1]))
