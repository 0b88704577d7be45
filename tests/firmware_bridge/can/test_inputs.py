"""What holds of what CAN brought, and who goes first."""

from __future__ import annotations

import pytest

from alerts.types import Gear, TurnSignal, VehicleState
from firmware_bridge.can.inputs import FrameId, Mapped, Received, merged

SPEED, LIGHT = FrameId(0x201, False), FrameId(0x201, True)  # the same number in two worlds
SERIAL = VehicleState(speed_kmh=50.0, ignition_on=True, gear=Gear.DRIVE, affect_consent=True, ack_count=4)


@pytest.fixture
def received():
    """Speed in one message, light in another; a first byte of 255 is "not available"."""

    def byte(name):
        return lambda data: {name: None if data[0] == 255 else float(data[0])}

    table = {SPEED: byte("speed_kmh"), LIGHT: byte("ambient_lux")}
    return Received(Mapped(table, {"speed_kmh": 0.5, "ambient_lux": 2.0}))


def test_a_value_holds_until_its_own_time_out(received):
    received.take(SPEED, b"\x50", 10.0)
    received.take(LIGHT, b"\x07", 10.0)
    assert received.fresh(10.5) == {"speed_kmh": 80.0, "ambient_lux": 7.0}
    assert received.fresh(10.51) == {"ambient_lux": 7.0}
    assert received.missing(10.51) == ("speed_kmh",)
    assert received.fresh(12.01) == {}


def test_before_the_first_message_all_is_missing(received):
    assert received.missing(10.0) == ("speed_kmh", "ambient_lux")


def test_not_available_ends_a_value_at_once(received):
    """The sensor says itself that it does not know: the value before it is void."""
    received.take(SPEED, b"\x50", 10.0)
    received.take(SPEED, b"\xff", 10.1)
    assert received.fresh(10.1) == {}
    received.take(SPEED, b"\x51", 10.2)
    assert received.fresh(10.2) == {"speed_kmh": 81.0}


def test_other_messages_are_passed_over(received):
    received.take(FrameId(0x202, False), b"\x50", 10.0)
    assert received.fresh(10.0) == {}


def test_a_fresh_value_of_can_goes_first():
    assert merged(SERIAL, {"speed_kmh": 90.0}).speed_kmh == 90.0
    assert merged(SERIAL, {"ignition_on": False, "gear": Gear.PARK}) == VehicleState(
        speed_kmh=50.0, ignition_on=False, gear=Gear.PARK, affect_consent=True, ack_count=4
    )


def test_without_one_the_serial_link_s_holds():
    assert merged(SERIAL, {}) == SERIAL


def test_without_both_it_is_unknown():
    """Unknown speed is moving, above every gate, and never good enough to learn from."""
    assert merged(VehicleState(), {}).speed_kmh is None


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [
        ({}, TurnSignal.RIGHT),
        ({"turn_left": True, "turn_right": False}, TurnSignal.LEFT),
        ({"turn_left": True, "turn_right": True}, TurnSignal.BOTH),
        ({"turn_left": False, "turn_right": False}, TurnSignal.OFF),
        ({"turn_left": True}, TurnSignal.LEFT),
        ({"turn_right": False}, TurnSignal.OFF),
    ],
)
def test_two_flags_are_one_turn_signal(fresh, expected):
    """A side that is not known gives no excuse."""
    assert merged(VehicleState(turn_signal=TurnSignal.RIGHT), fresh).turn_signal is expected
