"""Arms: two bones and a hand from the shoulder to where a gesture wants the palm.

Knows the geometry of reaching. Must not know which gestures there are (see `gestures`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.body import rig
from simulator.body.gestures import Face, Goal, goal
from simulator.body.hand import HandShape
from simulator.body.rig import Points, Rotation, Skeleton
from simulator.body.vectors import cross, length, unit
from simulator.types import Array, Hand, Matrix

SIDES = ("L", "R")
MIRROR = np.diag([-1.0, 1.0, 1.0])
STRETCH_MM = 4.0  # an arm never stretches quite straight
SHRUG = (0.16, 0.34)  # share of the upper arm's turn that the collar bone makes: at ease, and to reach farther
SHRUG_OVER_MM = 40.0  # from one to the other over this much before the arm's full reach
FOREARM_TWIST = {"lowerarm01": 0.25, "lowerarm02": 0.7}  # how far up the forearm the hand's twist has come
UPPER_TWIST = 0.5
WAY_OUT_MM = 70.0  # hands that go to or come from the face swing this far out to the front


@dataclass(frozen=True, eq=False, slots=True)
class Placed:
    """Bones of torso and head as they stand now."""

    rotations: Points  # (b, 3, 3)
    heads_mm: Points  # (b, 3)


class Arms:
    """Both arms of an identity."""

    def __init__(self, skeleton: Skeleton, hands_mm: tuple[Array, Array]) -> None:
        self._skeleton = skeleton
        self.hands = tuple(HandShape(skeleton, side, skin) for side, skin in zip(SIDES, hands_mm, strict=True))

    def turns(
        self, hands: tuple[Hand, Hand], faces: tuple[Face, Face], head: Matrix, body: Placed
    ) -> dict[str, Rotation]:
        """Rotations of all arm and hand bones.

        Args:
            hands: what the left and the right do.
            faces: the face as each hand sees it (the left one's is mirrored).
            head: head frame → seat frame.
            body: the bones that carry the arms.
        """
        found: dict[str, Rotation] = {}
        for hand, shape, face in zip(hands, self.hands, faces, strict=True):
            found |= self._arm(shape, self.goal(hand, shape, face, head), body)
        return found

    def goal(self, hand: Hand, shape: HandShape, face: Face, head: Matrix) -> Goal:
        """Where a hand is on its way between two gestures, for its own side."""
        flip = np.diag([-1.0, 1, 1, 1]) if shape.side == "L" else np.eye(4)
        seen = flip @ head @ flip
        there = goal(hand.does, shape, face, seen)
        if hand.arrived < 1.0 and hand.before is not hand.does:
            there = between(goal(hand.before, shape, face, seen), there, max(0.0, hand.arrived))
        return there.mirrored() if shape.side == "L" else there

    def _arm(self, hand: HandShape, wanted: Goal, body: Placed) -> dict[str, Rotation]:
        names = {bone: f"{bone}.{hand.side}" for bone in rig.ARM}
        rest = {bone: self._skeleton.head(name) for bone, name in names.items()}
        turn = wanted.axes @ hand.axes.T
        wrist = wanted.middle + turn @ (hand.wrist - hand.middle)
        upper, fore = rest["lowerarm01"] - rest["upperarm01"], rest["wrist"] - rest["lowerarm01"]
        chest, collar = body.rotations[rig.row("spine01")], body.heads_mm[rig.row(names["clavicle"])]
        lengths = (length(upper), length(fore))
        swing = _swing(chest @ upper, wrist - collar)
        shrug = rig.partly(swing, self._shrug(wrist, collar, rest, chest, sum(lengths))) @ chest
        shoulder = collar + shrug @ (rest["upperarm01"] - rest["clavicle"])
        elbow, wrist = reach(shoulder, wrist, lengths, wanted.elbow)
        normal = cross(elbow - shoulder, wrist - elbow)
        bend = cross(upper, fore)
        above = _aligned((upper, bend), (elbow - shoulder, normal))
        below = _aligned((fore, bend), (wrist - elbow, normal))
        return {
            names["clavicle"]: shrug,
            names["shoulder01"]: shrug,
            names["upperarm01"]: _untwisted(above, shrug, upper, UPPER_TWIST),
            names["upperarm02"]: above,
            **{names[bone]: _towards(below, turn, fore, share) for bone, share in FOREARM_TWIST.items()},
            **hand.turns(turn, wanted.grip),
        }

    @staticmethod
    def _shrug(wrist: Points, collar: Points, rest: dict[str, Points], chest: Rotation, full: float) -> float:
        shoulder = collar + chest @ (rest["upperarm01"] - rest["clavicle"])
        lacking = (length(wrist - shoulder) - full) / SHRUG_OVER_MM + 1
        return float(np.interp(lacking, (0.0, 2.0), SHRUG))


def between(start: Goal, end: Goal, share: float) -> Goal:
    """A hand's goal on the way; near the face it swings out to the front."""
    turn = rig.partly(end.axes @ start.axes.T, share) @ start.axes
    out = (
        WAY_OUT_MM
        * np.sin(np.pi * share)
        * (0.4 + 0.6 * (start.at_face and end.at_face))
        * (start.at_face or end.at_face)
    )
    middle = start.middle + (end.middle - start.middle) * share + np.array([-0.3, 0.0, 1.0]) * out
    elbow = start.elbow + (end.elbow - start.elbow) * share
    return Goal(middle, turn, start.grip.towards(end.grip, share), elbow, at_face=False)


def reach(shoulder: Points, wrist: Points, lengths: tuple[float, float], pole: Points) -> tuple[Points, Points]:
    """Elbow and wrist of a two-bone arm; a wrist out of reach is drawn in.

    Args:
        shoulder: where the arm begins.
        wrist: where its end shall be.
        lengths: of upper arm and forearm.
        pole: the way the elbow points.
    """
    upper, fore = lengths
    way = wrist - shoulder
    distance = float(np.clip(length(way), abs(upper - fore) + STRETCH_MM, upper + fore - STRETCH_MM))
    along = unit(way)
    aside = unit(pole - along * (pole @ along))
    cosine = (upper**2 + distance**2 - fore**2) / (2 * upper * distance)
    elbow = shoulder + upper * (cosine * along + np.sqrt(max(0.0, 1 - cosine**2)) * aside)
    return elbow, shoulder + distance * along


def _aligned(rest: tuple[Points, Points], now: tuple[Points, Points]) -> Rotation:
    """The rotation that carries one pair of square directions to another."""
    first, second = (_frame(*pair) for pair in (rest, now))
    return np.asarray(second @ first.T)


def _frame(along: Points, normal: Points) -> Rotation:
    x = unit(along)
    y = unit(normal - x * (normal @ x))
    return np.column_stack([x, y, cross(x, y)])


def _swing(start: Points, end: Points) -> Rotation:
    """The shortest rotation from one direction to another."""
    axis = cross(start, end)
    angle = np.arctan2(length(axis), start @ end)
    return rig.from_vector(unit(axis) * angle)


def _towards(below: Rotation, hand: Rotation, along: Points, share: float) -> Rotation:
    """The forearm's rotation with a share of the hand's twist about it."""
    local = below.T @ hand
    axis = unit(along)
    vector = rig.rotation_vector(_swing(local @ axis, axis) @ local)
    return below @ rig.from_vector(axis * float(vector @ axis) * share)


def _untwisted(above: Rotation, shoulder: Rotation, along: Points, share: float) -> Rotation:
    """The upper arm's rotation without a share of its twist against the shoulder."""
    local = shoulder.T @ above
    axis = unit(along)
    swing = _swing(axis, local @ axis)
    twist = rig.rotation_vector(swing.T @ local)
    return shoulder @ swing @ rig.from_vector(twist * share)
