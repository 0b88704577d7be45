"""What the rules say when they cannot see, and what they must not say."""

import pytest

from alerts.driver import DriverMonitor
from alerts.observability import WORDS, Observability, ObservabilitySettings
from alerts.policy import Policy
from alerts.settings import AlertSettings
from alerts.types import Cause, Gear, Level, VehicleState
from cabinwatch.rules import load_rules
from vision.types import Reason

HOUSE = load_rules(["house"])
DUE_S = 10.0


def test_what_was_missing_last_is_told():
    """Covered eyes, then eyes that are seen, but in too few frames."""
    sight = Observability(ObservabilitySettings())
    for at_s, missing in [(1.0, "covered"), (1.1, None), (1.2, None)]:
        sight.update(at_s, missing, head_judged=True)
    assert sight.missing == WORDS["covered"]
    sight.update(3.0, None, head_judged=True)
    assert sight.missing == WORDS["gaps"]


def test_what_cannot_be_seen_is_known_for_sure(tell):
    """The confidence of a finding that rests on no signal."""
    alert = tell([(5, {}), (15, {"camera": False})]).alerts[-1]
    assert (alert.cause, alert.why.confidence) == (Cause.CANNOT_SEE, 1.0)


@pytest.mark.parametrize("fps", [5.0, 10.0, 30.0, 60.0])
@pytest.mark.parametrize(
    ("blind", "words"),
    [
        ({"camera": False}, "no picture from the camera"),
        ({"face": 0.0}, "no face found"),
        ({"closed": None, "reason": Reason.TOO_DARK}, "too dark"),
        ({"closed": 0.95, "face": 0.3}, "face not certain"),
    ],
)
def test_cannot_see_is_said_within_10_s(tell, fps, blind, words):
    """A dead camera, an empty seat, dark eyes: said in time, with its reason, and taken back when it is over."""
    drive = tell([(5, {}), (15, blind), (5, {})], fps=fps)
    assert drive.causes == [Cause.CANNOT_SEE]
    assert 5 + 2.0 <= drive.first(Cause.CANNOT_SEE) <= 5 + DUE_S
    alert = next(alert for alert in drive.alerts if alert.cause is Cause.CANNOT_SEE)
    assert words in alert.why.sentence()
    assert drive.last(Cause.CANNOT_SEE) <= 20 + 1.0 + 0.3 + 2 / fps


def test_from_the_very_start(tell):
    """A service that starts in front of a covered lens says so, too."""
    assert tell([(15, {"camera": False})]).first(Cause.CANNOT_SEE) <= DUE_S


def test_lestari_wears_dark_glasses(tell):
    """Only the eyes are missing: an information, and looking away is still judged."""
    glasses = {"closed": None}
    drive = tell([(5, {}), (15, glasses), (5, {**glasses, "yaw": 50.0})])
    first = next(alert for alert in drive.alerts if alert.level)
    assert first.level is Level.INFORMATION
    assert "still judged: mouth, head)" in first.why.sentence()
    assert first.why.still == ("mouth", "head")
    assert ("eyes", "covered") in first.why.unseen
    assert drive.causes == [Cause.CANNOT_SEE, Cause.LONG_DISTRACTION]


def test_nobody_seen_is_a_caution(tell):
    """With the whole driver unseen nothing works, and that is more than an information."""
    alert = tell([(5, {}), (15, {"face": 0.0})]).alerts[-1]
    assert (alert.level, alert.cause) == (Level.CAUTION, Cause.CANNOT_SEE)
    assert "still judged: nothing of the driver" in alert.why.sentence()


def test_a_covered_camera_at_a_standstill_is_an_information(tell):
    """Cannot-see is shown at any speed while the ignition is on, but never loud at the toll booth."""
    toll = VehicleState(speed_kmh=0.0, ignition_on=True)
    alert = tell([(15, {"camera": False})], vehicle=toll).alerts[-1]
    assert (alert.level, alert.cause) == (Level.INFORMATION, Cause.CANNOT_SEE)


def test_glimpses_too_short_to_hold_a_microsleep_do_not_count_as_seen(tell):
    """0.5 s seen, 0.5 s unseen: no closure of 1 s can be found, so it is blind."""
    drive = tell([(5, {}), *[(0.5, {}), (0.5, {"face": 0.0})] * 12])
    assert drive.causes == [Cause.CANNOT_SEE]


def test_single_missed_frames_are_nothing(tell):
    """Every third frame without a face is still seen."""
    assert tell([(0.067, {}), (0.033, {"face": 0.0})] * 300, fps=30).causes == []


def test_pictures_too_far_apart_cannot_be_judged(tell):
    """A camera at 2 frames/s shows a face and still cannot time a closure."""
    alert = tell([(30, {"closed": 0.95})], fps=2).alerts[-1]
    assert alert.cause is Cause.CANNOT_SEE
    assert "pictures too far apart" in alert.why.sentence()


def test_an_eye_without_a_reason_is_uncertain(tell, look):
    """A weak measurement without a reason still gets words."""
    from vision.types import Eye

    unsure = Eye(0.5, 0.5, 0.2)
    drive = tell([(15, {"left": unsure, "right": unsure})])
    assert drive.states[-1].unseen_reason == "eyes_unsure"
    assert "eyes not certain" in drive.alerts[-1].why.sentence()


def test_every_reason_has_words():
    """A reason that vision adds may not break an alert."""
    from alerts.observability import WORDS

    assert {reason.value for reason in Reason} <= set(WORDS)


def test_sleep_is_not_told_across_a_gap(look):
    """Closed before and after 2 s without a sample: two closures, no sleep."""
    driver, policy = DriverMonitor(AlertSettings(), HOUSE), Policy(AlertSettings().policy)
    times = [i / 30 for i in range(25)] + [2.8 + i / 30 for i in range(25)]
    alerts = [policy.update(driver.update(look(t_s, closed=0.95), VehicleState())) for t_s in times]
    assert all(alert.cause is Cause.NONE for alert in alerts)


def test_time_that_runs_backwards_withdraws_everything(look):
    """A restarted source: the alert ends at once, nothing is bridged, episode numbers and baseline go on."""
    driver, policy = DriverMonitor(AlertSettings(), HOUSE), Policy(AlertSettings().policy)
    for i in range(45):
        alert = policy.update(driver.update(look(100 + i / 30, closed=0.95), VehicleState()))
    assert (alert.cause, alert.episode_id) == (Cause.MICROSLEEP, 1)
    for i in range(20):
        alert = policy.update(driver.update(look(i / 30, closed=0.95), VehicleState()))
        assert alert.cause is Cause.NONE
    for i in range(20, 40):
        alert = policy.update(driver.update(look(i / 30, closed=0.95), VehicleState()))
    assert (alert.cause, alert.episode_id) == (Cause.MICROSLEEP, 2)


@pytest.mark.parametrize(
    ("vehicle", "reason"),
    [
        (VehicleState(ignition_on=False), "ignition off"),
        (VehicleState(speed_kmh=0.0, ignition_on=True, gear=Gear.PARK), "parked"),
        (VehicleState(gear=Gear.PARK), "parked"),
    ],
)
def test_standby(tell, vehicle, reason):
    """Asleep in a parked car, camera covered: silence, at once and throughout."""
    drive = tell([(5, {}), (5, {"closed": 0.95}), (20, {"camera": False, "vehicle": vehicle})])
    assert drive.states[-1].standby == reason
    resting = [alert for state, alert in zip(drive.states, drive.alerts, strict=True) if state.standby]
    assert all(alert.level is Level.NONE and alert.why is None for alert in resting)


def test_what_was_held_in_standby_does_not_count_after_it(tell):
    """Eyes closed in PARK for a minute, then driving: the closure begins with the drive."""
    parked = VehicleState(speed_kmh=0.0, gear=Gear.PARK)
    drive = tell([(60, {"closed": 0.95, "vehicle": parked}), (0.9, {"closed": 0.95}), (5, {})])
    assert drive.causes == []


def test_a_moving_vehicle_is_never_in_standby(tell):
    """One broken ignition wire must not silence the rules."""
    wire = VehicleState(speed_kmh=90.0, ignition_on=False, gear=Gear.PARK)
    assert Cause.SLEEP in tell([(5, {}), (5, {"closed": 0.95})], vehicle=wire).causes


def test_a_repeated_time_stamp_ends_nothing(look):
    """Two samples of one moment are no step backwards: the closure goes on."""
    driver = DriverMonitor(AlertSettings(), HOUSE)
    for i in range(60):
        state = driver.update(look(i // 2 / 15, closed=0.95), VehicleState())
    assert state.closed_for_s == pytest.approx(29 / 15)
