"""PERCLOS P80: the share of time with closed eyes, over one, three and five minutes.

Knows closures and which time was judged. Must not know limits, speed or what is shown: rules judge the share.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct

from alerts.eyes import Eyelids
from alerts.timing import Answer, FrameRate, SpanWindow, Stretch, exceeds, reached
from alerts.types import Metric

WINDOWS_S = (60.0, 180.0, 300.0)  # NHTSA's three; each has limits of its own, so they are no setting


class PerclosSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What counts and when the share can be believed."""

    min_closure_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="a shorter closure is a blink and does not count; s; 250 ms [S2]")
    ] = 0.25
    min_fps: Annotated[
        float,
        Meta(
            ge=8.0,
            le=30.0,
            description="PERCLOS is withdrawn below; frames/s; 250 ms have to span two samples and more (ours)",
        ),
    ] = 10.0
    min_judged_share: Annotated[
        float,
        Meta(
            ge=0.3, le=0.95, description="PERCLOS is withdrawn where less of the window was judged; share 0–1; (ours)"
        ),
    ] = 0.7
    stale_s: Annotated[
        float, Meta(ge=0.5, le=10.0, description="PERCLOS is withdrawn after eyes were unseen this long; s; (ours)")
    ] = 3.0


# PERCLOS
# -------
# value = time in closures of at least min_closure_s / time in which the eyes were judged, both in the same window.
# The time between two samples counts as judged where both know the eyes and lie no further apart than the bridge,
# and while the frame rate carries the measure; it counts as closed where the earlier sample is closed. A closure's
# time waits until the closure is long enough to count and is dropped if it stays a blink.

_ROUNDING = 1e-9  # shares that differ by less differ by the rounding of sums


class _Window:
    """One window of the three."""

    __slots__ = ("_share", "_told", "closed", "judged", "length_s", "min_judged_s")

    def __init__(self, length_s: float, min_judged_share: float) -> None:
        self.length_s = length_s
        self.min_judged_s = length_s * min_judged_share
        self.judged, self.closed = SpanWindow(length_s), SpanWindow(length_s)
        self._share = 0.0
        self._told = Metric(0.0)

    def share(self, t_s: float) -> Metric:
        """Of what is left of the window now; the same object while it is the same, so that nothing is computed anew."""
        judged, closed = self.judged, self.closed
        judged.prune(t_s)
        closed.prune(t_s)
        judged_s = judged.total_s
        if judged_s < self.min_judged_s:
            return _too_little(round(judged_s), self.length_s)
        share = closed.total_s / judged_s
        if abs(share - self._share) > _ROUNDING:
            self._share, self._told = share, Metric(share)
        return self._told


@lru_cache(maxsize=len(WINDOWS_S))  # the words change once a second
def _too_little(judged_s: int, length_s: float) -> Metric:
    return Metric(reason=f"eyes judged for {judged_s} of the last {length_s:.0f} s")


class Perclos:
    """Share of the time with closed eyes over each of the windows."""

    __slots__ = ("_bridge_s", "_judged_s", "_last", "_settings", "_waiting", "_windows", "lacks_sight", "shares")

    def __init__(self, settings: PerclosSettings, bridge_s: float) -> None:
        self._settings = settings
        self._bridge_s = bridge_s
        self._windows = [_Window(length_s, settings.min_judged_share) for length_s in WINDOWS_S]
        self._waiting: list[tuple[float, float]] = []  # spans of a closure that may yet be a blink
        self._last: tuple[float, Answer] | None = None
        self._judged_s: float | None = None  # the last sample in which the eyes were judged
        self.lacks_sight: str | None = None  # why too little of the last minute was judged
        self.shares: tuple[Metric, ...] = (Metric(), Metric(), Metric())  # of WINDOWS_S, 0–1

    @property
    def judged_s(self) -> float:
        """How much of the last minute was judged."""
        return self._windows[0].judged.total_s

    def update(self, t_s: float, closed: Answer, lids: Eyelids, ended: Stretch | None, rate: FrameRate) -> None:
        """Take one sample, after `lids` took it; `ended` is the closure that it ended."""
        lacks = rate.lacks(self._settings.min_fps)
        if self._last and self._last[1] is not None and closed is not None and not lacks:
            self._count(self._last[0], t_s, was_closed=self._last[1])
        if self._waiting:
            if ended:
                self._settle(ended.length_s)
                self._waiting.clear()
            self._settle(lids.length_s)
        self._last = (t_s, closed)
        if closed is not None:
            self._judged_s = t_s
        self.shares = tuple([window.share(t_s) for window in self._windows])
        self.lacks_sight = self.shares[0].reason
        reason = lacks or self._stale(t_s)
        if reason:
            self.shares = (Metric(reason=reason),) * len(WINDOWS_S)

    def _count(self, start_s: float, end_s: float, *, was_closed: bool) -> None:
        if exceeds(end_s - start_s, self._bridge_s):
            return
        for window in self._windows:
            window.judged.add(start_s, end_s)
        if was_closed:
            self._waiting.append((start_s, end_s))

    def _settle(self, closure_s: float) -> None:
        """Count what waits, once its closure is long enough."""
        if self._waiting and reached(closure_s, self._settings.min_closure_s):
            for span in self._waiting:
                for window in self._windows:
                    window.closed.add(*span)
            self._waiting.clear()

    def _stale(self, t_s: float) -> str | None:
        if self._judged_s is None or not exceeds(t_s - self._judged_s, self._settings.stale_s):
            return None
        return f"eyes unseen for {t_s - self._judged_s:.0f} s"
