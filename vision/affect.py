"""What the face shows: seven expressions and a valence/arousal proxy, from a network of its own.

Loaded only where the config allows it; nothing else depends on it. Words for expressions, never for feelings.
"""

from __future__ import annotations

import numpy as np

from vision.face import FaceReading
from vision.model import Model
from vision.preprocess import FACE_SIZE, affect_patch, normalise, unit_to_px
from vision.types import EXPRESSIONS, Affect

# (valence, arousal) of each expression on the circumplex (Russell 1980), placed by us: a proxy, no measurement.
CIRCUMPLEX = {
    "anger": (-0.6, 0.7),
    "disgust": (-0.6, 0.3),
    "fear": (-0.6, 0.8),
    "happiness": (0.8, 0.4),
    "sadness": (-0.7, -0.4),
    "surprise": (0.2, 0.8),
    "neutral": (0.0, 0.0),
}


class AffectNetwork:
    """The affect network."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def measure(self, reading: FaceReading) -> Affect:
        """Expression of this face, cut from what the face network looked at: that is small already, and warm."""
        where = affect_patch(unit_to_px(reading.unit, FACE_SIZE))
        (logits,) = self._model.run(normalise(where.cut(reading.patch))[None, None])
        shares = np.exp(logits[0] - logits[0].max())
        shares /= shares.sum()
        places = np.array([CIRCUMPLEX[name] for name in EXPRESSIONS])
        valence, arousal = shares @ places
        return Affect(tuple(float(s) for s in shares), float(valence), float(arousal))
