"""Where an eyeball is and how it is turned, read back from its vertices. Pure numpy."""

from __future__ import annotations

import numpy as np

from simulator.render.camera import Vectors
from simulator.types import Part, SimulatorError


def eye_frame(part: Part) -> tuple[Vectors, float]:
    """The matrix from the eye's own frame (radius 1, z = optical axis) to the seat frame, and the radius in mm.

    `rest` holds each vertex's direction in the eye's frame; the best turn, shift and size that carry those to the
    vertices are the eye's. The bulge of the cornea is left out: it is no part of the ball.
    """
    directions = np.asarray(part.geometry.rest, np.float64)
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    if not lengths.min() > 0.0:
        raise SimulatorError(f"{part.what.name}: an eye's `rest` has a direction of length 0: give unit vectors")
    directions = directions / lengths
    ball = directions[:, 2] < np.cos(np.deg2rad(40.0))
    ball = ball if ball.sum() >= 12 else np.ones(len(directions), bool)
    places = np.asarray(part.geometry.positions_mm, np.float64)[ball]
    known = np.column_stack([directions[ball], np.ones(int(ball.sum()))])
    linear = np.linalg.lstsq(known, places, rcond=None)[0].T  # (3, 4)
    left, sizes, right = np.linalg.svd(linear[:, :3])
    turn = left @ np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))]) @ right
    radius = float(sizes.mean())
    frame = np.eye(4)
    frame[:3, :3], frame[:3, 3] = turn * radius, linear[:, 3]
    return (frame if part.pose is None else np.asarray(part.pose @ frame)), radius
