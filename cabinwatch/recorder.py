"""FaceObservation to one JSON object and back. The field names are a contract with every reader.

Knows the names, their order and how a number is rounded. Must not know where the line is written.

An absent measurement keeps its object: null values, confidence 0 and a reason. `expression`, `valence` and
`arousal` exist only where they were asked for. NaN and infinity are never written: they are absent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from vision.types import (
    EXPRESSIONS,
    Affect,
    Conditions,
    Covers,
    Direction,
    Eye,
    Face,
    FaceObservation,
    Mouth,
    Points,
    Reason,
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(dict[str, Any])

Json = dict[str, Any]

# Decimals written: a tenth of a millisecond, a tenth of a pixel, a hundredth of a degree.
_TIME, _PX, _SHARE, _DEG, _COST = 4, 1, 4, 2, 2


def line(seen: FaceObservation, *, affect: bool = False) -> bytes:
    """One observation as one line of JSON, newline included."""
    return _encoder.encode(as_json(seen, affect=affect)) + b"\n"


def as_json(seen: FaceObservation, *, affect: bool = False) -> Json:
    """The object that `line` writes."""
    written: Json = {
        "t_s": round(seen.t_s, _TIME),
        "frame": seen.frame,
        "file": None if seen.file is None else _text(seen.file),
        "face": _face(seen.face),
        "landmarks_px": _points(seen.landmarks_px),
        "eyes": {"left": _eye(seen.left), "right": _eye(seen.right)},
        "mouth": _measured(seen.mouth, {"openness": _SHARE}),
        "head": _measured(seen.head, {"yaw_deg": _DEG, "pitch_deg": _DEG, "roll_deg": _DEG}),
        "gaze": _measured(seen.gaze, {"yaw_deg": _DEG, "pitch_deg": _DEG}),
    }
    written["covers"] = {name: _number(getattr(seen.covers, name, None), _SHARE) for name in _COVERS}
    if affect:
        written |= _affect(seen.affect)
    written["conditions"] = {name: _number(getattr(seen.conditions, name), _SHARE) for name in _CONDITIONS}
    written["cost_ms"] = _number(seen.cost_ms, _COST)
    return written


_COVERS = ("glasses", "sunglasses", "mask", "hand")
_CONDITIONS = ("brightness", "contrast", "saturated", "sharpness")


def _number(value: float | None, decimals: int) -> float | None:
    # Networks hand on numpy's floats, which JSON does not know.
    return None if value is None or not math.isfinite(value) else round(float(value), decimals)


def _text(name: str) -> str:
    """A file name may hold bytes that are no UTF-8, which JSON cannot carry: each becomes the replacement sign."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _measured(part: Eye | Mouth | Direction, values: Mapping[str, int]) -> Json:
    numbers = {name: _number(getattr(part, name), decimals) for name, decimals in values.items()}
    return {**numbers, **_trust(part, absent=set(numbers.values()) == {None})}


def _trust(part: Face | Eye | Mouth | Direction, *, absent: bool) -> Json:
    """The contract's promise about absence, kept here whatever the measurement says of itself."""
    reason = part.reason or (Reason.NOT_MEASURED if absent else None)
    confidence = 0.0 if absent else _number(part.confidence, _SHARE)
    return {"confidence": confidence or 0.0, "reason": reason.value if reason else None}


def _eye(eye: Eye) -> Json:
    return _measured(eye, {"openness": _SHARE, "closed": _SHARE})


def _face(face: Face) -> Json:
    box = [_number(edge, _PX) for edge in face.box_px or (None,)]
    absent = None in box
    return {"box_px": None if absent else box, **_trust(face, absent=absent)}


def _points(points: Points | None) -> list[list[float]] | None:
    if points is None or not np.isfinite(points).all():
        return None
    # float64 first: a float32 rounded to 0.1 prints as 0.10000000149.
    rounded: list[list[float]] = points.astype(np.float64).round(_PX).tolist()
    return rounded


def _affect(affect: Affect | None) -> Json:
    if affect is None:
        return {"expression": dict.fromkeys(EXPRESSIONS), "valence": None, "arousal": None}
    shares = zip(EXPRESSIONS, affect.expression, strict=True)
    return {
        "expression": {name: _number(share, _SHARE) for name, share in shares},
        "valence": _number(affect.valence, _SHARE),
        "arousal": _number(affect.arousal, _SHARE),
    }


def observation_from(text: bytes | str) -> FaceObservation:
    """The observation in one line of JSON; null for a whole object reads as absent.

    Raises:
        ValueError: The line is not JSON or holds something that is no observation; the text says what.
    """
    try:
        return _observation(_decoder.decode(text))
    except (KeyError, TypeError, AttributeError, msgspec.DecodeError) as error:
        raise ValueError(f"not an observation: {type(error).__name__}: {error}") from error


def _observation(read: Json) -> FaceObservation:
    eyes = read.get("eyes") or {}
    points = read.get("landmarks_px")
    return FaceObservation(
        t_s=float(read["t_s"]),
        frame=read.get("frame"),
        file=read.get("file"),
        face=_read_face(read.get("face") or {}),
        landmarks_px=None if points is None else np.asarray(points, np.float32).reshape(68, 2),
        left=Eye(**_read(eyes.get("left"))),
        right=Eye(**_read(eyes.get("right"))),
        mouth=Mouth(**_read(read.get("mouth"))),
        head=Direction(**_read(read.get("head"))),
        gaze=Direction(**_read(read.get("gaze"))),
        affect=_read_affect(read),
        covers=_read_covers(read.get("covers") or {}),
        conditions=Conditions(**(read.get("conditions") or {})),
        cost_ms=read.get("cost_ms") or 0.0,
    )


def _read(part: Json | None) -> Json:
    part = dict(part or {})
    part["reason"] = Reason(part["reason"]) if part.get("reason") else None
    return part


def _read_face(part: Json) -> Face:
    fields = _read(part)
    box = fields.pop("box_px", None)
    return Face(box_px=None if box is None else tuple(box), **fields)


def _read_covers(part: Json) -> Covers | None:
    given: list[Any] = [part.get(name) for name in _COVERS]
    return None if None in given else Covers(*given)


def _read_affect(read: Json) -> Affect | None:
    shares, valence, arousal = read.get("expression"), read.get("valence"), read.get("arousal")
    if not shares or shares.get("neutral") is None or valence is None or arousal is None:
        return None
    return Affect(tuple(shares[name] for name in EXPRESSIONS), valence, arousal)
