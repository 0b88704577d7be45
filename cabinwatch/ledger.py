"""The false-alert ledger: how many alerts an hour of driving brings, by cause, and what that number proves.

Knows episodes, hours and the Poisson distribution. Must not know logs, rules or whether an alert was right: in a
drive whose driver is known to be alert and attentive, every alert in it is a false one.

Few events prove little. The interval is Garwood's exact one for a Poisson count: its ends are the rates under which
a count so high, or so low, would come up in one drive out of forty each.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from alerts.types import Alert, Cause, DriverState, Level

MAX_STEP_S = 1.0  # a longer time between two samples is a hole in the log and was not driven for all we know
_SECONDS_AN_HOUR = 3600.0
_BISECTIONS = 60  # leaves less of the start interval than a float can tell


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    cause: str  # a cause in small letters, or "all"
    alerts: int
    critical: int  # of them
    per_hour: float | None  # None: nothing was driven
    low_per_hour: float | None
    high_per_hour: float | None


@dataclass(slots=True)
class Ledger:
    """Counts over any number of drives. An episode counts once, at the highest level that it reached."""

    driven_s: float = 0.0
    _episodes: dict[tuple[int, int], tuple[Cause, Level]] = field(default_factory=dict)
    _trip: int = 0
    _last_s: float | None = None

    def new_trip(self) -> None:
        """The next sample belongs to another drive."""
        self._trip += 1
        self._last_s = None

    def add(self, state: DriverState, alert: Alert) -> None:
        """Take one sample."""
        if self._last_s is not None and state.standby is None and 0.0 < state.t_s - self._last_s <= MAX_STEP_S:
            self.driven_s += state.t_s - self._last_s
        self._last_s = state.t_s
        if alert.level is not Level.NONE:
            key = self._trip, alert.episode_id
            _, highest = self._episodes.get(key, (alert.cause, Level.NONE))
            self._episodes[key] = alert.cause, max(highest, alert.level)

    @property
    def hours(self) -> float:
        return self.driven_s / _SECONDS_AN_HOUR

    def entries(self) -> list[Entry]:
        """One for each cause that came up, the commonest first, and one for all of them."""
        counts = Counter(cause for cause, _ in self._episodes.values())
        critical = Counter(cause for cause, level in self._episodes.values() if level is Level.CRITICAL)
        by_cause = [self._entry(cause.name.lower(), n, critical[cause]) for cause, n in counts.most_common()]
        return [*by_cause, self._entry("all", counts.total(), critical.total())]

    def _entry(self, cause: str, alerts: int, critical: int) -> Entry:
        if not self.driven_s:
            return Entry(cause, alerts, critical, None, None, None)
        low, high = poisson_interval(alerts)
        return Entry(cause, alerts, critical, alerts / self.hours, low / self.hours, high / self.hours)


def poisson_interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Garwood's exact interval for the mean of a Poisson variable that was seen to be `count`.

    Each end leaves (1 − confidence) / 2 outside. Equal to half the chi-square quantiles with 2·count and 2·count + 2
    degrees of freedom, which the sum of Poisson terms gives without a table.
    """
    tail = (1.0 - confidence) / 2.0
    reach = count + 10.0 * math.sqrt(count + 1.0) + 10.0  # far beyond either end
    low = _root(lambda mean: poisson_cdf(count - 1, mean) - (1.0 - tail), reach) if count else 0.0
    return low, _root(lambda mean: poisson_cdf(count, mean) - tail, reach)


def poisson_cdf(count: int, mean: float) -> float:
    """Probability of `count` events or fewer."""
    if mean == 0.0:
        return 1.0
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1.0) for k in range(count + 1))
    return math.fsum(math.exp(term) for term in logs)


def _root(falling: Callable[[float], float], high: float) -> float:
    """Where a function that falls from above 0 crosses it, between 0 and `high`."""
    low = 0.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        if falling(middle) > 0.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
