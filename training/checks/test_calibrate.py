"""Probabilities that are worth what they say, and a clean student that learned from nothing else.

Not among `tests/`: it needs the extra `train`. Run it there: python -m pytest training/checks
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from training.calibrate import factor, fitted, temperature, tempered
from training.eyes import CLEARED_PART, EyesTask
from training.face import POINT_WEIGHT, POINT_WEIGHTS, FaceTask
from training.faces import CONTEXT_SIZE
from training.framing import STORED
from training.licences import licence
from training.networks import Eyes
from training.train import make_task
from vision.preprocess import EYE_SIZE

RNG = np.random.default_rng(5)


def coins(logits):
    """What comes true as often as the log-odds say."""
    return RNG.random(logits.shape) < 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_there_is_found(true):
    """Log-odds that were multiplied by it are divided by it again."""
    honest = RNG.normal(0, 2, 20_000)
    assert temperature([(honest * true, coins(honest))]) == pytest.approx(true, rel=0.08)


def test_a_large_source_does_not_outvote_a_small_one():
    """Two sources alike in weight, 100 times apart in size: the answer lies between theirs."""
    many, few = RNG.normal(0, 2, 40_000), RNG.normal(0, 2, 400)
    both = temperature([(many, coins(many)), (few * 4.0, coins(few))])
    assert 1.2 < both < 4.0


class Two(nn.Module):
    """A closed and a visible logit from one layer."""

    logits = MappingProxyType({"closed": ("out", slice(0, 1)), "visible": ("out", slice(1, 2))})
    logarithms = MappingProxyType({})

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(3, 2)

    def forward(self, x):
        out = self.out(x)
        return out[:, :1], out[:, 1:]


def test_only_the_named_output_is_divided(capsys):
    """Weights and bias of its rows; the neighbour in the same layer stays."""

    class Task:
        def claims(self, model):
            honest = RNG.normal(0, 2, 5_000)
            return {"visible": [(honest * 3.0, coins(honest))]}

    model, x = Two(), torch.randn(7, 3)
    with torch.no_grad():
        closed, visible = model(x)
        found = fitted(model, Task())
        after = tempered(model, found)(x)
    assert torch.equal(after[0], closed)
    assert torch.allclose(after[1], visible / found["visible"])
    assert "visible: temperature" in capsys.readouterr().out


def test_a_doubt_that_was_too_large_shrinks_to_what_is_found():
    """Its factor is an addition to a logarithm; the gaze beside it in the same layer stays."""
    eyes, inputs = Eyes().eval(), (torch.randn(7, 1, EYE_SIZE, EYE_SIZE), torch.randn(7, 3))
    expected = RNG.uniform(0.1, 0.3, 20_000)
    value = factor(expected, RNG.exponential(0.8 * expected))
    with torch.no_grad():
        _, _, _, gaze, _, _, doubt = eyes(*inputs)
        _, _, _, same, _, _, less = tempered(eyes, {"doubt": value})(*inputs)
    assert value == pytest.approx(0.8, rel=0.03)
    assert torch.equal(gaze, same)
    assert torch.allclose(less.exp(), value * doubt.exp(), rtol=1e-4)


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    """A working directory with nothing but eight synthetic faces, and a source of eyes of which a part is cleared."""
    count = 8
    np.savez(
        tmp_path / "synth.npz",
        image=RNG.integers(0, 255, (count, CONTEXT_SIZE, CONTEXT_SIZE), np.uint8),
        points=RNG.uniform(-0.5, 0.5, (count, 68, 2)).astype(np.float32),
        angles=np.zeros((count, 3)), mouth=np.zeros(count), eyes=np.full((count, 2), 0.8), closed=np.zeros((count, 2)),
        seen=np.ones((count, 2)), gaze=np.zeros((count, 2)), iris=np.zeros((count, 2, 2)), covers=np.zeros((count, 5)),
        eye_image=np.full((count, 2, STORED, STORED), 90, np.uint8), inside=np.ones(count),
        held_out=np.arange(count) > 5,
    )  # fmt: skip
    eyes = tmp_path / "data" / "nir_eyes"
    eyes.mkdir(parents=True)
    lines = ["file,state,subject,source"]
    for name, grey, source in (("a.png", 200, CLEARED_PART), ("b.png", 10, "mmu")):
        cv2.imwrite(str(eyes / name), np.full((STORED, STORED), grey, np.uint8))
        lines.append(f"{name},open,{source}:{name},{source}")
    (eyes / "labels.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_clean_student_sees_only_what_is_cleared(stills: Path):
    """No faces.npz is asked for, of the eyes only the part that is CC BY, and the weights may go on the road."""
    eyes = EyesTask(stills / "data", stills, clean=True)
    face = FaceTask(stills / "data", stills, clean=True)
    assert {int(image.mean()) for image in eyes.images} <= {90, 200}
    assert [licence(task.sources)[1] for task in (eyes, face)] == ["production", "production"]
    _, target = face.sample(np.random.default_rng(1))
    assert target[POINT_WEIGHTS].tolist() in (POINT_WEIGHT.tolist(), [0.0] * 68)


def test_the_others_still_need_the_research_sources(stills: Path):
    """Without --clean the same directory is not enough."""
    with pytest.raises(FileNotFoundError, match=r"faces\.npz"):
        FaceTask(stills / "data", stills)


def test_there_is_no_clean_affect_network(stills: Path):
    """No source of expressions is cleared."""
    with pytest.raises(SystemExit, match="affect: no source of expressions is cleared"):
        make_task("affect", stills / "data", stills, clean=True)
