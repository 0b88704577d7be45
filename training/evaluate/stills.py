"""Tasks yawn, landmarks and expression: pictures of faces, each a cold start, a missed face counts as wrong.

Columns:
    yawn        `yawn` with 1 / 0, or label / state / class with yawn / no_yawn (and words that mean them)
    landmarks   x0, y0 … x67, y67 in px, or x0, y0 … x4, y4: eye centres (right eye first), nose tip, mouth corners
    expression  `emotion` (or expression, label, class) with the seven classes; contempt and others are left out
"""

from __future__ import annotations

import numpy as np

from training.evaluate.columns import Labels, yes_or_no
from training.evaluate.job import Job, Report, looked_at
from training.metrics import auc, balanced, bootstrap, mean, rate
from vision.preprocess import LEFT_EYE, RIGHT_EYE
from vision.types import EXPRESSIONS, FaceObservation

YAWNS = frozenset({"yawn", "yawning", "yawns", "yes", "1"})
NO_YAWNS = frozenset({
    "no_yawn", "no yawn", "noyawn", "no-yawn", "not_yawning", "no", "0", "normal", "none", "talking", "talk", "closed",
    "singing", "laughing", "smile", "neutral",
})  # fmt: skip
WORDS = {
    "anger": ("anger", "angry"),
    "disgust": ("disgust", "disgusted"),
    "fear": ("fear", "fearful", "afraid", "scared"),
    "happiness": ("happiness", "happy", "joy", "smile"),
    "sadness": ("sadness", "sad"),
    "surprise": ("surprise", "surprised"),
    "neutral": ("neutral", "calm"),
}
CLASS_OF = {word: EXPRESSIONS.index(name) for name, words in WORDS.items() for word in words}
FAILED = 0.10  # of the outer-eye distance


def evaluate_yawn(job: Job) -> Report:
    """AUC of mouth openness; a missed face has the lowest score."""
    job, seen = looked_at(job.about(_yawns(job.labels)[0]))
    labels, told = _yawns(job.labels)
    scores = np.array([-1.0 if one.mouth.openness is None else one.mouth.openness for one in seen])
    yawns, persons = np.array(told) == 1, labels.persons()
    return Report(
        {
            "auc": bootstrap(persons, lambda k: auc(scores[k], yawns[k])),
            "mouth_measured": rate(scores >= 0, persons),
        },
        labels,
    )


def _yawns(labels: Labels) -> tuple[Labels, list[int]]:
    def said(word: str) -> int | None:
        return 1 if word in YAWNS else 0 if word in NO_YAWNS else yes_or_no(word)

    return labels.words("yawn", said)


def five_of(points: np.ndarray) -> np.ndarray:
    """(5, 2): eye centres (the driver's right one first), nose tip, mouth corners of (68, 2)."""
    return np.stack([points[RIGHT_EYE].mean(0), points[LEFT_EYE].mean(0), points[30], points[48], points[54]])


def true_points(labels: Labels) -> np.ndarray:
    """(n, 68, 2) or (n, 5, 2) px."""
    have = labels.rows[0] if labels.rows else {}
    count = 68 if "x67" in have else 5
    wanted = [f"{axis}{k}" for k in range(count) for axis in "xy"]
    if missing := [name for name in wanted if name not in have]:
        raise SystemExit(labels.complaint("points", ("x0, y0 … x67, y67 in px", f"x0 … y4; missing: {missing[0]}")))
    columns = np.array([labels.numbers(name) for name in wanted], np.float32)
    return np.asarray(columns.T.reshape(-1, count, 2))


def five_point_error(seen: FaceObservation, truth: np.ndarray) -> float:
    """Mean distance of the five points over the true distance of the outer eye corners; NaN: no face.

    Where the truth has five points, outer corners are 1.5 times as far apart as the centres of the eyes.
    """
    if seen.landmarks_px is None:
        return float("nan")
    whole = len(truth) == 68
    scale = np.linalg.norm(truth[36] - truth[45]) if whole else 1.5 * np.linalg.norm(truth[0] - truth[1])
    apart = np.linalg.norm(five_of(seen.landmarks_px) - (five_of(truth) if whole else truth), axis=1)
    return float(apart.mean() / scale)


def evaluate_landmarks(job: Job) -> Report:
    """Five-point error; a failure is a missed face or more than FAILED."""
    true_points(job.labels)  # complains before anything is looked at
    job, seen = looked_at(job)
    truth, persons = true_points(job.labels), job.labels.persons()
    error = np.array([five_point_error(one, points) for one, points in zip(seen, truth, strict=True)])
    return Report(
        {
            "five_point_error": mean(error, persons),
            "failures": rate(np.isnan(error) | (error > FAILED), persons),
            "face_found": rate(~np.isnan(error), persons),
        },
        job.labels,
    )


def evaluate_expression(job: Job) -> Report:
    """Accuracy over the seven classes; a missed face is wrong."""
    if job.peer is not None:
        raise SystemExit("expression: MediaPipe names no expressions; there is no peer for this task")
    job, seen = looked_at(job.about(job.labels.words("emotion", CLASS_OF.get)[0]), affect=True)
    labels, told = job.labels.words("emotion", CLASS_OF.get)
    truth, persons = np.array(told), labels.persons()
    said = np.array([-1 if one.affect is None else int(np.argmax(one.affect.expression)) for one in seen])
    figures = {
        "accuracy": rate(said == truth, persons),
        "unweighted_recall": bootstrap(persons, lambda k: balanced(said[k], truth[k])),
        "face_found": rate(said >= 0, persons),
    }
    for index in np.unique(truth):
        shown = truth == index
        who = [name for name, keep in zip(persons, shown, strict=True) if keep]
        figures[f"recall_{EXPRESSIONS[index]}"] = rate(said[shown] == index, who)
    return Report(figures, labels)
