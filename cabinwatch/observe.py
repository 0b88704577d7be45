"""`cabinwatch observe`: a source in, one JSON line a frame out. Measures, judges nothing.

Knows how to walk a source to its end and what to tell a person meanwhile. Must not know rules or the vehicle.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, TextIO

from cabinwatch import recorder
from vision.camera import CameraSettings, open_camera, open_still
from vision.observer import Observer
from vision.sources.files import pictures_in
from vision.types import FaceObservation, NoFrame, Sample

TOLD_EVERY_S = 1.0


class OutputError(Exception):
    """The lines cannot be written where they were wanted."""


@dataclass(slots=True)
class Tally:
    """What went through."""

    lines: int = 0
    frames: int = 0
    faces: int = 0
    cost_ms: float = 0.0
    damage: str | None = None  # what was wrong with the source, in words

    def add(self, sample: Sample, seen: FaceObservation) -> None:
        self.lines += 1
        if isinstance(sample, NoFrame):
            self.damage = sample.detail
        else:
            self.frames += 1
            self.faces += seen.face.box_px is not None
            self.cost_ms += seen.cost_ms

    def __str__(self) -> str:
        mean_ms = self.cost_ms / self.frames if self.frames else 0.0
        return f"{self.frames} frames, face in {self.faces}, {mean_ms:.1f} ms each"


def observe(source: str, out: str, *, stills: bool, affect: bool, talk: TextIO) -> Tally:
    """Writes one JSON line a sample of `source` to the file `out` (- is stdout).

    A sample without a picture (a damaged one, a silent camera) is a line too: all absent, `frame` null.

    Args:
        source: A video file, a picture, a folder of pictures, or a live camera (until Ctrl-C).
        out: Replaced where it exists.
        stills: Every picture stands for itself: no track, and one line each, unreadable ones included.
        affect: Load the affect network and write what it says.
        talk: Where progress goes.

    Raises:
        CameraError: The source cannot be read at all.
        ModelError: A model file is missing or wrong.
        OutputError: The lines cannot be written.
    """
    observer = Observer(affect=affect, track=not stills, affect_period_s=0.0)  # a record has no gaps
    tally, progress = Tally(), _Progress(talk)
    with _samples(source, stills=stills) as samples, _opened(out, source) as file, suppress(KeyboardInterrupt):
        for sample, picture in samples:
            seen = observer.observe(sample)
            if picture is not None:
                seen = replace(seen, frame=picture.index, file=picture.file)
            _write(file, recorder.line(seen, affect=affect), out)
            tally.add(sample, seen)
            progress.tell(tally, sample, picture)
    progress.end()
    return tally


@dataclass(frozen=True, slots=True)
class _Picture:
    """Which picture of a folder of stills, known even where it cannot be read."""

    index: int
    file: str


_Samples = Iterator[tuple[Sample, _Picture | None]]


@contextmanager
def _samples(source: str, *, stills: bool) -> Iterator[_Samples]:
    if stills and _is_folder(source):
        yield _stills(pictures_in(Path(source)))
        return
    with open_camera(CameraSettings(source=source)) as camera:
        yield ((sample, None) for sample in camera)


def _is_folder(source: str) -> bool:
    return os.path.isdir(source)  # noqa: PTH112  # pathlib's raises where a folder on the way may not be entered


def _stills(paths: Sequence[Path]) -> _Samples:
    for index, path in enumerate(paths):
        with open_still(path) as camera:
            for sample in camera:
                yield sample, _Picture(index, str(path))


@contextmanager
def _opened(out: str, source: str) -> Iterator[BinaryIO]:
    if out == "-":
        if sys.stdout is None:
            raise OutputError("stdout is closed")
        yield sys.stdout.buffer
        return
    _spare(source, Path(out))
    try:
        file = Path(out).open("wb")  # noqa: SIM115  # closed below; only its opening may fail here
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror}") from error
    with file:
        yield file


def _spare(source: str, out: Path) -> None:
    """Refuses to write over what is read, under whichever name."""
    folder = _is_folder(source)
    if any(_same(out, read) for read in (pictures_in(Path(source)) if folder else [Path(source)])):
        what = "one of the source's pictures" if folder else "the source itself"
        raise OutputError(f"{out}: is {what}; choose another --out")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def _write(file: BinaryIO, line: bytes, out: str) -> None:
    """Flushed line by line: a full disk shows at the line that did not fit, and a reader of a pipe never waits."""
    try:
        file.write(line)
        file.flush()
    except OSError as error:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())  # what is left in the buffer has nowhere to go
        name = "stdout" if out == "-" else out
        raise OutputError(f"{name}: cannot be written any more: {error.strerror}") from error


class _Progress:
    """A line that rewrites itself on a terminal, and everywhere a line for what is wrong with a sample."""

    def __init__(self, talk: TextIO) -> None:
        self._talk = talk
        self._told_s = time.monotonic()
        self._unfinished = False
        self._silent = False

    def tell(self, tally: Tally, sample: Sample, picture: _Picture | None) -> None:
        was_silent, self._silent = self._silent, isinstance(sample, NoFrame)
        if isinstance(sample, NoFrame):
            if picture is not None or not was_silent:  # a silent camera says so five times a second
                self.end()
                self._talk.write(f"cabinwatch: {sample.detail}\n")
        elif self._talk.isatty() and time.monotonic() - self._told_s >= TOLD_EVERY_S:
            self._told_s, self._unfinished = time.monotonic(), True
            self._talk.write(f"\r{tally}")
            self._talk.flush()

    def end(self) -> None:
        if self._unfinished:
            self._talk.write("\n")
            self._unfinished = False
