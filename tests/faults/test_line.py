"""What the line does to bytes, without a line."""

from __future__ import annotations

import random
import zlib
from collections import deque
from itertools import pairwise

import pytest
from cobs import cobs

from firmware_bridge.framing import Frame, Receiver, Type, encode
from firmware_bridge.messages import Hello, State
from tests.faults.line import BUFFER, Damage, Direction
from tests.faults.matrix import lookalikes, next_version

FRAMES = [encode(Frame(Type.STATE, State(level=n % 5), 1, n, 7, n, n, ttl_ms=1000)) for n in range(200)]


def passed(damage, frames=FRAMES, *, chunk=None):
    """What arrives of frames that are sent one after the other, 50 ms apart."""
    direction, arrived = Direction(1, deque(maxlen=32)), b""
    direction.damage = damage
    for step, frame in enumerate(frames):
        for first in range(0, len(frame), chunk or len(frame)):
            direction.put(frame[first : first + (chunk or len(frame))], step * 0.05)
        arrived += direction.take(step * 0.05 + 0.04)
    return arrived


def counters(data):
    """Of the frames that are whole."""
    return [got.counter for got in Receiver().feed(data) if isinstance(got, Frame)]


@pytest.mark.parametrize("chunk", [None, 1, 7])
def test_a_good_line_changes_nothing(chunk):
    """Whatever the portions in which the bytes come."""
    assert passed(Damage(), chunk=chunk) == b"".join(FRAMES)


def test_bytes_are_corrupted_at_the_chance_given():
    """One in a hundred."""
    sent, arrived = b"".join(FRAMES), passed(Damage(corrupt=0.01))
    wrong = sum(a != b for a, b in zip(sent, arrived, strict=True))
    assert wrong == pytest.approx(len(sent) / 100, rel=0.3)


def test_frames_are_lost_repeated_and_swapped():
    """Each at its chance, and whole."""
    assert len(counters(passed(Damage(lose=0.1)))) == pytest.approx(180, abs=15)
    assert len(counters(passed(Damage(repeat=0.1)))) == pytest.approx(220, abs=15)
    swapped = counters(passed(Damage(swap=0.1)))
    assert sum(a > b for a, b in pairwise(swapped)) == pytest.approx(20, abs=10)
    assert sorted(swapped) == list(range(len(swapped)))


def test_a_slow_line_takes_its_time():
    """A byte takes ten bits; the second frame waits for the first."""
    direction = Direction(0, deque())
    direction.damage = Damage(baud=9600)
    direction.put(FRAMES[0] + FRAMES[1], 0.0)
    frame_s = len(FRAMES[0]) * 10 / 9600
    assert direction.take(frame_s - 0.001) == b""
    assert direction.take(frame_s) == FRAMES[0]
    assert direction.wait_s(frame_s) == pytest.approx(len(FRAMES[1]) * 10 / 9600)


def test_a_stall_gives_everything_back_and_a_cut_nothing():
    """Up to what a terminal holds."""
    direction = Direction(0, deque())
    direction.damage = Damage(held=True)
    for frame in FRAMES:
        direction.put(frame, 0.0)
    assert direction.take(2.0) == b""
    direction.damage = Damage(cut=True)
    direction.put(FRAMES[0], 2.0)
    direction.damage = Damage()
    arrived = direction.take(2.0)
    assert b"".join(FRAMES).startswith(arrived)
    assert BUFFER - 64 < len(arrived) <= BUFFER


def test_noise_comes_at_its_rate_and_no_frame_of_it_is_believed():
    """It is made of what has passed; what passes is not touched."""
    direction, arrived = Direction(3, deque(maxlen=32)), b""
    direction.damage = Damage(noise=lookalikes, noise_rate=10_000.0)
    for step in range(2000):
        direction.put(FRAMES[step // 10] if step % 10 == 0 else b"", step * 0.005)
        arrived += direction.take(step * 0.005)
    assert len(arrived) - len(b"".join(FRAMES)) == pytest.approx(100_000, rel=0.05)
    assert set(counters(arrived)) <= set(range(200))


def test_another_version_is_told_with_a_right_crc():
    """In a hello; nothing else is touched."""
    hello = encode(Frame(Type.HELLO_MCU, Hello(build=5), 1, 1, 7, 1, 1))
    [forged] = Receiver().feed(next_version(hello))
    assert (forged.version, forged.message.version_min, forged.message.version_max) == (2, 2, 2)
    assert forged.message.build == 5
    assert next_version(FRAMES[3]) == FRAMES[3]


def test_lookalikes_have_right_crcs_or_none():
    """Half of them would pass if nothing but the CRC were looked at."""
    source = random.Random(5)
    pieces = [lookalikes(source, FRAMES[:8]) for _ in range(1000)]
    right = 0
    for piece in pieces:
        try:
            raw = cobs.decode(piece.strip(b"\0"))
        except cobs.DecodeError:
            continue
        right += zlib.crc32(raw[:-4]) == int.from_bytes(raw[-4:], "little")
    assert right > 500
