"""Do the simulator's frames look like faces to eyes that never saw them? `python -m benchmarks.realism`.

Renders fresh identities (42 frames each), asks independent networks, prints each figure with its bar, n and a 95 %
interval over identities. FaceMesh is installed once into an environment of its own. The two networks that know real
near-infrared faces are asked where their files are given.

    python -m benchmarks.realism --out FOLDER [--identities 40] [--quality full] [--omz FILE] [--openpilot FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from benchmarks.latency import peer_python
from benchmarks.realism.figures import Bar, Judged, bars
from benchmarks.realism.judges import EyeJudge, FaceJudge
from benchmarks.realism.plan import FIRST_SEED
from benchmarks.realism.render import Row, render

RIGHT_CORNERS, LEFT_CORNERS = (36, 39), (42, 45)  # of the 68 points


def _points(frames: Path, rows: list[Row]) -> np.ndarray:
    """FaceMesh's points in the order of the rows."""
    python = peer_python()
    if python is None:
        raise SystemExit("realism: FaceMesh cannot be installed here, and without it there is nothing to compare")
    out = frames.parent / "facemesh.npz"
    script = Path(__file__).with_name("peer_points.py")
    subprocess.run([str(python), str(script), str(frames), str(out)], check=True, stderr=subprocess.DEVNULL)
    found = np.load(out)
    place = {name: index for index, name in enumerate(found["names"])}
    return np.asarray(found["points"][[place[row.file] for row in rows]], np.float64)


def _closed(frames: Path, rows: list[Row], judge: EyeJudge) -> np.ndarray:
    return np.array([[judge.closed(_grey(frames, row), np.array(row.landmarks_px)[list(corners)])
                      for corners in (LEFT_CORNERS, RIGHT_CORNERS)] for row in rows])  # fmt: skip


def _faces(frames: Path, rows: list[Row], judge: FaceJudge) -> np.ndarray:
    return np.array([judge.face(_grey(frames, row), row.face_box_px) for row in rows])


def _grey(frames: Path, row: Row) -> np.ndarray:
    return np.asarray(cv2.imread(str(frames / row.file), cv2.IMREAD_GRAYSCALE))


def _judged(frames: Path, rows: list[Row], omz: Path | None, openpilot: Path | None) -> Judged:
    return Judged(
        identity=np.array([str(row.identity) for row in rows]),
        kind=np.array([row.kind for row in rows]),
        aperture_mm=np.array([row.aperture_mm for row in rows]),
        head_deg=np.array([row.head_deg for row in rows]),
        jaw=np.array([row.jaw for row in rows]),
        iris_px=np.array([row.iris_px for row in rows]),
        points=_points(frames, rows),
        closed=_closed(frames, rows, EyeJudge(omz)) if omz else None,
        face=_faces(frames, rows, FaceJudge(openpilot)) if openpilot else None,
    )


def table(found: list[Bar], frames: int, identities: int) -> str:
    """For people."""
    lines = [f"{frames} frames of {identities} synthetic faces {'':<14}{'figure':>9}{'95 % interval':>18}{'bar':>9}"]
    for line in found:
        r = line.result
        sign = "≤" if line.at_most else "≥"
        span = f"{r['low']:.3f} – {r['high']:.3f}"
        lines.append(f"{line.name:<54}{r['value']:>9.3f}{span:>18}{sign + format(line.bar, '.3g'):>9}"
                     f"{'' if line.reached else '  missed'}")  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for frames and results.json")
    parser.add_argument("--identities", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED, help="the first identity")
    parser.add_argument("--quality", choices=("draft", "full"), default="full")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--omz", type=Path, help="open-closed-eye.onnx of the Open Model Zoo")
    parser.add_argument("--openpilot", type=Path, help="dmonitoring_model.onnx of openpilot 0.8.9")
    asked = parser.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + asked.identities)
    frames = asked.out / "frames"
    rows = render(seeds, frames, quality=asked.quality, workers=asked.workers)
    found = bars(_judged(frames, rows, asked.omz, asked.openpilot))
    (asked.out / "results.json").write_text(json.dumps([asdict(line) for line in found], indent=2) + "\n")
    print(table(found, len(rows), len(seeds)))


if __name__ == "__main__":
    main()
