"""What a task is given and what it answers.

Knows files, who looks at them and how a report is written. Must not know any task.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.console import Console
from rich.progress import track

from cabinwatch.pipeline import Observing
from training.evaluate.columns import Labels, Row
from training.evaluate.peer import Peer
from training.metrics import Result
from vision.camera import open_still
from vision.observer import Observer
from vision.types import CameraView, FaceObservation, Frame, GreyImage

Made = TypeVar("Made")
MOST_SETS = 12  # a column with more values tells rows apart, it does not group them


@dataclass(frozen=True)
class Job:
    """One measurement: whose eyes look at which files."""

    data: Path
    labels: Labels
    models: Path | None = None  # None: the package's own
    peer: Peer | None = None  # None: the product itself
    convention: str | None = None  # signs of the data set's angles against the house's, see pose.py
    whole_faces: bool = False  # task eyes: the pictures show faces, not eyes
    every: int = 1  # only each k-th file is looked at
    sheet: Path | None = None  # task synthetic: where to draw what went wrong

    @contextmanager
    def watching(self, *, follow: bool, affect: bool = False) -> Iterator[Observing]:
        """The product's observer, or the peer's in its clothes; `follow` keeps a track from frame to frame."""
        if self.peer is None:
            yield Observer(models=self.models, track=follow, affect=affect, affect_period_s=0.0)
        else:
            with self.peer.watching(follow=follow) as peer:
                yield peer

    def file(self, row: Row) -> Path:
        return self.data / row[self.labels.need("file")]

    def about(self, labels: Labels) -> Job:
        """The same with other rows."""
        return replace(self, labels=labels)


@dataclass(frozen=True)
class Report:
    """Figures by name, tables by name, and what a reader must know beside them."""

    figures: dict[str, Result]
    labels: Labels  # the rows that were measured; it knows what was left out
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)  # columns, rows
    notes: list[str] = field(default_factory=list)


def sets_of(names: list[str]) -> dict[str, np.ndarray]:
    """(n,) masks of rows that belong together, by a prefix for their figures; none where the names group nothing."""
    rows = np.array(names)
    found = np.unique(rows)
    if not 1 < len(found) <= min(MOST_SETS, len(rows) - 1):
        return {}
    return {f"{'_'.join(str(name).split())}/": rows == name for name in found}


def table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    """A table of a report; what is not a number is null."""
    return {"columns": list(columns), "rows": [[_plain(cell) for cell in row] for row in rows]}


def _plain(cell: Any) -> Any:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def grey_of(path: Path) -> GreyImage | None:
    """A still as the product reads it; None where it cannot be read."""
    with open_still(path) as camera:
        return next((sample.grey for sample in camera if isinstance(sample, Frame)), None)


def greys(job: Job, what: str = "reading") -> Iterator[GreyImage | None]:
    """Every still in the order of the job's rows."""
    for row in shown(job.labels.rows, what):
        yield grey_of(job.file(row))


def readable(job: Job, made: list[Made | None]) -> tuple[Job, list[Made]]:
    """What was made of the pictures that could be read, and the job with the rows of the others left out."""
    kept = job.labels.where((one is not None for one in made), "unreadable")
    if not kept.rows:
        raise SystemExit(f"{job.labels.file}: none of its {len(made)} files can be read below {job.data}")
    return job.about(kept), [one for one in made if one is not None]


def looked_at(job: Job, *, affect: bool = False) -> tuple[Job, list[FaceObservation]]:
    """Each readable still as a cold start, in the order of the job's rows."""
    with job.watching(follow=False, affect=affect) as observer:
        # A second apart: no measurement is withheld because another was made a moment ago.
        seen = [
            None if grey is None else observer.observe(Frame(float(index), index, grey, CameraView()))
            for index, grey in enumerate(greys(job, "looking"))
        ]
    return readable(job, seen)


def shown(rows: list[Made], what: str) -> Iterator[Made]:
    """The rows, with a bar for people at a terminal."""
    console = Console(stderr=True)
    yield from track(rows, description=what, console=console, transient=True, disable=not console.is_terminal)
