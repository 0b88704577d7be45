"""End-to-end protection in the style of AUTOSAR's E2E profile 11, data id mode "nibble".

Byte 0 is the CRC; byte 1 holds the counter (low 4 bits) and the upper 4 bits of a 12-bit data id. The CRC is CRC-8
SAE J1850 (polynomial 0x1D) over the data id's low byte, a zero byte, and bytes 1 to 7, from 0 and without a final
inversion: the profile begins with 0xFF and inverts twice, which is the same. Its published examples are in the tests.
Knows bytes. Must not know what they mean, time or a bus.
"""

from __future__ import annotations

from firmware_bridge.can.signals import COUNTER_LAST

_POLYNOMIAL = 0x1D


def _shifted(value: int) -> int:
    for _ in range(8):
        value = (value << 1) ^ (_POLYNOMIAL if value & 0x80 else 0)
        value &= 0xFF
    return value


_TABLE = tuple(_shifted(value) for value in range(256))


def crc8(data: bytes, start: int = 0) -> int:
    """The remainder of `data` under the J1850 polynomial, from `start`; no final inversion."""
    for byte in data:
        start = _TABLE[start ^ byte]
    return start


def protect(data: bytes, data_id: int, counter: int) -> bytes:
    """The message with its first two bytes, which must be 0 before, filled in."""
    protected = bytes([data_id >> 8 << 4 | counter]) + data[2:]
    return bytes([crc8(bytes([data_id & 0xFF, 0]) + protected)]) + protected


def after(counter: int) -> int:
    """The next counter."""
    return 0 if counter == COUNTER_LAST else counter + 1
