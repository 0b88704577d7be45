"""What is shown out of what was found."""

import pytest
from msgspec.structs import replace

from alerts.policy import LAST_EPISODE, Policy
from alerts.settings import AlertSettings
from alerts.types import Alert, Cause, Cue, DriverState, Explanation, Finding, Level, VehicleState

WHY = Explanation("rule", 0.0, 1.0, 1.0, 1.0, "s", "never")
YAWNS = Finding(Level.INFORMATION, Cause.DROWSY, WHY, 50.0)
DROWSY = Finding(Level.CAUTION, Cause.DROWSY, WHY, 50.0)
TIRED = Finding(Level.WARNING, Cause.DROWSY, WHY, 50.0)
AWAY = Finding(Level.WARNING, Cause.LONG_DISTRACTION, WHY, 20.0)
NOD = Finding(Level.WARNING, Cause.MICROSLEEP, WHY, 20.0)
SLEEP = Finding(Level.CRITICAL, Cause.SLEEP, WHY, 20.0)
BLIND = Finding(Level.CAUTION, Cause.CANNOT_SEE, WHY, 20.0, Level.INFORMATION)


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


def test_what_is_shown_tells_the_newest_measure():
    """The look away grows, and so does what is said of it."""
    longer = replace(AWAY, why=replace(WHY, value=1.5, until_s=1.5))
    assert [alert.why.value for alert in show((0.0, (AWAY,)), (0.1, (longer,)))] == [1.0, 1.5]


def test_two_samples_of_one_moment_are_no_step_backwards():
    """The alert goes on, as the same episode."""
    assert [alert.episode_id for alert in show((1.0, (AWAY,)), (1.0, ()), (1.0, (AWAY,)))] == [1, 1, 1]


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
    gate_kmh = NOD.from_kmh
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
    assert policy.update(replace(state, t_s=10.1, standby="parked")) == Alert(10.1, episode_id=1, lockouts=1)
    assert policy.update(replace(state, t_s=10.2)).episode_id == 2
    assert policy.update(DriverState(3.0)) == Alert(3.0, episode_id=2, lockouts=2)


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


GONE = Finding(Level.CRITICAL, Cause.UNRESPONSIVE, WHY, 20.0)
TENSION = Finding(Level.INFORMATION, Cause.AFFECT, WHY, 50.0)


class Road:
    """A policy, a button, and a road: what is shown after each stretch of one finding."""

    def __init__(self, **kept):
        self.policy, self.t_s, self.presses, self.pressed = Policy(AlertSettings().policy, **kept), 0.0, 0, 0

    def drive(self, seconds, *found, standby=None):
        """Ten samples a second; returns the alerts."""
        alerts = []
        for _ in range(round(seconds * 10)):
            state = DriverState(self.t_s, speed_kmh=100.0, findings=found, standby=standby)
            alerts.append(self.policy.update(state, VehicleState(ack_count=self.presses, ack_episode_id=self.pressed)))
            self.t_s += 0.1
        return alerts

    def press(self, episode_id=None):
        self.presses = (self.presses + 1) % 256
        self.pressed = self.policy.last_episode_id if episode_id is None else episode_id


@pytest.mark.parametrize(
    ("found", "cue"),
    [
        (YAWNS, Cue.NOTICE),
        (BLIND, Cue.CHIME),
        (AWAY, Cue.ALARM),
        (NOD, Cue.ALARM),
        (GONE, Cue.RESCUE),
        (SLEEP, Cue.SLEEP_ALARM),
    ],
)
def test_sleep_sounds_like_nothing_else(found, cue):
    """Each level has its cue, sleep one of its own."""
    assert show((0.0, (found,)))[0].cue is cue
    assert show((0.0, ()))[0].cue is Cue.NONE


@pytest.mark.parametrize(
    ("found", "seconds", "prompts"), [(YAWNS, 29, 1), (BLIND, 130, 3), (AWAY, 13, 3), (SLEEP, 5, 3), (GONE, 5, 3)]
)
def test_prompts_come_again_while_nobody_answers(found, seconds, prompts):
    """A caution each minute, a warning every 6 s, a critical alert every 2 s, an information once."""
    assert Road().drive(seconds, found)[-1].prompts == prompts


def test_an_acknowledgement_silences_its_episode():
    """Cue and prompts stop; what is shown stays true."""
    road = Road()
    assert road.drive(2, AWAY)[-1].cue is Cue.ALARM
    road.press()
    answered = road.drive(20, AWAY)
    assert {(alert.level, alert.cue, alert.acknowledged, alert.prompts) for alert in answered} == {
        (Level.WARNING, Cue.NONE, True, 1)
    }
    road.drive(5)
    assert road.drive(1, AWAY)[0].cue is Cue.ALARM  # the next look is another episode


@pytest.mark.parametrize("found", [SLEEP, GONE])
def test_no_press_answers_sleep(found):
    """Nor a driver who does not respond."""
    road = Road()
    road.drive(1, found)
    road.press()
    assert {(alert.cue is Cue.NONE, alert.acknowledged) for alert in road.drive(5, found)} == {(False, False)}


def test_a_microsleep_s_answer_is_not_sleep_s():
    """The episode is another one."""
    road = Road()
    road.drive(1, NOD)
    road.press()
    assert road.drive(1, NOD)[-1].acknowledged
    assert not road.drive(1, SLEEP)[-1].acknowledged


def test_a_press_for_another_episode_answers_nothing():
    """The button was pressed for what the MCU showed then."""
    road = Road()
    road.drive(1, AWAY)
    road.press(episode_id=99)
    assert not road.drive(1, AWAY)[-1].acknowledged
    road.press()
    assert road.drive(1, AWAY)[-1].acknowledged


def test_what_the_button_said_before_we_listened_is_no_press():
    """The first report is where counting starts, even if it names our episode."""
    road = Road()
    road.presses, road.pressed = 7, 1
    assert not road.drive(1, AWAY)[-1].acknowledged
    assert not road.drive(1, AWAY)[-1].acknowledged


def test_an_answer_holds_at_its_level_and_below():
    """A caution that was answered and grows to a warning speaks again."""
    road = Road()
    road.drive(1, DROWSY)
    road.press()
    assert road.drive(1, DROWSY)[-1].acknowledged
    worse = road.drive(1, TIRED)[-1]
    assert (worse.level, worse.cue, worse.acknowledged, worse.prompts) == (Level.WARNING, Cue.ALARM, False, 2)
    assert road.drive(3, DROWSY)[-1].acknowledged


def test_a_caution_on_drowsiness_that_nobody_answers_becomes_a_warning():
    """After three minutes; one that is answered does not, and no other caution does."""
    road = Road()
    alerts = road.drive(185, DROWSY)
    assert alerts[1795].level is Level.CAUTION
    assert alerts[-1].level is Level.WARNING
    assert alerts[-1].episode_id == alerts[0].episode_id
    answered = Road()
    answered.drive(1, DROWSY)
    answered.press()
    assert answered.drive(200, DROWSY)[-1].level is Level.CAUTION
    assert Road().drive(200, BLIND)[-1].level is Level.CAUTION


def test_three_minutes_of_a_caution_take_nothing_from_what_comes_after_it():
    """Bayu falls asleep then: critical at once. A camera that is covered then is a caution as ever."""
    for found in SLEEP, BLIND:
        road = Road()
        road.drive(185, DROWSY)
        told = [alert.level for alert in road.drive(3, found) if alert.cause is found.cause]
        assert set(told) == {found.level}


def test_three_minutes_of_another_warning_are_no_unanswered_caution():
    """Cahya looks away as long; drowsiness, told after it, begins as a caution."""
    road = Road()
    road.drive(185, AWAY, DROWSY)
    assert {(alert.level, alert.cause) for alert in road.drive(3, DROWSY)[10:]} == {(Level.CAUTION, Cause.DROWSY)}
    assert {alert.level for alert in road.drive(3, DROWSY)} == {Level.CAUTION}


def test_a_notice_on_drowsiness_runs_out_and_rests():
    """Half a minute, then five minutes of quiet; a caution comes through them, a blind camera is told throughout."""
    road = Road()
    alerts = road.drive(60, YAWNS)
    assert {alert.level for alert in alerts[:299]} == {Level.INFORMATION}
    assert {alert.level for alert in alerts[310:]} == {Level.NONE}
    assert road.drive(2, DROWSY)[-1].level is Level.CAUTION
    assert {alert.level for alert in road.drive(200, YAWNS)[20:]} == {Level.NONE}
    assert road.drive(90, YAWNS)[-1].level is Level.INFORMATION
    notice = Finding(Level.INFORMATION, Cause.CANNOT_SEE, WHY)
    assert {alert.level for alert in Road().drive(120, notice)} == {Level.INFORMATION}


def test_an_answered_caution_rests_and_a_warning_does_not():
    """Cool-down is for what was answered, at that level and below."""
    road = Road()
    road.drive(1, DROWSY)
    road.press()
    road.drive(5, DROWSY)
    road.drive(5)
    assert road.drive(60, DROWSY)[-1].level is Level.NONE
    assert road.drive(1, TIRED)[-1].level is Level.WARNING
    road.drive(5)
    assert road.drive(300, DROWSY)[-1].level is Level.CAUTION


def test_a_rest_of_one_cause_is_no_rest_of_another():
    """Tension that was noticed leaves drowsiness alone."""
    road = Road()
    road.drive(40, TENSION)
    assert road.drive(1, TENSION)[-1].level is Level.NONE
    assert road.drive(1, YAWNS)[-1].level is Level.INFORMATION


def test_standby_ends_the_rests():
    """After a stop in PARK everything may be said again."""
    road = Road()
    road.drive(40, YAWNS)
    road.drive(1, standby="parked")
    assert road.drive(1, YAWNS)[-1].level is Level.INFORMATION


def test_three_critical_alerts_of_a_trip_lock_out():
    """A run of critical alerts is one, whatever follows what in it; the ignition ends the count, a stop does not."""
    road = Road()
    counts = []
    for _ in range(3):
        road.drive(2, NOD)
        road.drive(2, SLEEP)
        road.drive(2, GONE)
        alert = road.drive(5)[-1]
        counts.append((alert.lockouts, alert.locked))
    assert counts == [(1, False), (2, False), (3, True)]
    assert road.drive(1, standby="parked")[-1].locked
    assert (road.drive(1, standby="ignition off")[-1].lockouts, road.policy.lockouts) == (0, 0)


def test_the_count_goes_on_after_a_change_of_settings():
    road = Road(lockouts=2)
    assert road.drive(1)[-1].lockouts == 2
    assert road.drive(1, SLEEP)[-1].locked


def test_the_count_comes_back_from_the_vehicle():
    """After a restart inside a trip: what was counted before the vehicle answered counts too. It ends with the trip."""
    road = Road()
    assert road.drive(1, SLEEP)[-1].lockouts == 1
    road.policy.recall(2)
    alert = road.drive(1, SLEEP)[-1]
    assert (alert.level, alert.lockouts, alert.locked) == (Level.CRITICAL, 3, True)
    assert road.drive(1, standby="ignition off")[-1].lockouts == 0


def test_one_stretch_of_inattention_has_one_gate():
    """Coasting below 20 km/h: the worse finding of the same stretch comes through the margin of the first."""
    policy = Policy(AlertSettings().policy)
    assert policy.update(DriverState(0.0, speed_kmh=25.0, findings=(AWAY,))).cause is Cause.LONG_DISTRACTION
    assert policy.update(DriverState(3.0, speed_kmh=18.0, findings=(GONE,))).cause is Cause.UNRESPONSIVE
    policy = Policy(AlertSettings().policy)
    assert policy.update(DriverState(0.0, speed_kmh=55.0, findings=(DROWSY,))).cause is Cause.DROWSY
    assert policy.update(DriverState(3.0, speed_kmh=18.0, findings=(AWAY,))).cause is not Cause.LONG_DISTRACTION


def test_two_warnings_at_once_are_one_prompt():
    """Regulation: not separately and concurrently. The quieter one waits until the other has ended."""
    road = Road()
    together = road.drive(3, AWAY, TIRED)
    assert {(alert.cause, alert.prompts) for alert in together} == {(Cause.LONG_DISTRACTION, 1)}
    assert road.drive(1, TIRED)[-1].cause is Cause.DROWSY
