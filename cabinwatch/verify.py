"""`cabinwatch verify`: the clause report of one or more rule sets.

Knows which scenarios prove which clause and how to add their checks up. Must not know how machines or drawings work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from alerts.always import ALWAYS
from alerts.rules import RuleSet
from cabinwatch.clauses import Check, Played, fitted, play_all, play_together
from cabinwatch.rules import load_rules
from cabinwatch.vectors.scenario import Told, told


class Verdict(str, Enum):
    PASS = "pass"  # noqa: S105  # a verdict
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One check of one drive."""

    played: Played
    check: Check


@dataclass(slots=True)
class Clause:
    """One rule of a set and everything that was asked of it."""

    rule: str  # "ncap-2026/sleep"
    clause: str  # where it is written
    mark: str  # how well that is known: S, S2, ?, ours
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        if not self.evidence:
            return Verdict.NOT_APPLICABLE
        return Verdict.PASS if all(one.check.passed for one in self.evidence) else Verdict.FAIL

    @property
    def failures(self) -> list[Evidence]:
        return [one for one in self.evidence if not one.check.passed]

    @property
    def measured(self) -> Evidence | None:
        """The alert that says most: a failed one, else the one nearest to the end of its window."""
        alerts = [one for one in self.evidence if not one.check.is_silence]
        return max(alerts, key=_strain, default=None)


def _strain(one: Evidence) -> tuple[bool, float]:
    check = one.check
    return not check.passed, -1.0 if check.measured_s is None else check.measured_s - check.window_s[1]


@dataclass(slots=True)
class Report:
    """A rule set's clauses and the drives that judged them."""

    name: str
    title: str
    clauses: list[Clause]
    drives: list[Played]

    @property
    def stray_failures(self) -> list[Evidence]:
        """Failed checks that name no clause: a general expectation, such as silence while the driver laughs."""
        all_of_them = (Evidence(played, check) for played in self.drives for check in played.checks)
        return [one for one in all_of_them if not one.check.passed and not one.check.proves]

    @property
    def passed(self) -> bool:
        return not self.stray_failures and all(clause.verdict is not Verdict.FAIL for clause in self.clauses)


def verify(rules: Sequence[str], scenarios: Sequence[Told] | None = None) -> list[Report]:
    """Plays every scenario that one of these sets judges: the bundled ones, unless others are given.

    Each set is judged on its own. Where several are given they run together, too: then each alert that is due must
    be shown, or one as urgent, no later than its window ends – no set may keep another's warning from the driver.

    Raises:
        ConfigError: A rule set does not exist or is broken.
        VectorError: A vector file is broken.
    """
    sets = load_rules(rules)
    asked = told() if scenarios is None else scenarios
    reports = [_report(one, sets, [scenario for scenario in asked if scenario.rules == one.name]) for one in sets]
    return [*reports, _always(reports)]


def _always(reports: Sequence[Report]) -> Report:
    """The rules that no choice of rules leaves out, by what the drives of all the others showed of them."""
    drives = [played for report in reports for played in report.drives]
    return Report(ALWAYS.name, ALWAYS.title, clauses_of(ALWAYS, drives), [])


def _report(rules: RuleSet, all_sets: Sequence[RuleSet], scenarios: Iterable[Told]) -> Report:
    asked = [one for scenario in scenarios if (one := fitted(scenario, rules))]
    drives = [played for one in asked for played in play_all(one, rules)]
    if len(all_sets) > 1:
        drives += [play_together(one, all_sets) for one in asked]
    return Report(rules.name, rules.title, clauses_of(rules, drives), drives)


def clauses_of(rules: RuleSet, drives: Iterable[Played]) -> list[Clause]:
    """Every rule of the set with the checks that prove it."""
    found = {rule.id: Clause(f"{rules.name}/{rule.id}", rule.clause, rule.mark) for rule in rules.rules}
    for played in drives:
        for check in played.checks:
            for rule in check.proves:
                if rule in found:
                    found[rule].evidence.append(Evidence(played, check))
    return list(found.values())
