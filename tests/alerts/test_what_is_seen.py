"""What is seen, signal by signal, and pictures that stand still."""

import pytest

from alerts.observability import Frozen, ObservabilitySettings, part_missing
from alerts.types import Cause, Signals
from vision.types import Conditions, Eye, FaceObservation, Mouth, Reason

NUMBER = iter(range(10**9))


def lively(_into_s):
    """Another picture every time, as a sensor's are."""
    return next(NUMBER)


def test_each_signal_says_why_it_is_not_seen(tell):
    """Gaze is not measured today; a mask hides the mouth, glasses the eyes."""
    assert tell([(1, {})]).states[-1].signals == Signals(gaze="not_measured")
    assert tell([(1, {"mouth": None})]).states[-1].signals == Signals(mouth="covered", gaze="not_measured")
    dark = tell([(1, {"closed": None, "reason": Reason.TOO_DARK})]).states[-1].signals
    assert (dark.eyes, dark.seen()) == ("too_dark", ("mouth", "head"))
    assert tell([(1, {"gaze": (0.0, 0.0)})]).states[-1].signals == Signals()
    lost = tell([(1, {"yaw": None, "reason": Reason.TURNED_AWAY})]).states[-1].signals
    assert lost.head == "turned_away"


def test_visible_is_a_judged_face_with_a_judged_eye(tell):
    seen, dark = tell([(1, {})]).states[-1], tell([(1, {"closed": None})]).states[-1]
    assert (seen.visible, seen.unseen_reason) == (True, None)
    assert (dark.visible, dark.unseen_reason) == (False, "covered")


def test_the_better_seen_eye_says_why_none_is_judged(tell):
    weak, lost = Eye(0.5, 0.5, 0.4, Reason.BLURRED), Eye(reason=Reason.COVERED)
    assert tell([(1, {"left": weak, "right": lost})]).states[-1].unseen_reason == "blurred"
    assert tell([(1, {"left": lost, "right": weak})]).states[-1].unseen_reason == "blurred"


@pytest.mark.parametrize(
    ("parts", "reason"), [({"face": 0.0}, "no_face"), ({"face": 0.3}, "face_unsure"), ({"camera": False}, "no_frame")]
)
def test_without_a_face_nothing_is_seen(tell, parts, reason):
    signals = tell([(1, parts)]).states[-1].signals
    assert signals == Signals(*[reason] * 5)
    assert [name for name, _ in signals.unseen()] == ["face", "eyes", "mouth", "head", "gaze"]


def test_a_measurement_with_little_confidence_is_unsure(tell):
    assert tell([(1, {"sure": 0.3})]).states[-1].signals.eyes == "eyes_unsure"


def test_just_enough_confidence_is_enough(tell):
    """Of the face, and of mouth, head and gaze; less is not."""
    assert tell([(1, {"face": 0.5})]).states[-1].signals.face is None
    assert part_missing(Mouth(0.1, 0.5), 0.5, value=0.1) is None
    assert part_missing(Mouth(0.1, 0.49), 0.5, value=0.1) == "unsure"


def test_a_picture_that_stands_still_is_told_and_shows_nobody_asleep(tell):
    """It froze in the middle of a blink. No sleep is judged from it; cannot see within 10 s, and why."""
    still = {"picture": 7, "closed": 0.95}
    drive = tell([(5, {"picture": lively}), (15, still), (3, {"picture": lively})])
    assert drive.causes == [Cause.CANNOT_SEE]
    assert drive.first(Cause.CANNOT_SEE) <= 15.0
    alert = next(alert for alert in drive.alerts if alert.level)
    assert "picture frozen" in alert.why.sentence()
    assert drive.states[10 * 30].signals == Signals(*["frozen"] * 5)
    assert drive.states[-1].signals.face is None


def test_a_source_that_never_was_lively_is_believed(tell):
    """Drawn, or written by hand: every picture is the same from the first."""
    drive = tell([(5, {"picture": 7}), (5, {"picture": 7, "closed": 0.95})])
    assert Cause.SLEEP in drive.causes


def test_pictures_that_repeat_once_in_a_while_are_not_frozen(tell):
    """A camera that delivers each picture three times still shows the driver of now."""
    drive = tell([(5, {"picture": lively}), (20, {"picture": lambda s: int(s * 10)})])
    assert drive.causes == []
    assert not any(state.signals.face for state in drive.states)


@pytest.mark.parametrize(
    ("before", "freezes"),
    [
        ([*range(20)], True),
        ([*range(15)], False),  # too short to know
        ([i // 2 for i in range(60)], False),  # every picture came twice
        ([*range(15), None, *range(15)], False),  # lost in between
    ],
)
def test_only_what_was_lively_for_two_seconds_can_freeze(look, before, freezes):
    """Ten pictures a second, and then the same one for 1.2 s."""
    frozen = Frozen(ObservabilitySettings())
    for i, picture in enumerate([*before, *[99] * 13]):
        told = frozen.update(look(100 + i / 10, picture=picture))
    assert told is freezes


def test_what_has_no_points_or_no_measure_of_noise_is_never_frozen(look):
    """There is nothing to compare."""
    from dataclasses import replace

    frozen = Frozen(ObservabilitySettings())
    for i in range(100):
        assert not frozen.update(look(i / 30, picture=i))
    for i in range(100, 200):
        assert not frozen.update(replace(look(i / 30, picture=5), conditions=Conditions()))
    for i in range(200, 300):
        assert not frozen.update(FaceObservation(i / 30, conditions=Conditions(1.0, 1.0, 0.0, 1.0)))
    assert not frozen.update(look(10.0, picture=5))
    assert [frozen.update(look(10.0 + i / 10, picture=5)) for i in range(12)] == [False] * 8 + [True] * 4


def test_the_same_points_in_another_picture_are_another_picture(look):
    """Either difference is enough, and another number of points is one."""
    from dataclasses import replace

    import numpy as np

    from alerts.observability import _same_picture

    one = look(0.0, picture=7)
    assert _same_picture(one, look(1.0, picture=7))
    assert not _same_picture(one, replace(one, conditions=Conditions(80.0, 30.0, 0.0, 0.2)))
    assert not _same_picture(one, replace(one, landmarks_px=one.landmarks_px + 0.1))
    assert not _same_picture(one, replace(one, landmarks_px=np.zeros((5, 2), np.float32)))
    assert not _same_picture(one, replace(one, landmarks_px=None))
