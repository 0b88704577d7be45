"""Pieces of work over the workers of a Dask cluster, and one line for whatever Dask can say.

Knows Dask. Must not know what the work is. Pieces go to the workers and come back; what they make does not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, TypeVar

from simulator.types import SimulatorError

Piece = TypeVar("Piece")

REMEDY = "start `dask worker` where this very version of simulator is installed"
CONNECT_S = 10.0
LOOK_EVERY_S = 1.0
WITHOUT_S = 30.0  # a cluster that grows with its queue needs some time to begin


def hand_out(
    do: Callable[[Piece], Piece], pieces: Sequence[Piece], *, scheduler: str, finished: Callable[[Piece], None]
) -> None:
    """Does every piece, each as one future; returns when all are done.

    Args:
        do: A function of a module that the workers have too; gives its piece back.
        pieces: What to do; each must pickle.
        scheduler: Address of Dask's scheduler.
        finished: Called here with each piece when it is done.

    Raises:
        SimulatorError: A piece failed, or the cluster did.
    """
    with _connected(scheduler) as client:
        futures = client.map(do, pieces, pure=False, retries=1)
        for future in _as_done(client, futures, scheduler):
            finished(future.result())


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    from distributed import Client  # noqa: PLC0415  # takes a second to import, and only this needs it
    from distributed.scheduler import KilledWorker  # noqa: PLC0415

    try:
        client = Client(scheduler, timeout=CONNECT_S)  # type: ignore[no-untyped-call]  # Dask is half typed
    except (OSError, ValueError) as error:
        raise SimulatorError(f"--scheduler {scheduler}: no Dask scheduler answers; start `dask scheduler`") from error
    with client:
        try:
            yield client
        except ModuleNotFoundError as error:
            raise SimulatorError(f"a Dask worker lacks {error.name}; {REMEDY}") from error
        except (KilledWorker, CancelledError, OSError) as error:
            words = " ".join(str(error).split())[:120]
            raise SimulatorError(f"--scheduler {scheduler}: lost: {words}; what is finished is kept") from error


def _as_done(client: Any, futures: Sequence[Any], scheduler: str) -> Iterator[Any]:
    """Futures in the order of their ends. Dask itself would wait for ever for a worker."""
    from distributed import wait  # noqa: PLC0415  # as above

    waiting, seen_s = set(futures), time.monotonic()
    while waiting:
        try:
            done, waiting = wait(waiting, timeout=LOOK_EVERY_S, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
        except asyncio.TimeoutError:
            done = set()
        yield from done
        if done or client.nthreads():
            seen_s = time.monotonic()
        elif time.monotonic() - seen_s > WITHOUT_S:
            raise SimulatorError(f"--scheduler {scheduler}: no worker stays; {REMEDY}")
