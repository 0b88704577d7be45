"""Are the eyes open, and where do they look? Both eyes in one run of the eye network, each with a reason if unknown.

Knows the eye network's outputs and when not to ask it. Has no memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from vision.angles import turn_image
from vision.model import Model, probability
from vision.preprocess import ANGLE_UNIT_DEG, LEAST_DEVIATION, Patch, eye_patches, normalise
from vision.types import Direction, Eye, GreyImage, Points, Reason

LEAST_VISIBLE = 0.4  # below this probability the eye is unknown. Low: a doubtful eye is weighed by alerts, not hidden
LEAST_INSIDE = 0.7  # share of the patch that must lie in the frame
LEAST_SIDE_PX = 9.0  # of the patch: an eye 6 px wide
DARK, BRIGHT = 30.0, 225.0  # mean grey of a patch too flat to judge
TURNED_DEG = 35.0  # a hidden eye on the far side of a head turned this far is hidden by the head
LOOKING = 0.2  # openness from which an iris can be seen; below it an eye says nothing of the gaze
# Expected error of a gaze from which it is not told: on synthetic stills the head alone is that far from the gaze in
# the mean, so it says as much of where a driver looks (training/LOG.md).
MOST_DOUBT_DEG = 12.0

Angles = tuple[float, float, float]  # yaw, pitch, roll in degrees, house signs


class EyeReading(NamedTuple):
    """What the network says of one patch."""

    openness: float
    closed: float  # probability
    visible: float  # probability
    yaw_deg: float  # of the gaze, in the patch's frame
    pitch_deg: float
    iris_x: float  # centre in the patch's unit, −1 … 1
    iris_y: float
    glasses: float  # logit
    doubt_deg: float  # by how much this gaze is expected to be wrong


class Eyes(NamedTuple):
    """Left and right eye, the driver's own, and what both say together."""

    left: Eye
    right: Eye
    gaze: Direction  # in the frame
    glasses: tuple[float, float]  # log-odds that each sees a rim or a lens


class EyeNetwork:
    """The eye network."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def measure(self, grey: GreyImage, points_px: Points, head_deg: Angles, lenses: float) -> Eyes:
        """The eyes of a face with these points (68, 2) and this head, in the frame.

        `lenses` are the log-odds, by the whole face, of sunglasses through which no eye is seen.
        """
        patches = eye_patches(points_px)
        roll_deg = patches[0].roll_deg
        cuts = [patch.cut(grey) for patch in patches]
        readings = self.read(cuts, [turn_image(head_deg, -roll_deg)] * 2)
        # The driver's left eye lies on the image's right: it is the far one of a head turned there.
        hidden = (head_deg[0] > TURNED_DEG, head_deg[0] < -TURNED_DEG)
        left, right = (
            _refused(patch, cut, grey) or _judged(reading, _seen(reading, lenses), far=far)
            for patch, cut, reading, far in zip(patches, cuts, readings, hidden, strict=True)
        )
        gaze = _gaze((left, right), readings, roll_deg)
        return Eyes(left, right, gaze, (readings[0].glasses, readings[1].glasses))

    def read(self, cuts: Sequence[GreyImage], heads_deg: Sequence[Angles] | None = None) -> list[EyeReading]:
        """What (48, 48) patches show; without the heads' angles the gaze means nothing."""
        patches = np.stack([normalise(cut)[None] for cut in cuts])
        heads = np.zeros((len(cuts), 3)) if heads_deg is None else np.asarray(heads_deg)
        openness, closed, visible, gaze, iris, glasses, doubt = self._model.run(
            patches, (heads / ANGLE_UNIT_DEG).astype(np.float32)
        )
        return [
            EyeReading(
                openness=min(max(float(openness[k, 0]), 0.0), 1.4),
                closed=probability(closed[k, 0]),
                visible=probability(visible[k, 0]),
                yaw_deg=float(gaze[k, 0]) * ANGLE_UNIT_DEG,
                pitch_deg=float(gaze[k, 1]) * ANGLE_UNIT_DEG,
                iris_x=float(iris[k, 0]),
                iris_y=float(iris[k, 1]),
                glasses=float(glasses[k, 0]),
                doubt_deg=math.exp(min(float(doubt[k, 0]), 1.0)) * ANGLE_UNIT_DEG,
            )
            for k in range(len(cuts))
        ]


def _refused(patch: Patch, cut: GreyImage, grey: GreyImage) -> Eye | None:
    """An absent eye where the network need not be asked."""
    if patch.side_px < LEAST_SIDE_PX:
        return Eye(reason=Reason.TOO_SMALL)
    if patch.inside(grey.shape[1], grey.shape[0]) < LEAST_INSIDE:
        return Eye(reason=Reason.OUT_OF_FRAME)
    mean, deviation = cv2.meanStdDev(cut)
    if deviation[0, 0] >= LEAST_DEVIATION / 2:
        return None
    grey_level = float(mean[0, 0])
    dark, bright = grey_level < DARK, grey_level > BRIGHT
    return Eye(reason=Reason.TOO_DARK if dark else Reason.TOO_BRIGHT if bright else Reason.COVERED)


def _seen(reading: EyeReading, lenses: float) -> float:
    """Probability that this eye is seen. A black lens may look like an eye; the whole face shows better what it is."""
    return reading.visible / (reading.visible + (1.0 - reading.visible) * math.exp(min(max(lenses, 0.0), 700.0)))


def _judged(reading: EyeReading, seen: float, *, far: bool) -> Eye:
    if seen < LEAST_VISIBLE:
        return Eye(reason=Reason.TURNED_AWAY if far else Reason.COVERED)
    return Eye(reading.openness, reading.closed, confidence=seen)


def _gaze(eyes: tuple[Eye, Eye], readings: Sequence[EyeReading], roll_deg: float) -> Direction:
    """Both eyes' gaze, each by how sure it is that an iris is seen and where; eyes look at one thing."""
    seen = [_looking(eye) for eye in eyes]
    weights = [sure / reading.doubt_deg**2 for sure, reading in zip(seen, readings, strict=True)]
    total = sum(weights)
    if total == 0.0:
        reasons = [eye.reason for eye in eyes if eye.reason is not None]
        return Direction(reason=reasons[0] if len(reasons) == len(eyes) else Reason.EYES_CLOSED)
    if sum(w * r.doubt_deg for w, r in zip(weights, readings, strict=True)) / total > MOST_DOUBT_DEG:
        return Direction(reason=Reason.UNSURE)
    yaw = sum(w * r.yaw_deg for w, r in zip(weights, readings, strict=True)) / total
    pitch = sum(w * r.pitch_deg for w, r in zip(weights, readings, strict=True)) / total
    yaw, pitch, _ = turn_image((yaw, pitch, 0.0), roll_deg)
    return Direction(yaw, pitch, confidence=max(seen))


def _looking(eye: Eye) -> float:
    if eye.openness is None or eye.closed is None or eye.openness < LOOKING:
        return 0.0
    return eye.confidence * (1.0 - eye.closed)
