"""What capture costs: the health checks, a frame's age and the whole service's share of a core, at 30 frames a second.

A camera of raw GREY 640 × 480 frames is played from memory through the real capture thread, intake, networks, rules and
link, so that no decoding is counted. The service's processor time is counted, not the clock on the wall: other work on
the machine delays it but does not make it larger. Ages are wall time and hold only on a machine that is not busy.

    python -m benchmarks.capture [--seconds 20]
"""

from __future__ import annotations

import argparse
import os
import statistics
import threading
import time
from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import cabinwatch.parts
import cabinwatch.service
from cabinwatch.config import load
from cabinwatch.demo import OWN_DRIVE
from cabinwatch.intake import Intake
from cabinwatch.service import Service, Wishes
from vision.camera import CameraSettings, open_camera
from vision.health import Health
from vision.types import CameraView, FaceObservation, Frame

FPS = 30
KEPT_S = 0.0, 5.0  # of the drive; in memory, played to and fro


class GreyDevice:
    """What cv2.VideoCapture is for a V4L2 device in GREY: a buffer every 1/fps s, stamped by the monotonic clock."""

    fps: float = FPS

    def __init__(self, frames: Sequence[NDArray[np.uint8]], *_: object) -> None:
        self._frames = frames
        self._count = 0
        self._start_s = time.monotonic()

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return True

    def grab(self) -> bool:
        self._count += 1
        time.sleep(max(0.0, self._start_s + self._count / self.fps - time.monotonic()))
        return True

    def retrieve(self) -> tuple[bool, NDArray[Any]]:
        at = self._count % (2 * len(self._frames))
        return True, self._frames[min(at, 2 * len(self._frames) - 1 - at)].copy()

    def get(self, prop: int) -> float:
        if prop == cv2.CAP_PROP_POS_MSEC:
            return (self._start_s + self._count / self.fps) * 1000.0
        return float(cv2.VideoWriter.fourcc(*"GREY")) if prop == cv2.CAP_PROP_FOURCC else 0.0

    def set(self, _prop: int, _value: float) -> bool:
        return True

    def release(self) -> None:
        pass


class KeptIntake(Intake):
    """The service's intake, left where its figures can be read."""

    last: KeptIntake | None = None

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        KeptIntake.last, self.judged = self, 0

    def seen(self, seen: FaceObservation) -> None:
        self.judged += 1
        super().seen(seen)


def grey_frames(first_s: float, last_s: float) -> list[NDArray[np.uint8]]:
    """Pictures of a stretch of the demo's drive."""
    with open_camera(CameraSettings(source=str(OWN_DRIVE))) as samples:
        stretch = takewhile(lambda sample: sample.t_s < last_s, samples)
        return [sample.grey for sample in stretch if isinstance(sample, Frame) and sample.t_s >= first_s]


def health_ms(frames: Sequence[NDArray[np.uint8]]) -> float:
    """Processor time of the median frame."""
    health, spent_s = Health(FPS), []
    for index, grey in enumerate(frames):
        sample = Frame(index / FPS, index, grey, CameraView())
        began_s = time.thread_time()
        health.sample(sample)
        spent_s.append(time.thread_time() - began_s)
    return 1000.0 * statistics.median(spent_s)


def serve(frames: Sequence[NDArray[np.uint8]], seconds: float) -> None:
    """Runs the service for so long and prints what it needed."""
    wishes = Wishes()
    with TemporaryDirectory() as folder:
        config = Path(folder) / "cabinwatch.yaml"
        config.write_text(
            f"camera: {{source: /dev/grey, fps: {FPS}}}\nlink: {{port: {folder}/no-mcu}}\nlog_level: error\n"
        )
        cabinwatch.parts.open_camera = partial(open_camera, opener=partial(GreyDevice, frames))  # type: ignore[attr-defined]  # the module's own import
        cabinwatch.service.Intake = KeptIntake  # type: ignore[attr-defined,misc]  # the module's own import
        service = Service(config, cabinwatch.parts.Parts(load(config)), wishes)
        clock = threading.Timer(seconds, setattr, (wishes, "stop", True))
        before, began_s = time.process_time(), time.monotonic()
        clock.start()
        service.run()
    cpu_s, wall_s = time.process_time() - before, time.monotonic() - began_s
    intake = KeptIntake.last
    assert intake is not None
    print(f"judged              {intake.judged / wall_s:.1f} frames/s for {wall_s:.0f} s")
    print(f"age when judged     p50 {intake.age_ms(0.5):.1f} ms, p99 {intake.age_ms(0.99):.1f} ms (last 5 s)")
    print(f"too old, left out   {intake.stale}, {intake.shed} ({intake.shedding.step.value} rate)")
    print(
        f"processor           {100 * cpu_s / wall_s:.1f} % of one core, {1000 * cpu_s / intake.judged:.2f} ms a frame"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the service runs")
    arguments = parser.parse_args()
    frames = grey_frames(*KEPT_S)
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"health checks       {health_ms(frames):.3f} ms a frame")
    serve(frames, arguments.seconds)


if __name__ == "__main__":
    main()
