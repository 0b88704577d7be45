"""Judges' words beside the truth: one figure a bar, each with n and a 95 % interval over identities.

Knows how each figure is counted. Must not know who rendered or who judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism import mediapipe_measures as mesh
from training.metrics import Result, auc, bootstrap

Floats = NDArray[np.float64]
CLOSED_MM, OPEN_MM = 1.0, 5.0  # apertures that count as closed and as open
FRONTAL_DEG = 15.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the table."""

    name: str
    result: Result
    bar: float
    at_most: bool = False  # the figure must not exceed the bar

    @property
    def reached(self) -> bool:
        value = self.result["value"]
        return bool(value <= self.bar if self.at_most else value >= self.bar)


@dataclass(frozen=True, slots=True)
class Judged:
    """All frames in one order. n frames."""

    identity: NDArray[Any]  # (n,) names
    kind: NDArray[Any]  # (n,) what was varied
    aperture_mm: Floats  # (n, 2) left, right
    head_deg: Floats  # (n, 3) in the camera's frame
    jaw: Floats  # (n,)
    iris_px: Floats  # (n, 2, 2)
    points: Floats  # (n, 478, 3), NaN: no face found
    closed: Floats | None = None  # (n, 2) the NIR eye judge's probability
    face: Floats | None = None  # (n,) the NIR face judge's probability

    @property
    def found(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.points[:, 0, 0])


def _correlation(one: Floats, other: Floats) -> Callable[[NDArray[Any]], float]:
    return lambda rows: float(np.corrcoef(one[rows], other[rows])[0, 1])


def _over(judged: Judged, keep: NDArray[np.bool_], one: Floats, other: Floats) -> Result:
    return bootstrap(list(judged.identity[keep]), _correlation(one[keep], other[keep]))


def _per_identity(judged: Judged, keep: NDArray[np.bool_], one: Floats, other: Floats) -> Result:
    names = np.unique(judged.identity[keep])
    each = np.array([np.corrcoef(one[m], other[m])[0, 1] for n in names for m in [keep & (judged.identity == n)]])
    return bootstrap(list(names), lambda rows: float(np.median(each[rows])))


def _separation(judged: Judged, scores: Floats, apertures: Floats, keep: NDArray[np.bool_]) -> Result:
    """AUC of open against closed, each eye for itself; what lies between the two counts for neither."""
    values, mm = scores[keep].reshape(-1), apertures[keep].reshape(-1)
    who = np.repeat(judged.identity[keep], scores.shape[1])
    sure = (mm <= CLOSED_MM) | (mm >= OPEN_MM)
    values, positive = values[sure], mm[sure] >= OPEN_MM
    return bootstrap(list(who[sure]), lambda rows: auc(values[rows], positive[rows]))


def bars(judged: Judged) -> list[Bar]:
    """Every figure there are words for."""
    return [*_mesh_bars(judged), *_eye_bar(judged), *_face_bar(judged)]


def _mesh_bars(judged: Judged) -> list[Bar]:
    found, points = judged.found, judged.points
    ratios = mesh.eye_aspect_ratios(points)
    mean_ratio, mean_mm = ratios.mean(1), judged.aperture_mm.mean(1)
    lids = found & np.isin(judged.kind, ("lids", "one lid"))
    angles = mesh.head_angles(points)
    yaw, pitch, jaw = (found & (judged.kind == kind) for kind in ("yaw", "pitch", "jaw"))
    seen = judged.found.astype(float)
    return [
        Bar("FaceMesh finds the face", bootstrap(list(judged.identity), lambda rows: float(seen[rows].mean())), 0.98),
        Bar("its eye aspect ratio ~ aperture, pooled r", _over(judged, lids, mean_ratio, mean_mm), 0.93),
        Bar("the same, median over identities", _per_identity(judged, lids, mean_ratio, mean_mm), 0.90),
        Bar(
            "its eye aspect ratio, closed against open, AUC",
            _separation(judged, ratios, judged.aperture_mm, found),
            0.99,
        ),
        Bar("its yaw ~ yaw, r", _over(judged, yaw, angles[:, 0], judged.head_deg[:, 0]), 0.99),
        Bar("its pitch ~ pitch, r", _over(judged, pitch, angles[:, 1], judged.head_deg[:, 1]), 0.97),
        Bar("its mouth ratio ~ jaw, r", _over(judged, jaw, mesh.mouth_aspect_ratio(points), judged.jaw), 0.95),
        Bar("its iris, median error ÷ outer-eye distance", _iris_error(judged), 0.025, at_most=True),
    ]


def _iris_error(judged: Judged) -> Result:
    """On open eyes: a closed one shows no iris."""
    open_eyes = judged.found & (judged.aperture_mm.min(1) >= OPEN_MM) & (judged.kind != "yaw")
    miss_px = np.linalg.norm(mesh.irises(judged.points) - judged.iris_px, axis=2).mean(1)
    share = (miss_px / mesh.outer_eye_distance(judged.points))[open_eyes]
    return bootstrap(list(judged.identity[open_eyes]), lambda rows: float(np.median(share[rows])))


def _near_frontal(judged: Judged) -> NDArray[np.bool_]:
    return np.asarray((np.abs(judged.head_deg[:, :2]) <= FRONTAL_DEG).all(1))


def _eye_bar(judged: Judged) -> list[Bar]:
    if judged.closed is None:
        return []
    result = _separation(judged, 1 - judged.closed, judged.aperture_mm, _near_frontal(judged))
    return [Bar("OMZ open-closed-eye (knows NIR), closed against open, AUC", result, 0.95)]


def _face_bar(judged: Judged) -> list[Bar]:
    if judged.face is None:
        return []
    frontal = _near_frontal(judged)
    hits = (judged.face[frontal] >= 0.5).astype(float)
    result = bootstrap(list(judged.identity[frontal]), lambda rows: float(hits[rows].mean()))
    return [Bar("openpilot (knows NIR) finds the face, near frontal", result, 0.95)]
