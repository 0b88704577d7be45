"""INT8 ships only if no row of the results loses more than half a point."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from training import release

FLOAT32 = {"cew_eyes_balanced": 0.974, "ytf_nme5": 0.040, "ytf_yaw_mae": 1.70, "face_score_p05": 0.85}


def lost(**changes: float) -> release.Rows:
    return release.losses(FLOAT32, FLOAT32 | changes)


def test_what_loses_nothing_ships() -> None:
    """The verdict names the worst row, so that one sees how near it was."""
    verdict = release.verdict(lost(cew_eyes_balanced=0.971))
    assert verdict == "INT8 ships: of 3 rows the worst is cew_eyes_balanced, +0.30 points lost (at most 0.5 allowed)"


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({"cew_eyes_balanced": 0.968}, 0.6),  # a share that falls
        ({"ytf_nme5": 0.046}, 0.6),  # an error that grows
        ({"ytf_yaw_mae": 1.82}, 0.6),  # an angle: the bars are stated to 0.1°
    ],
)
def test_one_bad_row_keeps_fp32(change: dict[str, float], points: float) -> None:
    """Whatever the others gain; the row is named with what it loses."""
    rows = lost(**{"cew_eyes_balanced": 0.999, "ytf_nme5": 0.01, "ytf_yaw_mae": 1.0} | change)
    (name,) = change
    assert rows[name] == pytest.approx(points)
    assert not release.ships(rows)
    assert release.verdict(rows) == f"FP32 ships: INT8 loses 0.60 points on {name}"


def test_a_gain_is_no_loss() -> None:
    """Each of these is better in INT8."""
    assert max(lost(cew_eyes_balanced=0.98, ytf_nme5=0.03, ytf_yaw_mae=1.2).values()) < 0


def test_the_worst_row_is_said_first() -> None:
    assert list(release.too_much(lost(cew_eyes_balanced=0.96, ytf_nme5=0.08))) == ["ytf_nme5", "cew_eyes_balanced"]


def test_no_figure_is_no_row() -> None:
    """Not measured on one side, on neither side, and percentiles of scores; without any row FP32 ships."""
    assert release.losses({"a": 0.9, "b": float("nan"), "x_p05": 0.9}, {"b": 0.9, "c": 0.1, "x_p05": 0.1}) == {}
    assert release.verdict({}) == "FP32 ships: INT8 was compared on no row"
    assert not release.ships({})


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("eyes.auc", -100), ("eyes.calibration_error", 100), ("head_pose.mean_below_40", 5), ("gaze.gaze_error", 5),
        ("gaze.gaze_measured", -100), ("head_pose.face_missed", 100), ("detection.small", -100),
        ("detection.dark_false", 100), ("synthetic.glasses_auc", -100), ("synthetic.head_mae", 5),
        ("synthetic.openness_mae", 100), ("blinks.false_per_minute", 100), ("landmarks.failures", 100),
        ("synthetic.hidden_eyes_judged", 100),
    ],
)  # fmt: skip
def test_each_kind_of_row_counts_the_right_way(name: str, sign: float) -> None:
    """Points lost when the row grows by one: rows of training.evaluate as they are called."""
    assert release.losses({name: 0.0}, {name: 1.0}) == {name: pytest.approx(sign)}


def test_two_folders_of_results_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """Row by row and file by file; the exit status is the answer."""
    for folder, value in (("fp32", 0.98), ("int8", 0.97)):
        (tmp_path / folder).mkdir()
        results = {"auc": {"value": value, "n": 9}, "recall": {"value": None, "n": 0}}
        (tmp_path / folder / "eyes.json").write_text(json.dumps({"task": "eyes", "results": results}))
    monkeypatch.setattr(sys, "argv", ["release", str(tmp_path / "fp32"), str(tmp_path / "int8")])
    with pytest.raises(SystemExit) as ended:
        release.main()
    assert ended.value.code == 1
    assert "FP32 ships: INT8 loses 1.00 points on eyes.auc" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["release", str(tmp_path / "int8"), str(tmp_path / "fp32")])
    with pytest.raises(SystemExit) as ended:
        release.main()
    assert ended.value.code == 0
