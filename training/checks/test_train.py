"""A student in two stages: what the second one teaches, and what it must leave alone.

Not among `tests/`: it needs the extra `train`. Run it there: python -m pytest training/checks
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.affect import AffectTask
from training.eyes import EXACT, GAZE, GAZE_WEIGHT, KIND, LATER_OPENING_LOSS, OPENNESS, TARGETS, EyesTask
from training.networks import AffectTeacher
from training.train import BATCH, Run, Team, make_task
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
    faces, labels = [torch.randn(32, 1, AFFECT_SIZE, AFFECT_SIZE)], torch.full((32, 1), float(anger))
    for _ in range(30):
        student.learn(AffectTask, faces, labels, 30)
    said = student.model.eval()(*faces)[0].mean(0)
    assert said.argsort(descending=True)[:2].tolist() == [fear, anger]


def test_a_student_without_its_teacher_names_the_command_that_makes_one(tmp_path):
    with pytest.raises(SystemExit, match="affect_teacher makes it"):
        Run("affect", tmp_path, CONFIG)


TEAM = """
import numpy as np, torch
from training import train
from vision.preprocess import AFFECT_SIZE

class Noise:
    sources, samples_per_epoch = (), 2 * train.BATCH
    def sample(self, rng):
        return (rng.normal(size=(1, AFFECT_SIZE, AFFECT_SIZE)),), np.zeros(1)
    def loss(self, outputs, targets):
        return (outputs[0] - targets).square().mean()
    def score(self, model):
        return {"measured": 1.0}

train.make_task = lambda *_, **__: Noise()
learn = train.Run.learn
def learned(run, task, inputs, targets, steps):
    lost = learn(run, task, inputs, targets, steps)
    state = {"model": run.model.state_dict(), "first": inputs[0][0], "count": len(targets)}
    torch.save(state, run.folder.parent / f"{run.team.rank}.pt")
    return lost
train.Run.learn = learned
train.main()
"""


def test_two_processes_learn_one_network(tmp_path: Path) -> None:
    """Each draws half of every batch, other samples than its neighbour; weights are alike, and one of them writes."""
    script = tmp_path / "team.py"
    script.write_text(TEAM)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    asked = ["affect_teacher", "--data", tmp_path, "--work", tmp_path, "--epochs=2", "--workers=1", "--threads=1"]
    here = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([*torchrun, script, *asked], check=True, timeout=300, stdout=subprocess.DEVNULL, env=here)
    one, other = (torch.load(tmp_path / "runs" / f"{rank}.pt") for rank in (0, 1))
    assert one["count"] == other["count"] == BATCH // 2
    assert not torch.equal(one["first"], other["first"])
    weights = dict(AffectTeacher().named_parameters())
    assert all(torch.equal(one["model"][name], other["model"][name]) for name in weights)
    log = [json.loads(line) for line in (tmp_path / "runs" / "affect_teacher" / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in log] == [1, 2]
    assert log[-1]["measured"] == 1.0


def test_a_batch_is_dealt_out_evenly_or_not_at_all() -> None:
    with pytest.raises(SystemExit, match="3 processes: a batch of 128 cannot be dealt out evenly"):
        assert Team(0, 3).batch
