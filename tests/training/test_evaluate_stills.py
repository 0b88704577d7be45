"""Eyes, yawns, landmarks, expressions and detection, with figures worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.knowing import stills
from training.evaluate import detection
from training.evaluate.columns import read
from training.evaluate.detection import found, true_boxes
from training.evaluate.eyes import Lids, evaluate, figures_of
from training.evaluate.job import Job
from training.evaluate.peer import Peer
from training.evaluate.stills import (
    evaluate_expression,
    evaluate_landmarks,
    evaluate_yawn,
    five_of,
    five_point_error,
)
from vision.types import EXPRESSIONS, Affect, Eye, Face, FaceObservation, Mouth

NOBODY = FaceObservation(0.0)
RNG = np.random.default_rng(3)
POINTS = RNG.uniform(20, 60, (68, 2)).round(1).astype(np.float32)


def yawning(openness: float) -> FaceObservation:
    return FaceObservation(0.0, mouth=Mouth(openness, 1.0))


# --- yawns -----------------------------------------------------------------------------------------------------------


def test_a_missed_face_has_the_lowest_score(tmp_path: Path) -> None:
    """Missing a yawn costs; missing a closed mouth does not help."""
    job = stills(tmp_path, "file,label\na,yawn\nb,yawn\nc,no_yawn\nd,no_yawn\n",
                 [yawning(0.9), NOBODY, yawning(0.1), yawning(0.2)])  # fmt: skip
    figures = evaluate_yawn(job).figures
    assert figures["auc"]["value"] == 0.5
    assert figures["mouth_measured"]["value"] == 0.75


@pytest.mark.parametrize("labels", ["file,yawn\na,1\nb,0\n", "file,state\na,Yawning\nb,talking\n"])
def test_yawns_in_other_words(tmp_path: Path, labels: str) -> None:
    assert evaluate_yawn(stills(tmp_path, labels, [yawning(0.9), yawning(0.1)])).figures["auc"]["value"] == 1.0


def test_a_picture_that_cannot_be_read_is_left_out_and_counted(tmp_path: Path) -> None:
    job = stills(tmp_path, "file,label\na,yawn\nb,no_yawn\nc,no_yawn\n", [yawning(0.9), yawning(0.1)])
    (tmp_path / "b").write_bytes(b"no picture")
    report = evaluate_yawn(job)
    assert report.figures["auc"]["n"] == 2
    assert dict(report.labels.left_out) == {"unreadable": 1}


def test_nothing_that_can_be_read_stops(tmp_path: Path) -> None:
    job = stills(tmp_path, "file,label\na,yawn\n", [])
    (tmp_path / "a").unlink()
    with pytest.raises(SystemExit, match="none of its 1 files can be read below"):
        evaluate_yawn(job)


# --- landmarks -------------------------------------------------------------------------------------------------------


def with_points(points: np.ndarray) -> FaceObservation:
    return FaceObservation(0.0, face=Face((0, 0, 9, 9), 1.0), landmarks_px=points.astype(np.float32))


def test_five_point_error_over_the_outer_eye_distance() -> None:
    """All points 3 px off: 3 over the distance of the outer corners."""
    apart = float(np.linalg.norm(POINTS[36] - POINTS[45]))
    error = five_point_error(with_points(POINTS + np.array([3.0, 0.0])), POINTS)
    assert error == pytest.approx(3.0 / apart, rel=1e-4)
    assert np.isnan(five_point_error(NOBODY, POINTS))


def test_missed_faces_are_failures_and_have_no_error(tmp_path: Path) -> None:
    names = ",".join(f"x{k},y{k}" for k in range(68))
    row = ",".join(str(v) for v in POINTS.ravel())
    job = stills(tmp_path, f"file,{names}\na,{row}\nb,{row}\nc,{row}\n",
                 [with_points(POINTS), NOBODY, with_points(POINTS + 40)])  # fmt: skip
    figures = evaluate_landmarks(job).figures
    assert figures["failures"]["value"] == pytest.approx(2 / 3)
    assert figures["five_point_error"]["n"] == 2
    assert figures["face_found"]["value"] == pytest.approx(2 / 3)


def test_a_table_of_five_points(tmp_path: Path) -> None:
    five = five_of(POINTS)
    names = ",".join(f"x{k},y{k}" for k in range(5))
    row = ",".join(str(v) for v in five.ravel())
    figures = evaluate_landmarks(stills(tmp_path, f"file,{names}\na,{row}\n", [with_points(POINTS)])).figures
    assert figures["five_point_error"]["value"] == pytest.approx(0.0, abs=1e-6)


def test_points_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        SystemExit, match=r"no column for points; accepted: x0, y0 … x67, y67 in px, x0 … y4; missing: y"
    ):
        evaluate_landmarks(stills(tmp_path, "file,x0\na,1\n", []))


# --- expressions -----------------------------------------------------------------------------------------------------


def showing(name: str) -> FaceObservation:
    shares = tuple(1.0 if one == name else 0.0 for one in EXPRESSIONS)
    return FaceObservation(0.0, affect=Affect(shares, 0.0, 0.0))


def test_expressions_by_any_word_and_a_missed_face_is_wrong(tmp_path: Path) -> None:
    text = "file,expression\na,Happy\nb,joy\nc,contempt\nd,SAD\n"
    report = evaluate_expression(stills(tmp_path, text, [showing("happiness"), NOBODY, showing("sadness")]))
    assert report.figures["accuracy"]["value"] == pytest.approx(2 / 3)
    assert report.figures["unweighted_recall"]["value"] == pytest.approx(0.75)
    assert report.figures["recall_happiness"]["value"] == 0.5
    assert dict(report.labels.left_out) == {"emotion 'contempt'": 1}


def test_where_the_peer_says_nothing_it_is_not_asked(tmp_path: Path) -> None:
    job = stills(tmp_path, "file,emotion\na,happy\n", [], peer=Peer(Path("python")))
    with pytest.raises(SystemExit, match="MediaPipe names no expressions"):
        evaluate_expression(job)


# --- eyes ------------------------------------------------------------------------------------------------------------


def lids(truth: list[int], closed: list[float], persons: str) -> Lids:
    return Lids(np.array(truth), np.array(closed), np.ones(len(truth)), list(persons))


def test_the_threshold_is_the_products() -> None:
    """0.5 is closed, as in alerts/eyes.py; nothing is tuned to a data set."""
    figures = figures_of(lids([1, 1, 0, 0], [0.5, 0.49, 0.49, 0.1], "abab"))
    assert figures["closed_recall"]["value"] == 0.5
    assert figures["open_recall"]["value"] == 1.0
    assert figures["balanced_accuracy"]["value"] == 0.75
    assert figures["auc"]["value"] == pytest.approx(0.875)


def test_each_person_counts_once() -> None:
    """One right throughout, one wrong throughout, ten times as many pictures: 0.5. Who shows one state has none."""
    truth, closed = [1, 0] + [1, 0] * 10 + [0], [0.9, 0.1] + [0.1, 0.9] * 10 + [0.1]
    over = figures_of(lids(truth, closed, "ab"[:1] * 2 + "b" * 20 + "c"))["balanced_over_persons"]
    assert (over["value"], over["n"]) == (0.5, 2)


def test_an_eye_of_which_nothing_is_said_is_wrong() -> None:
    """Neither open nor closed: it cannot raise a recall, and sorts in the middle."""
    figures = figures_of(lids([1, 0], [np.nan, np.nan], "ab"))
    assert figures["balanced_accuracy"]["value"] == 0.0
    assert figures["auc"]["value"] == 0.5
    assert figures["calibration_error"]["value"] is None


def eyes(closed: float | None, confidence: float = 0.9) -> FaceObservation:
    eye = Eye(None if closed is None else 1 - closed, closed, confidence if closed is not None else 0.0)
    return FaceObservation(0.0, left=eye, right=eye)


def test_eyes_in_pictures_of_faces(tmp_path: Path) -> None:
    """--faces: the observer finds them; a missed face is judged invisible and wrong."""
    job = stills(tmp_path, "file,closed\na,1\nb,0\nc,1\n", [eyes(0.9), eyes(0.2), NOBODY], whole_faces=True)
    figures = evaluate(job).figures
    assert figures["closed_recall"]["value"] == 0.5
    assert figures["open_recall"]["value"] == 1.0
    assert figures["judged_visible"]["value"] == pytest.approx(2 / 3)


def test_each_source_gets_figures_of_its_own(tmp_path: Path) -> None:
    rows = [("a", "open", "near eye"), ("b", "closed", "near eye"), ("c", "open", "car"), ("d", "closed", "car")]
    text = "\n".join(["file,state,source", *(",".join(row) for row in rows)]) + "\n"
    seen = [eyes(0.1), eyes(0.9), eyes(0.9), eyes(0.1)]
    report = evaluate(stills(tmp_path, text, seen, whole_faces=True))
    assert report.figures["balanced_accuracy"]["value"] == 0.5
    assert report.figures["near_eye/balanced_accuracy"]["value"] == 1.0
    assert report.figures["car/balanced_accuracy"]["value"] == 0.0
    assert report.tables["reliability"]["columns"][2] == "n"


def test_patches_go_through_the_products_eye_network(tmp_path: Path) -> None:
    """Two flat patches: something is said of each, and neither is called a visible eye."""
    job = stills(tmp_path, "file,state,person\na,open,p\nb,closed,p\nc,partial,p\n", [])
    report = evaluate(job)
    assert report.figures["judged_visible"]["n"] == 2
    assert report.figures["judged_visible"]["value"] == 0.0
    assert dict(report.labels.left_out) == {"state 'partial'": 1}


# --- detection -------------------------------------------------------------------------------------------------------


def boxed(box: tuple[float, float, float, float]) -> FaceObservation:
    return FaceObservation(0.0, face=Face(box, 1.0))


@pytest.mark.parametrize(
    ("box", "hit"),
    [
        ((10, 10, 50, 60), True),
        ((24, 10, 64, 60), True),  # the middle 14 px aside, within the widened box
        ((42, 10, 82, 60), False),
        ((20, 20, 35, 40), False),  # 15 px wide where 40 are true
        ((-40, -30, 100, 100), False),
    ],
)
def test_found_where_it_is_and_as_large(box: tuple[float, float, float, float], hit: bool) -> None:
    assert found(boxed(box), np.array([10.0, 10.0, 50.0, 60.0])) is hit


def test_boxes_in_other_columns(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,left,top,width,height\na,10,20,30,40\n")
    assert [box.tolist() for box in true_boxes(read(tmp_path)) if box is not None] == [[10, 20, 40, 60]]


def test_faces_found_where_there_are_none_are_counted(tmp_path: Path) -> None:
    """The second picture shows none; an observer that always sees one at the same place is right once."""
    text = "file,x1,y1,x2,y2,face\na,10,10,50,60,1\nb,,,,,0\n"
    report = detection.evaluate(stills(tmp_path, text, [boxed((10, 10, 50, 60))] * 2))
    figures = report.figures
    assert figures["plain"]["value"] == figures["dark"]["value"] == figures["blurred"]["value"] == 1.0
    assert figures["plain_false"] == figures["dark_noise_false"]
    assert figures["plain_false"]["value"] == 1.0
    assert (figures["small"]["value"], figures["small_elsewhere"]["value"]) == (0.0, 1.0), "the face was moved"


def test_who_finds_only_real_faces_has_no_false_one(tmp_path: Path) -> None:
    text = "file,x1,y1,x2,y2,label\na,10,10,50,60,face\nb,,,,,no_face\n"
    figures = detection.evaluate(stills(tmp_path, text, [boxed((10, 10, 50, 60)), NOBODY])).figures
    assert (figures["plain"]["value"], figures["plain_false"]["value"], figures["plain_false"]["n"]) == (1.0, 0.0, 1)


def test_nothing_is_found_in_grey(tmp_path: Path) -> None:
    """Through the product's own networks."""
    job = stills(tmp_path, "file,x1,y1,x2,y2\na,10,10,50,60\n", [])
    assert detection.evaluate(Job(job.data, job.labels)).figures["plain"]["value"] == 0.0
