"""The course of one aiming: adjust, sit still, look ahead for a few seconds, done. One shown state a sample.

Knows phases and times, which come with the samples. Must not know who shows what, or a clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from cabinwatch.aim.placement import Look, judge, look_at
from cabinwatch.aim.straight import LOOK_S, Mounted, StraightAhead
from cabinwatch.doctor.findings import Finding, Mark, fail, worst
from cabinwatch.pipeline import Observing
from vision.types import Frame, GreyImage, Sample

SETTLE_S = 3.0  # from the wish to the look: to take the eyes off the key and the screen
PATIENCE_S = 30.0  # a look that is not steady by then is given up


class Phase(str, Enum):
    """What the installer is asked to do."""

    ADJUST = "adjust"
    SETTLE = "settle"
    LOOK = "look"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a window shows now. `grey` is the frame itself: it goes to the screen and nowhere else."""

    phase: Phase
    text: str  # what to do, for people
    findings: tuple[Finding, ...] = ()
    grey: GreyImage | None = None
    look: Look | None = None

    @property
    def verdict(self) -> str:
        """One line: "good", or what to do first."""
        heaviest = worst(self.findings)
        if heaviest is Mark.OK:
            return "good"
        return next(one.repair for one in self.findings if one.mark is heaviest)


class Session:
    """Takes samples until the mounting is known.

    Args:
        observer: Measures the driver.
        at_once: Look without being asked, for a clip or where nobody can press a key.
    """

    def __init__(self, observer: Observing, *, at_once: bool) -> None:
        self._observer = observer
        self._at_once = at_once
        self._phase = Phase.ADJUST
        self._since_s: float | None = None
        self._straight: StraightAhead | None = None
        self._note = ""
        self.mounted: Mounted | None = None

    def take(self, sample: Sample, *, asked: bool) -> Shown:
        """Takes one sample; `asked`: the installer wants the look to begin."""
        seen = self._observer.observe(sample, affect=False)
        if self._phase is Phase.ADJUST and (asked or self._at_once):
            self._enter(Phase.LOOK if self._at_once else Phase.SETTLE, sample.t_s)
        if not isinstance(sample, Frame):
            return Shown(self._phase, self._text(sample.t_s), (fail("camera", sample.detail, "cabinwatch doctor"),))
        look = look_at(sample, seen)
        self._measure(look)
        return Shown(self._phase, self._text(sample.t_s), tuple(judge(look)), sample.grey, look)

    def _enter(self, phase: Phase, t_s: float) -> None:
        self._phase, self._since_s, self._note = phase, t_s, ""
        self._straight = None

    def _for_s(self, t_s: float) -> float:
        return 0.0 if self._since_s is None else t_s - self._since_s

    def _measure(self, look: Look) -> None:
        t_s = look.seen.t_s
        if self._phase is Phase.SETTLE and self._for_s(t_s) >= SETTLE_S:
            self._enter(Phase.LOOK, t_s)
        if self._phase is not Phase.LOOK:
            return
        self._straight = self._straight or StraightAhead(look.width_px)
        self.mounted = self._straight.take(look.seen)
        if self.mounted is not None:
            self._enter(Phase.DONE, t_s)
        elif self._for_s(t_s) >= PATIENCE_S and not self._at_once:
            self._enter(Phase.ADJUST, t_s)
            self._note = "That look was not steady, or the eyes were not seen. "

    def _text(self, t_s: float) -> str:
        if self._phase is Phase.ADJUST:
            return f"{self._note}Sit as you drive. When the place is good, start the look straight ahead."
        if self._phase is Phase.SETTLE:
            left_s = math.ceil(SETTLE_S - self._for_s(t_s))
            return f"In {left_s} s: look straight ahead, far down the road, not at this screen."
        if self._phase is Phase.LOOK:
            done = self._straight.progress if self._straight else 0.0
            return f"Look straight ahead and keep still: {done * LOOK_S:.1f} of {LOOK_S:.0f} s."
        return "Measured. You may move."
