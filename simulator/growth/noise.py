"""Smooth random fields in space: the same place on a skin gets the same value, whatever seam its texture has.

Knows lattices. Must not know faces or hair.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from simulator.growth.vectors import Numbers
from simulator.types import Array

LATTICE = 32  # nodes a side; the field repeats after LATTICE × cell


def field(points_mm: Numbers, cell_mm: float, seed: int) -> Array:
    """Value noise, (…,) about −1 … 1 with mean about 0, for points (…, 3); `cell_mm` is the size of one blot."""
    lattice = np.random.default_rng(seed).uniform(-1.0, 1.0, (LATTICE,) * 3).astype(np.float32)
    at = np.moveaxis(np.asarray(points_mm, np.float32) / cell_mm, -1, 0)
    return np.asarray(ndimage.map_coordinates(lattice, at, order=1, mode="grid-wrap"), np.float32)


def cloud(points_mm: Numbers, cells_mm: tuple[float, ...], seed: int) -> Array:
    """Several fields of different grain, each half as strong as the one before; about −1 … 1."""
    total = np.zeros(np.shape(points_mm)[:-1], np.float32)
    weight = 1.0
    for octave, cell in enumerate(cells_mm):
        total += weight * field(points_mm, cell, seed + 101 * octave)
        weight *= 0.5
    return total
