"""The benchmark's frames: a clip of a real person as 640×480 grey, written raw.

Every worker reads the same bytes. Knows the clip and the padding. Must not know who is measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from benchmarks.worker import HEIGHT, WIDTH
from vision.camera import CameraSettings, open_camera
from vision.types import Frame, GreyImage


def fitted(grey: GreyImage) -> GreyImage:
    """Scaled to fit 640×480 with its proportions kept; black bars fill the rest."""
    scale = min(WIDTH / grey.shape[1], HEIGHT / grey.shape[0])
    width, height = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    left, top = (WIDTH - width) // 2, (HEIGHT - height) // 2
    canvas[top : top + height, left : left + width] = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return canvas


def write_frames(clip: Path, raw: Path) -> tuple[int, float]:
    """Write every frame of the clip; how many there are and how many come a second."""
    raw.parent.mkdir(parents=True, exist_ok=True)
    with open_camera(CameraSettings(source=str(clip))) as camera, raw.open("wb") as file:
        times_s = [_write(file, sample) for sample in camera if isinstance(sample, Frame)]
    return len(times_s), rate(times_s)


def rate(times_s: Iterable[float]) -> float:
    """Frames a second from their times."""
    return float(1.0 / np.median(np.diff(list(times_s))))


def _write(file: BinaryIO, frame: Frame) -> float:
    file.write(fitted(frame.grey).tobytes())
    return frame.t_s
