"""Stage 3b: what a probability is worth. One temperature for each output that is a log-odd, fitted on people held out.

    python -m training.calibrate {eyes,face} … --data DIR --work DIR

Writes WORK/runs/<task>/temperatures.json; the export divides the last layer by them (`tempered`). A temperature moves
no decision at one half and changes no order; it makes "0.9" come true nine times in ten. Sources count alike, however
many pictures they have. It is one number for each output, and still a calibration error is only honest on other people:
the model card says which rows those are.

The doubt of a gaze is no log-odd: it gets a factor, so that the errors found are in the mean those expected. It learned
from hard samples, and from more far looks than there are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from training.metrics import Claims, calibration_error
from training.train import make_task, trained

TRIED = np.exp(np.linspace(np.log(0.3), np.log(5.0), 200))
FILE = "temperatures.json"


def surprise(logits: np.ndarray, truth: np.ndarray) -> float:
    """Mean negative log-likelihood."""
    return float(np.mean(np.logaddexp(0.0, np.where(truth > 0, -logits, logits))))


def temperature(parts: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """The one that surprises least, every part weighing the same."""
    cost = [np.mean([surprise(logits / tried, truth) for logits, truth in parts]) for tried in TRIED]
    return float(TRIED[int(np.argmin(cost))])


def tempered(model: nn.Module, temperatures: dict[str, float]) -> nn.Module:
    """The network with the rows of its last layers divided; `logits` of the network says which they are.

    An output of its `logarithms` is multiplied, which is an addition there.
    """
    for output, value in temperatures.items():
        layer, rows = (model.logits | model.logarithms)[output]
        linear = model.get_submodule(layer)
        with torch.no_grad():
            if output in model.logarithms:
                linear.bias[rows] += np.log(value)
                continue
            linear.weight[rows] /= value
            linear.bias[rows] /= value
    return model


def factor(expected: np.ndarray, found: np.ndarray) -> float:
    """By which expected errors must grow to be likeliest, if errors follow an exponential law as in their lessons."""
    return float(np.mean(found / expected))


def fitted(model: nn.Module, task: Any) -> dict[str, float]:
    """Temperatures by output, told with what they change."""
    claims: Claims = task.claims(model)
    found = {output: temperature(parts) for output, parts in claims.items()}
    for output, parts in claims.items():
        logits, truth = (np.concatenate(column) for column in zip(*parts, strict=True))
        value = found[output]
        before, after = (calibration_error(1 / (1 + np.exp(-logits / t)), truth) for t in (1.0, value))
        print(f"{output}: temperature {value:.2f}, calibration error {before:.3f} → {after:.3f}, n {len(truth)}")
    if model.logarithms:
        expected, errors = task.doubts(model)
        found["doubt"] = factor(expected, errors)
        print(f"doubt: factor {found['doubt']:.2f}, n {len(errors)}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="+", choices=("eyes", "face"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    for name in args.tasks:
        run = args.work / "runs" / name
        clean = json.loads((run / "config.json").read_text()).get("clean", False)
        found = fitted(trained(name, args.work), make_task(name, args.data, args.work, clean=clean))
        (run / FILE).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
