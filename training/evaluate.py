"""Stage 5: measure the product's own vision code on labelled pictures.

    python -m training.evaluate TASK --data DIR [--held-out] [--model DIR] --out FILE

TASK is one of eyes, yawn, landmarks, expression, detection.
DIR holds a labels.csv and the files it names. Pictures are grey and each is a cold start; a missed face counts as
wrong. --held-out keeps only the people that training never sees, for sources that training uses.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from training.augment import Rng
from training.data import held_out, person, rows
from training.faces import hard_points
from training.metrics import Result, auc, balanced, bootstrap, wilson
from vision.eyes import EyeNetwork
from vision.model import load
from vision.observer import Observer
from vision.preprocess import EYE_SIZE, box_of
from vision.types import EXPRESSIONS, CameraView, FaceObservation, Frame, GreyImage

Row = dict[str, str]
CLOSED_THRESHOLD = 0.5  # the product's, for everybody
FER_NAMES = {"angry": "anger", "happy": "happiness", "sad": "sadness"}


def grey_of(path: Path) -> GreyImage:
    """A picture as the product would see it."""
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise SystemExit(f"{path}: cannot be read as a picture; check labels.csv")
    return image


def observations(observer: Observer, data: Path, table: list[Row]) -> Iterator[tuple[Row, FaceObservation]]:
    for index, row in enumerate(tqdm(table, mininterval=10)):
        yield row, observer.observe(Frame(float(index), index, grey_of(data / row["file"]), CameraView()))


def evaluate_eyes(data: Path, table: list[Row], model: Path | None) -> dict[str, Result]:
    """Eye patches: closed against open at the product's threshold; other states are left out."""
    table = [row for row in table if row["state"] in {"open", "closed"}]
    network = EyeNetwork(load("eyes", model))
    cuts = [_eye_cut(grey_of(data / row["file"])) for row in table]
    readings = np.array([r for k in range(0, len(cuts), 256) for r in network.read(cuts[k : k + 256])])
    closed = np.array([row["state"] == "closed" for row in table])
    people = [person(row) for row in table]
    return {
        "auc": bootstrap(people, lambda k: auc(readings[k, 1], closed[k])),
        "balanced_accuracy": bootstrap(people, lambda k: balanced(readings[k, 1] > CLOSED_THRESHOLD, closed[k])),
        "judged_visible": wilson(int((readings[:, 2] > 0.5).sum()), len(table)),
    }


def _eye_cut(grey: GreyImage) -> GreyImage:
    method = cv2.INTER_AREA if min(grey.shape) > EYE_SIZE else cv2.INTER_LINEAR
    return cv2.resize(grey, (EYE_SIZE, EYE_SIZE), interpolation=method)


def evaluate_yawn(data: Path, table: list[Row], model: Path | None) -> dict[str, Result]:
    """AUC of mouth openness; a missed face has the lowest score."""
    pairs = list(observations(Observer(models=model, track=False), data, table))
    scores = np.array([-1.0 if seen.mouth.openness is None else seen.mouth.openness for _, seen in pairs])
    yawns = np.array([row["label"] == "yawn" for row, _ in pairs])
    return {
        "auc": bootstrap([person(row) for row, _ in pairs], lambda k: auc(scores[k], yawns[k])),
        "face_found": wilson(int((scores >= 0).sum()), len(scores)),
    }


def five_points(points: np.ndarray) -> np.ndarray:
    """(5, 2): eye centres, nose tip, mouth corners of (68, 2)."""
    return np.stack([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])


def evaluate_landmarks(data: Path, table: list[Row], model: Path | None) -> dict[str, Result]:
    """Five-point error over the outer-eye distance; a failure is a missed face or more than 10 %."""
    truth = hard_points(table)
    errors = []
    for (_, seen), points in zip(observations(Observer(models=model, track=False), data, table), truth, strict=True):
        if seen.landmarks_px is None:
            errors.append(np.nan)
            continue
        apart = np.linalg.norm(five_points(seen.landmarks_px) - five_points(points), axis=1).mean()
        errors.append(float(apart / np.linalg.norm(points[36] - points[45])))
    error = np.array(errors)
    failed = np.isnan(error) | (error > 0.1)
    return {
        "five_point_error": bootstrap([person(row) for row in table], lambda k: float(np.nanmean(error[k]))),
        "failures": wilson(int(failed.sum()), len(failed)),
    }


def evaluate_expression(data: Path, table: list[Row], model: Path | None) -> dict[str, Result]:
    """Accuracy over the seven classes; a missed face is wrong."""
    names = [FER_NAMES.get(row["emotion"], row["emotion"]) for row in table]
    table = [row for row, name in zip(table, names, strict=True) if name in EXPRESSIONS]
    truth = np.array([EXPRESSIONS.index(name) for name in names if name in EXPRESSIONS])
    observer = Observer(models=model, track=False, affect=True, affect_period_s=0.0)
    shares = [s.affect.expression if s.affect else None for _, s in observations(observer, data, table)]
    predicted = np.array([-1 if s is None else int(np.argmax(s)) for s in shares])
    return {
        "accuracy": wilson(int((predicted == truth).sum()), len(truth)),
        "unweighted_recall": bootstrap([r["file"] for r in table], lambda k: balanced(predicted[k], truth[k])),
        "face_found": wilson(int((predicted >= 0).sum()), len(truth)),
    }


def _as_it_is(grey: GreyImage, box: np.ndarray, _rng: Rng) -> tuple[GreyImage, np.ndarray]:
    return grey, box


def _dark(grey: GreyImage, box: np.ndarray, _rng: Rng) -> tuple[GreyImage, np.ndarray]:
    return (grey * 0.25).astype(np.uint8), box


def _dark_noise(grey: GreyImage, box: np.ndarray, rng: Rng) -> tuple[GreyImage, np.ndarray]:
    return np.clip(grey * 0.25 + rng.normal(0, 8, grey.shape), 0, 255).astype(np.uint8), box


def _small(grey: GreyImage, box: np.ndarray, rng: Rng) -> tuple[GreyImage, np.ndarray]:
    """The face 50 px wide somewhere in 640×480."""
    scale = 50.0 / (box[2] - box[0])
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:480, :640]
    canvas = np.full((480, 640), int(np.median(grey)), np.uint8)
    x, y = (int(rng.integers(0, s - k + 1)) for s, k in zip((640, 480), small.shape[::-1], strict=True))
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    return canvas, box * scale + np.array([x, y, x, y])


def _blurred(grey: GreyImage, box: np.ndarray, _rng: Rng) -> tuple[GreyImage, np.ndarray]:
    return cv2.GaussianBlur(grey, (0, 0), 0.04 * (box[2] - box[0])), box


Stress = Callable[[GreyImage, np.ndarray, Rng], tuple[GreyImage, np.ndarray]]
STRESSES: dict[str, Stress] = {
    "plain": _as_it_is, "dark": _dark, "dark_noise": _dark_noise, "small": _small, "blurred": _blurred,
}  # fmt: skip


def _found(seen: FaceObservation, box: np.ndarray) -> bool:
    """Centre in the reference widened by 25 %, width 0.4 to 2.5 times the reference's."""
    if seen.face.box_px is None:
        return False
    x0, y0, x1, y1 = seen.face.box_px
    grow = 0.125 * np.array([box[2] - box[0], box[3] - box[1]])
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    inside = box[0] - grow[0] <= x <= box[2] + grow[0] and box[1] - grow[1] <= y <= box[3] + grow[1]
    return bool(inside and 0.4 <= (x1 - x0) / (box[2] - box[0]) <= 2.5)


def evaluate_detection(data: Path, table: list[Row], model: Path | None) -> dict[str, Result]:
    """Share of faces found, plain and under stress; DIR has 68 points a picture (x0, y0 …)."""
    boxes = [np.array(box_of(points)) for points in hard_points(table)]
    observer = Observer(models=model, track=False)
    out = {}
    for name, stress in STRESSES.items():
        rng = np.random.default_rng(7)
        hits = 0
        for row, box in zip(tqdm(table, desc=name, mininterval=10), boxes, strict=True):
            grey, moved = stress(grey_of(data / row["file"]), box, rng)
            hits += _found(observer.observe(Frame(0.0, 0, grey, CameraView())), moved)
        out[name] = wilson(hits, len(table))
    return out


TASKS: dict[str, Callable[[Path, list[Row], Path | None], dict[str, Result]]] = {
    "eyes": evaluate_eyes,
    "yawn": evaluate_yawn,
    "landmarks": evaluate_landmarks,
    "expression": evaluate_expression,
    "detection": evaluate_detection,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    table = rows(args.data)
    if args.held_out:
        split = [row.get("split") for row in table]
        table = [r for r, s in zip(table, split, strict=True) if (s == "val" if s else held_out(person(r)))]
    results = TASKS[args.task](args.data, table, args.model)
    text = json.dumps({"task": args.task, "held_out": args.held_out, "results": results}, indent=1)
    args.out.write_text(text + "\n")
    for name, result in results.items():
        print(f"{name}: {result['value']:.4f} [{result['low']:.4f}, {result['high']:.4f}] n={result['n']}")


if __name__ == "__main__":
    main()
