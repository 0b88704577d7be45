"""The steering wheel: rim, spokes, hub.

Knows its shape; where it stands the body says, whose hands hold it. Must not know hands or light.
"""

from __future__ import annotations

import numpy as np

from simulator.body.wheel import WHEEL
from simulator.cabin.shapes import Floats, carried, merged, moved, ring, shift, superellipsoid, sweep, tube, turn
from simulator.types import Geometry, Matrix


def placed() -> Matrix:
    """The wheel's own frame (its disc in x–y, +z towards the windscreen) → the seat frame."""
    place: Matrix = shift(*WHEEL.centre_mm) @ turn("x", WHEEL.tilt_deg)
    return place


def rim() -> Geometry:
    """The rim, a little thicker where thumbs rest."""
    around = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    path = np.stack([np.cos(around), np.sin(around), np.zeros(96)], axis=1) * WHEEL.radius_mm
    grip = 1.0 + 0.08 * np.exp(-(((np.abs(np.abs(around - np.pi) - np.pi / 2) - np.pi / 2 + 0.35) / 0.12) ** 2))
    return moved(tube(path, WHEEL.rim_mm * grip, sides=16, closed=True), placed())


def spokes(rng: np.random.Generator) -> Geometry:
    """Three or four spokes and the hub with its cushion."""
    turns = [0.0, 180.0, 270.0] if rng.random() < 0.7 else [12.0, 168.0, 250.0, 290.0]
    arms = [_spoke(angle, float(rng.uniform(30, 44))) for angle in turns]
    hub = moved(superellipsoid((74.0, 62.0, 26.0), squareness=(2.6, 2.6), rows=20, columns=36), shift(0.0, -6.0, 8.0))
    column = tube([(0, -6, 20.0), (0, -6, 60.0), (0, -6, 130.0)], 52.0, sides=24)
    return moved(merged(*arms, hub, column), placed())


def _spoke(angle_deg: float, width: float) -> Geometry:
    """From the hub to the rim, narrowing, sunk towards the windscreen at the hub."""
    along = np.linspace(50.0, WHEEL.radius_mm - 4, 9)
    direction = carried((1.0, 0.0, 0.0), turn("z", angle_deg))
    path: Floats = along[:, None] * direction + np.outer(14.0 * np.cos(np.linspace(0, np.pi / 2, 9)), (0, 0, 1.0))
    scale = np.stack([np.linspace(1.25, 0.8, 9), np.linspace(1.1, 0.9, 9)], axis=1)
    return sweep(path, ring(width, 15.0, squareness=2.8, count=20), up=(0.0, 0.0, 1.0), scale=scale)
