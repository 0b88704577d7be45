"""Stage 4: a trained student becomes an ONNX file of the product, in FP32 or INT8.

    python -m training.export TASK [TASK …] --data DIR --work DIR [--out vision/models] [--float32]

1. FP32 into WORK/models/float32. Finished only when onnxruntime's answers equal torch's on real samples within
   TOLERANCE.
2. Its INT8 twin into WORK/models/int8 (training/quantise.py).
3. The task's own score, on people held out, through both files. INT8 ships if no row loses more than 0.5 points
   (training/release.py), else FP32 does. The comparison is kept in WORK/models/release.json.
4. What ships is copied to --out and listed in its models.yaml.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training import calibrate, catalogue, quantise, release
from training.feeds import Feed, dynamic, input_shapes, of_sample, stacked
from training.licences import licence
from training.networks import NETWORKS
from training.train import make_task, trained
from vision.model import Model, load

OPSET = 17
TOLERANCE = 1e-3  # absolute, on outputs of the order of 1 to 10
SAMPLES = 64  # of the comparison with torch
CHUNK = 256  # samples at once, where several may go in at once


class AsTorch:
    """An open network, called as its torch original is: batches of tensors in, a tuple of batches out."""

    def __init__(self, name: str, model: Model) -> None:
        self._model = model
        self._step = CHUNK if dynamic(NETWORKS[name]) else 1

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        arrays = [tensor.numpy().astype(np.float32) for tensor in inputs]
        starts = range(0, len(arrays[0]), self._step)
        parts = [self._model.run(*(array[k : k + self._step] for array in arrays)) for k in starts]
        return tuple(torch.from_numpy(np.concatenate(output)) for output in zip(*parts, strict=True))


def student(name: str, work: Path) -> torch.nn.Module:
    """The trained network, its probabilities calibrated where calibrate.py has been run."""
    kept = work / "runs" / name / calibrate.FILE
    return calibrate.tempered(trained(name, work), json.loads(kept.read_text()) if kept.exists() else {})


def write_float32(name: str, model: torch.nn.Module, file: Path) -> None:
    """Write the ONNX file; only a dynamic network takes more than one sample at once."""
    kind = NETWORKS[name]
    shapes, outputs = input_shapes(kind), list(kind.outputs)
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model,
        tuple(torch.zeros(1, *shape) for shape in shapes.values()),
        str(file),
        input_names=list(shapes),
        output_names=outputs,
        dynamic_axes={key: {0: "n"} for key in (*shapes, *outputs)} if dynamic(kind) else None,
        opset_version=OPSET,
        dynamo=False,
    )


def differences(name: str, one: Any, other: Any, feed: Feed) -> dict[str, float]:
    """Largest absolute difference of two callables of tensors, per output."""
    inputs = [torch.from_numpy(array) for array in feed.values()]
    with torch.no_grad():
        pairs = zip(NETWORKS[name].outputs, one(*inputs), other(*inputs), strict=True)
        return {output: float((a - b).abs().max()) for output, a, b in pairs}


def export(name: str, task: Any, work: Path) -> Model:
    """The FP32 file, equal to torch."""
    model, file = student(name, work), work / "models" / quantise.FLOAT32 / f"{name}.onnx"
    write_float32(name, model, file)
    config = json.loads((work / "runs" / name / "config.json").read_text())
    catalogue.write(name, file, catalogue.Claim(*licence(config.get("sources"))))
    opened, rng = load(name, file.parent), np.random.default_rng(3)
    feed = stacked([of_sample(NETWORKS[name], task.sample(rng)) for _ in range(SAMPLES)])
    apart = differences(name, model, AsTorch(name, opened), feed)
    print(f"{name}: torch against ONNX, largest difference: {apart}")
    if not max(apart.values()) <= TOLERANCE:
        raise SystemExit(f"{file}: differs from torch by more than {TOLERANCE}; not released")
    return opened


def compare(name: str, task: Any, float32: Model, work: Path) -> dict[str, Any]:
    """Make the INT8 twin and hold it against FP32: rows, points lost, verdict."""
    before = task.score(AsTorch(name, float32))
    quantise.keep_samples(name, task, work)
    made = quantise.twin(name, work)
    after = task.score(AsTorch(name, load(name, work / "models" / quantise.INT8)))
    lost = release.losses(before, after)
    words = release.verdict(lost)
    print(f"{name}: {quantise.described(made)}; {words}")
    rows = {quantise.FLOAT32: _plain(before), quantise.INT8: _plain(after)}
    return made | {"rows": rows, "lost": lost, "ships": release.ships(lost), "verdict": words}


def _plain(rows: release.Rows) -> dict[str, float | None]:
    """JSON knows no NaN: a row without a figure is null."""
    return {name: None if math.isnan(value) else value for name, value in rows.items()}


def ship(name: str, file: Path, out: Path) -> None:
    """Copy a file of WORK/models to where the product looks, and list it there."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, out / file.name)
    listed = load(name, file.parent).entry
    catalogue.write(name, out / file.name, catalogue.Claim(listed.licence, listed.use, listed.precision))


def released(name: str, data: Path, work: Path, *, float32_only: bool) -> dict[str, Any]:
    """Export one network in the forms that are wanted, and say which ships."""
    config = json.loads((work / "runs" / name / "config.json").read_text())
    task = make_task(name, data, work, clean=config.get("clean", False))
    opened = export(name, task, work)
    if float32_only:
        return {"ships": False, "verdict": "FP32 ships: --float32 was given"}
    return compare(name, task, opened, work)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="+", choices=sorted(NETWORKS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("vision/models"))
    parser.add_argument("--float32", action="store_true", help="ship FP32 without asking")
    args = parser.parse_args()
    models = args.work / "models"
    for name in args.tasks:
        told = released(name, args.data, args.work, float32_only=args.float32)
        kept = models / "release.json"
        before = json.loads(kept.read_text()) if kept.exists() else {}
        kept.write_text(json.dumps(before | {name: told}, indent=1) + "\n")
        precision = quantise.INT8 if told["ships"] else quantise.FLOAT32
        ship(name, models / precision / f"{name}.onnx", args.out)


if __name__ == "__main__":
    main()
