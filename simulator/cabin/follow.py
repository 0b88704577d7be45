"""Soft things that move with the skin or clothes under them: each point by the mean of what lies near it.

Knows resting and moved points. Must not know what is laid on them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.cabin.shapes import Floats

Weights = NDArray[np.float32]


class Follower:
    """Carries points along with a deforming surface, more smoothly than the surface itself moves.

    Args:
        points: (n, 3) at rest.
        carriers: (m, 3) vertices at rest that may carry them, e.g. only those that face outward.
        reach_mm: how far a carrier's share extends: its standard deviation.
    """

    def __init__(self, points: Floats, carriers: Floats, reach_mm: float) -> None:
        distance2 = ((points[:, None] - carriers[None]) ** 2).sum(-1)
        nearest = distance2.min(axis=1, keepdims=True)  # one that hovers far off still follows what is below it
        weights = np.exp(-0.5 * (distance2 - nearest) / reach_mm**2)
        weights[weights < 0.01] = 0.0
        weights /= weights.sum(axis=1, keepdims=True)
        self.used = np.flatnonzero(weights.any(axis=0))  # rows of `carriers` that carry anything
        self._weights: Weights = weights[:, self.used].astype(np.float32)
        self._rest = carriers[self.used].astype(np.float32)

    def shifts(self, carriers: NDArray[np.floating]) -> Weights:
        """How far each point has gone (n, 3), given where the carriers (m, 3) are now."""
        return self._weights @ (np.asarray(carriers[self.used], np.float32) - self._rest)
