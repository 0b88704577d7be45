"""What the five messages say, field by field, and their bytes.

Knows payloads, their ranges and the reasons for which a frame is refused. Must not know headers, time or ports.
docs/protocol.md says why each byte is there; firmware/core/cw_messages.h is the same in C.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from typing import ClassVar, TypeVar

AnyPayload = TypeVar("AnyPayload", bound="Payload")

PROTOCOL_MIN = 1
PROTOCOL_MAX = 1


class Verdict(IntEnum):
    """Why a frame is refused. The numbers are the wire's: a report names the last one."""

    OK = 0
    SIZE = 1  # too long, too short, or not the length of its type
    COBS = 2  # the stuffing is broken
    CRC = 3  # the bytes are not what was sent
    TYPE = 4  # no such message
    DATA_ID = 5  # another protocol's frame, whose CRC happens to be the same kind
    RANGE = 6  # a field outside its range
    DIRECTION = 7  # our own kind of frame comes back: the line echoes
    COUNTER = 8  # a repeat, or older than what is known
    NO_HELLO = 9  # the peer has not said hello since it started
    VERSION = 10  # not the version agreed on, or none can be
    TTL = 11  # a time to live of nothing, or longer than is safe
    UNSYNCED = 12  # nothing proves yet how old it is
    AGE = 13  # older than its time to live


class Output(IntFlag):
    """What is commanded on, whatever the phase of its blinking."""

    NONE = 0
    LAMP = 0x01
    BUZZER = 0x02
    HAPTIC = 0x04
    FAULT = 0x08
    IR = 0x10  # the infrared illuminator


class Why(IntEnum):
    """Why the outputs are what they are."""

    BOOT = 0  # no state since the MCU started: fault lamp
    STATE = 1  # a state that holds
    SILENCE = 2  # nothing fresh within the time-out: fault lamp
    STANDBY = 3  # the host said goodbye: dark for a while
    STOPPED = 4  # and did not come back: fault lamp while the ignition is on
    VERSION = 5  # no version in common: fault lamp


class Flag(IntFlag):
    """Bits of `State.flags`."""

    NONE = 0
    STOPPING = 0x01  # the host stops on purpose
    ILLUMINATE = 0x02  # the host wants infrared light
    TEST = 0x04  # an installer tries the outputs: shown like any state, and not kept


class Reset(IntEnum):
    """Why the MCU started. A board that knows more may use numbers from 16."""

    UNKNOWN = 0
    POWER = 1
    BROWN_OUT = 2
    WATCHDOG = 3
    PIN = 4
    SOFTWARE = 5


class Known(IntFlag):
    """Which values of a Vehicle message can be believed."""

    NONE = 0
    SPEED = 0x01
    IGNITION = 0x02
    GEAR = 0x04
    TURN = 0x08
    AMBIENT = 0x10
    STEERING = 0x20
    CONSENT = 0x40
    IR_FAULT = 0x80


class Switch(IntFlag):
    """On or off, in a Vehicle message."""

    NONE = 0
    IGNITION_ON = 0x01
    AFFECT_CONSENT = 0x02
    IR_FAULT = 0x04  # the illuminator's driver reports a fault, or did within the last 10 s


class RangeError(ValueError):
    """A field of a payload lies outside its range."""


def _require(condition: bool, name: str, value: int) -> None:
    if not condition:
        raise RangeError(f"{name} is {value}")


@dataclass(frozen=True, slots=True)
class Payload:
    """The fields of one message in wire order, as whole numbers in wire units."""

    LAYOUT: ClassVar[struct.Struct]

    def pack(self) -> bytes:
        """The payload's bytes."""
        return self.LAYOUT.pack(*[getattr(self, field.name) for field in fields(self)])

    @classmethod
    def unpack(cls: type[AnyPayload], payload: bytes) -> AnyPayload:
        """The message in bytes of exactly the layout's size; RangeError when a field is outside its range."""
        message = cls(*cls.LAYOUT.unpack(payload))
        message.check()
        return message

    def check(self) -> None:
        """RangeError when a field is outside its range."""


@dataclass(frozen=True, slots=True)
class Hello(Payload):
    """Who speaks and what it can. The layout is frozen for all versions."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BBHIIBBBBH")

    version_min: int = PROTOCOL_MIN
    version_max: int = PROTOCOL_MAX
    capabilities: int = 0  # bits of Output that exist; 0 from the host
    build: int = 0  # fingerprint of the software
    config_crc: int = 0  # fingerprint of its settings
    reset_cause: int = 0  # MCU: Reset
    lockouts: int = 0  # MCU: critical alerts of this trip, as the host has told it
    last_level: int = 0  # MCU: the last alert of this trip
    last_cause: int = 0
    last_episode_id: int = 0

    def check(self) -> None:
        """Versions begin at 1 and are in order."""
        _require(1 <= self.version_min <= self.version_max, "version_min", self.version_min)


@dataclass(frozen=True, slots=True)
class State(Payload):
    """The whole of what the driver should see. Unknown causes are in range: the level says how to show them."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BBHBBHB")

    level: int = 0
    cause: int = 0
    episode_id: int = 0
    allowed: int = int(Output.LAMP | Output.BUZZER | Output.HAPTIC)  # what may be used; the lamp needs no leave
    flags: int = 0  # bits of Flag
    explanation: int = 0  # number of the rule that speaks; 0 = none, and of an expression always
    lockouts: int = 0  # critical alerts of this trip

    def check(self) -> None:
        """Levels end at critical."""
        _require(self.level <= 4, "level", self.level)


@dataclass(frozen=True, slots=True)
class Report(Payload):
    """What the MCU shows and what it has counted; counts modulo 65536."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BBHBBBBHHHHHHHHBB")

    level: int = 0
    cause: int = 0
    episode_id: int = 0
    outputs: int = 0  # bits of Output: commanded on
    silenced: int = 0  # would be on, had the driver not pressed the button
    spent: int = 0  # would be on, had it not been on for as long as it may
    why: int = 0  # Why
    accepted: int = 0  # states acted on
    bad_crc: int = 0
    bad_format: int = 0  # size, cobs, type, data id, range, direction, hello, version
    bad_counter: int = 0
    bad_age: int = 0  # time to live, unsynced, too old
    gaps: int = 0  # frames that never came
    overruns: int = 0  # frames the MCU could not send, and times it was too slow for what came
    age_ms: int = 0  # upper bound of the age of the state held; 65535 = none is
    last_refusal: int = 0  # Verdict
    reset_cause: int = 0

    def check(self) -> None:
        """Everything that names something must name something that exists."""
        _require(self.level <= 4, "level", self.level)
        _require(self.why in Why.__members__.values(), "why", self.why)
        _require(self.last_refusal in Verdict.__members__.values(), "last_refusal", self.last_refusal)


@dataclass(frozen=True, slots=True)
class Vehicle(Payload):
    """What the vehicle's wires say."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BBHBBIhBxH")

    known: int = 0  # bits of Known
    switches: int = 0  # bits of Switch
    speed_ckmh: int = 0  # 0.01 km/h
    gear: int = 0
    turn_signal: int = 0
    ambient_lux: int = 0
    steering_ddeg: int = 0  # 0.1 degree, + = to the driver's left
    ack_count: int = 0  # presses of the acknowledge button, modulo 256
    ack_episode_id: int = 0

    def check(self) -> None:
        """Gears and signals that exist."""
        _require(self.gear <= 4, "gear", self.gear)
        _require(self.turn_signal <= 3, "turn_signal", self.turn_signal)
