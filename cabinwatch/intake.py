"""Between the camera and the loop: how old each picture is, which are judged, and how well the camera is.

Knows the clock. Must not know what a picture shows. No frame is kept here: the camera gives the newest one, and one
that is too old or too many is left out and counted, never queued.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from cabinwatch.shedding import Load, Shedding, SheddingSettings, celsius
from vision.health import Health
from vision.sources.base import QUIET_S
from vision.types import FaceObservation, Fault, Frame, NoFrame, Sample

AGES_OVER_S = 5.0  # s over which ages are told: 150 frames, the least for a 99th percentile that is not the oldest
LOAD_EVERY_S = 1.0  # s between two looks at the load


class Intake:
    """The camera's samples as the loop shall take them.

    Args:
        camera: One sample after the other; iterated once.
        max_age_s: A frame exposed longer ago comes as a NoFrame that says so.
        fps: The rate that the camera was asked for, if any.
        now: Monotonic seconds, the clock of the samples.
    """

    def __init__(
        self,
        camera: Iterable[Sample],
        *,
        max_age_s: float,
        fps: float | None,
        shedding: SheddingSettings,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.health = Health(fps)
        self.shedding = Shedding(shedding)
        self.celsius: float | None = None
        self.stale = 0  # frames too old to be judged
        self.shed = 0  # frames left out by the step
        self._camera = camera
        self._max_age_s = max_age_s
        self._thermometer = shedding.thermometer
        self._now = now
        self._ages: deque[tuple[float, float]] = deque()  # (now, age) of the frames of the last AGES_OVER_S, seconds
        self._flaws: set[Fault] = set()  # of the frames left out since
        self._index = -1  # of the last frame taken
        self._given_s = self._loaded_s = now()
        self._busy_s = 0.0  # spent judging since _loaded_s

    def __iter__(self) -> Iterator[Sample]:
        for sample in self._camera:
            now_s = self._now()
            if isinstance(sample, Frame) and self._surplus(sample, now_s):
                self.shed += 1
                self._flaws.update(sample.flaws)
                continue
            fresh = self._fresh(sample, now_s)
            self.health.sample(fresh)
            self._given_s = now_s
            yield fresh
            self._judged(now_s)

    def seen(self, seen: FaceObservation) -> None:
        """What vision made of the sample given last: the light on the driver's face is watched, not the window."""
        self.health.face(seen)

    def age_ms(self, share: float) -> float | None:
        """Age at which frames were given to be judged, over the last seconds; `share` 0.5 is the median."""
        ages = sorted(age_s for _, age_s in self._ages)
        return 1000.0 * ages[min(int(share * len(ages)), len(ages) - 1)] if ages else None

    def _surplus(self, frame: Frame, now_s: float) -> bool:
        """Whether the step leaves this frame out; never for so long that the rules would hear nothing."""
        if now_s - self._given_s >= QUIET_S:
            return False
        return frame.index - self._index < self.shedding.step.every

    def _fresh(self, sample: Sample, now_s: float) -> Sample:
        if isinstance(sample, NoFrame):
            return sample
        age_s = now_s - sample.t_s
        self._index = sample.index
        self._ages.append((now_s, age_s))
        while now_s - self._ages[0][0] > AGES_OVER_S:
            self._ages.popleft()
        if age_s <= self._max_age_s:
            return self._with_flaws(sample)
        self.stale += 1
        name = sample.view.name
        return NoFrame(now_s, f"camera {name}: its newest picture is {age_s:.1f} s old", Fault.STALE)

    def _with_flaws(self, frame: Frame) -> Frame:
        """What the frames left out had to tell of the stream is not lost with them."""
        if not self._flaws:
            return frame
        flaws, self._flaws = self._flaws, set()
        return replace(frame, flaws=tuple(flaws.union(frame.flaws)))

    def _judged(self, given_s: float) -> None:
        """The loop asks for the next sample: what lay between was judging."""
        now_s = self._now()
        self._busy_s += now_s - given_s
        passed_s = now_s - self._loaded_s
        if passed_s < LOAD_EVERY_S:
            return
        self.celsius = celsius(self._thermometer)
        self.shedding.update(now_s, Load(self._busy_s / passed_s, self._late(), self.celsius))
        self._loaded_s, self._busy_s = now_s, 0.0

    def _late(self) -> float:
        old = sum(age_s > self._max_age_s for _, age_s in self._ages)
        return old / len(self._ages) if self._ages else 0.0
