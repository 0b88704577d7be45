"""What two processors made of the same film, side by side.

Knows the tolerances and where they come from. Must not know how the records were made.

The networks answer the same numbers on both, so theirs is the narrow one. Two steps before them round differently:
FFmpeg's conversion of a film to grey (one level), and OpenCV's `resize` for the finder's first look at the frame (one
level, in 0.3 % of the pixels). The tracker then carries a hair's difference of the first crop on from frame to frame.
x86 beside x86, with one grey level changed in 0.3 % of the first picture, shows the same: points differ by up to
1.0 px, openness 0.03, head 0.3°, gaze 1.1°, expression 0.05. The tolerances are twice what was seen in either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]
Arrays = Mapping[str, NDArray[Any]]

NOT_COMPARED = ("file", "cost_ms")
FRAMES, VERSIONS = "frames", "versions"  # in a probe's record; everything else there is an answer of a network


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two processors may be apart."""

    quantity: str
    most: float
    fields: tuple[str, ...] = ()  # how the names of its fields in an observation begin or end


FRAMES_MOST = Tolerance("decoded pictures, grey levels", 1.0)
NETWORKS_MOST = Tolerance("networks, same numbers in", 1e-4)
TOLERANCES = (
    Tolerance("number of the frame, time, s", 0.0, ("frame", "t_s")),
    Tolerance("face box and 68 points, px", 2.0, ("face.box_px", "landmarks_px")),
    Tolerance("openness of an eye", 0.06, ("eyes.left.openness", "eyes.right.openness")),
    Tolerance("openness of the mouth", 0.01, ("mouth.openness",)),
    Tolerance("probabilities: closed, seen, covered", 0.015, ("covers", ".closed", ".confidence")),
    Tolerance("head, degrees", 0.6, ("head.",)),
    Tolerance("gaze, degrees", 2.3, ("gaze.",)),
    Tolerance("expression, probabilities", 0.1, ("expression",)),
    Tolerance("valence and arousal", 0.1, ("valence", "arousal")),
    Tolerance("brightness and contrast, grey levels", 2.0, ("conditions.brightness", "conditions.contrast")),
    Tolerance("saturated share and sharpness", 0.01, ("conditions.saturated", "conditions.sharpness")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity, over all frames."""

    tolerance: Tolerance
    largest: float
    mean: float

    @property
    def within(self) -> bool:
        return self.largest <= self.tolerance.most


def compare_observations(ours: Sequence[Json], theirs: Sequence[Json]) -> tuple[list[Row], list[str]]:
    """A row for each quantity, and in words all that is no matter of degree: found or not, and for which reason."""
    mismatches = [] if len(ours) == len(theirs) else [f"{len(ours)} frames here, {len(theirs)} there"]
    apart: dict[Tolerance, list[float]] = {}
    for our, their in zip(ours, theirs, strict=False):
        for name, here, there in _fields(our, their):
            if isinstance(here, int | float) and isinstance(there, int | float):
                apart.setdefault(tolerance_of(name), []).append(abs(here - there))
            elif here != there:
                mismatches.append(f"frame {our['frame']}: {name}: {here} here, {there} there")
    return [row(tolerance, np.array(values)) for tolerance, values in apart.items()], mismatches


def compare_probes(ours: Arrays, theirs: Arrays) -> tuple[list[Row], list[str]]:
    """Decoded pictures and the networks' answers."""
    here, there = ours[VERSIONS].tolist(), theirs[VERSIONS].tolist()
    mismatches = [] if here == there else [f"other versions: {here} here, {there} there"]
    pictures = np.abs(ours[FRAMES].astype(np.int16) - theirs[FRAMES])
    answers = [np.abs(ours[name] - theirs[name]).ravel() for name in ours if name not in (FRAMES, VERSIONS)]
    return [row(FRAMES_MOST, pictures), row(NETWORKS_MOST, np.concatenate(answers))], mismatches


def tolerance_of(name: str) -> Tolerance:
    """Every number has one: a field that is new must be given its own."""
    for tolerance in TOLERANCES:
        if name.startswith(tolerance.fields) or name.endswith(tolerance.fields):
            return tolerance
    raise KeyError(f"{name}: no tolerance is stated for it in {__name__}")


def row(tolerance: Tolerance, apart: NDArray[Any]) -> Row:
    return Row(tolerance, float(apart.max()), float(apart.mean()))


def table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| quantity | largest difference | mean | tolerance | |"
    yield "|---|---|---|---|---|"
    for each in rows:
        verdict = "ok" if each.within else "**too far**"
        found = f"{each.largest:.4g} | {each.mean:.2g} | {each.tolerance.most:g}"
        yield f"| {each.tolerance.quantity} | {found} | {verdict} |"


def _fields(our: Json, their: Json) -> Iterator[tuple[str, Any, Any]]:
    here, there = dict(_flat(our)), dict(_flat(their))
    for name in here | there:
        if name not in NOT_COMPARED:
            yield name, here.get(name), there.get(name)


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{index}")
    else:
        yield name, value
