"""Task synthetic: stills of the simulator (`python -m simulator dataset`), whose truth is exact, and the group report.

DIR holds about.json and shard_*/labels.jsonl. Knows the truth's names (simulator/truth_json.py) and what an observation
offers. What it does not offer yet is reported with n = 0. An eye counts as truly visible where the truth's own
observation judges it, and as closed below 20 % of this person's relaxed aperture. n counts eyes, or stills where a
figure is of the whole face; intervals resample identities.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from alerts.eyes import CLOSED_FROM
from training.evaluate import sheet
from training.evaluate.groups import Groups, group_report, groups_of
from training.evaluate.job import Job, Report, grey_of, shown, table
from training.evaluate.pose import Angles, gaze_figures, turn_of
from training.evaluate.stills import FAILED, five_point_error
from training.metrics import (
    Result,
    auc,
    balanced_of_two,
    bootstrap,
    calibration_error,
    correlation,
    mean,
    rate,
    reliability,
    unmeasured,
)
from vision.types import CameraView, Eye, FaceObservation, Frame

Json = dict[str, Any]
SIDES = ("left", "right")
LABELS = "labels.jsonl"
CLOSED_OWN = 0.2  # share of this person's relaxed aperture: the P80 of PERCLOS, as in simulator/truth_json.py
MOST_SHOWN = 8  # pictures of a kind on a sheet of mistakes
LEAST_FACE = 0.3  # share of a face that must be visible to be looked for
# What may lie on a face, from the truth. The same names are asked of FaceObservation.covers.
WORN: dict[str, Callable[[Json], bool]] = {
    "glasses": lambda truth: truth["wearing"]["glasses"] != "none",
    "sunglasses": lambda truth: truth["wearing"]["glasses"] == "sun_opaque",
    "mask": lambda truth: bool(truth["wearing"]["mask"]),
    "hand": lambda truth: any(name.startswith("hand") for name in _covering(truth)),
}


@dataclass(frozen=True)
class Still:
    """One picture: where it lies, its number, who is on it, the line of its truth and what was seen."""

    file: Path
    line: Json
    person: str
    groups: Groups
    seen: FaceObservation

    @property
    def truth(self) -> Json:
        truth: Json = self.line["truth"]
        return truth


@dataclass(frozen=True)
class Eyes:
    """All eyes in one order, both of a still one after the other. n eyes."""

    openness: np.ndarray  # (n,) true, 1 = the population's relaxed eye
    closed: np.ndarray  # (n,) true
    visible: np.ndarray  # (n,) true
    said_openness: np.ndarray  # (n,) NaN: not judged
    said_closed: np.ndarray  # (n,) probability, NaN: not judged
    confidence: np.ndarray  # (n,)
    persons: np.ndarray  # (n,) names

    def part(self, keep: np.ndarray) -> Eyes:
        return Eyes(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))

    @property
    def who(self) -> list[str]:
        return [str(name) for name in self.persons]


def evaluate(job: Job) -> Report:
    """Every still as a cold start."""
    stills = _looked_at(job)
    eyes = _eyes(stills)
    closed = eyes.part(eyes.visible & eyes.closed)
    groups = [still.groups for still in stills for _ in SIDES]
    report = group_report(
        (closed.said_closed >= CLOSED_FROM).astype(float),
        ~np.isnan(closed.said_closed),
        closed.who,
        [groups[k] for k in np.nonzero(eyes.visible & eyes.closed)[0]],
    )
    figures = _eye_figures(eyes) | _face_figures(stills) | _worn_figures(stills) | report.figures
    judged = eyes.part(eyes.visible & ~np.isnan(eyes.said_closed))
    diagram = table(("from", "to", "n", "said closed", "was closed"), reliability(judged.said_closed, judged.closed))
    if job.sheet is not None:
        _draw(job.sheet, stills, eyes)
    return Report(figures, job.labels, {"groups": report.table, "reliability": diagram})


def _looked_at(job: Job) -> list[Still]:
    lines = lines_of(job.data)[:: job.every]
    if not lines:
        raise SystemExit(f"{job.data}: no shard_*/{LABELS}; make a data set with python -m simulator dataset")
    people = groups_of(job.data)
    stills = []
    with job.watching(follow=False) as observer:
        for index, (file, line) in enumerate(shown(lines, "looking")):
            grey = grey_of(file)
            if grey is None:
                raise SystemExit(f"{file}: cannot be read; the data set is damaged")
            seen = observer.observe(Frame(float(index), index, grey, CameraView()))
            person, groups = people.of(int(file.stem), line["truth"])
            stills.append(Still(file, line, person, groups, seen))
    return stills


def lines_of(folder: Path) -> list[tuple[Path, Json]]:
    """Every still with its line; a shard that is being written has no such name yet."""
    found = []
    for labels in sorted(folder.glob(f"shard_*/{LABELS}")):
        for text in labels.read_text().splitlines():
            line = json.loads(text)
            found.append((labels.parent / line["file"], line))
    return found


def _eyes(stills: list[Still]) -> Eyes:
    rows = [_eye(still, side) for still in stills for side in SIDES]
    persons = np.array([still.person for still in stills for _ in SIDES])
    openness, closed, visible, said_openness, said_closed, confidence = np.array(rows, float).T
    return Eyes(openness, closed == 1, visible == 1, said_openness, said_closed, confidence, persons)


def _eye(still: Still, side: str) -> tuple[float, ...]:
    truth, said = still.truth["eyes"][side], _said(still.seen, side)
    visible = still.line["eyes"][side]["reason"] is None
    nan = float("nan")
    return (
        truth["openness"],
        truth["own"] < CLOSED_OWN,
        visible,
        nan if said.openness is None else said.openness,
        nan if said.closed is None else said.closed,
        said.confidence,
    )


def _said(seen: FaceObservation, side: str) -> Eye:
    eye: Eye = getattr(seen, side)
    return eye


def _eye_figures(eyes: Eyes) -> dict[str, Result]:
    judged = eyes.part(eyes.visible & ~np.isnan(eyes.said_closed))
    shown_closed, shown_open = eyes.part(eyes.visible & eyes.closed), eyes.part(eyes.visible & ~eyes.closed)
    apart = np.abs(judged.said_openness - judged.openness)
    said = judged.said_closed >= CLOSED_FROM
    return {
        "openness_r": bootstrap(judged.who, lambda k: correlation(judged.said_openness[k], judged.openness[k])),
        "openness_mae": mean(apart, judged.who),
        "closed_auc": bootstrap(judged.who, lambda k: auc(judged.said_closed[k], judged.closed[k])),
        "closed_balanced": bootstrap(judged.who, lambda k: balanced_of_two(said[k], judged.closed[k])),
        "closed_recall": rate(shown_closed.said_closed >= CLOSED_FROM, shown_closed.who),
        "open_recall": rate(shown_open.said_closed < CLOSED_FROM, shown_open.who),
        "closed_calibration_error": bootstrap(
            judged.who, lambda k: calibration_error(judged.said_closed[k], judged.closed[k])
        ),
        "visible_auc": bootstrap(eyes.who, lambda k: auc(eyes.confidence[k], eyes.visible[k])),
        "visible_eyes_judged": rate(*_share(~np.isnan(eyes.said_closed), eyes, eyes.visible)),
        "hidden_eyes_judged": rate(*_share(~np.isnan(eyes.said_closed), eyes, ~eyes.visible)),
    }


def _share(hits: np.ndarray, eyes: Eyes, among: np.ndarray) -> tuple[np.ndarray, list[str]]:
    return hits[among], eyes.part(among).who


def _face_figures(stills: list[Still]) -> dict[str, Result]:
    there = [still for still in stills if still.truth["face_visible"] >= LEAST_FACE and still.line["landmarks_px"]]
    who = [still.person for still in there]
    points = np.array([five_point_error(still.seen, np.array(still.line["landmarks_px"])) for still in there])
    head = _angles(there, "head", ("yaw_deg", "pitch_deg", "roll_deg"))
    gazing = [still for still in there if still.line["gaze"]["reason"] is None]
    error = np.abs(turn_of(head.said - head.true))
    return {
        "face_found": rate(np.array([still.seen.face.box_px is not None for still in there]), who),
        "five_point_error": mean(points, who),
        "five_point_failures": rate(np.isnan(points) | (points > FAILED), who),
        "head_mae": mean(error.mean(1), who),
        "head_yaw": mean(error[:, 0], who),
        "head_pitch": mean(error[:, 1], who),
        "head_roll": mean(error[:, 2], who),
        **gaze_figures(_angles(gazing, "gaze", ("yaw_deg", "pitch_deg")), ""),
    }


def _angles(stills: list[Still], what: str, names: tuple[str, ...]) -> Angles:
    true = [[still.truth[what][name] for name in names] for still in stills]
    said = [[_number(getattr(getattr(still.seen, what), name)) for name in names] for still in stills]
    shape = (len(stills), len(names))
    persons = [still.person for still in stills]
    return Angles(np.array(true, float).reshape(shape), np.array(said, float).reshape(shape), persons)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _worn_figures(stills: list[Still]) -> dict[str, Result]:
    return {f"{name}_auc": _worn(stills, name, true) for name, true in WORN.items()}


def _worn(stills: list[Still], name: str, true: Callable[[Json], bool]) -> Result:
    """AUC of what the observation says lies on the face; n = 0 where it says nothing of the kind."""
    said = [(still, share) for still in stills if (share := worn_share(still.seen, name)) is not None]
    if not said:
        return unmeasured()
    scores = np.array([share for _, share in said])
    truth = np.array([true(still.truth) for still, _ in said])
    return bootstrap([still.person for still, _ in said], lambda k: auc(scores[k], truth[k]))


def worn_share(seen: FaceObservation, name: str) -> float | None:
    """The probability in `seen.covers`; None where no face was found."""
    share = getattr(seen.covers, name, None)
    return None if share is None else float(share)


def _covering(truth: Json) -> list[str]:
    eyes = truth["eyes"]
    return [*eyes["left"]["covered_by"], *eyes["right"]["covered_by"], *truth["mouth"]["covered_by"]]


def _draw(path: Path, stills: list[Still], eyes: Eyes) -> None:
    """Visible eyes, the worst first: closed ones that were read as open, then open ones read as closed."""
    wrong = np.where(eyes.visible, np.abs(eyes.said_closed - eyes.closed), np.nan)
    worst = [k for k in np.argsort(-np.nan_to_num(wrong)) if wrong[k] >= 0.5]
    kinds = [[k for k in worst if eyes.closed[k] == closed][:MOST_SHOWN] for closed in (True, False)]
    pictures = []
    for k in [*kinds[0], *kinds[1]]:
        still, grey = stills[k // 2], grey_of(stills[k // 2].file)
        own = still.truth["eyes"][SIDES[k % 2]]["own"]
        assert grey is not None
        pictures.append((grey, f"{SIDES[k % 2]} true {own:.2f} P(closed) {eyes.said_closed[k]:.2f}"))
    sheet.draw(path, pictures)
