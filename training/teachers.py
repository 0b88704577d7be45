"""What the teachers say of a picture: YuNet's boxes, FaceLandmarker's points, blend shapes and angles.

Knows the teachers and a piece of work for them. Must not know which sources there are or what is learned from it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from training.data import video_frames
from vision.angles import angles_of

# The 68-point order in MediaPipe's 478 points; iris centres are 468 (the driver's right) and 473.
MEDIAPIPE_68 = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
IRIS = (468, 473)
BLENDSHAPES = (
    "eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookUpLeft",
    "eyeLookUpRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
)  # fmt: skip
MAX_FACES = 8


@dataclass(frozen=True)
class Label:
    """What the teachers say of one picture."""

    boxes: np.ndarray  # (MAX_FACES, 5) x0 y0 x1 y1 score, zero rows where there are fewer
    points: np.ndarray  # (70, 3) px: 68 points and two iris centres; NaN where the landmarker found nothing
    shapes: np.ndarray  # (len(BLENDSHAPES),)
    angles: np.ndarray  # (3,) yaw, pitch, roll in degrees, house signs


class Teachers:
    """One process's own copies; MediaPipe objects do not travel between processes."""

    def __init__(self, folder: Path, landmarker: Path) -> None:
        os.environ.setdefault("GLOG_minloglevel", "2")
        import mediapipe as mp  # noqa: PLC0415  # only this stage has it

        vision = mp.tasks.vision
        self._mp = mp
        self._mesh = vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(
                base_options=mp.tasks.BaseOptions(model_asset_path=str(landmarker)),
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
                min_face_detection_confidence=0.3,
                min_face_presence_confidence=0.3,
            )
        )
        model = next((folder / "yunet").glob("*.onnx"))
        self._yunet = cv2.FaceDetectorYN.create(str(model), "", (320, 320), score_threshold=0.5)

    def boxes(self, bgr: np.ndarray) -> np.ndarray:
        """(MAX_FACES, 5), best first; a border lets faces that touch the edge be found."""
        pad = max(bgr.shape[:2]) // 4
        canvas = cv2.copyMakeBorder(bgr, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        scale = 480.0 / max(canvas.shape[:2])
        small = cv2.resize(canvas, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        self._yunet.setInputSize((small.shape[1], small.shape[0]))
        _, found = self._yunet.detect(small)
        out = np.zeros((MAX_FACES, 5), np.float32)
        if found is not None:
            for k, face in enumerate(found[:MAX_FACES]):
                x, y, w, h = face[:4] / scale - np.array([pad, pad, 0, 0])
                out[k] = (x, y, x + w, y + h, face[14])
        return out

    def label(self, bgr: np.ndarray) -> Label:
        """Boxes of all, points of the largest."""
        boxes = self.boxes(bgr)
        points = np.full((70, 3), np.nan, np.float32)
        shapes = np.zeros(len(BLENDSHAPES), np.float32)
        angles = np.zeros(3, np.float32)
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        x0, y0, x1, y1 = boxes[int(area.argmax())][:4] if area.max() > 0 else (0, 0, *bgr.shape[1::-1])
        side = int(2.0 * max(x1 - x0, y1 - y0, 8))
        crop = cv2.getRectSubPix(bgr, (side, side), (float(x0 + x1) / 2, float(y0 + y1) / 2))
        scale = 320.0 / side
        crop = cv2.resize(crop, (320, 320), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        image = self._mp.Image(image_format=self._mp.ImageFormat.SRGB, data=np.ascontiguousarray(crop[:, :, ::-1]))
        found = self._mesh.detect(image)
        if found.face_landmarks:
            mesh = np.array([(p.x, p.y, p.z) for p in found.face_landmarks[0]], np.float32) * 320 / scale
            mesh[:, 0] += (x0 + x1) / 2 - (side - 1) / 2
            mesh[:, 1] += (y0 + y1) / 2 - (side - 1) / 2
            points = mesh[list(MEDIAPIPE_68 + IRIS)]
            scores = {c.category_name: c.score for c in found.face_blendshapes[0]}
            shapes = np.array([scores[name] for name in BLENDSHAPES], np.float32)
            angles[:] = angles_of(np.asarray(found.facial_transformation_matrixes[0])[:3, :3])
        return Label(boxes, points, shapes, angles)


Picture = tuple[str, np.ndarray]  # name and BGR


@dataclass(frozen=True)
class Piece:
    """Pictures that are labelled in one go, and where their labels go."""

    folder: Path
    files: tuple[str, ...]  # pictures, or one clip
    frames: bool  # it is a clip
    out: Path
    teachers: Path
    landmarker: Path

    def pictures(self) -> Iterator[Picture]:
        """One after the other: a clip's frames are many."""
        if self.frames:
            (clip,) = self.files
            yield from ((f"{clip}#{k}", bgr) for k, bgr in enumerate(video_frames(self.folder / clip)))
        else:
            yield from ((file, cv2.imread(str(self.folder / file))) for file in self.files)


_one_at_a_time = threading.Lock()  # a Dask worker may have several threads; the teachers were made for one


@cache
def _teachers(folder: Path, landmarker: Path) -> Teachers:
    cv2.setNumThreads(1)
    return Teachers(folder, landmarker)


def label_piece(piece: Piece) -> Piece:
    """Write the labels of one piece, unless they are there."""
    if piece.out.exists():
        return piece
    with _one_at_a_time:
        teachers = _teachers(piece.teachers, piece.landmarker)
        done = [(name, teachers.label(bgr)) for name, bgr in piece.pictures()]
    part = piece.out.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        name=np.array([name for name, _ in done]),
        **{field: np.stack([getattr(label, field) for _, label in done]) for field in Label.__dataclass_fields__},
    )
    part.rename(piece.out)
    return piece
