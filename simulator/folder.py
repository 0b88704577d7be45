"""An output folder: one run's at a time, and nothing in it overwritten that this program did not make.

Knows notes, names and locks. Must not know what is put there.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from simulator import files
from simulator.types import SimulatorError

ABOUT = "about.json"


@contextmanager
def claimed(out: Path, kind: str, *, notes: Sequence[str], names: Sequence[str]) -> Iterator[None]:
    """The folder for this run alone; made where it is missing.

    Args:
        out: The folder.
        kind: The key that the notes of this command have.
        notes: Where its notes lie; one that is there shows that the rest is of this program's making too.
        names: Patterns of what the command would replace.

    Raises:
        SimulatorError: Another run works there, or something else lies there; nothing was touched.
    """
    files.make_folder(out)
    with files.writing(out):
        handle = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(handle, out)
        if not any(kind in note(out / name) for name in notes):
            _refuse_strangers(out, names)
        yield
    finally:
        os.close(handle)


def note(path: Path) -> dict[str, Any]:
    """What this program wrote about a folder; empty where it wrote nothing."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and found.get("synthetic") is True:
            return found
    return {}


def _lock(handle: int, out: Path) -> None:
    """The kernel lets go of it when the process ends, however it ends."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SimulatorError(f"{out}: another run is at work there; wait for it or choose another --out") from error
    except OSError:  # some network disks lock no folders; there it is up to the user
        return


def _refuse_strangers(out: Path, names: Sequence[str]) -> None:
    there = sorted({path.name for name in names for path in out.glob(name) if not _is_bare(path)})
    if there:
        raise SimulatorError(f"{out}: {there[0]} lies there and is not this command's; choose another --out")


def _is_bare(path: Path) -> bool:
    """A folder with nothing to be seen in it: what a run leaves that was killed as it began."""
    return path.is_dir() and all(inside.name.startswith(".") for inside in path.iterdir())
