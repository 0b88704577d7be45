"""Inputs go in by name, whatever shape a task gives its samples."""

from __future__ import annotations

import numpy as np
import pytest

from training.feeds import dynamic, input_shapes, of_sample, one, split, stacked

PATCH, HEAD = np.zeros((1, 4, 4)), np.ones(3)


class Single:
    """A network that is told a picture and nothing else."""

    inputs = {"patch": (1, 4, 4)}  # noqa: RUF012  # as the networks state it


class Double:
    """A network that is told more than a picture."""

    inputs = {"patch": (1, 4, 4), "head": (3,)}  # noqa: RUF012  # as the networks state it
    dynamic = True


def test_a_network_states_one_input_or_several() -> None:
    assert input_shapes(Single) == {"patch": (1, 4, 4)}
    assert input_shapes(Double) == {"patch": (1, 4, 4), "head": (3,)}
    assert (dynamic(Single), dynamic(Double)) == (False, True)


@pytest.mark.parametrize(
    "sample", [((PATCH, HEAD), "target"), (PATCH, HEAD, "target"), ({"head": HEAD, "patch": PATCH}, "target")]
)
def test_every_way_to_give_two_inputs_means_the_same(sample: tuple) -> None:
    feed = of_sample(Double, sample)
    assert list(feed) == ["patch", "head"]  # in the network's order
    assert feed["patch"].shape == (1, 1, 4, 4)
    assert feed["head"].tolist() == [[1.0, 1.0, 1.0]]
    assert feed["head"].dtype == np.float32


def test_an_input_too_few_is_a_bug() -> None:
    """It would run with the wrong thing in the wrong place."""
    assert of_sample(Single, (PATCH, "target"))["patch"].shape == (1, 1, 4, 4)
    with pytest.raises(ValueError, match="zip"):
        one(Double, PATCH)
    with pytest.raises(KeyError):
        one(Double, {"patch": PATCH})


def test_a_batch_is_its_samples() -> None:
    feeds = [one(Double, (PATCH + k, HEAD * k)) for k in range(3)]
    batch = stacked(feeds)
    assert batch["head"].shape == (3, 3)
    assert [part["head"][0, 0] for part in split(batch)] == [0.0, 1.0, 2.0]
