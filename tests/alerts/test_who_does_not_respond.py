"""Drivers who do not come back: critical, and never for being unseen alone."""

import pytest

from alerts.distraction import DistractionSettings
from alerts.types import Cause, Explanation, Finding, Gear, Level, VehicleState
from alerts.unresponsive import Inattention
from vision.types import Reason

ASLEEP = {"closed": 0.95}
GONE = {"face": 0.0, "closed": None, "yaw": None}


def worst(drive, cause=Cause.UNRESPONSIVE):
    return next((alert for alert in drive.alerts if alert.cause is cause), None)


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_putu_looks_away_for_good(tell, fps):
    """A warning at 3 s; no return: critical 3 s after it, which is 6 s in all."""
    drive = tell([(5, {}), (9, {"yaw": 50.0}), (4, {})], fps=fps)
    assert drive.causes == [Cause.LONG_DISTRACTION, Cause.UNRESPONSIVE]
    assert drive.first(Cause.UNRESPONSIVE) == pytest.approx(11.0, abs=0.2 + 2 / fps)
    assert worst(drive).level is Level.CRITICAL
    assert drive.last(Cause.UNRESPONSIVE) <= 14 + 1.0


def test_a_sleeper_who_slumps_out_of_view_is_unresponsive(tell):
    """Eyes closed 1.5 s, then the face sinks out of the picture: not merely unseen."""
    drive = tell([(5, {}), (1.5, ASLEEP), (10, GONE)])
    assert drive.causes[:2] == [Cause.MICROSLEEP, Cause.UNRESPONSIVE]
    assert drive.first(Cause.UNRESPONSIVE) == pytest.approx(5 + 1.0 + 3.0, abs=0.1)
    assert ("eyes", "no_face") in worst(drive).why.unseen
    assert drive.alerts[-1].cause is Cause.UNRESPONSIVE


def test_putu_looks_away_for_good_at_a_speed_that_nobody_knows(tell):
    """It counts as above every gate."""
    drive = tell([(5, {}), (9, {"yaw": 50.0})], vehicle=VehicleState(ignition_on=True))
    assert drive.causes == [Cause.LONG_DISTRACTION, Cause.UNRESPONSIVE]
    assert drive.first(Cause.UNRESPONSIVE) == pytest.approx(11.0, abs=0.2)


def test_a_moment_in_which_nothing_is_seen_is_no_return(tell):
    """After a glance at the road, neither eyes nor head for 0.2 s, six times: unknown is not attentive."""
    dark = {"closed": None, "yaw": None, "reason": Reason.TOO_DARK}
    drive = tell([(5, {}), (4, {"yaw": 50.0}), *[(0.65, {"yaw": 50.0}), (0.15, {}), (0.2, dark)] * 6])
    assert drive.first(Cause.UNRESPONSIVE) == pytest.approx(11.0, abs=0.2)


@pytest.mark.parametrize("reason", [Reason.OUT_OF_FRAME, Reason.TURNED_AWAY, Reason.NO_FACE])
def test_a_face_that_goes_after_a_warning_is_gone(tell, look, reason):
    gone = {"face": 0.0, "closed": None, "yaw": None, "reason": reason}
    assert Cause.UNRESPONSIVE in tell([(5, {}), (1.5, ASLEEP), (6, gone)]).causes


def test_a_sleeper_who_sinks_in_the_seat_with_unseen_eyes(tell):
    """The face is still found, far below its place; the eyes are not."""
    low = {"closed": None, "box": (200.0, 280.0, 400.0, 530.0)}
    drive = tell([(70, {}), (1.5, ASLEEP), (6, low)])
    assert Cause.UNRESPONSIVE in drive.causes
    assert drive.states[-1].slumped_for_s > 5.0


@pytest.mark.parametrize(
    "after",
    [
        {"camera": False},  # the camera fails
        {"closed": None, "reason": Reason.TOO_DARK},  # a tunnel: the head is still seen, up and ahead
        {"closed": None, "reason": Reason.COVERED},
    ],
)
def test_what_the_camera_loses_is_unknown_even_after_a_warning(tell, after):
    """One false microsleep and then glare is not an emergency."""
    drive = tell([(5, {}), (1.2, ASLEEP), (12, after)])
    assert drive.causes == [Cause.MICROSLEEP, Cause.CANNOT_SEE]


def test_a_driver_who_was_never_warned_and_is_lost_is_lost(tell):
    """Open eyes, or a closure too short for a warning, and then no face."""
    assert tell([(5, {}), (15, GONE)]).causes == [Cause.CANNOT_SEE]
    assert tell([(5, {}), (0.8, ASLEEP), (15, GONE)]).causes == [Cause.CANNOT_SEE]


def test_eyes_that_open_are_a_return(tell):
    """Ketut wakes, then bends out of view: nobody is unresponsive."""
    drive = tell([(5, {}), (1.5, ASLEEP), (0.5, {}), (6, GONE)])
    assert Cause.UNRESPONSIVE not in drive.causes


@pytest.mark.parametrize("half_seen", [{"yaw": None, "reason": Reason.TOO_DARK}, {"closed": None}])
def test_half_of_a_return_is_one(tell, half_seen):
    """Ketut wakes: 0.2 s of open eyes and an unseen head, or of a head at the road and unseen eyes; 0.2 s of both."""
    drive = tell([(5, {}), (1.5, ASLEEP), (0.2, half_seen), (0.2, {}), (6, GONE)])
    assert drive.causes == [Cause.MICROSLEEP]


def test_closed_and_away_are_one_stretch(tell):
    """2.5 s asleep, then 4 s with open eyes at the floor: 6 s without attention, though neither lasted so long."""
    drive = tell([(5, {}), (2.5, ASLEEP), (4, {"pitch": -40.0}), (3, {})])
    assert drive.first(Cause.UNRESPONSIVE) == pytest.approx(9.0, abs=0.2)  # 3 s after the microsleep's warning


def test_a_warning_for_an_earlier_look_does_not_count_for_the_next(tell):
    """Short distraction is still shown when Made looks aside again: a new look, and its own 3 s and 6 s."""
    looks = [(2.6, {"yaw": 50.0}), (1.5, {})] * 4
    drive = tell([(5, {}), *looks, (3.5, {"yaw": 50.0}), (4, {})])
    assert Cause.UNRESPONSIVE not in drive.causes


@pytest.mark.parametrize(
    ("cause", "level", "raised_s", "warns"),
    [
        (Cause.SHORT_DISTRACTION, Level.WARNING, 5.0, True),  # with the first sample of the look
        (Cause.SHORT_DISTRACTION, Level.WARNING, 4.9, False),  # for an earlier look
        (Cause.SHORT_DISTRACTION, Level.CAUTION, 5.0, False),
        (Cause.DROWSY, Level.WARNING, 5.0, False),  # asks for a rest and not for a look
    ],
)
def test_which_warning_is_to_be_answered(cause, level, raised_s, warns):
    """Of attention, as loud as a warning, and for this look, which began at 5 s; it is shown 0.1 s later."""
    why = Explanation("rule", 0.0, 1.0, 1.0, 1.0, "s", "never")
    nadia = Inattention(DistractionSettings())
    found = [Finding(level, cause, why, 20.0, raised_s=raised_s)]
    assert (nadia.for_s, nadia.since_warning_s) == (0.0, 0.0)
    for t_s, shown in (5.0, []), (5.1, found), (5.2, found):
        nadia.update(t_s, closed=False, away=True, no_face=None, slumped=False)
        nadia.take(t_s, shown, 100.0)
        assert nadia.for_s == pytest.approx(t_s - 5.0)
    assert nadia.since_warning_s == pytest.approx(0.1 if warns else 0.0)
    assert nadia.warned_since_s == (5.1 if warns else 5.0)


def test_unresponsive_needs_20_kmh(tell):
    """And rests in reverse: who backs out of a drive looks back."""
    slow = VehicleState(speed_kmh=15.0, ignition_on=True)
    assert tell([(5, {}), (10, {"yaw": 50.0})], vehicle=slow).causes == []
    backwards = VehicleState(speed_kmh=None, gear=Gear.REVERSE, ignition_on=True)
    assert tell([(5, {}), (10, {"yaw": 50.0})], vehicle=backwards).causes == []
    asleep = tell([(5, {}), (4, ASLEEP)], vehicle=backwards)
    assert asleep.causes == [Cause.MICROSLEEP, Cause.SLEEP]


def test_a_warning_that_the_speed_hid_is_none(tell):
    """Looking aside at 15 km/h for 5 s, then at 60: the warning comes with the speed, and 3 s to answer it."""
    slow, fast = (VehicleState(speed_kmh=kmh, ignition_on=True) for kmh in (15.0, 60.0))
    away = {"yaw": 50.0}
    drive = tell([(5, {}), (4, {**away, "vehicle": slow}), (1.5, {**away, "vehicle": fast})])
    assert drive.causes == [Cause.LONG_DISTRACTION]
    assert drive.states[-1].no_return_for_s == pytest.approx(1.5, abs=0.1)
    assert drive.states[-1].inattentive_for_s == pytest.approx(1.5, abs=0.1)


def test_agus_reads_at_a_red_light(tell):
    """A minute of it is silence. He drives off reading: warned at once, and critical only 3 s after that."""
    stands, drives = (VehicleState(speed_kmh=kmh, ignition_on=True) for kmh in (0.0, 30.0))
    down = {"pitch": -40.0}
    drive = tell([(5, {}), (60, {**down, "vehicle": stands}), (4, {**down, "vehicle": drives}), (3, {})])
    assert drive.causes == [Cause.LONG_DISTRACTION, Cause.UNRESPONSIVE]
    assert drive.first(Cause.LONG_DISTRACTION) == pytest.approx(65.0, abs=0.1)
    assert drive.first(Cause.UNRESPONSIVE) == pytest.approx(68.0, abs=0.1)
