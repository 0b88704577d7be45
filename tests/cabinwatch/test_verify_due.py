"""The plain reading of a log, worked out by hand."""

import pytest

from alerts.rules import Rule
from alerts.types import Gear, TurnSignal, VehicleState
from cabinwatch.verify_due import Point, due_s, eyes_closed
from vision.types import Eye, Face, FaceObservation, Reason

FAST = VehicleState(speed_kmh=90.0)


def rule(measure, limit, **more):
    words = {"id": "r", "level": "warning", "cause": "sleep", "clause": "c", "mark": "ours"}
    return Rule(measure=measure, limit=limit, **words | more)


def points(*pieces, step_s=0.1, vehicle=FAST):
    """(seconds, closed, away) in a row."""
    out = []
    for seconds, closed, away in pieces:
        first = len(out)
        times_s = [round(index * step_s, 3) for index in range(first, first + round(seconds / step_s))]
        out += [Point(t_s, closed, away, True, vehicle) for t_s in times_s]
    return out


def starts(rule, points):
    return [pytest.approx(start_s, abs=0.101) for start_s, _ in due_s(rule, points)]


def test_closed_eyes_are_due_after_the_limit():
    drive = points((5, False, False), (4, True, False), (5, False, False), (2, True, False))
    assert starts(rule("closed_s", 3.0), drive) == [8.0]
    assert starts(rule("closed_s", 1.0), drive) == [6.0, 15.0]


def test_unknown_ends_a_stretch():
    drive = points((2, True, False), (0.1, None, None), (2, True, False))
    assert due_s(rule("closed_s", 3.0), drive) == []


def test_a_hole_ends_a_stretch():
    drive = points((2, True, False))
    later = [Point(p.t_s + 4.0, p.closed, p.away, True, p.vehicle) for p in drive]
    assert due_s(rule("closed_s", 3.0), drive + later) == []


def test_away_and_closed_add_up_to_inattention():
    drive = points((2, False, False), (3, False, True), (4, True, False))
    assert starts(rule("inattentive_s", 6.0), drive) == [8.0]
    assert starts(rule("glance_s", 3.0), points((2, False, False), (3.2, False, True))) == [5.0]


def test_ten_seconds_in_thirty():
    """2.5 s away, 1.5 s back: the fourth glance ends on the tenth second, at 3 × 4 + 2.5."""
    drive = points(*[(2.5, False, True), (1.5, False, False)] * 5)
    assert starts(rule("away_in_30_s", 10.0), drive) == [14.5]


def test_two_seconds_of_road_start_the_count_anew():
    assert due_s(rule("away_in_30_s", 10.0), points(*[(2.5, False, True), (2.1, False, False)] * 10)) == []


def test_what_is_older_than_thirty_seconds_is_forgotten():
    """1 s away, 1.9 s back is 10.3 s in 30 s only just; 0.9 s away is 9.6 s."""
    assert due_s(rule("away_in_30_s", 10.0), points(*[(1.0, False, True), (1.9, False, False)] * 15)) != []
    assert due_s(rule("away_in_30_s", 10.0), points(*[(0.9, False, True), (1.9, False, False)] * 15)) == []


def test_speed_gear_and_turn_signal():
    asleep = [(5, False, False), (5, True, True)]
    gated = rule("closed_s", 3.0, from_kmh=20.0)
    assert due_s(gated, points(*asleep, vehicle=VehicleState(speed_kmh=19.0))) == []
    assert starts(gated, points(*asleep, vehicle=VehicleState())) == [8.0]
    resting = rule("glance_s", 3.0, rests_in_reverse=True, extra_s=1.0)
    assert due_s(resting, points(*asleep, vehicle=VehicleState(gear=Gear.REVERSE))) == []
    assert starts(resting, points(*asleep, vehicle=VehicleState(turn_signal=TurnSignal.LEFT))) == [9.0]


def test_a_measure_without_a_plain_reading():
    assert due_s(rule("kss", 7.0), points((5, True, False))) is None


@pytest.mark.parametrize(
    ("left", "right", "closed"),
    [
        (Eye(0.1, 0.9, 0.9), Eye(0.1, 0.9, 0.9), True),
        (Eye(0.1, 0.9, 0.9), Eye(1.0, 0.1, 0.9), False),
        (Eye(0.1, 0.9, 0.9), Eye(reason=Reason.COVERED), True),
        (Eye(0.1, 0.9, 0.2), Eye(reason=Reason.COVERED), None),
        (Eye(reason=Reason.COVERED), Eye(reason=Reason.COVERED), None),
    ],
)
def test_every_eye_that_is_judged_counts(left, right, closed):
    assert eyes_closed(FaceObservation(0.0, face=Face((0, 0, 1, 1), 0.9), left=left, right=right)) is closed


def test_no_face_no_eyes():
    assert eyes_closed(FaceObservation(0.0, left=Eye(0.1, 0.9, 0.9))) is None
