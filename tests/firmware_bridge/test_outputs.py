"""The cue for each alert: which output, in which rhythm, for how long."""

from __future__ import annotations

import pytest

from alerts.types import Alert, Cause, Level
from firmware_bridge.messages import Output, Why
from firmware_bridge.settings import LinkSettings
from firmware_bridge.timing import BUZZER_MAX_MS, HAPTIC_MAX_MS, ORPHAN_MAX_MS, SILENCE_MS

LAMP, BUZZER, HAPTIC, FAULT = Output.LAMP, Output.BUZZER, Output.HAPTIC, Output.FAULT
ASLEEP = Alert(0.0, Level.CRITICAL, Cause.SLEEP, 1)

CUES = {
    (Level.NONE, Cause.NONE): Output.NONE,
    (Level.INFORMATION, Cause.CANNOT_SEE): LAMP,
    (Level.CAUTION, Cause.DROWSY): LAMP | BUZZER,
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


def test_a_caution_chimes_once(world):
    """Seen and heard, as the EU's drowsiness warning must be; one beep an episode, then the lamp alone."""
    world.run(500, Alert(0.0))
    drowsy = Alert(0.0, Level.CAUTION, Cause.DROWSY, 1)
    assert share_on(world, drowsy, BUZZER, 500) == pytest.approx(0.8, abs=0.05)
    assert share_on(world, drowsy, BUZZER, 65_000) == 0.0
    assert (world.report.outputs, world.report.spent) == (LAMP, BUZZER)
    assert share_on(world, Alert(0.0, Level.CAUTION, Cause.DROWSY, 2), BUZZER, 500) == pytest.approx(0.8, abs=0.05)


def test_sound_and_shaking_end_though_the_alert_goes_on(world):
    """A host that never takes an alert back drives nobody mad, and the lamp stays."""
    world.run(HAPTIC_MAX_MS + 600, ASLEEP)
    assert (world.report.outputs, world.report.spent) == (LAMP | BUZZER, HAPTIC)
    world.run(BUZZER_MAX_MS - HAPTIC_MAX_MS, ASLEEP)
    assert (world.report.outputs, world.report.spent) == (LAMP, BUZZER | HAPTIC)
    world.run(100, Alert(0.0, Level.CRITICAL, Cause.SLEEP, 2))
    assert world.report.outputs == LAMP | BUZZER | HAPTIC


def press(world, alert):
    return world.press(alert).outputs


def test_a_press_silences_this_episode_only(world):
    """The next episode sounds again."""
    world.run(300, Alert(0.0, Level.WARNING, Cause.PHONE, 1))
    assert press(world, Alert(0.0, Level.WARNING, Cause.PHONE, 1)) == LAMP
    assert world.report.silenced == BUZZER
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


def buzzes(world, ms, alert=None, **options):
    """For how many of the coming ms the buzzer is commanded."""
    start = len(world.reports)
    world.run(ms, alert, **options)
    return 5 * sum(bool(report.outputs & BUZZER) for _, report in world.reports[start:])


def test_a_link_that_dies_during_a_critical_alert_is_heard(world):
    """A sleeping driver is not left in silence by a broken wire; and not with a noise that nobody can end."""
    world.run(300, ASLEEP)
    world.run(SILENCE_MS + 10, host=False)
    assert (world.report.level, world.report.outputs) == (Level.NONE, FAULT | BUZZER)
    assert share_of_pins_on(world) == pytest.approx(0.5, abs=0.02)
    assert buzzes(world, 20_000, host=False) == pytest.approx(ORPHAN_MAX_MS - 2000, abs=60)
    assert (world.report.why, world.report.outputs) == (Why.SILENCE, FAULT)


def share_of_pins_on(world):
    """How much of 2 s without a host the buzzer's pin is driven."""
    on = 0
    for _ in range(400):
        world.run(5, host=False)
        on += bool(world.device.pins(world.mcu_clock) & BUZZER)
    return on / 400


@pytest.mark.parametrize("level", [Level.INFORMATION, Level.CAUTION, Level.WARNING])
def test_a_link_that_dies_during_a_lesser_alert_is_seen_only(world, level):
    """The fault lamp is enough."""
    world.run(300, Alert(0.0, level, Cause.PHONE, 1))
    world.run(SILENCE_MS + 10, host=False)
    assert buzzes(world, 2000, host=False) == 0


def test_a_link_that_dies_after_the_button_is_seen_only(world):
    """The driver has shown to be there."""
    nod = Alert(0.0, Level.CRITICAL, Cause.MICROSLEEP, 1)
    world.run(300, nod)
    assert press(world, nod) == LAMP
    world.run(SILENCE_MS + 10, host=False)
    assert buzzes(world, 2000, host=False) == 0


def test_a_buzzer_that_may_not_sound_does_not_when_the_link_dies(world):
    """The host's leave holds beyond its end."""
    world.start_host(boot_id=0x77770021, settings=LinkSettings(buzzer=False, illuminator=False))
    assert buzzes(world, 300, ASLEEP) == 0
    assert buzzes(world, 2000, host=False) == 0


def test_a_link_that_comes_back_is_shown_at_once(world):
    """Quiet again when the host says so."""
    world.run(300, ASLEEP)
    world.run(SILENCE_MS + 500, host=False)
    world.start_host(boot_id=0x77770022)
    world.run(300, Alert(0.0))
    assert world.report.outputs == 0


def test_a_link_that_comes_and_goes_does_not_make_the_buzzer_endless(world):
    """The longest sound of one alert is counted over all its pieces, those without a host too."""
    on_ms = sum(buzzes(world, 1000, ASLEEP) + buzzes(world, 1000, host=False) for _ in range(40))
    assert on_ms == pytest.approx(BUZZER_MAX_MS, abs=500)
    assert not world.report.outputs & BUZZER


def test_a_level_that_goes_up_and_down_does_not_make_the_buzzer_endless(world):
    """One level up sounds anew once, not every time."""
    warning, critical = (Alert(0.0, level, Cause.LONG_DISTRACTION, 1) for level in (Level.WARNING, Level.CRITICAL))
    on_ms = sum(buzzes(world, 1000, warning) + buzzes(world, 1000, critical) for _ in range(30))
    assert BUZZER_MAX_MS <= on_ms <= BUZZER_MAX_MS + 1000
