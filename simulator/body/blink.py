"""How lids move: relaxed at the identity's own aperture, shut without a gap, linear in between.

The data set's blink closes at 0.6–0.8 and then travels on, differently in every face. So the shut lid is worked out
once for each identity: both margins on one line, outside the eyeball. A closure goes there along arcs about the eye's
axis, by a table that makes the visible aperture proportional to 1 − closure.
Knows one eye's lids in the head frame. Must not know the rest of the face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.body import eyes, lids
from simulator.body.source import Integers
from simulator.types import Array

Points = NDArray[np.float64]
Weights = NDArray[np.float64]

ABOVE_PUPIL = 0.46  # share of the relaxed aperture above the pupil's centre
CORNERS_MM = (13.6, 13.6)  # how far the inner and the outer corner lie beside the pupil in the mean eye
WIDEN = 0.8  # how much of the way there: the data set's own eyes are 18–23 mm wide, people's 26–30
LID_MM = 1.1  # thickness of a lid's edge: how far its front edge stands off the eyeball
TUCK_MM = 0.5  # how deep the hind edge lies in the eyeball, so that lid and ball meet without a gap
CLEAR_MM = 0.75  # least distance of any lid skin from the eyeball
OVERLAP_MM = 0.2  # the shut upper lid laps over the lower
MEETING = 0.2  # where the middles meet, as a share of the aperture above the lower margin
CORNER_DROP_MM = 1.2  # the outer corner sinks as the eye shuts
SOFT_MM = 9.0  # a margin's shift fades out in the skin over this distance
HOLD_MM = (3.0, 14.0)  # from near to far from the margin, other face units act on the shut lid from nothing to fully
BESIDE_MM = 4.0  # how many neighbours of the margin a skin vertex follows
NARROWEST = 0.1  # of the relaxed gap: squint and gaze alone never shut an eye
TABLE = np.linspace(0.0, 1.0, 25)


@dataclass(frozen=True, eq=False, slots=True)
class Lids:
    """One eye's lids of an identity, in the head frame. Rows of `index` say which kept vertices they are."""

    index: Integers  # (n,) kept vertices
    ring: Integers  # (28,) rows of `index`: the front loop
    tucked: Integers  # (28,) rows of `index`: the inner loop
    beside: Weights  # (n, 28) which margin places a vertex stands by, sum 1
    follow: Weights  # (n, 28) how a margin's shift spreads: `beside`, fading with the distance
    hold: Weights  # (n,) 1: other face units do not move it while shut
    skin: NDArray[np.bool_]  # (n,) rows that must stay outside the eyeball
    relaxed: Points  # (n, 3)
    shut: Points  # (n, 3)
    centre: Points
    radius_mm: float
    travel: Weights  # (25,) way along the arc at TABLE's closures

    def move(self, shift: Points, closure: float, axis: Points) -> Points:
        """Places of the lids' vertices (n, 3).

        Args:
            shift: what other face units add to each vertex.
            closure: 0 … 1.
            axis: unit optical axis of the eye in the head frame; the cornea pushes the lids.
        """
        way = float(np.interp(closure, TABLE, self.travel))
        return self._at(way, self._apart(self.relaxed + shift), shift, axis)

    def edges(self, points: Array) -> tuple[Points, Points]:
        """The upper and the lower margin (15, 3), sorted by x, of placed kept vertices."""
        ring = points[self.index[self.ring]].astype(np.float64)
        upper, lower = (edge[np.argsort(edge[:, 0])] for edge in (ring[lids.UPPER_EDGE], ring[lids.LOWER_EDGE]))
        return upper, lower

    def _at(self, way: float, opened: Points, shift: Points, axis: Points) -> Points:
        closed = self.shut + shift * (1 - self.hold)[:, None]
        return self._outside(_along_arc(opened - self.centre, closed - self.centre, way), axis) + self.centre

    def _apart(self, points: Points) -> Points:
        """Keeps the open margins from crossing where squint and a low gaze add up."""
        relaxed, ring = self.relaxed[self.ring, 1], points[self.ring, 1]
        least = NARROWEST * (relaxed[lids.UPPER] - relaxed[lids.LOWER])
        lacking = np.maximum(0.0, least - (ring[lids.UPPER] - ring[lids.LOWER])) / 2
        if not lacking.any():
            return points
        nudge = np.zeros(lids.COUNT)
        nudge[lids.UPPER], nudge[lids.LOWER] = lacking, -lacking
        return points + np.column_stack([np.zeros(len(points)), self.follow @ nudge, np.zeros(len(points))])

    def _outside(self, offset: Points, axis: Points) -> Points:
        """Skin beyond the eyeball with its cornea, the hind edge just inside it."""
        distance = np.linalg.norm(offset, axis=1)
        wall = eyes.radius(self.radius_mm, offset @ axis / distance)
        goal = np.where(self.skin, np.maximum(distance, wall + CLEAR_MM), distance)
        goal[self.ring] = np.maximum(goal[self.ring], wall[self.ring] + LID_MM)
        goal[self.tucked] = np.minimum(distance[self.tucked], wall[self.tucked] - TUCK_MM)
        return np.asarray(offset * (goal / distance)[:, None])


@dataclass(frozen=True, eq=False, slots=True)
class Eye:
    """What the lids of one eye are solved for."""

    rest: Points  # (k, 3) resting kept vertices, head frame
    blink: Points  # (k, 3) the data set's blink at weight 1
    loops: tuple[Integers, Integers]  # kept vertices of the front and the inner margin loop, (28,) each
    centre: Points  # of the eyeball
    radius_mm: float


def build(eye: Eye, aperture_mm: float) -> Lids:
    """Solves one eye of an identity, so that its relaxed lids stand `aperture_mm` apart."""
    rest, blink, centre = eye.rest, eye.blink, eye.centre
    near = np.linalg.norm(rest - centre, axis=1) < 34.0
    index = np.flatnonzero(near | (np.abs(blink).max(1) > 0.01)).astype(np.int32)
    front, inner = (np.searchsorted(index, loop).astype(np.int32) for loop in eye.loops)
    points = rest[index]
    distance = _to_margin(points, front).min(1)
    distance[inner] = 0.0
    beside = _beside(points, front, inner)
    start = Lids(
        index=index,
        ring=front,
        tucked=inner,
        beside=beside,
        follow=beside * (1 - _step(distance, 0.0, SOFT_MM))[:, None],
        hold=1 - _step(distance, *HOLD_MM),
        skin=_skin_rows(points - centre, front, inner),
        relaxed=points,
        shut=points,
        centre=centre,
        radius_mm=eye.radius_mm,
        travel=TABLE,
    )
    fitted = replace(start, relaxed=_relax(start, aperture_mm))
    shut = replace(fitted, shut=_shut(fitted, blink[index]))
    return replace(shut, travel=_calibrate(shut))


# --- geometry of the zone ----------------------------------------------------------------------------------------


def _to_margin(points: Points, front: Integers) -> Weights:
    """Distances to the margin's vertices, (n, 28)."""
    return np.asarray(np.linalg.norm(points[:, None] - points[front][None], axis=2))


def _beside(points: Points, front: Integers, inner: Integers) -> Weights:
    """Which places of the margin a vertex goes with: the near ones of its own lid."""
    apart = _to_margin(points, front)
    distance, nearest = apart.min(1), apart.argmin(1)
    weights = np.exp(-(((apart - distance[:, None]) / BESIDE_MM) ** 2))
    is_upper = np.isin(np.arange(lids.COUNT), lids.UPPER)
    corner = np.isin(np.arange(lids.COUNT), (lids.INNER, lids.OUTER))
    weights *= (is_upper[None] == is_upper[nearest][:, None]) | corner[None]
    weights /= weights.sum(1)[:, None]
    weights[front] = weights[inner] = np.eye(lids.COUNT)
    return np.asarray(weights)


def _skin_rows(offset: Points, front: Integers, inner: Integers) -> NDArray[np.bool_]:
    """Rows of the lids' outside: not the pocket behind the margin. Pocket vertices are nearer than the front edge."""
    directions = offset / np.linalg.norm(offset, axis=1)[:, None]
    nearest = (directions @ directions[front].T).argmax(1)
    outside = np.linalg.norm(offset, axis=1) > np.linalg.norm(offset[front], axis=1)[nearest] - 0.3
    outside &= (offset[:, 2] > 0) & (np.linalg.norm(offset, axis=1) < 26.0)
    outside[inner] = False
    outside[front] = True
    return np.asarray(outside)


def _step(x: Weights, low: float, high: float) -> Weights:
    """Smooth 0 … 1 between two bounds."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _along_arc(start: Points, end: Points, way: float) -> Points:
    """Between two offsets from the eye's centre, turning about its sideways axis; straight behind the eye."""
    if way <= 0.0:
        return start
    reach = [np.hypot(p[:, 1], p[:, 2]) for p in (start, end)]
    angle = [np.arctan2(p[:, 1], p[:, 2]) for p in (start, end)]
    length, turn = (a + (b - a) * way for a, b in (reach, angle))
    straight = start + (end - start) * way
    arc = np.column_stack([straight[:, 0], length * np.sin(turn), length * np.cos(turn)])
    return np.where((np.minimum(start[:, 2], end[:, 2]) > 2.0)[:, None], arc, straight)


# --- solving an identity -----------------------------------------------------------------------------------------


def _profile(ring: Points) -> Weights:
    """How much each loop place shares in opening the middle: nothing at the corners."""
    x = ring[:, 0]
    along = (x - x[lids.INNER]) / (x[lids.OUTER] - x[lids.INNER])
    return np.asarray(np.sin(np.pi * np.clip(along, 0.0, 1.0)) ** 0.8)


def _relax(eye: Lids, aperture_mm: float) -> Points:
    """The resting zone with both margins moved to where this identity's relaxed lids stand."""
    points, forward = _widened(eye), np.array([0.0, 0.0, 1.0])
    goals = ((lids.UPPER_EDGE, ABOVE_PUPIL * aperture_mm), (lids.LOWER_EDGE, (ABOVE_PUPIL - 1) * aperture_mm))
    for _ in range(6):  # pushing out changes the heights a little: repeat
        ring = points[eye.ring] - eye.centre
        nudge = np.zeros(lids.COUNT)
        for edge, goal in goals:
            nudge[edge] = _profile(ring)[edge] * (goal - float(np.interp(0.0, *_sorted(ring[edge]))))
        points = points + np.column_stack([np.zeros(len(points)), eye.follow @ nudge, np.zeros(len(points))])
        points = _seated(eye, points, forward)
    return points


def _widened(eye: Lids) -> Points:
    """The zone with both corners drawn apart, the margin between them stretched evenly."""
    x = eye.relaxed[eye.ring, 0] - eye.centre[0]
    nudge = np.zeros((lids.COUNT, 3))
    for corner, goal in zip((lids.INNER, lids.OUTER), CORNERS_MM, strict=True):
        share = np.clip(x / x[corner], 0.0, 1.0)
        nudge[:, 0] += share * WIDEN * (np.sign(x[corner]) * goal - x[corner])
    return np.asarray(eye.relaxed + eye.follow @ nudge)


def _sorted(edge: Points) -> tuple[Points, Points]:
    order = np.argsort(edge[:, 0])
    return edge[order, 0], edge[order, 1]


def _seated(eye: Lids, points: Points, axis: Points) -> Points:
    """Draws the front edge to a lid's thickness off the eyeball, but for the corners, with the skin beside it."""
    ring = points[eye.ring] - eye.centre
    goal = eyes.radius(eye.radius_mm, ring @ axis / np.linalg.norm(ring, axis=1)) + LID_MM
    depth = np.sqrt(np.maximum(goal**2 - ring[:, 0] ** 2 - ring[:, 1] ** 2, (0.6 * goal) ** 2))
    inwards = np.zeros((lids.COUNT, 3))
    inwards[:, 2] = _profile(ring) * np.minimum(depth - ring[:, 2], 0.0)
    moved = points + eye.follow @ inwards
    return eye._outside(moved - eye.centre, axis) + eye.centre


def _shut(eye: Lids, blink: Points) -> Points:
    """Both margins on one line, the skin drawn after them."""
    relaxed = eye.relaxed[eye.ring] - eye.centre
    upper, lower = relaxed[lids.UPPER], relaxed[lids.LOWER]
    line = _closed_line(eye, relaxed)
    points = eye.relaxed + (eye.beside @ _meeting_weights(eye, blink, line))[:, None] * blink
    ring = points[eye.ring] - eye.centre
    nudge = np.zeros((lids.COUNT, 3))
    nudge[lids.LOWER] = line - ring[lids.LOWER]
    lapped = np.minimum(1.0, (upper - lower)[:, 1] / 3.0)[:, None] * np.array([0.0, -OVERLAP_MM, OVERLAP_MM])
    nudge[lids.UPPER] = line + lapped - ring[lids.UPPER]
    nudge[lids.OUTER, 1] = relaxed[lids.OUTER, 1] - CORNER_DROP_MM - ring[lids.OUTER, 1]
    offset = points + eye.follow @ nudge - eye.centre
    for edge, lap in ((lids.UPPER, -OVERLAP_MM), (lids.LOWER, OVERLAP_MM)):
        offset[eye.tucked[edge]] = line + np.array([0.0, lap, 0.0])  # the hind edges close behind the front ones
    return eye._outside(offset, np.array([0.0, 0.0, 1.0])) + eye.centre


def _closed_line(eye: Lids, ring: Points) -> Points:
    """Where the margins meet, (13, 3) about the eye's centre: an even curve that hangs between the corners."""
    inner, outer, upper, lower = ring[lids.INNER], ring[lids.OUTER], ring[lids.UPPER], ring[lids.LOWER]
    line = (upper + lower) / 2
    along = (line[:, 0] - inner[0]) / (outer[0] - inner[0])
    chord = inner[1] + (outer[1] - CORNER_DROP_MM - inner[1]) * along
    middle = len(along) // 2
    lowest = lower[middle, 1] + MEETING * (upper - lower)[middle, 1] - chord[middle]
    line[:, 1] = chord + lowest * np.sin(np.pi * along)
    distance = np.linalg.norm(line, axis=1)
    goal = np.maximum(distance, eyes.radius(eye.radius_mm, line[:, 2] / distance) + LID_MM)
    return np.asarray(line * (goal / distance)[:, None])


def _meeting_weights(eye: Lids, blink: Points, line: Points) -> Weights:
    """For each loop place the weight at which the data set's blink brings its upper lid down to the line."""
    upper = eye.ring[lids.UPPER]
    way = np.maximum(0.0, eye.relaxed[upper, 1] - eye.centre[1] - line[:, 1])
    column = way / np.maximum(-blink[upper, 1], 0.5)
    column = np.clip(column, 0.2, 1.0 * column[len(column) // 2] + 0.1)
    weights = np.empty(lids.COUNT)
    weights[lids.UPPER], weights[lids.LOWER] = column, column
    weights[lids.INNER], weights[lids.OUTER] = column[0], column[-1]
    return weights


def _calibrate(eye: Lids) -> Weights:
    """Way along the arc for each closure of TABLE, so that the aperture over the pupil falls in a straight line."""
    still, forward = np.zeros_like(eye.relaxed), np.array([0.0, 0.0, 1.0])
    heights = [_aperture(eye, eye._at(way, eye.relaxed, still, forward)) for way in TABLE]
    falling = np.minimum.accumulate(np.array(heights) / heights[0])
    travel = np.interp(1 - TABLE, falling[::-1], TABLE[::-1])
    travel[-1] = 1.0
    return np.asarray(travel)


def _aperture(eye: Lids, points: Points) -> float:
    return lids.aperture(lids.margins(points[eye.ring].astype(np.float32)), float(eye.centre[0]))
