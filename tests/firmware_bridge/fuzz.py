"""Python against C: random, damaged and well-formed wrong frames, and whatever differs.

    python -m tests.firmware_bridge.fuzz --frames 5000000

Three comparisons: the bytes that both encoders make; what both decoders make of a stream, frames and reasons for
refusal alike; and what both sessions think of a peer's frames. Needs the library that `make firmware` builds.
Exit status 1: a difference, printed with what it takes to see it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import zlib
from collections import Counter
from dataclasses import replace

from cobs import cobs

from firmware_bridge.framing import CRC, DATA_ID, DELIMITER, HEADER, PAYLOADS, Frame, Receiver, Type, encode
from firmware_bridge.messages import Verdict
from firmware_bridge.session import MASK_16, MASK_32, Session
from tests.firmware_bridge.conftest import FIRMWARE, Core

BATCH = 64  # frames a stream
VERSIONS = (1, 3)  # of the MCU whose session judges
MCU = 0xC0DE4321
HOSTS = (0x5EED1234, 0x5EED1235, 0x00000001)

# Largest value of a payload byte, where it is not 255: levels, whys, verdicts, gears, signals and a byte kept free.
LIMITS = {Type.STATE: {0: 4}, Type.REPORT: {0: 4, 7: 5, 24: 13}, Type.VEHICLE: {4: 4, 5: 3, 13: 0}}


class DifferenceError(Exception):
    """Python and C do not say the same."""


def message(dice, kind):
    """Any payload of a kind that is in range."""
    payload = bytearray(dice.randbytes(PAYLOADS[kind].LAYOUT.size))
    if kind in (Type.HELLO_HOST, Type.HELLO_MCU):
        payload[:2] = sorted((payload[0] or 1, payload[1] or 1))
    for at, largest in LIMITS.get(kind, {}).items():
        payload[at] %= largest + 1
    return PAYLOADS[kind].unpack(bytes(payload))


def any_frame(dice):
    """Header and payload at random."""
    kind = dice.choice(list(Type))
    u8, u16, u32 = (lambda bits=bits: dice.getrandbits(bits) for bits in (8, 16, 32))
    return Frame(kind, message(dice, kind), u8(), u16(), u32(), u32(), u32(), u32(), u16(), u16())


def mostly(dice, usual, *others):
    """The usual nine times in ten."""
    return usual if dice.random() < 0.9 else dice.choice(others)


class Host:
    """A peer that a session has reason to believe, most of the time."""

    def __init__(self, dice):
        self._dice = dice
        self.now_ms = dice.getrandbits(32)
        self._ahead_ms = dice.getrandbits(32)
        self._counter = 0
        self._boot_id = HOSTS[0]
        self._version = 1

    def frame(self):
        dice = self._dice
        self.now_ms = (self.now_ms + mostly(dice, 50, 0, 1, 600, 12_000)) & MASK_32
        self._counter = (self._counter + mostly(dice, 1, 0, 2, 40_000, 65_535)) & MASK_16
        kind = dice.choice((Type.STATE, Type.STATE, Type.STATE, Type.HELLO_HOST, Type.VEHICLE))
        message_now = message(dice, kind)
        if kind is Type.HELLO_HOST:
            self._boot_id = mostly(dice, self._boot_id, *HOSTS)
            least, best = mostly(dice, (1, 2), (1, 1), (2, 3), (3, 4), (4, 5))
            message_now = replace(message_now, version_min=least, version_max=best)
            self._version = min(best, VERSIONS[1])
        sent_ms = (self.now_ms + self._ahead_ms - mostly(dice, 5, 0, 20, 900, 3000)) & MASK_32
        return Frame(
            kind,
            message_now,
            version=mostly(dice, self._version, 1, 2, 3),
            counter=self._counter,
            boot_id=self._boot_id,
            sent_ms=sent_ms,
            captured_ms=(sent_ms - mostly(dice, 30, 0, 990, 1100, -1)) & MASK_32,
            heard_ms=(self.now_ms - mostly(dice, 20, 5, 200, 11_000, -700)) & MASK_32,
            heard_boot=mostly(dice, MCU & MASK_16, 0, 0x1111),
            ttl_ms=mostly(dice, 1000, 0, 2000, 2001),
        )


def damaged(dice, wire):
    """One frame's bytes with something done to them."""
    data = bytearray(wire)
    for _ in range(dice.randrange(4)):
        data[dice.randrange(len(data))] = dice.choice((0, 1, 0xFF, dice.getrandbits(8)))
    what = dice.randrange(6)
    if what == 0:
        del data[dice.randrange(len(data)) :]
    elif what == 1:
        at = dice.randrange(len(data))
        data[at:at] = dice.randbytes(dice.randrange(1, 40))
    elif what == 2:
        data *= 2
    return bytes(data)


def wrong_inside(dice, frame):
    """A frame with a right CRC around fields that are not."""
    kind = dice.choice(list(Type))
    data_id, number = dice.choice((DATA_ID[kind], DATA_ID[kind], dice.getrandbits(16))), dice.choice((kind, kind, 0x7F))
    payload = dice.choice((frame.message.pack(), dice.randbytes(dice.choice((0, 8, 9, 16, 18, 26, 27, 28)))))
    body = HEADER.pack(frame.version, number, data_id, frame.counter, frame.boot_id, *[dice.getrandbits(16)] * 5)
    body += payload + dice.choice((bytes(4), dice.randbytes(4)))
    return DELIMITER + cobs.encode(body + CRC.pack(zlib.crc32(body))) + DELIMITER


def compare(name, python, c, data):
    """Raises DifferenceError unless both are the same."""
    if python != c:
        raise DifferenceError(f"{name}\n  Python: {python}\n  C:      {c}\n  from:   {data}")


class Fuzz:
    """Both implementations, fed with the same."""

    def __init__(self, core, seed):
        self._core = core
        self._dice = random.Random(seed)
        self._host = Host(self._dice)
        self._receivers = Receiver(), core.receiver()
        self._sessions = self._new_sessions()
        self.decoded, self.judged = Counter(), Counter()

    def _new_sessions(self):
        return Session(MCU, from_mcu=True, versions=VERSIONS), self._core.session(MCU, from_mcu=True, versions=VERSIONS)

    def batch(self):
        """One stream of BATCH pieces."""
        stream = b"".join(self._piece() for _ in range(BATCH))
        if self._dice.random() < 0.01:
            self._sessions = self._new_sessions()
        python, c = (receiver.feed(stream) for receiver in self._receivers)
        compare("decoded", python, c, stream.hex())
        self.decoded.update(result if isinstance(result, Verdict) else Verdict.OK for result in python)

    def _piece(self):
        dice = self._dice
        stranger = dice.random() < 0.3
        frame = any_frame(dice) if stranger else self._host.frame()
        if not stranger or dice.random() < 0.01:  # each is a new peer to a session, which then has to start anew
            self._judge(frame)
        wire = encode(frame)
        compare("encoded", wire, self._core.encode(frame), frame)
        chance = dice.random()
        if chance < 0.4:
            return wire
        if chance < 0.75:
            return damaged(dice, wire)
        return wrong_inside(dice, frame) if chance < 0.9 else dice.randbytes(dice.randrange(100))

    def _judge(self, frame):
        python, c = (session.judge(frame, self._host.now_ms) for session in self._sessions)
        compare("judged", python, c, f"{frame} at {self._host.now_ms}")
        self.judged[python] += 1


def main():
    """Runs until the number of frames is reached."""
    parser = argparse.ArgumentParser(description="Compare Python and C on random and damaged frames.")
    parser.add_argument("--frames", type=int, default=200_000, help="how many to make (200000)")
    parser.add_argument("--seed", type=int, default=1, help="of the dice (1)")
    options = parser.parse_args()
    began_s = time.monotonic()
    fuzz = Fuzz(Core(FIRMWARE / "build" / "libcabinwatch.so"), options.seed)
    batches = -(-options.frames // BATCH)
    try:
        for _ in range(batches):
            fuzz.batch()
    except DifferenceError as difference:
        sys.stdout.write(f"seed {options.seed}: {difference}\n")
        return 1
    took_s = time.monotonic() - began_s
    sys.stdout.write(f"{batches * BATCH} frames, seed {options.seed}, {took_s:.0f} s: no difference\n")
    sys.stdout.write("verdict       decoded    judged\n")
    for verdict in Verdict:
        sys.stdout.write(f"{verdict.name:10} {fuzz.decoded[verdict]:10} {fuzz.judged[verdict]:9}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
