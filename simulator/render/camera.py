"""The pin-hole camera in numbers: where a point of the seat frame lies in the picture.

Pure numpy: truth imports it without a graphics library. Must not know parts, light or shaders.

Pixel centres lie at whole numbers, so a picture of `width` pixels spans −0.5 … width − 0.5 and its principal point
is ((width − 1) / 2, (height − 1) / 2). x runs to the right, y down. A positive roll turns what is seen clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.types import Camera, SimulatorError

Vectors = NDArray[np.float64]

NEAR_MM, FAR_MM = 60.0, 4000.0
UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the camera's picture, in its pixels: first column and row, and how many. Fractions are allowed."""

    left: float
    top: float
    width: float
    height: float


def whole(camera: Camera) -> Window:
    return Window(0.0, 0.0, float(camera.width), float(camera.height))


def view_matrix(camera: Camera) -> Vectors:
    """Seat frame → camera frame (4, 4): x right, y up, z backwards, in mm."""
    at = np.asarray(camera.at_mm, np.float64)
    forward = np.asarray(camera.looks_at_mm, np.float64) - at
    length = float(np.linalg.norm(forward))
    right = np.cross(forward, UP)
    if length < 1.0 or float(np.linalg.norm(right)) < 1e-6 * length:
        raise SimulatorError(f"camera at {camera.at_mm} looks straight up or down at {camera.looks_at_mm}: move it")
    forward /= length
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    roll = np.deg2rad(camera.roll_deg)
    across = np.cos(roll) * right + np.sin(roll) * up
    upright = np.cos(roll) * up - np.sin(roll) * right
    view = np.eye(4)
    view[:3, :3] = across, upright, -forward
    view[:3, 3] = -view[:3, :3] @ at
    return view


def clip_matrix(camera: Camera, window: Window) -> Vectors:
    """Seat frame → OpenGL's clip space (4, 4) for a window of the picture; row 0 is its top row."""
    wide, high = 2.0 * camera.focal_px / window.width, 2.0 * camera.focal_px / window.height
    beside = 2.0 * ((camera.width - 1) / 2 - window.left + 0.5) / window.width - 1.0
    below = 2.0 * ((camera.height - 1) / 2 - window.top + 0.5) / window.height - 1.0
    span = FAR_MM - NEAR_MM
    lens = np.array(
        [
            [wide, 0.0, -beside, 0.0],
            [0.0, -high, -below, 0.0],
            [0.0, 0.0, -(FAR_MM + NEAR_MM) / span, -2.0 * FAR_MM * NEAR_MM / span],
            [0.0, 0.0, -1.0, 0.0],
        ]
    )
    return np.asarray(lens @ view_matrix(camera), np.float64)


def in_camera(points_mm: ArrayLike, camera: Camera) -> Vectors:
    """Points of the seat frame (…, 3) in the camera's frame: x right, y up, z backwards, mm."""
    view = view_matrix(camera)
    return np.asarray(np.asarray(points_mm, np.float64) @ view[:3, :3].T + view[:3, 3], np.float64)


def project(points_mm: ArrayLike, camera: Camera) -> Vectors:
    """Where points of the seat frame (…, 3) lie in the whole picture: (…, 2) px. Points behind the camera are NaN."""
    seen = in_camera(points_mm, camera)
    away = np.where(seen[..., 2] < -1e-6, -seen[..., 2], np.nan)
    x = (camera.width - 1) / 2 + camera.focal_px * seen[..., 0] / away
    y = (camera.height - 1) / 2 - camera.focal_px * seen[..., 1] / away
    return np.stack([x, y], axis=-1)


def depth_mm(points_mm: ArrayLike, camera: Camera) -> Vectors:
    """Distance of points (…, 3) along the optical axis, mm."""
    return -in_camera(points_mm, camera)[..., 2]


def depth_from_buffer(stored: NDArray[np.float32]) -> NDArray[np.float32]:
    """OpenGL's depth 0 … 1 as millimetres along the optical axis; what nothing was drawn on is FAR_MM away."""
    span = FAR_MM - NEAR_MM
    return np.asarray(FAR_MM * NEAR_MM / (FAR_MM - stored * np.float32(span)), np.float32)
