"""The `cabinwatch` command with a scripted camera and observer; the tests run it as a process of its own.

Files in the folder STAGE are the script: `absent` – no camera; `stalled` – it delivers nothing; `closed` – the driver's
eyes are closed; `hung` – the observer never returns; `tensorrt` – the networks are real ones on a machine that seems to
have TensorRT, and `building` – it builds an engine.
"""

import functools
import os
import sys
import time
from pathlib import Path

import numpy as np
from conftest import BrightnessObserver

import cabinwatch.parts
import vision.model
from cabinwatch.cli import main
from vision.camera import open_camera
from vision.sources.capture import opencv_capture

STAGE = Path(os.environ["STAGE"])
CLOSED, OPEN = 100, 200  # brightness


class ScriptedCapture:
    """What cv2.VideoCapture would be."""

    def __init__(self):
        self._opened = not (STAGE / "absent").exists()

    def isOpened(self):  # noqa: N802  # OpenCV's name
        return self._opened

    def grab(self):
        time.sleep(1 / 30)
        return not (STAGE / "stalled").exists() and not (STAGE / "absent").exists()

    def retrieve(self):
        return True, np.full((48, 64), CLOSED if (STAGE / "closed").exists() else OPEN, np.uint8)

    def get(self, _prop):
        return 0.0

    def set(self, _prop, _value):
        return True

    def release(self):
        pass


def capture(source, backend, params):
    return ScriptedCapture() if source == "/dev/scripted" else opencv_capture(source, backend, params)


class ScriptedObserver(BrightnessObserver):
    def __init__(self, models=None, affect=False, engines=None):
        pass

    def observe(self, sample, *, affect=False):
        while (STAGE / "hung").exists():
            time.sleep(0.01)
        return super().observe(sample)


class TensorrtSession(vision.model.ort.InferenceSession):
    """Runs on the processor and says what it was asked for."""

    def __init__(self, data, options, names, _options):
        while "TensorrtExecutionProvider" in names and (STAGE / "building").exists():
            time.sleep(0.01)
        self._names = names
        super().__init__(data, options, ["CPUExecutionProvider"])

    def get_providers(self):
        return self._names


if (STAGE / "tensorrt").exists():
    vision.model.ort.get_available_providers = lambda: ["TensorrtExecutionProvider", "CPUExecutionProvider"]
    vision.model.ort.InferenceSession = TensorrtSession
else:
    cabinwatch.parts.Observer = ScriptedObserver
cabinwatch.parts.open_camera = functools.partial(open_camera, opener=capture)
sys.exit(main())
