"""The firmware on a Cortex-M3 (QEMU) and the product's own link, over a terminal, in real time.

Pins are read at the port. What QEMU cannot show is said in qemu.py; times are asserted by the MCU's own clock only.
"""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from alerts.types import Alert, Cause, Level
from firmware_bridge.messages import Output, Reset
from firmware_bridge.timing import ORPHAN_MAX_MS
from tests.firmware.conftest import Service

pytestmark = [pytest.mark.firmware, pytest.mark.qemu]

QUIET = Alert(0.0)
WARNING = Alert(0.0, Level.WARNING, Cause.LONG_DISTRACTION, 1)
ASLEEP = Alert(0.0, Level.CRITICAL, Cause.SLEEP, 2, lockouts=2)
STEP_MS = 10  # the firmware's, at most

SERVICE = """
import sys, time
from alerts.types import Alert, Cause, Level
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings
runner = LinkRunner(LinkSettings(port=sys.argv[1]))
runner.start()
while True:
    runner.want(Alert(0.0, Level(int(sys.argv[2])), Cause.SLEEP, 2, lockouts=2), time.monotonic())
    time.sleep(0.03)
"""


@pytest.fixture
def start_service(board):
    """Starts services as processes of their own, which a test may kill."""
    started = []

    def start(level):
        process = subprocess.Popen([sys.executable, "-c", SERVICE, board.port, str(int(level))])
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def driven(board, pins):
    """Waits until exactly these pins are driven."""
    return board.wait_for(lambda: board.pins() == pins)


def test_the_board_starts_in_the_safe_state(board):
    """Nobody there: the fault lamp and nothing else."""
    assert driven(board, Output.FAULT)
    assert board.wait_for_outputs(why="boot", fault="1")


def test_hello_and_the_fault_lamp_goes_out(board, service):
    """The host learns what the board is; the driver sees that somebody watches; infrared light goes on."""
    assert driven(board, Output.IR)
    assert service.wait_for(lambda: service.up)
    assert service.hello.capabilities == 0x1F
    assert service.hello.build
    assert service.wait_for(lambda: service.vehicle.ignition_on)  # its own report comes by itself
    assert service.vehicle.speed_kmh is None


def test_an_alert_lights_the_lamp(board, service):
    """A lamp that is steady, a buzzer that is not: both are seen at the pins; then all is dark again."""
    service.alert = WARNING
    assert driven(board, Output.LAMP | Output.BUZZER | Output.IR)
    assert driven(board, Output.LAMP | Output.IR)
    assert board.wait_for_outputs(buzzer="1")
    assert service.wait_for(lambda: service.report.level == Level.WARNING)
    service.alert = QUIET
    assert driven(board, Output.IR)


def test_a_silent_judge_is_a_fault(board, service):
    """The link lives, nothing is judged: no state, and the fault lamp."""
    service.judging = False
    assert driven(board, Output.FAULT)
    assert board.wait_for_outputs(why="silence")
    service.judging = True
    assert driven(board, Output.IR)


def test_a_service_that_is_killed_is_a_fault_until_the_next_one_comes(board, start_service):
    """SIGKILL: no goodbye. The board says so by itself, and a new service takes over."""
    killed = start_service(Level.NONE)
    assert driven(board, Output.IR)
    killed.kill()
    assert driven(board, Output.FAULT)
    assert board.wait_for_outputs(why="silence")
    with Service(board.port):
        assert driven(board, Output.IR)


def test_a_link_that_dies_while_the_driver_sleeps_is_heard_for_a_while(board, start_service):
    """Fault lamp and buzzer, then the fault lamp alone, by the MCU's own clock."""
    killed = start_service(Level.CRITICAL)
    assert board.wait_for_outputs(why="state", buzzer="1", haptic="1")
    killed.kill()
    assert driven(board, Output.FAULT | Output.BUZZER)
    assert board.wait_for_outputs(why="silence", buzzer="1", lamp="0", level="0")
    sounds = board.outputs
    assert board.wait_for_outputs(why="silence", buzzer="0")
    assert abs(board.outputs.t_ms - sounds.t_ms - ORPHAN_MAX_MS) <= STEP_MS
    assert board.pins() == Output.FAULT


def test_what_the_board_remembers_of_a_killed_service(board, start_service):
    """The count of the trip's critical alerts, and the last of them."""
    killed = start_service(Level.CRITICAL)
    assert board.wait_for_outputs(why="state", buzzer="1")
    killed.kill()
    killed.wait()
    with Service(board.port) as service:
        assert service.wait_for(lambda: service.up)
        hello = service.hello
        assert (hello.lockouts, hello.last_level, hello.last_cause, hello.last_episode_id) == (
            2,
            Level.CRITICAL,
            Cause.SLEEP,
            2,
        )


def test_a_clean_stop_leaves_the_board_dark(board, service):
    """Goodbye is said and understood."""
    assert driven(board, Output.IR)
    service.stop()
    assert driven(board, Output.NONE)
    assert board.wait_for_outputs(why="standby")


def test_a_brown_out_is_survived(board, service):
    """The board starts again in the middle of an alert: fault lamp, hello, alert, with nobody's help."""
    service.alert = WARNING
    assert driven(board, Output.LAMP | Output.BUZZER | Output.IR)
    board.reset()
    assert board.wait_for_outputs(why="state", lamp="1")
    whys = [line["why"] for line in board.lines() if line.word == "OUT"]
    assert whys.count("boot") == 2
    assert whys[-1] == "state"


def test_a_board_that_hangs_shows_nothing_stale_when_it_wakes(board, service):
    """Its clock stood still while an alert came and went. The host says that it is silent."""
    board.halt()
    time.sleep(0.2)
    service.alert = ASLEEP
    assert service.wait_for(lambda: not service.up)
    service.alert = QUIET
    assert service.wait_for(lambda: "silent" in service.text or "takes no bytes" in service.text)
    board.go_on()
    assert service.wait_for(lambda: service.up)
    assert driven(board, Output.IR)
    assert not any(line["lamp"] == "1" for line in board.lines() if line.word == "OUT")


@pytest.mark.parametrize("deaf", [False, True], ids=["interrupts on", "interrupts masked"])
def test_the_watchdog_resets_a_core_that_has_gone_wild(board, service, deaf):
    """It spins in the middle of an alert; the hardware ends it, and the link comes back by itself.

    Whose reset it was is told when the watchdog's warning was heard; a masked core cannot hear it, and QEMU has no
    register that says so.
    """
    service.alert = ASLEEP
    assert board.wait_for_outputs(why="state", buzzer="1")
    board.run_wild(deaf=deaf)
    assert board.wait_for(lambda: [line["why"] for line in board.lines() if line.word == "OUT"].count("boot") == 2)
    board.settle()
    assert board.wait_for_outputs(why="state", buzzer="1")
    assert service.wait_for(lambda: service.up)
    assert service.hello.reset_cause == (Reset.UNKNOWN if deaf else Reset.WATCHDOG)


def test_the_button_silences_and_is_told(board, service):
    """Down for longer than it bounces; the host learns which episode was answered."""
    service.alert = WARNING
    assert board.wait_for_outputs(buzzer="1")
    board.wire("acknowledge", high=False)
    assert board.wait_for_outputs(buzzer="0", lamp="1")
    board.wire("acknowledge", high=True)
    assert service.wait_for(lambda: service.vehicle.ack_count == 1)
    assert service.vehicle.ack_episode_id == WARNING.episode_id
    assert service.report.silenced == Output.BUZZER


def test_wires_are_told_and_obeyed(board, service):
    """Ignition and consent reach the host; a faulty illuminator is switched off; light ends with the ignition."""
    board.wire("consent", high=True)
    assert service.wait_for(lambda: service.vehicle.affect_consent is True)
    board.wire("ir_fault", high=True)
    assert driven(board, Output.NONE)
    assert service.wait_for(lambda: "illuminator" in service.text)
    board.wire("ignition", high=False)
    assert service.wait_for(lambda: service.vehicle.ignition_on is False)
