"""The only place that opens cv2.VideoCapture.

Knows OpenCV's back ends and their habits. Must not know threads, pacing or reconnection.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.sources.base import CameraError
from vision.sources.stamps import Clock, DriverClock, Exposure, NoClock, StreamClock

# OpenCV waits 10 s for a stalled V4L2 camera, which CAP_PROP_READ_TIMEOUT_MSEC does not change there. It reads this
# variable at the first capture, so importing this module is early enough.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
# TCP, as is OpenCV's own choice: a lost packet of UDP is a damaged picture. Two pictures tell FFmpeg the rate well
# enough; its usual twenty cost 0.8 s of blindness at every reopening.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|fpsprobesize;2")
# What goes wrong is said once, by NoFrame.detail; the libraries would fill the journal at every retry.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

OPEN_TIMEOUT_MS = 3000
READ_TIMEOUT_MS = 1000


class Capture(Protocol):
    """The calls of cv2.VideoCapture that the sources use."""

    def isOpened(self) -> bool: ...  # noqa: N802  # OpenCV's name
    def grab(self) -> bool: ...
    def retrieve(self) -> tuple[bool, NDArray[Any] | None]: ...
    def get(self, prop: int, /) -> float: ...
    def set(self, prop: int, value: float, /) -> bool: ...
    def release(self) -> None: ...


OpenCapture = Callable[[str, int, Sequence[int]], Capture]


def opencv_capture(source: str, backend: int, params: Sequence[int]) -> Capture:
    """The real thing. `params` alternates property and value."""
    capture: Capture = cv2.VideoCapture(source, backend, params)
    return capture


class StreamLost(Exception):  # noqa: N818  # an event on the way to a reconnection rather than an error
    """A live stream could not be opened now; trying again may help. The message says why."""


class Stream:
    """One opened live stream, until it is lost.

    Args:
        clock: How its time stamps become times of exposure.
        bits: Bits that its format states for 16-bit pixels; None: it states none.
    """

    def __init__(self, capture: Capture, clock: Clock, *, fourcc: str = "") -> None:
        self.bits: Final = _BITS.get(fourcc)
        self._capture = capture
        self._clock = clock
        self._fourcc = fourcc

    def grab(self) -> bool:
        """Wait for the next picture. False: it was damaged, or the stream stalled or broke."""
        try:
            return self._capture.grab()
        except cv2.error:
            return False

    def picture(self) -> NDArray[Any] | None:
        """What `grab` caught, (height, width) or (height, width, 3 BGR); None where it cannot be decoded."""
        try:
            caught, raw = self._capture.retrieve()
            return _plane(raw, self._fourcc) if caught and raw is not None and raw.size else None
        except cv2.error:
            return None

    def exposure(self, grabbed_s: float) -> Exposure:
        """When the picture that `grab` caught at `grabbed_s` was exposed."""
        return self._clock.exposure(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0, grabbed_s)

    def release(self) -> None:
        self._capture.release()


def _plane(raw: NDArray[Any], fourcc: str) -> NDArray[Any] | None:
    """The picture in an unconverted V4L2 buffer; for YUYV and MJPG straight its luma, without a detour through BGR."""
    if fourcc == "MJPG":
        return cv2.imdecode(raw.astype(np.uint8, copy=False), cv2.IMREAD_GRAYSCALE)
    if fourcc == "YUYV" and raw.ndim == 3:
        return raw[:, :, 0]
    return raw


RAW_FORMATS = ("GREY", "Y10", "Y12", "Y16", "YUYV", "MJPG")
_BITS = {"Y10": 10, "Y12": 12}  # in 16-bit pixels, from the low end; some platforms shift them (vision/pixels.py)


def open_device(
    path: str,
    *,
    pixel_format: str | None = None,
    width: int | None = None,
    height: int | None = None,
    fps: float | None = None,
    opener: OpenCapture = opencv_capture,
) -> Stream:
    """Open a V4L2 device. None leaves a choice to the driver.

    Raises:
        StreamLost: It is not there, not ours, busy, or does not offer the pixel format.
    """
    capture = opener(path, cv2.CAP_V4L2, [])
    if not capture.isOpened():
        capture.release()
        raise StreamLost(_why_not(path))
    # The order matters: a new format resets the stream, and a size takes effect when both sides are known.
    if pixel_format:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*pixel_format.ljust(4)))
    for prop, value in (
        (cv2.CAP_PROP_FRAME_WIDTH, width),
        (cv2.CAP_PROP_FRAME_HEIGHT, height),
        (cv2.CAP_PROP_FPS, fps),
    ):
        if value is not None:
            capture.set(prop, value)
    return _raw_stream(capture, pixel_format)


def _raw_stream(capture: Capture, wanted: str | None) -> Stream:
    given = _fourcc(capture)
    if wanted and given != wanted:  # OpenCV falls back to another format and still reports success
        capture.release()
        raise StreamLost(
            f"it gives {given or 'an unknown format'} instead of {wanted}; set camera.pixel_format to one it offers"
        )
    if given in RAW_FORMATS:
        capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        return Stream(capture, DriverClock(), fourcc=given)
    return Stream(capture, DriverClock())


def _fourcc(capture: Capture) -> str:
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    return code.to_bytes(4, "little", signed=False).decode("latin-1").strip("\0 ") if 0 < code < 1 << 32 else ""


def _why_not(path: str) -> str:
    if not Path(path).exists():
        return "no such device; is the camera plugged in?"
    if not os.access(path, os.R_OK | os.W_OK):
        return "no permission; add the user to the video group"
    return "it cannot be opened; another program may hold it, or it is not a capture device"


def open_rtsp(url: str, opener: OpenCapture = opencv_capture) -> Stream:
    """Open a network stream with time-outs.

    Raises:
        StreamLost: Nobody answered in time, or not with a video.
    """
    params = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
    capture = opener(url, cv2.CAP_FFMPEG, [*params, cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        capture.release()
        raise StreamLost(f"no stream, waited at most {OPEN_TIMEOUT_MS / 1000:g} s")
    return Stream(capture, StreamClock())


def require_gstreamer() -> None:
    """Say at the start what no retry can mend.

    Raises:
        CameraError: This OpenCV was built without GStreamer.
    """
    if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        raise CameraError(
            "this OpenCV was built without GStreamer: use the system's OpenCV (on a Jetson JetPack's own), "
            "or name a V4L2 device such as /dev/video0"
        )


def open_gstreamer(pipeline: str, opener: OpenCapture = opencv_capture) -> Stream:
    """Open a GStreamer pipeline that ends in an appsink.

    Raises:
        StreamLost: It does not start.
    """
    params = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
    capture = opener(pipeline, cv2.CAP_GSTREAMER, params)
    if not capture.isOpened():
        capture.release()
        raise StreamLost("the pipeline does not start; try it with gst-launch-1.0, ending in fakesink")
    return Stream(capture, NoClock())


def open_clip(path: Path, opener: OpenCapture = opencv_capture) -> Capture:
    """Open a video file.

    Raises:
        CameraError: OpenCV finds no video in it.
    """
    capture = opener(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        capture.release()
        raise CameraError(f"{path}: no readable video in this file (damaged, incomplete, or of another kind)")
    return capture
