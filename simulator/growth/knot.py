"""Gathered hair behind the head: a bun, or a tail that hangs.

Must not know the scalp. Frame: the head's axes about the knot.
"""

from __future__ import annotations

import numpy as np

from simulator.growth.vectors import unit
from simulator.types import Array

BUN_MM = 27.0
TAIL_MM = 15.0  # radius where it leaves the tie


def bun(count: int, steps: int, rng: np.random.Generator) -> Array:
    """Strands (count, steps, 3) wound about a ball that sits on the knot."""
    pole = unit(rng.normal(size=(count, 3)) * np.array([1.0, 1.0, 0.35]) + np.array([0.0, 0.0, -0.2]))
    first = unit(np.cross(pole, rng.normal(size=(count, 3))))
    second = np.cross(pole, first)
    angle = np.linspace(0.0, np.pi * 1.1, steps)[None, :, None]
    radius = BUN_MM * rng.uniform(0.75, 1.0, (count, 1, 1))
    coil = radius * (np.cos(angle) * first[:, None] + np.sin(angle) * second[:, None])
    return np.asarray(np.array([0.0, 0.0, -14.0]) + coil * np.array([1.0, 1.0, 0.8]), np.float32)


def tail(count: int, steps: int, length_mm: float, rng: np.random.Generator) -> Array:
    """Strands (count, steps, 3) that leave the knot backwards and fall, spreading a little."""
    along = np.linspace(0.0, 1.0, steps)[None, :]
    run = along * length_mm * rng.uniform(0.8, 1.0, (count, 1))
    turn, radius = rng.uniform(0, 2 * np.pi, (count, 1)), TAIL_MM * np.sqrt(rng.uniform(0, 1, (count, 1)))
    spread = radius * (1.0 + 0.9 * along)
    back = -32.0 * (1.0 - np.exp(-run / 28.0)) + 12.0 * along
    down = -np.maximum(run - 26.0 * (1.0 - np.exp(-run / 26.0)), 0.0)
    offset = np.stack(
        [spread * np.cos(turn), down + spread * np.sin(turn) * (1 - along), back + spread * np.sin(turn) * along], -1
    )
    return np.asarray(offset, np.float32)
