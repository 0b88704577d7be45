"""Blinks with their phases, eye by eye, at irregular sample times.

Knows openness against this driver's own and when it was read. Must not know levels, closures or alerts.

Blink *duration* against the driver's own is a sign of drowsiness: 102 ms at KSS 1, 125 ms at 7, 151 ms at 9 [S2]. Blink
*rate* is none and is only shown. Both are withdrawn below the frame rate at which blinks are found.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from alerts.dips import Dip, Samples, crossing
from alerts.timing import FrameRate, exceeds
from alerts.types import Blink, Metric

_OPEN = 1.0  # the driver's own open eye
WINDOW_S = 60.0  # blinks a second are counted over this


class BlinkSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a blink's phases begin and when blinks can be timed."""

    open_from: Annotated[
        float, Meta(ge=0.6, le=0.95, description="the lid is up; openness, own open eye = 1; (ours)")
    ] = 0.75
    shut_to: Annotated[
        float, Meta(ge=0.1, le=0.5, description="the eye is closed; openness, own open eye = 1; P80 asks 0.2 (ours)")
    ] = 0.3
    closing_max_s: Annotated[
        float, Meta(ge=0.1, le=1.0, description="a lid falls or rises in less; s; else it was lowered, no blink (ours)")
    ] = 0.4
    blink_max_s: Annotated[
        float,
        Meta(
            ge=0.3,
            le=1.0,
            description="a longer closure is no blink; s; prolonged blinks begin at 0.5 s [S2], room above (ours)",
        ),
    ] = 0.8
    bridge_s: Annotated[
        float, Meta(ge=0.05, le=0.3, description="longest time between two samples of one blink; s; (ours)")
    ] = 0.15
    blink_min_fps: Annotated[
        float,
        Meta(
            ge=10.0,
            le=60.0,
            description="blink timing is withdrawn below; frames/s; 10 Hz finds 51 % of blinks, 30 Hz 95 % [S2]",
        ),
    ] = 15.0
    mean_window_s: Annotated[
        float, Meta(ge=60.0, le=600.0, description="the mean duration looks back over this; s; (ours)")
    ] = 180.0
    mean_from: Annotated[
        int, Meta(ge=3, le=60, description="fewer blinks have no mean; blinks; 20 halve the frame's error (ours)")
    ] = 10


# One eye's blink
# ---------------
# A dip (dips.py) of openness between open_from and shut_to. Its moments are read between the samples:
#
#    open_from ──╮ start_s                    end_s ╭──
#                 ╲        duration_s at half of   ╱
#    half          ╲◀─────── the amplitude ──────▶╱
#    shut_to        ╲ closed_s         opening_s ╱
#                    ╰──────────────────────────╯
#
# A lid that takes longer than closing_max_s to fall or to rise was lowered for another reason: no blink.


class EyeBlink:
    """Follows one eye."""

    __slots__ = ("_dip", "_settings", "last")

    def __init__(self, settings: BlinkSettings) -> None:
        self._settings = s = settings
        self._dip = Dip(s.open_from, s.shut_to, bridge_s=s.bridge_s, max_s=s.blink_max_s + 2.0 * s.closing_max_s)
        self.last: Blink | None = None

    def update(self, t_s: float, openness: float | None) -> Blink | None:
        """Take one sample; returns the blink that ended with it, if one did."""
        dip = self._dip.update(t_s, openness)
        blink = _measured(dip, self._settings) if dip else None
        if blink is not None:
            self.last = blink
        return blink


def _measured(dip: Samples, s: BlinkSettings) -> Blink | None:
    """The blink in a dip; None where it took too long to be one."""
    lowest = min(openness for _, openness in dip)
    half = (_OPEN + lowest) / 2.0
    back = dip[::-1]
    blink = Blink(
        start_s=crossing(dip, s.open_from),
        closed_s=crossing(dip, s.shut_to),
        opening_s=crossing(back, s.shut_to),
        end_s=crossing(back, s.open_from),
        amplitude=_OPEN - lowest,
        duration_s=crossing(back, half) - crossing(dip, half),
    )
    slow_s = max(blink.closed_s - blink.start_s, blink.end_s - blink.opening_s)
    return None if exceeds(slow_s, s.closing_max_s) or exceeds(blink.duration_s, s.blink_max_s) else blink


class Blinks:
    """The last blinks of both eyes, how often and how long."""

    __slots__ = ("_ends_s", "_last", "_left", "_mean", "_recent", "_right", "_settings", "_sum_s")

    def __init__(self, settings: BlinkSettings) -> None:
        self._settings = settings
        self._left, self._right = EyeBlink(settings), EyeBlink(settings)
        self._ends_s: deque[float] = deque()  # of the last minute, both eyes' blinks as one
        self._recent: deque[tuple[float, float]] = deque()  # (end, duration) of the mean's window
        self._sum_s = 0.0
        self._last = Metric(reason="no blink yet")
        self._tell()

    @property
    def left(self) -> Blink | None:
        return self._left.last

    @property
    def right(self) -> Blink | None:
        return self._right.last

    def update(self, t_s: float, left: float | None, right: float | None, rate: FrameRate) -> float | None:
        """Take both eyes' openness; returns the duration of the blink that ended, if one did and can be timed."""
        ended = self._left.update(t_s, left), self._right.update(t_s, right)
        self._forget(t_s)
        blink = ended[0] or ended[1]
        if blink is None or self._lacks(rate) or (self._ends_s and blink.start_s < self._ends_s[-1]):
            return None  # the other eye of a blink that is counted
        self._ends_s.append(blink.end_s)
        self._recent.append((blink.end_s, blink.duration_s))
        self._sum_s += blink.duration_s
        self._last = Metric(blink.duration_s)
        self._tell()
        return blink.duration_s

    def duration(self, rate: FrameRate) -> Metric:
        """How long the last blink took, in s."""
        reason = self._lacks(rate)
        return Metric(reason=reason) if reason else self._last

    def mean(self, rate: FrameRate) -> Metric:
        """How long they took of late, in s."""
        reason = self._lacks(rate)
        return Metric(reason=reason) if reason else self._mean

    def rate_hz(self, rate: FrameRate, judged_s: float, eyes_lack: str | None) -> Metric:
        """Blinks a second of judged time. `judged_s` is of the same window; `eyes_lack` is why it is too little."""
        reason = self._lacks(rate) or eyes_lack
        return Metric(reason=reason) if reason else Metric(len(self._ends_s) / judged_s)

    def _forget(self, t_s: float) -> None:
        while self._ends_s and self._ends_s[0] < t_s - WINDOW_S:
            self._ends_s.popleft()
        if not self._recent or self._recent[0][0] >= t_s - self._settings.mean_window_s:
            return
        while self._recent and self._recent[0][0] < t_s - self._settings.mean_window_s:
            self._sum_s -= self._recent.popleft()[1]
        if not self._recent:
            self._sum_s = 0.0  # take the sum anew: a running one gathers rounding over a day's drive
        self._tell()

    def _tell(self) -> None:
        blinks = len(self._recent)
        few = blinks < self._settings.mean_from
        self._mean = Metric(reason=f"{blinks} blinks of late") if few else Metric(self._sum_s / blinks)

    def _lacks(self, rate: FrameRate) -> str | None:
        return rate.lacks(self._settings.blink_min_fps)
