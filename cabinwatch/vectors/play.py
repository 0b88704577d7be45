"""A scenario as the observations that a camera would have led to.

Knows what each word of a vector looks like in numbers. Must not know rules.

The numbers are those of a good day: confident measurements without noise. What vision makes of real faces is the
simulator's and the recorded logs' business.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cabinwatch.replay_logs import LogLine, vehicle_from
from cabinwatch.vectors.scenario import Again, Eyes, Mouths, Piece, Told
from vision.types import (
    EXPRESSIONS,
    Affect,
    Direction,
    Eye,
    Face,
    FaceObservation,
    Mouth,
    Reason,
    unseen,
)

SURE = 0.95
_END_SLACK_S = 1e-6  # a frame on the border of two pieces belongs to the later one, whatever the float says
TREMOR_PX = 0.5
FACE_PX = (320.0, 240.0, 160.0, 200.0)  # middle x, y and width, height

# (openness, probability of being closed). Lowered: lids follow a look 40° down, 9.7 → 6.4 mm [S2].
_EYES: dict[Eyes, tuple[float, float]] = {
    "open": (1.0, 0.03),
    "closed": (0.05, 0.96),
    "squinting": (0.45, 0.3),
    "lowered": (0.6, 0.2),
}
# How wide the mouth is at the narrowest and at the widest, and how often it moves between the two.
_MOUTHS: dict[Mouths, tuple[float, float, float]] = {
    "shut": (0.03, 0.03, 1.0),
    "talking": (0.05, 0.45, 4.0),
    "laughing": (0.2, 0.7, 0.8),
    "yawning": (0.85, 0.85, 1.0),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece and when it begins."""

    start_s: float
    piece: Piece


def placed(drive: Sequence[Piece], start_s: float = 0.0) -> list[Placed]:
    """The pieces in a row, with sequences and repetitions written out."""
    out: list[Placed] = []
    for piece in drive:
        for _ in range(piece.repeat):
            inner = placed(piece.drive, start_s) if piece.drive else [Placed(start_s, piece)]
            out.extend(inner)
            start_s = end_s(inner)
    return out


def end_s(pieces: Sequence[Placed]) -> float:
    """When the last one ends."""
    return pieces[-1].start_s + pieces[-1].piece.for_s if pieces else 0.0


def play(told: Told, *, fps: float, drop: float) -> Iterator[LogLine]:
    """The lines that `observe` would have written, at a frame rate and with a share of the frames lost."""
    dice, index = random.Random(told.scenario.seed), 0  # noqa: S311  # a vector must come out the same every time
    for part in placed(told.scenario.drive):
        vehicle = vehicle_from({**told.vehicle, **part.piece.vehicle}, where=f"{told.file}: {told.scenario.name}")
        while index / fps < part.start_s + part.piece.for_s - _END_SLACK_S:
            if dice.random() >= drop:
                t_s = index / fps
                yield LogLine(_observation(t_s, index, part.piece, t_s - part.start_s), vehicle)
            index += 1


def _observation(t_s: float, index: int, piece: Piece, since_s: float) -> FaceObservation:
    if piece.camera == "silent":
        return unseen(t_s, Reason.NO_FRAME)
    reason = Reason(piece.reason) if piece.reason else None
    if piece.face == "gone" and piece.head != "turned_away":
        return unseen(t_s, reason or Reason.NO_FACE, frame=index)
    shut = piece.shut is not None and _now(piece.shut, since_s)
    return FaceObservation(
        t_s,
        frame=index,
        face=_face(piece, index) if piece.face == "seen" else Face(reason=Reason.NO_FACE),
        left=_eye("closed" if shut else piece.left or piece.eyes, reason),
        right=_eye("closed" if shut else piece.right or piece.eyes, reason),
        mouth=_mouth(piece.mouth, since_s),
        head=_direction(piece.head, reason, roll_deg=0.0),
        gaze=Direction(reason=Reason.NOT_MEASURED) if piece.gaze is None else _direction(piece.gaze, reason),
        affect=_affect(piece.expression),
    )


def _now(again: Again, since_s: float) -> bool:
    """Whether it happens at this moment: the first time after every_s, then each every_s + for_s."""
    return math.fmod(since_s + _END_SLACK_S, again.every_s + again.for_s) >= again.every_s


def _face(piece: Piece, index: int) -> Face:
    """Nobody sits perfectly still: without the tremor one could take the camera for frozen."""
    x, y, width, height = FACE_PX
    x, y = x + piece.at[0] * width + TREMOR_PX * math.sin(index), y + piece.at[1] * width
    width, height = width * piece.size, height * piece.size
    return Face((x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0), SURE)


def _eye(eyes: Eyes, reason: Reason | None) -> Eye:
    if eyes == "unseen":
        return Eye(reason=reason or Reason.COVERED)
    openness, closed = _EYES[eyes]
    return Eye(openness, closed, SURE)


def _mouth(mouth: Mouths, since_s: float) -> Mouth:
    if mouth == "unseen":
        return Mouth(reason=Reason.COVERED)
    narrow, wide, per_s = _MOUTHS[mouth]
    return Mouth(narrow + (wide - narrow) * (0.5 - 0.5 * math.cos(2.0 * math.pi * per_s * since_s)), SURE)


def _direction(where: Any, reason: Reason | None, roll_deg: float | None = None) -> Direction:
    if where == "turned_away":
        return Direction(reason=Reason.TURNED_AWAY)
    if where == "unseen":
        return Direction(reason=reason or Reason.NO_FACE)
    return Direction(where[0], where[1], roll_deg, SURE)


def _affect(expression: str | None) -> Affect | None:
    if expression is None:
        return None
    valence, arousal = {"happiness": (0.8, 0.4), "neutral": (0.0, 0.0)}.get(expression, (-0.7, 0.7))
    return Affect(tuple(1.0 if name == expression else 0.0 for name in EXPRESSIONS), valence, arousal)
