"""Eyeballs: their shape, where they sit, how they turn.

Knows a globe with a corneal bulge and the eye's physiological range. Must not know lids.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.body import rig
from simulator.body.source import Source
from simulator.types import Array, Matrix, Triangles
from vision.angles import rotation_of

Points = NDArray[np.float64]

SCALE = 0.83  # globe ÷ the coarse cage of the data set, whose 15 mm are a modelling allowance
LIMBUS_MM = 5.9  # half the cornea's width
CORNEA_MM = 7.8  # its radius of curvature
REACH_DEG = (45.0, 35.0)  # how far an eye turns in its socket: yaw, pitch
FOCUS_MM = 2500.0  # distance looked at: sets the vergence

RINGS_DEG = np.concatenate([np.arange(0, 32, 3.0), np.arange(34, 115, 6.0)])  # finer on the cornea
SPOKES = 40


@dataclass(frozen=True, eq=False, slots=True)
class Globe:
    """An eyeball in its own frame, z along the optical axis, before its radius is known."""

    directions: Array  # (n, 3) unit
    triangles: Triangles


@dataclass(frozen=True, eq=False, slots=True)
class Sockets:
    """Where an identity's eyes sit at rest."""

    centres_mm: Points  # (2, 3) left, right
    radius_mm: float  # of the white; the cornea's apex stands 1.2–1.3 mm farther out


@lru_cache(maxsize=1)
def globe() -> Globe:
    """A part of a sphere around +z, a little more than its front half."""
    polar = np.radians(RINGS_DEG[1:])[:, None]
    around = np.linspace(0, 2 * np.pi, SPOKES, endpoint=False)[None]
    flat = [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar) + 0 * around]
    directions = np.concatenate([[[0.0, 0.0, 1.0]], np.stack(flat, -1).reshape(-1, 3)])
    rows = 1 + np.arange(len(RINGS_DEG) - 1)[:, None] * SPOKES + np.arange(SPOKES)[None]
    following = np.roll(rows, -1, 1)
    cap = np.stack([np.zeros(SPOKES, int), rows[0], following[0]], -1)
    inner, outer = (rows[:-1], following[:-1]), (rows[1:], following[1:])
    sides = [np.stack([inner[0], outer[0], outer[1]], -1), np.stack([inner[0], outer[1], inner[1]], -1)]
    triangles = np.concatenate([cap, *(side.reshape(-1, 3) for side in sides)])
    return Globe(directions.astype(np.float32), triangles.astype(np.int32))


def radius(radius_mm: float, cosine: Points) -> Points:
    """Distance of the surface from the globe's centre at an angle (given by its cosine) from the optical axis."""
    centre = np.sqrt(radius_mm**2 - LIMBUS_MM**2) - np.sqrt(CORNEA_MM**2 - LIMBUS_MM**2)
    along = cosine * centre
    cornea = along + np.sqrt(np.maximum(along**2 - centre**2 + CORNEA_MM**2, 0.0))
    return np.where(cosine > 0, np.maximum(cornea, radius_mm), radius_mm)


@lru_cache(maxsize=8)
def normals(radius_mm: float) -> Array:
    """Unit normals of the globe's vertices, from its surface's slope along the meridian."""
    directions = globe().directions.astype(np.float64)
    polar = np.arccos(np.clip(directions[:, 2], -1.0, 1.0))
    step = 1e-3
    sizes, ahead = radius(radius_mm, np.cos(polar)), radius(radius_mm, np.cos(polar + step))
    slope = (ahead - sizes) / step
    flat = directions[:, :2] / np.maximum(np.linalg.norm(directions[:, :2], axis=1, keepdims=True), 1e-9)
    along = np.column_stack([flat * np.cos(polar)[:, None], -np.sin(polar)])
    turned = directions * sizes[:, None] - along * slope[:, None]
    return np.asarray(turned / np.linalg.norm(turned, axis=1, keepdims=True), np.float32)


def sockets(human: Source, vertices_mm: Array) -> Sockets:
    """Globes for a resting shape: least-squares spheres through the data set's eye helpers, both of one size."""
    fits = [_sphere(vertices_mm[human.group_vertices(f"helper-{side}-eye")].astype(np.float64)) for side in "lr"]
    return Sockets(np.stack([centre for centre, _ in fits]), SCALE * float(np.mean([size for _, size in fits])))


def _sphere(points: Points) -> tuple[Points, float]:
    table = np.column_stack([2 * points, np.ones(len(points))])
    solved, *_ = np.linalg.lstsq(table, (points**2).sum(1), rcond=None)
    centre = solved[:3]
    return centre, float(np.sqrt(solved[3] + centre @ centre))


def turns(head: rig.Rotation, gaze_deg: tuple[float, float], centres_mm: Points) -> list[rig.Rotation]:
    """How each eye is turned in the head so that both look along `gaze_deg` of the seat frame.

    Args:
        head: the head's rotation.
        gaze_deg: yaw and pitch in the seat frame; what lies outside the eyes' reach is approached as far as it goes.
        centres_mm: (2, 3) in the head frame, left, right.
    """
    goal = FOCUS_MM * (head.T @ rotation_of(*gaze_deg, 0.0)[:, 2])
    middle = centres_mm.mean(0)
    return [_turn(goal - (centre - middle)) for centre in centres_mm]


def angles(direction: Points) -> tuple[float, float]:
    """Yaw and pitch in degrees of a direction."""
    x, y, z = direction
    return float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arctan2(y, np.hypot(x, z))))


def _turn(direction: Points) -> rig.Rotation:
    yaw, pitch = angles(direction)
    yaw, pitch = (float(np.clip(angle, -reach, reach)) for angle, reach in zip((yaw, pitch), REACH_DEG, strict=True))
    return rotation_of(yaw, pitch, 0.0)


def frame(rotation: rig.Rotation, centre_mm: Points) -> Matrix:
    """The 4 × 4 matrix of a rotation and a place."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, centre_mm
    return matrix
