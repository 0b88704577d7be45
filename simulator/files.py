"""Files that are either whole or not there, and pictures without loss.

Knows paths, PNG and FFV1. Must not know what a picture shows.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from simulator.types import GreyImage, SimulatorError

# OpenCV and FFmpeg would say for every frame that the disk is full; `_holds` says it once.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

PNG_LEVEL = 1  # noise does not compress: more effort saves 2 % and costs twice the time
FOURCC = "FFV1"  # lossless; AVI holds it without random identifiers or dates, so the same frames are the same bytes


@contextmanager
def writing(where: Path) -> Iterator[None]:
    """Turns what a disk can say into one line that names `where`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise SimulatorError(f"{where}: cannot be written: {reason}; make room or choose another --out") from error


def make_folder(folder: Path) -> None:
    """Makes the folder and those above it where they are missing."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def write(path: Path, data: bytes) -> None:
    """Whole or not at all: under another name first."""
    part = path.with_name(f".{path.name}.part")
    with writing(path.parent):
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise


def try_out(path: Path) -> None:
    """Raises before the work is done what `write` would raise after it, but for a disk that fills meanwhile."""
    if path.is_dir():
        raise SimulatorError(f"{path}: is a folder; name a file")
    probe = path.with_name(f".{path.name}.part")
    write(probe, b"")
    remove(probe)


def write_json(path: Path, value: Any) -> None:
    write(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode())


def remove(path: Path) -> None:
    """A file or folder of this program's own making, if it is there."""
    with writing(path):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def png(grey: GreyImage) -> bytes:
    """The picture as PNG."""
    good, data = cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL])
    if not good:
        raise SimulatorError(f"a picture of shape {grey.shape} cannot become a PNG")
    return data.tobytes()


def read_grey(path: Path) -> GreyImage:
    """A picture that this program wrote."""
    grey = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise SimulatorError(f"{path}: damaged; delete it and run again")
    return np.asarray(grey, np.uint8)


def write_clip(path: Path, frames: Iterable[GreyImage], size: tuple[int, int], fps: float) -> None:
    """FFV1 in AVI, read back and compared: OpenCV's writer keeps silent about a full disk.

    Args:
        path: Where; must end in .avi.
        frames: Each of shape (height, width).
        size: Width, height in px; both even, because OpenCV's writer cuts an odd row or column off.
        fps: Frames a second.
    """
    part = path.with_name(f".part.{path.name}")
    sums: list[int] = []
    try:
        _encode(part, frames, size, fps, sums.append)
        if not _holds(part, sums):
            raise SimulatorError(f"{path.parent}: the clip is incomplete: disk full? Make room or choose another --out")
        with writing(path.parent):
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _encode(
    part: Path, frames: Iterable[GreyImage], size: tuple[int, int], fps: float, note: Callable[[int], None]
) -> None:
    grey = [cv2.VIDEOWRITER_PROP_IS_COLOR, 0]
    writer = cv2.VideoWriter(str(part), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*FOURCC), fps, size, grey)
    if not writer.isOpened():
        raise SimulatorError(f"{part.parent}: no clip can be written there: is it writable? Does OpenCV have FFmpeg?")
    try:
        for frame in frames:
            writer.write(frame)
            note(zlib.crc32(frame.tobytes()))
    finally:
        writer.release()


def _holds(path: Path, sums: list[int]) -> bool:
    found = [zlib.crc32(frame.tobytes()) for frame in read_clip(path)]
    return found == sums


def read_clip(path: Path) -> Iterator[GreyImage]:
    """The frames of a clip that `write_clip` wrote."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        while True:
            got, bgr = capture.read()
            if not got:
                return
            yield np.ascontiguousarray(bgr[..., 0], np.uint8)
    finally:
        capture.release()


@lru_cache(maxsize=1)
def code_sum() -> str:
    """Changes when the simulator does: parts from two versions are never mixed."""
    root = Path(__file__).parent
    total = 0
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".glsl", ".vert", ".frag", ".yaml") and path.is_file():
            total = zlib.crc32(path.read_bytes(), zlib.crc32(os.fsencode(path.relative_to(root)), total))
    return f"{total:08x}"
