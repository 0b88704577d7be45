"""Many pieces of work over the cores, with a bar, and an end that loses nothing.

Knows processes. Must not know what the work is. A piece calls its `tick` after every small step, because that is
where a worker notices that it shall stop.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from typing import Any, TypeVar

import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from simulator.types import SimulatorError

Piece = TypeVar("Piece")
Tick = Callable[[], None]

LOOK_EVERY_S = 0.2
# One thread a process: the cores are shared out by process, and a software renderer would take them all at once.
ONE_THREAD = ("LP_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Stopped(Exception):  # noqa: N818  # nothing went wrong
    """The worker was told to stop in the middle of a piece."""


def share_out(
    do: Callable[[Piece, Tick], None], pieces: Sequence[Piece], *, workers: int, steps: int, title: str
) -> None:
    """Does every piece, `workers` at a time; returns when all are done.

    Args:
        do: A function of a module, so that another process can find it. It calls its second argument once a step.
        pieces: What to do; each must pickle.
        workers: 1 works in this process.
        steps: How many ticks all pieces make, for the bar on stderr.
        title: What the bar says.

    Raises:
        SimulatorError: A piece failed, or a worker process died.
    """
    with progress(title, steps) as advance:
        if workers == 1:
            for piece in pieces:
                do(piece, lambda: advance(1))
        else:
            _in_processes(do, pieces, workers, advance)


@contextmanager
def progress(title: str, steps: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; what it gives is to be called with the number of steps just done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(show_speed=True))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), refresh_per_second=4) as bar:
        task = bar.add_task(title, total=steps)
        yield lambda done: bar.advance(task, done)


def _in_processes(
    do: Callable[[Piece, Tick], None], pieces: Sequence[Piece], workers: int, advance: Callable[[int], None]
) -> None:
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    # Spawned, not forked: a forked OpenGL context is broken, and a fork copies locks that nobody will release.
    context = multiprocessing.get_context("spawn")
    signs = _Signs.of(context)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(signs,))
    try:
        # The pool's own thread watches the workers that it knew when it last woke, and a submit wakes it before the new
        # worker starts. The last one could die unseen: let each answer first.
        wait([pool.submit(_ready) for _ in range(workers)])
        waiting: set[Future[None]] = {pool.submit(_one, do, piece) for piece in pieces}
        told = 0
        while waiting:
            finished, waiting = wait(waiting, timeout=LOOK_EVERY_S, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
            done = signs.steps.value
            advance(done - told)
            told = done
    except BrokenProcessPool as error:
        raise SimulatorError(
            "a worker process died (out of memory?); what is finished is kept: run it again, with fewer --workers"
        ) from error
    finally:
        signs.stop.set()
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What parent and workers show each other."""

    stop: Any  # multiprocessing.Event and .Value have no public types
    steps: Any

    @classmethod
    def of(cls, context: SpawnContext) -> _Signs:
        return cls(context.Event(), context.Value("q", 0))


_signs: _Signs | None = None


def _start(signs: _Signs) -> None:
    global _signs  # noqa: PLW0603  # a pool hands its workers nothing else
    _signs = signs
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent passes it on
    cv2.setNumThreads(1)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """A killed parent cannot say goodbye, and idle workers would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ready() -> None:
    """Says that a worker lives."""


def _one(do: Callable[[Piece, Tick], None], piece: Piece) -> None:
    with suppress(Stopped):
        do(piece, _tick)


def _tick() -> None:
    assert _signs is not None  # noqa: S101  # set by _start
    with _signs.steps.get_lock():
        _signs.steps.value += 1
    if _signs.stop.is_set():
        raise Stopped
