"""A board that stands still between two of its six functions must not make an old state young."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_bridge.messages import Output
from tests.firmware_bridge.conftest import FIRMWARE

pytestmark = pytest.mark.firmware


@pytest.fixture
def slow_board(tmp_path, cannot_run) -> Path:
    """slow_board.c with the portable core."""
    if not shutil.which("cc"):
        cannot_run("a C compiler is needed")
    program = tmp_path / "slow_board"
    core = FIRMWARE / "core"
    sources = [Path(__file__).with_name("slow_board.c"), *sorted(core.glob("*.c"))]
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    subprocess.run(["cc", *strict, f"-I{core}", "-o", program, *sources], check=True)
    return program


def test_a_state_that_waited_while_the_board_stood_still_lights_nothing(slow_board):
    """The time is taken after the bytes: a critical state three times older than its time to live stays dark."""
    done = subprocess.run([slow_board], capture_output=True, text=True, check=True)
    at_rest, held_up, after = (int(line) for line in done.stdout.split())
    assert at_rest == Output.NONE
    assert not held_up & (Output.LAMP | Output.BUZZER | Output.HAPTIC)
    assert after == Output.FAULT
