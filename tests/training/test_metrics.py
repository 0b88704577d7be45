"""How accuracy is counted, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics import auc, balanced, bootstrap, wilson


def test_a_rate_and_its_wilson_interval() -> None:
    """8 of 10: 0.49 to 0.94 by the book."""
    rate = wilson(8, 10)
    assert (rate["value"], rate["n"]) == (0.8, 10)
    assert (rate["low"], rate["high"]) == pytest.approx((0.490, 0.943), abs=1e-3)


@given(st.integers(1, 1000), st.data())
def test_an_interval_holds_its_rate_and_stays_a_rate(n: int, data: st.DataObject) -> None:
    """All and none included: 0 of 5 does not prove 0."""
    hits = data.draw(st.integers(0, n))
    rate = wilson(hits, n)
    assert -1e-9 <= rate["low"] <= rate["value"] + 1e-9
    assert rate["value"] - 1e-9 <= rate["high"] <= 1 + 1e-9
    assert rate["high"] - rate["low"] > 0


def test_nothing_measured_is_no_rate() -> None:
    assert wilson(0, 0)["value"] is None


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 1.0),
        ([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [0, 0, 1, 1], 0.5),  # ties count half
        ([0.1, 0.6, 0.5, 0.9], [0, 0, 1, 1], 0.75),
    ],
)
def test_auc(scores: list[float], positive: list[int], expected: float) -> None:
    """Share of pairs in the right order."""
    assert auc(np.array(scores), np.array(positive, bool)) == pytest.approx(expected)


def test_auc_of_one_class_is_nothing() -> None:
    """Not 0, not 1: it cannot be said."""
    assert np.isnan(auc(np.array([0.1, 0.2]), np.array([True, True])))


def test_balanced_accuracy_weighs_classes_alike() -> None:
    """90 open eyes all right, 10 closed ones half right: 0.75, not 0.95."""
    truth = np.array([0] * 90 + [1] * 10)
    guess = np.array([0] * 90 + [1] * 5 + [0] * 5)
    assert balanced(guess, truth) == pytest.approx(0.75)


def test_people_are_resampled_whole() -> None:
    """Two people, a hundred pictures each, one always right and one always wrong: the interval says 'anything'."""
    right = np.array([1.0] * 100 + [0.0] * 100)
    result = bootstrap(["a"] * 100 + ["b"] * 100, lambda k: float(right[k].mean()))
    assert (result["value"], result["low"], result["high"], result["persons"]) == (0.5, 0.0, 1.0, 2)
