"""Two networks that have seen real near-infrared faces. Their weights are the caller's: none is part of the project.

- Open Model Zoo `open-closed-eye-0001` (Apache-2.0, trained on real NIR eyes): input 32×32, (grey − 127) / 255, out
  [closed, open].
- openpilot's driver monitoring of 0.8.9 (MIT): input YUV420 of a portrait picture 320×640 in six planes,
  (value − 128) / 128, grey means U = V = 128; out[12] is the probability of a face.

Knows their inputs. Must not know what is true beyond where the face is.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vision.types import GreyImage

Floats = NDArray[np.float64]
EYE_SIDE = 2.0  # of the patch, in eye widths; chosen on a film of a real person
FACE_SHARE = 0.34  # height of the face in the portrait cut
WIDTH, HEIGHT = 320, 640
FACE = 12


def _cut(grey: GreyImage, centre: Floats, size: tuple[float, float], out: tuple[int, int]) -> GreyImage:
    """The rectangle of `size` px about `centre`, scaled to `out` (width, height); the border is continued."""
    scale = np.array(out) / np.array(size)
    shift = np.array(out) / 2 - centre * scale
    matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
    cut = cv2.warpAffine(grey, matrix, out, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


class EyeJudge:
    """Probability that an eye is closed."""

    def __init__(self, weights: Path) -> None:
        self._session = ort.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def closed(self, grey: GreyImage, corners_px: Floats) -> float:
        """`corners_px`: (2, 2), the eye's two corners."""
        side = EYE_SIDE * float(np.linalg.norm(corners_px[1] - corners_px[0]))
        patch = _cut(grey, corners_px.mean(0), (side, side), (32, 32))
        scaled = (patch.astype(np.float32) - 127) / 255
        out = self._session.run(None, {self._input: np.broadcast_to(scaled, (1, 3, 32, 32)).copy()})[0]
        return float(np.asarray(out).reshape(-1)[0])


class FaceJudge:
    """Probability that there is a face."""

    def __init__(self, weights: Path) -> None:
        self._session = ort.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def face(self, grey: GreyImage, box_px: tuple[float, float, float, float]) -> float:
        x0, y0, x1, y1 = box_px
        height = (y1 - y0) / FACE_SHARE
        luma = _cut(grey, np.array([(x0 + x1) / 2, (y0 + y1) / 2]), (height / 2, height), (WIDTH, HEIGHT))
        scaled = (luma.astype(np.float32) - 128) / 128
        quarters = [scaled[0::2, 0::2], scaled[1::2, 0::2], scaled[0::2, 1::2], scaled[1::2, 1::2]]
        grey_chroma = np.zeros_like(quarters[0])
        planes = np.stack([*quarters, grey_chroma, grey_chroma])[None]
        out = np.asarray(self._session.run(None, {self._input: planes})[0]).reshape(-1)
        return float(out[FACE])
