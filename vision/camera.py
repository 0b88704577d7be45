"""Where the frames come from: one settings string → one Camera.

Knows which kinds of source exist and how a source is written in the settings. Must not know what a frame shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from vision.pixels import GreyScale
from vision.sources.base import Camera, CameraError
from vision.sources.capture import (
    OpenCapture,
    Stream,
    open_device,
    open_gstreamer,
    open_rtsp,
    opencv_capture,
    require_gstreamer,
)
from vision.sources.files import (
    CHECK_SOURCE,
    NO_FILE,
    PICTURE_SUFFIXES,
    PictureReader,
    VideoReader,
    is_no_file,
    pictures_in,
)
from vision.sources.live import LiveCamera
from vision.sources.player import Player, Reader
from vision.types import CameraView, Side

__all__ = ["Camera", "CameraError", "CameraSettings", "open_camera", "open_still"]

_Bits = Annotated[
    int,
    msgspec.Meta(
        ge=8,
        le=16,
        description="bits that carry the picture in 16-bit pixels, from the low end: 10 for an unshifted RAW10 sensor; "
        "unset: found out from the values (vision/pixels.py has the rule)",
    ),
]
_SizePx = Annotated[int, msgspec.Meta(ge=16, le=8192, description="px; V4L2 only; unset: the driver's choice")]
_Fps = Annotated[
    float,
    msgspec.Meta(
        ge=1, le=240, description="frames a second of a V4L2 device or of pictures; unset: the driver's choice, or 30"
    ),
]
_MaxAge = Annotated[
    float,
    msgspec.Meta(
        ge=0.1,
        le=0.9,
        description="a picture exposed longer ago is not judged as now but dropped; s; below the 1 s after which the "
        "microcontroller takes a state for dead (docs/protocol.md); the default is below alerts' bridge_s (ours)",
    ),
]
_FocalPx = Annotated[
    float, msgspec.Meta(ge=50, le=20000, description="focal length in px at full resolution; unset: unknown")
]
_Angle = Annotated[float, msgspec.Meta(ge=-90, le=90)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The camera, and how it looks at the driver."""

    source: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            pattern=r"^[^\x00]+$",  # no path may hold one, and Python raises a ValueError of its own
            description="/dev/… (V4L2), rtsp://…, gst:PIPELINE or a pipeline containing ' ! ' (GStreamer, ending in "
            "appsink), a video file, a picture, or a folder of pictures; no NUL character",
        ),
    ] = "/dev/video0"
    pixel_format: Annotated[
        Literal["auto", "GREY", "Y10", "Y12", "Y16", "YUYV", "MJPG"],
        msgspec.Meta(description="what to ask a V4L2 device for; auto leaves it to the driver"),
    ] = "auto"
    significant_bits: _Bits | None = None
    width: _SizePx | None = None
    height: _SizePx | None = None
    fps: _Fps | None = None
    max_age_s: _MaxAge = 0.3
    loop: Annotated[bool, msgspec.Meta(description="play a file or folder again and again")] = False
    name: Annotated[str, msgspec.Meta(min_length=1, description="what to call the camera")] = "camera"
    focal_px: _FocalPx | None = None
    yaw_deg: Annotated[_Angle, msgspec.Meta(description="mounting: where the camera points; house signs")] = 0.0
    pitch_deg: Annotated[_Angle, msgspec.Meta(description="mounting: + = up")] = 0.0
    roll_deg: Annotated[_Angle, msgspec.Meta(description="mounting: + = clockwise in the image")] = 0.0
    driver_side: Annotated[Side, msgspec.Meta(description="which half of the image the driver sits in")] = Side.AUTO
    search_region: Annotated[
        tuple[_Share, _Share, _Share, _Share],
        msgspec.Meta(description="x0 y0 x1 y1: where to look for the driver; share of the frame"),
    ] = (0.0, 0.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = self.search_region
        if not (x0 < x1 and y0 < y1):
            raise ValueError(f"search_region {list(self.search_region)} is empty: needs x0 < x1 and y0 < y1")

    def view(self) -> CameraView:
        return CameraView(
            name=self.name,
            focal_px=self.focal_px,
            yaw_deg=self.yaw_deg,
            pitch_deg=self.pitch_deg,
            roll_deg=self.roll_deg,
            driver_side=self.driver_side,
            search_region=self.search_region,
        )


_GSTREAMER = "gst:"


class _Kind(Enum):
    DEVICE = "device"
    RTSP = "rtsp"
    GSTREAMER = "gstreamer"
    PICTURE = "picture"
    FOLDER = "folder"
    VIDEO = "video"


def open_camera(settings: CameraSettings, *, realtime: bool = False, opener: OpenCapture = opencv_capture) -> Camera:
    """Open the source.

    A live camera that is absent now is no error: it says so in NoFrame and comes when it comes.

    Args:
        settings: Which source, and how.
        realtime: Play files at their own pace on the monotonic clock (the service), instead of
            every frame as fast as it is taken with times from the file's start.
        opener: Makes the captures; tests give their own.

    Raises:
        CameraError: It can never work: a missing file, no video, no pictures, a back end that OpenCV lacks.
    """
    try:
        kind = _kind_of(settings.source)
    except OSError as error:  # a folder on the way that may not be entered, or a name too long
        raise CameraError(f"{_public_name(settings.source)}: {error.strerror}; {CHECK_SOURCE}") from error
    grey = GreyScale(settings.significant_bits)
    if kind in (_Kind.DEVICE, _Kind.RTSP, _Kind.GSTREAMER):
        return LiveCamera(_public_name(settings.source), _stream_opener(kind, settings, opener), grey, settings.view())
    reader = _reader(kind, settings, grey, opener)
    return Player(reader, settings.view(), realtime=realtime, loop=settings.loop)


def open_still(path: Path) -> Camera:
    """Exactly one sample: the picture, or a NoFrame that says why it cannot be read, whatever the path may be."""
    return Player(PictureReader(str(path), [path], GreyScale()), CameraView(), realtime=False, loop=False)


def _kind_of(source: str) -> _Kind:
    if re.match(r"rtsps?://", source, re.IGNORECASE):
        return _Kind.RTSP
    if source.startswith(_GSTREAMER) or " ! " in source:
        return _Kind.GSTREAMER
    path = Path(source)
    if source.startswith("/dev/") and not path.is_file() and not path.is_dir():  # /dev/shm holds ordinary files
        return _Kind.DEVICE
    if path.is_dir():
        return _Kind.FOLDER
    return _Kind.PICTURE if path.suffix.lower() in PICTURE_SUFFIXES else _Kind.VIDEO


def _public_name(source: str) -> str:
    """The source without the password that an rtsp address may carry: it ends up in logs."""
    return re.sub(r"(?<=://)[^/]*@", "…@", source)


def _stream_opener(kind: _Kind, settings: CameraSettings, opener: OpenCapture) -> Callable[[], Stream]:
    if kind is _Kind.RTSP:
        return partial(open_rtsp, settings.source, opener)
    if kind is _Kind.GSTREAMER:
        require_gstreamer()
        return partial(open_gstreamer, settings.source.removeprefix(_GSTREAMER), opener)
    return partial(
        open_device,
        settings.source,
        pixel_format=None if settings.pixel_format == "auto" else settings.pixel_format,
        width=settings.width,
        height=settings.height,
        fps=settings.fps,
        opener=opener,
    )


def _reader(kind: _Kind, settings: CameraSettings, grey: GreyScale, opener: OpenCapture) -> Reader:
    path = Path(settings.source)
    if kind is _Kind.VIDEO:
        return VideoReader(path, grey, opener)
    if kind is _Kind.FOLDER:
        return PictureReader(settings.source, pictures_in(path), grey, settings.fps)
    if not path.is_file():
        raise CameraError(f"{path}: {NO_FILE if is_no_file(path) else 'no such picture'}; {CHECK_SOURCE}")
    return PictureReader(settings.source, [path], grey, settings.fps)
