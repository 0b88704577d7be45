"""The one angle convention, as functions: degrees, yaw + to the image's right, pitch + up, roll + clockwise.

Order: yaw about the vertical, then pitch, then roll. Knows rotations. Must not know networks or cameras.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def rotation_of(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Matrix:
    """(3, 3) rotation, axes x right, y up, z towards the camera; columns are the head's own axes."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, -roll_deg])
    forward = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    right = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
    up = np.cross(forward, right)
    tilted = np.cos(roll) * right + np.sin(roll) * up
    return np.stack([tilted, np.cross(forward, tilted), forward], axis=1)


def angles_of(rotation: Matrix) -> tuple[float, float, float]:
    """Yaw, pitch, roll in degrees; the inverse of `rotation_of` for |pitch| < 90."""
    forward, head_right = rotation[:, 2], rotation[:, 0]
    yaw = np.arctan2(forward[0], forward[2])
    pitch = np.arcsin(np.clip(forward[1], -1.0, 1.0))
    right = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
    roll = np.arctan2(head_right @ np.cross(forward, right), head_right @ right)
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(-np.degrees(roll))


def turn_image(angles_deg: tuple[float, float, float], clockwise_deg: float) -> tuple[float, float, float]:
    """The angles of the same head after the image is turned clockwise by `clockwise_deg`.

    A patch cut with roll r shows the world turned by −r; its angles come back to the frame with +r.
    """
    turn = np.radians(-clockwise_deg)
    cos, sin = np.cos(turn), np.sin(turn)
    spin = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return angles_of(spin @ rotation_of(*angles_deg))
