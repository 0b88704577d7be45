"""Parity report: teacher, torch, FP32 and INT8 side by side, per output and condition.

    python -m training.parity [TASK …] --data DIR --work DIR [--models DIR] --out FILE [--sheet PNG]

Reads the checkpoints (WORK/runs) and both forms of each network (DIR/float32 and DIR/int8; by default WORK/models), and
shows all of them the same pictures of people held out under the conditions of training/conditions.py. FILE is .json or
.md. PNG is a contact sheet of the worst disagreements: pictures of people, so it must lie outside the project; it is
for looking at, not for keeping.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training import parity_readings as readings
from training import parity_report, quantise, release
from training.conditions import PATCH, WHOLE_PICTURE, Condition
from training.export import CHUNK, AsTorch, student
from training.feeds import Feed, input_shapes, one, stacked
from training.networks import NETWORKS
from training.parity_cases import CASES, Case
from training.parity_readings import Disagreement
from vision.model import CATALOGUE, load

Students = dict[str, Callable[..., tuple[torch.Tensor, ...]]]  # torch, float32 and, where there is one, int8
MOST = 1600  # pictures a network
WORST = 12  # disagreements a network and pair


def students(name: str, work: Path, models: Path) -> Students:
    """The same network in all its forms."""
    forms: Students = {
        "torch": student(name, work),
        quantise.FLOAT32: AsTorch(name, load(name, models / quantise.FLOAT32)),
    }
    if (models / quantise.INT8 / CATALOGUE).exists():
        forms[quantise.INT8] = AsTorch(name, load(name, models / quantise.INT8))
    return forms


def shown(name: str, label: str, case: Case) -> Feed:
    """What the network gets of a case under a condition; the chance in it is the same at every call."""
    rng = np.random.default_rng(zlib.crc32(f"{label} {case.name}".encode()))
    picture, *others = input_shapes(NETWORKS[name])
    patch = case.cut(conditions(name)[label](case.grey, case.face_px, rng))
    return one(NETWORKS[name], {picture: patch, **{other: case.beside[other] for other in others}})


def conditions(name: str) -> dict[str, Condition]:
    return WHOLE_PICTURE if name == "finder" else PATCH


def answers(name: str, forms: Students, feed: Feed) -> dict[str, readings.Values]:
    """By output, then by form."""
    inputs = [torch.from_numpy(array) for array in feed.values()]
    told: dict[str, readings.Values] = {output: {} for output in NETWORKS[name].outputs}
    with torch.no_grad():
        for form, model in forms.items():
            parts = [model(*chunk) for chunk in zip(*(tensor.split(CHUNK) for tensor in inputs), strict=True)]
            for output, of_parts in zip(told, zip(*parts, strict=True), strict=True):
                told[output][form] = readings.read(output, torch.cat(of_parts).numpy())
    return told


def examined(name: str, forms: Students, cases: list[Case], count: int) -> dict[str, Any]:
    """Figures by output and condition, what disagrees most, and what INT8 loses."""
    figures: dict[str, dict[str, Any]] = {output: {} for output in NETWORKS[name].outputs}
    found: list[Disagreement] = []
    for label in conditions(name):
        feed = stacked([shown(name, label, case) for case in cases])
        for output, values in answers(name, forms, feed).items():
            truth = [case.truth.get(output) for case in cases]
            figures[output][label] = readings.figures(output, values, truth)
            found += readings.disagreements(output, label, values, truth, count)
    rows = (parity_report.rows(name, figures, form) for form in (quantise.FLOAT32, quantise.INT8))
    lost = release.losses(*rows)
    return {
        "cases": len(cases),
        "figures": figures,
        "worst": [asdict(one) | {"picture": cases[one.case].name} for one in readings.worst(found, count)],
        "lost": lost,
        "verdict": release.verdict(lost),
    }


def main() -> None:
    args = _parser().parse_args()
    if args.out.suffix not in {".json", ".md"}:
        raise SystemExit(f"{args.out}: the report is written as .json or .md; choose one of these endings")
    sheet = None if args.sheet is None else parity_report.Sheet(args.sheet)
    report: dict[str, Any] = {}
    for name in args.tasks or sorted(NETWORKS):
        cases = CASES[name](args.data, args.work, args.most)
        forms = students(name, args.work, args.models or args.work / "models")
        report[name] = examined(name, forms, cases, args.worst)
        print(f"{name}: {len(cases)} pictures a condition; {report[name]['verdict']}", flush=True)
        for told in report[name]["worst"] if sheet else ():
            picture = next(iter(shown(name, told["condition"], cases[told["case"]]).values()))[0, 0]
            sheet.add(f"{name} {told['output']}", told, picture)
    text = parity_report.markdown(report) if args.out.suffix == ".md" else json.dumps(report, indent=1)
    args.out.write_text(text + "\n", encoding="utf-8")
    if sheet:
        sheet.write()


def _parser() -> argparse.ArgumentParser:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="default: all networks")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="holds float32/ and int8/; default: WORK/models")
    parser.add_argument("--out", type=Path, required=True, help="the report, .json or .md")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="draw the worst disagreements, outside the project")
    parser.add_argument("--most", type=int, default=MOST, help="pictures a network")
    parser.add_argument("--worst", type=int, default=WORST, help="disagreements a network and pair")
    return parser


if __name__ == "__main__":
    main()
