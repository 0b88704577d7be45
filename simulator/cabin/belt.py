"""The seat belt: from the pillar over the outer shoulder across the chest to the buckle.

Knows the clothes' resting surface and how it moves. Must not know arms, faces or light.

Seen in the plane of shoulder, hip and spine a belt under tension is the convex hull of the chest: that is how it is
laid.
"""

from __future__ import annotations

import numpy as np

from simulator.cabin.follow import Follower
from simulator.cabin.relief import dense
from simulator.cabin.shapes import Floats, grid_triangles, smooth_normals, spaced, unit
from simulator.cabin.shell import BELT_ANCHOR_MM
from simulator.types import Array, Geometry, Material, Part, What

PILLAR_MM = BELT_ANCHOR_MM  # in a car with the wheel on the left
BUCKLE_MM = (-190.0, -640.0, 40.0)
SHOULDER_X_MM = 95.0  # where it crosses the collar bone
WIDTH_MM = 46.0
CLEAR_MM = 3.0
COUNT = 72
FOLLOW_MM = 28.0
REFLECTANCE = 0.16


class Belt:
    """The belt of one driver.

    Args:
        clothes: the resting clothes in the seat frame, in the order they will be posed in.
        left: the wheel is on the car's left, so the outer shoulder is the left one.
    """

    def __init__(self, clothes: Geometry, *, left: bool) -> None:
        side = 1.0 if left else -1.0
        outward = np.array([side, 1.0, 1.0])
        line, normals = _laid(dense(clothes) * outward)
        middle, across = line * outward, unit(np.cross(np.gradient(line, axis=0), normals)) * outward
        strip = middle[:, None] + np.linspace(-0.5, 0.5, 5)[None, :, None] * WIDTH_MM * across[:, None]
        self._resting = strip.reshape(-1, 3).astype(np.float32)
        # Rows run down, columns across: which way the front is depends on the side.
        triangles = grid_triangles(COUNT, 5)
        facing = smooth_normals(self._resting, triangles) * np.repeat(normals * outward, 5, axis=0)
        self._triangles = triangles if facing.sum() > 0 else np.ascontiguousarray(triangles[:, ::-1])
        stitches = np.tile([0.75, 1.0, 1.0, 1.0, 0.75], COUNT)
        self._tone = np.column_stack([np.ones(COUNT * 5), stitches]).astype(np.float32)
        torso = np.flatnonzero(np.abs(clothes.positions_mm[:, 0]) < 190)
        self._carriers = torso
        self._follower = Follower(middle, clothes.positions_mm[torso].astype(np.float64), FOLLOW_MM)
        self._loose = _loose(line)[:, None].astype(np.float32)

    def part(self, clothes_now: Array) -> Part:
        """The belt in the seat frame. `clothes_now`: where the clothes' vertices (n, 3) are, in the seat frame."""
        shifts = self._follower.shifts(clothes_now[self._carriers]) * self._loose
        points = self._resting + np.repeat(shifts, 5, axis=0)
        normals = smooth_normals(points, self._triangles).astype(np.float32)
        shape = Geometry(
            points, normals, self._triangles, self._resting, np.zeros((len(points), 2), np.float32), self._tone
        )
        return Part(What.BELT, Material.FABRIC, shape, REFLECTANCE, 0.0, 0.8)


def _laid(points: Floats) -> tuple[Floats, Floats]:
    """The belt's middle line (COUNT, 3) and the directions out of the chest, for the left shoulder."""
    shoulder = _shoulder(points)
    down = unit(np.asarray(BUCKLE_MM) - shoulder)
    normal = unit(np.cross(down, np.array([0.0, 0.0, 1.0])))  # of the belt's plane
    off = (points - shoulder) @ normal
    chest = points[(np.abs(off) < WIDTH_MM / 2) & (np.abs(points[:, 0]) < 185) & (points[:, 2] > -215)]
    ahead = np.cross(normal, down)
    ahead = ahead * np.sign(ahead[2])
    flat = np.column_stack([(chest - shoulder) @ down, (chest - shoulder) @ ahead])
    ends = [_in_plane(np.asarray(place), shoulder, down, ahead) for place in (PILLAR_MM, BUCKLE_MM)]
    hull = _upper_hull(flat, ends[0], ends[1])
    even = spaced(hull, COUNT)
    out = np.column_stack([-np.gradient(even[:, 1]), np.gradient(even[:, 0])])
    out = unit(np.c_[out, np.zeros(COUNT)])[:, :2]
    even = even + CLEAR_MM * out
    line = shoulder + even[:, :1] * down + even[:, 1:] * ahead
    # The pillar stands outside the plane: from the shoulder on the belt turns to it.
    share = np.clip((even[:, :1] - even[0, 0]) / (0.0 - even[0, 0]), 0, 1)
    line = line + (1 - share) * (np.asarray(PILLAR_MM) - line[0])
    return line, out[:, :1] * down + out[:, 1:] * ahead


def _shoulder(points: Floats) -> Floats:
    """The top of the left shoulder where the belt crosses it."""
    near = points[(np.abs(points[:, 0] - SHOULDER_X_MM) < 12) & (points[:, 2] < 20)]
    top: Floats = near[np.argmax(near[:, 1])]
    return top


def _in_plane(place: Floats, origin: Floats, down: Floats, ahead: Floats) -> Floats:
    return np.array([(place - origin) @ down, (place - origin) @ ahead])


def _upper_hull(points: Floats, first: Floats, last: Floats) -> Floats:
    """The taut line from `first` to `last` over points (n, 2): x grows along it, y is out of the chest."""
    inside = points[(points[:, 0] > first[0]) & (points[:, 0] < last[0])]
    hull: list[Floats] = []
    for point in [first, *inside[np.argsort(inside[:, 0], kind="stable")], last]:
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return np.array(hull)


def _turns_up(a: Floats, b: Floats, c: Floats) -> bool:
    return bool((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0)


def _loose(line: Floats) -> Floats:
    """How much each point goes with the chest: not at all at the pillar and the buckle."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    from_pillar, from_buckle = length / 230.0, (length[-1] - length) / 160.0
    share = np.clip(np.minimum(from_pillar, from_buckle), 0, 1)
    loose: Floats = share * share * (3 - 2 * share)
    return loose
