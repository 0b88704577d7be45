"""How one number moves over time. Knows shapes and seconds. Must not know lids, heads or hands.

Every curve is a pure function of the seconds since it began: it can be asked at any time, in any order.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

import numpy as np

FOREVER_S = math.inf


class Curve(Protocol):
    """A number over the seconds since the curve began."""

    @property
    def length_s(self) -> float:
        """How long it lasts; afterwards nobody asks."""

    def __call__(self, t_s: float, /) -> float:
        """The number `t_s` after the beginning."""


def ease(u: float) -> float:
    """From 0 to 1 over u = 0 … 1 with the least jerk, as limbs and heads move (Flash and Hogan 1985)."""
    u = min(max(u, 0.0), 1.0)
    return u * u * u * (10.0 + u * (6.0 * u - 15.0))


@dataclass(frozen=True, slots=True)
class Way:
    """Through values at given times, each stretch eased; holds still before the first and after the last."""

    times_s: tuple[float, ...]  # rising
    values: tuple[float, ...]

    @property
    def length_s(self) -> float:
        return self.times_s[-1]

    def __call__(self, t_s: float) -> float:
        later = bisect_right(self.times_s, t_s)
        if later == 0 or later == len(self.times_s):
            return self.values[max(later - 1, 0)]
        begins_s, ends_s = self.times_s[later - 1], self.times_s[later]
        start, end = self.values[later - 1], self.values[later]
        return start + (end - start) * ease((t_s - begins_s) / (ends_s - begins_s))


def way(*steps: tuple[float, float]) -> Way:
    """From 0 through `steps` of (seconds it takes, value it reaches)."""
    times_s = accumulate((seconds for seconds, _ in steps), initial=0.0)
    return Way(tuple(times_s), (0.0, *(value for _, value in steps)))


def there_and_back(rise_s: float, hold_s: float, fall_s: float) -> Way:
    """0 → 1, stays, → 0."""
    return way((rise_s, 1.0), (max(hold_s, 0.0), 1.0), (fall_s, 0.0))


@dataclass(frozen=True, slots=True)
class BlinkShape:
    """One blink: down quickly, shut for a moment, up at half the speed and slower towards the end."""

    closing_s: float
    closed_s: float
    opening_s: float

    @property
    def length_s(self) -> float:
        return self.closing_s + self.closed_s + self.opening_s

    def __call__(self, t_s: float) -> float:
        if t_s < self.closing_s:
            return ease(t_s / self.closing_s)
        opening = max(t_s - self.closing_s - self.closed_s, 0.0) / self.opening_s
        return 1.0 - ease(opening**OPENING_SKEW) if opening < 1.0 else 0.0

    def slowed(self, factor: float) -> BlinkShape:
        """The same blink `factor` times as long."""
        return BlinkShape(self.closing_s * factor, self.closed_s * factor, self.opening_s * factor)


OPENING_SKEW = 0.75  # below 1: the lid starts up quickly and arrives slowly


@dataclass(frozen=True, slots=True)
class Always:
    """One value that never ends."""

    value: float = 1.0

    @property
    def length_s(self) -> float:
        return FOREVER_S

    def __call__(self, _t_s: float) -> float:
        return self.value


class Sway:
    """Smooth noise without end, of variance about 1 and never over √(2 × WAVES)."""

    __slots__ = ("_phases", "_rates")

    WAVES = 5

    def __init__(self, rng: np.random.Generator, low_hz: float, high_hz: float) -> None:
        self._rates = [float(rate) for rate in 2.0 * math.pi * rng.uniform(low_hz, high_hz, self.WAVES)]
        self._phases = [float(phase) for phase in rng.uniform(0.0, 2.0 * math.pi, self.WAVES)]

    def __call__(self, t_s: float) -> float:
        waves = zip(self._rates, self._phases, strict=True)
        return math.sqrt(2.0 / self.WAVES) * sum(math.sin(rate * t_s + phase) for rate, phase in waves)


class Saccades:
    """Where the eyes rest, one fixation after another, with the quick jumps between them."""

    __slots__ = ("_places", "_starts_s")

    def __init__(self, starts_s: Sequence[float], places: Sequence[tuple[float, float]]) -> None:
        self._starts_s = tuple(starts_s)  # rising, the first at 0
        self._places = tuple(places)  # (yaw, pitch) in degrees, one for each start

    def __call__(self, t_s: float) -> tuple[float, float]:
        now = max(bisect_right(self._starts_s, t_s) - 1, 0)
        here = self._places[now]
        before = self._places[now - 1] if now else here
        jump_s = saccade_s(math.dist(before, here))
        share = ease((t_s - self._starts_s[now]) / jump_s)
        return before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])


def saccade_s(angle_deg: float) -> float:
    """How long a saccade of this size lasts: 2.2 ms a degree and 21 ms (Carpenter 1988)."""
    return 0.021 + 0.0022 * abs(angle_deg)
