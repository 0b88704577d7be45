"""Where on a face things grow, told on the mean face.

Every identity's mesh is that face deformed, so a place named here lies rightly on everyone.

All positions are of the mean face in its own head frame (mm, origin midway between the eyes, x to the left, y up,
z forward), read off the base mesh. Must not know identities, strands or textures.
"""

from __future__ import annotations

import numpy as np

from simulator.growth.noise import field
from simulator.growth.vectors import smoothstep
from simulator.types import Array

AXIS_Z_MM = -60.0  # the upright axis of the skull, about which azimuth is told: 0° front, 90° ear, 180° nape
CROWN_MM = np.array([6.0, 112.0, -105.0], np.float32)  # the whorl
EAR_MM = np.array([76.0, -18.0, -78.0], np.float32)  # left; the right one mirrored
KNOT_MM = np.array([0.0, 45.0, -150.0], np.float32)  # where hair is tied
EYE_X_MM = 30.8

# Lower edge of the scalp hair: azimuth in degrees, height in mm. Front, temple, side burn, over the ear, nape.
_LINE_AZIMUTH = (0, 10, 20, 28, 36, 44, 52, 60, 66, 71, 76, 88, 91, 112, 116, 124, 140, 160, 180)
_LINE_HEIGHT = (76, 76, 77, 77, 69, 54, 41, 34, 22, 4, -14, -17, 6, 2, -20, -44, -60, -70, -72)

# The upper edge of a beard on the cheek and the lower one on the throat: azimuth, heights.
_BEARD_AZIMUTH = (0, 12, 22, 34, 48, 60, 70, 78, 88)
_CHEEK_HEIGHT = (-50, -53, -62, -60, -57, -50, -38, -24, -14)
_THROAT_HEIGHT = (-128, -128, -127, -125, -120, -110, -98, -84, -62)

# The brow's middle line and half height from its root at the nose to its tail.
_BROW_X = (9.5, 16.0, 24.0, 33.0, 42.0, 50.0, 56.0)
_BROW_Y = (18.2, 19.2, 20.4, 21.8, 22.2, 20.8, 18.4)
_BROW_HALF = (3.2, 3.8, 3.7, 3.3, 2.6, 1.6, 0.8)


def azimuth(points: Array) -> Array:
    """Angle about the skull's axis in degrees, 0 front … 180 back, the same on both sides."""
    return np.asarray(np.degrees(np.arctan2(np.abs(points[..., 0]), points[..., 2] - AXIS_Z_MM)), np.float32)


def above_hairline(points: Array, recession_mm: float, seed: int) -> Array:
    """How far (mm) a point lies above the hairline; negative on the face and the neck.

    Args:
        points: (…, 3) on the mean face.
        recession_mm: how much the hairline has gone back, most at the temples; negative = low.
        seed: of the irregular edge.
    """
    angle = azimuth(points)
    line = np.interp(angle, _LINE_AZIMUTH, _LINE_HEIGHT)
    temple = 0.55 + 0.9 * np.exp(-(((angle - 30.0) / 12.0) ** 2))
    line = line + recession_mm * temple * smoothstep(62.0, 46.0, angle)
    ragged = 3.5 * field(points, 9.0, seed) + 1.5 * field(points, 3.5, seed + 1)
    return np.asarray(points[..., 1] - line + ragged, np.float32)


def bald(points: Array, crown_mm: float, ring: bool) -> Array:
    """0–1, how bald the crown is: a patch of radius `crown_mm` about the whorl, or all but a ring of hair."""
    patch = smoothstep(crown_mm + 14.0, crown_mm - 14.0, np.linalg.norm(points - CROWN_MM, axis=-1))
    if not ring:
        return np.asarray(patch, np.float32)
    height = np.interp(azimuth(points), (0.0, 55.0, 80.0, 180.0), (30.0, 45.0, 58.0, 50.0))
    return np.maximum(patch, smoothstep(height - 9.0, height + 9.0, points[..., 1]))


def beard_area(points: Array) -> Array:
    """0–1, where a full beard grows; lips are left out."""
    angle, y, z = azimuth(points), points[..., 1], points[..., 2]
    ragged = 3.0 * field(points, 7.0, 0x5EED)
    below_cheek = smoothstep(5.0, -7.0, y + ragged - np.interp(angle, _BEARD_AZIMUTH, _CHEEK_HEIGHT))
    above_throat = smoothstep(-6.0, 8.0, y + ragged - np.interp(angle, _BEARD_AZIMUTH, _THROAT_HEIGHT))
    before_ear = smoothstep(-66.0, -56.0, z)
    return np.asarray(below_cheek * above_throat * before_ear * (1.0 - mouth_area(points)), np.float32)


def moustache_area(points: Array) -> Array:
    """0–1, between nose and upper lip."""
    x, y = np.abs(points[..., 0]), points[..., 1]
    upper = np.interp(x, (0.0, 12.0, 32.0), (-50.0, -50.5, -61.0))
    lower = np.interp(x, (0.0, 22.0, 27.0, 32.0), (-60.0, -64.5, -70.0, -74.0))
    band = smoothstep(1.0, -2.5, y - upper) * smoothstep(-2.0, 1.0, y - lower)
    return np.asarray(band * smoothstep(34.0, 28.0, x) * smoothstep(5.0, 12.0, points[..., 2]), np.float32)


def mouth_area(points: Array) -> Array:
    """0–1, the red of the lips."""
    x, y = np.abs(points[..., 0]), points[..., 1]
    across = np.clip(x / 26.0, 0.0, 1.0)
    upper = -60.5 - 6.0 * across**2 + 1.0 * np.exp(-(((x - 5.0) / 4.0) ** 2))
    lower = -77.5 + 10.5 * across**2
    inside = smoothstep(1.2, -1.2, y - upper) * smoothstep(-1.2, 1.2, y - lower) * smoothstep(27.0, 24.0, x)
    return np.asarray(inside * smoothstep(0.0, 8.0, points[..., 2]), np.float32)


def brow_line(share: Array, side: float) -> tuple[Array, Array, Array]:
    """Points (n, 2) of a brow's middle line, its unit direction (n, 2) and half height (n,).

    Args:
        share: (n,) 0 at the nose … 1 at the tail.
        side: +1 the left brow, −1 the right one.
    """
    knots = np.linspace(0.0, 1.0, len(_BROW_X))
    x, y = np.interp(share, knots, _BROW_X), np.interp(share, knots, _BROW_Y)
    slope = np.interp(share, knots, np.gradient(_BROW_Y, _BROW_X))
    direction = np.stack([np.full_like(slope, side), slope], axis=1) / np.sqrt(1.0 + slope**2)[:, None]
    half = np.interp(share, knots, _BROW_HALF)
    return np.stack([side * x, y], 1).astype(np.float32), direction.astype(np.float32), half.astype(np.float32)
