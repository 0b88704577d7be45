"""The comparison of two processors: it takes what rounding explains, and nothing else."""

import json
from copy import deepcopy

import numpy as np
import pytest

from cabinwatch import recorder
from tests.aarch64.compare import FRAMES, VERSIONS, compare_observations, compare_probes, tolerance_of
from vision.types import Affect, Conditions, Covers, Direction, Eye, Face, FaceObservation, Mouth, Reason


@pytest.fixture
def seen():
    """A frame in which everything was measured, as `observe --affect` writes it."""
    eye = Eye(0.9, 0.01, 0.99)
    observation = FaceObservation(
        1.0,
        30,
        "film.mp4",
        Face((200.0, 150.0, 400.0, 350.0), 1.0),
        np.zeros((68, 2), np.float32),
        eye,
        eye,
        Mouth(0.1, 0.9),
        Direction(1.0, 2.0, 3.0, 0.9),
        Direction(4.0, 5.0, None, 0.9),
        Covers(0.1, 0.0, 0.0, 0.0),
        Affect((0.1,) * 6 + (0.4,), 0.0, 0.1),
        Conditions(70.0, 40.0, 0.0, 0.05),
        5.0,
    )
    return json.loads(recorder.line(observation, affect=True))


def too_far(ours, theirs):
    rows, mismatches = compare_observations([ours], [theirs])
    return [row.tolerance.quantity for row in rows if not row.within] + mismatches


def test_a_slower_processor_and_a_film_elsewhere_are_the_same(seen):
    theirs = seen | {"cost_ms": 90.0, "file": "/film.mp4"}
    assert too_far(seen, theirs) == []


@pytest.mark.parametrize(
    ("part", "field", "by", "quantity"),
    [
        ("head", "yaw_deg", 0.9, "head, degrees"),
        ("gaze", "pitch_deg", -3.0, "gaze, degrees"),
        ("mouth", "openness", 0.015, "openness of the mouth"),
        ("covers", "hand", 0.03, "probabilities: closed, seen, covered"),
        ("head", "confidence", 0.03, "probabilities: closed, seen, covered"),
    ],
)
def test_a_number_too_far_apart_is_told_by_its_quantity(seen, part, field, by, quantity):
    theirs = deepcopy(seen)
    theirs[part][field] += by / 3
    assert too_far(seen, theirs) == []
    theirs[part][field] += by
    assert too_far(seen, theirs) == [quantity]


def test_one_point_of_68_is_enough(seen):
    theirs = deepcopy(seen)
    theirs["landmarks_px"][67][1] += 2.5
    assert too_far(seen, theirs) == ["face box and 68 points, px"]


def test_an_eye_that_is_unknown_there_is_no_matter_of_degree(seen):
    theirs = deepcopy(seen)
    theirs["eyes"]["left"] |= {"openness": None, "reason": Reason.BLURRED.value}
    assert too_far(seen, theirs) == [
        "frame 30: eyes.left.openness: 0.9 here, None there",
        "frame 30: eyes.left.reason: None here, blurred there",
    ]


def test_a_face_that_is_found_on_one_alone_is_told(seen):
    theirs = deepcopy(seen)
    theirs["face"] |= {"box_px": None, "reason": Reason.NO_FACE.value}
    assert "frame 30: face.reason: None here, no_face there" in too_far(seen, theirs)
    assert "frame 30: face.box_px.0: 200.0 here, None there" in too_far(seen, theirs)


def test_a_missing_frame_is_told(seen):
    _, mismatches = compare_observations([seen, seen], [seen])
    assert mismatches == ["2 frames here, 1 there"]


def test_every_number_of_an_observation_has_a_tolerance(seen):
    with pytest.raises(KeyError, match="pulse_hz: no tolerance"):
        too_far(seen | {"pulse_hz": 1.0}, seen | {"pulse_hz": 1.0})
    assert tolerance_of("eyes.left.confidence").quantity.startswith("probabilities")


def test_pictures_may_round_otherwise_and_networks_may_not():
    ours = {FRAMES: np.array([0, 255], np.uint8), VERSIONS: np.array(["numpy 2"]), "eyes closed 0": np.array([1.5])}
    rounded = ours | {FRAMES: np.array([1, 254], np.uint8)}
    rows, mismatches = compare_probes(ours, rounded)
    assert all(row.within for row in rows)
    assert mismatches == []
    rows, _ = compare_probes(ours, rounded | {"eyes closed 0": np.array([1.501])})
    assert [row.tolerance.quantity for row in rows if not row.within] == ["networks, same numbers in"]
    _, mismatches = compare_probes(ours, rounded | {VERSIONS: np.array(["numpy 1"])})
    assert mismatches == ["other versions: ['numpy 2'] here, ['numpy 1'] there"]
