"""How a seated driver holds torso, neck and head.

Knows a moment's head angles, lean and breath. Must not know hands (see `arms`) or faces.
"""

from __future__ import annotations

import numpy as np

from simulator.body import rig
from simulator.body.rig import Points, Rotation, Skeleton
from simulator.types import Moment
from vision.angles import rotation_of

# How far up the neck a turn of the head has come: the skull ends exactly where it shall.
NECK_SHARES = dict(zip(rig.NECK, (0.18, 0.42, 0.68, 1.0), strict=True))
TORSO_SHARES = dict(zip(rig.TORSO, (0.2, 0.45, 0.7, 0.9, 1.0), strict=True))
SIT_DEG = 82.0  # the thighs' turn about the hip
KNEES_DEG = 9.0  # apart
BREATH_MM = 2.5  # how far the chest rises
TORSO_FOLLOWS = 0.1  # share of the head's yaw that the shoulders take


def turns(moment: Moment, skeleton: Skeleton) -> tuple[dict[str, Rotation], dict[str, Points]]:
    """Rotations and shifts of the bones from the hip to the skull, and of the thighs."""
    upright = _spine(moment, np.eye(3))
    bent = _spine(moment, _bend(moment, skeleton)) if any(moment.lean_mm) else upright
    moves = _breathing(moment)
    lacking = np.array(moment.lean_mm) - (_skull(bent, skeleton) - _skull(upright, skeleton))
    for bone in rig.TORSO:
        moves[bone] = moves.get(bone, np.zeros(3)) + lacking / len(rig.TORSO)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        bent[f"upperleg01.{side}"] = rig.about(1, sign * KNEES_DEG) @ rig.about(0, -SIT_DEG)
    return bent, moves


def _spine(moment: Moment, bend: Rotation) -> dict[str, Rotation]:
    """Torso, neck and head; the skull ends exactly as the moment says."""
    torso = rig.about(1, TORSO_FOLLOWS * moment.head_deg[0]) @ bend
    rest_of_way = torso.T @ rotation_of(*moment.head_deg)
    found: dict[str, Rotation] = {"root": np.eye(3)}
    found |= {bone: rig.partly(torso, share) for bone, share in TORSO_SHARES.items()}
    return found | {bone: torso @ rig.partly(rest_of_way, share) for bone, share in NECK_SHARES.items()}


def _bend(moment: Moment, skeleton: Skeleton) -> Rotation:
    """About the hip, so that the neck's foot is carried about as far as the head shall lean."""
    reach = float(skeleton.head("neck01")[1] - skeleton.head("spine05")[1])
    x, _, z = moment.lean_mm
    sideways, forward = (float(np.degrees(np.arctan2(mm, reach))) for mm in (x, z))
    return rig.about(0, forward) @ rig.about(2, -sideways)


def _skull(found: dict[str, Rotation], skeleton: Skeleton) -> Points:
    """Where the head frame's origin comes to lie."""
    rotations, heads = skeleton.place(found, {})
    bone = rig.row("head")
    return np.asarray(heads[bone] - rotations[bone] @ skeleton.heads_mm[bone])


def _breathing(moment: Moment) -> dict[str, Points]:
    """The chest rises and comes forward, the head hardly."""
    chest = np.array([0.0, 0.4, 0.6]) * BREATH_MM * moment.breath
    return {"spine01": chest, "neck01": -chest * np.array([0.0, 0.5, 1.0])}
