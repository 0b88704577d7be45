"""Stubble, moustache and full beard, moving with the skin of the jaw.

Must not know what moves the skin.
"""

from __future__ import annotations

import numpy as np

from simulator.growth import places
from simulator.growth.anatomy import Anatomy
from simulator.growth.follow import Following
from simulator.growth.noise import field
from simulator.growth.roots import Rooted, scatter
from simulator.growth.vectors import along_skin, smoothstep, unit
from simulator.types import Array, Beard, Identity

COUNT = {Beard.STUBBLE: (1300, 5200), Beard.MOUSTACHE: (320, 900), Beard.FULL: (820, 4000)}
WIDTH_MM = {Beard.STUBBLE: (0.16, 0.1), Beard.MOUSTACHE: (0.45, 0.25), Beard.FULL: (0.85, 0.38)}
STEPS = {Beard.STUBBLE: 2, Beard.MOUSTACHE: 4, Beard.FULL: 5}


def density(mean_mm: Array, beard: Beard) -> Array:
    """0–1 for places on the mean face; the skin's texture is tinted by the same numbers."""
    moustache = places.moustache_area(mean_mm)
    if beard is Beard.NONE:
        return np.zeros_like(moustache)
    if beard is Beard.MOUSTACHE:
        return moustache
    return np.maximum(moustache, places.beard_area(mean_mm))


def beard(anatomy: Anatomy, identity: Identity, *, detail: int) -> Following | None:
    """This identity's beard, None for none."""
    if identity.beard is Beard.NONE:
        return None
    kind, rng = identity.beard, np.random.default_rng((identity.seed, 0xBE))
    thick = density(anatomy.mean_mm, kind)
    count = COUNT[kind][detail]
    roots = scatter(anatomy.rest_mm, anatomy.triangles, thick, count, identity.seed + 7)
    roots = roots.choose(roots.on(thick) > rng.uniform(0.1, 0.8, count))
    mean = roots.on(anatomy.mean_mm)
    return Following(roots, _courses(roots, mean, anatomy, kind, rng), anatomy, WIDTH_MM[kind][detail], rng)


def _courses(roots: Rooted, mean: Array, anatomy: Anatomy, kind: Beard, rng: np.random.Generator) -> Array:
    """Offsets (n, k, 3): out of the skin, then along it and down, tips together."""
    normals = roots.frames(anatomy.rest_mm)[:, :, 2]
    way = along_skin(_way(mean), normals) + 0.25 * unit(rng.normal(size=mean.shape))
    length = _lengths(mean, kind, rng)[:, None, None]
    share = np.linspace(0.0, 1.0, STEPS[kind])[None, :, None]
    rise = (0.5 if kind is not Beard.MOUSTACHE else 0.3) * rng.uniform(0.5, 1.2, (len(mean), 1, 1))
    course = length * (share * unit(way)[:, None] + rise * share * (1.0 - 0.55 * share) * normals[:, None])
    wave = 0.06 * length * np.sin(2 * np.pi * (share * 1.4 + rng.uniform(size=(len(mean), 1, 1))))
    return np.asarray(course + share * wave * unit(rng.normal(size=(len(mean), 1, 3))), np.float32)


def _way(mean: Array) -> Array:
    """Where hairs go: down and forward, from the middle outwards; the moustache mostly outwards."""
    x, moustache = mean[:, 0], places.moustache_area(mean)[:, None]
    beard_way = np.stack([0.004 * x, -np.ones_like(x), np.full_like(x, 0.35)], axis=1)
    moustache_way = np.stack([np.clip(x / 9.0, -1.0, 1.0), np.full_like(x, -0.75), np.zeros_like(x)], axis=1)
    return np.asarray(beard_way + moustache * (moustache_way - beard_way), np.float32)


def _lengths(mean: Array, kind: Beard, rng: np.random.Generator) -> Array:
    count = len(mean)
    if kind is Beard.STUBBLE:
        return rng.uniform(0.8, 2.4, count).astype(np.float32)
    lip = 7.5 * rng.uniform(0.75, 1.15, count)
    if kind is Beard.MOUSTACHE:
        return lip.astype(np.float32)
    longest = float(rng.uniform(14.0, 34.0))
    chin = smoothstep(-55.0, -100.0, mean[:, 1]) * smoothstep(75.0, 25.0, np.abs(mean[:, 0]))
    chin *= 0.25 + 0.75 * smoothstep(-124.0, -108.0, mean[:, 1])  # the throat's hairs are kept short
    cheek = 5.0 + (longest - 5.0) * chin
    lengths = cheek * (1.0 + 0.3 * field(mean, 12.0, int(rng.integers(1 << 30)))) * rng.uniform(0.7, 1.1, count)
    return np.asarray(np.where(places.moustache_area(mean) > 0.3, lip, lengths), np.float32)
