"""A student in two stages: what the second one teaches, and what it must leave alone.

Not among `tests/`: it needs the extra `train`. Run it there: python -m pytest training/checks
"""

from __future__ import annotations

import pytest
import torch

from training.eyes import GAZE, GAZE_WEIGHT, TARGETS, EyesTask
from training.train import Run, make_task
from vision.preprocess import EYE_SIZE

CONFIG = {"seed": 0, "rate": 1e-2, "decay": 0.0, "gaze": False}
LATER = CONFIG | {"gaze": True}
STEPS = 4


@pytest.fixture
def taught(tmp_path):
    """A run of the second stage on the weights of the first, a few steps on, and those weights."""
    first = Run("eyes", tmp_path, CONFIG)
    first.save()
    run = Run("eyes", tmp_path, LATER)
    inputs = [torch.randn(8, 1, EYE_SIZE, EYE_SIZE), torch.randn(8, 3)]
    targets = torch.zeros(8, TARGETS)
    targets[:, GAZE], targets[:, GAZE_WEIGHT] = 0.5, 1.0
    for _ in range(STEPS):
        run.learn(EyesTask, inputs, targets, STEPS)
    return run, first.mean.state_dict()


def test_the_gaze_learns_and_the_lids_stay_bit_for_bit(taught):
    """Also in the running mean, which is what is exported, and in what batch norm has seen."""
    run, before = taught
    for after in (run.model.state_dict(), run.mean.state_dict()):
        moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
        assert moved == set(run.model.later)


def test_the_second_stage_goes_on_where_it_was_stopped_and_the_first_is_over(taught, tmp_path):
    run, _ = taught
    run.save()
    assert Run("eyes", tmp_path, LATER).step == STEPS
    assert Run("eyes", tmp_path, CONFIG).over


def test_only_eyes_have_a_gaze(tmp_path):
    with pytest.raises(SystemExit, match="face: --gaze is for the eye network"):
        make_task("face", tmp_path, tmp_path, gaze=True)
