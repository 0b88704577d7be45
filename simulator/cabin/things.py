"""What the driver wears and holds: glasses, mask, cap, phone, food – and the belt that lies on the body.

Knows the body's anchors, its skin and clothes, and what a moment asks for. Must not know cameras or light.

Everything is made to the measures of the identity's own resting head, when it is first worn, and kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from simulator.body.body import Body
from simulator.cabin import cap, glasses, held
from simulator.cabin.belt import Belt
from simulator.cabin.headform import Headform, headform
from simulator.cabin.mask import Mask
from simulator.types import Array, Glasses, Identity, Matrix, Moment, Part, Posed, SimulatorError, What


class Things:
    """One driver's things.

    Args:
        body: whose measures they are made to.
        identity: its `frame_style` and `seed` choose which glasses, mask, cap, phone and food.
        driver_side_left: the wheel is on the car's left: the belt comes over the left shoulder.
    """

    def __init__(self, body: Body, identity: Identity, *, driver_side_left: bool = True) -> None:
        self.identity, self.left = identity, driver_side_left
        self._skin = body.rest
        self._resting = body.pose(Moment())
        self._glasses: dict[Glasses, tuple[Part, ...]] = {Glasses.NONE: ()}
        self._held = (held.phone(identity.seed), held.food(identity.seed))

    def parts(self, posed: Posed, moment: Moment) -> tuple[Part, ...]:
        """All that is worn and held now."""
        head = posed.anchors.head
        wearing = moment.wearing
        worn = list(self._fitted(wearing.glasses))
        if wearing.mask:
            worn.append(self._mask.part(_seen_from(head, _points_of(posed, What.SKIN))))
        if wearing.cap:
            worn.extend(self._cap)
        on_head = [replace(part, pose=head) for part in worn]
        belt = self._belt.part(_points_of(posed, What.CLOTHES))
        return (*on_head, *self._in_hands(posed, moment), belt)

    def _in_hands(self, posed: Posed, moment: Moment) -> Iterator[Part]:
        for hand, palm in zip((moment.left_hand, moment.right_hand), posed.anchors.palms, strict=True):
            for thing in self._held:
                if thing.wanted(hand):
                    yield from (replace(part, pose=palm @ thing.in_palm) for part in thing.parts)

    @cached_property
    def _form(self) -> Headform:
        anchors = self._resting.anchors
        inverse = np.linalg.inv(anchors.head)
        eyes = anchors.eye_centres_mm @ inverse[:3, :3].T + inverse[:3, 3]
        return headform(self._skin, eyes, anchors.eye_radius_mm)

    def _fitted(self, kind: Glasses) -> tuple[Part, ...]:
        if kind not in self._glasses:
            style, seed = self.identity.frame_style, self.identity.seed
            self._glasses[kind] = glasses.fitted(self._form, kind, style, seed=seed)
        return self._glasses[kind]

    @cached_property
    def _mask(self) -> Mask:
        return Mask(self._form, self._skin, seed=self.identity.seed)

    @cached_property
    def _cap(self) -> tuple[Part, ...]:
        return cap.fitted(self._form, seed=self.identity.seed)

    @cached_property
    def _belt(self) -> Belt:
        return Belt(_part_of(self._resting, What.CLOTHES).geometry, left=self.left)


def _part_of(posed: Posed, what: What) -> Part:
    for part in posed.parts:
        if part.what is what:
            return part
    raise SimulatorError(f"the posed body has no {what.name} to lay things on: give the body's own pose")


def _points_of(posed: Posed, what: What) -> Array:
    return _part_of(posed, what).geometry.positions_mm


def _seen_from(head: Matrix, points: Array) -> Array:
    """Points of the seat frame in the head frame: head matrices turn and move only."""
    return ((points - head[:3, 3]) @ head[:3, :3]).astype(np.float32)
