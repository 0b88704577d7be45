"""Clips through the real vision: one observation log beside each clip, as `cabinwatch observe` writes it.

Knows the Observer and files. Must not know rules or what is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib import resources
from pathlib import Path

from cabinwatch import recorder
from simulator import files
from simulator.clip import TRUTH, frames
from simulator.crew import Tick, share_out
from vision.model import catalogue
from vision.observer import Observer

SEEN = "seen.jsonl"
SEEN_BY = "seen_by.txt"  # in the folder of all drives: the networks of the last run


def observe(drives: Sequence[Path], models: Path | None, *, workers: int) -> None:
    """Observes every clip anew; each drive begins with an Observer that has seen nothing.

    Args:
        drives: Folders of whole clips.
        models: Folder with models.yaml; None takes the product's own.
        workers: Processes.

    Raises:
        ModelError: A network cannot be used.
        SimulatorError: A worker died.
    """
    steps = sum((drive / TRUTH).read_bytes().count(b"\n") for drive in drives)
    work = partial(_observe, models=models)
    share_out(work, drives, workers=min(workers, len(drives)), steps=steps, title="observing")


def _observe(drive: Path, tick: Tick, *, models: Path | None) -> None:
    observer, lines = Observer(models=models), []
    for frame in frames(drive):
        lines.append(recorder.line(observer.observe(frame)))
        tick()
    files.write(drive / SEEN, b"".join(lines))


def networks(models: Path | None) -> str:
    """Which networks there are to see with: version and the beginning of each file's hash."""
    entries = catalogue(models or Path(str(resources.files("vision"))) / "models")
    return ", ".join(f"{name} {entry.version} {entry.sha256[:8]}" for name, entry in sorted(entries.items()))
