"""Where drivers look: zones, eyes against lids, areas of the regulation, the lap."""

import pytest

from alerts.baseline import Histogram, Mounting, Pose
from alerts.gaze import ZONES, Gaze, GazeSettings, zone_at
from alerts.settings import AlertSettings
from alerts.types import Cause, Level, Lids, Seat, TurnSignal, VehicleState, Zone
from cabinwatch.rules import load_rules
from vision.types import Direction, Reason

MOTORWAY = VehicleState(speed_kmh=110.0, ignition_on=True)
AWAY_BY_GAZE = {"gaze": (0.0, -40.0)}
AHEAD_BY_GAZE = {"gaze": (0.0, 0.0)}


@pytest.mark.parametrize(
    ("yaw_deg", "pitch_deg", "left_hand_drive", "right_hand_drive"),
    [
        (0.0, -18.0, Zone.CLUSTER, Zone.CLUSTER),
        (-32.0, -20.0, Zone.CENTRE_STACK, Zone.MIRROR),  # the image's left is the driver's right
        (-40.0, 10.0, Zone.MIRROR, Zone.MIRROR),
        (45.0, -5.0, Zone.MIRROR, Zone.MIRROR),
        (-95.0, -5.0, Zone.PASSENGER, Zone.SHOULDER),
        (90.0, 0.0, Zone.SHOULDER, Zone.PASSENGER),
        (5.0, -45.0, Zone.LAP, Zone.LAP),
        (0.0, 50.0, Zone.ROOF, Zone.ROOF),
    ],
)
def test_the_table_of_zones(yaw_deg, pitch_deg, left_hand_drive, right_hand_drive):
    assert zone_at(yaw_deg, pitch_deg, Seat.LEFT) is left_hand_drive
    assert zone_at(yaw_deg, pitch_deg, Seat.RIGHT) is right_hand_drive


def test_on_an_unknown_seat_both_sides_are_tried():
    """A look at the passenger and one over the shoulder are the same then, and so are mirrors."""
    for yaw_deg in -33.0, 33.0:
        assert zone_at(yaw_deg, -20.0, Seat.UNKNOWN) is Zone.CENTRE_STACK
    for yaw_deg in -86.0, 86.0:
        assert zone_at(yaw_deg, 0.0, Seat.UNKNOWN) is Zone.SHOULDER
    assert zone_at(64.0, -6.0, Seat.UNKNOWN) is zone_at(-64.0, -6.0, Seat.UNKNOWN) is Zone.MIRROR


@pytest.mark.parametrize(
    ("pose", "down"), [(Pose(0.0, -16.0), True), (Pose(40.0, -14.0), False), (Pose(0.0, 30.0), False)]
)
def test_down_is_lower_than_the_road(pose, down):
    """What tells lids that look down from lids that droop."""
    assert Gaze(GazeSettings()).update(None, pose, Direction(), Seat.UNKNOWN).down is down


@pytest.mark.parametrize("seat", Seat)
def test_every_zone_but_the_road_has_a_place_on_every_seat(seat):
    """Told from the side that is not known, some are the same."""
    assert {zone_at(aside, up, Seat.RIGHT) for _, aside, up in ZONES} == {*Zone} - {Zone.UNKNOWN, Zone.ROAD}
    for yaw_deg in range(-120, 121, 10):
        for pitch_deg in range(-80, 81, 10):
            assert zone_at(yaw_deg, pitch_deg, seat) not in (Zone.UNKNOWN, Zone.ROAD)


def test_head_and_gaze_have_limits_of_their_own():
    """A head at 25° is ahead; a gaze at 25° is not. A confident gaze is asked first, a lost one never."""
    look, none = Gaze(GazeSettings()), Direction()
    assert look.update(Pose(25.0, 0.0), None, none, Seat.UNKNOWN).away is False
    assert look.update(Pose(25.0, 0.0), Pose(25.0, 0.0), none, Seat.UNKNOWN).away is True
    look = Gaze(GazeSettings())
    by_gaze = look.update(Pose(40.0, 0.0), Pose(5.0, 0.0), none, Seat.UNKNOWN)
    assert (by_gaze.away, by_gaze.zone, by_gaze.by) == (False, Zone.ROAD, "gaze")
    by_head = look.update(Pose(40.0, 0.0), None, none, Seat.UNKNOWN)
    assert (by_head.away, by_head.zone, by_head.by) == (True, Zone.MIRROR, "head")
    lost = look.update(None, None, none, Seat.UNKNOWN)
    assert (lost.away, lost.zone, lost.into_lap, lost.area3) == (None, Zone.UNKNOWN, None, None)
    turned = look.update(None, None, Direction(reason=Reason.TURNED_AWAY), Seat.UNKNOWN)
    assert (turned.away, turned.area3) == (True, False)


@pytest.mark.parametrize(
    ("pose", "area3"),
    [
        (Pose(0.0, -30.0), True),
        (Pose(0.0, -29.0), False),
        (Pose(55.0, -35.0), True),
        (Pose(-56.0, -35.0), False),
        (Pose(0.0, 60.0), False),
    ],
)
def test_area_3_is_the_lower_part_of_the_car(pose, area3):
    """From 30° under the eye line, inside ±55° [S2]."""
    assert Gaze(GazeSettings()).update(None, pose, Direction(), Seat.UNKNOWN).area3 is area3


def test_a_head_answers_for_the_gaze_by_its_share():
    """It turns 0.67 of the way: a head 21° down is a gaze of 31°."""
    gaze = Gaze(GazeSettings())
    assert gaze.update(Pose(0.0, -21.0), None, Direction(), Seat.UNKNOWN).area3 is True


def test_the_state_tells_zone_and_how_long(tell):
    drive = tell([(70, {"yaw": 15.0}), (3, {"yaw": -20.0, "pitch": -18.0})])
    state = drive.states[-1]
    assert state.seat is Seat.LEFT  # straight ahead lies 15° to the image's right of the camera
    assert (state.zone, state.zone_by) == (Zone.CENTRE_STACK, "head")
    assert state.zone_for_s == pytest.approx(3.0, abs=0.1)
    assert drive.states[-100].zone is Zone.ROAD


def test_a_median_has_half_of_the_time_on_either_side():
    """Of two halves it is the lower one."""
    spent = Histogram()
    spent.add(2.0, 1.0)
    spent.add(5.0, 1.0)
    assert spent.median() == 2.0
    spent.add(5.0, 0.1)
    assert spent.median() == 5.0


@pytest.mark.parametrize(("yaw", "seat"), [(-15.0, Seat.RIGHT), (8.0, Seat.LEFT), (7.0, Seat.UNKNOWN)])
def test_the_seat_is_learned_from_straight_ahead(tell, yaw, seat):
    """A camera in front of the driver cannot tell."""
    drive = tell([(65, {"yaw": yaw})])
    assert drive.states[0].seat is Seat.UNKNOWN
    assert drive.states[-1].seat is seat


def test_the_mounting_tells_the_seat_too(tell):
    """Of a camera that was measured the natural pose is nearly nothing."""
    told = AlertSettings(mounting=Mounting(yaw_deg=20.0))
    assert tell([(65, {"yaw": 21.0})], settings=told).states[-1].seat is Seat.LEFT


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_eyes_down_with_a_still_head_are_distraction_not_sleep(tell, fps):
    """Gaze 40° down, open eyes with lowered lids, for 3.5 s: lizards are seen where gaze is measured."""
    lowered = {"openness": 0.5, "closed": 0.3, **AWAY_BY_GAZE}
    drive = tell([(70, AHEAD_BY_GAZE), (3.5, lowered), (3, AHEAD_BY_GAZE)], fps=fps)
    assert drive.causes == [Cause.LONG_DISTRACTION]
    assert drive.first(Cause.LONG_DISTRACTION) == pytest.approx(73.0, abs=0.2 + 2 / fps)
    looking = drive.states[int(72.0 * fps)]
    assert (looking.lids, looking.eyes_closed, looking.zone) == (Lids.LOOKING_DOWN, False, Zone.LAP)


@pytest.mark.parametrize(
    ("parts", "lids"),
    [
        ({"closed": 0.95}, Lids.CLOSED),
        ({"closed": None}, Lids.UNKNOWN),
        ({}, Lids.OPEN),
        ({"openness": 0.5, "closed": 0.2, "gaze": (0.0, -40.0)}, Lids.LOOKING_DOWN),
        ({"openness": 0.5, "closed": 0.2, "pitch": -30.0}, Lids.LOOKING_DOWN),
        ({"openness": 0.5, "closed": 0.2, "gaze": (0.0, 0.0)}, Lids.DROOPING),
        ({"openness": 0.5, "closed": 0.2}, Lids.LOWERED),
    ],
)
def test_lids_that_are_down_are_told_apart_by_the_look(tell, parts, lids):
    """Where nobody knows the look, nobody guesses."""
    assert tell([(65, {}), (1, parts)]).states[-1].lids is lids


def test_gaze_has_a_straight_ahead_of_its_own(tell):
    """A network that reads 6° to the side is corrected by what it reads while the driver drives."""
    skewed = {"gaze": (18.0, 9.0)}
    drive = tell([(65, skewed), (4, skewed)])
    assert drive.causes == []
    assert drive.states[-1].zone is Zone.ROAD
    assert tell([(65, skewed), (4, {"gaze": (18.0, -25.0)})]).causes == [Cause.LONG_DISTRACTION]


@pytest.mark.parametrize(("share_s", "learned"), [(28, False), (33, True)])
def test_gaze_is_learned_from_half_of_the_time(tell, share_s, learned):
    """Less than that is no measure of straight ahead."""
    skewed = {"gaze": (19.0, 0.0)}
    away = tell([(share_s, skewed), (63 - share_s, {}), (1, {"gaze": (38.0, 0.0)})]).states[-1].zone is not Zone.ROAD
    assert away is not learned


def test_gaze_that_comes_later_starts_from_the_head(tell):
    """The pose is frozen; what is straight ahead for the head is so for the eyes."""
    story = [(65, {"yaw": 20.0}), (4, {"yaw": 20.0, "gaze": (20.0, 0.0)})]
    assert tell(story).states[-1].zone is Zone.ROAD


def test_wayan_reads_messages_in_the_lap(tell):
    """Looks of 1.6 s with a second of road between them: the third makes 4 s of 15, long before any other rule."""
    looks = [(1.6, {"pitch": -40.0}), (1.0, {})] * 3
    drive = tell([(5, {}), *looks, (5, {})])
    assert drive.causes == [Cause.PHONE]
    assert drive.first(Cause.PHONE) == pytest.approx(5 + 2 * 2.6 + 0.8, abs=0.2)
    alert = next(alert for alert in drive.alerts if alert.level)
    assert (alert.level, alert.why.rule) == (Level.WARNING, "house/phone")
    assert drive.last(Cause.PHONE) <= 5 + 3 * 2.6 + 1.5


def test_one_long_look_into_the_lap_is_a_long_distraction(tell):
    """It does not change its name as it grows."""
    assert tell([(5, {}), (5.5, {"pitch": -40.0}), (3, {})]).causes == [Cause.LONG_DISTRACTION]


def test_glances_into_the_lap_are_no_phone(tell):
    """Shorter than half a second, or two in 15 s."""
    assert tell([(5, {}), *[(0.4, {"pitch": -40.0}), (1.2, {})] * 12]).causes == []
    assert tell([(5, {}), *[(1.5, {"pitch": -40.0}), (6.0, {})] * 6]).causes == []


def test_a_phone_on_a_mount_does_not_alert_for_ever(tell):
    """What looks into the lap for more than a minute is no phone; other rules go on."""
    looks = [(1.4, {"pitch": -40.0}), (2.4, {})] * 60
    drive = tell([(5, {}), *looks], fps=15)
    phone_s = [alert.t_s for alert in drive.alerts if alert.cause is Cause.PHONE]
    assert 5 < phone_s[0] < 20
    assert phone_s[-1] < 5 + 60 + 4
    rested = tell([(5, {}), *looks, (11, {}), *looks[:8]], fps=15)
    assert rested.last(Cause.PHONE) > 5 + 60 * 3.8 + 11


def test_looks_at_a_mount_beside_the_wheel_are_no_phone(tell):
    """20° down and 35° aside is the centre stack: short distraction judges it, the lap rule does not."""
    looks = [(1.5, {"yaw": -24.0, "pitch": -21.0}), (2.5, {})] * 20
    assert Cause.PHONE not in tell([(5, {}), *looks]).causes


@pytest.mark.parametrize(("kmh", "due_s"), [(30.0, 6.0), (49.0, 6.0), (50.0, 3.5), (110.0, 3.5), (None, 3.5)])
def test_addw_is_due_by_speed(tell, kmh, due_s):
    """Area 3 for 6 s from 20 km/h and 3.5 s from 50; an unknown speed is above every gate."""
    vehicle = VehicleState(speed_kmh=kmh, ignition_on=True)
    drive = tell([(5, {}), (8, {"pitch": -40.0})], vehicle=vehicle, rules=load_rules(["eu-addw"]))
    assert drive.first(Cause.LONG_DISTRACTION) == pytest.approx(5 + due_s, abs=0.1)


def test_addw_rests_under_20_kmh_and_gives_more_time_while_turning(tell):
    addw = load_rules(["eu-addw"])
    slow = VehicleState(speed_kmh=19.0, ignition_on=True)
    assert tell([(5, {}), (9, {"pitch": -40.0})], vehicle=slow, rules=addw).causes == []
    turning = VehicleState(speed_kmh=90.0, turn_signal=TurnSignal.RIGHT)
    drive = tell([(5, {}), (9, {"pitch": -40.0})], vehicle=turning, rules=addw)
    assert drive.first(Cause.LONG_DISTRACTION) == pytest.approx(10.0, abs=0.1)


def test_sideways_is_not_area_3(tell):
    """ADDW speaks of the lower part of the car alone."""
    assert tell([(5, {}), (9, {"yaw": 45.0})], rules=load_rules(["eu-addw"])).causes == []
