"""Plays what ends: a video file or pictures, in real time or as fast as they are taken.

Knows pacing and looping. Must not know how a picture is stored.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from vision.pixels import Broken
from vision.sources.base import QUIET_S, Camera
from vision.types import CameraView, Fault, Frame, GreyImage, NoFrame, Sample


class Reader(Protocol):
    """Pictures one after the other. Only one thread at a time calls it."""

    @property
    def name(self) -> str: ...  # for messages
    @property
    def period_s(self) -> float: ...  # time from one picture to the next, at least nominally
    @property
    def damage(self) -> str | None: ...  # at the end: why it came too early

    def advance(self) -> float | None:
        """Go to the next picture; its time from the start, strictly increasing. None at the end."""

    def picture(self) -> GreyImage | Broken: ...
    def file(self) -> str: ...  # that holds the picture
    def rewind(self) -> None: ...
    def close(self) -> None: ...


class Player(Camera):
    """Samples of a reader.

    In real time a picture appears at start + its own time, on the monotonic clock, and one whose successor is due
    already is dropped, as a camera would; `Frame.index` counts it all the same. Otherwise every picture comes, stamped
    with its own time from the start.

    Args:
        now: The clock of real time.
    """

    def __init__(
        self,
        reader: Reader,
        view: CameraView,
        *,
        realtime: bool,
        loop: bool,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._reader = reader
        self._view = view
        self._realtime = realtime
        self._loop = loop
        self._now = now
        self._wait = wait
        self._index = -1
        self._closing = threading.Event()
        self._reading = threading.Lock()  # OpenCV must not be released while it reads
        self._samples = self._play()

    def __next__(self) -> Sample:
        return next(self._samples)

    def close(self) -> None:
        self._closing.set()
        with self._reading:
            self._reader.close()

    def _play(self) -> Iterator[Sample]:
        origin_s: float | None = self._now() if self._realtime else 0.0
        while origin_s is not None:
            origin_s = yield from self._play_once(origin_s)
            if not self._rewind():
                return

    def _rewind(self) -> bool:
        with self._reading:
            if not self._loop or self._closing.is_set():
                return False
            self._reader.rewind()
            return True

    def _play_once(self, origin_s: float) -> Generator[Sample, None, float | None]:
        """Play to the end. The value is when the next round begins, None if there was nothing to play."""
        due_s = None
        delivered_s = self._now()
        while (media_s := self._advance()) is not None:
            due_s = origin_s + media_s
            if self._realtime:
                if self._too_late(due_s, delivered_s):
                    continue
                yield from self._until(due_s)
            sample = self._sample(due_s)
            if sample is None:
                return None
            yield sample
            delivered_s = self._now()
        if due_s is None or self._closing.is_set():
            return None
        if self._reader.damage:
            yield NoFrame(due_s + self._reader.period_s, f"{self._reader.name}: {self._reader.damage}", Fault.CORRUPTED)
        return due_s + self._reader.period_s

    def _too_late(self, due_s: float, delivered_s: float) -> bool:
        """Whether the next picture is due too; never for so long that nothing is delivered."""
        now_s = self._now()
        return now_s > due_s + self._reader.period_s and now_s < delivered_s + QUIET_S

    def _until(self, due_s: float) -> Iterator[Sample]:
        """Wait, with a NoFrame wherever a camera would have been quiet too long."""
        while (left_s := due_s - self._now()) > 0 and not self._closing.is_set():
            self._wait(self._closing, min(left_s, QUIET_S))
            if left_s > QUIET_S and not self._closing.is_set():
                now_s = min(self._now(), due_s)  # a wait that ends late must not overtake the picture
                yield NoFrame(now_s, f"{self._reader.name}: the next picture is due in {due_s - now_s:.1f} s")

    def _advance(self) -> float | None:
        with self._reading:
            if self._closing.is_set():
                return None
            media_s = self._reader.advance()
            self._index += media_s is not None
            return media_s

    def _sample(self, due_s: float) -> Sample | None:
        with self._reading:
            if self._closing.is_set():
                return None
            picture = self._reader.picture()
            if isinstance(picture, Broken):
                return NoFrame(due_s, f"{self._reader.file()}: {picture.detail}", Fault.CORRUPTED)
            return Frame(due_s, self._index, picture, self._view, self._reader.file())
