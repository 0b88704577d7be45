"""Are the eyes open? Both eyes in one run of the eye network, each with a reason where it cannot be said.

Knows the eye network's outputs and when not to ask it. Has no memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.model import Model
from vision.preprocess import LEAST_DEVIATION, Patch, eye_patches, normalise
from vision.types import Eye, GreyImage, Points, Reason

LEAST_VISIBLE = 0.4  # below this probability the eye is unknown. Low: a doubtful eye is weighed by alerts, not hidden
LEAST_INSIDE = 0.7  # share of the patch that must lie in the frame
LEAST_SIDE_PX = 9.0  # of the patch: an eye 6 px wide
DARK, BRIGHT = 30.0, 225.0  # mean grey of a patch too flat to judge
TURNED_DEG = 35.0  # a hidden eye on the far side of a head turned this far is hidden by the head


class EyeNetwork:
    """The eye network."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def measure(self, grey: GreyImage, points_px: Points, yaw_deg: float) -> tuple[Eye, Eye]:
        """Left and right eye, the driver's own, of a face with these points (68, 2) and this yaw."""
        patches = eye_patches(points_px)
        cuts = [patch.cut(grey) for patch in patches]
        readings = self.read(cuts)
        # The driver's left eye lies on the image's right: it is the far one of a head turned there.
        hidden = (yaw_deg > TURNED_DEG, yaw_deg < -TURNED_DEG)
        left, right = (
            _refused(patch, cut, grey) or _judged(*reading, far=far)
            for patch, cut, reading, far in zip(patches, cuts, readings, hidden, strict=True)
        )
        return left, right

    def read(self, cuts: list[GreyImage]) -> list[tuple[float, float, float]]:
        """Openness, probability of closed, probability of visible for each (48, 48) patch."""
        inputs = np.stack([normalise(cut)[None] for cut in cuts])
        openness, closed, visible = self._model.run(inputs)
        return [
            (float(np.clip(o, 0.0, 1.4)), _probability(c), _probability(v))
            for o, c, v in zip(openness[:, 0], closed[:, 0], visible[:, 0], strict=True)
        ]


def _probability(logit: NDArray[np.float32]) -> float:
    return float(1 / (1 + np.exp(-logit)))


def _refused(patch: Patch, cut: GreyImage, grey: GreyImage) -> Eye | None:
    """An absent eye where the network need not be asked."""
    if patch.side_px < LEAST_SIDE_PX:
        return Eye(reason=Reason.TOO_SMALL)
    if patch.inside(grey.shape[1], grey.shape[0]) < LEAST_INSIDE:
        return Eye(reason=Reason.OUT_OF_FRAME)
    if float(cut.std()) < LEAST_DEVIATION / 2:
        mean = float(cut.mean())
        reason = Reason.TOO_DARK if mean < DARK else Reason.TOO_BRIGHT if mean > BRIGHT else Reason.COVERED
        return Eye(reason=reason)
    return None


def _judged(openness: float, closed: float, visible: float, *, far: bool) -> Eye:
    if visible < LEAST_VISIBLE:
        return Eye(reason=Reason.TURNED_AWAY if far else Reason.COVERED)
    return Eye(openness, closed, confidence=visible)
