"""Observations in, changes of alert out: the judgement without a camera, a link or a clock.

Knows the loop of baseline, machines and policy over a log. Must not know how a change is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.rules import RuleSet
from alerts.settings import AlertSettings
from alerts.types import Alert, Cause, DriverState, Level
from cabinwatch.replay_logs import LogLine

_AS_SHIPPED = AlertSettings()


@dataclass(frozen=True, slots=True)
class Judged:
    """One line of a log and what the rules made of it."""

    line: LogLine
    state: DriverState
    alert: Alert


@dataclass(frozen=True, slots=True)
class Change:
    """From this moment on another alert is shown, or none any more."""

    t_s: float
    alert: Alert

    @property
    def level(self) -> str:
        return self.alert.level.name.lower()

    @property
    def cause(self) -> str | None:
        """None where all is quiet."""
        return None if self.alert.cause is Cause.NONE else self.alert.cause.name.lower()

    @property
    def rule(self) -> str | None:
        return self.alert.why.rule if self.alert.why and self.alert.level else None


def judge(
    lines: Iterable[LogLine], rules: Sequence[RuleSet], settings: AlertSettings = _AS_SHIPPED
) -> Iterator[Judged]:
    """One trip under all of the rule sets together: machines, baseline and policy begin anew."""
    driver, policy = DriverMonitor(settings, tuple(rules)), Policy(settings.policy)
    for line in lines:
        state = driver.update(line.seen, line.vehicle)
        yield Judged(line, state, policy.update(state, line.vehicle))


class Changes:
    """Finds the samples at which another alert is shown than before."""

    def __init__(self) -> None:
        self._shown: tuple[Level, Cause, int] = Level.NONE, Cause.NONE, 0

    def take(self, alert: Alert) -> Change | None:
        """Take one alert; returns the change, if it is one. A new episode of the same cause is one, too."""
        shown = (alert.level, alert.cause, alert.episode_id) if alert.level else (Level.NONE, Cause.NONE, 0)
        if shown == self._shown:
            return None
        self._shown = shown
        return Change(alert.t_s, alert)
