"""What is shown out of what was found."""

from dataclasses import replace

import pytest

from alerts.policy import LAST_EPISODE, Policy
from alerts.settings import AlertSettings
from alerts.types import Alert, Cause, DriverState, Explanation, Finding, Level

WHY = Explanation("rule", 0.0, 1.0, 1.0, 1.0, "s", "never")
YAWNS = Finding(Level.INFORMATION, Cause.DROWSY, WHY)
DROWSY = Finding(Level.CAUTION, Cause.DROWSY, WHY)
TIRED = Finding(Level.WARNING, Cause.DROWSY, WHY)
AWAY = Finding(Level.WARNING, Cause.LONG_DISTRACTION, WHY)
NOD = Finding(Level.WARNING, Cause.MICROSLEEP, WHY)
SLEEP = Finding(Level.CRITICAL, Cause.SLEEP, WHY)
BLIND = Finding(Level.CAUTION, Cause.CANNOT_SEE, WHY)


def show(*moments: tuple[float, tuple[Finding, ...]], speed_kmh: float | None = 100.0) -> list[Alert]:
    """Alerts after each moment's findings."""
    policy = Policy(AlertSettings().policy)
    return [policy.update(DriverState(t_s, speed_kmh=speed_kmh, findings=found)) for t_s, found in moments]


def test_quiet_is_an_alert_too():
    """Nothing found, nothing shown, no episode yet."""
    assert show((1.0, ())) == [Alert(1.0)]


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ((DROWSY, AWAY), AWAY),
        ((AWAY, NOD, TIRED), NOD),
        ((SLEEP, AWAY, BLIND), SLEEP),
        ((BLIND, DROWSY), DROWSY),
        ((YAWNS, TIRED), TIRED),
    ],
)
def test_the_highest_level_wins_then_the_more_urgent_cause(found, shown):
    """In any order of finding."""
    for order in found, found[::-1]:
        (alert,) = show((0.0, order))
        assert (alert.level, alert.cause) == (shown.level, shown.cause)


def test_an_alert_is_shown_for_a_second_at_least():
    """A finding of one sample is still seen by people."""
    alerts = show((0.0, (AWAY,)), (0.1, ()), (0.9, ()), (1.0, ()))
    assert [alert.level for alert in alerts] == [3, 3, 3, 0]
    assert alerts[-1] == Alert(1.0, episode_id=1)


def test_a_short_absence_is_the_same_episode():
    """0.2 s without the finding end nothing; 0.3 s do."""
    alerts = show((0.0, (AWAY,)), (2.0, (AWAY,)), (2.2, ()), (2.4, (AWAY,)), (2.7, ()), (2.8, (AWAY,)))
    assert [alert.episode_id for alert in alerts] == [1, 1, 1, 1, 1, 2]
    assert [alert.level for alert in alerts] == [3, 3, 3, 3, 0, 3]


def test_a_stronger_cause_takes_over_at_once_as_a_new_episode():
    """So that no acknowledgement of the weaker answers the stronger."""
    alerts = show((0.0, (NOD,)), (0.1, (SLEEP,)))
    assert [(alert.cause, alert.episode_id) for alert in alerts] == [(Cause.MICROSLEEP, 1), (Cause.SLEEP, 2)]


def test_a_weaker_cause_waits_until_the_stronger_may_end():
    """And is then a new episode."""
    alerts = show((0.0, (SLEEP, AWAY)), (0.1, (AWAY,)), (0.9, (AWAY,)), (1.0, (AWAY,)))
    assert [alert.cause for alert in alerts] == [Cause.SLEEP, Cause.SLEEP, Cause.SLEEP, Cause.LONG_DISTRACTION]
    assert alerts[-1].episode_id == 2


def test_one_cause_at_another_level_stays_one_episode():
    """Up at once, down with the same patience as an end; a new level is shown its second."""
    alerts = show((0.0, (DROWSY,)), (5.0, (TIRED,)), (5.5, (DROWSY,)), (5.9, (DROWSY,)), (6.0, (DROWSY,)))
    assert [alert.level for alert in alerts] == [2, 3, 3, 3, 2]
    assert {alert.episode_id for alert in alerts} == {1}


@pytest.mark.parametrize(
    ("finding", "gate_kmh"), [(NOD, 20.0), (SLEEP, 20.0), (AWAY, 20.0), (DROWSY, 50.0), (YAWNS, 50.0)]
)
def test_speed_gates(finding, gate_kmh):
    """Shown from the gate on; at unknown speed; kept to 3 km/h under it."""
    assert show((0.0, (finding,)), speed_kmh=gate_kmh)[0].level is finding.level
    assert show((0.0, (finding,)), speed_kmh=gate_kmh - 0.1)[0].level is Level.NONE
    assert show((0.0, (finding,)), speed_kmh=None)[0].level is finding.level
    assert show((0.0, (finding,)), speed_kmh=float("nan"))[0].level is finding.level
    policy = Policy(AlertSettings().policy)
    for t_s, kmh, shown in (0.0, gate_kmh, True), (5.0, gate_kmh - 3, True), (10.0, gate_kmh - 3.1, False):
        alert = policy.update(DriverState(t_s, speed_kmh=kmh, findings=(finding,)))
        assert bool(alert.level) is shown


def test_a_microsleep_shown_lets_sleep_through_the_same_gate():
    """The car coasts below the gate while the driver sleeps on: worse must not be quieter."""
    policy = Policy(AlertSettings().policy)
    gate_kmh = AlertSettings().policy.closure_from_kmh
    assert policy.update(DriverState(0.0, speed_kmh=gate_kmh + 5, findings=(NOD,))).cause is Cause.MICROSLEEP
    assert policy.update(DriverState(2.0, speed_kmh=gate_kmh - 1.5, findings=(SLEEP,))).cause is Cause.SLEEP


def test_cannot_see_is_shown_at_any_speed_but_quietly_when_slow():
    """The one cause that a standstill lowers instead of silencing."""
    assert show((0.0, (BLIND,)), speed_kmh=0.0)[0].level is Level.INFORMATION
    assert show((0.0, (BLIND,)), speed_kmh=20.0)[0].level is Level.CAUTION
    assert show((0.0, (BLIND,)), speed_kmh=None)[0].level is Level.CAUTION


def test_standby_and_backward_time_end_everything_at_once():
    """No minimum time keeps a sleep alert in a switched-off car."""
    policy = Policy(AlertSettings().policy)
    state = DriverState(10.0, findings=(SLEEP,))
    assert policy.update(state).level is Level.CRITICAL
    assert policy.update(replace(state, t_s=10.1, standby="parked")) == Alert(10.1, episode_id=1)
    assert policy.update(replace(state, t_s=10.2)).episode_id == 2
    assert policy.update(DriverState(3.0)) == Alert(3.0, episode_id=2)


def test_episode_numbers_never_come_back_to_none_yet():
    """After 65535 comes 1."""
    policy = Policy(AlertSettings().policy, last_episode_id=LAST_EPISODE - 1)
    assert policy.update(DriverState(0.0, findings=(NOD,))).episode_id == LAST_EPISODE
    assert policy.update(DriverState(1.0, findings=(SLEEP,))).episode_id == 1


def test_a_policy_that_takes_over_goes_on_counting():
    """New thresholds in the middle of a trip: the next episode has a number that the MCU has not seen."""
    policy = Policy(AlertSettings().policy, last_episode_id=7)
    assert policy.update(DriverState(0.0, findings=(NOD,))).episode_id == 8
    assert policy.last_episode_id == 8
