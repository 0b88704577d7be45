"""Real clips as lists of pictures and of observations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from vision.camera import CameraSettings, open_camera
from vision.observer import Observer
from vision.types import FaceObservation, Frame


def observe(source: Path, **settings: object) -> list[FaceObservation]:
    """Every frame of a clip through the product's vision."""
    observer = Observer(**settings)  # type: ignore[arg-type]
    with open_camera(CameraSettings(source=str(source))) as camera:
        return [observer.observe(sample) for sample in camera if isinstance(sample, Frame)]


def frames(source: Path) -> Iterator[np.ndarray]:
    """Grey pictures of a clip."""
    with open_camera(CameraSettings(source=str(source))) as camera:
        yield from (sample.grey for sample in camera if isinstance(sample, Frame))


def write_clip(path: Path, pictures: list[np.ndarray], fps: float) -> Path:
    """A lossless clip."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), fps, pictures[0].shape[::-1], isColor=False)
    assert writer.isOpened()
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path
