"""How accuracy is counted: rates with Wilson intervals, means with a bootstrap over persons, AUC with ties half."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Result = dict[str, Any]  # value, low, high, n


def wilson(hits: int, n: int) -> Result:
    """A rate and its 95 % interval."""
    if n == 0:
        return {"value": None, "low": None, "high": None, "n": 0}
    z, p = 1.96, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {"value": p, "low": float(middle - half), "high": float(middle + half), "n": n}


def bootstrap(persons: Sequence[str], statistic: Callable[[np.ndarray], float], repeats: int = 500) -> Result:
    """`statistic` of an index array, with a 95 % interval from resampling whole persons."""
    groups: dict[str, list[int]] = {}
    for index, who in enumerate(persons):
        groups.setdefault(who, []).append(index)
    members = [np.array(g) for g in groups.values()]
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(repeats):
        picks = rng.integers(len(members), size=len(members))
        drawn.append(statistic(np.concatenate([members[k] for k in picks])))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    value = statistic(np.arange(len(persons)))
    return {"value": float(value), "low": float(low), "high": float(high), "n": len(persons), "persons": len(members)}


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
