"""The cue for each alert: which output, in which rhythm, for how long."""

from __future__ import annotations

import pytest

from alerts.types import Alert, Cause, Level
from firmware_bridge.messages import Output
from firmware_bridge.timing import BUZZER_MAX_MS, HAPTIC_MAX_MS

LAMP, BUZZER, HAPTIC = Output.LAMP, Output.BUZZER, Output.HAPTIC

CUES = {
    (Level.NONE, Cause.NONE): Output.NONE,
    (Level.INFORMATION, Cause.CANNOT_SEE): LAMP,
    (Level.CAUTION, Cause.DROWSY): LAMP,
    (Level.WARNING, Cause.LONG_DISTRACTION): LAMP | BUZZER,
    (Level.CRITICAL, Cause.MICROSLEEP): LAMP | BUZZER | HAPTIC,
    (Level.CRITICAL, Cause.SLEEP): LAMP | BUZZER | HAPTIC,
    (Level.CRITICAL, Cause.UNRESPONSIVE): LAMP | BUZZER | HAPTIC,
}


def share_on(world, alert, output, ms=2000):
    """How much of the time a pin is driven."""
    on = 0
    for _ in range(ms // 5):
        world.run(5, alert)
        on += bool(world.device.pins(world.mcu_clock) & output)
    return on / (ms // 5)


@pytest.mark.parametrize(("level", "cause"), CUES)
def test_each_level_has_its_outputs(world, level, cause):
    """Commanded outputs do not blink: the report is steady while the pin is not."""
    world.run(500, Alert(0.0))
    alert = Alert(0.0, level, cause, 1)
    start = len(world.reports)
    world.run(1500, alert)
    assert {report.outputs for _, report in world.reports[start:]} == {CUES[level, cause]}


@pytest.mark.parametrize(
    ("level", "cause", "output", "share"),
    [
        (Level.INFORMATION, Cause.CANNOT_SEE, LAMP, 0.5),
        (Level.CAUTION, Cause.DROWSY, LAMP, 1.0),
        (Level.WARNING, Cause.PHONE, LAMP, 1.0),
        (Level.WARNING, Cause.PHONE, BUZZER, 0.5),
        (Level.CRITICAL, Cause.MICROSLEEP, LAMP, 0.5),
        (Level.CRITICAL, Cause.MICROSLEEP, HAPTIC, 0.5),
        (Level.CRITICAL, Cause.SLEEP, BUZZER, 1.0),
        (Level.CRITICAL, Cause.SLEEP, HAPTIC, 1.0),
    ],
)
def test_each_level_has_its_rhythm(world, level, cause, output, share):
    """Sleep is told from microsleep without looking: its sound does not pause."""
    world.run(500, Alert(0.0))
    assert share_on(world, Alert(0.0, level, cause, 1), output) == pytest.approx(share, abs=0.02)


def test_sound_and_shaking_end_though_the_alert_goes_on(world):
    """A host that never takes an alert back drives nobody mad, and the lamp stays."""
    asleep = Alert(0.0, Level.CRITICAL, Cause.SLEEP, 1)
    world.run(HAPTIC_MAX_MS + 600, asleep)
    assert world.report.outputs == LAMP | BUZZER
    world.run(BUZZER_MAX_MS - HAPTIC_MAX_MS, asleep)
    assert world.report.outputs == LAMP
    world.run(100, Alert(0.0, Level.CRITICAL, Cause.SLEEP, 2))
    assert world.report.outputs == LAMP | BUZZER | HAPTIC


def press(world, alert):
    world.device.inputs.presses += 1
    return world.run(20, alert).outputs


def test_a_press_silences_this_episode_only(world):
    """The next episode sounds again."""
    world.run(300, Alert(0.0, Level.WARNING, Cause.PHONE, 1))
    assert press(world, Alert(0.0, Level.WARNING, Cause.PHONE, 1)) == LAMP
    assert world.run(20, Alert(0.0, Level.WARNING, Cause.PHONE, 2)).outputs == LAMP | BUZZER


def test_a_press_does_not_silence_what_gets_worse(world):
    """The same episode, one level up, sounds again."""
    world.run(300, Alert(0.0, Level.WARNING, Cause.LONG_DISTRACTION, 1))
    assert press(world, Alert(0.0, Level.WARNING, Cause.LONG_DISTRACTION, 1)) == LAMP
    worse = Alert(0.0, Level.CRITICAL, Cause.LONG_DISTRACTION, 1)
    assert world.run(20, worse).outputs == LAMP | BUZZER | HAPTIC


def test_sleep_cannot_be_acknowledged_away(world):
    """The press is counted and told to the host, and the alarm goes on."""
    asleep = Alert(0.0, Level.CRITICAL, Cause.SLEEP, 5)
    world.run(300, asleep)
    assert press(world, asleep) == LAMP | BUZZER | HAPTIC
    vehicle = world.link.vehicle(world.host_s)
    assert (vehicle.ack_count, vehicle.ack_episode_id) == (1, 5)


def test_an_unknown_cause_is_shown_by_its_level(world):
    """A newer host may know causes that this firmware does not."""
    world.run(300, Alert(0.0))
    world.run(50, Alert(0.0, Level.WARNING, 99, 1))
    assert world.report.outputs == LAMP | BUZZER


def test_a_press_does_not_silence_the_first_episode_of_a_new_service(world):
    """Episode numbers start anew with the service; the press belonged to the one that died."""
    nod = Alert(0.0, Level.WARNING, Cause.MICROSLEEP, 1)
    world.run(300, nod)
    assert press(world, nod) == LAMP
    world.start_host(boot_id=0x77770005)
    assert world.run(300, nod).outputs == LAMP | BUZZER
