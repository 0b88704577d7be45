"""Stage 1: teachers look at the raw data and write soft labels.

    python -m training.label --data DIR --teachers DIR --work DIR [--source NAME …] [--stills DIR] [--scheduler ADDRESS]

YuNet finds every face; MediaPipe FaceLandmarker measures the largest. One .npz a source below WORK/labels, put together
from pieces of 128 pictures or one clip; what is there already is not made again, so an interrupted run goes on where it
stopped. With --stills they look at some of the simulator's pictures too, where the truth is known: that tells how their
conventions differ from it. With --scheduler the pieces go to the workers of a Dask cluster, on a disk that all of them
share. Needs a virtual environment with mediapipe (training/README.md).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from itertools import groupby
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from rich.progress import Progress, track

from training.data import rows, source_dir, stills
from training.faces import SOURCES
from training.teachers import Label, Piece, label_piece

STILL_STEP = 16  # every 16th of the synthetic ones
PIECE = 128  # pictures in one piece of work


def files_of(folder: Path, source: str) -> list[tuple[str, ...]]:
    """The files of a source, by piece."""
    if source == "stills":
        names = [str(path.relative_to(folder)) for path, _ in stills(folder)][::STILL_STEP]
    else:
        names = [row["file"] for row in rows(folder)]
    size = 1 if source == "videos" else PIECE
    return [tuple(name for _, name in group) for _, group in groupby(enumerate(names), lambda pair: pair[0] // size)]


def label_source(
    source: str, folder: Path, args: argparse.Namespace, do_all: Callable[[str, Sequence[Piece]], None]
) -> None:
    """Write WORK/labels/<source>.npz."""
    target = args.work / "labels" / f"{source}.npz"
    if target.exists():
        print(f"{source}: labels are there")
        return
    parts = target.with_suffix("")
    parts.mkdir(parents=True, exist_ok=True)
    pieces = [
        Piece(folder, files, source == "videos", parts / f"{k:05}.npz", args.teachers, args.landmarker)
        for k, files in enumerate(files_of(folder, source))
    ]
    do_all(source, pieces)
    tables = [np.load(piece.out) for piece in pieces]
    joined = {key: np.concatenate([table[key] for table in tables]) for key in ("name", *Label.__dataclass_fields__)}
    np.savez_compressed(target.with_suffix(".part.npz"), **joined)
    target.with_suffix(".part.npz").rename(target)
    found = np.mean(~np.isnan(joined["points"][:, 0, 0]))
    print(f"{source}: {len(joined['name'])} pictures, landmarker found {found:.1%}")


def on_this_machine(workers: int) -> Callable[[str, Sequence[Piece]], None]:
    """Over its cores."""

    def do_all(title: str, pieces: Sequence[Piece]) -> None:
        with Pool(workers) as pool:
            for _ in track(pool.imap_unordered(label_piece, pieces), title, total=len(pieces)):
                pass

    return do_all


def on_a_cluster(scheduler: str) -> Callable[[str, Sequence[Piece]], None]:
    """Over the workers of a Dask cluster."""
    from simulator.cluster import hand_out  # noqa: PLC0415  # nothing else here needs Dask
    from simulator.types import SimulatorError  # noqa: PLC0415

    def do_all(title: str, pieces: Sequence[Piece]) -> None:
        with Progress() as bar:
            task = bar.add_task(title, total=len(pieces))
            try:
                hand_out(label_piece, pieces, scheduler=scheduler, finished=lambda _: bar.advance(task))
            except SimulatorError as error:
                raise SystemExit(f"label: {error}") from error

    return do_all


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teachers", type=Path, required=True, help="folder with yunet/*.onnx")
    parser.add_argument("--landmarker", type=Path, required=True, help="face_landmarker.task")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--source", nargs="*", default=SOURCES)
    parser.add_argument("--stills", type=Path, help="a data set of the simulator")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of Dask; all folders on a shared disk")
    args = parser.parse_args()
    do_all = on_a_cluster(args.scheduler) if args.scheduler else on_this_machine(args.workers)
    for source in args.source:
        label_source(source, source_dir(args.data, args.work, source), args, do_all)
    if args.stills:
        label_source("stills", args.stills, args, do_all)


if __name__ == "__main__":
    main()
