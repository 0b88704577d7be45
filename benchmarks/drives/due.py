"""The clause report on rendered scenarios: due by the exact truth, shown by what the real vision saw.

Knows scenarios, clauses and how a failure is explained. Must not know how clips are made. When a warning is due is
read off the truth by plain addition, and whether it was shown is checked by the code of `cabinwatch verify --log`.

Measures without a plain reading (PERCLOS, drowsiness level, yawns, phone, no return, cannot see) stay not applicable.
For them the table says when the machines raise the alert on the truth, and when on what was seen: that compares vision
with the truth and says nothing of the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from alerts.always import ALWAYS
from alerts.rules import Rule, RuleSet
from benchmarks.drives.reasons import why
from benchmarks.drives.recording import Recording
from cabinwatch.clauses import Check, Played, filmed, shown
from cabinwatch.replay import Change, Judged
from cabinwatch.vectors.scenario import TOLERANCE_S
from cabinwatch.verify import Report, Verdict, clauses_of
from cabinwatch.verify_due import is_read
from cabinwatch.verify_log import held_against

APART_S = 1.0  # alerts of truth and sight further apart are explained
_LOOKED_BACK_S = 10.0  # for reasons: what is judged over minutes is compared over the last of them


@dataclass(frozen=True, slots=True)
class Row:
    """One due alert, or one that came without being due, of one clause in one scenario."""

    scenario: str
    clause: str
    verdict: str
    due_s: float | None
    measured_s: float | None
    why: str = ""


def clause_report(rules: RuleSet, recordings: Iterable[Recording]) -> tuple[Report, list[Row]]:
    """Every scenario under one rule set: its report, and the table scenario by clause."""
    drives: list[Played] = []
    rows: list[Row] = []
    for recording in recordings:
        truth, seen = recording.judged([rules])
        story = recording.script.plan.description
        played = held_against(rules, seen, truth, recording.name, story)
        drives.append(played)
        for rule in rules.rules:
            rows += _rows(rule, played, truth, seen)
        rows += _told(rules, played, truth, seen)
    return Report(rules.name, rules.title, clauses_of(rules, drives), drives), rows


def _rows(rule: Rule, played: Played, truth: Sequence[Judged], seen: Sequence[Judged]) -> Iterator[Row]:
    """What the checks of this clause came to."""
    for check in played.checks:
        if rule.id in check.proves:
            due_at_s = None if _is_causeless(check) else check.window_s[0] + TOLERANCE_S
            verdict = Verdict.PASS if check.passed else Verdict.FAIL
            reason = "" if check.passed else _reason(rule, check, truth, seen)
            yield Row(played.name, rule.id, verdict.value, due_at_s, check.measured_s, reason)


def _is_causeless(check: Check) -> bool:
    """Whether it holds an alert against the clause that was never due."""
    return check.window_s[0] == check.window_s[1]


def _reason(rule: Rule, check: Check, truth: Sequence[Judged], seen: Sequence[Judged]) -> str:
    to_s = check.window_s[1]
    return why(rule.measure, truth, seen, check.window_s[0] - min(rule.limit, _LOOKED_BACK_S), to_s)


def _told(rules: RuleSet, played: Played, truth: Sequence[Judged], seen: Sequence[Judged]) -> Iterator[Row]:
    """Clauses without a plain reading: when the machines raise them on the truth, and when on what was seen."""
    film, changes = filmed(truth)
    for name, rule in [(one.name, rule) for one in (rules, ALWAYS) for rule in one.rules if not is_read(rule)]:
        true_s = _raised(changes, film.end_s, f"{name}/{rule.id}")
        seen_s = _raised(played.changes, played.end_s, f"{name}/{rule.id}")
        for due_at_s, came_s in _paired(true_s, seen_s):
            moments_s = [at_s for at_s in (due_at_s, came_s) if at_s is not None]
            apart = len(moments_s) < 2 or max(moments_s) - min(moments_s) > APART_S
            reason = why(rule.measure, truth, seen, moments_s[0] - _LOOKED_BACK_S, moments_s[0]) if apart else ""
            yield Row(played.name, rule.id, Verdict.NOT_APPLICABLE.value, due_at_s, came_s, reason)


def _paired(true_s: Sequence[float], seen_s: Sequence[float]) -> list[tuple[float | None, float | None]]:
    """Each alert on the truth with the nearest on what was seen; without one on the truth, those that were seen."""
    if not true_s:
        return [(None, came_s) for came_s in seen_s]
    return [(at_s, min(seen_s, key=lambda t_s: abs(t_s - at_s), default=None)) for at_s in true_s]


def _raised(changes: Sequence[Change], end_s: float, rule: str) -> list[float]:
    return [from_s for from_s, _, change in shown(changes, end_s) if change.rule == rule]


def lines(report: Report, rows: Sequence[Row]) -> Iterator[str]:
    """The table, for people. In brackets: not due by a plain reading, but raised by the machines on the truth."""
    yield f"{report.name}: due by the truth of each clip, measured through the real vision"
    yield f"{'scenario':<20}{'clause':<22}{'verdict':<16}{'due':>10}{'measured':>10}  why"
    for row in rows:
        is_told = row.verdict == Verdict.NOT_APPLICABLE.value
        due = "–" if row.due_s is None else f"({row.due_s:.2f} s)" if is_told else f"{row.due_s:.2f} s"
        measured = "never" if row.measured_s is None else f"{row.measured_s:.2f} s"
        yield f"{row.scenario:<20}{row.clause:<22}{row.verdict:<16}{due:>10}{measured:>10}  {row.why}".rstrip()
    told, touched = {row.scenario for row in rows}, {row.clause for row in rows}
    quiet = [played.name for played in report.drives if played.name not in told]
    silent = [clause.rule.partition("/")[2] for clause in report.clauses]
    verdicts = [row.verdict for row in rows]
    yield ", ".join(f"{verdicts.count(verdict.value)} {verdict.value}" for verdict in Verdict)
    yield f"nothing due and nothing raised in: {', '.join(quiet) or 'none'}"
    yield f"not due and not raised anywhere: {', '.join(rule for rule in silent if rule not in touched) or 'none'}"
