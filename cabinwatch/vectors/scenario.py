"""Scenario vectors: what a driver does, in pieces of time, and what has to come of it and when.

Knows the YAML files beside it and how they read. Must not know rules or machines: levels, causes and times are written
down by hand, so that a rule cannot vouch for itself.

Whatever a scenario does not expect is forbidden: an alert that no line of `expect` or `may` names fails it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from alerts.types import CauseName, LevelName

Eyes = Literal["open", "closed", "squinting", "lowered", "unseen"]
Mouths = Literal["shut", "talking", "laughing", "yawning", "unseen"]
Seconds = Annotated[float, Meta(ge=0.0)]

TOLERANCE_S = 0.2  # Euro NCAP's tests allow this much on either side [S2]
TOLERANCE_FRAMES = 2.0  # and a machine cannot be quicker than the frames it is given


class VectorError(Exception):
    """A vector file is not what it should be. One line: file, place and what is wrong."""


class Again(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that comes back: a blink, a yawn, a glance of the eyes."""

    every_s: Seconds
    for_s: Seconds


class Piece(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What the driver does for a while. What is left out is a driver who looks ahead with open eyes."""

    for_s: Seconds = 0.0
    eyes: Eyes = "open"
    left: Eyes | None = None  # where the eyes differ
    right: Eyes | None = None
    shut: Again | None = None  # closures on top of `eyes`: blinks, long blinks; the first comes after every_s
    head: tuple[float, float] | Literal["turned_away", "unseen"] = (0.0, 0.0)  # yaw, pitch in degrees
    gaze: tuple[float, float] | Literal["unseen"] | None = None  # yaw, pitch; None: with the head; absent: not measured
    mouth: Mouths = "shut"
    face: Literal["seen", "gone"] = "seen"
    size: Annotated[float, Meta(gt=0.0)] = 1.0  # of the face in the picture, 1 = as at the start
    at: tuple[float, float] = (0.0, 0.0)  # of its middle, in face widths from where it was at the start; down is +
    camera: Literal["runs", "silent"] = "runs"
    reason: str | None = None  # vision's word for why something is unseen
    expression: str | None = None  # one of vision's seven, with full weight; None: affect is not measured
    vehicle: dict[str, Any] = {}  # fields of VehicleState that differ from the scenario's
    repeat: Annotated[int, Meta(ge=1)] = 1  # of `drive`
    drive: list[Piece] | None = None  # a sequence in the place of this piece; everything else is left out then

    def __post_init__(self) -> None:
        if (self.drive is None) == (self.for_s == 0.0):
            raise ValueError("a piece has either for_s or drive")


class Expected(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One alert that must come."""

    cause: CauseName
    level: LevelName
    at_s: float | tuple[float, float]  # when it is due, ± the tolerance; or a window from … to, taken as it stands
    proves: list[str] = []  # rules of the set that judges: "sleep"
    rule: str | None = None  # where it matters which rule speaks

    def window_s(self, fps: float) -> tuple[float, float]:
        """The first and the last moment at which it may come up."""
        if isinstance(self.at_s, tuple):
            return self.at_s
        return self.at_s - TOLERANCE_S, self.at_s + TOLERANCE_S + TOLERANCE_FRAMES / fps


class Silence(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A time in which nothing, or nothing of these causes, may be shown."""

    from_s: Seconds = 0.0
    to_s: float | None = None  # None: to the end
    causes: list[CauseName] = []  # empty: none at all
    proves: list[str] = []


class May(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An alert that other clauses may raise on the way. It is neither asked for nor held against anybody."""

    cause: CauseName
    levels: list[LevelName] = []  # empty: any
    from_s: Seconds = 0.0
    to_s: float | None = None


class Scenario(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One drive."""

    name: str
    story: str  # one sentence: who does what, and what should come of it
    rules: list[str] = []  # rule sets that judge it, each on its own; empty: the file's
    only: list[str] = []  # rules of the set that take part; empty: all. Where a stronger rule would hide the one proved
    consent: bool = False  # `privacy: private` with a purpose: affect may be measured where the driver allows it
    fps: tuple[Annotated[float, Meta(ge=1.0, le=240.0)], ...] = (30.0,)
    drop: tuple[Annotated[float, Meta(ge=0.0, le=0.5)], ...] = (0.0,)  # shares of frames lost at random
    seed: int = 1
    vehicle: dict[str, Any] = {}
    drive: list[Piece]
    expect: list[Expected] = []
    silent: list[Silence] = []
    may: list[May] = []

    @property
    def proves(self) -> set[str]:
        """All rules that its lines name."""
        lines: list[Expected | Silence] = [*self.expect, *self.silent]
        return {rule for line in lines for rule in line.proves}


class VectorFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One YAML file."""

    title: str
    rules: list[str]  # for every scenario that names none
    vehicle: dict[str, Any]
    scenarios: list[Scenario]


@dataclass(frozen=True, slots=True)
class Told:
    """A scenario under one rule set, with what its file says for all."""

    file: str
    scenario: Scenario
    rules: str  # the set that judges it
    vehicle: dict[str, Any]


def told() -> list[Told]:
    """Every scenario of every bundled file, once for each rule set that judges it."""
    files = sorted(
        (file for file in resources.files("cabinwatch.vectors").iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    return [one for file in files for one in parse(file.name, file.read_text(encoding="utf-8"))]


def parse(name: str, text: str) -> list[Told]:
    """The scenarios in a file's text.

    Raises:
        VectorError: It is not YAML or not a vector file.
    """
    try:
        file = msgspec.convert(yaml.safe_load(text), VectorFile)
    except (yaml.YAMLError, msgspec.ValidationError, RecursionError) as error:
        raise VectorError(f"{name}: {' '.join(str(error).split())}") from error
    return [
        Told(name, scenario, rules, {**file.vehicle, **scenario.vehicle})
        for scenario in file.scenarios
        for rules in scenario.rules or file.rules
    ]
