"""Where the driver looks: mirrors, over the shoulder, at the eleven places, by owl, lizard or leaning.

The eyes leave first; the head follows a moment later with least jerk while the eyes keep the target; on the way back
likewise. Shifts of more than 33° come with a blink (Evinger et al. 1994 [S2]). Must not know lids beyond that blink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from simulator.script.behaviour import Behaviour, Side, Stage, within, words
from simulator.script.curves import BlinkShape, saccade_s, there_and_back
from simulator.script.motions import EYES_DEG
from simulator.script.places import Direction, PlaceName, direction, mirror

EYES_LEAD_S = 0.07
BLINK_FROM_DEG = 33.0
BLINK_ODDS = 0.75  # their muscle stirs in 97 % of such shifts, not always enough to be seen
LEAN_TO_MM = (190.0, -90.0, 110.0)  # aside by the sine of the yaw, down, forward


@dataclass(frozen=True, slots=True)
class Gaze:
    """Where to look and how much of the way the head takes."""

    at: Direction
    head_share: float  # 0 eyes only, as far as they reach … 1 head only

    def head(self) -> tuple[float, float, float]:
        """What the head does; it also takes what the eyes cannot reach."""
        yaw, pitch = (
            max(abs(self.head_share * angle), abs(angle) - 0.9 * reach) * math.copysign(1.0, angle)
            for angle, reach in zip(self.at, (EYES_DEG[0][1], -EYES_DEG[1][0]), strict=True)
        )
        return yaw, pitch, -0.06 * yaw


def glance(on: Stage, gaze: Gaze, *, for_s: float, after_s: float = 0.0) -> None:
    """Eyes on the place for `for_s`, from leaving the road to starting back."""
    head = gaze.head()
    angle_deg = math.hypot(*gaze.at)
    jump_s, turn_s = saccade_s(angle_deg), head_turn_s(math.hypot(head[0], head[1]))
    on.look(there_and_back(jump_s, for_s - jump_s, jump_s), gaze.at, after_s=after_s)
    on.turn(there_and_back(turn_s, for_s - turn_s, turn_s), head, after_s=after_s + EYES_LEAD_S)
    for at_s in (after_s, after_s + for_s):
        if angle_deg > BLINK_FROM_DEG and on.rng.random() < BLINK_ODDS:
            depth = float(on.rng.uniform(0.5, 1.0))
            on.lids(BlinkShape(0.08, 0.03, 0.15), left=depth, right=depth, after_s=at_s)


def head_turn_s(angle_deg: float) -> float:
    """How long the head takes for a turn: 0.3 s for a small one, 0.65 s for 70°."""
    return 0.3 + 0.005 * angle_deg


class MirrorCheck(Behaviour, frozen=True):
    """A look into a mirror, eyes and part of the head."""

    HOLDS: ClassVar[tuple[str, ...]] = ("head", "gaze")

    which: Annotated[Literal["left", "inner", "right"], words("which, by the driver's own left and right")] = "inner"
    for_s: Annotated[float, within(0.3, 4.0, "eyes on it", "s")] = 0.9
    head_share: Annotated[float, within(0.0, 1.0, "how much of the way the head takes", "0–1")] = 0.45

    def play(self, on: Stage) -> None:
        glance(on, Gaze(mirror(self.which, wheel_left=on.wheel_left), self.head_share), for_s=self.for_s)


class ShoulderCheck(Behaviour, frozen=True):
    """A look over a shoulder: head as far as it turns, torso a little with it."""

    HOLDS: ClassVar[tuple[str, ...]] = ("head", "gaze", "torso")

    side: Annotated[Side, words("which shoulder, the driver's own left or right")] = "left"
    for_s: Annotated[float, within(0.3, 4.0, "eyes on it", "s")] = 0.8

    def play(self, on: Stage) -> None:
        way_to = 1.0 if self.side == "left" else -1.0
        glance(on, Gaze(Direction(112.0 * way_to, -8.0), head_share=0.68), for_s=self.for_s)
        on.lean(there_and_back(0.5, self.for_s - 0.4, 0.5), (-25.0 * way_to, 0.0, 30.0), after_s=EYES_LEAD_S)


class Glance(Behaviour, frozen=True):
    """A look at one of the eleven places: as an owl (head), a lizard (eyes as far as they reach) or leaning over."""

    HOLDS: ClassVar[tuple[str, ...]] = ("head", "gaze")

    place: Annotated[PlaceName, words("where, see the table of places")]
    how: Annotated[Literal["owl", "lizard", "lean"], words("what moves, lean carries the torso too")] = "owl"
    for_s: Annotated[float, within(0.4, 60.0, "eyes on it", "s", "Euro NCAP: long from 3 s [S2]")] = 1.5

    def holds(self) -> tuple[str, ...]:
        return (*self.HOLDS, "torso") if self.how == "lean" else self.HOLDS

    def play(self, on: Stage) -> None:
        at = direction(self.place, wheel_left=on.wheel_left)
        share = {"owl": 0.8, "lizard": 0.04, "lean": 0.55}[self.how]
        glance(on, Gaze(at, share), for_s=self.for_s)
        if self.how == "lean":
            aside, down, forward = LEAN_TO_MM
            yaw, pitch = math.radians(at.yaw_deg), math.radians(at.pitch_deg)
            by_mm = (aside * math.sin(yaw), down * (0.4 - math.sin(pitch)), forward * math.cos(yaw))
            on.lean(there_and_back(0.6, self.for_s - 0.6, 0.7), by_mm, after_s=EYES_LEAD_S)
