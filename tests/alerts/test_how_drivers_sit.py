"""Heads that nod, drivers who slump and lean, and faces that are not the driver's."""

import pytest

from alerts.posture import Place, PostureSettings, elsewhere, place_of
from alerts.rules import Rule, RuleSet
from alerts.types import Cause
from vision.types import Face

LEARN = [(65, {})]


def moved(x=0.0, y=0.0, scale=1.0):
    """The face's box, so many of its widths aside and down, and so much larger."""
    width, height = 200.0 * scale, 250.0 * scale
    x0, y0 = 300.0 + 200.0 * x - width / 2, 225.0 + 200.0 * y - height / 2
    return {"box": (x0, y0, x0 + width, y0 + height)}


def sinking(into_s):
    """Slowly down to −20° in 1.6 s."""
    return -20.0 * min(1.0, into_s / 1.6)


def starting(into_s):
    """Up again in 0.3 s."""
    return -20.0 * max(0.0, 1.0 - into_s / 0.3)


NOD = [(2.0, {"pitch": sinking}), (0.5, {"pitch": starting}), (5.0, {})]


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_a_head_that_sinks_slowly_and_starts_up_nods(tell, fps):
    drive = tell([*LEARN, *NOD * 3], fps=fps)
    assert drive.states[-1].nods == 3
    assert drive.causes == []
    parts = {part.name: part.points for part in drive.states[-1].drowsiness.contributions}
    assert parts["nods"] == 2.0


@pytest.mark.parametrize(
    "pieces",
    [
        [(2.0, {"pitch": -20.0}), (5.0, {})],  # looks down and up
        [(2.0, {"pitch": sinking}), (5.0, {"pitch": lambda s: -20.0 * max(0.0, 1.0 - s / 1.5)})],  # lifts it slowly
        [(1.0, {"pitch": sinking}), (1.0, {"yaw": None}), (0.5, {"pitch": starting}), (5.0, {})],  # partly unseen
        [(2.0, {"pitch": lambda s: -9.0 * min(1.0, s / 1.6)}), (5.0, {})],  # not deep
        [(10.0, {"pitch": sinking}), (0.5, {"pitch": starting}), (5.0, {})],  # stays down
    ],
)
def test_what_is_no_nod(tell, pieces):
    assert tell([*LEARN, *pieces]).states[-1].nods == 0


@pytest.mark.parametrize(("sinks_s", "starts_s", "nods"), [(1.3, 1.0, 1), (1.0, 1.0, 0), (1.3, 1.3, 0)])
def test_how_fast_a_nod_is(tell, sinks_s, starts_s, nods):
    """From 5° to 12° it takes 0.4 s or more, and back at most as long: 7/20 of the way to 20° and back."""
    down = {"pitch": lambda s: -20.0 * min(1.0, s / sinks_s)}
    up = {"pitch": lambda s: -20.0 * max(0.0, 1.0 - s / starts_s)}
    assert tell([*LEARN, (2.0, down), (2.0, up)], fps=15).states[-1].nods == nods


def test_a_rule_on_nods_says_since_when(tell):
    """The end of the first one counted."""
    rule = Rule(id="one", measure="nods", limit=2, level="caution", cause="drowsy", clause="test", mark="ours")
    drive = tell([*LEARN, *NOD * 2], fps=10, rules=[RuleSet(name="test", title="t", source="s", rules=(rule,))])
    assert drive.causes == [Cause.DROWSY]
    assert drive.alerts[-1].why.since_s == pytest.approx(65 + 2.3, abs=0.1)


def test_nods_are_forgotten(tell):
    assert tell([*LEARN, *NOD, (295, {})], fps=10).states[-1].nods == 0


def test_slumping_and_leaning_are_told_against_the_learned_place(tell):
    assert tell([(10, {}), (3, moved(y=0.9))]).states[-1].slumped_for_s == 0.0  # not learned yet
    slumped = tell([*LEARN, (3, moved(y=0.9))]).states[-1]
    assert slumped.slumped_for_s == pytest.approx(3.0, abs=0.1)
    assert slumped.leaning_for_s == 0.0
    assert tell([*LEARN, (3, moved(x=1.2))]).states[-1].leaning_for_s == pytest.approx(3.0, abs=0.1)
    assert tell([*LEARN, (3, moved(x=-1.2))]).states[-1].leaning_for_s == pytest.approx(3.0, abs=0.1)
    assert tell([*LEARN, (3, moved(scale=1.5))]).states[-1].leaning_for_s == pytest.approx(3.0, abs=0.1)
    still = tell([*LEARN, (3, moved(x=0.5, y=0.4, scale=1.2))]).states[-1]
    assert (still.slumped_for_s, still.leaning_for_s) == (0.0, 0.0)
    assert tell([*LEARN, (3, moved(y=0.9)), (1, {})]).states[-1].slumped_for_s == 0.0


@pytest.mark.parametrize("passenger", [moved(x=4.0), moved(x=-1.0, y=-0.5, scale=0.5)])
def test_a_passenger_s_closed_eyes_are_nobody_s_sleep(tell, passenger):
    """The driver's face is lost; beside or behind, somebody sleeps. Said within 10 s, judged never."""
    drive = tell([*LEARN, (15, {**passenger, "closed": 0.95}), (3, {})])
    assert drive.causes == [Cause.CANNOT_SEE]
    assert drive.first(Cause.CANNOT_SEE) <= 75.0
    alert = next(alert for alert in drive.alerts if alert.level)
    assert "a face, but not in the driver's seat" in alert.why.sentence()
    assert drive.states[70 * 30].signals.face == "not_driver_seat"


def test_before_the_place_is_learned_every_face_is_the_driver_s(tell):
    assert Cause.SLEEP in tell([(5, {}), (5, {**moved(x=4.0), "closed": 0.95})]).causes


@pytest.mark.parametrize(
    "box",
    [
        None,
        (0.0, 0.0, 0.0, 10.0),
        (10.0, 0.0, 0.0, 10.0),
        (float("nan"), 0.0, 10.0, 10.0),
        (0.0, 0.0, 10.0, float("inf")),
    ],
)
def test_a_box_that_is_none_is_no_place(box):
    assert place_of(Face(box, 0.9)) is None
    assert not elsewhere(None, Place(0.0, 0.0, 100.0), PostureSettings())


def test_a_place_is_the_middle_of_the_box_however_small():
    assert place_of(Face((10.0, 20.0, 10.5, 21.0), 0.9)) == Place(10.25, 20.5, 0.5)


def test_how_far_is_elsewhere():
    """2.7 face widths, or 0.55 of the width."""
    usual, s = Place(100.0, 100.0, 100.0), PostureSettings()
    assert not elsewhere(Place(369.0, 100.0, 100.0), usual, s)
    assert elsewhere(Place(371.0, 100.0, 100.0), usual, s)
    assert elsewhere(Place(100.0, 371.0, 100.0), usual, s)
    assert not elsewhere(Place(100.0, 100.0, 56.0), usual, s)
    assert elsewhere(Place(100.0, 100.0, 54.0), usual, s)
    assert not elsewhere(Place(900.0, 100.0, 100.0), None, s)
