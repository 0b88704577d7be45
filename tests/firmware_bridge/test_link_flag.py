"""The flag of an installer's test: shown like any state by the C, and kept by nobody."""

from __future__ import annotations

from alerts.types import Alert, Cause, Level
from firmware_bridge.messages import Flag, Output, State, Why
from firmware_bridge.timing import BUZZER_MAX_MS

EPISODE = 0xF008
LOUD = State(Level.CRITICAL, Cause.SLEEP, EPISODE, flags=int(Flag.TEST), lockouts=9)


def show(world, state, ms):
    """As an installer's tool does: a fresh state at every step."""
    for _ in range(0, ms, world.STEP_MS):
        world.link.show(state, world.host_s)
        world.run(world.STEP_MS)
    return world.report


def remembered(world):
    """What a host that starts now is told."""
    world.start_host(boot_id=0x77770000 + world.now_ms)
    world.run(100, Alert(0.0))
    hello = world.link.status(world.host_s).mcu_hello
    return hello.lockouts, hello.last_level, hello.last_cause, hello.last_episode_id


def test_a_test_is_shown_as_it_would_be_on_the_road(world):
    """Level, cause and outputs are those of a real alert; so what is tried is what counts."""
    report = show(world, LOUD, 500)
    assert (report.level, report.cause, report.why) == (Level.CRITICAL, Cause.SLEEP, Why.STATE)
    assert report.outputs == Output.LAMP | Output.BUZZER | Output.HAPTIC


def test_a_test_is_kept_by_nobody(world):
    """Neither as a lock-out nor as the last alert."""
    show(world, LOUD, 500)
    assert remembered(world) == (0, 0, 0, 0)


def test_a_test_takes_nothing_from_the_trip(world):
    """What happened on the road before it stays."""
    world.run(500, Alert(0.0, Level.WARNING, Cause.PHONE, 4, lockouts=1))
    show(world, LOUD, 500)
    assert remembered(world) == (1, Level.WARNING, Cause.PHONE, 4)


def test_a_test_sounds_no_longer_than_an_alert(world):
    """A tool that hangs drives nobody mad."""
    assert show(world, LOUD, BUZZER_MAX_MS + 500).spent & Output.BUZZER


def test_a_tool_that_dies_leaves_the_safe_state(world):
    """Silence is a fault here as everywhere."""
    show(world, State(Level.CAUTION, flags=int(Flag.TEST)), 500)
    assert world.run(2000).why == Why.SILENCE
    assert world.report.outputs == Output.FAULT
