"""Pictures of people held out, one network's worth at a time, for the parity report.

Knows the tables of training/faces.py and training/affect.py, the eye sources, and how the product cuts a patch. Must
not know what a network answers. A case keeps the grey picture, so that light and lens can act on it before the
product's own normalisation. Its name is a table and a row: file names of some sources are names of people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.data import held_out, nir_like, person, rows, source_dir
from training.faces import CONTEXT_SIZE, EYE_CONTEXT_MARGIN
from vision.preprocess import (
    AFFECT_SIZE,
    ANGLE_UNIT_DEG,
    EYE_MARGIN,
    EYE_SIZE,
    FloatImage,
    Patch,
    box_of,
    face_patch,
    finder_input,
    unit_to_px,
)
from vision.preprocess import normalise as normalised
from vision.types import GreyImage

EYE_SOURCES = ("cew_eyes", "web_eyes", "nir_eyes")
FACE_OVER_EYE = 4.7  # width of a face over the width of an eye, about 140 over 30 mm
FACE_OVER_AFFECT = 0.8  # … over the side of the affect patch
FAR_EYE_DEG = 35.0  # beyond this yaw a teacher's word on the far eye is a guess


@dataclass(frozen=True, slots=True)
class Case:
    """One picture for one network."""

    name: str  # where to find it again
    grey: GreyImage
    face_px: float  # width of a face in it
    cut: Callable[[GreyImage], FloatImage]  # the product's way from the picture to the network's first input
    beside: dict[str, Any] = field(default_factory=dict)  # other inputs, by name
    truth: dict[str, Any] = field(default_factory=dict)  # by output: what a teacher or a label says, as it is reported


def spread(count: int, most: int) -> np.ndarray:
    """Indices of at most that many of `count`, evenly over all."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)) if count else np.empty(0, int)


class Table:
    """Rows of people held out in one of the .npz tables."""

    def __init__(self, file: Path, most: int) -> None:
        self._file = file
        with np.load(file) as stored:
            aside = np.flatnonzero(stored["held_out"])
        self.rows = aside[spread(len(aside), most)]

    def column(self, name: str) -> np.ndarray:
        with np.load(self._file) as stored:
            return np.asarray(stored[name])[self.rows]

    def names(self) -> list[str]:
        return [f"{self._file.name}[{k}]" for k in self.rows]


def face_cases(_data: Path, work: Path, most: int) -> list[Case]:
    """Faces as a track frames them; teacher: points, pose, mouth."""
    table, cases = Table(work / "faces.npz", most), []
    columns = (table.names(), *(table.column(name) for name in ("image", "points", "angles", "mouth")))
    for name, image, unit, angles, gape in zip(*columns, strict=True):
        points = unit_to_px(unit, CONTEXT_SIZE)
        patch, box = face_patch(box_of(points)), box_of(points)
        truth = {"points": patch.points_from_frame(points).ravel() / 2, "head": angles, "mouth": gape, "presence": 1}
        cases.append(Case(name, image, box[2] - box[0], _by_patch(patch), {}, truth))
    return cases


def _by_patch(patch: Patch) -> Callable[[GreyImage], FloatImage]:
    return lambda grey: normalised(patch.cut(grey))[None]


def eye_cases(data: Path, work: Path, most: int) -> list[Case]:
    """Patches of the eye sources with their labels, and eyes of whole faces with the teacher's openness."""
    share = max(most // (len(EYE_SOURCES) + 1), 1)
    labelled = [case for source in EYE_SOURCES for case in _eyes_of_source(source, data, work, share)]
    return labelled + _eyes_of_faces(work, share)


def _eyes_of_source(source: str, data: Path, work: Path, most: int) -> list[Case]:
    folder = source_dir(data, work, source)
    aside = [(k, row) for k, row in enumerate(rows(folder)) if held_out(person(row))]
    cases = []
    for k, row in (aside[at] for at in spread(len(aside), most)):
        grey = nir_like(cv2.imread(str(folder / row["file"])))
        known = {"open": 0, "closed": 1}.get(row["state"])
        truth = {} if known is None else {"closed": known}
        cases.append(Case(f"{source}[{k}]", grey, _face_of_eye(grey), _whole, {"head": np.zeros(3)}, truth))
    return cases


def _face_of_eye(patch: GreyImage) -> float:
    return patch.shape[1] / EYE_MARGIN * FACE_OVER_EYE


def _whole(grey: GreyImage) -> FloatImage:
    method = cv2.INTER_AREA if min(grey.shape) > EYE_SIZE else cv2.INTER_LINEAR
    return normalised(np.asarray(cv2.resize(grey, (EYE_SIZE, EYE_SIZE), interpolation=method), np.uint8))[None]


def _eyes_of_faces(work: Path, most: int) -> list[Case]:
    """Left and right in turns."""
    table, cases = Table(work / "faces.npz", most), []
    columns = (table.names(), *(table.column(name) for name in ("eye_image", "eyes", "angles")))
    for k, (name, images, opened, angles) in enumerate(zip(*columns, strict=True)):
        side = k % 2
        far = (angles[0] > FAR_EYE_DEG, angles[0] < -FAR_EYE_DEG)[side]
        grey = _middle(images[side])
        beside, truth = {"head": angles / ANGLE_UNIT_DEG}, {} if far else {"openness": opened[side]}
        cases.append(Case(f"{name} {('left', 'right')[side]}", grey, _face_of_eye(grey), _whole, beside, truth))
    return cases


def _middle(context: GreyImage) -> GreyImage:
    """The product's patch out of the wider one that is stored."""
    side = round(len(context) / EYE_CONTEXT_MARGIN)
    start = (len(context) - side) // 2
    return np.ascontiguousarray(context[start : start + side, start : start + side])


def finder_cases(_data: Path, work: Path, most: int) -> list[Case]:
    """Whole pictures with a face."""
    table, cases = Table(work / "scenes.npz", most), []
    columns = (table.names(), *(table.column(name) for name in ("image", "boxes", "shape")))
    for name, image, boxes, shape in zip(*columns, strict=True):
        high, wide = np.maximum(shape.astype(int), 8)
        faces = boxes[boxes[:, 4] > 0]
        if len(faces):
            grey, face_px = np.ascontiguousarray(image[:high, :wide]), float((faces[:, 2] - faces[:, 0]).max())
            cases.append(Case(name, grey, face_px, lambda g: finder_input(g)[0][None], {}, {"heat": 1}))
    return cases


def affect_cases(_data: Path, work: Path, most: int) -> list[Case]:
    """Stored crops with their labels."""
    from training.affect import ROOM  # noqa: PLC0415  # wants torch

    table, cases = Table(work / "affect.npz", most), []
    for name, image, label in zip(table.names(), table.column("image"), table.column("label"), strict=True):
        middle, side = (len(image) - 1) / 2, len(image) / ROOM
        cut = _by_patch(Patch(middle, middle, side, 0.0, AFFECT_SIZE))
        cases.append(Case(name, image, FACE_OVER_AFFECT * side, cut, {}, {"expression": label}))
    return cases


CASES: dict[str, Callable[[Path, Path, int], list[Case]]] = {
    "finder": finder_cases,
    "face": face_cases,
    "eyes": eye_cases,
    "affect": affect_cases,
}
