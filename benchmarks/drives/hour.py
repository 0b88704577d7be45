"""Alert driving through the real vision: every alert is a false one, counted an hour, with its interval.

Knows episodes of alert and how often they came. Must not know how drives were made or seen.

An alert that the exact truth of the drive raises too, within TOO_S, is no mistake of vision; it is counted all the
same, because the driver was awake.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from alerts.always import ALWAYS
from alerts.rules import RuleSet
from alerts.types import Alert, Level
from benchmarks.drives.reasons import why
from benchmarks.drives.recording import Recording
from cabinwatch.ledger import Ledger, poisson_interval
from cabinwatch.replay import Judged

TOO_S = 3.0
DONE_S = 4.0  # how far back a person looks for what may have raised an alert
WANTED_AN_HOUR = {"critical": 0.0, "other": 1.0}


@dataclass(frozen=True, slots=True)
class FalseAlert:
    """One episode, at the highest level that it reached."""

    drive: str
    t_s: float  # when it reached that level
    level: str
    cause: str
    rule: str
    truth_too: bool
    done: str  # what the script did then
    why: str  # what was true and what was read


@dataclass(frozen=True, slots=True)
class Driven:
    """One drive's line of the table."""

    drive: str
    setting: str
    faces: float  # share of frames with a face
    eyes: float  # share of frames in which the eyes are judged
    learned_s: float | None  # when pose and openness were learned
    alerts: int


class Hour:
    """Takes drives one after the other and adds them up."""

    def __init__(self, rules: Sequence[RuleSet]) -> None:
        self._rules = rules
        self._measures = {f"{one.name}/{rule.id}": rule.measure for one in (*rules, ALWAYS) for rule in one.rules}
        self.ledger = Ledger()
        self.alerts: list[FalseAlert] = []
        self.drives: list[Driven] = []

    def take(self, recording: Recording) -> None:
        """Judge one drive, by its truth and as it was seen."""
        truth, seen = recording.judged(self._rules)
        self.ledger.new_trip()
        for one in seen:
            self.ledger.add(one.state, one.alert)
        true_ones = episodes(truth)
        found = [self._told(alert, recording, truth, seen, true_ones) for alert in episodes(seen)]
        self.alerts += found
        self.drives.append(_driven(recording, seen, len(found)))

    def _told(
        self,
        alert: Alert,
        recording: Recording,
        truth: Sequence[Judged],
        seen: Sequence[Judged],
        true_ones: Sequence[Alert],
    ) -> FalseAlert:
        assert alert.why is not None, "what is shown has a reason"
        measure = self._measures[alert.why.rule]
        too = any(one.cause is alert.cause and abs(one.t_s - alert.t_s) <= TOO_S for one in true_ones)
        done = recording.done(alert.t_s - DONE_S, alert.t_s)
        return FalseAlert(
            recording.name,
            alert.t_s,
            alert.level.name.lower(),
            alert.cause.name.lower(),
            alert.why.rule,
            too,
            ", ".join(f"{event.behaviour} {event.start_s:.1f}–{event.end_s:.1f}" for event in done) or "driving",
            why(measure, truth, seen, alert.why.since_s, alert.t_s),
        )


def episodes(judged: Sequence[Judged]) -> list[Alert]:
    """The first alert at the highest level of each episode."""
    highest: dict[int, Alert] = {}
    for one in judged:
        before = highest.get(one.alert.episode_id)
        if one.alert.level is not Level.NONE and (before is None or one.alert.level > before.level):
            highest[one.alert.episode_id] = one.alert
    return list(highest.values())


def _driven(recording: Recording, seen: Sequence[Judged], alerts: int) -> Driven:
    plan = recording.script.plan
    learned = (one.state.t_s for one in seen if min(one.state.learning.pose, one.state.learning.openness) == 1.0)
    glasses = plan.driver.glasses.value if plan.driver.glasses else "drawn"
    return Driven(
        recording.name,
        f"{plan.light.daytime.value}, {plan.camera.place.value}, glasses {glasses}, {plan.camera.face_px:.0f} px",
        sum(one.state.signals.face is None for one in seen) / len(seen),
        sum(one.state.visible for one in seen) / len(seen),
        next(learned, None),
        alerts,
    )


def rates(hour: Hour) -> dict[str, dict[str, float]]:
    """Critical alerts and all others, an hour, with Garwood's interval."""
    critical = sum(alert.level == "critical" for alert in hour.alerts)
    counts = {"critical": critical, "other": len(hour.alerts) - critical}
    return {kind: _rate(count, hour.ledger.hours) for kind, count in counts.items()}


def _rate(count: int, hours: float) -> dict[str, float]:
    low, high = poisson_interval(count)
    return {"alerts": count, "an_hour": count / hours, "low": low / hours, "high": high / hours}


def lines(hour: Hour) -> Iterator[str]:
    """All of it, for people."""
    yield f"{'drive':<12}{'face':>6}{'eyes':>6}{'learned':>9}{'alerts':>8}  setting"
    for one in hour.drives:
        learned = "never" if one.learned_s is None else f"{one.learned_s:.0f} s"
        yield f"{one.drive:<12}{one.faces:>6.2f}{one.eyes:>6.2f}{learned:>9}{one.alerts:>8}  {one.setting}"
    yield ""
    for alert in hour.alerts:
        too = ", raised by the truth too" if alert.truth_too else ""
        yield f"{alert.drive} at {alert.t_s:.1f} s: {alert.level}, {alert.cause.replace('_', ' ')} ({alert.rule}){too}"
        yield f"    done: {alert.done}"
        yield f"    {alert.why}"
    yield from _table(hour)


def _table(hour: Hour) -> Iterator[str]:
    yield f"driven: {hour.ledger.hours:.3f} h"
    yield f"{'cause':<20}{'alerts':>7}{'critical':>10}{'an hour':>9}   95 % interval"
    for entry in hour.ledger.entries():
        span = f"{entry.low_per_hour:.2f} to {entry.high_per_hour:.2f}"
        cause = entry.cause.replace("_", " ")
        yield f"{cause:<20}{entry.alerts:>7}{entry.critical:>10}{entry.per_hour:>9.2f}   {span}"
    for kind, rate in rates(hour).items():
        wanted = WANTED_AN_HOUR[kind]
        verdict = "reached" if rate["an_hour"] <= wanted else "missed"
        span = f"95 % {rate['low']:.2f} to {rate['high']:.2f}"
        an_hour = f"{rate['alerts']:.0f}, {rate['an_hour']:.2f} an hour, {span}"
        yield f"{kind}: {an_hour}; wanted at most {wanted:.0f}: {verdict}"
    yield "So few hours prove little: without any alert at all, one hour still allows up to 3.7 an hour."


def as_json(hour: Hour) -> dict[str, Any]:
    """The same as data."""
    return {
        "hours": hour.ledger.hours,
        "rates": rates(hour),
        "causes": [asdict(entry) for entry in hour.ledger.entries()],
        "alerts": [asdict(alert) for alert in hour.alerts],
        "drives": [asdict(one) for one in hour.drives],
    }
