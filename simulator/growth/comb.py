"""Grows strands: from the root, step by step, along the comb, down with gravity, never into the head.

Knows directions and distances. Must not know identities, ribbons or light.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from simulator.growth import places
from simulator.growth.noise import field
from simulator.growth.styles import Style
from simulator.growth.vectors import Numbers, along_skin, smoothstep, unit
from simulator.types import Array

DOWN = np.array([0.0, -1.0, 0.0], np.float32)
EAR_ROOM_MM = 11.0  # how far long hair stands off where an ear is under it


class Surface:
    """Distance to a closed surface given by points with normals."""

    def __init__(self, points_mm: Array, normals: Array) -> None:
        self._points, self._normals = points_mm, normals
        self._tree = cKDTree(points_mm)

    def near(self, at_mm: Numbers) -> tuple[Array, Array]:
        """Signed distance (n,) and outward normal (n, 3), from the planes of the three nearest points."""
        distance, row = self._tree.query(at_mm, k=3)
        weight = 1.0 / (distance.astype(np.float32) ** 2 + 1.0)
        weight /= weight.sum(1, keepdims=True)
        normal = np.einsum("nk,nkj->nj", weight, self._normals[row])
        plane = np.einsum("nkj,nkj->nk", at_mm[:, None] - self._points[row], self._normals[row])
        return np.einsum("nk,nk->n", weight, plane), unit(normal)


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """What is fixed per strand before it grows."""

    roots_mm: Array  # (n, 3)
    normals: Array  # (n, 3)
    lengths_mm: Array  # (n,)
    layer: Array  # (n,) 0 lies innermost … 1 outermost
    knot_mm: Array  # (3,) where gathered hair meets


def grow(plan: Plan, style: Style, surface: Surface) -> Array:
    """Courses (n, style.steps, 3) of all strands."""
    steps = style.steps
    legs = np.linspace(0.55, 1.45, steps - 1) if style.hangs else np.ones(steps - 1)  # short ones while it bends
    strides = (plan.lengths_mm / (steps - 1))[:, None] * legs
    at, points = plan.roots_mm, [plan.roots_mm]
    heading = unit(style.lift * plan.normals + (1.02 - style.lift) * direction(at, plan.normals, style, plan.knot_mm))
    for step in range(1, steps):
        stride = strides[:, step - 1 : step]
        goal = at + stride * heading
        height, normal = surface.near(goal)
        floor = _floor(goal, plan, style, step / (steps - 1))
        hold = style.hold * (1.0 - hanging(goal, style))
        goal = goal + normal * (np.maximum(floor - height, 0.0) - hold * np.maximum(height - floor, 0.0))[:, None]
        course = unit(goal - at)
        at = np.asarray(at + stride * course, np.float32)
        points.append(at)
        pull = direction(at, normal, style, plan.knot_mm) + style.gravity * (step / steps) * 3.0 * DOWN
        heading = unit(style.stiffness * course + (1.0 - style.stiffness) * pull)
    return np.stack(points, axis=1).astype(np.float32)


def direction(at_mm: Numbers, normals: Array, style: Style, knot_mm: Array) -> Array:
    """Where the comb goes at a place, unit and along the skin."""
    if style.gathered:
        before_ear = smoothstep(22.0, -5.0, at_mm[:, 1]) * smoothstep(-95.0, -80.0, at_mm[:, 2])
        return along_skin(unit(knot_mm - at_mm) - 1.6 * before_ear[:, None] * DOWN, normals)
    free = hanging(at_mm, style)[:, None]
    return unit((1.0 - free) * _combed(at_mm, normals, style) + free * _hung(at_mm))


def hanging(at_mm: Numbers, style: Style) -> Array:
    """0–1, how far long hair has left the skull and merely hangs."""
    if not style.hangs:
        return np.zeros(len(at_mm), np.float32)
    return smoothstep(25.0, -25.0, at_mm[:, 1])


def _hung(at_mm: Numbers) -> Array:
    """Down; at the shoulders it parts into what falls before them and what falls behind."""
    low = smoothstep(-60.0, -150.0, at_mm[:, 1])
    before = np.where(at_mm[:, 2] > -72.0, 0.3, -0.25)
    inward = -(0.16 + 0.12 * low) * np.clip(at_mm[:, 0] / 60.0, -1.0, 1.0)
    back = -0.3 * smoothstep(-60.0, -15.0, at_mm[:, 2]) * (1.0 - low)
    return np.stack([inward, -np.ones_like(low), low * before + back], axis=1)


def _combed(at_mm: Numbers, normals: Array, style: Style) -> Array:
    """On the skull."""
    fall = unit(at_mm - places.CROWN_MM) + 0.9 * DOWN + np.array([0.0, 0.0, -0.25], np.float32)
    comb = np.broadcast_to(np.array(style.comb, np.float32), at_mm.shape)
    if style.parting_mm is not None:
        comb = comb + _from_parting(at_mm, style.parting_mm)
    top = style.combed * smoothstep(0.25, 0.7, normals[:, 1]) * smoothstep(-125.0, -80.0, at_mm[:, 2])
    along = along_skin(fall + top[:, None] * (1.6 * unit(comb) - fall), normals)
    if not style.hangs:
        return along
    x, y, z = at_mm.T
    brow = smoothstep(70.0, 45.0, np.abs(x)) * smoothstep(-45.0, -10.0, z) * smoothstep(95.0, 70.0, y)
    aside = np.stack([np.where(x < 0, -1.0, 1.0), np.zeros_like(x), np.full_like(x, -0.5)], axis=1)
    return np.asarray(along + 2.5 * brow[:, None] * aside, np.float32)


def _from_parting(at_mm: Numbers, parting_mm: float) -> Array:
    side = np.sign(at_mm[:, 0] - parting_mm) * smoothstep(-120.0, -60.0, at_mm[:, 2])
    return np.stack([1.2 * side, np.zeros_like(side), np.zeros_like(side)], axis=1)


def _floor(at_mm: Numbers, plan: Plan, style: Style, share: float) -> Array:
    """Height over the skin that a strand keeps at least."""
    run = share * plan.lengths_mm
    floor = 1.0 + plan.layer * style.volume_mm * smoothstep(0.0, 2.2 * style.volume_mm + 4.0, run)
    if not style.hangs:
        return np.asarray(floor)
    mirrored = np.abs(at_mm * np.array([1.0, 0.0, 0.0])) + at_mm * np.array([0.0, 1.0, 1.0])
    away = np.linalg.norm((mirrored - places.EAR_MM) / np.array([45.0, 80.0, 48.0]), axis=1)
    return np.asarray(floor + EAR_ROOM_MM * smoothstep(1.2, 0.3, away))


def keep_face_free(points_mm: Array, style: Style) -> Array:
    """Moves what would hang before the face aside.

    Args:
        points_mm: (n, k, 3) whole strands, so that nothing kinks: a strand goes aside from its root on.
        style: hair that does not hang has no need of it.
    """
    if not style.hangs:
        return points_mm
    x, y, z = np.moveaxis(points_mm, -1, 0)
    room = np.interp(y, (-140.0, -90.0, -20.0, 30.0, 60.0, 75.0), (44.0, 52.0, 60.0, 60.0, 47.0, 0.0))
    front = np.interp(y, (-160.0, -90.0, -50.0), (-90.0, -70.0, -20.0))
    lack = np.maximum(room - np.abs(x), 0.0) * smoothstep(front - 35.0, front, z)
    moved = points_mm.copy()
    moved[..., 0] += np.where(x < 0, -1.0, 1.0) * lack
    return np.asarray(moved, np.float32)


def curl(points_mm: Array, style: Style, rng: np.random.Generator) -> Array:
    """Winds each strand round its course; neighbours wind nearly alike, so that locks form."""
    count = len(points_mm)
    legs = np.linalg.norm(np.diff(points_mm, axis=1), axis=2)
    run = np.concatenate([np.zeros((count, 1)), np.cumsum(legs, 1)], axis=1)
    shared = 2.0 * field(points_mm[:, 0], 22.0, int(rng.integers(1 << 30)))
    phase = 2 * np.pi * (shared + rng.normal(0.0, 0.12, count))[:, None]
    phase = phase + 2 * np.pi * run / (style.curl_wave_mm * rng.uniform(0.9, 1.1, (count, 1)))
    grown = smoothstep(0.0, style.curl_wave_mm * 0.7, run.astype(np.float32)) * style.curl_mm
    return _wind(points_mm, grown * np.cos(phase), grown * np.sin(phase))


def frizz(points_mm: Array, amount_mm: float, rng: np.random.Generator) -> Array:
    """A slow wander of its own for each strand, growing to the tip; a few stray far."""
    count, steps, _ = points_mm.shape
    along = np.linspace(0.0, 1.0, steps)[None, :]
    stray = amount_mm * rng.gamma(1.2, 0.8, (count, 1)) * along
    turns, phase = rng.uniform(0.5, 1.6, (2, count, 1)), rng.uniform(0, 2 * np.pi, (2, count, 1))
    waves = stray * np.sin(phase + 2 * np.pi * turns * along)  # (2, n, k)
    return _wind(points_mm, waves[0], waves[1])


def clump(points_mm: Array, strength: float, guides: int, rng: np.random.Generator) -> Array:
    """Draws tips towards those of the nearest of some chosen strands."""
    chosen = rng.choice(len(points_mm), min(guides, len(points_mm)), replace=False)
    _, nearest = cKDTree(points_mm[chosen, 0]).query(points_mm[:, 0])
    leader = points_mm[chosen[nearest]]
    along = np.linspace(0.0, 1.0, points_mm.shape[1])[None, :, None]
    own = strength * rng.uniform(0.4, 1.0, (len(points_mm), 1, 1))
    return np.asarray(points_mm + own * along**1.3 * (leader - points_mm), np.float32)


def _wind(points_mm: Numbers, first: Numbers, second: Numbers) -> Array:
    """Points moved by two amounts (n, k) along two directions across their strands."""
    course = unit(points_mm[:, -1] - points_mm[:, 0])
    aside = unit(np.cross(course, np.array([0.31, 0.55, 0.77], np.float32)))
    upright = np.cross(course, aside)
    return np.asarray(points_mm + first[..., None] * aside[:, None] + second[..., None] * upright[:, None], np.float32)
