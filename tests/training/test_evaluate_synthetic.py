"""The simulator's data sets and the group report, before observers whose mistakes are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cabinwatch.recorder import observation_from
from simulator.dataset import PER_IDENTITY, Recipe, identity_of
from tests.training.knowing import Knowing, picture
from training.evaluate.columns import Labels
from training.evaluate.groups import LEAST_EYES, group_report, groups_of
from training.evaluate.synthetic import evaluate, worn_share
from vision.types import Direction, Eye, FaceObservation, Reason

RECIPE = {"seed": 5, "size": 64, "quality": "draft"}
RNG = np.random.default_rng(4)
POINTS = RNG.uniform(10, 50, (68, 2)).round(1).tolist()


def eye_truth(own: float, visible: float = 1.0) -> dict[str, Any]:
    return {"aperture_mm": 10 * own, "openness": own, "own": own, "visible": visible, "covered_by": []}


def line(number: int, own: float, yaw: float = 10.0, **wearing: object) -> dict[str, Any]:
    """One line of labels.jsonl as the simulator writes it, as far as it is read."""
    eye = {"openness": own, "closed": float(own < 0.2), "confidence": 1.0, "reason": None}
    head, gaze = {"yaw_deg": yaw, "pitch_deg": -4.0, "roll_deg": 1.0}, {"yaw_deg": yaw + 5, "pitch_deg": -8.0}
    sure = {"confidence": 1.0, "reason": None}
    return {
        "t_s": 0.0, "frame": 0, "file": f"{number:06d}.png", "landmarks_px": POINTS,
        "face": {"box_px": [10, 10, 50, 50], **sure}, "eyes": {"left": eye, "right": eye},
        "mouth": {"openness": 0.1, **sure}, "head": {**head, **sure}, "gaze": {**gaze, **sure},
        "truth": {
            "eyes": {"left": eye_truth(own), "right": eye_truth(own)}, "mouth": {"covered_by": []}, "head": head,
            "gaze": gaze, "face_visible": 0.9, "wearing": {"glasses": "none", "mask": False, "cap": False} | wearing,
            "daytime": "night", "camera": {"place": "mirror"},
        },
    }  # fmt: skip


def hidden(made: dict[str, Any]) -> dict[str, Any]:
    """The left eye behind a hand."""
    made["eyes"]["left"] = {"openness": None, "closed": None, "confidence": 0.0, "reason": "covered"}
    made["truth"]["eyes"]["left"] |= {"visible": 0.1, "covered_by": ["hand_left"]}
    return made


def dataset(folder: Path, lines: list[dict[str, Any]], told: list[FaceObservation] | None = None) -> Knowing:
    """Pictures and lines; without other words the observer tells the truth."""
    shard = folder / "shard_00000"
    shard.mkdir()
    (folder / "about.json").write_text(json.dumps({"recipe": RECIPE}))
    (shard / "labels.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    for one in lines:
        picture(shard / one["file"])
    return Knowing(folder, Labels(folder / "about.json", []), told=tuple(told or truths(lines)))


def truths(lines: list[dict[str, Any]]) -> list[FaceObservation]:
    return [observation_from(json.dumps(one)) for one in lines]


def varied(count: int = 40) -> list[dict[str, Any]]:
    """Two a person, lids anywhere, every fourth eye closed."""
    lids = [0.05 if k % 4 == 0 else 0.3 + 0.6 * (k % 7) / 7 for k in range(count)]
    return [line(k // 2 * PER_IDENTITY + k % 2, own, yaw=3.0 * k - 60) for k, own in enumerate(lids)]


def test_who_tells_the_truth_is_perfect(tmp_path: Path) -> None:
    """Truth and observation are read by the same names and signs."""
    figures = evaluate(dataset(tmp_path, [*varied(), hidden(line(999, 0.5))])).figures
    perfect = ("openness_r", "closed_auc", "closed_balanced", "closed_recall", "open_recall", "visible_auc",
               "visible_eyes_judged", "face_found", "gaze_measured")  # fmt: skip
    assert {name: figures[name]["value"] for name in perfect} == pytest.approx(dict.fromkeys(perfect, 1.0))
    none = ("openness_mae", "hidden_eyes_judged", "five_point_error", "head_mae", "gaze_error",
            "closed_calibration_error")  # fmt: skip
    assert {name: figures[name]["value"] for name in none} == pytest.approx(dict.fromkeys(none, 0.0), abs=1e-3)


def test_a_missed_face_misses_its_closed_eyes(tmp_path: Path) -> None:
    """Recall counts what is shown, not what was judged: who looks away from hard pictures gains nothing."""
    lines = varied()
    told = [FaceObservation(0.0) if k == 0 else one for k, one in enumerate(truths(lines))]
    figures = evaluate(dataset(tmp_path, lines, told)).figures
    assert figures["closed_recall"]["value"] == pytest.approx(18 / 20)
    assert figures["closed_balanced"]["value"] == 1.0
    assert figures["face_found"]["value"] == pytest.approx(39 / 40)


def test_an_eye_behind_a_hand_that_is_judged_is_told(tmp_path: Path) -> None:
    lines = [hidden(line(k, 0.5)) for k in range(4)]
    told = [replace(one, left=Eye(0.5, 0.1, 0.9)) for one in truths(lines)]
    figures = evaluate(dataset(tmp_path, lines, told)).figures
    assert figures["hidden_eyes_judged"]["value"] == 1.0
    assert figures["hidden_eyes_judged"]["n"] == 4
    assert figures["visible_auc"]["value"] == 1.0, "0.9 is still less than 1.0"


def test_errors_of_head_and_gaze(tmp_path: Path) -> None:
    lines = varied(4)
    told = [
        replace(one, head=Direction(one.head.yaw_deg + 6, -4.0, 1.0, 1.0), gaze=Direction(reason=Reason.NOT_MEASURED))
        for one in truths(lines)
    ]
    figures = evaluate(dataset(tmp_path, lines, told)).figures
    assert figures["head_yaw"]["value"] == pytest.approx(6.0)
    assert figures["head_mae"]["value"] == pytest.approx(2.0)
    assert figures["gaze_error"]["value"] is None
    assert figures["gaze_measured"]["value"] == 0.0


def test_what_vision_does_not_offer_has_no_figure(tmp_path: Path) -> None:
    """Glasses, mask and hand: n = 0 until an observation says something of them, an AUC from then on."""
    assert worn_share(FaceObservation(0.0), "glasses") is None
    figures = evaluate(dataset(tmp_path, varied(4))).figures
    assert [figures[f"{name}_auc"]["n"] for name in ("glasses", "sunglasses", "mask", "hand")] == [0, 0, 0, 0]


def test_people_and_pictures_fall_into_groups(tmp_path: Path) -> None:
    """Who is on a still follows from the recipe, as the simulator draws them."""
    dataset(tmp_path, [line(60, 0.5, glasses="clear")])
    person, groups = groups_of(tmp_path).of(60, line(60, 0.5, glasses="clear")["truth"])
    identity = identity_of(Recipe(seed=5, size=64), 60)
    assert person == "2"
    assert groups["sex"] == ("male" if identity.male >= 0.5 else "female")
    assert (groups["glasses"], groups["light"], groups["camera"]) == ("clear", "night", "mirror")
    low, high = (int(year) for year in groups["age"].split("–"))
    assert low <= identity.age_years < high + 1


def test_the_worst_group_comes_first() -> None:
    """Half of the eyes behind glasses are missed: 0.75 of all, 0.5 of them, a gap of 0.25."""
    count = 8 * LEAST_EYES
    glasses = [{"glasses": "clear" if k % 2 else "none"} for k in range(count)]
    hits = np.array([0.0 if k % 4 == 1 else 1.0 for k in range(count)])
    judged = np.array([k % 8 != 1 for k in range(count)])
    people = [str(k // 4) for k in range(count)]
    report = group_report(hits, judged, people, glasses)
    assert [row[:3] for row in report.table["rows"]] == [["glasses", "clear", 0.5], ["glasses", "none", 1.0]]
    assert report.table["rows"][0][-1] == pytest.approx(2 / 3)
    gap = report.figures["worst_group_gap"]
    assert (gap["value"], gap["group"], gap["n"]) == (pytest.approx(0.25), "glasses clear", count // 2)


def test_a_handful_of_eyes_is_not_called_the_worst_group() -> None:
    """It has its line in the table, and no name in the headline."""
    hits = np.array([0.0, *[1.0] * 60])
    groups = [{"light": "dusk" if k == 0 else "day"} for k in range(61)]
    report = group_report(hits, hits == hits, [str(k) for k in range(61)], groups)
    assert report.table["rows"][0][:3] == ["light", "dusk", 0.0]
    assert report.figures["worst_group_gap"]["group"] == "light day"


def test_a_bad_place_for_a_camera_is_shown_and_is_no_group_of_people() -> None:
    """It heads the table; the gap that must stay small is that of age, sex, ancestry, glasses and light."""
    hits = np.array([0.0 if k < 60 else 1.0 for k in range(120)])
    groups = [{"camera": "column" if k < 60 else "mirror", "sex": "male" if k % 2 else "female"} for k in range(120)]
    report = group_report(hits, hits == hits, [str(k) for k in range(120)], groups)
    assert report.table["rows"][0][:3] == ["camera", "column", 0.0]
    assert report.figures["worst_group_gap"]["value"] == pytest.approx(0.0)


def test_a_sheet_of_mistakes(tmp_path: Path) -> None:
    """Nobody on it exists. Without a mistake there is none to draw."""
    lines = varied(8)
    told = [replace(one, left=Eye(0.9, 0.02, 0.9)) for one in truths(lines)]
    evaluate(replace(dataset(tmp_path, lines, told), sheet=tmp_path / "worst.png"))
    assert (tmp_path / "worst.png").read_bytes()[:4] == b"\x89PNG"


def test_a_folder_that_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(
        SystemExit, match=r"no shard_\*/labels\.jsonl; make a data set with python -m simulator dataset"
    ):
        evaluate(Knowing(tmp_path, Labels(tmp_path / "about.json", [])))
