"""What stays the same of one identity: its shape, skeleton, lids and the mesh it is drawn with.

Knows how to work these out once. Must not know moments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from simulator.body import blink, eyes, lids, rig, shade, source
from simulator.body.eyes import Sockets
from simulator.body.mesh import Mesh, mesh
from simulator.body.rig import Skeleton
from simulator.body.shape import shape
from simulator.body.source import Source
from simulator.body.units import SIDES, Units
from simulator.body.upright import upright
from simulator.types import Array, Identity, What

LONG, SHORT = 1, 17  # rows of the clothes cut away at the wrist: to the wrist, to above the elbow
SHORT_SHARE = 0.3
NECKLINES = (1, 2, 3)  # rows cut away at the neck
CLOTH_MM = 3.0  # how far clothes stand off the skin, beyond what the data set gives them
TONGUE_TINT, TEETH_TINT, GUM_TINT = 0.55, 1.3, 0.7
CROWNS_MM = {"upper": (668.0, 673.0), "lower": (661.0, 656.0)}  # heights where a tooth ends and its gum is reached
THROAT = ((85.0, 145.0), (0.08, 0.7))  # tint over the depth z of the base mesh
ROUNDS = 2  # that make the refined lids' aperture right


@dataclass(frozen=True, eq=False, slots=True)
class Figure:
    """One identity at rest in the head frame (its eyes' midpoint is the origin)."""

    mesh: Mesh
    kept_mm: Array  # (k, 3)
    skeleton: Skeleton
    weights: sparse.csr_array  # (k, bones)
    units: Units
    sockets: Sockets
    lids: tuple[blink.Lids, blink.Lids]
    openness: tuple[Array, Array]  # (k,) ambient light with the lips closed and with the mouth open
    tint: Array  # (k,) factor on the reflectance


def figure(identity: Identity, detail: int) -> Figure:
    """Works everything out; about 0.1 s once the caches are warm."""
    human = source.load()
    vertices = upright(human, shape(human, identity))
    vertices -= eyes.sockets(human, vertices).centres_mm.mean(0).astype(np.float32)
    sockets = eyes.sockets(human, vertices)
    rings = outfit(identity)
    body = mesh(detail, *rings)
    kept = _clothed(body, vertices[body.kept])
    units = Units(human, body.kept)
    closed, parted = shade.openness()
    solved = _lids(body, kept, units, sockets, identity)
    for eye in solved:
        kept[eye.index] = eye.relaxed
    return Figure(
        mesh=body,
        kept_mm=kept,
        skeleton=rig.skeleton(human, vertices),
        weights=rig.all_weights()[body.kept],
        units=units,
        sockets=sockets,
        lids=solved,
        openness=(closed[body.kept], parted[body.kept]),
        tint=_tint(human)[body.kept],
    )


def outfit(identity: Identity) -> tuple[int, int]:
    """Rows of the clothes' mesh that this identity's shirt leaves away at wrists and neck."""
    rng = np.random.default_rng([0x0F17, identity.seed])
    return SHORT if rng.random() < SHORT_SHARE else LONG, int(rng.choice(NECKLINES))


def _clothed(body: Mesh, kept: Array) -> Array:
    """Lifts the clothes off the skin."""
    kept = kept.copy()
    normals = body.normals(body.surface(kept))[: len(kept)]
    piece = next(piece for piece in body.slices if piece.what is What.CLOTHES)
    rows = np.unique(body.rows[piece.first : piece.last])
    rows = rows[rows < len(kept)]
    kept[rows] += CLOTH_MM * normals[rows]
    return kept


def _tint(human: Source) -> Array:
    """Crowns are bright, gums and tongue dimmer; the throat is dark: little of the light in it finds the way out."""
    height, tint = human.vertices_mm[:, 1], np.ones(len(human.vertices_mm), np.float32)
    inside = human.regions["inside-mouth"] > 0.5
    tint[inside] = np.interp(human.vertices_mm[inside, 2], *THROAT)
    tint[human.group_vertices("helper-tongue")] = TONGUE_TINT
    for jaw, (edge, gum) in CROWNS_MM.items():
        teeth = human.group_vertices(f"helper-{jaw}-teeth")
        share = np.clip((height[teeth] - gum) / (edge - gum), 0.0, 1.0)
        tint[teeth] = GUM_TINT + (TEETH_TINT - GUM_TINT) * share
    return tint


def _lids(body: Mesh, kept: Array, units: Units, sockets: Sockets, identity: Identity) -> tuple[blink.Lids, blink.Lids]:
    rest = kept.astype(np.float64)
    found = []
    for side, loops in enumerate(lids.loops()):
        raw = units.dense(f"eyeBlink{SIDES[side]}").astype(np.float64)
        ring = (body.place_of(loops.front), body.place_of(loops.inner))
        eye = blink.Eye(rest, raw, ring, sockets.centres_mm[side], sockets.radius_mm)
        found.append(_one_eye(eye, body, identity.aperture_mm))
    return found[0], found[1]


def _one_eye(eye: blink.Eye, body: Mesh, aperture_mm: float) -> blink.Lids:
    """Refinement rounds the margins off, so the cage is solved for what the refined lids then have."""
    solved = blink.build(eye, aperture_mm)
    goal = aperture_mm
    for _ in range(0 if body.matrix is None else ROUNDS):
        goal += aperture_mm - _refined_aperture(body, eye, solved)
        solved = blink.build(eye, goal)
    return solved


def _refined_aperture(body: Mesh, eye: blink.Eye, solved: blink.Lids) -> float:
    points = eye.rest.astype(np.float32)
    points[solved.index] = solved.relaxed
    ring = points[eye.loops[0]] if body.matrix is None else body.matrix[eye.loops[0]] @ points
    return lids.aperture(lids.margins(ring), float(solved.centre[0]))
