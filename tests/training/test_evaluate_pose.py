"""Angles of head and gaze against a data set with signs and a zero of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.knowing import Knowing, stills
from training.evaluate.pose import Angles, align, evaluate_gaze, evaluate_head_pose, great_circle, turn_of
from vision.types import Direction, Face, FaceObservation

YAWS = (-60.0, -20.0, -5.0, 10.0, 25.0, 50.0)


def head(yaw: float, pitch: float, roll: float) -> FaceObservation:
    return FaceObservation(0.0, face=Face((0, 0, 9, 9), 1.0), head=Direction(yaw, pitch, roll, 1.0))


def table(rows: list[tuple[float, float, float]], more: str = "") -> str:
    lines = [f"p{k}.png,{yaw},{pitch},{roll},s{k}" for k, (yaw, pitch, roll) in enumerate(rows)]
    return "\n".join([f"file,yaw,pitch,roll{more},person", *lines]) + "\n"


def test_raw_and_aligned_errors_stand_side_by_side(tmp_path: Path) -> None:
    """A zero 10° away: raw says so, aligned takes the median offset out and names it."""
    seen = [head(yaw + 1.0, 2.0 - 10.0, 0.0) for yaw in YAWS]
    job = stills(tmp_path, table([(yaw, 2.0, 0.0) for yaw in YAWS]), seen)
    report = evaluate_head_pose(job)
    figures = report.figures
    assert figures["pitch"]["value"] == pytest.approx(10.0)
    assert figures["mean"]["value"] == pytest.approx(11.0 / 3)
    assert figures["aligned_mean"]["value"] == pytest.approx(0.0, abs=1e-9)
    assert report.tables["alignment"]["rows"][1][:3] == ["pitch", 1.0, pytest.approx(-10.0)]
    assert figures["mean"]["n"] == 6
    assert figures["mean_below_40"]["n"] == figures["aligned_mean_below_40"]["n"] == 4
    assert not report.notes


def test_a_turned_sign_is_told_and_not_hidden(tmp_path: Path) -> None:
    """Raw figures take the signs as stated and are terrible; the note says what to do."""
    seen = [head(yaw, 0.3 * yaw, 0.0) for yaw in YAWS]
    text = table([(-yaw, 0.3 * yaw, 0.0) for yaw in YAWS])
    report = evaluate_head_pose(stills(tmp_path, text, seen))
    assert report.figures["yaw"]["value"] > 50
    assert report.figures["aligned_yaw"]["value"] == pytest.approx(0.0, abs=1e-9)
    assert any("yaw runs against the house's sign (r = -1.00); see --convention" in note for note in report.notes)
    stated = evaluate_head_pose(stills(tmp_path, text, seen, convention="-++"))
    assert stated.figures["yaw"]["value"] == pytest.approx(0.0, abs=1e-9)
    assert not stated.notes


def test_signs_may_stand_in_a_column(tmp_path: Path) -> None:
    text = "file,yaw,pitch,convention\na.png,20,5,-++\n"
    report = evaluate_head_pose(stills(tmp_path, text, [head(-20.0, 5.0, 0.0)]))
    assert report.figures["yaw"]["value"] == pytest.approx(0.0)
    with pytest.raises(SystemExit, match="convention 'yaw-': three signs are needed"):
        evaluate_head_pose(stills(tmp_path, text, [head(0, 0, 0)], convention="yaw-"))


def test_missed_faces_are_a_rate_beside_the_errors(tmp_path: Path) -> None:
    """They have no angle; an error without them would flatter whoever misses the hard ones."""
    seen = [FaceObservation(0.0), *[head(yaw, 0.0, 0.0) for yaw in YAWS[1:]]]
    figures = evaluate_head_pose(stills(tmp_path, table([(yaw, 0.0, 0.0) for yaw in YAWS]), seen)).figures
    assert figures["mean"]["n"] == 5
    assert figures["face_missed"]["value"] == pytest.approx(1 / 6)
    assert figures["face_missed_below_40"]["value"] == 0.0


def test_heads_beyond_seventy_degrees_are_left_out_and_counted(tmp_path: Path) -> None:
    report = evaluate_head_pose(stills(tmp_path, table([(71.0, 0, 0), (70.0, 0, 0)]), [head(70.0, 0.0, 0.0)]))
    assert report.figures["mean"]["n"] == 1
    assert dict(report.labels.left_out) == {"|yaw| over 70°": 1}


def test_a_table_without_roll_measures_two_axes(tmp_path: Path) -> None:
    report = evaluate_head_pose(stills(tmp_path, "file,yaw,pitch\na.png,1,2\n", [head(1.0, 5.0, 90.0)]))
    assert report.figures["mean"]["value"] == pytest.approx(1.5)
    assert "roll" not in report.figures


def test_gaze_on_the_great_circle(tmp_path: Path) -> None:
    """Straight ahead against 30° up is 30°; far up, a difference in yaw counts for less."""
    assert great_circle(np.array([[0.0, 0.0]]), np.array([[0.0, 30.0]]))[0] == pytest.approx(30.0)
    assert great_circle(np.array([[0.0, 60.0]]), np.array([[20.0, 60.0]]))[0] < 11.0
    assert np.isnan(great_circle(np.array([[0.0, 0.0]]), np.array([[np.nan, 1.0]]))[0])


def test_gaze_may_be_a_direction_in_the_cameras_coordinates(tmp_path: Path) -> None:
    """x right, y down, z away: towards the camera and its right side is yaw +; up is −y."""
    seen = [
        FaceObservation(0.0, gaze=Direction(30.0, 0.0, confidence=1.0)),
        FaceObservation(0.0, gaze=Direction(0.0, 30.0, confidence=1.0)),
        FaceObservation(0.0),
    ]
    text = "file,gaze_x,gaze_y,gaze_z\na,0.5,0,-0.8660254\nb,0,-0.5,-0.8660254\nc,0,0,-1\n"
    figures = evaluate_gaze(stills(tmp_path, text, seen)).figures
    assert figures["gaze_error"]["value"] == pytest.approx(0.0, abs=1e-4)
    assert figures["gaze_error"]["n"] == 2
    assert figures["gaze_measured"]["value"] == pytest.approx(2 / 3)


def test_nobody_says_a_gaze(tmp_path: Path) -> None:
    """As long as no network measures it: n = 0, not 0°."""
    report = evaluate_gaze(stills(tmp_path, "file,gaze_yaw,gaze_pitch\na,1,2\n", [FaceObservation(0.0)]))
    assert report.figures["gaze_error"] == {"value": None, "low": None, "high": None, "n": 0}
    assert report.figures["gaze_measured"]["value"] == 0.0


def test_a_full_turn_is_none() -> None:
    assert turn_of(np.array([359.0, -181.0, 180.0])).tolist() == [-1.0, 179.0, -180.0]


def test_alignment_of_nothing() -> None:
    """No face at all: nothing to align, and no error."""
    nothing = Angles(np.array([[1.0, 2.0]]), np.full((1, 2), np.nan), ["a"])
    aligned, _, notes = align(nothing)
    assert (aligned.true == nothing.true).all()
    assert notes == []


def test_what_is_needed_is_named_before_anything_is_looked_at(tmp_path: Path) -> None:
    job = stills(tmp_path, "file,yaw\na.png,1\n", [])
    assert isinstance(job, Knowing)
    with pytest.raises(SystemExit, match="no column for pitch; accepted: pitch, pitch_deg, pitch_rad, head_pitch"):
        evaluate_head_pose(job)
    with pytest.raises(SystemExit, match="no column for gaze_pitch"):
        evaluate_gaze(job)
