"""What one processor makes of given bytes: a film's first pictures, and every network's answer to the same numbers.

    python probe.py FILM PICTURES OUT.npz

Runs on both computers and needs nothing but the installed package.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vision.camera import CameraSettings, open_camera
from vision.model import BUNDLED, Shape, catalogue, load

TRIES = 8
FREE_SIDE = 2  # two eyes
PACKAGES = ("cabinwatch", "numpy", "onnxruntime", "opencv-python-headless")


def pictures(film: str, count: int) -> NDArray[np.uint8]:
    with open_camera(CameraSettings(source=film)) as camera:
        return np.stack([sample.grey for sample in islice(camera, count)])


def sides(shape: Shape) -> list[int]:
    return [side if isinstance(side, int) else FREE_SIDE for side in shape]


def answers() -> dict[str, NDArray[np.float32]]:
    """By network, output and try; what goes in has the range of a normalised patch."""
    random = np.random.default_rng(0)
    found = {}
    for name, entry in sorted(catalogue(BUNDLED).items()):
        model = load(name)
        for attempt in range(TRIES):
            given = [random.random(sides(tensor.shape), np.float32) * 4 - 2 for tensor in entry.inputs.values()]
            outputs = zip(entry.outputs, model.run(*given), strict=True)
            found |= {f"{name} {output} {attempt}": answer for output, answer in outputs}
    return found


if __name__ == "__main__":
    film, count, out = sys.argv[1:]
    versions = [f"{package} {version(package)}" for package in PACKAGES]
    np.savez(out, frames=pictures(film, int(count)), versions=np.array(versions), **answers())
