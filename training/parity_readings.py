"""How an output is read and held against another reading of the same picture.

Knows names of outputs and the product's thresholds; arrays in, figures out. Must not know where the answers came from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.detector import LEAST_SCORE as LEAST_FOUND
from vision.eyes import LEAST_VISIBLE
from vision.face import ANGLE_UNIT_DEG
from vision.observer import LEAST_PRESENCE

LEAST_CLOSED, LEAST_WORN = 0.5, 0.5
LEAST_USUAL = 0.1  # deviation of an output below which a difference is not made larger by dividing
LEAST_SCORE = 0.01  # deviations: a smaller difference is rounding
TEACHER = "teacher"  # or a label

Floats = NDArray[np.floating[Any]]
Values = dict[str, Floats]  # by form (torch, float32, int8): (n, d) in the reading's unit


@dataclass(frozen=True, slots=True)
class Reading:
    """From a raw output (n, …) to values (n, d), and what the product decides from them, (n,) or (n, d)."""

    unit: str
    values: Callable[[Floats], Floats]
    decision: Callable[[Floats], NDArray[Any]] | None = None


def probability(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))


def shares(logits: Floats) -> Floats:
    """Softmax over the last axis."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _above(least: float) -> Callable[[Floats], NDArray[Any]]:
    return lambda values: values >= least


READINGS = {
    "points": Reading("side of the patch", lambda raw: raw / 2),
    "head": Reading("°", lambda raw: raw * ANGLE_UNIT_DEG),
    "gaze": Reading("°", lambda raw: raw * ANGLE_UNIT_DEG),
    "presence": Reading("probability", probability, _above(LEAST_PRESENCE)),
    "covers": Reading("probability", probability, _above(LEAST_WORN)),
    "closed": Reading("probability", probability, _above(LEAST_CLOSED)),
    "visible": Reading("probability", probability, _above(LEAST_VISIBLE)),
    "expression": Reading("share", shares, lambda values: values.argmax(axis=1)),
    "heat": Reading(
        "probability", lambda raw: probability(raw[:, 0]), lambda values: values.max(axis=1) >= LEAST_FOUND
    ),
}
PLAIN = Reading("", lambda raw: raw)  # openness, mouth and whatever comes: as the network says it


def read(output: str, raw: Floats) -> Floats:
    """(n, d) in the unit of the report."""
    values = READINGS.get(output, PLAIN).values(raw)
    return values.reshape(len(values), -1)


def figures(output: str, values: Values, truth: list[Any]) -> dict[str, Any]:
    """What the report says of one output under one condition; `truth` has an entry a case, None where nobody knows."""
    reading = READINGS.get(output, PLAIN)
    return {
        "unit": reading.unit,
        "n": len(truth),
        "apart": {_pair(a, b): _apart(values[a], values[b]) for a, b in pairwise(values)},
        "flips": {_pair(a, b): _flips(reading, values[a], values[b]) for a, b in pairwise(values) if reading.decision},
        "truth": _against(reading, values, truth),
    }


def _pair(one: str, other: str) -> str:
    return f"{one}–{other}"


def _apart(one: Floats, other: Floats) -> dict[str, float]:
    difference = np.abs(one - other)
    return {"mean": float(difference.mean()), "max": float(difference.max())}


def _flips(reading: Reading, one: Floats, other: Floats) -> float:
    """Share of cases in which the product would decide otherwise."""
    return float((_decided(reading, one) != _decided(reading, other)).any(axis=1).mean())


def _decided(reading: Reading, values: Floats) -> NDArray[Any]:
    """(n, decisions)."""
    assert reading.decision is not None
    return reading.decision(values).reshape(len(values), -1)


def _against(reading: Reading, values: Values, truth: list[Any]) -> dict[str, Any] | None:
    """Share of decisions that agree with a label, or mean difference from a teacher's value, by form."""
    known = [k for k, told in enumerate(truth) if told is not None]
    if not known:
        return None
    told = np.array([truth[k] for k in known], np.float64).reshape(len(known), -1)
    if reading.decision is None:
        by_form = {form: float(np.abs(all_of_them[known] - told).mean()) for form, all_of_them in values.items()}
        return {"n": len(known), "kind": "error", **by_form}
    agrees = {form: _decided(reading, all_of_them[known]) == told for form, all_of_them in values.items()}
    return {"n": len(known), "kind": "agreement", **{form: float(a.all(axis=1).mean()) for form, a in agrees.items()}}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two forms, or the first form and the teacher, say different things of one picture."""

    pair: str
    output: str
    condition: str
    case: int  # index
    difference: float  # the largest of this output's values
    score: float  # … in deviations of the output, so that outputs can be compared
    values: dict[str, float]  # by form, and the teacher's where it is known


def disagreements(output: str, condition: str, values: Values, truth: list[Any], count: int) -> list[Disagreement]:
    """The `count` largest of each pair; pairs are neighbours among the forms, and the first form with the teacher."""
    first = next(iter(values))
    told = _told(values[first], truth)
    all_of_them = values if told is None else {TEACHER: told, **values}
    usual = max(float(values[first].std()), LEAST_USUAL)
    found = []
    for one, other in pairwise(all_of_them):
        apart = np.nan_to_num(np.abs(all_of_them[one] - all_of_them[other]))
        at = apart.argmax(axis=1)
        largest = apart[np.arange(len(apart)), at]
        for case in np.argsort(-largest)[:count]:
            said = {form: float(mine[case, at[case]]) for form, mine in all_of_them.items()}
            score = float(largest[case]) / usual
            one_case = (_pair(one, other), output, condition, int(case), float(largest[case]), score, said)
            found.append(Disagreement(*one_case))
    return [one for one in found if one.score > LEAST_SCORE]


def _told(like: Floats, truth: list[Any]) -> Floats | None:
    """(n, d), NaN where nobody knows; None where the label is no value to subtract, as a class is not."""
    if {np.size(told) for told in truth if told is not None} != {like.shape[1]}:
        return None
    rows = [np.full(like.shape[1], np.nan) if told is None else np.ravel(told) for told in truth]
    return np.array(rows, np.float64)


def worst(found: list[Disagreement], count: int) -> list[Disagreement]:
    """Of each pair the `count` highest scores, every picture once: eight conditions of one face say little more."""
    kept: list[Disagreement] = []
    for pair in dict.fromkeys(one.pair for one in found):
        by_case: dict[int, Disagreement] = {}
        for one in sorted((one for one in found if one.pair == pair), key=lambda one: -one.score):
            by_case.setdefault(one.case, one)
        kept += list(by_case.values())[:count]
    return kept
