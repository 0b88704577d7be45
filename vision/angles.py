"""The one angle convention, as functions: degrees, yaw + to the image's right, pitch + up, roll + clockwise.

Order: yaw about the vertical, then pitch, then roll. Knows rotations. Must not know networks or cameras. In plain
numbers, not in arrays of three: this runs for every frame, and a numpy call costs more than what it would compute here.
"""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_Three = tuple[float, float, float]


def rotation_of(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Matrix:
    """(3, 3) rotation, axes x right, y up, z towards the camera; columns are the head's own axes."""
    return np.array(_rows(yaw_deg, pitch_deg, roll_deg))


def _rows(yaw_deg: float, pitch_deg: float, roll_deg: float) -> tuple[_Three, _Three, _Three]:
    sin_yaw, cos_yaw = sin(radians(yaw_deg)), cos(radians(yaw_deg))
    sin_pitch, cos_pitch = sin(radians(pitch_deg)), cos(radians(pitch_deg))
    sin_roll, cos_roll = sin(radians(-roll_deg)), cos(radians(-roll_deg))
    forward = (sin_yaw * cos_pitch, sin_pitch, cos_yaw * cos_pitch)
    up = (-sin_pitch * sin_yaw, cos_pitch, -sin_pitch * cos_yaw)  # before the roll; right is (cos_yaw, 0, -sin_yaw)
    right = (cos_roll * cos_yaw + sin_roll * up[0], sin_roll * up[1], -cos_roll * sin_yaw + sin_roll * up[2])
    top = (-sin_roll * cos_yaw + cos_roll * up[0], cos_roll * up[1], sin_roll * sin_yaw + cos_roll * up[2])
    return (right[0], top[0], forward[0]), (right[1], top[1], forward[1]), (right[2], top[2], forward[2])


def angles_of(rotation: Matrix) -> _Three:
    """Yaw, pitch, roll in degrees; the inverse of `rotation_of` for |pitch| < 90."""
    return _angles(*rotation.tolist())


def _angles(x_row: _Three, y_row: _Three, z_row: _Three) -> _Three:
    (x_right, _, x), (y_right, _, y), (z_right, _, z) = x_row, y_row, z_row
    yaw = atan2(x, z)
    pitch = asin(max(-1.0, min(1.0, y)))
    sin_yaw, cos_yaw = sin(yaw), cos(yaw)
    along = x_right * cos_yaw - z_right * sin_yaw  # of the head's right, along the right of an unrolled head
    rising = x_right * y * -sin_yaw + y_right * (z * cos_yaw + x * sin_yaw) + z_right * y * -cos_yaw  # … along its top
    return degrees(yaw), degrees(pitch), -degrees(atan2(rising, along))


def turn_image(angles_deg: _Three, clockwise_deg: float) -> _Three:
    """The angles of the same head after the image is turned clockwise by `clockwise_deg`.

    A patch cut with roll r shows the world turned by −r; its angles come back to the frame with +r.
    """
    (xr, xu, xf), (yr, yu, yf), z_row = _rows(*angles_deg)
    c, s = cos(radians(clockwise_deg)), sin(radians(clockwise_deg))
    turned_x = c * xr + s * yr, c * xu + s * yu, c * xf + s * yf
    turned_y = c * yr - s * xr, c * yu - s * xu, c * yf - s * xf
    return _angles(turned_x, turned_y, z_row)
