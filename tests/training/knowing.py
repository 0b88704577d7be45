"""A measurement whose observer says what it is told to, so that figures can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cabinwatch.pipeline import Observing
from training.evaluate.columns import read
from training.evaluate.job import Job
from vision.types import FaceObservation, Sample


@dataclass(frozen=True)
class Knowing(Job):
    """Answers its samples with these observations, in order, again from the start each time it watches."""

    told: tuple[FaceObservation, ...] = ()

    @contextmanager
    def watching(self, *, follow: bool, affect: bool = False) -> Iterator[Observing]:
        yield Teller(iter(self.told))


@dataclass
class Teller:
    told: Iterator[FaceObservation]

    def observe(self, sample: Sample) -> FaceObservation:
        return replace(next(self.told), t_s=sample.t_s)


def stills(folder: Path, text: str, told: list[FaceObservation], **more: Any) -> Knowing:
    """A labels.csv, an empty grey picture for each of its files, and what will be said of them."""
    (folder / "labels.csv").write_text(text)
    labels = read(folder)
    for name in labels.texts("file"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        picture(folder / name)
    return Knowing(folder, labels, told=tuple(told), **more)


def picture(path: Path, grey: int = 128) -> None:
    """Written as PNG, whatever its name ends in."""
    path.write_bytes(cv2.imencode(".png", np.full((60, 80), grey, np.uint8))[1].tobytes())
