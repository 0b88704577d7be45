"""What is learned of one driver's eyes on one trip: upwards only, awake only, and forgotten with the ignition."""

import pytest

from alerts.openness import OpennessSettings, OwnEyes
from alerts.types import Gear, Metric, VehicleState
from vision.types import Eye, Reason

OFF = {"vehicle": VehicleState(speed_kmh=0.0, ignition_on=False)}
PARKED = {"vehicle": VehicleState(speed_kmh=0.0, ignition_on=True, gear=Gear.PARK)}
TOWN = {"vehicle": VehicleState(speed_kmh=30.0, ignition_on=True)}
NARROW = {"openness": 0.7, "closed": 0.1}


def test_narrow_eyes_are_this_driver_s_open_eyes(tell):
    """0.7 of anybody's opening is 1 of Nyoman's own, after a minute."""
    drive = tell([(65, NARROW)])
    assert drive.states[30].openness.reason == "learning 2%"
    assert drive.states[-1].openness.value == pytest.approx(1.0, abs=0.02)
    assert drive.states[-1].learning.openness == 1.0


def test_narrow_eyes_blink_from_the_first_seconds_on(tell):
    """Nyoman's open lids never reach anybody's 0.75; a second tells enough of them."""
    shut = (0.15, {"openness": 0.05, "closed": 0.95})
    drive = tell([(0.8, NARROW), shut, *[(1.85, NARROW), shut] * 5, (0.5, NARROW)], fps=60)
    assert drive.states[60 * 2].learning.blinks == 0.0  # the first came while nothing was known of these eyes
    assert drive.states[-1].learning.openness < 0.5
    assert drive.states[-1].learning.blinks == pytest.approx(5 / 20)
    assert drive.states[-1].blink_left.duration_s == pytest.approx(0.15, abs=0.02)


def test_lids_that_sink_over_the_hours_are_not_the_new_normal(tell):
    """The level grows with wider eyes and never falls with narrower ones."""
    drive = tell([(65, NARROW), (200, {"openness": 0.5, "closed": 0.2})], fps=15)
    assert drive.states[-1].openness.value == pytest.approx(0.5 / 0.7, abs=0.02)
    drive = tell([(65, NARROW), (130, {"openness": 0.9, "closed": 0.05})], fps=15)
    assert drive.states[-1].openness.value == pytest.approx(1.0, abs=0.02)


def test_wider_eyes_are_the_new_measure_after_a_minute_of_their_own():
    """Each minute is learned from by itself; what came before it does not hold it back."""
    own = OwnEyes(OpennessSettings())
    for at in range(4 * 145):  # four a second
        own.update(at / 4, 0.7 if at < 4 * 80 else 0.9, 0.9, valid=True)
    assert own.level == pytest.approx(0.9, abs=0.01)


def test_no_driver_s_open_eye_is_narrower_than_half(tell):
    """A minute of squinting is no baseline."""
    assert tell([(65, {"openness": 0.3, "closed": 0.3})]).states[-1].openness.value == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize(
    "parts", [{"closed": 0.9}, {"closed": None}, {"pitch": -18.0}, TOWN, {"vehicle": VehicleState(ignition_on=True)}]
)
def test_what_teaches_nothing_of_the_eyes(tell, parts):
    """Closed or unseen eyes, a lowered head, a slow or unknown speed."""
    assert tell([(55, parts)]).states[-1].learning.openness == 0.0


def test_nothing_is_learned_after_a_long_closure(tell):
    """For half a minute: who just slept is not the measure of awake."""
    drive = tell([(10, {}), (0.8, {"closed": 0.9}), (29, {})])
    assert drive.states[-1].learning.pose == pytest.approx(10 / 60, abs=0.01)
    assert drive.states[-1].learning.openness == pytest.approx(10 / 60, abs=0.01)
    drive = tell([(10, {}), (0.8, {"closed": 0.9}), (35, {})])
    assert drive.states[-1].learning.pose > 11 / 60


def test_the_driver_s_own_blinks_are_the_measure(tell):
    """Twenty blinks of 0.15 s, then blinks of 0.2 s: 1.33 of what is normal here."""
    short = [(2.85, {}), (0.15, {"closed": 0.95})] * 25
    long = [(2.8, {}), (0.2, {"closed": 0.95})] * 70
    drive = tell([*short, *long], fps=60)
    assert drive.states[60 * 30].blink_ratio.reason == "learning 50%"
    assert drive.states[60 * 75].blink_ratio.value == pytest.approx(1.0, abs=0.05)
    assert drive.states[-1].blink_ratio.value == pytest.approx(0.2 / 0.15, abs=0.02)
    assert drive.states[-1].learning.blinks == 1.0


def test_a_trip_is_an_ignition_cycle(tell):
    """All of it is forgotten with the ignition and kept in PARK."""
    learned = [(65, NARROW)]
    assert tell([*learned, (2, PARKED), (1, NARROW)]).states[-1].learning.openness == 1.0
    forgotten = tell([*learned, (2, OFF), (1, NARROW)]).states[-1].learning
    assert forgotten.openness < 0.1
    assert forgotten.again is False


def test_a_start_inside_a_trip_says_relearning_until_it_has_learned(tell):
    """The first speed that is known is one of being under way: what an earlier run knew is gone."""
    drive = tell([(1, {"vehicle": VehicleState()}), (70, {})])
    assert [drive.states[at].learning.again for at in (0, 30)] == [False, True]
    assert drive.states[-1].learning.again is False
    fresh = tell([(2, {"vehicle": VehicleState(speed_kmh=0.0, ignition_on=True)}), (5, {})])
    assert not any(state.learning.again for state in fresh.states)
    silent_off = (1, {"vehicle": VehicleState(ignition_on=False)})
    for off in (1, OFF), silent_off:
        assert tell([(5, {}), off, (5, {})]).states[-1].learning.again is False
    assert tell([silent_off, (5, {})]).states[-1].learning.again is False


def test_other_eyewear_is_noticed_and_the_eyes_learned_anew(tell):
    """Sunglasses go on: confidence steps from 0.9 to 0.6. The pose stays, the eyes start again and say so."""
    drive = tell([(65, NARROW), (20, {**NARROW, "sure": 0.6}), (65, {**NARROW, "sure": 0.6})])
    changed = drive.states[30 * 84].learning
    assert changed.eyewear_changed
    assert changed.openness < 0.5
    assert changed.pose == 1.0
    assert drive.states[30 * 84].openness.value is None
    assert (drive.states[-1].learning.eyewear_changed, drive.states[-1].learning.openness) == (False, 1.0)


@pytest.mark.parametrize(("sure", "changed"), [(0.69, True), (0.71, False)])
def test_how_large_a_step_is_other_eyewear(tell, sure, changed):
    """0.2 of the mean confidence while the eyes were learned, which was 0.9."""
    drive = tell([(65, NARROW), (18, {**NARROW, "sure": sure})])
    assert drive.states[-1].learning.eyewear_changed is changed


def test_a_short_glare_changes_nothing(tell):
    drive = tell([(65, NARROW), *[(10, {**NARROW, "sure": 0.6}), (1, NARROW)] * 3])
    assert not any(state.learning.eyewear_changed for state in drive.states)


NEAR, FAR, LOST = Eye(0.9, 0.05, 0.9), Eye(0.6, 0.2, 0.6), Eye(reason=Reason.COVERED)


@pytest.mark.parametrize(("left", "right"), [(NEAR, FAR), (FAR, NEAR), (NEAR, LOST), (LOST, NEAR)])
def test_of_two_open_eyes_the_better_seen_one_is_measured(tell, left, right):
    """Komang turns his head a little: the far eye reads narrow, and he is no sleepier for it."""
    both = {"left": NEAR, "right": NEAR}
    drive = tell([(65, both), (1, {"left": left, "right": right})], fps=10)
    assert drive.states[-1].openness.value == pytest.approx(1.0, abs=0.02)


def test_a_mean_that_is_withdrawn_has_no_ratio():
    own = OwnEyes(OpennessSettings())
    for _ in range(20):
        own.take_blink(0.1)
    assert own.blink_ratio(Metric(reason="fewer than 15 frames/s")).reason == "fewer than 15 frames/s"
    own.take_blink(0.9)
    assert own.blink_ratio(Metric(0.2)).value == pytest.approx(2.0)
