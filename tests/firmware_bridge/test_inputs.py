"""What comes in at the microcontroller's wires: a button that bounces, an illuminator that fails, bytes too many."""

from __future__ import annotations

import pytest

from alerts.types import Alert, Cause, Level
from firmware_bridge.messages import Known, Output, Switch, Why
from firmware_bridge.settings import LinkSettings
from firmware_bridge.timing import DEBOUNCE_MS, IR_RETRY_MS

QUIET = Alert(0.0)
WARNING = Alert(0.0, Level.WARNING, Cause.PHONE, 3)
STEP_MS = 5


def presses(world):
    return world.link.vehicle(world.host_s).ack_count


def hold(world, down, ms):
    world.device.inputs.ack_down = down
    world.run(ms, WARNING)


def test_a_contact_that_bounces_is_pressed_once(world):
    """Ten times up and down within the debounce time, then down, then the same on the way up."""
    hold(world, False, 300)
    for _ in range(10):
        hold(world, True, DEBOUNCE_MS - STEP_MS)
        hold(world, False, STEP_MS)
    assert presses(world) == 0
    hold(world, True, 200)
    for _ in range(10):
        hold(world, False, DEBOUNCE_MS - STEP_MS)
        hold(world, True, STEP_MS)
    hold(world, False, 200)
    assert presses(world) == 1


def test_a_button_that_is_held_is_pressed_once(world):
    """However long the driver leans on it."""
    hold(world, False, 300)
    hold(world, True, 10_000)
    assert presses(world) == 1


def test_a_button_that_is_down_from_the_start_is_not_pressed(world):
    """Shorted, or held while the MCU starts: it silences nothing until it has been up."""
    hold(world, True, 1000)
    assert presses(world) == 0
    assert world.report.outputs & Output.BUZZER
    hold(world, False, 100)
    hold(world, True, 100)
    assert presses(world) == 1


@pytest.fixture
def lit(world):
    """A world with infrared light, up and quiet."""
    world.start_host(boot_id=0x77770011, settings=LinkSettings())
    world.device.inputs.vehicle.known = Known.IR_FAULT
    world.run(500, QUIET)
    return world


def fault(world, on):
    world.device.inputs.vehicle.switches = Switch.IR_FAULT if on else 0


def test_there_is_infrared_light_while_the_host_watches(lit):
    """And none when nobody does: the light may be in somebody's eyes."""
    assert lit.report.outputs == Output.IR
    assert lit.device.pins(lit.mcu_clock) == Output.IR
    lit.run(1000, host=False)
    assert (lit.report.why, lit.report.outputs) == (Why.SILENCE, Output.FAULT)


def test_infrared_light_ends_with_a_clean_stop(lit):
    """Dark is dark."""
    lit.link.stand_down(lit.host_s)
    lit.run(20)
    assert (lit.report.why, lit.report.outputs) == (Why.STANDBY, 0)


def test_no_infrared_light_while_the_ignition_is_off(lit):
    """Whatever the host wants."""
    lit.device.inputs.vehicle.known |= Known.IGNITION
    assert lit.run(20, QUIET).outputs == 0


def test_a_faulty_illuminator_is_off_at_once_and_tried_again_later(lit):
    """Its driver reports only while it is enabled; the light must not flicker, and the host must be told."""
    fault(lit, True)
    assert lit.run(STEP_MS, QUIET).outputs == 0
    fault(lit, False)
    lit.run(100, QUIET)
    assert "illuminator reports a fault" in lit.link.status(lit.host_s).text
    start = len(lit.reports)
    lit.run(IR_RETRY_MS - 200, QUIET)
    assert not any(report.outputs for _, report in lit.reports[start:])
    assert lit.run(200, QUIET).outputs == Output.IR
    assert "fault" not in lit.link.status(lit.host_s).text


def test_an_output_that_is_not_wired_is_never_said_to_be_on(core, new_world):
    """A board without haptic and illuminator says so in its hello, and its reports keep to it."""
    world = new_world()
    world.device = core.device(now_ms=world.mcu_clock, outputs=int(Output.LAMP | Output.FAULT))
    world.run(500, Alert(0.0, Level.CRITICAL, Cause.SLEEP, 1))
    assert world.report.outputs == Output.LAMP
    assert world.device.pins(world.mcu_clock) & ~Output.LAMP == 0
    assert world.link.status(world.host_s).mcu_hello.capabilities == Output.LAMP | Output.FAULT


def test_an_mcu_that_loses_bytes_says_so(world):
    """What the board could not take is told apart from what the cable damaged."""
    world.device.inputs.overruns = 3
    assert world.run(300, QUIET).overruns == 3
