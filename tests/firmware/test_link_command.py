"""`cabinwatch link` before the firmware on a Cortex-M3 (QEMU): what a mechanic and an installer would see."""

from __future__ import annotations

import json
import math
import threading

import pytest

from cabinwatch.link_command import watch
from cabinwatch.link_selftest import FIRST_EPISODE, STEPS, JsonTeller, self_test
from cabinwatch.link_view import JsonView
from firmware_bridge.settings import LinkSettings

pytestmark = [pytest.mark.firmware, pytest.mark.qemu]


@pytest.fixture(autouse=True)
def a_busy_machine_is_no_fault(monkeypatch):
    """QEMU and the link share a processor with other tests."""
    monkeypatch.setattr("firmware_bridge.runner.LATE_S", math.inf)


class Mechanic:
    """Looks once a second, and may do something to the board when a second has passed."""

    def __init__(self, acts):
        self.lines = []
        self._acts = acts

    def say(self, text):
        self.lines.append(json.loads(text))
        self._acts.get(len(self.lines), lambda: None)()


def seen(board, seconds, acts):
    mechanic = Mechanic(acts)
    watch(LinkSettings(port=board.port, reopen_max_s=0.2), JsonView(mechanic.say), seconds=seconds)
    return mechanic.lines


def test_a_board_that_is_well(board):
    """Who it is and what it shows; nobody is alarmed."""
    last = seen(board, 4, {})[-1]
    assert last["up"]
    assert last["hello"]["capabilities"] == "lamp+buzzer+haptic+fault+ir"
    assert last["mcu"]["level"] == 0
    assert not {line["level"] for line in board.lines() if line.word == "OUT"} - {"0"}


def test_a_board_that_is_reset(board):
    """A brown-out under the mechanic's eyes: the MCU is named, and nothing else."""
    lines = seen(board, 7, {3: board.reset})
    assert "restarts" in {line["finding"] for line in lines}  # QEMU has no register that tells why
    assert lines[-1]["up"]


def test_a_board_that_hangs(board):
    """It stands still for three seconds: silence is told, with what to look at, and ends."""
    lines = seen(board, 9, {3: board.halt, 6: board.go_on})
    assert {line["verdict"] for line in lines} & {"no answer", "MCU"}
    assert lines[-1]["up"]


def test_every_output_is_tried(board):
    """All steps are confirmed by the board's own report; its log shows the safe state that the test asks for."""
    said = []
    assert self_test(LinkSettings(port=board.port), JsonTeller(said.append), button=False, hold_s=0.2), said
    assert [json.loads(line)["name"] for line in said] == [step.name for step in STEPS]
    shown = [line for line in board.lines() if line.word == "OUT"]
    assert any(line["why"] == "silence" and line["fault"] == "1" for line in shown)
    assert {"1", "2", "3", "4"} <= {line["level"] for line in shown}
    assert board.wait_for_outputs(why="standby")


def test_the_button_of_the_board(board):
    """A wire goes down while the warning is shown; the press answers that very alert."""
    episode = str(FIRST_EPISODE + len(STEPS) - 1)
    hand = threading.Thread(
        target=lambda: (
            board.wait_for(lambda: board.wait_for_outputs(level="3", episode=episode))
            and board.wire("acknowledge", high=False)
        )
    )
    hand.start()
    said = []
    self_test(LinkSettings(port=board.port), JsonTeller(said.append), button=True, hold_s=0.0)
    hand.join()
    assert {"name": "button", "outcome": "passed"}.items() <= json.loads(said[-2]).items()
