"""A few seconds of a camera as numbers: how often, how bright, whether it moves, whether a face is there.

Knows pictures only as light and counts. Nothing of a picture leaves this module, of a face only how bright it is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median
from zlib import crc32

import cv2

from cabinwatch.pipeline import Observing
from vision.camera import Camera
from vision.types import Frame, NoFrame

WATCH_S = 3.0  # from the first frame on: long enough for a rate; the whole check has 5 s
FIRST_FRAME_S = 3.5  # a camera that gives nothing for so long is silent


@dataclass(frozen=True, slots=True)
class Watched:
    """What came."""

    frames: int = 0
    distinct: int = 0  # pictures that differ from the one before
    rate_hz: float | None = None  # by the source's own count and stamps
    size_px: tuple[int, int] | None = None
    brightness: float = 0.0  # median over the frames of mean grey, 0–255
    contrast: float = 0.0  # … of the deviation of grey
    face_share: float | None = None  # frames with a face; None: no networks to look with
    face_brightness: float | None = None  # median mean grey where the face is
    trouble: str = ""  # what the camera said while nothing came, or why it never can


@dataclass(slots=True)
class _Tally:
    first: Frame | None = None
    last: Frame | None = None
    frames: int = 0
    distinct: int = 0
    last_sum: int | None = None
    means: list[float] = field(default_factory=list)
    deviations: list[float] = field(default_factory=list)
    faces: list[float] = field(default_factory=list)
    trouble: str = ""

    def add(self, frame: Frame) -> None:
        self.first, self.last = self.first or frame, frame
        self.frames += 1
        found = crc32(frame.grey.data)
        self.distinct += found != self.last_sum
        self.last_sum = found
        mean, deviation = cv2.meanStdDev(frame.grey)
        self.means.append(float(mean[0, 0]))
        self.deviations.append(float(deviation[0, 0]))

    def rate_hz(self) -> float | None:
        if self.first is None or self.last is None or self.last.t_s <= self.first.t_s:
            return None
        return (self.last.index - self.first.index) / (self.last.t_s - self.first.t_s)


def watch(camera: Camera, observer: Observing | None) -> Watched:
    """Takes WATCH_S of `camera`, or FIRST_FRAME_S while nothing comes."""
    tally = _Tally()
    began_s = time.monotonic()
    for sample in camera:
        if isinstance(sample, NoFrame):
            tally.trouble = sample.detail
        else:
            tally.add(sample)
            _look_for_face(tally, sample, observer)
        if time.monotonic() - began_s > (FIRST_FRAME_S if tally.first is None else WATCH_S):
            break
    return _summary(tally, looked=observer is not None)


def _look_for_face(tally: _Tally, frame: Frame, observer: Observing | None) -> None:
    seen = None if observer is None else observer.observe(frame, affect=False)
    if seen is not None and seen.landmarks_px is not None and seen.conditions.brightness is not None:
        tally.faces.append(seen.conditions.brightness)


def _summary(tally: _Tally, *, looked: bool) -> Watched:
    if tally.last is None:
        return Watched(trouble=tally.trouble or "it gave nothing")
    height, width = tally.last.grey.shape
    return Watched(
        frames=tally.frames,
        distinct=tally.distinct,
        rate_hz=tally.rate_hz(),
        size_px=(width, height),
        brightness=median(tally.means),
        contrast=median(tally.deviations),
        face_share=len(tally.faces) / tally.frames if looked else None,
        face_brightness=median(tally.faces) if tally.faces else None,
        trouble=tally.trouble,
    )
