"""Task eyes: open or closed at the product's one threshold, and whether its probabilities can be taken at their word.

Columns: `state` (or eye_state, eyes, label, class) with open / closed, or `closed` or `open` with 1 / 0; other states
are left out and counted. A person column (columns.py) for intervals; `source` for the figures of each source beside
those of all. A file is the picture of one eye, cut as wide as the product cuts it; with --faces it is a picture of a
face, whose eyes are found first, and a face or an eye that is not seen is wrong whatever it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from alerts.eyes import CLOSED_FROM
from training.evaluate.columns import Labels, yes_or_no
from training.evaluate.job import Job, Report, greys, looked_at, readable, sets_of, table
from training.metrics import Result, auc, balanced_of_two, bootstrap, calibration_error, rate, reliability, unmeasured
from vision.eyes import EyeNetwork
from vision.model import load
from vision.preprocess import EYE_SIZE
from vision.types import FaceObservation, GreyImage

OPEN_WORDS = frozenset({"open", "opened", "eye_open", "eyes_open"})
CLOSED_WORDS = frozenset({"closed", "close", "shut", "eye_closed", "eyes_closed"})
UNJUDGED = -1  # neither open nor closed was said: wrong whatever is true
VISIBLE_FROM = 0.5
BATCH = 256


@dataclass(frozen=True)
class Lids:
    """All eyes in one order. n eyes."""

    truth: np.ndarray  # (n,) 1 = closed, 0 = open
    closed: np.ndarray  # (n,) probability said; NaN: nothing was said
    visible: np.ndarray  # (n,) probability that it can be judged
    persons: list[str]

    @property
    def said(self) -> np.ndarray:
        """(n,) 1, 0 or UNJUDGED."""
        return np.where(np.isnan(self.closed), UNJUDGED, (self.closed >= CLOSED_FROM).astype(int))

    @property
    def scores(self) -> np.ndarray:
        """(n,) to sort by; where nothing was said, in the middle."""
        return np.where(np.isnan(self.closed), 0.5, self.closed)

    def part(self, keep: np.ndarray) -> Lids:
        persons = [who for who, wanted in zip(self.persons, keep, strict=True) if wanted]
        return Lids(self.truth[keep], self.closed[keep], self.visible[keep], persons)


def evaluate(job: Job) -> Report:
    """Patches of eyes, or whole faces."""
    job = job.about(_states(job.labels)[0])
    job, closed, visible = (_faces if job.whole_faces else _patches)(job)
    labels, truth = _states(job.labels)
    lids = Lids(np.array(truth), closed, visible, labels.persons())
    figures = figures_of(lids)
    if (column := labels.find("source")) is not None:
        for name, keep in sets_of([row[column] for row in labels.rows]).items():
            figures |= {f"{name}{figure}": result for figure, result in figures_of(lids.part(keep)).items()}
    return Report(figures, labels, {"reliability": _diagram(lids)})


def figures_of(lids: Lids) -> dict[str, Result]:
    """Every figure of one set of eyes."""
    judged = ~np.isnan(lids.closed)
    sure = lids.part(judged)
    return {
        "auc": bootstrap(lids.persons, lambda k: auc(lids.scores[k], lids.truth[k] == 1)),
        "balanced_accuracy": bootstrap(lids.persons, lambda k: balanced_of_two(lids.said[k], lids.truth[k])),
        "balanced_over_persons": over_persons(lids),
        "closed_recall": _recall(lids, 1),
        "open_recall": _recall(lids, 0),
        "judged_visible": rate(lids.visible >= VISIBLE_FROM, lids.persons),
        "calibration_error": bootstrap(sure.persons, lambda k: calibration_error(sure.closed[k], sure.truth[k])),
    }


def over_persons(lids: Lids) -> Result:
    """Mean over the persons who show both states of each one's balanced accuracy; n is their number."""
    who = np.array(lids.persons)
    both = [name for name in np.unique(who) if np.ptp(lids.truth[who == name]) > 0]
    if not both:
        return unmeasured()
    each = np.array([balanced_of_two(lids.said[who == name], lids.truth[who == name]) for name in both])
    return bootstrap(both, lambda k: float(each[k].mean()))


def _recall(lids: Lids, state: int) -> Result:
    shown = lids.part(lids.truth == state)
    return rate(shown.said == state, shown.persons)


def _diagram(lids: Lids) -> dict[str, object]:
    sure = lids.part(~np.isnan(lids.closed))
    columns = ("from", "to", "n", "said closed", "was closed")
    return table(columns, list(reliability(sure.closed, sure.truth)))


def _states(labels: Labels) -> tuple[Labels, list[int]]:
    if labels.find("closed"):
        return labels.words("closed", yes_or_no)
    if labels.find("open"):
        return labels.words("open", lambda word: None if (said := yes_or_no(word)) is None else 1 - said)
    return labels.words("state", lambda word: 1 if word in CLOSED_WORDS else 0 if word in OPEN_WORDS else None)


def _patches(job: Job) -> tuple[Job, np.ndarray, np.ndarray]:
    """The eye network on pictures of single eyes. The peer is given the very same and may find no face in them."""
    if job.peer is not None:
        return _faces(job)
    job, cuts = readable(job, [None if grey is None else _cut(grey) for grey in greys(job)])
    network = EyeNetwork(load("eyes", job.models))
    readings = [one for k in range(0, len(cuts), BATCH) for one in network.read(cuts[k : k + BATCH])]
    return job, np.array([one[1] for one in readings]), np.array([one[2] for one in readings])


def _cut(grey: GreyImage) -> GreyImage:
    method = cv2.INTER_AREA if min(grey.shape) > EYE_SIZE else cv2.INTER_LINEAR
    return cv2.resize(grey, (EYE_SIZE, EYE_SIZE), interpolation=method)  # type: ignore[return-value]  # cv2's widest type


def _faces(job: Job) -> tuple[Job, np.ndarray, np.ndarray]:
    job, seen = looked_at(job)
    both = np.array([_both(one) for one in seen]).reshape(-1, 2)
    return job, both[:, 0], both[:, 1]


def _both(seen: FaceObservation) -> tuple[float, float]:
    """Mean over the eyes that are judged: probability of closed, confidence."""
    eyes = [eye for eye in (seen.left, seen.right) if eye.closed is not None]
    if not eyes:
        return float("nan"), 0.0
    return float(np.mean([eye.closed for eye in eyes])), float(np.mean([eye.confidence for eye in eyes]))
