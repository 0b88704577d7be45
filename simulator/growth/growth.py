"""All that grows on one person, as parts to draw: scalp hair, brows, lashes, beard.

Knows how the rooms of this folder work together. Must not know light, cameras or files.
"""

from __future__ import annotations

import numpy as np

from simulator.body.body import Body
from simulator.growth import beard, brows
from simulator.growth.anatomy import Anatomy, anatomy_of, skin_of
from simulator.growth.lashes import Lashes
from simulator.growth.scalp import Scalp
from simulator.growth.styles import style_of
from simulator.types import Geometry, Identity, Material, Matrix, Part, Posed, Wearing, What

LASH_REFLECTANCE = 0.035  # lashes look black in NIR: thin, wet at the root, before bright skin
LASH_FULLNESS = (0.85, 1.05)  # of men, of women


class Growth:
    """One identity's hair of every kind.

    Args:
        body: the body it grows on; its resting skin must be that of the posed ones.
        identity: whose hair.
        detail: 0 few thick strands (≤ 25,000 triangles), 1 many thin ones (≤ 120,000).
    """

    def __init__(self, body: Body, identity: Identity, *, detail: int) -> None:
        anatomy = anatomy_of(body)
        self._body, self._identity = body, identity
        self._brows = brows.brows(anatomy, identity, detail=detail)
        self._beard = beard.beard(anatomy, identity, detail=detail)
        fullness = float(np.interp(identity.male, (0.0, 1.0), LASH_FULLNESS[::-1]))
        self._lashes = Lashes(seed=identity.seed, detail=detail, fullness=fullness)
        self._scalp = _scalp(anatomy, identity, detail)
        self._bare: Geometry | None = None
        self._capped: Geometry | None = None

    def parts(self, posed: Posed, wearing: Wearing) -> tuple[Part, ...]:
        """Everything that grows, on the body as it is posed now."""
        geometry = skin_of(posed)
        skin = geometry.positions_mm
        lashes = self._lashes.geometry(self._body.lid_margins(geometry), posed.anchors.eye_centres_mm)
        parts = [
            *self._scalp_parts(posed, wearing),
            self._part(What.BROW, self._brows.geometry(skin), 0.85, shadow=False),
            Part(What.LASH, Material.STRAND, lashes, LASH_REFLECTANCE, gloss=0.1, shadow=False),
        ]
        if self._beard is not None:
            parts.append(self._part(What.BEARD, self._beard.geometry(skin), 0.95, shadow=False))
        return tuple(parts)

    def _scalp_parts(self, posed: Posed, wearing: Wearing) -> list[Part]:
        if self._scalp is None:
            return []
        if wearing.cap and self._capped is None:
            self._capped = self._scalp.capped()
        if not wearing.cap and self._bare is None:
            self._bare = self._scalp.free()
        geometry = self._capped if wearing.cap else self._bare
        if geometry is None or len(geometry.triangles) == 0:
            return []
        return [self._part(What.HAIR, geometry, 1.0, shadow=True, pose=posed.anchors.head)]

    def _part(self, what: What, geometry: Geometry, shade: float, *, shadow: bool, pose: Matrix | None = None) -> Part:
        reflectance = shade * self._identity.hair_reflectance
        return Part(what, Material.STRAND, geometry, reflectance, gloss=0.5, roughness=0.4, pose=pose, shadow=shadow)


def _scalp(anatomy: Anatomy, identity: Identity, detail: int) -> Scalp | None:
    style = style_of(identity)
    return None if style is None else Scalp(anatomy, style, seed=identity.seed, detail=detail)
