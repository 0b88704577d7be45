"""The measuring end of a benchmark: one process, one core, one network, driven over a pipe.

Runs in the product's environment and in a peer's: needs numpy and nothing of the project. Protocol, one line each: the
parent writes the number of a frame and reads "milliseconds found(0|1)"; it writes "end" and reads the peak resident
memory in kB.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480

Observe = Callable[[NDArray[np.uint8], float], bool]  # grey picture, its time in s → was a face found
Prepare = Callable[[NDArray[np.uint8]], NDArray[Any]]


def pin(core: int) -> None:
    """Before anything heavy is imported, so that every thread pool sees one core."""
    os.sched_setaffinity(0, {core})


def serve(observe: Observe, frames: Path, fps: float, prepare: Prepare = lambda grey: grey) -> None:
    """Answer until told to end. Reading the frame and `prepare` are not timed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not pass for an answer
    with frames.open("rb") as file:
        for line in sys.stdin:
            if line.strip() == "end":
                break
            picture = prepare(_read(file, int(line)))
            began = time.perf_counter()
            found = observe(picture, int(line) / fps)
            print(f"{1000 * (time.perf_counter() - began):.4f} {int(found)}", file=answers, flush=True)
    print(peak_rss_kb(), file=answers, flush=True)


def _read(file: Any, index: int) -> NDArray[np.uint8]:
    """One frame at a time: a mapped file would count as this process's memory."""
    file.seek(index * WIDTH * HEIGHT)
    return np.frombuffer(file.read(WIDTH * HEIGHT), np.uint8).reshape(HEIGHT, WIDTH)


def peak_rss_kb() -> int:
    """Of this program alone; getrusage's maximum would include the parent's at the time of the fork."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
