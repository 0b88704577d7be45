"""What the mouth does, with the face and head that go with it: yawning, speech, song, laughter, a sneeze.

Syllables, bursts of laughter and beats are drawn from the behaviour's own random numbers when it is set on the stage.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np

from simulator.script.behaviour import Behaviour, Stage, count, within, words
from simulator.script.curves import Way, there_and_back, way
from simulator.script.glances import Gaze, glance
from simulator.script.hands import HAND_S
from simulator.script.places import direction
from simulator.types import Gesture

AnyHand = Literal["none", "left", "right"]
Steps = list[tuple[float, float]]  # (seconds it takes, value it reaches)


class Yawn(Behaviour, frozen=True):
    """A yawn, bare or behind a hand that is there before the mouth is wide and leaves after it has closed."""

    HOLDS: ClassVar[tuple[str, ...]] = ("mouth", "lids")

    for_s: Annotated[float, within(3.0, 8.0, "jaw off its rest", "s", "3.5–6 s [S2]")] = 5.5
    wide: Annotated[float, within(0.5, 1.0, "jaw at its widest", "0–1")] = 0.9
    closure: Annotated[float, within(0.0, 1.0, "lids at its widest", "0–1")] = 0.6
    back_deg: Annotated[float, within(0.0, 12.0, "how far the head tilts back", "deg")] = 6.0
    hand: Annotated[AnyHand, words("before the mouth", "44–67 % are covered [S2]")] = "none"

    def holds(self) -> tuple[str, ...]:
        return self.HOLDS if self.hand == "none" else (*self.HOLDS, f"{self.hand} hand")

    def play(self, on: Stage) -> None:
        begins_s = 0.0
        if self.hand != "none":
            begins_s = 0.5 * HAND_S  # the jaw is still nearly shut when the hand arrives
            on.hand(self.hand, Gesture.MOUTH, there_and_back(HAND_S, self.for_s - HAND_S + 0.4, HAND_S))
        opens_s, wide_s, closes_s = (share * self.for_s for share in (0.42, 0.36, 0.22))
        jaw = way((0.5 * opens_s, 0.25), (0.5 * opens_s, 1.0), (wide_s, 0.95), (closes_s, 0.0))
        on.face(jaw, {"jawOpen": self.wide, "mouthStretch": 0.25, "mouthFunnel": 0.15}, after_s=begins_s)
        squeeze = there_and_back(0.5 * opens_s, wide_s, 1.5 * closes_s)
        strained = {"eyeSquint": 0.7, "cheekSquint": 0.5, "browInnerUp": 0.35, "noseSneer": 0.3, "browDown": 0.2}
        on.face(squeeze, strained, after_s=begins_s + 0.5 * opens_s)
        on.lids(squeeze, left=self.closure, right=self.closure, after_s=begins_s + 0.5 * opens_s)
        on.nudge(there_and_back(opens_s, wide_s, 1.4 * closes_s), (0.0, self.back_deg, 0.0), after_s=begins_s)
        on.breathe(way((opens_s + 0.5 * wide_s, 1.0), (0.5 * wide_s, 0.6), (2.0 * closes_s, -0.5), (0.8, 0.0)), 1.0)


class Talk(Behaviour, frozen=True):
    """Speech in phrases with pauses, lips and jaw by the syllable; glances at the passenger if asked."""

    HOLDS: ClassVar[tuple[str, ...]] = ("mouth",)

    for_s: Annotated[float, within(0.5, 600.0, "how long", "s")] = 8.0
    per_s: Annotated[float, within(2.0, 7.0, "syllables", "1/s", "3–6 Hz [?]")] = 4.5
    wide: Annotated[float, within(0.05, 0.6, "jaw at the widest syllable", "0–1")] = 0.32
    phrase_s: Annotated[float, within(0.3, 10.0, "a phrase, on average", "s")] = 2.0
    pause_s: Annotated[float, within(0.1, 10.0, "a pause, on average", "s")] = 0.6
    glances: Annotated[int, count(0, 100, "looks at the passenger, spread over it")] = 0

    def holds(self) -> tuple[str, ...]:
        return (*self.HOLDS, "head", "gaze") if self.glances else self.HOLDS

    def play(self, on: Stage) -> None:
        jaw, lips = speech(on.rng, self)
        on.face(jaw, {"jawOpen": self.wide, "mouthLowerDown": 0.3})
        on.face(lips, {"mouthFunnel": 0.35, "mouthPucker": 0.35})
        on.face(there_and_back(0.5, self.for_s - 1.0, 0.5), {"mouthStretch": 0.12, "browInnerUp": 0.12})
        on.nudge(stresses(on.rng, self.for_s, 0.9), (0.0, -2.2, 0.0))
        on.nudge(stresses(on.rng, self.for_s, 2.0), (1.5, 0.0, 1.5))
        for number in range(self.glances):
            at_s = (number + 0.5) * self.for_s / self.glances
            passenger = direction("passenger", wheel_left=on.wheel_left)
            glance(on, Gaze(passenger, head_share=0.65), for_s=1.2, after_s=at_s)


class Sing(Behaviour, frozen=True):
    """Song: held vowels wider than speech, on a beat that the head keeps."""

    HOLDS: ClassVar[tuple[str, ...]] = ("mouth",)

    for_s: Annotated[float, within(1.0, 600.0, "how long", "s")] = 12.0
    beats_per_min: Annotated[float, within(50.0, 180.0, "beat", "1/min")] = 96.0
    wide: Annotated[float, within(0.1, 0.9, "jaw at the widest vowel", "0–1")] = 0.6

    def play(self, on: Stage) -> None:
        beat_s = 60.0 / self.beats_per_min
        on.face(vowels(on.rng, self.for_s, beat_s), {"jawOpen": self.wide, "mouthStretch": 0.3})
        on.face(vowels(on.rng, self.for_s, 2.0 * beat_s), {"mouthFunnel": 0.5})
        on.face(stresses(on.rng, self.for_s, 3.0 * beat_s), {"browInnerUp": 0.5, "browOuterUp": 0.3, "eyeSquint": 0.2})
        bars = [(beat_s / 2.0, float(number % 2)) for number in range(int(2.0 * self.for_s / beat_s))]
        on.nudge(way(*bars, (beat_s / 2.0, 0.0)), (0.0, -2.5, 0.0))
        sways = [(2.0 * beat_s, (-1.0) ** number) for number in range(int(self.for_s / (2.0 * beat_s)))]
        on.nudge(way(*sways, (beat_s, 0.0)), (1.0, 0.0, 3.0))


class Laugh(Behaviour, frozen=True):
    """Laughter in bursts of short breaths, with raised cheeks, narrow eyes and a head thrown back."""

    HOLDS: ClassVar[tuple[str, ...]] = ("mouth", "expression")

    for_s: Annotated[float, within(1.0, 60.0, "how long", "s")] = 3.5
    per_s: Annotated[float, within(3.0, 6.0, "breaths", "1/s", "4–5 Hz [?]")] = 4.6
    wide: Annotated[float, within(0.05, 0.7, "jaw at its widest", "0–1")] = 0.35

    def play(self, on: Stage) -> None:
        glee = there_and_back(0.4, self.for_s - 1.2, 0.8)
        on.face(glee, {"mouthSmile": 0.9, "cheekSquint": 0.7, "eyeSquint": 0.4, "mouthUpperUp": 0.35})
        on.face(glee, {"jawOpen": 0.4 * self.wide})
        on.lids(glee, left=0.35, right=0.35)
        breaths = int(self.per_s * (self.for_s - 0.6))
        fades = [1.0 - 0.6 * (number % 9) / 8.0 for number in range(breaths)]  # each burst of nine dies away
        half_s = 0.5 / self.per_s
        bursts = (step for fade in fades for step in ((half_s, fade), (half_s, 0.3 * fade)))
        shakes = way((0.3, 0.0), *bursts, (0.3, 0.0))
        on.face(shakes, {"jawOpen": self.wide})
        on.nudge(shakes, (0.0, 1.6, 0.0))
        on.lean(shakes, (0.0, -4.0, 2.0))
        on.nudge(glee, (0.0, 5.0, 3.0))


class Sneeze(Behaviour, frozen=True):
    """Breath drawn in with rising brows, then a burst that throws the head forward and forces the eyes shut."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lids", "mouth", "head", "gaze")

    builds_s: Annotated[float, within(0.5, 4.0, "drawing breath", "s")] = 1.3
    shut_s: Annotated[float, within(0.2, 1.5, "lids shut", "s")] = 0.5
    throw_deg: Annotated[float, within(3.0, 40.0, "how far the head is thrown down", "deg")] = 18.0
    hand: Annotated[AnyHand, words("before the mouth")] = "none"

    def holds(self) -> tuple[str, ...]:
        return self.HOLDS if self.hand == "none" else (*self.HOLDS, f"{self.hand} hand")

    def play(self, on: Stage) -> None:
        burst_s = self.builds_s
        on.face(there_and_back(burst_s, 0.0, 0.2), {"browInnerUp": 0.8, "noseSneer": 0.5, "mouthUpperUp": 0.4})
        on.face(way((burst_s, 0.5), (0.1, 0.25), (0.2, 0.7), (0.3, 0.0)), {"jawOpen": 0.9})
        on.face(
            there_and_back(0.08, self.shut_s, 0.5),
            {"eyeSquint": 1.0, "browDown": 0.7, "noseSneer": 0.8},
            after_s=burst_s,
        )
        on.lids(way((burst_s - 0.08, 0.5), (0.08, 1.0), (self.shut_s, 1.0), (0.25, 0.0)))
        throw = way((burst_s, -0.35), (0.18, 1.0), (0.25, 0.8), (0.6, 0.0))
        on.turn(throw, (0.0, -self.throw_deg, 0.0))
        on.lean(throw, (0.0, -20.0, 45.0))
        on.breathe(way((burst_s, 1.0), (0.2, -1.0), (1.0, 0.0)), 1.0)
        if self.hand != "none":
            on.hand(self.hand, Gesture.MOUTH, there_and_back(HAND_S, burst_s + self.shut_s, HAND_S))


def speech(rng: np.random.Generator, talk: Talk) -> tuple[Way, Way]:
    """How far jaw and rounded lips are open, 0–1, through phrases of syllables and pauses between them."""
    jaw: Steps = []
    lips: Steps = []
    left_s, phrase_s = talk.for_s, float(rng.lognormal(np.log(talk.phrase_s), 0.4))
    while left_s > 0.3:
        if phrase_s <= 0.0:
            pause_s = min(float(rng.lognormal(np.log(talk.pause_s), 0.4)), left_s)
            jaw += [(0.12, 0.0), (pause_s, 0.0)]
            lips += [(0.12, 0.0), (pause_s, 0.0)]
            left_s -= pause_s + 0.12
            phrase_s = float(rng.lognormal(np.log(talk.phrase_s), 0.4))
            continue
        opens_s, closes_s = (float(rng.uniform(0.35, 0.65)) / talk.per_s for _ in range(2))
        rounds = float(rng.random() < 0.35)
        jaw += [(opens_s, float(rng.uniform(0.35, 1.0))), (closes_s, float(rng.uniform(0.0, 0.3)))]
        lips += [(opens_s, rounds * float(rng.uniform(0.5, 1.0))), (closes_s, 0.3 * rounds)]
        left_s -= opens_s + closes_s
        phrase_s -= opens_s + closes_s
    return way(*jaw, (0.15, 0.0)), way(*lips, (0.15, 0.0))


def vowels(rng: np.random.Generator, for_s: float, beat_s: float) -> Way:
    """A vowel a beat, some held for two, none at a breath."""
    steps: Steps = []
    left_s = for_s - 0.2
    while left_s >= 2.0 * beat_s:
        beats = int(rng.integers(1, 3))
        wide = float(rng.uniform(0.45, 1.0)) if rng.random() > 0.12 else 0.0
        steps += [(0.3 * beat_s, wide), ((beats - 0.6) * beat_s, 0.85 * wide), (0.3 * beat_s, 0.1)]
        left_s -= beats * beat_s
    return way(*steps, (0.2, 0.0))


def stresses(rng: np.random.Generator, for_s: float, every_s: float) -> Way:
    """Small strokes of either size and sign, one in about `every_s`."""
    steps: Steps = [(0.05, 0.0)]
    left_s = for_s
    while True:
        wait_s, stroke_s = float(rng.exponential(0.5 * every_s)) + 0.05, float(rng.uniform(0.2, 0.4))
        left_s -= wait_s + 2.0 * stroke_s
        if left_s < 0.05:
            return way(*steps)
        steps += [(wait_s, 0.0), (stroke_s, float(rng.normal(0.3, 0.6))), (stroke_s, 0.0)]
