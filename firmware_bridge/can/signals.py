"""The one table of what cabinwatch says on CAN: messages, signals, their bits, units and ranges.

configs/cabinwatch.dbc and docs/can.md are checked against it. Knows how a number becomes bits. Must not know drivers,
time or a bus. Every signal is little-endian ("Intel") and unsigned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from alerts.types import Cause, Cue, Level, Lids, Zone

SIZE = 8  # bytes of each message
CYCLE_MS = 100  # between two of the same message; an alert that changes does not wait for it
COUNTER_LAST = 14  # then 0 again; 15 is never sent

Values = Mapping[str, float | None]  # signal → value in its unit; None = not available


@dataclass(frozen=True, slots=True)
class Signal:
    """One value in a message. raw = (value - offset) / factor."""

    name: str
    start: int  # its lowest bit
    length: int  # bits
    meaning: str
    low: float = 0.0  # the range, in the signal's unit; what lies outside is sent as the nearest end
    high: float = 0.0
    factor: float = 1.0
    offset: float = 0.0
    unit: str = ""
    words: tuple[tuple[int, str], ...] = ()  # raw number → what it stands for
    absent: int | None = None  # the raw number for "not available", none of `words`; None = it is always known
    vss: str = ""  # path in COVESA's Vehicle Signal Specification, where it has one
    vss_value: str = "value"  # how a reader makes that path's value of this signal's

    def raw(self, value: float | None) -> int:
        """The bits of a value."""
        if value is None and self.absent is not None:
            return self.absent
        if value is None:
            raise ValueError(f"{self.name} has no number for 'not available'")
        return round((min(max(value, self.low), self.high) - self.offset) / self.factor)


@dataclass(frozen=True, slots=True)
class Message:
    """One CAN frame of 8 bytes."""

    name: str
    can_id: int  # 29 bits: priority 6, a proprietary B parameter group, our address (docs/adr/0003)
    data_id: int  # 12 bits, known to both ends: enters the CRC, its upper 4 bits are sent too
    meaning: str
    body: tuple[Signal, ...]

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Protection first: it is at the same place in every message."""
        return (*HEADER, *self.body)

    def pack(self, values: Values) -> bytes:
        """The message's bytes, not protected yet."""
        bits = sum(signal.raw(values[signal.name]) << signal.start for signal in self.body)
        return bits.to_bytes(SIZE, "little")


def _words(kind: type[IntEnum], without: tuple[IntEnum, ...] = ()) -> tuple[tuple[int, str], ...]:
    return tuple((member.value, member.name.lower()) for member in kind if member not in without)


HEADER = (
    Signal("Crc", 0, 8, "CRC-8 SAE J1850 over the data id and all other bytes", high=255),
    Signal("Counter", 8, 4, "grows by one with every message, 0 follows 14", high=COUNTER_LAST),
    Signal("DataIdNibble", 12, 4, "upper 4 bits of the message's data id", high=15),
)

_YES_NO = ((0, "no"), (1, "yes"))

DRIVER_ALERT = Message(
    "DriverAlert",
    0x18FFDAE6,
    0x3DA,
    "What the vehicle should show now; level none is all quiet. Silence means that nobody watches",
    (
        Signal("Level", 16, 4, "how urgent; a higher level always wins", high=4, words=_words(Level)),
        # What rests on an expression is never told here, so it has no word either.
        Signal("Cause", 20, 4, "why", high=8, words=_words(Cause, without=(Cause.AFFECT,))),
        Signal("EpisodeId", 24, 16, "number of the episode, as in the log; 0 while nothing is shown", high=65535),
        Signal("Explanation", 40, 8, "number of the rule that speaks (docs/rules.md); 0 = none", high=255),
        Signal("Cue", 48, 4, "how it sounds and feels now; none once it is answered", high=5, words=_words(Cue)),
        Signal(
            "Locked",
            52,
            2,
            "so many critical alerts that assistance should stay off until the ignition is cycled",
            high=1,
            words=_YES_NO,
        ),
        Signal("Lockouts", 56, 8, "critical alerts of this trip", high=255),
    ),
)

DRIVER_STATE = Message(
    "DriverState",
    0x18FFDBE6,
    0x3DB,
    "What the driver does, as far as it can be seen",
    (
        Signal(
            "Drowsiness",
            16,
            8,
            "on the scale of the Karolinska Sleepiness Scale: 1 very alert, 9 fighting sleep",
            low=1,
            high=9,
            factor=0.1,
            offset=1,
            absent=255,
            vss="Vehicle.Driver.FatigueLevel",
            vss_value="(value − 1) × 12.5 %",
        ),
        Signal("Perclos", 24, 8, "share of the last 60 s with closed eyes", high=100, factor=0.5, unit="%", absent=255),
        Signal("LookAway", 32, 8, "how long the look away lasts", high=25, factor=0.1, unit="s", absent=255),
        Signal(
            "LookAwaySum",
            40,
            8,
            "looked away in the last 30 s, since the last 2 s of road",
            high=30,
            factor=0.125,
            unit="s",
            absent=255,
            vss="Vehicle.Driver.DistractionLevel",
            vss_value="value ÷ 30 s × 100 %",
        ),
        Signal(
            "EyesOnRoad",
            48,
            2,
            "the eyes are seen, open and on the road; what the head alone says is not enough for yes",
            high=1,
            words=_YES_NO,
            absent=3,
            vss="Vehicle.Driver.IsEyesOnRoad",
            vss_value="yes = true",
        ),
        Signal("EyesClosed", 50, 2, "both eyes are closed now", high=1, words=_YES_NO, absent=3),
        Signal("DriverVisible", 52, 2, "the face and at least one eye are judged now", high=1, words=_YES_NO, absent=3),
        Signal("Standby", 54, 2, "nothing is judged: parked or switched off", high=1, words=_YES_NO),
        Signal("GazeZone", 56, 4, "where the driver looks", high=8, words=_words(Zone)),
        Signal("Lids", 60, 4, "what the lids do", high=5, words=_words(Lids)),
    ),
)

MESSAGES = (DRIVER_ALERT, DRIVER_STATE)
