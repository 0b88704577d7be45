"""Time and memory of one frame, ours beside MediaPipe FaceMesh: `make bench`.

All see the same frames in the same run. Each runs in a process of its own, all are pinned to one and the same core
and take turns, so that whatever else the machine does meets all alike. Twice: frame by frame, where each finds its
caches full of the other's data, as beside the other work of a vehicle's computer; and in stretches, as a process with
a core of its own. Ours runs whole, with the affect network at its rate. Quote the ratio: the milliseconds belong to
this machine.

    python -m benchmarks.latency [--no-peer] [--landmarker FILE] [--models FOLDER] [--device NAME]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from benchmarks.frames import write_frames

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
CLIP = BUILD / "clips" / "WolfgangLanger_Pexels.mp4"
RAW = BUILD / "bench" / "frames.raw"
PEER_VENV = BUILD / "peer-venv"
PEER = "mediapipe==0.10.21"  # needs numpy < 2, hence an environment of its own
STRETCHES = (1, 60)  # frames in a row before the next one's turn
WARM_UP = 5  # frames left out: first allocations, the first search for the face


@dataclass(frozen=True, slots=True)
class Result:
    """What one worker needed."""

    name: str
    in_a_row: int  # frames before the next one's turn
    frames: int  # after the warm-up
    p50_ms: float
    p95_ms: float
    peak_rss_mb: float
    found: float  # share of frames with a face: a fast one that sees nothing is no peer


class Worker:
    """One process that measures a frame when asked."""

    def __init__(self, name: str, python: Path, script: str, *args: str) -> None:
        self.name = name
        self._log = BUILD / "bench" / f"{re.sub('[^a-z]+', '-', name.lower())}.log"
        command = [str(python), str(HERE / script), *args]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
            )
        self._times_ms: list[float] = []
        self._found: list[bool] = []

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def frame(self, index: int) -> None:
        time_ms, found = self._ask(str(index)).split()
        self._times_ms.append(float(time_ms))
        self._found.append(found == "1")

    def result(self, in_a_row: int) -> Result:
        peak_rss_kb = int(self._ask("end"))
        return summary(self.name, in_a_row, self._times_ms, self._found, peak_rss_kb)

    def _ask(self, line: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # then the answer is empty
            self._process.stdin.write(line + "\n")
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"bench: {self.name} ended early; its own words:\n{self._log.read_text()[-2000:]}")
        return answer


def summary(name: str, in_a_row: int, times_ms: list[float], found: list[bool], peak_rss_kb: int) -> Result:
    """Percentiles after the warm-up."""
    counted = np.array(times_ms[WARM_UP:])
    p50_ms, p95_ms = (round(float(v), 3) for v in np.percentile(counted, [50, 95]))
    share = round(float(np.mean(found[WARM_UP:])), 4)
    return Result(name, in_a_row, len(counted), p50_ms, p95_ms, round(peak_rss_kb / 1024, 1), share)


def measure(workers: list[Worker], frames: int, in_a_row: int) -> list[Result]:
    """In turns of so many frames; who begins changes each time, because the second finds a colder cache."""
    for turn, first in enumerate(range(0, frames, in_a_row)):
        for worker in workers if turn % 2 else reversed(workers):
            for index in range(first, min(first + in_a_row, frames)):
                worker.frame(index)
    return [worker.result(in_a_row) for worker in workers]


def peer_python() -> Path | None:
    """The peer's interpreter, its environment made if need be; None where it cannot be installed."""
    python = PEER_VENV / "bin" / "python"
    done = PEER_VENV / "installed.txt"
    if done.is_file() and done.read_text() == PEER:
        return python
    print(f"bench: installing {PEER} into {PEER_VENV} (once)")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(PEER_VENV)], check=True)
    if subprocess.run([str(python), "-m", "pip", "install", "--quiet", PEER], check=False).returncode != 0:
        print(f"bench: {PEER} cannot be installed here; measuring ours alone")
        return None
    done.write_text(PEER)
    return python


def table(results: list[Result]) -> str:
    """For people."""
    turns = "frame by frame" if results[0].in_a_row == 1 else f"{results[0].in_a_row} frames in a row"
    lines = [f"{turns:<26}{'p50 ms':>9}{'p95 ms':>9}{'peak MB':>9}{'face found':>12}"]
    lines += [f"{r.name:<26}{r.p50_ms:>9.2f}{r.p95_ms:>9.2f}{r.peak_rss_mb:>9.1f}{r.found:>12.1%}" for r in results]
    ours, *peers = results
    for peer in peers:
        lines.append(
            f"{'ours / ' + peer.name.split('==')[0]:<26}{ours.p50_ms / peer.p50_ms:>9.2f}"
            f"{ours.p95_ms / peer.p95_ms:>9.2f}{ours.peak_rss_mb / peer.peak_rss_mb:>9.2f}"
        )
    return "\n".join(lines)


def processor() -> str:
    """The board's name where there is one, else the processor's."""
    board = Path("/proc/device-tree/model")
    if board.is_file():
        return board.read_text().strip("\0\n ")
    models = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return models[0] if models else platform.machine()


def save(device: str, results: list[Result], folder: Path) -> Path:
    """One file a device, replaced by each run."""
    report = {
        "device": device,
        "frame": "640x480 grey",
        "clip": CLIP.name,
        "threads": 1,
        "python": platform.python_version(),
        "results": [asdict(result) for result in results],
    }
    path = folder / (re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-") + ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    return path


def run(peer: Path | None, landmarker: Path | None, models: list[str], in_a_row: int) -> list[Result]:
    frames, fps = write_frames(CLIP, RAW)
    core = max(os.sched_getaffinity(0))  # the highest: interrupts prefer the lowest
    args = (str(core), str(RAW), f"{fps:.4f}")
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker("cabinwatch", Path(sys.executable), "ours.py", *args, *models))]
        if peer is not None:
            workers.append(stack.enter_context(Worker(PEER, peer, "peer_mediapipe.py", *args)))
        if peer is not None and landmarker is not None:
            more = (*args, str(landmarker))
            workers.append(stack.enter_context(Worker("FaceLandmarker", peer, "peer_mediapipe.py", *more)))
        return measure(workers, frames, in_a_row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-peer", action="store_true", help="measure ours alone")
    parser.add_argument(
        "--landmarker", type=Path, help="MediaPipe's face_landmarker.task: a second peer, with blendshapes"
    )
    parser.add_argument("--models", help="folder of networks, instead of the package's own")
    parser.add_argument("--device", default=processor(), help="what to call this machine in results/")
    options = parser.parse_args()
    if not CLIP.is_file():
        raise SystemExit(f"bench: {CLIP} is missing; run `make clips`")
    peer, models = None if options.no_peer else peer_python(), [options.models] if options.models else []
    print("640×480 grey, one thread")
    results = []
    for in_a_row in STRETCHES:
        measured = run(peer, options.landmarker, models, in_a_row)
        print(table(measured))
        results += measured
    print(f"written to {save(options.device, results, HERE / 'results')}")


if __name__ == "__main__":
    main()
