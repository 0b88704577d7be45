"""What each gesture asks of a hand: where the palm goes, how the fingers close, where the elbow hangs.

Everything is told for the right hand; the left is its mirror image. Knows the driver's face, lap and wheel. Must not
know bones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.body.hand import Grip, HandShape
from simulator.body.rig import Points, Rotation
from simulator.body.wheel import WHEEL
from simulator.types import Gesture, Matrix

# Grips, in degrees.
ROUND_RIM = Grip(knuckles=46, middles=57, ends=30, together=4, thumb_across=25, thumb_beside=12, thumb_bend=14)
FLAT = Grip(knuckles=10, middles=10, ends=6, together=13, thumb_across=-28, thumb_beside=34, thumb_bend=0)
ROUND_PHONE = Grip(
    knuckles=8, middles=33, ends=24, fan=11, together=10, thumb_across=30, thumb_beside=14, thumb_bend=14
)
POINTED = Grip(knuckles=38, middles=46, ends=22, fan=9, together=4, thumb_across=20, thumb_beside=15, thumb_bend=20)
FIST = Grip(knuckles=62, middles=78, ends=42, together=5, thumb_across=38, thumb_beside=18, thumb_bend=26)
ROUND_FOOD = Grip(knuckles=34, middles=44, ends=24, fan=3, together=2, thumb_across=42, thumb_beside=4, thumb_bend=14)
LOOSE = Grip(knuckles=16, middles=22, ends=14, fan=3, thumb_across=10)

ACROSS_RIM_MM = 41.0  # the rim lies this far towards the fingers from the palm's middle
PAD_MM = 7.0  # a fingertip's bone lies this deep in its pad
LID_FRONT_MM = 15.0  # the lids' front before the eye's centre
RIM_SIDE_DEG = 32.0  # how far the palm lies on the driver's side of the rim


@dataclass(frozen=True, eq=False, slots=True)
class Face:
    """Places of the posed face in the head frame, as seen from the hand's side: mirrored for the left hand."""

    mouth: Points
    chin: Points
    eye: Points  # of the hand's side
    ear: Points


@dataclass(frozen=True, eq=False, slots=True)
class Goal:
    """Where a right hand goes, in the seat frame."""

    middle: Points  # of the palm
    axes: Rotation  # columns: to the thumb, to the fingers, out of the palm
    grip: Grip
    elbow: Points  # the way the elbow points from the line between shoulder and wrist
    at_face: bool = False

    def mirrored(self) -> Goal:
        """The same for the left hand: its palm's frame is the mirror image."""
        flip = np.array([-1.0, 1.0, 1.0])
        return Goal(self.middle * flip, self.axes * flip[:, None], self.grip, self.elbow * flip, self.at_face)


def goal(gesture: Gesture, hand: HandShape, face: Face, head: Matrix) -> Goal:
    """The goal of a gesture.

    Args:
        gesture: what to do.
        hand: for the reach of its fingertips.
        face: in the head frame.
        head: head frame → seat frame, mirrored too for the left hand.
    """
    if gesture in _AT_FACE:
        return _placed(_AT_FACE[gesture](hand, face), head)
    return _AWAY[gesture]()


def palm(out: tuple[float, float, float], fingers: tuple[float, float, float]) -> Rotation:
    """A right palm's axes from the way it faces and the way its fingers point (made square to it)."""
    z = np.array(out) / np.linalg.norm(out)
    y = np.array(fingers) - z * (z @ np.array(fingers))
    y /= np.linalg.norm(y)
    return np.column_stack([np.cross(y, z), y, z])


def _placed(local: Goal, head: Matrix) -> Goal:
    turn = head[:3, :3]
    return Goal(turn @ local.middle + head[:3, 3], turn @ local.axes, local.grip, local.elbow, at_face=True)


def _held(axes: Rotation, point: Points, in_palm: Sequence[float] | Points) -> Points:
    """The palm's middle, so that `point` lies at `in_palm` in the palm's frame."""
    return np.asarray(point - axes @ np.asarray(in_palm, np.float64))


# --- away from the face ------------------------------------------------------------------------------------------


def _down() -> Goal:
    """On the thigh."""
    return Goal(
        np.array([-150.0, -590.0, 190.0]), palm((0.1, -1, 0.1), (0.35, -0.1, 1)), LOOSE, np.array([-1, -0.2, -0.6])
    )


def _on_rim(angle_deg: float, elbow: tuple[float, float, float]) -> Goal:
    """Round the rim at an angle from its top; the palm comes from outside and from the driver's side."""
    rim = WHEEL.at(angle_deg)
    outwards = (rim - np.array(WHEEL.centre_mm)) / WHEEL.radius_mm
    side = np.radians(RIM_SIDE_DEG)
    out = -outwards * np.cos(side) - WHEEL.normal * np.sin(side)
    axes = palm(tuple(out), tuple(-WHEEL.normal * np.cos(side) + outwards * np.sin(side)))
    return Goal(_held(axes, rim, (0.0, ACROSS_RIM_MM, WHEEL.rim_mm + 3.0)), axes, ROUND_RIM, np.array(elbow))


def _wheel() -> Goal:
    return _on_rim(-82.0, (-0.75, -1.0, -0.2))


def _wheel_12() -> Goal:
    return _on_rim(-10.0, (-0.9, -0.7, 0.0))


def _phone_lap() -> Goal:
    """Before the belly, the phone's face to the driver's."""
    axes = palm((-0.05, 0.72, -0.69), (0.45, 0.62, 0.68))
    return Goal(np.array([-55.0, -400.0, 215.0]), axes, ROUND_PHONE, np.array([-0.8, -1.0, -0.3]))


# --- at the face, in the head frame ------------------------------------------------------------------------------


def _mouth(_: HandShape, face: Face) -> Goal:
    """The flat hand before the mouth, the fingers slanting up to the far cheek, below the nose's tip."""
    axes = palm((0.05, 0.22, -1.0), (0.80, 0.60, 0.1))
    return _at(axes, face.mouth, (8.0, 34.0, 7.0), FLAT, (-0.6, -1.0, 0.1))


def _phone_ear(_: HandShape, face: Face) -> Goal:
    """The phone between palm and ear, its long side towards the mouth."""
    axes = palm((1.0, -0.08, 0.06), (0.08, 1.0, 0.12))
    return _at(axes, face.ear, (0.0, 48.0, 24.0), ROUND_PHONE, (-0.55, -1.0, 0.25))


def _rub_eye(hand: HandShape, face: Face) -> Goal:
    """The pads of index and middle finger on the lids."""
    axes = palm((0.25, 0.15, -1.0), (0.25, 1.0, 0.1))
    pads = (hand.tip(POINTED, 2) + hand.tip(POINTED, 3)) / 2 + np.array([0.0, 0.0, PAD_MM])
    return _at(axes, face.eye + np.array([0.0, -5.0, LID_FRONT_MM]), pads, POINTED, (-0.8, -0.8, 0.2))


def _chin(_: HandShape, face: Face) -> Goal:
    """The chin rests on the bent fingers."""
    axes = palm((0.35, 0.25, -1.0), (0.15, 1.0, 0.25))
    return _at(axes, face.chin, (6.0, 54.0, 14.0), FIST, (-0.5, -1.0, 0.2))


def _eat(_: HandShape, face: Face) -> Goal:
    """The hand round something whose end, on the thumb's side, is at the lips."""
    axes = palm((0.8, 0.15, 0.5), (-0.39, 0.78, 0.39))
    return _at(axes, face.mouth + np.array([0.0, 0.0, 8.0]), (52.0, 14.0, 24.0), ROUND_FOOD, (-0.8, -0.9, 0.0))


def _at(axes: Rotation, point: Points, in_palm: Sequence[float] | Points, grip: Grip, elbow: Sequence[float]) -> Goal:
    return Goal(_held(axes, point, in_palm), axes, grip, np.array(elbow), at_face=True)


_AWAY: dict[Gesture, Callable[[], Goal]] = {
    Gesture.DOWN: _down,
    Gesture.WHEEL: _wheel,
    Gesture.WHEEL_12: _wheel_12,
    Gesture.PHONE_LAP: _phone_lap,
}
_AT_FACE: dict[Gesture, Callable[[HandShape, Face], Goal]] = {
    Gesture.MOUTH: _mouth,
    Gesture.PHONE_EAR: _phone_ear,
    Gesture.RUB_EYE: _rub_eye,
    Gesture.CHIN: _chin,
    Gesture.EAT: _eat,
}
