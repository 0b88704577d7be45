"""Where the skin's vertices lie in its texture: the base mesh's map with the head magnified.

The base map gives a whole body its place: a face gets about 1 mm a texel of 1024, too coarse for a lid's rim or a
wrinkle. The head's island takes most of the square here, its front most of that. Knows texture places only.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from simulator.body.source import Integers, Source
from simulator.types import Array

NOSE_TIP = 5054  # base vertex
# From the base map to this one; piecewise straight and monotone, so that it stays one to one.
ACROSS = ((0.62, 0.78, 0.95, 1.0), (0.0, 0.25, 0.93, 1.0))
UP = ((0.15, 0.385, 0.583, 0.825), (0.0, 0.20, 0.80, 1.0))
BODY_SHARE = 0.12  # of the square's height, for everything that is no head


def places(human: Source) -> Array:
    """(t, 2) for every row of `human.uv`, 0–1."""
    head = _island(human)
    magnified = np.stack([np.interp(human.uv[:, 0], *ACROSS), np.interp(human.uv[:, 1], *UP)], 1)
    magnified[:, 1] = BODY_SHARE + (1 - BODY_SHARE) * magnified[:, 1]
    small = human.uv * (1.0, BODY_SHARE)
    return np.where(head[:, None], magnified, small).astype(np.float32)


def _island(human: Source) -> np.ndarray:
    """Which rows of the map hang together with the tip of the nose."""
    faces: Integers = human.face_uvs
    one, other = faces.ravel(), np.roll(faces, -1, 1).ravel()
    count = len(human.uv)
    joined = sparse.coo_array((np.ones(len(one)), (one, other)), (count, count))
    _, island = connected_components(joined, directed=False)
    tip = faces[human.faces == NOSE_TIP][0]
    return np.asarray(island == island[tip])
