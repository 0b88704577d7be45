"""What every behaviour is: parameters with unit, range and source, and a play on the channels.

Knows the stage a behaviour writes to. Must not know any behaviour in particular.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta, Struct

from simulator.script import motions
from simulator.script.curves import Always, Curve
from simulator.script.motions import Angles, Motion
from simulator.types import Gesture, Glasses

LONGEST_S = 7200.0
Side = Literal["left", "right"]
OURS, NO_UNIT = "(ours)", "–"  # a value with no source but us, a value that counts or names


def within(low: float, high: float, meaning: str, unit: str, source: str = OURS) -> Meta:
    """A parameter's range and its line in docs/scenarios.md; who gives a wrong value is told meaning and unit."""
    return Meta(ge=low, le=high, description=f"{meaning}, {unit}", extra=_line(meaning, unit, source))


def count(low: int, high: int, meaning: str) -> Meta:
    """The same for a whole number."""
    return Meta(ge=low, le=high, description=meaning, extra=_line(meaning, NO_UNIT, OURS))


def words(meaning: str, source: str = OURS) -> Meta:
    """The same for a choice of words."""
    return Meta(description=meaning, extra=_line(meaning, NO_UNIT, source))


def _line(meaning: str, unit: str, source: str) -> dict[str, str]:
    return {"meaning": meaning, "unit": unit, "source": source}


class Behaviour(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of a timeline. Its docstring's first line is its line in docs/scenarios.md."""

    HOLDS: ClassVar[tuple[str, ...]] = ()  # parts that cannot do two things at a time

    at_s: Annotated[float, within(0.0, LONGEST_S, "when it begins", "s")]
    times: Annotated[int, count(1, 1000, "how often it is done")] = 1
    every_s: Annotated[float, within(0.1, LONGEST_S, "from one beginning to the next, a tenth more or less", "s")] = (
        30.0
    )

    def holds(self) -> tuple[str, ...]:
        """The parts it needs to itself."""
        return self.HOLDS

    def play(self, on: Stage) -> None:
        """Write all its motions."""
        raise NotImplementedError


class Stage:
    """Collects the motions of one behaviour that begins at `start_s`; `after_s` counts from there."""

    def __init__(self, start_s: float, rng: np.random.Generator, *, wheel_left: bool) -> None:
        self.rng = rng
        self.wheel_left = wheel_left
        self.motions: list[Motion] = []
        self._start_s = start_s

    def lids(self, curve: Curve, *, left: float = 1.0, right: float = 1.0, after_s: float = 0.0) -> None:
        self.motions.append(motions.Lids(self._start_s + after_s, curve, left, right))

    def face(self, curve: Curve, units: Mapping[str, float], *, after_s: float = 0.0) -> None:
        """A name without Left or Right that the face has on both sides moves both."""
        self.motions.append(motions.Face(self._start_s + after_s, curve, both_sides(units)))

    def turn(self, curve: Curve, to_deg: Angles, *, after_s: float = 0.0) -> None:
        self.motions.append(motions.Turn(self._start_s + after_s, curve, to_deg))

    def nudge(self, curve: Curve, by_deg: Angles, *, after_s: float = 0.0) -> None:
        self.motions.append(motions.Nudge(self._start_s + after_s, curve, by_deg))

    def look(self, curve: Curve, to_deg: tuple[float, float], *, after_s: float = 0.0) -> None:
        self.motions.append(motions.Look(self._start_s + after_s, curve, to_deg))

    def lean(self, curve: Curve, by_mm: Angles, *, after_s: float = 0.0) -> None:
        self.motions.append(motions.Lean(self._start_s + after_s, curve, by_mm))

    def hand(self, side: Side, gesture: Gesture, curve: Curve, *, after_s: float = 0.0) -> None:
        self.motions.append(motions.Reach(self._start_s + after_s, curve, side, gesture))

    def put_on(self, glasses: Glasses | None, mask: bool | None, cap: bool | None, *, after_s: float) -> None:
        self.motions.append(motions.PutOn(self._start_s + after_s, Always(), glasses, mask, cap))

    def breathe(self, curve: Curve, depth: float) -> None:
        self.motions.append(motions.Breathe(self._start_s, curve, depth))

    def cover(self, curve: Curve, covered: float) -> None:
        self.motions.append(motions.Cover(self._start_s, curve, covered))

    def drowse(self, curve: Curve, factor: float) -> None:
        self.motions.append(motions.Drowse(self._start_s, curve, factor))


# Face units that come as a left and a right one; the others (jawOpen, mouthFunnel …) have one for the whole face.
_PAIRED = frozenset(
    {
        "browDown",
        "browOuterUp",
        "cheekSquint",
        "eyeSquint",
        "eyeWide",
        "mouthDimple",
        "mouthFrown",
        "mouthLowerDown",
        "mouthPress",
        "mouthSmile",
        "mouthStretch",
        "mouthUpperUp",
        "noseSneer",
    }
)


def both_sides(units: Mapping[str, float]) -> dict[str, float]:
    """`{"mouthSmile": 1}` → left and right of it."""
    sides = {name: ("Left", "Right") if name in _PAIRED else ("",) for name in units}
    return {name + side: amount for name, amount in units.items() for side in sides[name]}
