"""Time and nothing else: how long something has held, what share of a minute it took, how often frames come.

Knows seconds and three answers to a question: yes, no, not known (None). Must not know eyes, heads, levels or
a clock: every moment is an argument. Nothing here counts frames to measure a duration.

Between two samples the earlier one is taken to last until the later one, but never longer than a *bridge*. What
lies between two samples further apart than that is not known.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

Answer = bool | None  # yes, no, not known

SLACK_S = 0.0005  # logs write time stamps in whole milliseconds; no comparison may turn on the rounding


def reached(elapsed_s: float, threshold_s: float) -> bool:
    """Whether a duration is at or over its threshold, give or take the rounding of time stamps."""
    return elapsed_s >= threshold_s - SLACK_S


def exceeds(elapsed_s: float, limit_s: float) -> bool:
    """Whether a duration is truly over a limit, and not by the rounding of time stamps alone."""
    return elapsed_s > limit_s + SLACK_S


# How one stretch of "yes" is followed
# ------------------------------------
# A stretch begins with the first sample that says yes: no debounce on entry, because the thresholds that judge a
# stretch are longer than any misreading. It ends in one of two ways.
#   seen to end   "no" lasted for the release time. A shorter "no" was a misreading and the stretch goes on.
#   lost          nobody could say for longer than the bridge. What happened in there is not known, so the stretch is
#                 withdrawn; a "yes" after it begins a new one at its own time.
# A stretch grows only with a "yes": while it is ENDING or LOST it keeps its length and can reach no new threshold.
# The two time limits are tested before the answer is looked at, so one late sample cannot bridge what it must not.


class Phase(IntEnum):
    IDLE = 0  # no stretch
    HELD = 1  # the last answer was yes
    ENDING = 2  # the answer turned to no, not yet for the release time
    LOST = 3  # the answer is not known, not yet for longer than the bridge


NEXT: dict[tuple[Phase, Answer], Phase] = {
    (Phase.IDLE, True): Phase.HELD,
    (Phase.IDLE, False): Phase.IDLE,
    (Phase.IDLE, None): Phase.IDLE,
    (Phase.HELD, True): Phase.HELD,
    (Phase.HELD, False): Phase.ENDING,
    (Phase.HELD, None): Phase.LOST,
    (Phase.ENDING, True): Phase.HELD,
    (Phase.ENDING, False): Phase.ENDING,
    (Phase.ENDING, None): Phase.LOST,  # time in which nobody could say is no proof that the "no" went on
    (Phase.LOST, True): Phase.HELD,
    (Phase.LOST, False): Phase.ENDING,
    (Phase.LOST, None): Phase.LOST,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch that is over."""

    start_s: float  # the first yes
    end_s: float  # the first no after it; where it was lost, the last yes
    whole: bool  # a no was seen right before and right after: the length can be believed

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


class Hold:
    """Follows one question over time by the table above."""

    __slots__ = ("_bridge_s", "_edges_seen", "_known_s", "_last", "_left_s", "held_for_s", "held_s", "phase", "since_s")

    def __init__(self, bridge_s: float) -> None:
        self._bridge_s = bridge_s
        self._known_s = 0.0  # the last sample with an answer
        self._last: Answer = None
        self._left_s = 0.0  # the no that began ENDING
        self._edges_seen = False
        self.phase = Phase.IDLE
        self.since_s = 0.0  # the first yes of the stretch
        self.held_s = 0.0  # its last yes
        self.held_for_s = 0.0  # from one to the other, 0 where there is no stretch: what thresholds are compared with

    @property
    def length_s(self) -> float:
        """From the first yes to the first no, or to the last yes while there was no no."""
        return self._left_s - self.since_s if self.phase is Phase.ENDING else self.held_for_s

    def update(self, t_s: float, answer: Answer, release_s: float) -> Stretch | None:
        """Take one sample; returns the stretch that ended with it, if one did."""
        if not answer and not self.phase:  # the table's two quiet rows, which are nearly all samples
            if answer is not None:
                self._known_s = t_s
            self._last = answer
            return None
        ended = self._overdue(t_s, answer, release_s) if self.phase else None
        before, self.phase = self.phase, NEXT[self.phase, answer]
        if self.phase is Phase.HELD:
            self._hold(t_s, begins=before is Phase.IDLE)
        elif self.phase is Phase.ENDING and before is not Phase.ENDING:
            self._left_s = t_s
            self._edges_seen = self._edges_seen and before is Phase.HELD
        if self.phase is Phase.ENDING and answer is False and reached(t_s - self._left_s, release_s):
            ended = self._end(self._left_s, whole=self._edges_seen)
        if answer is not None:
            self._known_s = t_s
        self._last = answer
        return ended

    def _overdue(self, t_s: float, answer: Answer, release_s: float) -> Stretch | None:
        if exceeds(t_s - self._known_s, self._bridge_s):
            return self._end(self.held_s, whole=False)
        if self.phase is Phase.ENDING and answer and exceeds(t_s - self._left_s, release_s):
            return self._end(self._left_s, whole=self._edges_seen)
        return None

    def _hold(self, t_s: float, *, begins: bool) -> None:
        if begins:
            self.since_s = t_s
            self._edges_seen = self._last is False and not exceeds(t_s - self._known_s, self._bridge_s)
        self.held_s = t_s
        self.held_for_s = t_s - self.since_s

    def _end(self, end_s: float, *, whole: bool) -> Stretch:
        self.phase = Phase.IDLE
        self.held_for_s = 0.0
        return Stretch(self.since_s, end_s, whole)


class SpanWindow:
    """How many of the last `length_s` seconds are covered by the spans put in, in the order of time."""

    __slots__ = ("_length_s", "_spans", "total_s")

    def __init__(self, length_s: float) -> None:
        self._length_s = length_s
        self._spans: deque[list[float]] = deque()  # [start, end]; spans that touch are one
        self.total_s = 0.0

    def add(self, start_s: float, end_s: float) -> None:
        """Cover start to end; start is at or after the end of everything put in before."""
        if self._spans and self._spans[-1][1] == start_s:
            self._spans[-1][1] = end_s
        else:
            self._spans.append([start_s, end_s])
        self.total_s += end_s - start_s

    def prune(self, now_s: float) -> None:
        """Forget what lies before the window, part of a span included."""
        if not self._spans:
            return
        spans, edge_s = self._spans, now_s - self._length_s
        while spans and spans[0][1] <= edge_s:
            start_s, end_s = spans.popleft()
            self.total_s -= end_s - start_s
        if spans and spans[0][0] < edge_s:
            self.total_s -= edge_s - spans[0][0]
            spans[0][0] = edge_s
        if len(spans) <= 1:  # take the sum anew: a running one gathers rounding over a day's drive
            self.total_s = spans[0][1] - spans[0][0] if spans else 0.0


class FrameRate:
    """How many frames a second came of late. Only for saying which measures can be believed at all."""

    __slots__ = ("_times_s", "_window_s", "per_s")

    _SETTLED_S = 1.0  # shorter than this a rate says nothing
    _TOLERANCE = 0.05  # a camera of 10 frames/s that drops one in twenty is still one of 10 frames/s

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._times_s: deque[float] = deque()
        self.per_s: float | None = None  # None: not known yet

    def update(self, t_s: float, *, frame: bool) -> None:
        """Take one sample; `frame` is whether there was a picture."""
        times_s = self._times_s
        if frame:
            times_s.append(t_s)
        while times_s and times_s[0] < t_s - self._window_s:
            times_s.popleft()
        span_s = t_s - times_s[0] if times_s else 0.0
        self.per_s = (len(times_s) - 1) / span_s if span_s >= self._SETTLED_S else None

    def lacks(self, min_per_s: float) -> str | None:
        """Why a measure that needs this rate is withdrawn, or None where it is not."""
        if self.per_s is None:
            return "frame rate not known yet"
        if self.per_s < min_per_s * (1.0 - self._TOLERANCE):
            return f"fewer than {min_per_s:.0f} frames/s"
        return None
