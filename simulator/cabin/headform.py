"""The measures of one driver's resting head that worn things need: eyes, nose, temples, ears, skull.

Knows the head frame (mm; origin midway between the eyes, x to the driver's left, y up, z forward). Must not know what
is worn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.cabin.relief import Relief, dense, relief
from simulator.cabin.shapes import Floats
from simulator.types import Geometry

# The middle of the lower face: from here every point of a mask is seen along one ray.
MOUTH_MIDDLE_MM = (0.0, -62.0, -8.0)


@dataclass(frozen=True, eq=False, slots=True)
class Headform:
    """One driver's head in the head frame, both sides alike where it says so."""

    eyes_apart_mm: float
    cornea_mm: float  # how far forward the eyeballs reach
    front: Relief  # (x, y) → z of the face
    side: Relief  # (z, y) → the half width |x|, ears included, the wider side
    ear_mm: tuple[float, float, float]  # where a temple lies on the left ear: between its top and the skull
    ear_high_mm: float  # the ear's top
    points: Floats  # (n, 3) all over the head's skin


def headform(skin: Geometry, eye_centres_mm: Floats, eye_radius_mm: float) -> Headform:
    """Measures a resting head.

    Args:
        skin: in the head frame; neck and body below may be part of it.
        eye_centres_mm: (2, 3), left, right, in the head frame.
        eye_radius_mm: of the eyeballs.
    """
    points = dense(skin, above_mm=-150.0)
    points = points[np.abs(points[:, 0]) < 110]
    front = relief(points[:, :2], points[:, 2], low=(-80, -140), high=(80, 70), step=(2.0, 2.0))
    side = relief(points[:, [2, 1]], np.abs(points[:, 0]), low=(-190, -80), high=(60, 90), step=(3.0, 3.0))
    ear, ear_high = _ear(points, side)
    return Headform(
        eyes_apart_mm=float(eye_centres_mm[0, 0] - eye_centres_mm[1, 0]),
        cornea_mm=float(eye_centres_mm[:, 2].mean() + eye_radius_mm),
        front=front,
        side=side,
        ear_mm=ear,
        ear_high_mm=ear_high,
        points=points,
    )


def _ear(points: Floats, side: Relief) -> tuple[tuple[float, float, float], float]:
    """The ear is what stands out more than 8 mm beside the temple."""
    temple = float(np.max(side.at(np.linspace(-60, -20, 9)[:, None], np.linspace(5, 40, 9)[None, :])))
    out = points[(np.abs(points[:, 0]) > temple + 8) & (np.abs(points[:, 1]) < 70) & (points[:, 2] < -40)]
    if len(out) < 8:  # no ear stands out: put it where it usually is
        return (temple + 1, 2.0, -95.0), 14.0
    high = float(np.quantile(out[:, 1], 0.99))
    upper = out[out[:, 1] > high - 16]
    fore = float(np.quantile(upper[:, 2], 0.95))
    skull = float(np.median(side.at(np.linspace(fore + 4, fore + 14, 5), np.full(5, high - 2))))
    return (skull + 1.5, high - 3.0, fore - 3.0), high


def skull_radii(form: Headform, middle_mm: tuple[float, float, float], azimuth: Floats, height: Floats) -> Floats:
    """How far the skin reaches from a middle along directions: azimuth (0 = forward, + to the left) and height, rad."""
    way = form.points - np.asarray(middle_mm)
    distance = np.sqrt((way**2).sum(1))
    angles = np.column_stack([np.arctan2(way[:, 0], way[:, 2]), np.arcsin(np.clip(way[:, 1] / distance, -1, 1))])
    behind = np.abs(angles[:, 0]) > np.pi - 0.4  # seen from both ends of the turn
    again = angles[behind] - np.sign(angles[behind, :1]) * np.array([2 * np.pi, 0.0])
    table = relief(
        np.concatenate([angles, again]),
        np.concatenate([distance, distance[behind]]),
        low=(-3.5, -1.6),
        high=(3.5, 1.6),
        step=(0.035, 0.035),
    )
    return table.at(azimuth, height)
