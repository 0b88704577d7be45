"""What the face and the torso do on their own, and what covers the lens. Must not know lids, speech or hands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from simulator.script.behaviour import Behaviour, Stage, within, words
from simulator.script.curves import there_and_back

# Words for what a face does, not for what a driver feels. Names without Left or Right move both sides.
EXPRESSIONS: Mapping[str, Mapping[str, float]] = {
    "smile": {"mouthSmile": 0.85, "cheekSquint": 0.5, "eyeSquint": 0.25, "mouthDimple": 0.2},
    "grin": {"mouthSmile": 0.9, "mouthUpperUp": 0.4, "mouthLowerDown": 0.3, "cheekSquint": 0.6, "jawOpen": 0.08},
    "surprise": {"browInnerUp": 0.9, "browOuterUp": 0.9, "eyeWide": 0.9, "jawOpen": 0.35, "mouthFunnel": 0.15},
    "frown": {"browDown": 0.9, "eyeSquint": 0.25, "mouthPress": 0.3},
    "scowl": {"browDown": 1.0, "noseSneer": 0.5, "mouthPress": 0.7, "eyeSquint": 0.5, "mouthFrown": 0.3},
    "mouth_down": {"browInnerUp": 0.8, "mouthFrown": 0.85, "mouthShrugLower": 0.4},
    "wrinkled_nose": {"noseSneer": 1.0, "mouthUpperUp": 0.6, "browDown": 0.5, "cheekSquint": 0.4},
    "pout": {"mouthPucker": 0.8, "mouthShrugLower": 0.5},
    "pressed_lips": {"mouthPress": 0.9, "mouthRollLower": 0.4, "mouthRollUpper": 0.4},
    "puffed_cheeks": {"cheekPuff": 0.9, "mouthPucker": 0.3},
    "squint": {"eyeSquint": 0.95, "cheekSquint": 0.6, "browDown": 0.5, "noseSneer": 0.2},
    "raised_brows": {"browInnerUp": 0.8, "browOuterUp": 0.8},
}
Expression = Literal[
    "smile",
    "grin",
    "surprise",
    "frown",
    "scowl",
    "mouth_down",
    "wrinkled_nose",
    "pout",
    "pressed_lips",
    "puffed_cheeks",
    "squint",
    "raised_brows",
]


class Express(Behaviour, frozen=True):
    """An expression comes, stays and goes."""

    HOLDS: ClassVar[tuple[str, ...]] = ("expression",)

    face: Annotated[Expression, words("which")] = "smile"
    strength: Annotated[float, within(0.05, 1.0, "at its height", "0–1")] = 1.0
    onset_s: Annotated[float, within(0.1, 5.0, "coming", "s")] = 0.4
    for_s: Annotated[float, within(0.0, 600.0, "staying", "s")] = 2.0
    offset_s: Annotated[float, within(0.1, 10.0, "going", "s")] = 0.7

    def play(self, on: Stage) -> None:
        units = {name: self.strength * amount for name, amount in EXPRESSIONS[self.face].items()}
        on.face(there_and_back(self.onset_s, self.for_s, self.offset_s), units)


class Lean(Behaviour, frozen=True):
    """The torso carries the head somewhere, far enough to leave the picture if asked."""

    HOLDS: ClassVar[tuple[str, ...]] = ("torso",)

    for_s: Annotated[float, within(0.0, 3600.0, "there", "s")] = 3.0
    over_s: Annotated[float, within(0.3, 5.0, "on the way, there and back", "s")] = 0.9
    left_mm: Annotated[float, within(-420.0, 420.0, "to the driver's left, − right", "mm")] = 0.0
    up_mm: Annotated[float, within(-280.0, 60.0, "up, − down", "mm")] = 0.0
    forward_mm: Annotated[float, within(-120.0, 220.0, "forward, − back", "mm")] = 0.0

    def play(self, on: Stage) -> None:
        there = there_and_back(self.over_s, self.for_s, self.over_s)
        on.lean(there, (self.left_mm, self.up_mm, self.forward_mm))
        on.nudge(there, (0.0, 0.0, 0.03 * self.left_mm))


class Stretch(Behaviour, frozen=True):
    """Pressed into the seat, chin up, neck turned to one side and the other."""

    HOLDS: ClassVar[tuple[str, ...]] = ("torso",)

    for_s: Annotated[float, within(1.0, 10.0, "stretched", "s")] = 2.5

    def play(self, on: Stage) -> None:
        stretched = there_and_back(0.8, self.for_s, 0.9)
        on.lean(stretched, (0.0, 15.0, -45.0))
        on.nudge(stretched, (0.0, 9.0, 0.0))
        on.nudge(there_and_back(0.6, 0.2 * self.for_s, 0.6), (0.0, 0.0, 9.0), after_s=0.4)
        on.nudge(there_and_back(0.6, 0.2 * self.for_s, 0.6), (0.0, 0.0, -9.0), after_s=0.4 + 0.5 * self.for_s)
        on.face(stretched, {"eyeSquint": 0.4, "mouthPress": 0.4, "browDown": 0.2})
        on.breathe(stretched, 0.5)


class CameraCovered(Behaviour, frozen=True):
    """Something lies over the lens."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lens",)

    for_s: Annotated[float, within(0.1, 3600.0, "covered", "s", "to be said within 10 s, Euro NCAP [S2]")] = 12.0
    over_s: Annotated[float, within(0.05, 5.0, "coming, and going", "s")] = 0.3
    share: Annotated[float, within(0.05, 1.0, "of the lens", "0–1")] = 1.0

    def play(self, on: Stage) -> None:
        on.cover(there_and_back(self.over_s, self.for_s, self.over_s), self.share)
