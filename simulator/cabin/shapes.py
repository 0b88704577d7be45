"""Surfaces from a few numbers: grids, sweeps, tubes, rounded boxes, superellipsoids.

Knows vertices, normals and winding: every surface here turns its front, counter-clockwise, outward. Must not know what
is built of it, the driver or any light.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.types import Geometry, Matrix

Floats = NDArray[np.float64]


def geometry(
    positions: ArrayLike,
    normals: ArrayLike,
    triangles: ArrayLike,
    *,
    uv: ArrayLike | None = None,
    tone: ArrayLike | None = None,
    rest: ArrayLike | None = None,
) -> Geometry:
    """Geometry from whatever is at hand; `rest` is the positions, `uv` 0 and `tone` (1, 1) where nothing is given."""
    points = np.ascontiguousarray(positions, np.float32)
    count = len(points)
    return Geometry(
        positions_mm=points,
        normals=unit(np.asarray(normals, np.float64)).astype(np.float32),
        triangles=np.ascontiguousarray(triangles, np.int32),
        rest=points if rest is None else np.ascontiguousarray(rest, np.float32),
        uv=np.zeros((count, 2), np.float32) if uv is None else np.ascontiguousarray(uv, np.float32),
        tone=np.ones((count, 2), np.float32) if tone is None else np.ascontiguousarray(tone, np.float32),
    )


def unit(vectors: ArrayLike) -> Floats:
    """Vectors (…, 3) of length 1; one of no length stays zero."""
    array: Floats = np.asarray(vectors, np.float64)
    length: Floats = np.sqrt((array**2).sum(axis=-1, keepdims=True))
    return array / np.maximum(length, 1e-12)


# --- places ----------------------------------------------------------------------------------------------------


def shift(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Matrix:
    """The matrix that moves by so many mm."""
    matrix = np.eye(4)
    matrix[:3, 3] = (x, y, z)
    return matrix


def turn(axis: str, degrees: float) -> Matrix:
    """The matrix that turns about x, y or z, right-handed."""
    matrix = np.eye(4)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix


def carried(points: ArrayLike, matrix: Matrix) -> Floats:
    """Points (…, 3) through a 4×4 matrix."""
    moved: Floats = np.asarray(points, np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def moved(shape: Geometry, matrix: Matrix) -> Geometry:
    """A copy of the shape elsewhere. A matrix that mirrors keeps the outside outside."""
    triangles = shape.triangles[:, ::-1] if np.linalg.det(matrix[:3, :3]) < 0 else shape.triangles
    normals = shape.normals.astype(np.float64) @ np.linalg.inv(matrix[:3, :3])
    return geometry(carried(shape.positions_mm, matrix), normals, triangles, uv=shape.uv, tone=shape.tone)


def mirrored(shape: Geometry) -> Geometry:
    """A copy with x turned to −x."""
    return moved(shape, np.diag([-1.0, 1.0, 1.0, 1.0]))


def merged(*shapes: Geometry) -> Geometry:
    """Several shapes as one."""
    starts = np.cumsum([0] + [len(shape.positions_mm) for shape in shapes[:-1]])
    return geometry(
        np.concatenate([shape.positions_mm for shape in shapes]),
        np.concatenate([shape.normals for shape in shapes]),
        np.concatenate([shape.triangles + start for shape, start in zip(shapes, starts, strict=True)]),
        uv=np.concatenate([shape.uv for shape in shapes]),
        tone=np.concatenate([shape.tone for shape in shapes]),
        rest=np.concatenate([shape.rest for shape in shapes]),
    )


# --- curves ----------------------------------------------------------------------------------------------------


def curve(knots: ArrayLike, count: int, *, closed: bool = False) -> Floats:
    """A smooth curve (Catmull–Rom, centripetal) of `count` points, evenly spaced in length, through knots (k, d)."""
    points = np.asarray(knots, np.float64)
    if closed:
        padded = np.concatenate([points[-1:], points, points[:2]])
    else:
        padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    steps = np.linspace(0.0, 1.0, 16, endpoint=False)
    pieces = [_between(padded[k : k + 4], steps) for k in range(len(padded) - 3)]
    dense = np.concatenate([*pieces, padded[-2:-1]])
    return spaced(dense, count + 1)[:-1] if closed else spaced(dense, count)


def _between(four: Floats, steps: Floats) -> Floats:
    """Barry and Goldman's pyramid over four knots; centripetal spacing makes no loops."""
    gaps = np.maximum(np.linalg.norm(np.diff(four, axis=0), axis=1) ** 0.5, 1e-6)
    t0, t1, t2, t3 = np.concatenate([[0.0], np.cumsum(gaps)])
    t = (t1 + (t2 - t1) * steps)[:, None]
    a1 = (t1 - t) / (t1 - t0) * four[0] + (t - t0) / (t1 - t0) * four[1]
    a2 = (t2 - t) / (t2 - t1) * four[1] + (t - t1) / (t2 - t1) * four[2]
    a3 = (t3 - t) / (t3 - t2) * four[2] + (t - t2) / (t3 - t2) * four[3]
    b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
    b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
    between: Floats = (t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2
    return between


def spaced(points: ArrayLike, count: int) -> Floats:
    """A polyline (k, d) resampled to `count` points at even lengths, both ends kept."""
    line = np.asarray(points, np.float64)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    wanted = np.linspace(0.0, length[-1], count)
    return np.stack([np.interp(wanted, length, line[:, axis]) for axis in range(line.shape[1])], axis=1)


def ring(width: float, height: float, *, squareness: float = 2.0, count: int = 16) -> Floats:
    """A closed superellipse (count, 2) of these whole widths, counter-clockwise; 2 is an ellipse, 4 nearly a box."""
    # Steps in the angle crowd at a box's corners, where they are wanted.
    angle = np.linspace(0.0, 2 * np.pi, count, endpoint=False)
    power = 2.0 / squareness
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    return np.stack([x * width / 2, y * height / 2], axis=1)


# --- surfaces --------------------------------------------------------------------------------------------------


def grid(points: ArrayLike, *, around: bool = False, tone: ArrayLike | None = None) -> Geometry:
    """The surface over a grid of points (rows, columns, 3).

    The front is where (along a row) × (down the rows) points. `around` closes each row on itself.
    `uv` runs 0–1 along rows and columns; tone, when given, is (rows, columns, 2).
    """
    points = np.asarray(points, np.float64)
    rows, columns = points.shape[:2]
    triangles = grid_triangles(rows, columns, around=around)
    flat = points.reshape(-1, 3)
    across, down = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    return geometry(
        flat,
        smooth_normals(flat, triangles),
        triangles,
        uv=np.stack([across, down], axis=-1).reshape(-1, 2),
        tone=None if tone is None else np.asarray(tone).reshape(-1, 2),
    )


def grid_triangles(rows: int, columns: int, *, around: bool = False) -> NDArray[np.int32]:
    """Two triangles for each cell of a grid of vertices counted row by row, (m, 3)."""
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    if around:
        index = np.concatenate([index, index[:, :1]], axis=1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    quads = np.stack([a, b, c, a, c, d], axis=-1)
    return np.ascontiguousarray(quads.reshape(-1, 3))


def smooth_normals(points: ArrayLike, triangles: NDArray[np.int32]) -> Floats:
    """Vertex normals (n, 3): the mean of the faces around, weighted by area."""
    corners = np.asarray(points, np.float64)[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    count = len(np.asarray(points))
    total = np.stack(
        [np.bincount(triangles.reshape(-1), np.repeat(faces[:, axis], 3), count) for axis in range(3)], axis=1
    )
    return unit(total)


def frames_along(path: Floats, *, up: ArrayLike | None = None, closed: bool = False) -> tuple[Floats, Floats, Floats]:
    """Side, up and tangent (n, 3) along a path, side × up = tangent.

    With `up` (one or n vectors) the section keeps it; without, it is carried along without twist.
    """
    tangent = unit(np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0))
    if up is not None:
        side = unit(np.cross(np.broadcast_to(np.asarray(up, np.float64), path.shape), tangent))
    else:
        side = _untwisted(tangent, closed)
    return side, np.cross(tangent, side), tangent


def _untwisted(tangent: Floats, closed: bool) -> Floats:
    """Side vectors carried along a path; on a closed one, what is left of a twist is spread evenly."""
    first = np.cross(tangent[0], np.eye(3)[np.argmin(np.abs(tangent[0]))])
    side = [unit(first)]
    for direction in tangent[1:]:
        side.append(unit(side[-1] - direction * (side[-1] @ direction)))
    sides = np.array(side)
    if not closed:
        return sides
    back = unit(sides[-1] - tangent[0] * (sides[-1] @ tangent[0]))
    twist = np.arctan2(np.cross(back, sides[0]) @ tangent[0], back @ sides[0])
    angle = np.linspace(0.0, twist, len(sides), endpoint=False)[:, None]
    return sides * np.cos(angle) + np.cross(tangent, sides) * np.sin(angle)


def sweep(
    path: ArrayLike,
    section: ArrayLike,
    *,
    up: ArrayLike | None = None,
    closed: bool = False,
    scale: ArrayLike = 1.0,
) -> Geometry:
    """A section (k, 2), closed and counter-clockwise, drawn along a path (n, 3): x to the side, y up.

    `scale`: one factor, one for each point (n,), or (n, 2) for side and up. Open paths get flat caps.
    """
    line = np.asarray(path, np.float64)
    outline = np.asarray(section, np.float64)
    side, over, tangent = frames_along(line, up=up, closed=closed)
    factors = np.asarray(scale, np.float64)
    factors = np.broadcast_to(factors[..., None] if factors.ndim < 2 else factors, (len(line), 2))
    sized = outline[None] * factors[:, None]
    points = line[:, None] + sized[..., :1] * side[:, None] + sized[..., 1:] * over[:, None]
    if closed:
        skin = grid(np.concatenate([points, points[:1]]), around=True)
        return _seamless(skin, len(outline))
    return merged(grid(points, around=True), _cap(points[0], -tangent[0]), _cap(points[-1], tangent[-1]))


def _seamless(shape: Geometry, columns: int) -> Geometry:
    """The first and the last row of a closed sweep lie on each other: give them one normal."""
    normals = shape.normals.astype(np.float64)
    shared = normals[:columns] + normals[-columns:]
    normals[:columns] = normals[-columns:] = shared
    return geometry(shape.positions_mm, normals, shape.triangles, uv=shape.uv, tone=shape.tone)


def _cap(outline: Floats, normal: Floats) -> Geometry:
    """A flat lid on an outline (k, 3) that faces along `normal`."""
    count = len(outline)
    points = np.concatenate([outline, outline.mean(0, keepdims=True)])
    here = np.arange(count)
    fan = np.stack([np.full(count, count), here, (here + 1) % count], axis=1)
    facing = np.cross(outline - points[-1], np.roll(outline, -1, 0) - points[-1]).sum(0) @ normal
    return geometry(points, np.tile(normal, (count + 1, 1)), fan if facing > 0 else fan[:, ::-1])


def tube(path: ArrayLike, radius: ArrayLike, *, sides: int = 10, closed: bool = False) -> Geometry:
    """A round tube along a path (n, 3); radius one number or one for each point, mm."""
    return sweep(path, ring(2.0, 2.0, count=sides), closed=closed, scale=radius)


def rounded_box(half: Sequence[float], radius: float, *, steps: int = 4, inner: int = 6) -> Geometry:
    """A box of these half widths (3) with all edges rounded; `inner` vertices across each flat side."""
    core = np.asarray(half, np.float64) - radius
    sides = [(axis, sign) for axis in range(3) for sign in (-1.0, 1.0)]
    return merged(*(_box_side(core, radius, side, steps, inner) for side in sides))


def _box_side(core: Floats, radius: float, facing: tuple[int, float], steps: int, inner: int) -> Geometry:
    axis, sign = facing
    first, second = (axis + 1) % 3, (axis + 2) % 3
    bend = radius * np.tan(np.linspace(0.0, np.pi / 4, steps + 1)[1:])

    def line(size: float) -> Floats:
        flat = np.linspace(-size, size, inner)
        return np.concatenate([-size - bend[::-1], flat, size + bend])

    points = np.empty((2 * steps + inner, 2 * steps + inner, 3))
    points[..., first], points[..., second] = np.meshgrid(line(core[first]), line(core[second]))
    points[..., axis] = sign * (core[axis] + radius)
    nearest = np.clip(points, -core, core)
    normals = unit(points - nearest)
    flat_points = (nearest + radius * normals).reshape(-1, 3)
    triangles = grid_triangles(*points.shape[:2])
    return geometry(flat_points, normals.reshape(-1, 3), triangles if sign > 0 else triangles[:, ::-1])


def superellipsoid(
    half: Sequence[float], *, squareness: tuple[float, float] = (2.0, 2.0), rows: int = 18, columns: int = 28
) -> Geometry:
    """A body between an ellipsoid (2) and a box (large) of these half widths (3).

    The first number is for cuts along the y axis, the second for cuts across it.
    """
    latitude = np.linspace(-np.pi / 2, np.pi / 2, rows)
    flat = ring(2.0, 2.0, squareness=squareness[1], count=columns)
    power = 2.0 / squareness[0]
    radius = np.abs(np.cos(latitude)) ** power
    height = np.sign(latitude) * np.abs(np.sin(latitude)) ** power
    x = radius[:, None] * flat[None, :, 1] * half[0]
    y = np.broadcast_to(height[:, None] * half[1], x.shape)
    z = radius[:, None] * flat[None, :, 0] * half[2]
    points = np.stack([x, y, z], axis=-1)
    shape = grid(points, around=True)
    return _with_poles(shape, rows, columns)


def _with_poles(shape: Geometry, rows: int, columns: int) -> Geometry:
    """Rows that shrink to a point have faces of no area: their normals are the axis."""
    normals = shape.normals.copy().reshape(rows, columns, 3)
    normals[0], normals[-1] = (0, -1, 0), (0, 1, 0)
    return geometry(shape.positions_mm, normals.reshape(-1, 3), shape.triangles, uv=shape.uv, tone=shape.tone)


def glow(radius: float) -> Geometry:
    """A disc in the x–y plane whose brightness (tone.y) falls smoothly from 1 to next to nothing at its rim."""
    count, least = 20, 0.02
    away = np.linspace(0.0, 1.0, 9)[:, None]
    angle = np.linspace(0.0, 2 * np.pi, count, endpoint=False)
    points = np.stack([away * np.cos(angle), away * np.sin(angle), np.zeros((9, count))], axis=-1) * radius
    fall = np.clip((away - 0.25) / 0.75, 0.0, 1.0) * np.ones(count)
    bright = 1.0 - (1.0 - least) * fall * fall * (3.0 - 2.0 * fall)
    flat = points.reshape(-1, 3)
    tone = np.stack([np.ones_like(bright), bright], axis=-1).reshape(-1, 2)
    return geometry(flat, np.tile([0.0, 0.0, 1.0], (len(flat), 1)), grid_triangles(9, count, around=True), tone=tone)
