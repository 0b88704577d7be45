"""Task detection: is the face found, plain and under stress, and is one found where there is none.

Columns: the 68 points x0, y0 … x67, y67 in px, or a box: x_min, y_min, x_max, y_max, or left, top, width, height.
Pictures without a face have 0 in `face` (or has_face; or no_face in label); they need no points. Stress is drawn over
each picture, with one seed, so that everybody sees the same.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from training.evaluate.columns import Labels
from training.evaluate.job import Job, Report, greys, readable
from training.evaluate.stills import true_points
from training.metrics import Result, rate
from vision.preprocess import box_of
from vision.types import CameraView, FaceObservation, Frame, GreyImage

Rng = np.random.Generator
Stressed = tuple[GreyImage, np.ndarray]
Stress = Callable[[GreyImage, np.ndarray, Rng], Stressed]
NO_FACE = frozenset({"0", "0.0", "false", "no", "n", "none", "no_face", "noface", "background", "negative"})
BOXES = (("x_min", "y_min", "x_max", "y_max"), ("x1", "y1", "x2", "y2"), ("left", "top", "width", "height"))
DARK, NOISE = 0.25, 8.0  # share of the light; grey levels of deviation
SMALL_PX, SCENE = 50.0, (640, 480)
BLUR = 0.04  # deviation as a share of the face's width
WIDEN = 0.125  # the reference on each side, for the middle of what is found
WIDTHS = (0.4, 2.5)  # of what is found over the reference's


def _dark(grey: GreyImage, box: np.ndarray, _rng: Rng) -> Stressed:
    return (grey * DARK).astype(np.uint8), box


def _dark_noise(grey: GreyImage, box: np.ndarray, rng: Rng) -> Stressed:
    return np.clip(grey * DARK + rng.normal(0, NOISE, grey.shape), 0, 255).astype(np.uint8), box


def _small(grey: GreyImage, box: np.ndarray, rng: Rng) -> Stressed:
    """The face 50 px wide somewhere in 640×480."""
    scale = SMALL_PX / (box[2] - box[0])
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[: SCENE[1], : SCENE[0]]
    canvas = np.full(SCENE[::-1], int(np.median(grey)), np.uint8)
    x, y = (int(rng.integers(0, s - k + 1)) for s, k in zip(SCENE, small.shape[::-1], strict=True))
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    return canvas, box * scale + np.array([x, y, x, y])


def _blurred(grey: GreyImage, box: np.ndarray, _rng: Rng) -> Stressed:
    blurred = cv2.GaussianBlur(grey, (0, 0), BLUR * (box[2] - box[0]))
    return blurred, box  # type: ignore[return-value]  # cv2 types every image as its widest


STRESSES: dict[str, Stress] = {
    "plain": lambda grey, box, _rng: (grey, box), "dark": _dark, "dark_noise": _dark_noise, "small": _small,
    "blurred": _blurred,
}  # fmt: skip


def evaluate(job: Job) -> Report:
    """Share found under each stress; share of pictures without a face in which one is found, the same way."""
    boxes = true_boxes(job.labels)
    told = {name: _under(job, name, boxes) for name in STRESSES}
    hits = {name: [None if one is None else one[0] for one in pairs] for name, pairs in told.items()}
    job_kept, _ = readable(job, hits["plain"])
    figures: dict[str, Result] = {}
    for name, pairs in told.items():
        figures |= _figures(name, [one for one in pairs if one is not None], job_kept.labels)
    return Report(figures, job_kept.labels)


def _under(job: Job, name: str, boxes: list[np.ndarray | None]) -> list[tuple[bool, bool] | None]:
    """For each picture: is a face found where it is, is one found at all. None: unreadable."""
    rng = np.random.default_rng(7)
    told: list[tuple[bool, bool] | None] = []
    with job.watching(follow=False) as observer:
        for index, (grey, box) in enumerate(zip(greys(job, name), boxes, strict=True)):
            if grey is None:
                told.append(None)
                continue
            stressed, place = STRESSES[name](grey, _middle(grey) if box is None else box, rng)
            seen = observer.observe(Frame(float(index), index, stressed, CameraView()))
            told.append((found(seen, place), seen.face.box_px is not None))
    return told


def _figures(name: str, told: list[tuple[bool, bool]], labels: Labels) -> dict[str, Result]:
    there, persons = np.array(_has_face(labels)), np.array(labels.persons())
    hits, some = np.array(told).T
    figures = {
        name: rate(hits[there], list(persons[there])),
        f"{name}_elsewhere": rate((some & ~hits)[there], list(persons[there])),
    }
    return figures if there.all() else {**figures, f"{name}_false": rate(some[~there], list(persons[~there]))}


def found(seen: FaceObservation, box: np.ndarray) -> bool:
    """Middle in the reference widened by a quarter, width 0.4 to 2.5 times the reference's."""
    if seen.face.box_px is None:
        return False
    x0, y0, x1, y1 = seen.face.box_px
    wide, high = box[2] - box[0], box[3] - box[1]
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    inside = abs(x - (box[0] + box[2]) / 2) <= wide * (0.5 + WIDEN) and abs(y - (box[1] + box[3]) / 2) <= high * (
        0.5 + WIDEN
    )
    return bool(inside and WIDTHS[0] <= (x1 - x0) / wide <= WIDTHS[1])


def true_boxes(labels: Labels) -> list[np.ndarray | None]:
    """(4,) x0 y0 x1 y1 in px of each row; None where there is no face."""
    there = _has_face(labels)
    boxes = iter(_boxes(labels.where(there)) if any(there) else ())
    return [next(boxes) if face else None for face in there]


def _boxes(labels: Labels) -> list[np.ndarray]:
    names = next((some for some in BOXES if all(name in labels.rows[0] for name in some)), None)
    if names is None or "x67" in labels.rows[0]:
        return [np.array(box_of(points)) for points in true_points(labels)]
    boxes = np.array([labels.numbers(name) for name in names]).T
    if names[2] == "width":
        boxes[:, 2:] += boxes[:, :2]
    return list(boxes)


def _has_face(labels: Labels) -> list[bool]:
    column = labels.find("face")
    return [column is None or row[column].lower() not in NO_FACE for row in labels.rows]


def _middle(grey: GreyImage) -> np.ndarray:
    """Where a face might be in a picture without one: stress is measured by the width of a face."""
    high, wide = grey.shape
    return np.array([0.3 * wide, 0.25 * high, 0.7 * wide, 0.75 * high])
