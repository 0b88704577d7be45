"""How accuracy is counted, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics import (
    auc,
    balanced,
    balanced_of_two,
    bootstrap,
    calibration_error,
    correlation,
    f1,
    mean,
    per_unit,
    rate,
    reliability,
    wilson,
)


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


def test_a_statistic_that_cannot_be_said_is_no_figure() -> None:
    """One class alone has no AUC, nobody has no mean: value None with n, never NaN in a result file."""
    alone = np.array([0.2, 0.9])
    result = bootstrap(["a", "b"], lambda k: auc(alone[k], np.array([True, True])[k]))
    assert result == {"value": None, "low": None, "high": None, "n": 2}
    assert mean(np.array([np.nan]), ["a"]) == {"value": None, "low": None, "high": None, "n": 0}
    assert np.isnan(balanced_of_two(np.array([1, 1]), np.array([1, 1])))


def test_twenty_of_twenty_is_not_proof_of_all() -> None:
    """A bootstrap over perfect people has no width; Wilson's interval of 20 has."""
    perfect = rate(np.ones(20, bool), [str(k) for k in range(20)])
    assert perfect["value"] == 1.0
    assert perfect["low"] == pytest.approx(0.839, abs=1e-3)
    assert perfect["high"] == 1.0


def test_people_who_differ_widen_a_rate_beyond_wilsons() -> None:
    """Ten people of 20 pictures each, half of them always wrong: 200 pictures tell no more than ten people."""
    hits = np.repeat([True, False], 100)
    people = [str(k // 20) for k in range(200)]
    assert rate(hits, people)["low"] < wilson(100, 200)["low"] - 0.1


def test_counts_have_garwoods_interval() -> None:
    """None in ten minutes: up to 0.37 a minute cannot be ruled out (upper limit of none: 3.689)."""
    none = per_unit(0, 10.0)
    assert (none["value"], none["low"], none["n"]) == (0.0, 0.0, 0)
    assert none["high"] == pytest.approx(0.3689, abs=1e-4)
    assert per_unit(3, 0.0)["value"] is None


def test_f1_of_events() -> None:
    """8 found, 2 missed, 2 told in vain: 16 of 20."""
    assert f1(8, 2, 2) == pytest.approx(0.8)
    assert np.isnan(f1(0, 0, 0))


def test_probabilities_are_held_to_their_word() -> None:
    """Always 0.9 and right in half: off by 0.4. In the diagram one bin says so; 1.0 belongs to the last."""
    said, came = np.full(10, 0.9), np.array([True, False] * 5)
    assert calibration_error(said, came) == pytest.approx(0.4)
    assert reliability(said, came) == [(0.9, 1.0, 10, pytest.approx(0.9), 0.5)]
    assert calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == 0.0
    assert np.isnan(calibration_error(np.array([]), np.array([])))


def test_what_does_not_vary_has_no_correlation() -> None:
    assert np.isnan(correlation(np.ones(5), np.arange(5.0)))
    assert correlation(np.arange(5.0), -np.arange(5.0)) == pytest.approx(-1.0)
