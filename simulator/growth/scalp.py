"""The hair of the head: which roots, which lengths, one static mesh in the head frame – and another for under a cap.

Knows how a style becomes ribbons. Must not know frames over time.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.cabin.cap import EDGE_DEG, EDGE_MM
from simulator.growth import comb, knot, places
from simulator.growth.anatomy import Anatomy
from simulator.growth.noise import cloud, field
from simulator.growth.ribbons import Ribbons, join, taper
from simulator.growth.roots import scatter
from simulator.growth.styles import Style
from simulator.growth.vectors import smoothstep, unit
from simulator.types import Array, Geometry

TRIANGLES = (16_000, 84_000)  # to spend, by detail
WIDTH_MM = (1.15, 0.5)  # half width of an ordinary strand, by detail
FINER_STEPS = 5  # more points along long hair in full detail
STRANDS_IN_LOCK = (7, 22)  # by detail
CAP_ROOM_MM = 3.0  # under a cap's edge
CAP_OVERLAP_MM = 4.0  # hair drawn beyond the edge, under the cap
KNOT_GAP_MM = 9.0  # of tied hair from the skin
SKIN_GAP_MM = -260.0  # what lies lower is no matter to hair


def density(mean_mm: Array, ears: NDArray[np.bool_], style: Style, seed: int) -> Array:
    """0–1 for places on the mean face: how thick the hair grows. The skin's texture is darkened by the same numbers."""
    inside = smoothstep(-7.0, 11.0, places.above_hairline(mean_mm, style.recession_mm, seed))
    bald = places.bald(mean_mm, style.bald_mm, style.ring) if style.bald_mm > 0 else np.zeros_like(inside)
    return np.asarray(inside * (1.0 - 0.985 * bald) * ~ears, np.float32)


class Scalp:
    """All strands of one head."""

    def __init__(self, anatomy: Anatomy, style: Style, *, seed: int, detail: int) -> None:
        if style.hangs and detail > 0:
            style = replace(style, steps=style.steps + FINER_STEPS)
        self._style, self._seed, self._detail = style, seed, detail
        solid = (anatomy.rest_mm[:, 1] > SKIN_GAP_MM) & ~anatomy.ears
        self._surface = comb.Surface(anatomy.rest_mm[solid], anatomy.normals[solid])
        thick = density(anatomy.mean_mm, anatomy.ears, style, seed)
        count = int(TRIANGLES[detail] * (0.8 if style.gathered else 1.0)) // (2 * (style.steps - 1))
        roots = scatter(anatomy.rest_mm, anatomy.triangles, thick, count, seed)
        roots = roots.choose(roots.on(thick) > np.random.default_rng((seed, 1)).uniform(0.02, 0.9, count))
        self._mean = roots.on(anatomy.mean_mm)
        self._knot_mm = _knot_of(anatomy)
        self._plan = self._planned(roots.on(anatomy.rest_mm), unit(roots.on(anatomy.normals)))

    def free(self) -> Geometry:
        """The hair as it is worn."""
        hair = self._woven(self._courses())
        return join([hair, self._knot()]) if self._style.gathered else hair

    def capped(self) -> Geometry:
        """What shows below a cap: the hair pressed flat at its edge, and nothing of what is under it."""
        courses = self._courses()
        flat = self._pressed(courses.reshape(-1, 3)).reshape(courses.shape)
        hair = self._woven(flat)
        middle = hair.positions_mm[hair.triangles].mean(1)
        shown = hair.triangles[middle[:, 1] < cap_line(middle) + CAP_OVERLAP_MM]
        below = replace(hair, triangles=shown)
        # A tail comes out through the opening at the back, a bun does not.
        return join([below, self._knot()]) if self._style.gathered and self._style.tail_mm > 0 else below

    def _pressed(self, points_mm: Array) -> Array:
        """Points no farther from the skin than a cap lets them be, from a little below its edge upwards."""
        height, normal = self._surface.near(points_mm)
        line = cap_line(points_mm)
        excess = np.maximum(height - CAP_ROOM_MM, 0.0) * smoothstep(line - 20.0, line - 4.0, points_mm[:, 1])
        return np.asarray(points_mm - excess[:, None] * normal, np.float32)

    def _knot(self) -> Geometry:
        rng = np.random.default_rng((self._seed, 4))
        steps, length = 8, self._style.tail_mm
        count = int(TRIANGLES[self._detail] * 0.2) // (2 * (steps - 1))
        points = knot.tail(count, steps, length, rng) if length > 0 else knot.bun(count, steps, rng)
        points = points + self._knot_mm
        points = comb.frizz(points, self._style.frizz_mm, rng)
        width = taper(count, steps, WIDTH_MM[self._detail] * self._style.width, 0.4, rng)
        shade = np.clip(rng.normal(0.85, 0.16, (count, 1, 1)), 0.3, 1.4) * np.ones((1, steps, 2))
        return Ribbons(width, shade.astype(np.float32)).geometry(points)

    def _planned(self, roots_mm: Array, normals: Array) -> comb.Plan:
        style, rng = self._style, np.random.default_rng((self._seed, 2))
        above = smoothstep(20.0, 78.0, self._mean[:, 1]) * smoothstep(-150.0, -95.0, self._mean[:, 2])
        length = style.side_mm + (style.top_mm - style.side_mm) * above
        length = length * (1.0 + style.spread * cloud(roots_mm, (25.0, 8.0), self._seed + 3))
        length *= rng.uniform(1.0 - style.spread, 1.0 + style.spread, len(length))
        if style.gathered:
            length = 1.12 * np.linalg.norm(roots_mm - self._knot_mm, axis=1)
        edge = places.above_hairline(self._mean, style.recession_mm, self._seed)
        if style.top_mm < 100.0:
            length *= 0.35 + 0.65 * smoothstep(0.0, 16.0, edge)  # a cut thins out to its edge
            length *= 1.0 - 0.45 * smoothstep(22.0, 8.0, self._mean[:, 1]) * (places.azimuth(self._mean) < 92.0)
        layer = rng.uniform(0.0, 1.0, len(length)) ** 0.8 * (0.25 + 0.75 * smoothstep(0.0, 30.0, edge))
        if not style.hangs:
            layer *= 0.4 + 0.6 * above
        return comb.Plan(roots_mm, normals, length.astype(np.float32), layer.astype(np.float32), self._knot_mm)

    def _courses(self) -> Array:
        """All strands (n, k, 3), grown, curled, clumped."""
        style, rng = self._style, np.random.default_rng((self._seed, 3))
        points = comb.grow(self._plan, style, self._surface)
        if style.curl_mm > 0:
            points = comb.curl(points, style, rng)
        points = comb.clump(points, style.clump, max(40, len(points) // STRANDS_IN_LOCK[self._detail]), rng)
        return comb.keep_face_free(comb.frizz(points, style.frizz_mm, rng), style)

    def _woven(self, courses: Array) -> Geometry:
        rng = np.random.default_rng((self._seed, 5))
        count, steps, _ = courses.shape
        width = taper(count, steps, WIDTH_MM[self._detail] * self._style.width, 0.25, rng)
        return Ribbons(width, self._shade(courses, rng)).geometry(courses)

    def _shade(self, points_mm: Array, rng: np.random.Generator) -> Array:
        """Brightness along each strand and at both its edges: locks differ, roots lie in the shade of the rest."""
        plan, (count, steps, _) = self._plan, points_mm.shape
        lock = 1.0 + 0.22 * field(plan.roots_mm, 14.0, self._seed + 9) + rng.normal(0.0, 0.14, count)
        along = np.linspace(0.0, 1.0, steps)[None, :]
        cover = 1.0 - 0.5 * (1.0 - plan.layer[:, None]) - 0.25 * (1.0 - along)
        edges = rng.uniform(0.85, 1.15, (count, 1, 2))
        return np.asarray(np.clip(lock[:, None] * cover, 0.15, 1.8)[..., None] * edges, np.float32)


def _knot_of(anatomy: Anatomy) -> Array:
    """Where this head's hair would be tied: a finger's breadth off the back of the skull."""
    nearest = int(np.linalg.norm(anatomy.mean_mm - places.KNOT_MM, axis=1).argmin())
    return np.asarray(anatomy.rest_mm[nearest] + KNOT_GAP_MM * anatomy.normals[nearest], np.float32)


def cap_line(at_mm: Array) -> Array:
    """Height of a cap's lower edge over a place: on the forehead high, at the nape lower."""
    return np.interp(places.azimuth(at_mm), EDGE_DEG, EDGE_MM).astype(np.float32)
