"""The skin's texture: how bright, how oily and how high each place is at 850–940 nm.

In NIR light wanders deep: blood and freckles all but vanish, the red of the lips too; what stays are folds, pores,
moles, stubble, and the dark rim of the lids (its moist edge and the lashes' roots).
Knows the mesh's UV space and the mean face. Must not know light.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from simulator.body.body import Body
from simulator.growth import beard, places, scalp
from simulator.growth.anatomy import Anatomy, anatomy_of
from simulator.growth.atlas import Atlas
from simulator.growth.lashes import lash_line
from simulator.growth.noise import cloud, field
from simulator.growth.styles import style_of
from simulator.growth.vectors import smoothstep
from simulator.growth.wrinkles import Fold, folds, furrows
from simulator.types import Array, Beard, Identity

PLAIN = (1.0, 0.3, 0.0, 0.0)  # where the mesh has no texels
DARKEST, BRIGHTEST = 0.04, 1.3
RIM_DARK = 0.85
TINT = {Beard.NONE: 0.04, Beard.STUBBLE: 0.32, Beard.MOUSTACHE: 0.35, Beard.FULL: 0.45}

# Where skin is darker: middle (x mirrored) and radii in mm on the mean face, and how much.
_DARK = (
    ((0.0, -68.3, 28.0), (24.0, 0.9, 30.0), 0.3),  # between the lips
    ((places.EYE_X_MM, 6.0, 14.0), (16.0, 7.0, 14.0), 0.07),  # lids
    ((27.0, -10.0, 12.0), (11.0, 5.0, 14.0), 0.04),  # under the eyes
    ((7.5, -41.5, 31.0), (4.5, 4.0, 5.0), 0.8),  # nostrils
)
_UNDER_EYE = ((27.0, -10.0, 12.0), (11.0, 5.0, 14.0))  # and there more with the years

# Where skin is oily: middle (x mirrored) and radii in mm on the mean face, and how much.
_OILY = (
    ((0.0, -20.0, 36.0), (11.0, 26.0, 30.0), 0.75),  # nose
    ((0.0, 42.0, 26.0), (38.0, 20.0, 30.0), 0.55),  # forehead
    ((40.0, -25.0, 8.0), (16.0, 12.0, 25.0), 0.4),  # cheekbones
    ((0.0, -100.0, 20.0), (14.0, 10.0, 25.0), 0.3),  # chin
)


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Where a list of t texels lies."""

    mean_mm: Array  # (t, 3) on the mean face
    rest_mm: Array  # (t, 3) on this one
    ears: NDArray[np.bool_]  # (t,)

    def some(self, rows: NDArray[np.int64]) -> Places:
        return Places(self.mean_mm[rows], self.rest_mm[rows], self.ears[rows])


@dataclass(frozen=True, eq=False, slots=True)
class Mole:
    """A dark spot of one person."""

    middle_mm: Array  # (3,) on this face
    radius_mm: float
    dark: float


@dataclass(frozen=True, eq=False, slots=True)
class Marks:
    """Everything on one person's skin that is drawn by lot once, wherever it comes to lie."""

    folds: tuple[Fold, ...]
    freckled: float  # how much darker the freckles are, 0 on most
    moles: tuple[Mole, ...]


def skin_texture(body: Body, identity: Identity, size: int = 1024) -> Array:
    """The texture (size, size, 4) of the body's SKIN part; row r, column c at v = (r + ½)/size, u = (c + ½)/size.

    Channels: factor on `identity.skin_reflectance` (about 1), oil 0–1, height in mm, nothing.
    """
    anatomy = anatomy_of(body)
    atlas = Atlas(anatomy.uv, anatomy.triangles, size)
    marks = _marks(atlas, anatomy, identity.seed)
    painted = [_painted(_places(atlas, anatomy, some), anatomy, identity, marks) for some in atlas.blocks()]
    return atlas.sheet(np.concatenate(painted), PLAIN)


def _places(atlas: Atlas, anatomy: Anatomy, some: slice) -> Places:
    ears = atlas.spread(anatomy.ears.astype(np.float32), some) > 0.5
    return Places(atlas.spread(anatomy.mean_mm, some), atlas.spread(anatomy.rest_mm, some), ears)


def _marks(atlas: Atlas, anatomy: Anatomy, seed: int) -> Marks:
    """A few moles, on some people faint freckles."""
    rng = np.random.default_rng((seed, 0x70))
    freckled = float(rng.uniform(0.0, 0.05)) * (rng.random() < 0.4)
    face = np.concatenate([some.start + _on_face(atlas.spread(anatomy.mean_mm, some)) for some in atlas.blocks()])
    moles = []
    for _ in range(int(rng.integers(2, 9))):
        texel = face[[rng.integers(len(face))]]
        radius, dark = rng.uniform(0.7, 1.9), rng.uniform(0.06, 0.2)
        moles.append(Mole(atlas.spread(anatomy.rest_mm, texel)[0], float(radius), float(dark)))
    return Marks(folds(np.random.default_rng((seed, 0xF0))), freckled, tuple(moles))


def _painted(at: Places, anatomy: Anatomy, identity: Identity, marks: Marks) -> Array:
    """The texture's channels (t, 4) at some places."""
    rows = _on_face(at.mean_mm)
    face = at.some(rows)
    depth = identity.wrinkles * furrows(face.mean_mm, marks.folds)
    bright = _mottled(at, identity.seed)
    bright[rows] *= (
        _features(face, identity) * _spots(face, marks, identity.seed) * (1.0 - 0.22 * np.clip(depth, 0.0, 0.8))
    )
    bright[rows] *= _lid_rims(face, anatomy) * _beard_and_brows(face, identity)
    bright *= _scalp(at, identity)
    oil, height = np.full_like(bright, PLAIN[1]), np.zeros_like(bright)
    oil[rows], height[rows] = _oil(face, identity.seed), _pores(face, identity) - depth
    return np.stack([np.clip(bright, DARKEST, BRIGHTEST), oil, height, np.zeros_like(oil)], axis=-1)


def _on_face(mean_mm: Array) -> NDArray[np.int64]:
    """Rows of head and throat, from the front to the ears."""
    _, y, z = mean_mm.T
    return np.flatnonzero((z > -70.0) & (y > -170.0) & (y < 90.0))


def _mottled(at: Places, seed: int) -> Array:
    return np.asarray(1.0 + 0.028 * cloud(at.rest_mm, (38.0, 11.0, 3.5), seed + 20), np.float32)


def _spots(face: Places, marks: Marks, seed: int) -> Array:
    """What moles and freckles leave of the brightness."""
    factor = np.ones(len(face.rest_mm), np.float32)
    if marks.freckled > 0:
        factor -= marks.freckled * smoothstep(0.45, 0.75, field(face.rest_mm, 2.2, seed + 21))
    axes = np.ascontiguousarray(face.rest_mm.T)
    for mole in marks.moles:
        x, y, z = (np.abs(axis - middle) < 3.0 for axis, middle in zip(axes, mole.middle_mm, strict=True))
        near = np.flatnonzero(x & y & z)
        gap = np.linalg.norm(face.rest_mm[near] - mole.middle_mm, axis=1) / mole.radius_mm
        factor[near] *= 1.0 - mole.dark * smoothstep(1.3, 0.7, gap)
    return factor


def _blob(mean_mm: Array, middle: Sequence[float], radii: Sequence[float]) -> Array:
    """A soft ellipsoid on the mean face and its mirror image: 1 in the middle."""
    x, y, z = mean_mm.T
    scaled = ((np.abs(x) - middle[0]) / radii[0]) ** 2 + ((y - middle[1]) / radii[1]) ** 2
    return np.asarray(np.exp(-scaled - ((z - middle[2]) / radii[2]) ** 2), np.float32)


def _features(face: Places, identity: Identity) -> Array:
    """Lips, lids, the hollow under the eyes, nostrils."""
    at = face.mean_mm
    factor = 1.0 - 0.08 * places.mouth_area(at)
    for middle, radii, dark in _DARK:
        factor *= 1.0 - dark * _blob(at, middle, radii)
    return np.asarray(factor * (1.0 - 0.001 * identity.age_years * _blob(at, *_UNDER_EYE)), np.float32)


def _lid_rims(face: Places, anatomy: Anatomy) -> Array:
    """The dark edge of the lids: the lashes' roots outside, the moist rim that faces the other lid inside."""
    factor = np.ones(len(face.mean_mm), np.float32)
    near = np.flatnonzero(_blob(face.mean_mm, (places.EYE_X_MM, 0.0, 11.0), (20.0, 13.0, 16.0)) > 0.2)
    at = face.mean_mm[near]
    for side, margins in zip((1.0, -1.0), anatomy.margins, strict=True):
        upper, lower = (_finer(edge, 8) for edge in (margins.upper_mm, margins.lower_mm))
        eye = np.array([side * places.EYE_X_MM, 0.0, 0.0], np.float32)
        outer = ((lash_line(upper, eye), 1.0, 0.7), (lash_line(lower, eye), 0.7, 0.35))
        for line, reach, dark in (*outer, (upper, 0.9, 0.6), (lower, 0.6, 0.35)):
            gap, _ = cKDTree(line).query(at, distance_upper_bound=3.0)
            factor[near] *= 1.0 - dark * smoothstep(1.5 * reach, 0.4 * reach, gap.astype(np.float32))
        factor[near] *= 1.0 - RIM_DARK * _between(at, upper, lower)
    return factor


def _between(at: Array, upper: Array, lower: Array) -> Array:
    """0–1 for places seen between the two edges of one eye; the lower lid's rim counts less."""
    x, y = at[:, 0], at[:, 1]
    top, bottom = (np.interp(x, *line[np.argsort(line[:, 0])][:, :2].T) for line in (upper, lower))
    left, right = upper[:, 0].min(), upper[:, 0].max()
    across = smoothstep(left, left + 0.5, x) * smoothstep(right, right - 0.5, x)
    inside = smoothstep(0.3, -0.3, y - top) * smoothstep(-0.3, 0.3, y - bottom) * across
    return np.asarray(inside * (1.0 - 0.35 * smoothstep(0.4, -0.4, y - 0.5 * (top + bottom))), np.float32)


def _finer(line: Array, pieces: int) -> Array:
    at = np.linspace(0.0, len(line) - 1.0, (len(line) - 1) * pieces + 1)
    return np.stack([np.interp(at, np.arange(len(line)), line[:, axis]) for axis in range(3)], axis=1)


def _paleness(identity: Identity) -> float:
    """Hair's brightness next to the skin's, 0.05–1: pale hair hides less of it."""
    return float(np.clip(identity.hair_reflectance / identity.skin_reflectance, 0.05, 1.0))


def _scalp(at: Places, identity: Identity) -> Array:
    """The shade under the hair, so that no skin shines through it."""
    style = style_of(identity)
    if style is None:
        return np.ones(len(at.mean_mm), np.float32)
    thick = scalp.density(at.mean_mm, at.ears, style, identity.seed)
    return np.asarray(1.0 - 0.9 * thick * (1.0 - 0.75 * _paleness(identity)), np.float32)


def _beard_and_brows(face: Places, identity: Identity) -> Array:
    """The beard's shadow with the grain of its stubs, and the ground of the brows."""
    shaven = identity.beard is Beard.NONE and identity.male > 0.5
    kind = Beard.FULL if shaven else identity.beard
    grain = 0.65 + 0.7 * smoothstep(-0.2, 0.6, field(face.rest_mm, 0.8, identity.seed + 31))
    shadow = TINT[identity.beard] * beard.density(face.mean_mm, kind) * grain
    shadow = np.clip(shadow + 0.22 * identity.brow_density * _brows(face.mean_mm), 0.0, 0.9)
    return np.asarray(1.0 - shadow * (1.0 - 0.6 * _paleness(identity)), np.float32)


def _brows(mean: Array) -> Array:
    """0–1, the ground of the brows."""
    share = np.linspace(0.0, 1.0, 41, dtype=np.float32)
    middle, _, half = places.brow_line(share, 1.0)
    x, y = np.abs(mean[:, 0]), mean[:, 1]
    height, room = np.interp(x, middle[:, 0], middle[:, 1]), np.interp(x, middle[:, 0], half)
    within = smoothstep(middle[0, 0] - 2.0, middle[0, 0] + 3.0, x) * smoothstep(middle[-1, 0], middle[-1, 0] - 6.0, x)
    front = smoothstep(-25.0, -10.0, mean[:, 2])
    return np.asarray(within * front * np.exp(-(((y - height) / (room + 0.4)) ** 2)), np.float32)


def _oil(face: Places, seed: int) -> Array:
    oil = PLAIN[1] + 0.35 * places.mouth_area(face.mean_mm)
    for middle, radii, amount in _OILY:
        oil += amount * _blob(face.mean_mm, middle, radii)
    return np.asarray(np.clip(oil * (1.0 + 0.25 * field(face.rest_mm, 5.0, seed + 40)), 0.0, 1.0), np.float32)


def _pores(face: Places, identity: Identity) -> Array:
    """Height in mm of what is finer than folds; coarser skin with the years."""
    rough = 0.6 + 0.008 * identity.age_years
    fine, coarse = field(face.rest_mm, 0.9, identity.seed + 50), field(face.rest_mm, 2.6, identity.seed + 51)
    return np.asarray(rough * (0.022 * fine + 0.04 * coarse), np.float32)
