"""Turns polylines into the ribbons that `Material.STRAND` draws.

Knows the layout that `simulator.types` fixes for strands. Must not know what grows where.
"""

from __future__ import annotations

import numpy as np

from simulator.growth.vectors import Numbers
from simulator.types import Array, Geometry, Triangles


class Ribbons:
    """Strands of one kind: their triangles, widths and shades stay, their course may change with every frame.

    Args:
        half_width_mm: (n, k), along each strand.
        shade: (n, k, 2), factor on the reflectance at the left and the right edge.
    """

    def __init__(self, half_width_mm: Array, shade: Array) -> None:
        count, steps = half_width_mm.shape
        self._tone = _interleave(np.repeat(half_width_mm[:, :, None], 2, axis=2), shade)
        side = np.broadcast_to(np.array([-1.0, 1.0]), (count, steps, 2))
        along = np.broadcast_to(np.linspace(0.0, 1.0, steps)[None, :, None], (count, steps, 2))
        self._uv = _interleave(side, along)
        self.triangles = _triangles(count, steps)
        self._rest: Array | None = None

    def geometry(self, points_mm: Array) -> Geometry:
        """Ribbons along `points_mm` (n, k, 3); the first course given counts as the resting one."""
        positions = _both_sides(points_mm)
        if self._rest is None:
            self._rest = positions
        return Geometry(positions, _both_sides(tangents(points_mm)), self.triangles, self._rest, self._uv, self._tone)


def tangents(points_mm: Array) -> Array:
    """Unit directions (n, k, 3) along polylines."""
    step = np.diff(points_mm, axis=1)
    middle = 0.5 * (step[:, 1:] + step[:, :-1])
    raw = np.concatenate([step[:, :1], middle, step[:, -1:]], axis=1)
    length = np.sqrt(np.einsum("nki,nki->nk", raw, raw))[..., None]
    return np.asarray(raw / np.maximum(length, 1e-6), np.float32)


def join(parts: list[Geometry]) -> Geometry:
    """One geometry of several."""
    starts = np.cumsum([0] + [len(part.positions_mm) for part in parts])
    return Geometry(
        np.concatenate([part.positions_mm for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=False)]).astype(np.int32),
        np.concatenate([part.rest for part in parts]),
        np.concatenate([part.uv for part in parts]),
        np.concatenate([part.tone for part in parts]),
    )


def taper(count: int, steps: int, half_width_mm: float, tip: float, rng: np.random.Generator) -> Array:
    """Half widths (n, k): each strand its own, thinning to `tip` of it over its last part."""
    along = np.linspace(0.0, 1.0, steps, dtype=np.float32)
    profile = 1.0 - (1.0 - tip) * np.clip((along - 0.4) / 0.6, 0.0, 1.0) ** 1.5
    own = half_width_mm * rng.uniform(0.7, 1.3, count).astype(np.float32)
    return np.asarray(own[:, None] * profile[None, :], np.float32)


def _interleave(first: Numbers, second: Numbers) -> Array:
    return np.stack([first, second], axis=-1).reshape(-1, 2).astype(np.float32)


def _both_sides(values: Array) -> Array:
    return np.repeat(values.astype(np.float32, copy=False).reshape(-1, 3), 2, axis=0)


def _triangles(count: int, steps: int) -> Triangles:
    corner = np.arange(count * steps * 2, dtype=np.int32).reshape(count, steps, 2)
    left, right, left_on, right_on = corner[:, :-1, 0], corner[:, :-1, 1], corner[:, 1:, 0], corner[:, 1:, 1]
    pair = np.stack([np.stack([left, right, left_on], -1), np.stack([left_on, right, right_on], -1)], axis=-2)
    return np.ascontiguousarray(pair.reshape(-1, 3))
