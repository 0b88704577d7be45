"""The parity report says what changes for the driver, and shows where to look."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training import parity_cases, parity_report
from training import parity_readings as readings
from training.conditions import PATCH, WHOLE_PICTURE
from training.data import held_out
from training.parity_cases import spread
from training.parity_readings import Values, disagreements, figures, read, worst

RNG = np.random.default_rng


def eyes(float32: list[float], int8: list[float]) -> Values:
    """Closed, from logits."""
    forms = {"torch": float32, "float32": float32, "int8": int8}
    return {form: read("closed", np.array(logits)[:, None]) for form, logits in forms.items()}


def test_a_small_difference_across_the_threshold_is_a_flip() -> None:
    """0.1 in the logit changes nothing at 0.98, and the alarm at 0.5."""
    found = figures("closed", eyes([4.0, 0.05, -3.0, -0.05], [3.9, -0.05, -3.0, -0.15]), [1, 1, 0, None])
    assert found["flips"] == {"torch–float32": 0.0, "float32–int8": 0.25}
    assert found["apart"]["float32–int8"]["max"] == pytest.approx(0.025, abs=1e-3)
    assert found["truth"] == {"n": 3, "kind": "agreement", "torch": 1.0, "float32": 1.0, "int8": pytest.approx(2 / 3)}


def test_values_are_held_against_the_teacher_in_their_own_unit() -> None:
    """Angles in degrees; a picture that the teacher did not see counts for parity and not for the error."""
    raw = np.array([[0.2, 0.0, 0.0], [0.4, 0.0, 0.0]])
    values = {form: read("head", raw + extra) for form, extra in (("torch", 0.0), ("float32", 0.0), ("int8", 0.02))}
    found = figures("head", values, [np.array([9.0, 0.0, 0.0]), None])
    assert found["unit"] == "°"
    assert found["flips"] == {}
    assert found["apart"]["float32–int8"]["mean"] == pytest.approx(0.9)
    assert (found["truth"]["n"], found["truth"]["kind"]) == (1, "error")
    assert found["truth"]["float32"] == pytest.approx(0.0, abs=1e-9)
    assert found["truth"]["int8"] == pytest.approx(0.9)


def test_the_expression_is_the_largest_share() -> None:
    logits = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.9]])
    values = {"torch": read("expression", logits), "float32": read("expression", logits[:, [0, 2, 1]])}
    assert values["torch"].sum(axis=1) == pytest.approx([1.0, 1.0])
    found = figures("expression", values, [0, 1])
    assert found["flips"] == {"torch–float32": 0.5}
    assert (found["truth"]["torch"], found["truth"]["float32"]) == (1.0, 0.5)


def test_a_face_is_found_where_any_cell_says_so() -> None:
    """The finder's map is one decision, not 432."""
    maps = np.full((2, 5, 3, 4), -9.0)
    maps[1, 0, 2, 1] = 0.0
    values = {"torch": read("heat", maps), "int8": read("heat", maps - 2.0)}
    assert figures("heat", values, [None, 1])["truth"] == {"n": 1, "kind": "agreement", "torch": 1.0, "int8": 0.0}


def test_the_worst_disagreements_are_different_pictures() -> None:
    """One bad picture under two conditions takes one place; rounding takes none."""
    found = [
        *disagreements("closed", "plain", eyes([0.0, 2.0, 3.0, -4.0], [2.0, 2.4, 3.0, -4.0]), [None] * 4, 3),
        *disagreements("closed", "dark", eyes([0.0, 2.0, 3.0, -4.0], [3.0, 2.1, 3.0, -4.0]), [None] * 4, 3),
    ]
    told = worst(found, 3)
    assert [(one.pair, one.case, one.condition) for one in told] == [
        ("float32–int8", 0, "dark"),
        ("float32–int8", 1, "plain"),
    ]
    assert told[0].values == {"torch": 0.5, "float32": 0.5, "int8": pytest.approx(0.9526, abs=1e-4)}


def test_the_student_is_also_held_against_the_teacher() -> None:
    """With the teacher's value beside the others; unknown ones stay out."""
    opened = {"torch": np.array([[0.9], [0.2]]), "int8": np.array([[0.9], [0.2]])}
    (one,) = disagreements("openness", "plain", opened, [0.4, None], 5)
    assert (one.pair, one.case, one.difference) == ("teacher–torch", 0, pytest.approx(0.5))
    assert one.values == {"teacher": 0.4, "torch": 0.9, "int8": 0.9}


def test_an_output_nobody_knows_yet_is_reported_as_it_comes() -> None:
    """A new output needs no change here to be compared."""
    assert "something new" not in readings.READINGS
    values = {form: read("something new", np.full((2, 2, 2), extra)) for form, extra in (("torch", 0.0), ("int8", 1.0))}
    assert figures("something new", values, [None, None])["apart"] == {"torch–int8": {"mean": 1.0, "max": 1.0}}


@pytest.fixture
def face() -> np.ndarray:
    """A bright oval with two dark spots on grey."""
    picture = np.full((96, 120), 90, np.uint8)
    cv2.ellipse(picture, (60, 48), (30, 40), 0, 0, 360, 170, -1)
    for x in (48, 72):
        cv2.circle(picture, (x, 40), 4, 30, -1)
    return picture


@pytest.mark.parametrize("name", WHOLE_PICTURE)
def test_a_condition_changes_the_light_and_not_the_frame(name: str, face: np.ndarray) -> None:
    """Grey levels of the same shape, the same at every call, and not the picture that went in."""
    before = face.copy()
    shown = WHOLE_PICTURE[name](face, 60.0, RNG(5))
    assert (shown.shape, shown.dtype) == (face.shape, np.uint8)
    assert (shown == WHOLE_PICTURE[name](face, 60.0, RNG(5))).all()
    assert (face == before).all()
    assert (shown == face).all() == (name == "plain")


def test_each_condition_does_what_it_is_called(face: np.ndarray) -> None:
    """Amounts as they are stated."""
    shown = {name: condition(face, 60.0, RNG(5)) for name, condition in PATCH.items()}
    assert shown["dark"].max() == 170 // 4
    assert np.std(shown["dark_noise"][:20, :20].astype(float)) == pytest.approx(8.0, rel=0.2)
    assert shown["over_exposed"].max() == 255
    left, right = shown["half_lit"][:, :30].mean(), shown["half_lit"][:, -30:].mean()
    assert min(left, right) < 0.5 * max(left, right)
    assert len(np.unique(shown["sun_striped"][0])) <= 2  # two lights on one grey, hard edges
    assert np.abs(np.diff(shown["blurred"].astype(int))).max() < np.abs(np.diff(face.astype(int))).max()


def test_a_small_face_lies_in_the_whole_frame_or_in_its_own_patch(face: np.ndarray) -> None:
    """50 of 640 px wide for the finder; for a patch, what is left of its detail."""
    far = WHOLE_PICTURE["small"](face, 60.0, RNG(5))
    columns = np.flatnonzero((far == 170).any(axis=0))
    assert np.ptp(columns) + 1 == pytest.approx(120 * 50 / 640, abs=2)
    assert (PATCH["small"](face, 40.0, RNG(5)) == face).all()  # small already
    assert (PATCH["small"](face, 400.0, RNG(5)) != face).any()


def test_pictures_are_taken_evenly() -> None:
    """From all sources of a table, not from its beginning."""
    assert spread(10, 3).tolist() == [0, 4, 9]
    assert spread(3, 10).tolist() == [0, 1, 2]
    assert spread(0, 10).tolist() == []


TOLD = {"output": "closed", "condition": "dark", "difference": 0.2, "values": {"torch": 0.4, "int8": 0.6}}


def test_no_picture_of_a_person_enters_the_project(tmp_path: Path) -> None:
    """Not even by a roundabout path, and before the long part of the work."""
    (tmp_path / "elsewhere").symlink_to(Path(parity_report.__file__).parents[1] / "docs")
    with pytest.raises(SystemExit, match=r"sheet\.png: no picture of a person may enter the project"):
        parity_report.Sheet(tmp_path / "elsewhere" / "sheet.png")
    sheet = parity_report.Sheet(tmp_path / "sheet.png")
    for _ in range(9):
        sheet.add("eyes closed", TOLD, np.eye(48, dtype=np.float32))
    sheet.write()
    high, wide = cv2.imread(str(tmp_path / "sheet.png"), cv2.IMREAD_GRAYSCALE).shape
    assert (wide, high) == (8 * 144, 2 * 200)


def test_the_report_can_be_read() -> None:
    """One line an output and condition, with what INT8 changes and what it loses."""
    found = figures("closed", eyes([4.0, 0.05], [3.9, -0.05]), [1, 1])
    part = {
        "cases": 2,
        "figures": {"closed": {"dark": found}},
        "worst": [TOLD | {"pair": "float32–int8", "picture": "cew_eyes[7]"}],
        "verdict": "FP32 ships: …",
    }
    text = parity_report.markdown({"eyes": part})
    (line,) = [line for line in text.splitlines() if line.startswith("| closed | dark | probability")]
    assert "| 50.00% | 100.00% → 100.00% → 50.00% (agreement, n = 2) |" in line
    assert "| float32–int8 | closed | dark | cew_eyes[7] | 0.2 | torch 0.400, int8 0.600 |" in text
    assert "By these rows: FP32 ships" in text
    rows = parity_report.rows("eyes", part["figures"], "int8")
    assert rows == {"eyes.closed_dark_agreement": 0.5}


def people(wanted: bool, count: int) -> list[str]:
    """Names on one side of the split."""
    return [name for name in (f"person {k}" for k in range(200)) if held_out(name) is wanted][:count]


def test_only_people_held_out_are_shown_and_none_is_named(tmp_path: Path) -> None:
    """A report on faces that training saw would prove nothing; names of files are names of people."""
    columns, rows = np.meshgrid(np.linspace(-0.4, 0.4, 17), np.linspace(-0.4, 0.4, 4))
    points = np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float32)
    np.savez(
        tmp_path / "faces.npz",
        held_out=np.array([False, True, True]),
        image=RNG(0).integers(0, 256, (3, 192, 192), np.uint8),
        eye_image=RNG(0).integers(0, 256, (3, 2, 72, 72), np.uint8),
        points=np.stack([points] * 3),
        angles=np.array([[0, 0, 0], [10, 5, 0], [50, 0, 0]], np.float32),
        mouth=np.array([0.1, 0.2, 0.3]),
        eyes=np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),
        name=np.array(["a.jpg", "somebody.jpg", "c.jpg"]),
    )
    for source in parity_cases.EYE_SOURCES:
        (tmp_path / source).mkdir()
        lines = [f"{k}.png,{who},closed" for k, who in enumerate([*people(False, 2), *people(True, 1)])]
        (tmp_path / source / "labels.csv").write_text("\n".join(["file,person,state", *lines]))
        for k in range(3):
            cv2.imwrite(str(tmp_path / source / f"{k}.png"), RNG(k).integers(0, 256, (24, 24), np.uint8))

    faces = parity_cases.face_cases(tmp_path, tmp_path, 10)
    assert [case.name for case in faces] == ["faces.npz[1]", "faces.npz[2]"]
    assert faces[0].cut(faces[0].grey).shape == (1, 112, 112)
    assert np.abs(faces[0].truth["points"]).max() <= 0.5  # of the side of the patch, from its middle
    assert faces[0].truth["head"].tolist() == [10, 5, 0]

    eyes = parity_cases.eye_cases(tmp_path, tmp_path, 40)
    assert [case.name for case in eyes] == [
        "cew_eyes[2]", "web_eyes[2]", "nir_eyes[2]", "faces.npz[1] left", "faces.npz[2] right"
    ]  # fmt: skip
    assert {case.cut(case.grey).shape for case in eyes} == {(1, 48, 48)}
    assert [case.truth for case in eyes[2:4]] == [{"closed": 1}, {"openness": 0.3}]
    assert eyes[4].truth == {"openness": 0.6}  # the near eye; a left one would be the far one, and nobody's word
    assert eyes[4].beside["head"] == pytest.approx([50 / 45, 0, 0])
