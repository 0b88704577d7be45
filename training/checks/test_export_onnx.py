"""A student becomes an ONNX file that says the same, and an INT8 one that nearly does.

Not among `tests/`: it needs the extra `train`. Run it there: python -m pytest training/checks
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training import export, networks, parity, parity_readings, quantise, release
from training.feeds import stacked
from training.licences import RESEARCH
from training.parity_cases import Case
from vision.model import load

# The exporter that our opset needs says that it is the old one.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


class Small(nn.Module):
    """Two inputs, two outputs, any number of samples at once."""

    inputs = {"patch": (1, 16, 16), "head": (3,)}  # noqa: RUF012  # as the networks state it
    outputs = ("openness", "closed")
    dynamic = True

    def __init__(self) -> None:
        super().__init__()
        layers = [networks.conv(1, 8), networks.conv(8, 16), networks.conv(16, 8), nn.Flatten()]
        self.body = nn.Sequential(*layers)
        self.trunk = nn.Sequential(nn.Linear(8 * 256 + 3, 16), nn.ReLU(), nn.Linear(16, 12), nn.ReLU())
        self.out = nn.Linear(12, 2)

    def forward(self, patch: Tensor, head: Tensor) -> tuple[Tensor, Tensor]:
        out = self.out(self.trunk(torch.cat([self.body(patch), head], 1)))
        return out[:, :1], out[:, 1:]


class Task:
    """Samples with two inputs; its score holds a model against the torch student."""

    def __init__(self, truth: nn.Module) -> None:
        self.truth = truth

    def sample(self, rng: np.random.Generator) -> tuple[Any, ...]:
        return rng.normal(size=(1, 16, 16)), rng.normal(size=3), np.zeros(1)

    def score(self, model: Any) -> dict[str, float]:
        rng = np.random.default_rng(9)
        patch, head, _ = (np.stack(parts) for parts in zip(*(self.sample(rng) for _ in range(40)), strict=True))
        inputs = torch.tensor(patch, dtype=torch.float32), torch.tensor(head, dtype=torch.float32)
        with torch.no_grad():
            apart = (model(*inputs)[0] - self.truth(*inputs)[0]).abs().mean()
        return {"openness_mae": float(apart)}


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a trained network called small, and its task."""
    torch.manual_seed(0)
    model = Small()
    monkeypatch.setitem(networks.NETWORKS, "small", Small)
    monkeypatch.setattr(quantise, "SAMPLES", 48)
    monkeypatch.setattr(quantise, "ROUNDS", 3)
    folder = tmp_path / "runs" / "small"
    folder.mkdir(parents=True)
    torch.save({"mean": model.state_dict()}, folder / "last.pt")
    (folder / "config.json").write_text(json.dumps({"sources": ["simulator"]}))
    return tmp_path


def exported(work: Path) -> Any:
    """In FP32, with samples for what comes after."""
    task = Task(export.student("small", work))
    quantise.keep_samples("small", task, work)
    return export.export("small", task, work)


def test_the_onnx_file_says_what_torch_says(trained: Path) -> None:
    """Both inputs arrive in their places, for one sample and for many, and the file knows its terms."""
    opened = exported(trained)
    assert opened.entry.use == "production"
    assert list(opened.entry.inputs) == ["patch", "head"]
    rng, model = np.random.default_rng(1), export.student("small", trained)
    for count in (1, 5):
        inputs = [torch.tensor(rng.normal(size=(count, *shape)), dtype=torch.float32) for shape in ((1, 16, 16), (3,))]
        ours = export.AsTorch("small", opened)(*inputs)
        with torch.no_grad():
            for one, other in zip(ours, model(*inputs), strict=True):
                assert torch.allclose(one, other, atol=1e-5)


def test_a_file_that_says_something_else_is_not_released(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever went wrong in between; not a number is wrong too."""
    for apart in (0.1, float("nan")):
        monkeypatch.setattr(export, "differences", lambda *_, apart=apart: {"openness": apart})
        with pytest.raises(SystemExit, match=r"small\.onnx: differs from torch by more than 0\.001; not released"):
            exported(trained)


def test_weights_of_unknown_origin_are_research_weights(trained: Path) -> None:
    """A run that did not write down its sources."""
    (trained / "runs" / "small" / "config.json").write_text("{}")
    entry = exported(trained).entry
    assert (entry.use, entry.licence) == ("research", RESEARCH)


def weights(file: Path) -> list[np.ndarray]:
    """8-bit constants of more than one dimension."""
    arrays = [numpy_helper.to_array(one) for one in onnx.load(str(file)).graph.initializer]
    return [array for array in arrays if array.dtype == np.int8 and array.ndim > 1]


@pytest.mark.parametrize("precise", [False, True])
def test_int8_leaves_the_ends_alone_and_never_overflows(
    trained: Path, monkeypatch: pytest.MonkeyPatch, *, precise: bool
) -> None:
    """255 × 64 + 255 × 64 fits into 16 bits: what x86 without VNNI adds in. A precise network's products are let be."""
    monkeypatch.setattr(Small, "precise", precise, raising=False)
    exported(trained)
    quantise.twin("small", trained)
    found = weights(trained / "models" / "int8" / "small.onnx")
    # Not the first convolution, the layer that `head` enters, the output.
    products = [] if precise else [(12, 16)]
    assert sorted(array.shape for array in found) == sorted([(8, 16, 3, 3), *products, (16, 8, 3, 3)])
    assert all(np.abs(array.astype(int)).max() <= 64 for array in found)
    opened = load("small", trained / "models" / "int8")
    assert (opened.entry.precision, opened.entry.use) == ("int8", "production")


def test_the_form_for_tensorrt_is_symmetric_around_zero(trained: Path) -> None:
    """Every zero point is 0, and biases are not rounded."""
    exported(trained)
    quantise.twin("small", trained, symmetric=True)
    graph = onnx.load(str(trained / "models" / "int8-symmetric" / "small.onnx")).graph
    zeros = [numpy_helper.to_array(one) for one in graph.initializer if one.name.endswith("zero_point")]
    assert zeros
    assert all(array.dtype == np.int8 and not array.any() for array in zeros)


def test_the_same_run_is_quantised_the_same_way(trained: Path) -> None:
    """Samples are drawn anew at every export, and are the same ones."""
    kept = trained / "calibration" / "small.npz"
    exported(trained)
    first = kept.read_bytes()
    exported(trained)
    assert kept.read_bytes() == first
    assert stacked(quantise.samples("small", trained))["head"].shape == (48, 3)


def test_samples_of_an_older_network_are_refused(trained: Path) -> None:
    """They lack an input; the message says which file to delete."""
    (trained / "calibration").mkdir()
    np.savez(trained / "calibration" / "small.npz", patch=np.zeros((2, 1, 16, 16), np.float32))
    with pytest.raises(SystemExit, match=r"small\.npz: holds patch, the network takes .*head.*; delete the file"):
        quantise.samples("small", trained)


@pytest.mark.parametrize(("most", "ships"), [(5.0, True), (0.0, False)])
def test_what_ships_is_decided_by_the_rows(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], most: float, ships: bool
) -> None:
    """A little is lost: allowed, INT8 ships; forbidden, FP32 does."""
    monkeypatch.setattr(release, "MOST_LOST", most)
    opened = exported(trained)
    told = export.compare("small", Task(export.student("small", trained)), opened, trained)
    assert told["ships"] is ships
    assert 0.0 < told["lost"]["openness_mae"] < 5.0
    assert capsys.readouterr().out.count("MB") == 1
    export.ship("small", trained / "models" / ("int8" if ships else "float32") / "small.onnx", trained / "out")
    assert load("small", trained / "out").entry.precision == ("int8" if ships else "float32")


def faces(_data: Path, _work: Path, most: int) -> list[Case]:
    """Noise with a teacher's word on every other one."""
    rng, cases = np.random.default_rng(2), []
    for k in range(min(most, 6)):
        grey, truth = rng.integers(0, 256, (16, 16), np.uint8), {"openness": 0.5} if k % 2 else {}
        cases.append(Case(f"face {k}", grey, 12.0, lambda g: g[None] / 64.0 - 2.0, {"head": np.zeros(3)}, truth))
    return cases


def test_the_parity_report_holds_all_forms_against_each_other(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From checkpoint and files to a report: torch and FP32 agree, INT8 nearly, and the worst have their names."""
    exported(trained)
    quantise.twin("small", trained)
    monkeypatch.setitem(parity.CASES, "small", faces)
    monkeypatch.setattr(parity_readings, "LEAST_SCORE", 1e-3)  # INT8 is that near to so small a network
    report, sheet = trained / "report.json", trained / "sheet.png"
    paths = ["--data", str(trained), "--work", str(trained), "--out", str(report), "--sheet", str(sheet)]
    monkeypatch.setattr(sys, "argv", ["parity", "small", *paths, "--worst", "2"])
    parity.main()
    told = json.loads(report.read_text())["small"]
    assert told["cases"] == 6
    assert set(told["figures"]) == {"openness", "closed"}
    plain = told["figures"]["openness"]["plain"]
    assert plain["apart"]["torch–float32"]["max"] < 1e-5 < plain["apart"]["float32–int8"]["max"] < 0.2
    assert plain["truth"]["n"] == 3
    assert {"float32–int8", "teacher–torch"} == {one["pair"] for one in told["worst"]}  # torch–float32 is rounding
    assert {one["picture"] for one in told["worst"] if one["pair"] == "teacher–torch"} <= {"face 1", "face 3", "face 5"}
    assert set(told["lost"]) == {f"small.openness_{label}_mae" for label in parity.conditions("small")}
    assert sheet.stat().st_size > 0


def test_a_report_has_a_form_that_can_be_written(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before an hour of work, not after it."""
    monkeypatch.setattr(sys, "argv", ["parity", "--data", ".", "--work", str(trained), "--out", "report.pdf"])
    with pytest.raises(SystemExit, match=r"report\.pdf: the report is written as \.json or \.md"):
        parity.main()
