"""`cabinwatch run` whose camera fails by lot, as a process of its own.

    python -m tests.faults.soak_service CONFIG SEED FPS

The camera is what OpenCV gives for a V4L2 device in raw GREY, played from memory; all that follows is the product's. A
line of JSON on its output names each fault of the camera when it begins.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import cabinwatch.parts
from benchmarks.capture import GreyDevice, grey_frames
from cabinwatch import service
from vision.camera import open_camera

Picture = NDArray[np.uint8]
Caught = tuple[bool, Picture | None]

KEPT_S = 48.0, 54.0  # of the drive: the driver's eyes are shut for 2 s of these 6
FIRST_FAULT_S = 20.0
SOUND_S, FAILING_S = (5.0, 40.0), (1.0, 15.0)  # at least and at most
STALL_S = 2.0

PICTURES: dict[str, Callable[[Picture], Caught]] = {
    "black": lambda picture: (True, np.zeros_like(picture)),
    "over-exposed": lambda picture: (True, np.full_like(picture, 255)),
    "half the size": lambda picture: (True, np.ascontiguousarray(picture[::2, ::2])),
    "upside down": lambda picture: (True, np.ascontiguousarray(picture[::-1])),
    "undecodable": lambda picture: (False, None),
}
FAULTS = ("unplugged", "stalling", "frozen", *PICTURES)


class Lot:
    """Which fault the camera has now, "" for none. Every device that is opened asks the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._fault, self._until_s = "", time.monotonic() + FIRST_FAULT_S

    def now(self) -> str:
        with self._lock:
            now_s = time.monotonic()
            if now_s >= self._until_s:
                self._fault = "" if self._fault else self._random.choice(FAULTS)
                self._until_s = now_s + self._random.uniform(*(FAILING_S if self._fault else SOUND_S))
                if self._fault:
                    sys.stdout.write(json.dumps({"camera": self._fault}) + "\n")
                    sys.stdout.flush()
            return self._fault


class FailingDevice(GreyDevice):
    """The camera, and what befalls it."""

    def __init__(self, frames: Sequence[Picture], lot: Lot, *arguments: object) -> None:
        super().__init__(frames, *arguments)
        self._lot = lot
        self._last = frames[0]

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return self._lot.now() != "unplugged"

    def grab(self) -> bool:
        fault = self._lot.now()
        if fault == "stalling":
            time.sleep(STALL_S)
            self._start_s += STALL_S  # the sensor stood still; no pictures wait in the driver
        return fault != "unplugged" and super().grab()

    def retrieve(self) -> Caught:
        fault = self._lot.now()
        if fault == "frozen":
            return True, self._last.copy()
        _, self._last = super().retrieve()
        return PICTURES[fault](self._last) if fault in PICTURES else (True, self._last)


def main() -> None:
    config, seed, fps = sys.argv[1:]
    FailingDevice.fps = float(fps)
    frames = grey_frames(*KEPT_S)
    opener = partial(FailingDevice, frames, Lot(int(seed)))
    cabinwatch.parts.open_camera = partial(open_camera, opener=opener)  # the module's own import
    service.run(Path(config))


if __name__ == "__main__":
    main()
