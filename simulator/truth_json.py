"""One frame's truth as one JSON line: what `cabinwatch observe` would print if it were never wrong, and the rest.

Knows which of the truth's numbers mean the same as a measurement of the product, and the names of the others. Must not
know how the truth was found.

The line is the product's own (`cabinwatch.recorder` writes it) plus one object, `truth`. In the product's fields an
eye or a mouth that the camera cannot see is absent with its reason, as the product reports it; under `truth` it keeps
its values, with the share that is `visible` beside them. Affect is never written: what a scripted face shows is under
`truth.units`, and nobody feels it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, astuple
from typing import Any

import msgspec

from cabinwatch import recorder
from simulator.render.camera import Window, whole
from simulator.types import POPULATION_APERTURE_MM, Camera, EyeTruth, Glasses, Truth
from vision.preprocess import eye_patches
from vision.types import Covers, Direction, Eye, Face, FaceObservation, Mouth, Reason

LEAST_VISIBLE = 0.4  # share of an eye or a mouth that must be seen to be judged; as sure as the product must be
LEAST_INSIDE = 0.7  # share of the eye's patch that must lie in the picture (vision.eyes)
# An eye counts as closed while the lids cover 80 % of what this driver shows when relaxed: the P80 of PERCLOS
# (Wierwille and Ellsworth 1994).
CLOSED_OWN = 0.2
DARK = 0.98  # of the lens covered: black

_TIME, _PX, _SHARE, _MM, _DEG = 4, 2, 4, 3, 2

Json = dict[str, Any]


def line(truth: Truth, *, camera: Camera, window: Window | None = None, file: str | None = None) -> bytes:
    """`as_json` as one line, newline included."""
    return msgspec.json.encode(as_json(truth, camera=camera, window=window, file=file)) + b"\n"


def as_json(truth: Truth, *, camera: Camera, window: Window | None = None, file: str | None = None) -> Json:
    """The product's fields and the object `truth`.

    Args:
        truth: Of one frame.
        camera: Whose frame it is.
        window: The part of the camera's picture that was taken; None: all.
        file: Name of the picture or the clip.
    """
    part = window or whole(camera)
    return {**recorder.as_json(observation(truth, part, file)), "truth": _truth(truth, camera, part)}


def observation(truth: Truth, window: Window, file: str | None = None) -> FaceObservation:
    """The truth in the product's words."""
    if truth.face_box_px is None or truth.covered >= DARK:
        return _unseen(truth, file)
    absent = _hidden(truth, window)
    left, right = (_eye(eye, why) for eye, why in zip((truth.left, truth.right), absent, strict=True))
    blind = absent[0] and absent[1]
    return FaceObservation(
        t_s=truth.t_s,
        frame=truth.frame,
        file=file,
        face=Face(truth.face_box_px, 1.0),
        landmarks_px=truth.landmarks_px,
        left=left,
        right=right,
        mouth=_mouth(truth),
        head=Direction(*truth.head_deg, confidence=1.0),
        gaze=Direction(reason=blind) if blind else Direction(*truth.gaze_deg, confidence=1.0),
        covers=_covers(truth),
    )


def _unseen(truth: Truth, file: str | None) -> FaceObservation:
    reason = Reason.COVERED if truth.covered >= DARK else Reason.NO_FACE
    nothing = Eye(reason=reason)
    return FaceObservation(
        t_s=truth.t_s, frame=truth.frame, file=file, face=Face(reason=reason), left=nothing, right=nothing,
        mouth=Mouth(reason=reason), head=Direction(reason=reason), gaze=Direction(reason=reason),
    )  # fmt: skip


def _hidden(truth: Truth, window: Window) -> tuple[Reason | None, Reason | None]:
    """Why the left and the right eye cannot be seen; None where they can."""
    patches = eye_patches(truth.landmarks_px)
    inside = [patch.inside(round(window.width), round(window.height)) for patch in patches]
    left, right = (_why(eye, share) for eye, share in zip((truth.left, truth.right), inside, strict=True))
    return left, right


def _why(eye: EyeTruth, inside: float) -> Reason | None:
    if inside < LEAST_INSIDE:
        return Reason.OUT_OF_FRAME
    if eye.visible >= LEAST_VISIBLE:
        return None
    return Reason.COVERED if eye.covered_by else Reason.TURNED_AWAY


def _eye(eye: EyeTruth, absent: Reason | None) -> Eye:
    if absent is not None:
        return Eye(reason=absent)
    return Eye(eye.aperture_mm / POPULATION_APERTURE_MM, float(eye.own < CLOSED_OWN), confidence=1.0)


def _mouth(truth: Truth) -> Mouth:
    if truth.mouth_visible < LEAST_VISIBLE:
        return Mouth(reason=Reason.COVERED if truth.mouth_covered_by else Reason.TURNED_AWAY)
    return Mouth(truth.mouth_open, confidence=1.0)


def _covers(truth: Truth) -> Covers:
    """What is worn, and whether a hand lies over eyes or mouth."""
    glasses, mask = truth.wearing.glasses, truth.wearing.mask
    over = (*truth.left.covered_by, *truth.right.covered_by, *truth.mouth_covered_by)
    hand = any(name.startswith("hand") for name in over)
    return Covers(float(glasses is not Glasses.NONE), float(glasses is Glasses.SUN_OPAQUE), float(mask), float(hand))


def _truth(truth: Truth, camera: Camera, window: Window) -> Json:
    return {
        "behaviour": truth.behaviour,
        "eyes": {"left": _eye_truth(truth.left), "right": _eye_truth(truth.right)},
        "mouth": _mouth_truth(truth),
        "jaw": _rounded(truth.jaw, _SHARE),
        "head": _rounded(dict(zip(("yaw_deg", "pitch_deg", "roll_deg"), truth.head_deg, strict=True)), _DEG),
        "gaze": _rounded(dict(zip(("yaw_deg", "pitch_deg"), truth.gaze_deg, strict=True)), _DEG),
        "face_visible": _rounded(truth.face_visible, _SHARE),
        "landmarks_visible": [int(seen) for seen in truth.landmarks_visible],
        "units": _rounded({name: truth.units[name] for name in sorted(truth.units)}, _SHARE),
        "wearing": asdict(truth.wearing),
        "daytime": truth.daytime.value,
        "light": _rounded(asdict(truth.light), _SHARE),
        "camera": _rounded(asdict(camera) | {"window_px": astuple(window)}, _PX),
        "camera_covered": _rounded(truth.covered, _SHARE),
    }


def _eye_truth(eye: EyeTruth) -> Json:
    return {
        "aperture_mm": _rounded(eye.aperture_mm, _MM),
        "openness": _rounded(eye.aperture_mm / POPULATION_APERTURE_MM, _SHARE),
        "own": _rounded(eye.own, _SHARE),
        "visible": _rounded(eye.visible, _SHARE),
        "covered_by": list(eye.covered_by),
        "iris_px": _rounded(eye.iris_px, _PX),
    }


def _mouth_truth(truth: Truth) -> Json:
    return {
        "openness": _rounded(truth.mouth_open, _SHARE),
        "visible": _rounded(truth.mouth_visible, _SHARE),
        "covered_by": list(truth.mouth_covered_by),
    }


def _rounded(value: Any, decimals: int) -> Any:
    """The same structure with every float rounded and every enum as its word; what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {name: _rounded(part, decimals) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_rounded(part, decimals) for part in value]
    if isinstance(value, float):
        return round(float(value), decimals) if math.isfinite(value) else None  # numpy's floats are no JSON
    return getattr(value, "value", value)
