"""What CAN says of the vehicle: frames and time in, the values that still hold out.

Knows time-outs and which source goes first. Must not know bits, DBC files, a bus or a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alerts.types import Gear, TurnSignal, VehicleState

Value = float | bool | Gear | None  # None = the signal itself says "not available", or nonsense
Decode = Callable[[bytes], Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class FrameId:
    """An identifier: 11 and 29 bits are two worlds."""

    number: int
    extended: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """What is to be read: frame → its values by name of `can.signals`, and how long each holds."""

    frames: Mapping[FrameId, Decode]
    timeouts_s: Mapping[str, float]


class Received:
    """The newest value of every mapped signal."""

    def __init__(self, mapped: Mapped) -> None:
        self._mapped = mapped
        self._values: dict[str, tuple[float, Value]] = {}  # name → when, what

    def take(self, frame: FrameId, data: bytes, now_s: float) -> None:
        """Takes any frame; what is not mapped is passed over."""
        decode = self._mapped.frames.get(frame)
        if decode:
            self._values.update((name, (now_s, value)) for name, value in decode(data).items())

    def fresh(self, now_s: float) -> dict[str, Value]:
        """The values that hold now, by name."""
        return {
            name: value
            for name, (at_s, value) in self._values.items()
            if value is not None and now_s - at_s <= self._mapped.timeouts_s[name]
        }

    def missing(self, now_s: float) -> tuple[str, ...]:
        """Names of mapped signals that have no value now."""
        fresh = self.fresh(now_s)
        return tuple(name for name in self._mapped.timeouts_s if name not in fresh)


def merged(serial: VehicleState, fresh: Mapping[str, Value]) -> VehicleState:
    """A fresh value of CAN goes first, then the serial link's, which knows by itself when it is stale.

    Each value on its own: one that CAN lost is the serial link's again, or unknown. Consent and the acknowledge
    button are always the serial link's.
    """
    known: dict[str, Any] = dict(fresh)  # names and types are those of VehicleState, but for the two that follow
    left, right = known.pop("turn_left", None), known.pop("turn_right", None)
    turn = serial.turn_signal if left is None and right is None else TurnSignal(bool(left) + 2 * bool(right))
    return replace(serial, turn_signal=turn, **known)
