"""What a hand may hold: a phone, something to eat.

Knows the palm frame of `Anchors` (origin in the palm's middle, x to the thumb's side, y to the fingers, z out of the
palm) and which gestures need what. Must not know how hands move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.cabin.shapes import (
    curve,
    geometry,
    merged,
    moved,
    ring,
    rounded_box,
    shift,
    smooth_normals,
    superellipsoid,
    sweep,
    turn,
)
from simulator.types import Gesture, Hand, Material, Matrix, Part, What

PHONE_MM = (71.0, 147.0, 7.9)  # width, height, thickness
PHONES = (Gesture.PHONE_EAR, Gesture.PHONE_LAP)
LEAST_SHARE = 0.06  # nearer to the other gesture the hand is empty
# Found by search: here the phone touches palm and fingers and goes through neither.
PHONE_IN_PALM_MM = (-10.0, 20.0, 16.0)
PHONE_LEAN_DEG = -35.0  # its upper end leans to the thumb
BITE_X_MM = 52.0  # how far the end that is bitten stands out on the thumb's side


@dataclass(frozen=True, eq=False, slots=True)
class Held:
    """A thing and how it lies in a palm. Its parts keep their geometry from frame to frame."""

    parts: tuple[Part, ...]
    in_palm: Matrix  # its own frame → the palm frame; x is the thumb's side on both hands
    for_gestures: tuple[Gesture, ...]

    def wanted(self, hand: Hand) -> bool:
        """Whether the hand carries it now: it comes and goes with the gesture that needs it."""
        share = hand.arrived if hand.does in self.for_gestures else 0.0
        if hand.before in self.for_gestures:
            share = max(share, 1.0 - hand.arrived)
        return share > LEAST_SHARE


def phone(seed: int) -> Held:
    """A phone with its back in the palm."""
    place: Matrix = shift(*PHONE_IN_PALM_MM) @ turn("z", PHONE_LEAN_DEG)
    return Held(_phone_parts(seed), place, PHONES)


def food(seed: int) -> Held:
    """An apple, a roll or a filled wrap, the end that is bitten on the thumb's side."""
    make, long_mm, lift_mm = _FOOD[int(np.random.default_rng([seed, 0xF00D]).integers(len(_FOOD)))]
    place: Matrix = shift(BITE_X_MM - long_mm, 14.0, lift_mm) @ turn("z", -90.0)
    return Held(make(), place, (Gesture.EAT,))


def _phone_parts(seed: int) -> tuple[Part, ...]:
    """In its own frame: x across, y along, its screen towards +z."""
    rng = np.random.default_rng([seed, 0x0F0E])
    half = (PHONE_MM[0] / 2, PHONE_MM[1] / 2, PHONE_MM[2] / 2)
    body = rounded_box(half, 3.6, steps=3, inner=3)
    screen = moved(rounded_box((half[0] - 2.2, half[1] - 2.2, 0.3), 0.25, steps=1, inner=3), shift(z=half[2]))
    lenses = [
        moved(superellipsoid((6.0, 6.0, 1.8), rows=10, columns=18), shift(-half[0] + 14, half[1] - y, -half[2]))
        for y in (15, 31)
    ]
    bump = moved(rounded_box((13.0, 18.0, 1.2), 1.0, steps=2, inner=2), shift(-half[0] + 16, half[1] - 23, -half[2]))
    case = float(rng.uniform(0.05, 0.5))
    return (
        Part(What.PHONE, Material.SOLID, merged(body, bump), case, 0.3, 0.4),
        Part(What.PHONE, Material.SOLID, screen, 0.05, 0.9, 0.12),
        Part(What.PHONE, Material.SOLID, merged(*lenses), 0.04, 0.9, 0.15),
    )


def _apple() -> tuple[Part, ...]:
    ball = superellipsoid((35.0, 33.0, 35.0), squareness=(2.3, 2.0), rows=30, columns=36)
    points = ball.positions_mm.astype(np.float64)
    away = np.hypot(points[:, 0], points[:, 2])
    dent = np.exp(-((away / 11.0) ** 2)) * np.sign(points[:, 1])
    points[:, 1] -= 11.0 * dent
    points[:, [0, 2]] *= 1 - 0.10 * np.clip(-points[:, 1:2] / 33.0, 0, 1)
    skin = geometry(points, smooth_normals(points, ball.triangles), ball.triangles)
    stalk = sweep(curve([(0, 18, 0), (1, 28, 0), (5, 36, 1)], 8), ring(2.4, 2.4, count=8))
    return (
        Part(What.FOOD, Material.SOLID, skin, 0.55, 0.25, 0.35),
        Part(What.FOOD, Material.SOLID, stalk, 0.2, 0.0, 0.8),
    )


def _roll() -> tuple[Part, ...]:
    """A filled roll: two halves of bread, leaves that look out between them."""
    bread = superellipsoid((30.0, 58.0, 15.0), squareness=(2.4, 2.4), rows=22, columns=36)
    halves = merged(moved(bread, shift(z=11.0)), moved(bread, shift(z=-11.0)))
    around = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    ripple = 1.0 + 0.05 * np.sin(9 * around) + 0.04 * np.sin(17 * around + 1)
    path = np.column_stack([29 * ripple * np.cos(around), 57 * ripple * np.sin(around), 2.5 * np.sin(13 * around)])
    leaves = sweep(path, ring(6.0, 3.0, count=8), up=(0.0, 0.0, 1.0), closed=True)
    inside = superellipsoid((28.5, 56.0, 9.0), squareness=(2.4, 2.4), rows=14, columns=30)
    return (
        Part(What.FOOD, Material.FABRIC, halves, 0.62, 0.0, 0.9),
        Part(What.FOOD, Material.FABRIC, merged(leaves, inside), 0.45, 0.0, 0.8),
    )


def _wrap() -> tuple[Part, ...]:
    """A rolled flat bread, its lower half in paper, bitten above."""
    y = np.linspace(-70.0, 62.0, 40)
    path = np.column_stack([np.zeros(40), y, np.zeros(40)])
    size = 1.0 + 0.06 * np.sin(y / 9.0) - 0.16 * np.clip((-y - 20) / 50, 0, 1) ** 2
    bread = sweep(path[14:], ring(43.0, 38.0, squareness=2.3, count=28), up=(0.0, 0.0, 1.0), scale=size[14:])
    folds = ring(47.0, 42.0, squareness=2.3, count=42) * (1 + 0.02 * np.sin(np.arange(42) * 2.1))[:, None]
    paper = sweep(path[:24], folds, up=(0.0, 0.0, 1.0), scale=size[:24])
    return (
        Part(What.FOOD, Material.FABRIC, bread, 0.55, 0.0, 0.9),
        Part(What.FOOD, Material.FABRIC, paper, 0.75, 0.0, 0.9),
    )


# How to make it, from its middle to the end that is bitten, from its skin to its middle.
_FOOD: tuple[tuple[Callable[[], tuple[Part, ...]], float, float], ...] = (
    (_apple, 35.0, 36.0),
    (_roll, 58.0, 28.0),
    (_wrap, 62.0, 23.0),
)
