"""Small vector arithmetic shared by what grows. Knows numbers only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.types import Array

Numbers = NDArray[np.floating[Any]]  # of either precision


def smoothstep(low: float | Numbers, high: float | Numbers, value: Numbers) -> Array:
    """0 below `low`, 1 above `high`, smooth between; falls where `low` > `high`."""
    share = np.clip((value - low) / (np.asarray(high) - np.asarray(low)), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share), np.float32)


def unit(vectors: Numbers) -> Array:
    """Vectors along the last axis made one long."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6), np.float32)


def along_skin(vectors: Numbers, normals: Numbers) -> Array:
    """Unit vectors (n, 3) with their part across the skin taken away."""
    return unit(vectors - normals * np.einsum("ni,ni->n", vectors, normals)[:, None])
