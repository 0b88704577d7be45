"""Tasks head_pose and gaze: angles against the data set's, signs and zero points dealt with in the open.

Columns, degrees unless they end in _rad:
    head_pose   yaw, pitch, and roll where there is one (or head_yaw …, pose_yaw …)
    gaze        gaze_yaw, gaze_pitch (or yaw, pitch), or gaze_x, gaze_y, gaze_z: a direction in the camera's
                coordinates, x right, y down, z away from it
The house's signs are yaw + to the image's right, pitch + up, roll + clockwise (vision/angles.py). For others say
--convention, or give a column `convention`: a sign for yaw, pitch and roll, "-++" for a data set whose yaw + is to the
image's left. Raw figures take signs and zeros as stated. Figures called `aligned` remove what belongs to a data set
and not to a network: an axis that runs against ours (correlation under −0.5) is turned, and its median offset taken
out. Both are always reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.evaluate.columns import Labels
from training.evaluate.job import Job, Report, looked_at, table
from training.metrics import Result, correlation, mean, rate
from vision.angles import rotation_of
from vision.types import Direction

AXES = ("yaw", "pitch", "roll")
HOUSE = "+++"
WIDEST_DEG, NEAR_DEG = 70.0, 40.0  # |yaw| of the two figures
RUNS_AGAINST = -0.5


@dataclass(frozen=True)
class Angles:
    """True and said angles, (n, axes) in degrees, house signs; NaN where nothing was said."""

    true: np.ndarray
    said: np.ndarray
    persons: list[str]

    @property
    def measured(self) -> np.ndarray:
        return np.asarray(~np.isnan(self.said).any(1))

    @property
    def axes(self) -> tuple[str, ...]:
        return AXES[: self.true.shape[1]]

    def part(self, keep: np.ndarray) -> Angles:
        persons = [who for who, wanted in zip(self.persons, keep, strict=True) if wanted]
        return Angles(self.true[keep], self.said[keep], persons)


def evaluate_head_pose(job: Job) -> Report:
    """Mean absolute errors, all |yaw| to 70° and below 40°, raw and aligned; missed faces are a rate beside them."""
    stated = _stated(job, ("yaw", "pitch", "roll"))
    inside = np.abs(stated[:, 0]) <= WIDEST_DEG
    job = job.about(job.labels.where(inside.tolist(), f"|yaw| over {WIDEST_DEG:.0f}°"))
    job, seen = looked_at(job)
    true = _stated(job, ("yaw", "pitch", "roll"))
    said = np.array([_angles(one.head, true.shape[1]) for one in seen]).reshape(true.shape)
    raw = Angles(true, said, job.labels.persons())
    aligned, moved, notes = align(raw)
    near = np.abs(true[:, 0]) < NEAR_DEG
    figures = _head_figures(raw, near, "") | _head_figures(aligned, near, "aligned_")
    return Report(figures, job.labels, {"alignment": moved}, notes)


def _head_figures(angles: Angles, near: np.ndarray, prefix: str) -> dict[str, Result]:
    error = np.abs(turn_of(angles.said - angles.true))
    figures = {f"{prefix}mean": mean(error.mean(1), angles.persons)}
    figures |= {f"{prefix}{axis}": mean(error[:, k], angles.persons) for k, axis in enumerate(angles.axes)}
    close = angles.part(near)
    figures[f"{prefix}mean_below_40"] = mean(error[near].mean(1), close.persons)
    for k, axis in enumerate(angles.axes):
        figures[f"{prefix}{axis}_below_40"] = mean(error[near, k], close.persons)
    if not prefix:
        figures["face_missed"] = rate(~angles.measured, angles.persons)
        figures["face_missed_below_40"] = rate(~close.measured, close.persons)
    return figures


def evaluate_gaze(job: Job) -> Report:
    """Angle between true and said gaze on the great circle, and how many had none."""
    if job.peer is not None:
        raise SystemExit("gaze: MediaPipe says no gaze direction; there is no peer for this task")
    _true_gaze(job)  # complains before anything is looked at
    job, seen = looked_at(job)
    true = _true_gaze(job)
    raw = Angles(true, np.array([_angles(one.gaze, 2) for one in seen]).reshape(true.shape), job.labels.persons())
    aligned, moved, notes = align(raw)
    return Report(gaze_figures(raw, "") | gaze_figures(aligned, "aligned_"), job.labels, {"alignment": moved}, notes)


def gaze_figures(angles: Angles, prefix: str) -> dict[str, Result]:
    """Also for other tasks that know the gaze."""
    error = np.abs(turn_of(angles.said - angles.true))
    figures = {
        f"{prefix}gaze_error": mean(great_circle(angles.true, angles.said), angles.persons),
        f"{prefix}gaze_yaw": mean(error[:, 0], angles.persons),
        f"{prefix}gaze_pitch": mean(error[:, 1], angles.persons),
    }
    if not prefix:
        figures["gaze_measured"] = rate(angles.measured, angles.persons)
    return figures


def great_circle(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,) degrees between directions (n, 2) yaw, pitch; NaN in, NaN out."""
    forward = [[rotation_of(yaw, pitch, 0.0)[:, 2] for yaw, pitch in some[:, :2]] for some in (one, other)]
    cosine = (np.array(forward[0]).reshape(-1, 3) * np.array(forward[1]).reshape(-1, 3)).sum(1)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def turn_of(degrees: np.ndarray) -> np.ndarray:
    """The same turn within ±180°."""
    return np.asarray((degrees + 180.0) % 360.0 - 180.0)


def align(angles: Angles) -> tuple[Angles, dict[str, object], list[str]]:
    """Without signs and zeros of the data set's own, what was changed, and a note for a sign that looks wrong."""
    true, said = angles.true.copy(), angles.said[angles.measured]
    rows, notes = [], []
    for k, axis in enumerate(angles.axes):
        r = correlation(true[angles.measured, k], said[:, k])
        sign = -1.0 if r < RUNS_AGAINST else 1.0
        true[:, k] *= sign
        apart = turn_of(said[:, k] - true[angles.measured, k])
        offset = float(np.median(apart)) if len(said) else 0.0
        true[:, k] += offset
        rows.append((axis, sign, offset, r))
        if sign < 0:
            notes.append(f"{axis} runs against the house's sign (r = {r:.2f}); see --convention")
    return Angles(true, angles.said, angles.persons), table(("axis", "sign", "offset_deg", "r"), rows), notes


def _angles(said: Direction, axes: int) -> list[float]:
    values = (said.yaw_deg, said.pitch_deg, said.roll_deg)[:axes]
    return [float("nan") if value is None else value for value in values]


def _stated(job: Job, names: tuple[str, ...]) -> np.ndarray:
    """(n, 2 or 3) true angles in house signs; roll may be absent."""
    labels = job.labels
    found = [labels.need_degrees(name) for name in names[:2]]
    if len(names) > 2 and (roll := labels.degrees(names[2])) is not None:
        found.append(roll)
    return np.asarray(np.array(found).T * _signs(job.convention, labels)[:, : len(found)])


def _signs(convention: str | None, labels: Labels) -> np.ndarray:
    """(n, 3) of 1 and −1."""
    column = labels.find("convention")
    words = [convention or (row[column] if column else HOUSE) for row in labels.rows]
    for word in set(words):
        if len(word) != 3 or set(word) - {"+", "-"}:
            raise SystemExit(f"convention {word!r}: three signs are needed, for yaw, pitch and roll, such as -++")
    return np.array([[1.0 if sign == "+" else -1.0 for sign in word] for word in words])


def _true_gaze(job: Job) -> np.ndarray:
    labels = job.labels
    if not all(name in (labels.rows[0] if labels.rows else {}) for name in ("gaze_x", "gaze_y", "gaze_z")):
        return _stated(job, ("gaze_yaw", "gaze_pitch"))
    x, y, z = (np.array(labels.numbers(name)) for name in ("gaze_x", "gaze_y", "gaze_z"))
    length = np.maximum(np.sqrt(x * x + y * y + z * z), 1e-9)
    return np.asarray(np.degrees(np.stack([np.arctan2(x, -z), np.arcsin(-y / length)], axis=1)))
