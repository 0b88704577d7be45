"""MediaPipe in the clothes of our own observer, from a process and an environment of its own.

Knows the worker's lines (peer_worker.py). Must not know what is measured with it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.latency import peer_python
from training.evaluate.mesh import Mesh, observation
from vision.types import FaceObservation, Frame, Reason, Sample, unseen

WORKER = Path(__file__).with_name("peer_worker.py")


@dataclass(frozen=True)
class Peer:
    """How the peer is started.

    Args:
        python: An interpreter that has mediapipe.
        landmarker: FaceLandmarker's task file; None takes FaceMesh, which comes inside mediapipe.
        worker: The script that answers.
    """

    python: Path
    landmarker: Path | None = None
    worker: Path = WORKER

    @contextmanager
    def watching(self, *, follow: bool) -> Iterator[PeerObserver]:
        """A fresh one; it ends with the block."""
        task = [] if self.landmarker is None else [str(self.landmarker)]
        command = [str(self.python), str(self.worker), "video" if follow else "still", *task]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
            try:
                yield PeerObserver(run, " ".join(command))
            finally:
                run.kill()

    def name(self) -> str:
        """Its library, version and kind."""
        with self.watching(follow=False) as peer:
            return peer.name


def peer(python: Path | None, landmarker: Path | None) -> Peer:
    """The peer with the environment of the benchmarks, made if need be, unless another interpreter is given."""
    found = python or peer_python()
    if found is None:
        raise SystemExit("--peer: mediapipe cannot be installed here; give an interpreter that has it: --peer-python")
    for path, what in ((found, "--peer-python"), (landmarker, "--landmarker")):
        if path is not None and not path.is_file():
            raise SystemExit(f"{what} {path}: no such file")
    return Peer(found, landmarker)


class PeerObserver:
    """Takes samples and answers observations, as `vision.observer.Observer` does."""

    def __init__(self, run: subprocess.Popen[bytes], command: str) -> None:
        self._run = run
        self._command = command
        self.name = str(self._answer()["name"])
        self._last_ms = -1

    def observe(self, sample: Sample) -> FaceObservation:
        """Measure one sample."""
        if not isinstance(sample, Frame):
            return unseen(sample.t_s, Reason.NO_FRAME)
        self._last_ms = max(round(1000 * sample.t_s), self._last_ms + 1)  # it wants them to rise
        high, wide = sample.grey.shape
        assert self._run.stdin is not None
        asked = {"width": wide, "height": high, "t_ms": self._last_ms}
        try:
            self._run.stdin.write(json.dumps(asked).encode() + b"\n" + sample.grey.tobytes())
            self._run.stdin.flush()
        except BrokenPipeError:
            raise SystemExit(self._died()) from None
        return observation(_mesh(self._answer()), sample)

    def _answer(self) -> dict[str, Any]:
        assert self._run.stdout is not None
        line = self._run.stdout.readline()
        if not line:
            raise SystemExit(self._died())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _died(self) -> str:
        return f"--peer: the worker ended; run it by hand to see why: {self._command}"


def _mesh(answer: dict[str, Any]) -> Mesh | None:
    if answer["points"] is None:
        return None
    matrix = answer.get("matrix")
    rotation = None if matrix is None else np.asarray(matrix)[:3, :3]
    return Mesh(np.asarray(answer["points"]), answer.get("shapes", {}), rotation)
