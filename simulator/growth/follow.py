"""Hair that sits on skin which moves: each strand keeps its course in the frame of the triangle it is rooted in.

Knows roots and ribbons. Must not know what kind of hair it is.
"""

from __future__ import annotations

import numpy as np

from simulator.growth.anatomy import Anatomy
from simulator.growth.ribbons import Ribbons, taper
from simulator.growth.roots import Rooted
from simulator.types import Array, Geometry


class Following:
    """Strands on the skin.

    Args:
        roots: n of them.
        courses: (n, k, 3) offsets from the roots, in the head frame, on the resting face.
        anatomy: the resting face.
        half_width_mm: of an ordinary strand.
        rng: for widths and shades.
    """

    def __init__(
        self, roots: Rooted, courses: Array, anatomy: Anatomy, half_width_mm: float, rng: np.random.Generator
    ) -> None:
        count, steps, _ = courses.shape
        self._roots = roots
        self._local = np.einsum("nji,nkj->nki", roots.frames(anatomy.rest_mm), courses)
        width = taper(count, steps, half_width_mm, 0.3, rng)
        shade = np.clip(rng.normal(1.0, 0.15, (count, 1, 1)), 0.5, 1.5) * np.ones((1, steps, 2))
        self._ribbons = Ribbons(width, shade.astype(np.float32))

    def geometry(self, skin_mm: Array) -> Geometry:
        """The strands on the skin's vertices as they lie now."""
        turned = np.einsum("nij,nkj->nki", self._roots.frames(skin_mm), self._local)
        return self._ribbons.geometry((self._roots.on(skin_mm)[:, None] + turned).astype(np.float32))
