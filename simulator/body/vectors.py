"""Single 3-vectors. numpy's own functions for them spend ten times longer on their arguments than on the sum.

Must not know what the vectors mean.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def cross(a: Vector, b: Vector) -> Vector:
    """The cross product."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array((ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx))


def length(vector: Vector) -> float:
    """Euclidean."""
    return math.sqrt(float(vector @ vector))


def unit(vector: Vector) -> Vector:
    """Of length 1; a zero vector stays zero."""
    return np.asarray(vector / max(length(vector), 1e-12))
