"""Stage 5: measure the product's own vision and rules on labelled files, and the peer on the same.

    python -m training.evaluate TASK --data DIR [--held-out] [--model DIR] [--peer [--landmarker FILE]] --out FILE

DIR holds a labels.csv and the files it names; each task says which columns it reads (training/README.md lists them).
Pictures are grey and each is a cold start; clips are followed. --held-out keeps only the people that training never
sees, for sources that training uses. Every figure has n and a 95 % interval.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from training.evaluate import detection, eyes, lids, pose, stills, synthetic
from training.evaluate.columns import Labels, read
from training.evaluate.job import Job, Report
from training.evaluate.peer import peer
from training.metrics import Result
from vision.model import catalogue

TASKS: dict[str, Callable[[Job], Report]] = {
    "eyes": eyes.evaluate,
    "blinks": lids.evaluate_blinks,
    "closure": lids.evaluate_closure,
    "yawn": stills.evaluate_yawn,
    "landmarks": stills.evaluate_landmarks,
    "head_pose": pose.evaluate_head_pose,
    "gaze": pose.evaluate_gaze,
    "expression": stills.evaluate_expression,
    "detection": detection.evaluate,
    "synthetic": synthetic.evaluate,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write the results and print them."""
    args = _parser().parse_args(arguments)
    job = _job(args)
    report = TASKS[args.task](job)
    written = {
        "task": args.task,
        "data": args.data.resolve().name,
        "held_out": args.held_out,
        "every": args.every,
        "by": job.peer.name() if job.peer else "cabinwatch",
        "networks": {} if job.peer else _networks(args),
        "left_out": dict(report.labels.left_out),
        "notes": report.notes,
        "results": {name: _clean(result) for name, result in report.figures.items()},
        "tables": report.tables,
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(written, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    print("\n".join([*_lines(report), *_remarks(report)]))


def _parser() -> argparse.ArgumentParser:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="labels.csv and the files it names")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the results, as JSON")
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="models.yaml and networks; default: the package's own"
    )
    parser.add_argument("--held-out", action="store_true", help="only people whom training never sees")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="only each K-th file, for a quick look")
    parser.add_argument("--convention", metavar="SIGNS", help="of yaw, pitch, roll in DIR against the house's: -++")
    parser.add_argument("--faces", action="store_true", help="task eyes: the pictures show faces, not single eyes")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="task synthetic: draw the worst mistakes here")
    parser.add_argument("--peer", action="store_true", help="measure MediaPipe instead, on the same files")
    parser.add_argument("--landmarker", type=Path, metavar="FILE", help="FaceLandmarker's .task; default: FaceMesh")
    parser.add_argument("--peer-python", type=Path, metavar="FILE", help="an interpreter that has mediapipe")
    return parser


def _job(args: argparse.Namespace) -> Job:
    if args.task == "synthetic":
        if args.held_out:
            raise SystemExit("--held-out: nobody in a synthetic data set was held out; render one with another --seed")
        labels = Labels(args.data / "about.json", [])
    else:
        labels = _labels(args)
    return Job(
        data=args.data,
        labels=labels,
        models=args.model,
        peer=peer(args.peer_python, args.landmarker) if args.peer else None,
        convention=args.convention,
        whole_faces=args.faces,
        every=args.every,
        sheet=args.sheet,
    )


def _labels(args: argparse.Namespace) -> Labels:
    labels = read(args.data)
    if args.held_out:
        labels = labels.only_held_out()
    # Clips may have several rows, one an event: there clips are skipped, not rows (clips.py).
    step = 1 if args.task in ("blinks", "closure") else args.every
    labels = replace(labels, rows=labels.rows[::step], left_out=Counter())
    if not labels.rows:
        raise SystemExit(f"{labels.file}: no row is left; without --held-out there may be some")
    return labels


def _networks(args: argparse.Namespace) -> dict[str, Any]:
    """Which files the figures rest on."""
    used = ["eyes"] if args.task == "eyes" and not args.faces else ["finder", "face", "eyes"]
    used += ["affect"] if args.task == "expression" else []
    listed = catalogue(args.model or Path(str(files("vision"))) / "models")
    return {name: {"version": listed[name].version, "sha256": listed[name].sha256} for name in used}


def _clean(result: Result) -> Result:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in result.items()}


def _lines(report: Report) -> list[str]:
    wide = max(len(name) for name in report.figures)
    return [f"{name:<{wide}}  {_said(result)}" for name, result in report.figures.items()]


def _said(result: Result) -> str:
    more = "".join(f", {key} {result[key]}" for key in ("persons", "clips", "group") if key in result)
    if result["value"] is None:
        return f"not measured  n={result['n']}{more}"
    return f"{result['value']:.4f} [{result['low']:.4f}, {result['high']:.4f}]  n={result['n']}{more}"


def _remarks(report: Report) -> list[str]:
    left_out = [f"left out: {count} × {why}" for why, count in sorted(report.labels.left_out.items())]
    return [*left_out, *report.notes]


if __name__ == "__main__":
    main()
