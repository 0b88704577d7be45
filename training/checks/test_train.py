"""A student in two stages: what the second one teaches, and what it must leave alone.

Not among `tests/`: it needs the extra `train`. Run it there: python -m pytest training/checks
"""

from __future__ import annotations

import pytest
import torch

from training.affect import AffectTask
from training.eyes import EXACT, GAZE, GAZE_WEIGHT, KIND, LATER_OPENING_LOSS, OPENNESS, TARGETS, EyesTask
from training.train import Run, make_task
from vision.preprocess import AFFECT_SIZE, EYE_SIZE
from vision.types import EXPRESSIONS

CONFIG = {"seed": 0, "rate": 1e-2, "decay": 0.0, "later": False}
LATER = CONFIG | {"later": True}
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
    targets[:, OPENNESS], targets[:, KIND] = 0.5, EXACT
    task = object.__new__(EyesTask)  # without its data
    task.opening_loss = LATER_OPENING_LOSS
    for _ in range(STEPS):
        run.learn(task, inputs, targets, STEPS)
    return run, first.mean.state_dict()


def test_what_is_told_the_head_learns_and_the_rest_stays_bit_for_bit(taught):
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


def test_only_eyes_have_a_second_stage(tmp_path):
    with pytest.raises(SystemExit, match="face: --later is for the eye network"):
        make_task("face", tmp_path, tmp_path, later=True)


def test_the_student_believes_its_teacher_more_than_a_label(tmp_path):
    """Its teacher says fear to whatever it is shown, the labels say anger."""
    anger, fear = EXPRESSIONS.index("anger"), EXPRESSIONS.index("fear")
    teacher = Run("affect_teacher", tmp_path, CONFIG)
    last = teacher.mean.body[-1]
    torch.nn.init.zeros_(last.weight)
    last.bias.data = 6.0 * torch.nn.functional.one_hot(torch.tensor(fear), len(EXPRESSIONS)).float()
    teacher.save()
    student = Run("affect", tmp_path, CONFIG)
    faces, labels = [torch.randn(32, 1, AFFECT_SIZE, AFFECT_SIZE)], torch.eye(len(EXPRESSIONS))[[anger] * 32]
    for _ in range(30):
        student.learn(AffectTask, faces, labels, 30)
    said = student.model.eval()(*faces)[0].mean(0)
    assert said.argsort(descending=True)[:2].tolist() == [fear, anger]


def test_a_student_without_its_teacher_names_the_command_that_makes_one(tmp_path):
    with pytest.raises(SystemExit, match="affect_teacher makes it"):
        Run("affect", tmp_path, CONFIG)
