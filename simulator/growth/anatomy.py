"""What growth needs to know of a body, in one place: the resting skin, the mean face, ears and lid margins.

Must not know what grows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.body.body import Body
from simulator.body.lids import Margins
from simulator.types import Array, Geometry, Posed, SimulatorError, Triangles, What

MEAN_EYES_MM = np.array([0.0, 728.4, 124.5], np.float32)  # between the mean face's eyes, in its file's frame


@dataclass(frozen=True, eq=False, slots=True)
class Anatomy:
    """One identity's resting skin in the head frame; v vertices."""

    rest_mm: Array  # (v, 3)
    normals: Array  # (v, 3)
    triangles: Triangles
    uv: Array  # (v, 2)
    mean_mm: Array  # (v, 3) the same vertices on the mean face, see `places`
    ears: NDArray[np.bool_]  # (v,)
    margins: tuple[Margins, Margins]  # of the mean face, left and right


def anatomy_of(body: Body) -> Anatomy:
    """Taken from a body."""
    rest, surface = body.rest, body.surface
    mean = (surface.base_mm - MEAN_EYES_MM).astype(np.float32)
    on_mean = Geometry(mean, rest.normals, rest.triangles, mean, rest.uv, rest.tone)
    ears = surface.regions["ears"] > 0.5
    return Anatomy(rest.positions_mm, rest.normals, rest.triangles, rest.uv, mean, ears, body.lid_margins(on_mean))


def skin_of(posed: Posed) -> Geometry:
    """The posed skin of head and neck.

    Raises:
        SimulatorError: the body has none.
    """
    for part in posed.parts:
        if part.what is What.SKIN:
            return part.geometry
    raise SimulatorError("the posed body has no part SKIN: hair needs one to grow on; pass Body.pose's result")
