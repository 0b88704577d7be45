"""How a stored eye patch becomes a sample, and what that does to points and angles in it.

Knows the geometry of patches. Must not know torch or what is learned.
"""

from __future__ import annotations

import numpy as np

from training.augment import Rng
from vision.angles import turn_image
from vision.preprocess import ANGLE_UNIT_DEG, EYE_SIZE, unit_to_px

STORED = 72  # px of a stored eye patch, cut at native resolution and wider than the product's own: room to shift


def framing(shrink: float, angle_deg: float, mirror: bool, rng: Rng) -> np.ndarray:
    """(2, 3) from px of a sample to px of the stored patch: about as the product would cut it."""
    scale = shrink * np.exp(rng.uniform(-0.28, 0.18)) * STORED / EYE_SIZE
    angle = np.radians(angle_deg)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    if mirror:
        matrix[:, 0] *= -1
    shift = rng.normal(0, 0.045, 2) * STORED * shrink
    offset = (STORED - 1) / 2 + shift - matrix @ np.full(2, (EYE_SIZE - 1) / 2)
    return np.column_stack([matrix, offset])


def turned(angles_deg: tuple[float, ...], clockwise_deg: float, mirror: bool) -> np.ndarray:
    """(3,) the same angles in a patch cut `clockwise_deg` further round and perhaps mirrored, in the network's unit."""
    yaw, pitch, roll = turn_image(angles_deg, -clockwise_deg)  # type: ignore[arg-type]  # three of them
    side = -1.0 if mirror else 1.0
    return np.array([side * yaw, pitch, side * roll], np.float32) / ANGLE_UNIT_DEG


def reframed(unit: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A point in the stored patch's unit to the sample's, by the sample's matrix."""
    stored = unit_to_px(unit, STORED)
    inside = np.linalg.solve(matrix[:, :2], stored - matrix[:, 2])
    return np.asarray((inside + 0.5) / (EYE_SIZE / 2) - 1, np.float32)
