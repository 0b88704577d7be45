"""Readers of what lies on the disk: one video file, or pictures in a row.

Knows file formats through OpenCV. Must not know pacing or the clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vision.pixels import Broken, GreyScale
from vision.sources.base import CameraError
from vision.sources.capture import OpenCapture, open_clip, opencv_capture
from vision.types import GreyImage

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".tif", ".tiff")

CHECK_SOURCE = "check the source (in a config: camera.source)"
NO_FILE = "not a file (a pipe, a socket or a device)"

_FALLBACK_FPS = 30.0
_HIGHEST_FPS = 1000.0  # above it a file's rate is a time base, not a rate

# A container's frame count is often an estimate (duration × rate, edit lists). Fewer missing frames than this are no
# damage.
_MISSING_SHARE = 0.05
_MISSING_FRAMES = 3

_TEXT_BYTES = bytes({*range(0x20, 0x100), *b"\t\n\r\x1b"})


class VideoReader:
    """The frames of a video file with the file's own time stamps.

    Raises:
        CameraError: It is missing, unreadable or no video.
    """

    damage: str | None = None

    def __init__(self, path: Path, grey: GreyScale, opener: OpenCapture = opencv_capture) -> None:
        _require_video(path)
        self._path = path
        self._grey = grey
        self._opener = opener
        self._capture = open_clip(path, opener)
        self._read = 0
        self._last_s = 0.0
        self._start()

    @property
    def name(self) -> str:
        return str(self._path)

    @property
    def period_s(self) -> float:
        return self._period_s

    def advance(self) -> float | None:
        if not self._grab():
            self.damage = self._missing()
            return None
        self._read += 1
        stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        if not stamp_s > self._last_s:  # absent, repeated, running backwards or not a number
            stamp_s = self._last_s + self._period_s
        self._last_s = stamp_s
        return stamp_s

    def picture(self) -> GreyImage | Broken:
        try:
            caught, image = self._capture.retrieve()
        except cv2.error as error:
            return Broken(f"frame {self._read - 1} is damaged: {error.err}")
        return self._grey.convert(image if caught else None, self._last_s)

    def file(self) -> str:
        return str(self._path)

    def rewind(self) -> None:
        self._capture.release()  # seeking back is unreliable in damaged and unindexed files
        self._capture = open_clip(self._path, self._opener)
        self._start()

    def close(self) -> None:
        self._capture.release()

    def _start(self) -> None:
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._period_s = 1.0 / (fps if 0.0 < fps <= _HIGHEST_FPS else _FALLBACK_FPS)
        self._last_s = -self._period_s  # so that a first frame without a stamp gets time 0
        self._read = 0
        self.damage = None

    def _grab(self) -> bool:
        try:
            return self._capture.grab()
        except cv2.error:
            return False

    def _missing(self) -> str | None:
        announced = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if not math.isfinite(announced) or announced - self._read <= max(_MISSING_FRAMES, _MISSING_SHARE * announced):
            return None
        return f"damaged or truncated: it ends after {self._read} of about {announced:.0f} frames"


def _require_video(path: Path) -> None:
    try:
        head = _head(path)
    except OSError as error:
        raise CameraError(f"{path}: {error.strerror or error}; {CHECK_SOURCE}") from error
    if not head:
        raise CameraError(f"{path}: the file is empty; copy it again")
    # FFmpeg renders plain text as a video, and follows the network addresses in a play list.
    if not head.translate(None, _TEXT_BYTES):
        raise CameraError(f"{path}: this is a text file, not a video")


def _head(path: Path) -> bytes:
    if is_no_file(path):
        raise CameraError(f"{path}: {NO_FILE}; {CHECK_SOURCE}")
    with path.open("rb") as file:
        return file.read(1024)


def is_no_file(path: Path) -> bool:
    """Whether something is there that is neither file nor folder: opening a pipe would wait for its writer for ever.

    Raises:
        OSError: It cannot be looked up.
    """
    return path.exists() and not path.is_file() and not path.is_dir()


class PictureReader:
    """Pictures at a fixed rate, in the order given. A broken one is Broken; the others still come.

    Args:
        fps: Pictures a second, for their time stamps.
    """

    damage = None

    def __init__(self, name: str, paths: Sequence[Path], grey: GreyScale, fps: float | None = None) -> None:
        self._name = name
        self._paths = paths
        self._grey = grey
        self._period_s = 1.0 / (fps or _FALLBACK_FPS)
        self._at = -1

    @property
    def name(self) -> str:
        return self._name

    @property
    def period_s(self) -> float:
        return self._period_s

    def advance(self) -> float | None:
        self._at += 1
        return self._at * self._period_s if self._at < len(self._paths) else None

    def picture(self) -> GreyImage | Broken:
        return read_picture(self._paths[self._at], self._grey, self._at * self._period_s)

    def file(self) -> str:
        return str(self._paths[self._at])

    def rewind(self) -> None:
        self._at = -1

    def close(self) -> None:
        pass


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder, sorted by name.

    Raises:
        CameraError: It cannot be listed, or holds none.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
    except OSError as error:
        raise CameraError(f"{folder}: {error.strerror or error}; {CHECK_SOURCE}") from error
    if not found:
        raise CameraError(f"{folder}: no pictures here; files ending in {' '.join(PICTURE_SUFFIXES)} are taken")
    return found


def read_picture(path: Path, grey: GreyScale, t_s: float = 0.0) -> GreyImage | Broken:
    """Grey, upright as its EXIF orientation says."""
    try:
        if is_no_file(path):
            return Broken(NO_FILE)
        data = path.read_bytes()
        if not data:
            return Broken("the file is empty")
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR)
    except OSError as error:
        return Broken(f"unreadable: {error.strerror or error}")
    except cv2.error as error:  # absurd sizes, for one
        return Broken(f"undecodable: {error.err}")
    return Broken("undecodable: damaged, truncated or no picture") if image is None else grey.convert(image, t_s)
