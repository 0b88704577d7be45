"""What the microcontroller keeps for a host that restarts: the trip's count of critical alerts, and the last alert."""

from __future__ import annotations

import pytest

from alerts.types import Alert, Cause, Level
from firmware_bridge.messages import Known, Switch


def critical(lockouts, episode_id=7):
    return Alert(0.0, Level.CRITICAL, Cause.MICROSLEEP, episode_id, lockouts=lockouts)


def remembered(world):
    """What a host that starts now is told."""
    world.start_host(boot_id=0x77770000 + world.now_ms)
    world.run(100, Alert(0.0))
    hello = world.link.status(world.host_s).mcu_hello
    return hello.lockouts, hello.last_level, hello.last_cause, hello.last_episode_id


def ignition(world, on):
    vehicle = world.device.inputs.vehicle
    vehicle.known, vehicle.switches = Known.IGNITION, Switch.IGNITION_ON if on else 0


def test_a_host_that_restarts_is_told_the_trip_so_far(world):
    """Three critical alerts, then the service dies: the next one starts with the count and the last alert."""
    world.run(500, critical(3))
    world.run(1000, host=False)
    assert remembered(world) == (3, Level.CRITICAL, Cause.MICROSLEEP, 7)


def test_a_host_that_has_not_asked_yet_takes_nothing_away(world):
    """The new service counts from 0 until it has read the hello, and may die before it has."""
    world.run(500, critical(3))
    world.start_host(boot_id=0x77770002)
    world.run(500, Alert(0.0))
    assert remembered(world)[0] == 3


def test_an_mcu_that_restarts_is_told_the_count_again(world):
    """A brown-out forgets it, the next state says it."""
    world.run(500, critical(2))
    world.restart_mcu()
    world.run(500, Alert(0.0, lockouts=2))
    assert remembered(world)[0] == 2


def test_the_trip_ends_with_the_ignition(world):
    """The next driver starts from nothing, and what the host still says of the last trip is not taken back."""
    ignition(world, on=True)
    world.run(500, critical(3))
    ignition(world, on=False)
    world.run(200, Alert(0.0, lockouts=3))
    assert remembered(world) == (0, 0, 0, 0)
    ignition(world, on=True)
    world.run(200, Alert(0.0, lockouts=0))
    assert remembered(world) == (0, 0, 0, 0)


def test_an_ignition_that_is_not_wired_ends_no_trip(world):
    """Unknown is not off."""
    world.run(500, critical(1))
    world.device.inputs.vehicle.switches = 0
    world.run(500, Alert(0.0, lockouts=1))
    assert remembered(world)[0] == 1


def test_what_was_read_in_a_face_is_not_remembered(world):
    """Shown while it lasts, and no part of the trip's history."""
    world.run(500, Alert(0.0, Level.WARNING, Cause.PHONE, 4))
    world.run(500, Alert(0.0, Level.INFORMATION, Cause.AFFECT, 5))
    assert world.report.cause == Cause.AFFECT
    assert remembered(world) == (0, Level.WARNING, Cause.PHONE, 4)


@pytest.mark.parametrize(("lockouts", "told"), [(255, 255), (300, 255)])
def test_the_count_ends_where_its_byte_does(world, lockouts, told):
    """More than 255 in a trip are 255, never few."""
    world.run(500, critical(lockouts))
    assert remembered(world)[0] == told
