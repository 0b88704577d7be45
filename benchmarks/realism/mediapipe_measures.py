"""What FaceMesh's points say of eyes, mouth and head: the usual ratios and two angles.

Knows the numbers of its points. Must not know what is true. `points` are (n, 478, 3) in px; NaN in, NaN out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Outer corner, inner corner, two above, two below – the six points of the eye aspect ratio (Soukupová & Čech 2016).
RIGHT_EYE = (33, 133, 160, 158, 144, 153)
LEFT_EYE = (263, 362, 387, 385, 373, 380)
RIGHT_IRIS, LEFT_IRIS = 468, 473
UPPER_LIP, LOWER_LIP, MOUTH_RIGHT, MOUTH_LEFT = 13, 14, 61, 291
FOREHEAD, CHIN = 10, 152


def _distance(points: Floats, one: int, other: int) -> Floats:
    return np.asarray(np.linalg.norm(points[:, one, :2] - points[:, other, :2], axis=1))


def _aspect(points: Floats, eye: tuple[int, ...]) -> Floats:
    outer, inner, up1, up2, low1, low2 = eye
    return (_distance(points, up1, low1) + _distance(points, up2, low2)) / (2 * _distance(points, outer, inner))


def eye_aspect_ratios(points: Floats) -> Floats:
    """(n, 2): left, right."""
    return np.stack([_aspect(points, LEFT_EYE), _aspect(points, RIGHT_EYE)], axis=1)


def mouth_aspect_ratio(points: Floats) -> Floats:
    """Inner lips' opening over the mouth's width."""
    return _distance(points, UPPER_LIP, LOWER_LIP) / _distance(points, MOUTH_RIGHT, MOUTH_LEFT)


def irises(points: Floats) -> Floats:
    """(n, 2, 2): left, right, px."""
    return points[:, [LEFT_IRIS, RIGHT_IRIS], :2]


def outer_eye_distance(points: Floats) -> Floats:
    return _distance(points, LEFT_EYE[0], RIGHT_EYE[0])


def head_angles(points: Floats) -> Floats:
    """(n, 2): yaw and pitch in degrees, house signs, from the plane through the outer eye corners, brow and chin."""
    right = points[:, LEFT_EYE[0]] - points[:, RIGHT_EYE[0]]
    down = points[:, CHIN] - points[:, FOREHEAD]
    forward = np.cross(down, right)  # towards the camera: image y runs down and the points' z away from it
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    towards = -forward[:, 2]
    yaw = np.arctan2(forward[:, 0], towards)
    pitch = np.arcsin(np.clip(-forward[:, 1], -1, 1))
    return np.degrees(np.stack([yaw, pitch], axis=1))
