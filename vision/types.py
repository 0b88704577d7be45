"""What vision hands on: frames in, one FaceObservation a frame out.

Knows units, signs and what an absent measurement looks like. Must not know cv2, onnxruntime or any
rule: importing this module costs numpy and nothing else.

Angles are degrees in the camera's frame: yaw + = the driver turns to the image's right, pitch + = up,
roll + = clockwise in the image; gaze uses the same signs (docs/architecture.md draws them).
Left and right are the driver's own. Pixel coordinates are of the full frame, x right, y down, pixel
centres at whole numbers.

An absent measurement keeps its object: no value, confidence 0 and a reason. An eye that cannot be seen
is unknown, never closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

GreyImage = NDArray[np.uint8]  # shape (height, width)
Points = NDArray[np.float32]  # shape (n, 2), x and y in px


class Side(str, Enum):
    """Where the driver sits in the image; AUTO takes the largest face."""

    AUTO = "auto"
    LEFT = "left"
    RIGHT = "right"


class Reason(str, Enum):
    """Why a measurement is absent or weak. The value is what logs and `observe` print."""

    NO_FRAME = "no_frame"  # the camera gave nothing
    NO_FACE = "no_face"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    OUT_OF_FRAME = "out_of_frame"  # the patch needed lies outside the picture
    TURNED_AWAY = "turned_away"  # the head's angle hides it
    COVERED = "covered"  # something lies over it
    TOO_SMALL = "too_small"
    EYES_CLOSED = "eyes_closed"  # no gaze behind closed lids
    UNSURE = "unsure"  # the network expects to be wrong by too much
    NOT_MEASURED = "not_measured"  # no network loaded for it


class Fault(str, Enum):
    """What is wrong with the stream itself. docs/cameras.md says what to do about each; the value is what logs print.

    The first three are known where the stream is read, STALE where its age is measured, the others from the pictures.
    """

    SILENT = "silent"  # nothing comes
    CORRUPTED = "corrupted"  # something comes that cannot be decoded
    TIME_WARPED = "time_warped"  # the driver's stamps stand or jump
    RESIZED = "resized"  # another resolution than a moment ago
    STALE = "stale"  # pictures too old to be judged as now
    SLOW = "slow"  # fewer pictures a second than asked for
    FROZEN = "frozen"  # the same picture again and again
    BLACK = "black"
    SATURATED = "saturated"  # most of it is white
    BLOCKED = "blocked"  # light, but nothing in it: a hand, tape or paper before the lens, dew
    BLURRED = "blurred"  # things in it, but no edges: out of focus, a film on the lens
    FACE_DARK = "face_dark"  # the driver's face, whatever the rest of the picture is like
    FACE_BRIGHT = "face_bright"


@dataclass(frozen=True, slots=True)
class CameraView:
    """How the camera looks at the driver. Belongs to the config, travels with every frame."""

    name: str = "camera"
    focal_px: float | None = None  # focal length in px at full resolution; None = unknown
    yaw_deg: float = 0.0  # mounting: where the camera points, house signs
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    driver_side: Side = Side.AUTO
    search_region: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)  # x0 y0 x1 y1, share of the frame


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with the moment of its exposure."""

    t_s: float  # monotonic seconds of the exposure, as near as the source gives it
    index: int  # 0, 1, … as delivered by the source; gaps are dropped frames
    grey: GreyImage
    view: CameraView
    file: str | None = None  # where it came from, for clips and image folders
    flaws: tuple[Fault, ...] = ()  # what its source had to mend or to leave out since the frame before


@dataclass(frozen=True, slots=True)
class NoFrame:
    """Nothing came from the camera. Data, not an exception: the rules must hear of it."""

    t_s: float
    detail: str  # for people: "camera /dev/video0: no frame for 0.4 s"
    fault: Fault = Fault.SILENT  # SILENT, CORRUPTED or STALE


Sample = Frame | NoFrame


@dataclass(frozen=True, slots=True)
class Face:
    """The tracked face."""

    box_px: tuple[float, float, float, float] | None = None  # x0 y0 x1 y1, brows to chin, ear to ear
    confidence: float = 0.0  # 0–1, probability that this is a face
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye. Openness has no memory: 1 = a relaxed open eye over the population, 0 = closed."""

    openness: float | None = None  # 0 … about 1.3
    closed: float | None = None  # 0–1, probability that the eye is closed; the product's threshold is 0.5
    confidence: float = 0.0  # 0–1, probability that the eye can be judged at all
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Mouth:
    """0 = closed lips, 1 = as wide as people open it."""

    openness: float | None = None
    confidence: float = 0.0
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Direction:
    """Where something points: the head (with roll) or the gaze (roll is None)."""

    yaw_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    confidence: float = 0.0
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Covers:
    """What lies over the face; probabilities, 0–1."""

    glasses: float  # of any kind, also those that hide the eyes
    sunglasses: float  # lenses through which the camera sees no eyes
    mask: float
    hand: float


EXPRESSIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


@dataclass(frozen=True, slots=True)
class Affect:
    """What the face shows, not what the person feels. Exists only where the affect network was allowed."""

    expression: tuple[float, ...]  # probabilities in the order of EXPRESSIONS, sum 1
    valence: float  # proxy, −1 … 1
    arousal: float  # proxy, −1 … 1


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the picture is like where the face is, else over the whole frame."""

    brightness: float | None = None  # mean grey, 0–255
    contrast: float | None = None  # standard deviation of grey, 0–128
    saturated: float | None = None  # share of pixels ≥ 250, 0–1
    sharpness: float | None = None  # variance of the Laplacian over the variance of grey; scale free


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """Everything vision measured in one frame. Exactly one a frame, whatever the frame shows."""

    t_s: float
    frame: int | None = None  # None: there was no frame
    file: str | None = None
    face: Face = field(default_factory=Face)
    landmarks_px: Points | None = None  # (68, 2) in the usual 68-point order
    left: Eye = field(default_factory=Eye)
    right: Eye = field(default_factory=Eye)
    mouth: Mouth = field(default_factory=Mouth)
    head: Direction = field(default_factory=Direction)
    gaze: Direction = field(default_factory=Direction)
    covers: Covers | None = None  # None: no face
    affect: Affect | None = None
    conditions: Conditions = field(default_factory=Conditions)
    cost_ms: float = 0.0  # time spent on this frame


def unseen(t_s: float, reason: Reason, **known: object) -> FaceObservation:
    """An observation in which every measurement is absent for one and the same reason."""
    absent: dict[str, object] = {
        "face": Face(reason=reason),
        "left": Eye(reason=reason),
        "right": Eye(reason=reason),
        "mouth": Mouth(reason=reason),
        "head": Direction(reason=reason),
        "gaze": Direction(reason=reason),
    }
    return FaceObservation(t_s, **{**absent, **known})  # type: ignore[arg-type]  # keys are its own fields
