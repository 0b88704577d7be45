"""Where in a picture are faces? One run of the finder network over the reduced frame.

Knows the finder's map. Must not know tracks, eyes or which face is the driver's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.model import Model, probability
from vision.preprocess import FINDER_HEIGHT, finder_input
from vision.types import GreyImage

Box = tuple[float, float, float, float]  # x0 y0 x1 y1 in px of the frame

LEAST_SCORE = 0.30  # a candidate; the face network has the last word
SAME_FACE = 0.35  # overlap (intersection over union) above which two candidates are one face
MOST_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may hold a face."""

    box_px: Box
    score: float  # 0–1


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0–1."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    common = max(wide, 0.0) * max(high, 0.0)
    return common / max(_area(one) + _area(other) - common, 1e-9)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


class Finder:
    """The finder network."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def find(self, grey: GreyImage, region: Box = (0.0, 0.0, 1.0, 1.0)) -> list[Candidate]:
        """Candidates in the region (shares of the frame), best first, at most MOST_CANDIDATES."""
        high, wide = grey.shape
        x0, y0 = round(region[0] * wide), round(region[1] * high)
        x1, y1 = max(round(region[2] * wide), x0 + 1), max(round(region[3] * high), y0 + 1)
        canvas, fit = finder_input(grey[y0:y1, x0:x1])
        (drawn,) = self._model.run(canvas[None, None])
        found = []
        for box, score in _peaks(drawn[0]):
            left, top = fit.to_frame(box[0], box[1])
            right, bottom = fit.to_frame(box[2], box[3])
            found.append(Candidate((left + x0, top + y0, right + x0, bottom + y0), score))
        return _distinct(found)


def _peaks(drawn: NDArray[np.float32]) -> list[tuple[Box, float]]:
    """Boxes in input px at the local maxima of a (5, rows, columns) map: logit, dx, dy, log width, log height."""
    logit = drawn[0]
    least = float(np.log(LEAST_SCORE / (1 - LEAST_SCORE)))
    top = cv2.dilate(logit, np.ones((3, 3), np.uint8))
    stride = FINDER_HEIGHT / logit.shape[0]
    out = []
    for row, column in zip(*np.nonzero((logit >= top) & (logit > least)), strict=True):
        _, dx, dy, log_wide, log_high = (float(v) for v in drawn[:, row, column])
        x, y = (column + 0.5 + dx) * stride, (row + 0.5 + dy) * stride
        wide, high = stride * np.exp(min(log_wide, 4.0)) / 2, stride * np.exp(min(log_high, 4.0)) / 2
        score = probability(logit[row, column])
        out.append(((float(x - wide), float(y - high), float(x + wide), float(y + high)), score))
    return out


def _distinct(found: list[Candidate]) -> list[Candidate]:
    """Without those that overlap a better one."""
    kept: list[Candidate] = []
    for candidate in sorted(found, key=lambda c: -c.score):
        if all(overlap(candidate.box_px, k.box_px) < SAME_FACE for k in kept):
            kept.append(candidate)
    return kept[:MOST_CANDIDATES]
