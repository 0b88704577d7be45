"""Frames: bytes to Frame and back, with a Verdict on every byte sequence that is not one.

Knows the layout that docs/protocol.md draws. Must not know time, peers or ports. firmware/core/cw_frame.c is the same
in C; tests/golden/frames.json feeds both.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from cobs import cobs

from firmware_bridge.messages import Hello, Payload, RangeError, Report, State, Vehicle, Verdict

DELIMITER = b"\x00"
HEADER = struct.Struct("<BBHHIIIIHH")
TRAILER = struct.Struct("<II")  # room for a truncated MAC, then the CRC
CRC = struct.Struct("<I")
PAYLOAD_MAX = 27
RAW_MIN = HEADER.size + TRAILER.size
RAW_MAX = RAW_MIN + PAYLOAD_MAX
ENCODED_MAX = RAW_MAX + 1  # COBS adds one byte to fewer than 254

FROM_MCU = 0x80  # this bit of the type says who speaks


class Type(IntEnum):
    """Which message a frame carries."""

    HELLO_HOST = 0x01
    STATE = 0x02
    HELLO_MCU = 0x81
    REPORT = 0x82
    VEHICLE = 0x83


# The data id must match the type: a frame that strays here from another protocol is refused although its CRC is right.
DATA_ID = {kind: 0xCB00 | kind for kind in Type}

PAYLOADS: dict[Type, type[Payload]] = {
    Type.HELLO_HOST: Hello,
    Type.STATE: State,
    Type.HELLO_MCU: Hello,
    Type.REPORT: Report,
    Type.VEHICLE: Vehicle,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. The data id and the payload's size follow from the type."""

    type: Type
    message: Payload
    version: int
    counter: int  # one up with every frame of this sender, modulo 65536
    boot_id: int  # drawn anew when the sender starts; its lower half is never 0
    sent_ms: int  # sender's clock when it was sent, modulo 2^32 as all times here
    captured_ms: int  # sender's clock when what it tells was true
    heard_ms: int = 0  # `sent_ms` of the newest frame that the sender has from the receiver
    heard_boot: int = 0  # lower half of the `boot_id` of that frame; 0 = has heard nothing
    ttl_ms: int = 0  # how long after `captured_ms` it may be acted on; 0 in a hello


def encode(frame: Frame) -> bytes:
    """Delimiter, frame, delimiter. The one in front ends whatever noise came before."""
    body = HEADER.pack(
        frame.version,
        frame.type,
        DATA_ID[frame.type],
        frame.counter,
        frame.boot_id,
        frame.sent_ms,
        frame.captured_ms,
        frame.heard_ms,
        frame.heard_boot,
        frame.ttl_ms,
    )
    body += frame.message.pack() + bytes(4)
    encoded: bytes = cobs.encode(body + CRC.pack(zlib.crc32(body)))
    return DELIMITER + encoded + DELIMITER


def decode(encoded: bytes) -> Frame | Verdict:
    """The frame between two delimiters, or why it is refused."""
    try:
        raw: bytes = cobs.decode(encoded)
    except cobs.DecodeError:
        return Verdict.COBS
    if not RAW_MIN <= len(raw) <= RAW_MAX:
        return Verdict.SIZE
    # No field is believed before the CRC is right.
    if zlib.crc32(raw[: -CRC.size]) != CRC.unpack(raw[-CRC.size :])[0]:
        return Verdict.CRC
    return _parse(raw)


def _parse(raw: bytes) -> Frame | Verdict:
    version, kind, data_id, *rest = HEADER.unpack_from(raw)
    if kind not in Type.__members__.values():
        return Verdict.TYPE
    kind = Type(kind)
    payload = raw[HEADER.size : -TRAILER.size]
    if len(payload) != PAYLOADS[kind].LAYOUT.size:
        return Verdict.SIZE
    if data_id != DATA_ID[kind]:
        return Verdict.DATA_ID
    try:
        message = PAYLOADS[kind].unpack(payload)
    except RangeError:
        return Verdict.RANGE
    return Frame(kind, message, version, *rest)  # the header's order is Frame's


class Receiver:
    """Cuts a stream into frames. Holds ENCODED_MAX bytes at most, whatever comes."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[Frame | Verdict]:
        """What was completed by these bytes: frames, and verdicts on what was none."""
        *complete, rest = data.split(DELIMITER)
        results: list[Frame | Verdict] = []
        for part in complete:
            self._collect(part)
            results += self._finish()
        self._collect(rest)
        return results

    def _collect(self, part: bytes) -> None:
        self._too_long = self._too_long or len(self._pending) + len(part) > ENCODED_MAX
        if not self._too_long:
            self._pending += part

    def _finish(self) -> list[Frame | Verdict]:
        pending, too_long = bytes(self._pending), self._too_long
        self._pending.clear()
        self._too_long = False
        if too_long:
            return [Verdict.SIZE]
        # Two delimiters in a row are the end of one frame and the start of the next.
        return [decode(pending)] if pending else []
