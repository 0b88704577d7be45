"""What the hands do, with the head and eyes that go with it: phones, food, rubbing, resting, putting things on.

Which pose a gesture is belongs to the body; here stands when the hand is there. Must not know speech.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np

from simulator.script.behaviour import Behaviour, Side, Stage, count, within, words
from simulator.script.curves import Way, there_and_back, way
from simulator.script.glances import Gaze, glance
from simulator.script.places import Direction
from simulator.types import Gesture, Glasses

HAND_S = 0.7  # a hand's way from the wheel to the face or the lap
BETWEEN_S = 1.2  # eyes back on the road: the head's way there and back and a moment


class HandBehaviour(Behaviour, frozen=True):
    """Anything that one hand does."""

    side: Annotated[Side, words("which hand, the driver's own left or right")] = "right"

    def holds(self) -> tuple[str, ...]:
        return (*self.HOLDS, f"{self.side} hand")

    @property
    def tilt(self) -> float:
        """+1 where leaning towards the hand turns the head clockwise in the image, else −1."""
        return 1.0 if self.side == "left" else -1.0


class HandAt(HandBehaviour, frozen=True):
    """A hand stays somewhere: on top of the wheel, out of the picture."""

    gesture: Annotated[Literal["wheel", "wheel_12", "down"], words("where")] = "wheel_12"
    for_s: Annotated[float, within(0.1, 7200.0, "there", "s")] = 10.0

    def play(self, on: Stage) -> None:
        on.hand(self.side, Gesture(self.gesture), there_and_back(HAND_S, self.for_s, HAND_S))


class PhoneEar(HandBehaviour, frozen=True):
    """A phone held to the ear, the head tilted to it. Speech is an entry of its own."""

    for_s: Annotated[float, within(0.5, 3600.0, "at the ear", "s")] = 15.0
    tilt_deg: Annotated[float, within(0.0, 12.0, "how far the head tilts to it", "deg")] = 5.0

    def play(self, on: Stage) -> None:
        held = there_and_back(1.1 * HAND_S, self.for_s, 1.1 * HAND_S)
        on.hand(self.side, Gesture.PHONE_EAR, held)
        on.nudge(held, (0.0, -1.0, self.tilt * self.tilt_deg))


class PhoneLap(HandBehaviour, frozen=True):
    """A phone held low: long looks down at it with short ones at the road between."""

    HOLDS: ClassVar[tuple[str, ...]] = ("head", "gaze")

    for_s: Annotated[float, within(2.0, 600.0, "phone in the hand", "s")] = 12.0
    look_s: Annotated[float, within(0.5, 60.0, "one look down", "s", "Euro NCAP: long from 3 s [S2]")] = 3.2
    head_share: Annotated[float, within(0.0, 1.0, "how much of the way the head takes", "0–1")] = 0.45

    def play(self, on: Stage) -> None:
        on.hand(self.side, Gesture.PHONE_LAP, there_and_back(HAND_S, self.for_s - HAND_S, HAND_S))
        phone = Gaze(Direction(7.0 * self.tilt, -50.0), self.head_share)
        looked_s = 0.6 * HAND_S
        while looked_s + 0.5 < self.for_s:
            look_s = min(self.look_s * float(on.rng.uniform(0.85, 1.15)), self.for_s - looked_s)
            glance(on, phone, for_s=look_s, after_s=looked_s)
            looked_s += look_s + BETWEEN_S


class RubEye(HandBehaviour, frozen=True):
    """Fingers rub the eye of their side: it is shut, the other narrow, the head comes down to them."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lids",)

    for_s: Annotated[float, within(0.5, 15.0, "rubbing", "s")] = 2.5
    other: Annotated[float, within(0.0, 1.0, "closure of the other eye", "0–1")] = 0.4

    def play(self, on: Stage) -> None:
        on.hand(self.side, Gesture.RUB_EYE, there_and_back(HAND_S, self.for_s, HAND_S))
        shut = there_and_back(0.3, self.for_s + 0.2, 0.3)
        left, right = (1.0 if self.side == side else self.other for side in ("left", "right"))
        on.lids(shut, left=left, right=right, after_s=HAND_S - 0.3)
        on.face(shut, {"eyeSquint": 0.5, "browDown": 0.35}, after_s=HAND_S - 0.3)
        on.nudge(there_and_back(HAND_S, self.for_s, HAND_S), (0.0, -6.0, 3.0 * self.tilt))
        strokes = [(0.16, (-1.0) ** number) for number in range(int(self.for_s / 0.16))]
        on.nudge(way((HAND_S, 0.0), *strokes, (0.16, 0.0)), (0.5, 0.4, 0.7))


class HeadOnHand(HandBehaviour, frozen=True):
    """The chin rests on a hand, the head leans over to it."""

    for_s: Annotated[float, within(0.5, 3600.0, "resting", "s")] = 15.0
    tilt_deg: Annotated[float, within(0.0, 12.0, "how far the head tilts", "deg")] = 8.0

    def play(self, on: Stage) -> None:
        rests = there_and_back(1.3 * HAND_S, self.for_s, 1.3 * HAND_S)
        on.hand(self.side, Gesture.CHIN, rests)
        on.nudge(rests, (0.0, -2.0, self.tilt * self.tilt_deg))
        on.lean(rests, (25.0 * self.tilt, -12.0, 10.0))


class Eat(HandBehaviour, frozen=True):
    """Bites from what a hand holds, each chewed with closed lips while the hand is away."""

    HOLDS: ClassVar[tuple[str, ...]] = ("mouth",)

    bites: Annotated[int, count(1, 60, "how many")] = 3
    chew_s: Annotated[float, within(0.5, 60.0, "chewing after each", "s", "13 s an episode [S2]")] = 5.0
    per_s: Annotated[float, within(0.9, 2.2, "chewing strokes", "1/s", "0.94–2.17 Hz, mean 1.57 [S2]")] = 1.57

    def play(self, on: Stage) -> None:
        begins_s = 0.0
        for _ in range(self.bites):
            on.hand(self.side, Gesture.EAT, there_and_back(HAND_S, 0.9, HAND_S), after_s=begins_s)
            on.nudge(there_and_back(HAND_S, 0.6, 0.5), (0.0, -4.0, 0.0), after_s=begins_s)
            bite = way((0.45, 1.0), (0.3, 1.0), (0.2, 0.25), (0.3, 0.0))
            on.face(bite, {"jawOpen": 0.55, "mouthUpperUp": 0.25}, after_s=begins_s + HAND_S - 0.4)
            chewing = self._chewing(on.rng)
            on.face(chewing, {"jawOpen": 0.2, "mouthClose": 0.2, "mouthPress": 0.3}, after_s=begins_s + HAND_S + 0.9)
            on.face(chewing, {str(on.rng.choice(["jawLeft", "jawRight"])): 0.3}, after_s=begins_s + HAND_S + 1.0)
            begins_s += HAND_S + 0.9 + chewing.length_s

    def _chewing(self, rng: np.random.Generator) -> Way:
        lengths_s = rng.uniform(0.85, 1.15, int(self.chew_s * self.per_s) + 1) / self.per_s
        strokes = (
            ((0.45 * float(stroke_s), float(rng.uniform(0.6, 1.0))), (0.55 * float(stroke_s), 0.1))
            for stroke_s in lengths_s
        )
        return way(*(step for stroke in strokes for step in stroke), (0.2, 0.0))


class Wear(HandBehaviour, frozen=True):
    """Glasses, mask or cap put on or taken off by a hand at the face; it stays so until the next entry."""

    HOLDS: ClassVar[tuple[str, ...]] = ("what is worn",)

    glasses: Annotated[Glasses, words("what the eyes wear from now on")] | None = None
    mask: Annotated[bool, words("a mask from now on, or none")] | None = None
    cap: Annotated[bool, words("a cap from now on, or none")] | None = None

    def __post_init__(self) -> None:
        if (self.glasses, self.mask, self.cap) == (None, None, None):
            raise ValueError("says nothing to put on or take off; give glasses, mask or cap")

    def play(self, on: Stage) -> None:
        gesture = Gesture.MOUTH if self.mask is not None else Gesture.RUB_EYE
        on.hand(self.side, gesture, there_and_back(HAND_S, 0.5, HAND_S))
        on.nudge(there_and_back(HAND_S, 0.5, HAND_S), (0.0, -5.0, 0.0))
        on.put_on(self.glasses, self.mask, self.cap, after_s=HAND_S + 0.25)
