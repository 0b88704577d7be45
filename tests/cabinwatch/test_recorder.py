"""The JSON lines of `observe`: every field of the contract, and back."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinwatch.recorder import as_json, line, observation_from
from vision.types import (
    EXPRESSIONS,
    Affect,
    Conditions,
    Covers,
    Direction,
    Eye,
    Face,
    FaceObservation,
    Mouth,
    Reason,
    unseen,
)

NUMBER, TEXT, NULL = (int, float), str, type(None)
MEASURED = {"confidence": NUMBER, "reason": (TEXT, NULL)}

# The contract, key by key and in this order.
CONTRACT = {
    "t_s": NUMBER,
    "frame": (int, NULL),
    "file": (TEXT, NULL),
    "face": {"box_px": (list, NULL), **MEASURED},
    "landmarks_px": (list, NULL),
    "eyes": {side: {"openness": (*NUMBER, NULL), "closed": (*NUMBER, NULL), **MEASURED} for side in ("left", "right")},
    "mouth": {"openness": (*NUMBER, NULL), **MEASURED},
    "head": dict.fromkeys(("yaw_deg", "pitch_deg", "roll_deg"), (*NUMBER, NULL)) | MEASURED,
    "gaze": dict.fromkeys(("yaw_deg", "pitch_deg"), (*NUMBER, NULL)) | MEASURED,
    "covers": dict.fromkeys(("glasses", "sunglasses", "mask", "hand"), (*NUMBER, NULL)),
    "conditions": dict.fromkeys(("brightness", "contrast", "saturated", "sharpness"), (*NUMBER, NULL)),
    "cost_ms": NUMBER,
}
AFFECT = {
    "expression": dict.fromkeys(EXPRESSIONS, (*NUMBER, NULL)),
    "valence": (*NUMBER, NULL),
    "arousal": (*NUMBER, NULL),
}


def assert_keeps(contract, written, where="line"):
    assert list(written) == list(contract), where
    for key, kind in contract.items():
        if isinstance(kind, dict):
            assert_keeps(kind, written[key], f"{where}.{key}")
        else:
            assert isinstance(written[key], kind), f"{where}.{key} = {written[key]!r}"


def with_affect(contract):
    items = list(contract.items())
    at = list(contract).index("conditions")
    return dict([*items[:at], *AFFECT.items(), *items[at:]])


@pytest.fixture
def full():
    """Every measurement there is, in the numbers that networks give."""
    return FaceObservation(
        12.34567,
        7,
        "clip.mp4",
        Face((10.04, 20.0, 30.06, 40.0), 0.987654),
        np.linspace(0.1, 99.9, 136, dtype=np.float32).reshape(68, 2),
        Eye(np.float32(0.91234), 0.01, 0.9),
        Eye(0.0, 1.0, 0.8),
        Mouth(0.25, 0.9),
        Direction(-12.3456, 4.0, 0.5, 0.9),
        Direction(1.0, 2.0, None, 0.3, Reason.TURNED_AWAY),
        Covers(0.9, 0.1, 0.05, 0.01),
        Affect((0.1, 0.0, 0.0, 0.7, 0.0, 0.1, 0.1), 0.5, 0.25),
        Conditions(100.0, 30.0, 0.01, 0.5),
        8.123456,
    )


@pytest.mark.parametrize("affect", [False, True])
def test_a_seen_face_has_every_field(full, affect):
    """Names, order and types; affect only where it was asked for."""
    assert_keeps(with_affect(CONTRACT) if affect else CONTRACT, json.loads(line(full, affect=affect)))


@pytest.mark.parametrize("affect", [False, True])
def test_an_absent_face_keeps_every_object(affect):
    """Null values, confidence 0 and a reason: no reader has to look whether an object is there."""
    written = json.loads(line(unseen(1.0, Reason.NO_FACE, frame=3), affect=affect))
    assert_keeps(with_affect(CONTRACT) if affect else CONTRACT, written)
    parts = [written["face"], *written["eyes"].values(), written["mouth"], written["head"], written["gaze"]]
    assert all(part["confidence"] == 0 and part["reason"] == "no_face" for part in parts)
    assert written["landmarks_px"] is None


def test_numbers_are_rounded_to_what_they_are_worth(full):
    """A tenth of a pixel, a hundredth of a degree; no digits of float32 noise."""
    written = as_json(full)
    assert written["t_s"] == 12.3457
    assert written["face"]["box_px"] == [10.0, 20.0, 30.1, 40.0]
    assert written["eyes"]["left"]["openness"] == 0.9123
    assert written["head"]["yaw_deg"] == -12.35
    assert len(written["landmarks_px"]) == 68
    assert all(len(str(x)) <= 5 for point in written["landmarks_px"] for x in point)


@pytest.mark.parametrize("bad", [math.nan, math.inf, np.float32("nan")])
def test_what_is_no_number_is_absent(full, bad):
    """NaN is not JSON: the measurement becomes null, loses its confidence and says why."""
    odd = replace(full, left=Eye(bad, bad, 0.9), face=Face((0.0, bad, 1.0, 1.0), bad), cost_ms=1.0)
    written = json.loads(line(odd), parse_constant=lambda name: pytest.fail(f"{name} in the line"))
    absent = {"openness": None, "closed": None, "confidence": 0.0, "reason": "not_measured"}
    assert written["eyes"]["left"] == absent
    assert written["face"] == {"box_px": None, "confidence": 0.0, "reason": "not_measured"}


def test_what_was_written_reads_back(full):
    """Up to the rounding nothing is lost."""
    again = observation_from(line(full, affect=True))
    assert line(again, affect=True) == line(full, affect=True)
    assert again.landmarks_px.dtype == np.float32


@pytest.mark.parametrize("name", [b"caf\xe9.jpg", "café.jpg".encode()])
def test_any_file_name_can_be_written(full, name):
    """Linux takes bytes that are no UTF-8, JSON does not: they are replaced, and the rest of the name stays."""
    written = json.loads(line(replace(full, file=name.decode("utf-8", "surrogateescape"))))
    assert written["file"] == name.decode("utf-8", "replace")


def test_null_for_a_whole_object_reads_as_absent():
    """Other writers may leave an object out."""
    keys = ("face", "landmarks_px", "eyes", "mouth", "head", "gaze", "conditions", "expression")
    read = observation_from(json.dumps({"t_s": 1, **dict.fromkeys(keys)}))
    assert read == FaceObservation(1.0)
    assert observation_from('{"t_s": 1}') == read


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"t_s": 1, "head": {"tilt": 3}}', '{"t_s": 1, "landmarks_px": [[1, 2]]}']
)
def test_a_line_that_is_no_observation_is_refused(text):
    """With a ValueError that says so."""
    with pytest.raises(ValueError, match=r".+"):
        observation_from(text)


@given(
    st.builds(
        Eye,
        st.none() | st.floats(0, 1.3),
        st.none() | st.floats(0, 1),
        st.floats(0, 1),
        st.none() | st.sampled_from(Reason),
    )
)
def test_any_eye_survives_the_trip(eye):
    """Writing what was read writes the same again."""
    once = line(FaceObservation(0.0, left=eye))
    assert line(observation_from(once)) == once
