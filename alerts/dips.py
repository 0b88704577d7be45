"""A value that falls and comes back: a blink's openness, a nodding head's pitch.

Knows samples at irregular times and two limits. Must not know what the value is.
"""

from __future__ import annotations

from enum import IntEnum

from alerts.timing import exceeds

Samples = list[tuple[float, float]]  # (t_s, value)


class Phase(IntEnum):
    UNSEEN = 0
    UP = 1
    FALLING = 2
    DOWN = 3
    RISING = 4


class Sample(IntEnum):
    UNKNOWN = 0
    HIGH = 1  # at the upper limit or over it
    BETWEEN = 2
    LOW = 3  # at the lower limit or under it


# One dip
# -------
# From UP to UP, all of it seen. What was not seen from its beginning to its end is no dip: its times cannot be
# believed. A gap over the bridge and a dip that lasts too long count as UNKNOWN.

NEXT: dict[tuple[Phase, Sample], Phase] = {
    **{(phase, Sample.UNKNOWN): Phase.UNSEEN for phase in Phase},
    **{(phase, Sample.HIGH): Phase.UP for phase in Phase},
    (Phase.UNSEEN, Sample.BETWEEN): Phase.UNSEEN,
    (Phase.UNSEEN, Sample.LOW): Phase.UNSEEN,
    (Phase.UP, Sample.BETWEEN): Phase.FALLING,
    (Phase.UP, Sample.LOW): Phase.DOWN,
    (Phase.FALLING, Sample.BETWEEN): Phase.FALLING,
    (Phase.FALLING, Sample.LOW): Phase.DOWN,
    (Phase.DOWN, Sample.BETWEEN): Phase.RISING,
    (Phase.DOWN, Sample.LOW): Phase.DOWN,
    (Phase.RISING, Sample.BETWEEN): Phase.RISING,
    (Phase.RISING, Sample.LOW): Phase.DOWN,
}


class Dip:
    """Follows one value by the table above.

    Args:
        high: The value is up from here.
        low: And down to here.
        bridge_s: Longest time between two samples of one dip.
        max_s: A dip that lasts longer is dropped.
    """

    __slots__ = ("_bridge_s", "_high", "_low", "_max_s", "_samples", "phase")

    def __init__(self, high: float, low: float, *, bridge_s: float, max_s: float) -> None:
        self._high, self._low = high, low
        self._bridge_s, self._max_s = bridge_s, max_s
        self._samples: Samples = []  # from the last UP on, which is its first
        self.phase = Phase.UNSEEN

    def update(self, t_s: float, value: float | None) -> Samples | None:
        """Take one sample; returns the dip that ended with it, from the last sample up to the first up again."""
        if value is not None and value >= self._high and self.phase is Phase.UP:  # nearly all samples
            self._samples = [(t_s, value)]
            return None
        if value is None or self._broken(t_s):
            self._samples = []
            self.phase = NEXT[self.phase, Sample.UNKNOWN]
            if value is None:
                return None
        before, self.phase = self.phase, NEXT[self.phase, self._kind(value)]
        if self.phase is Phase.UP:
            dip, self._samples = self._samples, [(t_s, value)]
            return [*dip, (t_s, value)] if before in (Phase.DOWN, Phase.RISING) else None
        if self.phase is not Phase.UNSEEN:
            self._samples.append((t_s, value))
        return None

    def _broken(self, t_s: float) -> bool:
        samples = self._samples
        if not samples:
            return False
        return exceeds(t_s - samples[-1][0], self._bridge_s) or exceeds(t_s - samples[0][0], self._max_s)

    def _kind(self, value: float) -> Sample:
        if value >= self._high:
            return Sample.HIGH
        return Sample.LOW if value <= self._low else Sample.BETWEEN


def crossing(samples: Samples, limit: float) -> float:
    """When the value, followed from the first sample on, first comes down to the limit: on the straight line between.

    Follow the samples backwards for when it last rose from the limit.
    """
    before_s, before = samples[0]
    for t_s, value in samples[1:]:
        if value <= limit:
            return before_s + (t_s - before_s) * (before - limit) / (before - value) if before > limit else before_s
        before_s, before = t_s, value
    return before_s
