"""What MediaPipe's 478 points, blend shapes and head matrix say in the words of a FaceObservation.

Knows the numbers of its points and how its measures are scaled, the same for everybody. Must not know MediaPipe
itself: what comes in are arrays. So the peer goes through the very same metrics, and through the same rules, as we do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.realism.mediapipe_measures import LEFT_EYE, RIGHT_EYE, head_angles, mouth_aspect_ratio
from training.teachers import MEDIAPIPE_68
from vision.angles import angles_of
from vision.preprocess import box_of, eye_roll_deg
from vision.types import Direction, Eye, Face, FaceObservation, Frame, Mouth, Points, Reason

# The usual 68 points among the 478. For the tip of the nose the mesh has several: point 1 is nearest to what people
# label, 5.8 % of the outer-eye distance off (median, n = 289, people not held out) where point 4 is 10.2 %.
MESH_68 = tuple(1 if point == 4 else point for point in MEDIAPIPE_68)
# Eye aspect ratios at which its eyes count as shut and as wide open, medians over the training sources
# (training/LOG.md), and the blink scores that go with them.
SHUT_RATIO, OPEN_RATIO = 0.075, 0.29
OPEN_BLINK, SHUT_BLINK = 0.10, 0.52
WIDE_MOUTH_RATIO = 0.7  # inner lips' gap over the mouth's width of a wide yawn


@dataclass(frozen=True)
class Mesh:
    """What MediaPipe says of one face."""

    points: np.ndarray  # (478, 3) px, z in the scale of x
    shapes: dict[str, float]  # blend shapes by name; FaceMesh has none
    rotation: np.ndarray | None  # (3, 3) axes x right, y up, z towards the camera; FaceMesh has none


def observation(mesh: Mesh | None, frame: Frame) -> FaceObservation:
    """As our own vision would say it. What MediaPipe does not measure is absent: gaze, expressions, unseen eyes."""
    if mesh is None:
        return _nothing(frame)
    points = np.asarray(mesh.points[list(MESH_68), :2], np.float32)
    left, right = _eyes(mesh)
    return FaceObservation(
        t_s=frame.t_s,
        frame=frame.index,
        file=frame.file,
        face=Face(box_of(points), 1.0),
        landmarks_px=points,
        left=left,
        right=right,
        mouth=Mouth(_mouth(mesh), 1.0),
        head=_head(mesh, points),
        gaze=Direction(reason=Reason.NOT_MEASURED),
    )


def _nothing(frame: Frame) -> FaceObservation:
    why = Reason.NO_FACE
    eye = Eye(reason=why)
    return FaceObservation(
        t_s=frame.t_s, frame=frame.index, file=frame.file, face=Face(reason=why), left=eye, right=eye,
        mouth=Mouth(reason=why), head=Direction(reason=why), gaze=Direction(reason=why),
    )  # fmt: skip


def _eyes(mesh: Mesh) -> tuple[Eye, Eye]:
    """The blink score is its probability of closed where there is one; openness is the mean of score and lids."""
    left = _eye(_aspect_ratio(mesh.points, LEFT_EYE), mesh.shapes.get("eyeBlinkLeft"))
    right = _eye(_aspect_ratio(mesh.points, RIGHT_EYE), mesh.shapes.get("eyeBlinkRight"))
    return left, right


def _aspect_ratio(points: np.ndarray, eye: tuple[int, ...]) -> float:
    """In space, not in the picture: a turned head narrows an eye and must not open it."""
    outer, inner, up1, up2, low1, low2 = points[list(eye)]
    high = np.linalg.norm(up1 - low1) + np.linalg.norm(up2 - low2)
    return float(high / (2 * np.linalg.norm(outer - inner)))


def _eye(ratio: float, blink: float | None) -> Eye:
    by_lids = (ratio - SHUT_RATIO) / (OPEN_RATIO - SHUT_RATIO)
    if blink is None:
        return Eye(float(np.clip(by_lids, 0.0, 1.4)), float(np.clip(1.0 - by_lids, 0.0, 1.0)), confidence=1.0)
    by_score = 1.0 - (blink - OPEN_BLINK) / (SHUT_BLINK - OPEN_BLINK)
    return Eye(float(np.clip((by_lids + by_score) / 2, 0.0, 1.4)), blink, confidence=1.0)


def _mouth(mesh: Mesh) -> float:
    jaw = mesh.shapes.get("jawOpen")
    return jaw if jaw is not None else float(mouth_aspect_ratio(mesh.points[None])[0]) / WIDE_MOUTH_RATIO


def _head(mesh: Mesh, points: Points) -> Direction:
    if mesh.rotation is not None:
        return Direction(*angles_of(mesh.rotation), confidence=1.0)
    yaw, pitch = head_angles(mesh.points[None])[0]
    return Direction(float(yaw), float(pitch), eye_roll_deg(points), confidence=1.0)
