"""The reference check for a receiver of cabinwatch's messages, in the style of E2E profile 11.

Written from docs/can.md, bit by bit and without the sender's code, so that both can be wrong only in different ways.
"""

from __future__ import annotations

MAX_DELTA = 3  # messages that may be missing, plus one, before what comes is no longer a continuation


def crc(data, start=0):
    for byte in data:
        start ^= byte
        for _ in range(8):
            start = ((start << 1) ^ 0x1D) & 0xFF if start & 0x80 else start << 1
    return start


class Receiver:
    """Judges one message after the other: "first", "ok", "some lost", "lost", "repeated" or "wrong"."""

    def __init__(self, data_id):
        self._data_id = data_id
        self._counter = None

    def judge(self, data):
        counter, nibble = data[1] & 0x0F, data[1] >> 4
        if crc(bytes([self._data_id & 0xFF, 0]) + data[1:]) != data[0] or nibble != self._data_id >> 8:
            return "wrong"
        if counter > 14:
            return "wrong"
        before, self._counter = self._counter, counter
        if before is None:
            return "first"
        delta = (counter - before) % 15
        if delta == 0:
            return "repeated"
        return "ok" if delta == 1 else "some lost" if delta <= MAX_DELTA else "lost"
