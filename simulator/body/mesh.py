"""What of the base mesh is drawn: chosen faces, their parts, one refinement, seams, normals.

Knows topology only: nothing here depends on an identity but how much the clothes cover. Must not know poses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from simulator.body import rig, source
from simulator.body.source import Integers, Source
from simulator.body.subdivide import refine, refine_corners
from simulator.body.unfold import places
from simulator.types import Array, Material, Triangles, What

Flags = NDArray[np.bool_]

PARTS = (What.SKIN, What.HAND_LEFT, What.HAND_RIGHT, What.MOUTH, What.CLOTHES)  # the order of drawn vertices
MATERIALS = {What.MOUTH: Material.WET, What.CLOTHES: Material.FABRIC}
OVERLAP_ROWS = 2  # of skin kept under the clothes' border
UNDER_MM = 60.0  # skin farther from the clothes is not under them
BELT_MM = 100.0  # height on the base mesh


@dataclass(frozen=True, eq=False, slots=True)
class Slice:
    """One part's share of the drawn vertices."""

    what: What
    first: int
    last: int
    triangles: Triangles  # counted from `first`
    uv: Array


@dataclass(frozen=True, eq=False, slots=True)
class Mesh:
    """Base vertices `kept` move; `matrix` refines them into surface vertices; `rows` doubles those at seams."""

    kept: Integers  # (k,) base vertices, ascending
    matrix: sparse.csr_array | None  # (s, k), None: surface = kept
    quads: Integers  # (q, 4) of surface vertices
    around: sparse.csr_array  # (s, q) the quads around a vertex
    rows: Integers  # (n,) surface vertex of each drawn vertex
    slices: tuple[Slice, ...]

    def surface(self, kept_mm: Array) -> Array:
        """Positions of the surface vertices (s, 3)."""
        return kept_mm if self.matrix is None else self.matrix @ kept_mm

    def normals(self, surface_mm: Array) -> Array:
        """Unit normals (s, 3), weighted by the quads' areas."""
        corners = surface_mm[self.quads]
        areas = cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        sums = self.around @ areas
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))
        return np.asarray(sums / np.maximum(lengths, 1e-9)[:, None], np.float32)

    def place_of(self, base: Integers) -> Integers:
        """Where base vertices stand among the kept ones (and, refined or not, among the surface's)."""
        return np.searchsorted(self.kept, base).astype(np.int32)


def cross(a: Array, b: Array) -> Array:
    """Row by row; numpy's own is several times slower."""
    return np.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        1,
    )


@lru_cache(maxsize=8)
def mesh(levels: int, sleeve_rings: int, neck_rings: int) -> Mesh:
    """The drawn mesh. The rings say how many rows of the clothes' mesh are cut away at wrists and neck."""
    human = source.load()
    chosen, parts = choose_faces(human, sleeve_rings, neck_rings)
    faces, corners = human.faces[chosen], places(human)[human.face_uvs[chosen]]
    kept = np.unique(faces).astype(np.int32)
    quads = np.searchsorted(kept, faces).astype(np.int32)
    matrix = None
    for _ in range(levels):
        refined = refine(quads, len(kept) if matrix is None else matrix.shape[0])
        matrix = refined.matrix if matrix is None else refined.matrix @ matrix
        quads, corners, parts = refined.faces, refine_corners(corners), parts.repeat(4)
    return _assemble(kept, matrix, quads, corners, parts)


def _assemble(
    kept: Integers, matrix: sparse.csr_array | None, quads: Integers, corners: Array, parts: Integers
) -> Mesh:
    count = len(kept) if matrix is None else matrix.shape[0]
    keys = np.column_stack([parts.repeat(4), quads.ravel(), np.rint(corners.reshape(-1, 2) * 1e5).astype(np.int64)])
    drawn, first, corner_of = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    drawn_quads, uv = corner_of.reshape(-1, 4), corners.reshape(-1, 2)[first]
    around = sparse.csr_array(
        (np.ones(quads.size, np.float32), (quads.ravel(), np.arange(len(quads)).repeat(4))), (count, len(quads))
    )
    slices = tuple(_slice(what, drawn[:, 0], drawn_quads[parts == row], uv) for row, what in enumerate(PARTS))
    return Mesh(kept, matrix, quads, around, drawn[:, 1].astype(np.int32), slices)


def _slice(what: What, part_of: NDArray[np.int64], quads: NDArray[np.int_], uv: Array) -> Slice:
    first, last = np.searchsorted(part_of, [PARTS.index(what), PARTS.index(what) + 1])
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]) - first
    return Slice(what, int(first), int(last), triangles.astype(np.int32), uv[first:last])


# --- which faces -------------------------------------------------------------------------------------------------


def choose_faces(human: Source, sleeve_rings: int, neck_rings: int) -> tuple[Integers, Integers]:
    """Faces to draw and the row of PARTS each belongs to."""
    clothes = _clothes(human, sleeve_rings, neck_rings)
    body, labels = _skin(human, human.faces[clothes])
    mouth = np.concatenate(
        [human.group(name) for name in ("helper-upper-teeth", "helper-lower-teeth", "helper-tongue")]
    )
    chosen = np.concatenate([body, mouth, clothes])
    rows = (labels, np.full(len(mouth), PARTS.index(What.MOUTH)), np.full(len(clothes), PARTS.index(What.CLOTHES)))
    return chosen, np.concatenate(rows).astype(np.int32)


def _clothes(human: Source, sleeve_rings: int, neck_rings: int) -> Integers:
    faces = human.group("helper-tights")
    wrists, neck = _rings(human, human.faces[faces])
    legs = rig.share(human, "lowerleg", "foot", "toe")[human.faces[faces]].mean(1) > 0.3
    bare = (wrists < sleeve_rings) | (neck < neck_rings)
    return np.asarray(faces[~legs & ~bare])


def _rings(human: Source, faces: Integers) -> tuple[Integers, Integers]:
    """For each face of the clothes how many rows it is away from the wrists' and from the neck's border."""
    edges, uses = np.unique(np.sort(_ends(faces), 1), axis=0, return_counts=True)
    border = np.unique(edges[uses == 1])
    at_neck = np.abs(human.vertices_mm[border, 0]) < 100.0
    grow = _neighbours(human, faces)
    return _distance(grow, border[~at_neck])[faces].min(1), _distance(grow, border[at_neck])[faces].min(1)


def _distance(grow: sparse.csr_array, start: Integers, limit: int = 40) -> Integers:
    """Edges between each vertex and the nearest of `start`, at most `limit`."""
    distance = np.full(grow.shape[0], limit, np.int32)
    front = np.zeros(grow.shape[0])
    front[start] = 1
    for step in range(limit):
        fresh = (front > 0) & (distance == limit)
        distance[fresh] = step
        front = grow @ fresh.astype(np.float64)
    return distance


def _skin(human: Source, clothes: Integers) -> tuple[Integers, Integers]:
    """Body faces that can be seen, with their parts."""
    body = human.group("body")
    faces = human.faces[body]
    seen = ~_covered(human, faces, clothes) & ~_deep_in_socket(human, faces)
    labels = np.full(len(body), PARTS.index(What.SKIN))
    labels[human.regions["inside-mouth"][faces].mean(1) > 0.5] = PARTS.index(What.MOUTH)
    for side, what in (("L", What.HAND_LEFT), ("R", What.HAND_RIGHT)):
        hand = rig.share(human, *(f"{bone}.{side}" for bone in rig.HAND))
        labels[hand[faces].mean(1) > 0.5] = PARTS.index(what)
    return body[seen], labels[seen].astype(np.int32)


def _covered(human: Source, faces: Integers, clothes: Integers) -> Flags:
    """Faces under the clothes, but for some rows under the border, and everything below the belt."""
    below = human.vertices_mm[faces][:, :, 1].max(1) < BELT_MM
    legs = rig.share(human, "upperleg", "lowerleg", "foot", "toe", "pelvis")[faces].mean(1) > 0.3
    hidden = below & legs
    if len(clothes):
        rows = _border_rows(human, clothes)
        distance, nearest = cKDTree(human.vertices_mm[clothes].mean(1)).query(human.vertices_mm[faces].mean(1))
        hidden |= (rows[nearest] >= OVERLAP_ROWS) & (distance < UNDER_MM)
    return np.asarray(hidden)


def _border_rows(human: Source, faces: Integers) -> Integers:
    """For each face how many rows it is away from the nearest border."""
    edges, uses = np.unique(np.sort(_ends(faces), 1), axis=0, return_counts=True)
    return np.asarray(_distance(_neighbours(human, faces), np.unique(edges[uses == 1]))[faces].min(1))


def _ends(faces: Integers) -> Integers:
    """Both ends of every face's edges, (4 m, 2)."""
    return np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2)


def _neighbours(human: Source, faces: Integers) -> sparse.csr_array:
    ends = _ends(faces)
    grow = sparse.csr_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (len(human.vertices_mm),) * 2)
    return grow + grow.T


def _deep_in_socket(human: Source, faces: Integers) -> Flags:
    """The pockets behind the eyeballs."""
    deep = np.zeros(len(faces), bool)
    for side in "lr":
        centre = human.vertices_mm[human.group_vertices(f"helper-{side}-eye")].mean(0)
        offset = human.vertices_mm[faces] - centre
        deep |= (np.linalg.norm(offset, axis=2).max(1) < 17.0) & (offset[:, :, 2].max(1) < 5.0)
    return deep
