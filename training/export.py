"""Stage 4: a trained student becomes an ONNX file of the product.

    python -m training.export TASK [TASK …] --data DIR --work DIR [--out vision/models]

Finished only when onnxruntime's answers equal torch's on real samples within TOLERANCE; the largest difference of
each output is printed. models.yaml is rewritten with hash, shapes and licence.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
import yaml

from training.networks import NETWORKS
from training.train import make_task

OPSET = 17
TOLERANCE = 1e-3  # absolute, on outputs of the order of 1 to 10
VERSION = "0.1.0"
LICENCE = "research and evaluation only; see WEIGHTS-LICENCE.md"
DESCRIPTIONS = {
    "finder": "heat map of faces over the reduced frame",
    "face": "68 points, head pose, mouth openness, presence of one face patch",
    "eyes": "openness, closed, visible of one eye patch",
    "affect": "seven expressions of one face patch; loaded only where the config allows affect",
}


def student(name: str, work: Path) -> torch.nn.Module:
    """The running mean of the trained weights."""
    state = torch.load(work / "runs" / name / "last.pt", map_location="cpu", weights_only=True)
    model: torch.nn.Module = NETWORKS[name]()
    model.load_state_dict(state["mean"])
    return model.eval()


def export(name: str, model: torch.nn.Module, target: Path) -> None:
    """Write the ONNX file. Only the eye network takes more than one patch at once."""
    kind = NETWORKS[name]
    dynamic = {key: {0: "n"} for key in ("patch", *kind.outputs)} if name == "eyes" else None
    torch.onnx.export(
        model,
        (torch.zeros(1, *kind.input_shape),),
        str(target),
        input_names=["patch"],
        output_names=list(kind.outputs),
        dynamic_axes=dynamic,
        opset_version=OPSET,
        dynamo=False,
    )


def parity(name: str, model: torch.nn.Module, target: Path, task: Any) -> dict[str, float]:
    """Largest absolute difference between torch and onnxruntime over 64 real samples, per output."""
    rng = np.random.default_rng(3)
    samples = np.stack([task.sample(rng)[0] for _ in range(64)]).astype(np.float32)
    session = ort.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    worst: dict[str, float] = {}
    for sample in samples:
        with torch.no_grad():
            ours = [o.numpy() for o in model(torch.from_numpy(sample[None]))]
        theirs = session.run(None, {"patch": sample[None]})
        for key, one, other in zip(NETWORKS[name].outputs, ours, theirs, strict=True):
            worst[key] = max(worst.get(key, 0.0), float(np.abs(one - other).max()))
    return worst


def entry(name: str, target: Path) -> dict[str, Any]:
    """What models.yaml says of a file."""
    session = ort.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    return {
        "file": target.name,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "inputs": {node.name: {"shape": node.shape, "dtype": "float32"} for node in session.get_inputs()},
        "outputs": {node.name: node.shape for node in session.get_outputs()},
        "licence": LICENCE,
        "use": "research",
        "version": VERSION,
        "description": DESCRIPTIONS[name],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="+", choices=sorted(NETWORKS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("vision/models"))
    args = parser.parse_args()
    listing = args.out / "models.yaml"
    entries: dict[str, Any] = yaml.safe_load(listing.read_text()) if listing.exists() else {}
    for name in args.tasks:
        model, target = student(name, args.work), args.out / f"{name}.onnx"
        export(name, model, target)
        worst = parity(name, model, target, make_task(name, args.data, args.work))
        print(f"{name}: {target.stat().st_size / 1e6:.2f} MB, torch against ONNX: {worst}")
        if max(worst.values()) > TOLERANCE:
            raise SystemExit(f"{target}: differs from torch by more than {TOLERANCE}; not released")
        entries[name] = entry(name, target)
    listing.write_text(
        "# Written by training/export.py.\n" + yaml.safe_dump(dict(sorted(entries.items())), sort_keys=False)
    )


if __name__ == "__main__":
    main()
