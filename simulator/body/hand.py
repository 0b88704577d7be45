"""One hand: the palm's own frame and how its fingers close.

Knows the finger bones at rest. Must not know where the hand goes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.body import rig
from simulator.body.rig import Points, Rotation, Skeleton
from simulator.body.vectors import cross, unit
from simulator.types import Array

FINGERS = (2, 3, 4, 5)  # index … little; 1 is the thumb
PALM_WIDTH_MM = 14.0  # around the palm's middle its skin is looked for


class Grip(NamedTuple):
    """How far the hand is closed, in degrees beyond the resting hand of the data set."""

    knuckles: float = 10.0  # first joints of the four fingers
    middles: float = 12.0
    ends: float = 8.0
    fan: float = 0.0  # how much more each following finger bends, from the index to the little
    together: float = 0.0  # closes the gaps between the fingers
    thumb_across: float = 0.0  # swings the thumb before the palm
    thumb_beside: float = 0.0  # swings it in the palm's plane towards the index
    thumb_bend: float = 5.0  # its two outer joints

    def towards(self, other: Grip, share: float) -> Grip:
        """A grip between two."""
        return Grip(*(a + (b - a) * share for a, b in zip(self, other, strict=True)))


class HandShape:
    """An identity's hand at rest. `side` is 'L' or 'R'.

    The palm's frame has x to the thumb's side, y to the fingers and z out of the palm: right-handed on the right hand,
    its mirror image on the left.
    """

    def __init__(self, skeleton: Skeleton, side: str, skin_mm: Array) -> None:
        self.side, self._skeleton = side, skeleton
        self.wrist = skeleton.head(self._bone("wrist"))
        knuckles = np.stack([skeleton.head(self._bone(f"finger{k}-1")) for k in FINGERS])
        y = unit(knuckles[1] - self.wrist)
        across = knuckles[0] - knuckles[3]
        x = unit(across - y * (across @ y))
        z = cross(x, y) if side == "R" else cross(y, x)
        self.axes: Rotation = np.column_stack([x, y, z])
        self.middle = self._on_skin((self.wrist + knuckles.mean(0)) / 2, skin_mm)

    def _bone(self, name: str) -> str:
        return f"{name}.{self.side}"

    def _on_skin(self, inside: Points, skin_mm: Array) -> Points:
        """The palm's skin above a point between the bones."""
        local = (skin_mm - inside) @ self.axes
        near = np.hypot(local[:, 0], local[:, 1]) < PALM_WIDTH_MM
        return np.asarray(inside + self.axes[:, 2] * float(local[near, 2].max()))

    def turns(self, hand: Rotation, grip: Grip) -> dict[str, Rotation]:
        """Rotations of the wrist and of all finger bones, given how the hand is turned from its rest."""
        found = {self._bone("wrist"): hand}
        for place, finger in enumerate(FINGERS):
            more = grip.fan * (place - 1.5)
            angles = (grip.knuckles + more, grip.middles + more, grip.ends)
            turn = hand @ self._closing(finger, grip.together)
            for joint, angle in enumerate(angles, 1):
                turn = turn @ self._curl(f"finger{finger}-{joint}", self.axes[:, 2], angle)
                found[self._bone(f"finger{finger}-{joint}")] = turn
        return found | self._thumb(hand, grip)

    def _closing(self, finger: int, degrees: float) -> Rotation:
        """Turns a finger in the palm's plane towards the middle one."""
        share = {2: -1.5, 3: -0.2, 4: 0.6, 5: 1.4}[finger]
        return _turn(self.axes[:, 1], self.axes[:, 0], share * degrees)

    def _curl(self, bone: str, towards: Points, degrees: float) -> Rotation:
        along = self._skeleton.tail(self._bone(bone)) - self._skeleton.head(self._bone(bone))
        return _turn(unit(along), towards, degrees)

    def _thumb(self, hand: Rotation, grip: Grip) -> dict[str, Rotation]:
        x, y, z = self.axes.T
        turn = hand @ _turn(x, z, grip.thumb_across) @ _turn(x, y, grip.thumb_beside)
        found = {self._bone("finger1-1"): turn}
        for joint in (2, 3):
            turn = turn @ self._curl(f"finger1-{joint}", unit(0.4 * z - x), grip.thumb_bend)
            found[self._bone(f"finger1-{joint}")] = turn
        return found

    def tip(self, grip: Grip, finger: int) -> Points:
        """Where a fingertip is in the palm's frame (about its middle)."""
        turns = self.turns(np.eye(3), grip)
        at = self._skeleton.head(self._bone(f"finger{finger}-1"))
        for joint in (1, 2, 3):
            bone = self._bone(f"finger{finger}-{joint}")
            at = at + turns[bone] @ (self._skeleton.tail(bone) - self._skeleton.head(bone))
        return np.asarray((at - self.middle) @ self.axes)


def _turn(start: Points, end: Points, degrees: float) -> Rotation:
    """The rotation that carries `start` towards `end`."""
    return rig.from_vector(unit(cross(start, end)) * np.radians(degrees))
