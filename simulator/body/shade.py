"""How much of the surroundings each vertex sees: ambient occlusion, baked once for the mean body and cached.

Nothing in it is random, so two bakes are equal. Knows rays and the mean shape. Must not know identities.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

from simulator.body import eyes, source
from simulator.body.mesh import Mesh, mesh
from simulator.body.shape import settle_mouth
from simulator.body.units import PREFIX
from simulator.types import Array

Points = NDArray[np.float64]

RAYS = 96
ALL_ROWS = 1000  # cuts all the clothes away
REACH_MM = 80.0  # what is farther away does not shade, and less the farther
LIFT_MM = 0.3  # rays start this far off the surface
FORMAT = 6  # raise it when the bake changes
PARTED = {
    "jawOpen": 0.7,
    "mouthUpperUpLeft": 0.4,
    "mouthUpperUpRight": 0.4,
    "mouthSmileLeft": 0.3,
    "mouthSmileRight": 0.3,
}
TEETH_LEAST = 0.6
EYE_EDGE_MM = (-0.8, 3.2)  # the eyeball brightens from the upper margin down over this
EYE_DARKEST = 0.35


@lru_cache(maxsize=1)
def openness() -> tuple[Array, Array]:
    """Share of the sky each base vertex sees, 0–1, (19158,): with lips closed and with the mouth open."""
    path = source.cache_folder() / f"shade-{source.FORMAT}-{FORMAT}.npz"
    stored = source.read_arrays(path)
    if stored is None:
        stored = {"closed": _bake({}), "parted": np.maximum(_bake(PARTED), _teeth())}
        source.write_arrays(path, stored)
    return stored["closed"], stored["parted"]


def _bake(units: dict[str, float]) -> Array:
    """The skin shades itself and the clothes: what they hide of it nobody sees."""
    human = source.load()
    vertices = human.vertices_mm.copy()
    settle_mouth(human, vertices)
    for name, weight in units.items():
        target = human.targets[PREFIX + name]
        vertices[target.index] += np.float32(weight) * target.delta_mm
    bare, dressed = mesh(1, ALL_ROWS, ALL_ROWS), mesh(1, 0, 0)
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, np.concatenate([_triangles(bare, vertices), *_balls(human)]).astype(np.float32))
    seen = np.ones(len(vertices), np.float32)
    for body, own in ((bare, bare.kept), (dressed, np.setdiff1d(dressed.kept, bare.kept))):
        surface, rows = body.surface(vertices[body.kept]), body.place_of(own)
        seen[own] = _cast(scene, surface[rows], body.normals(surface)[rows])
    return seen


def _triangles(body: Mesh, vertices: Array) -> Array:
    """(m, 3, 3)."""
    triangles = np.concatenate([body.quads[:, [0, 1, 2]], body.quads[:, [0, 2, 3]]])
    return np.asarray(body.surface(vertices[body.kept])[triangles])


def _teeth() -> Array:
    """Least openness with parted lips: the bake's lips hide more of the teeth than most open mouths do."""
    human = source.load()
    least = np.zeros(len(human.vertices_mm), np.float32)
    for jaw in ("upper", "lower"):
        least[human.group_vertices(f"helper-{jaw}-teeth")] = TEETH_LEAST
    return least


def _balls(human: source.Source) -> list[Array]:
    """Both eyeballs' triangles (m, 3, 3)."""
    ball, sockets = eyes.globe(), eyes.sockets(human, human.vertices_mm)
    return [ball.directions[ball.triangles] * sockets.radius_mm + centre for centre in sockets.centres_mm]


def _cast(scene: rtcore_scene.EmbreeScene, origins: Array, normals: Array) -> Array:
    """Cosine-weighted rays from every vertex, one way for all vertices at a time, so that neighbours agree."""
    seen = np.zeros(len(origins))
    starts = (origins + LIFT_MM * normals).astype(np.float32)
    for way in _sphere(RAYS):
        ways = normals * 1.001 + way
        ways = (ways / np.linalg.norm(ways, axis=1, keepdims=True)).astype(np.float32)
        distance = scene.run(starts, ways, query="DISTANCE")
        seen += (np.minimum(distance, REACH_MM) / REACH_MM) ** 2
    return (seen / RAYS).astype(np.float32)


def _sphere(count: int) -> Points:
    """Even directions (count, 3): the golden-angle spiral."""
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(count)
    flat = np.sqrt(1 - height**2)
    return np.column_stack([flat * np.cos(turn), height, flat * np.sin(turn)])


def eye_openness(points: Points, upper: Points, lower: Points) -> Array:
    """What the lids leave of the light on an eyeball.

    Args:
        points: (n, 3) of the eyeball in the head frame.
        upper: the upper margin's polyline (15, 3), sorted by x.
        lower: the lower one's.
    """
    from_upper = np.interp(points[:, 0], upper[:, 0], upper[:, 1]) - points[:, 1]
    from_lower = points[:, 1] - np.interp(points[:, 0], lower[:, 0], lower[:, 1])
    low, high = EYE_EDGE_MM
    shade = np.clip((from_upper - low) / (high - low), 0.0, 1.0) * np.clip(0.6 + (from_lower - low) / 6.0, 0.0, 1.0)
    return (EYE_DARKEST + (1 - EYE_DARKEST) * shade).astype(np.float32)
