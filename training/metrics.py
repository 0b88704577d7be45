"""How accuracy is counted: rates with Wilson intervals, means with a bootstrap over persons, counts with Garwood's.

Knows arrays and intervals. Must not know what was measured. A figure that could not be measured keeps its place with
the value None and n = 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cabinwatch.ledger import poisson_interval

Result = dict[str, Any]  # value, low, high, n
Claims = dict[str, list[tuple[np.ndarray, np.ndarray]]]  # by output: log-odds and truth (0, 1) of each source
REPEATS = 500  # of a bootstrap
BINS = 10  # of a reliability diagram, alike in width


def unmeasured(n: int = 0) -> Result:
    """There is no figure: nothing to count, or a class is missing among the `n`."""
    return {"value": None, "low": None, "high": None, "n": n}


def wilson(hits: int, n: int) -> Result:
    """A rate and its 95 % interval."""
    if n == 0:
        return unmeasured()
    z, p = 1.96, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {"value": p, "low": max(float(middle - half), 0.0), "high": min(float(middle + half), 1.0), "n": n}


def bootstrap(persons: Sequence[str], statistic: Callable[[np.ndarray], float], repeats: int = REPEATS) -> Result:
    """`statistic` of an index array, with a 95 % interval from resampling whole persons.

    The statistic answers NaN where it cannot be said; so does a person alone who shows one class.
    """
    value = statistic(np.arange(len(persons))) if len(persons) else np.nan
    if np.isnan(value):
        return unmeasured(len(persons))
    groups: dict[str, list[int]] = {}
    for index, who in enumerate(persons):
        groups.setdefault(who, []).append(index)
    members = [np.array(g) for g in groups.values()]
    rng = np.random.default_rng(0)
    drawn = [value]
    for _ in range(repeats):
        picks = rng.integers(len(members), size=len(members))
        drawn.append(statistic(np.concatenate([members[k] for k in picks])))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return {"value": float(value), "low": float(low), "high": float(high), "n": len(persons), "persons": len(members)}


def rate(hits: np.ndarray, persons: Sequence[str]) -> Result:
    """Share of hits (n,) with a bootstrap over persons, never narrower than Wilson's: no miss in 20 proves no 100 %."""
    resampled = bootstrap(persons, lambda k: float(hits[k].mean()))
    if resampled["value"] is None:
        return resampled
    single = wilson(int(hits.sum()), len(hits))
    ends = {"low": min(resampled["low"], single["low"]), "high": max(resampled["high"], single["high"])}
    return {**resampled, **ends}


def mean(values: np.ndarray, persons: Sequence[str]) -> Result:
    """Mean of what is there (NaN is not) with a bootstrap over persons."""
    there = ~np.isnan(values)
    kept = values[there]
    return bootstrap([who for who, keep in zip(persons, there, strict=True) if keep], lambda k: float(kept[k].mean()))


def per_unit(count: int, units: float) -> Result:
    """Events a unit (minutes, hours) with Garwood's exact interval; n is the count."""
    if units <= 0:
        return unmeasured()
    low, high = poisson_interval(count)
    return {"value": count / units, "low": low / units, "high": high / units, "n": count, "units": units}


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve; a tie counts half. NaN where a class is missing."""
    if positive.all() or not positive.any():
        return float("nan")
    values, ranks = np.unique(scores, return_inverse=True)
    counts = np.bincount(ranks, minlength=len(values))
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    total = mean_rank[ranks][positive].sum()
    n_pos, n_neg = positive.sum(), (~positive).sum()
    return float((total - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def balanced(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Mean recall over the classes present."""
    return float(np.mean([(predicted[truth == c] == c).mean() for c in np.unique(truth)]))


def balanced_of_two(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Mean recall of 0 and 1; NaN where one of them is missing: a class alone is no balance."""
    return balanced(predicted, truth) if len(np.unique(truth)) == 2 else float("nan")


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's r; NaN where one of them does not vary."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def f1(hits: float, missed: float, false: float) -> float:
    """Of events; NaN where there are none, true or told."""
    return float(2 * hits / (2 * hits + missed + false)) if hits + missed + false else float("nan")


def calibration_error(probability: np.ndarray, truth: np.ndarray) -> float:
    """Expected calibration error: what probabilities say against what came true, weighed by how often they say it."""
    if not len(truth):
        return float("nan")
    gaps = [n * abs(said - came) for _, _, n, said, came in reliability(probability, truth)]
    return float(sum(gaps) / len(truth))


def reliability(probability: np.ndarray, truth: np.ndarray) -> list[tuple[float, float, int, float, float]]:
    """(from, to, n, mean probability, share that came true) for each of BINS bins that holds something."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    rows = []
    for k in range(BINS):
        inside = bins == k
        if inside.any():
            said, came = float(probability[inside].mean()), float(truth[inside].mean())
            rows.append((k / BINS, (k + 1) / BINS, int(inside.sum()), said, came))
    return rows
