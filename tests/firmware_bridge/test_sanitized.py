"""The C core under ASan and UBSan, fed with what no peer would send."""

from __future__ import annotations

import random
import subprocess

import pytest

pytestmark = pytest.mark.firmware


def replay(folder, portions):
    """What the device answers to (time, bytes) portions; a finding of a sanitizer ends the program."""
    lines = "".join(f"{at_ms} {data.hex()}\n" for at_ms, data in portions)
    done = subprocess.run([folder / "cabinwatch-replay"], input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def damaged(dice, wire):
    """One frame, with something done to it."""
    data = bytearray(wire)
    for _ in range(dice.randrange(3)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    start, end = sorted(dice.randrange(len(data) + 1) for _ in range(2))
    return bytes(data[start:end] if dice.random() < 0.2 else data)


def test_ten_thousand_damaged_frames_do_no_harm(golden_frames, sanitized):
    """Frames cut, overwritten and mixed with noise, at times that jump and wrap."""
    dice = random.Random(20240601)
    wires = [wire for _, wire in golden_frames.values()]
    portions = []
    now_ms = 2**32 - 100_000
    for _ in range(10_000):
        now_ms = (now_ms + dice.choice((0, 1, 20, 300, 70_000))) % 2**32
        noise = dice.randbytes(dice.randrange(20)) if dice.random() < 0.2 else b""
        portions.append((now_ms, noise + damaged(dice, dice.choice(wires))))
    answers = replay(sanitized, portions)
    assert len(answers) == len(portions)
    assert any(answer.split()[1:] for answer in answers)


def test_the_first_thing_it_shows_is_the_fault_lamp(sanitized):
    """Nothing received: fault pin, and a hello."""
    first, second = replay(sanitized, [(0, b""), (5, b"")])
    assert first.startswith("08 00")
    assert second.strip() == "08"
