"""A recorded log held against the clauses: was each warning shown when a plain reading of the log says it was due?

Knows how to pair due times with alerts. Must not know state machines. A log proves only the clauses that it touches:
the others are not applicable.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

from alerts.rules import Rule, RuleSet
from alerts.settings import AlertSettings
from alerts.types import Level, Zone
from cabinwatch.clauses import Check, Played, filmed, shown
from cabinwatch.replay import Change, Judged, judge
from cabinwatch.replay_logs import read_log
from cabinwatch.rules import load_rules
from cabinwatch.vectors.scenario import TOLERANCE_FRAMES, TOLERANCE_S
from cabinwatch.verify import Report, clauses_of
from cabinwatch.verify_due import Point, due_s, eyes_closed

SHOWN_ON_S = 1.5  # a warning may come back for a moment when a stronger one that hid it has ended
Span = tuple[float, float, Change]  # shown from, to


def verify_log(
    rules: Sequence[str], log: str, settings: AlertSettings, *, speed_kmh: float | None = None
) -> list[Report]:
    """One report for each set, from one drive under each.

    Raises:
        LogError: The log cannot be read.
        ConfigError: A rule set does not exist or is broken.
    """
    sets, lines = load_rules(rules), list(read_log(log, speed_kmh=speed_kmh))
    return [_report(one, list(judge(lines, [one], settings)), log) for one in sets]


def _report(rules: RuleSet, judged: Sequence[Judged], log: str) -> Report:
    story = "A recorded log; when a warning was due is read off its samples."
    played = held_against(rules, judged, judged, log, story)
    return Report(rules.name, rules.title, clauses_of(rules, [played]), [played])


def held_against(rules: RuleSet, judged: Sequence[Judged], asked: Sequence[Judged], name: str, story: str) -> Played:
    """One drive: was each warning shown in `judged` when a plain reading of `asked` says that it was due?

    Args:
        rules: The set under which both were judged.
        judged: The drive as it was seen, with the alerts that came of it.
        asked: The same drive as the due times are read off it: the same samples, or better knowledge of them.
        name: Of the drive.
        story: What it is, in a sentence.
    """
    film, changes = filmed(judged)
    points = [_point(one) for one in asked]
    late_s = TOLERANCE_S + TOLERANCE_FRAMES * _frame_s(points)
    spans = shown(changes, film.end_s)
    checks = tuple(check for rule in rules.rules for check in _checks(rule, rules.name, points, spans, late_s))
    return Played(name, story, f"{1.0 / _frame_s(points):.0f} frames/s", film, changes, checks)


def _point(one: Judged) -> Point:
    known = one.state.zone_by is not None
    away = one.state.zone is not Zone.ROAD if known else None  # of this sample: the machine's look ends later
    return Point(one.state.t_s, eyes_closed(one.line.seen), away, known, one.line.vehicle)


def _frame_s(points: Sequence[Point]) -> float:
    steps_s = [after.t_s - before.t_s for before, after in pairwise(points)]
    return max(statistics.median(steps_s), 1e-3) if steps_s else 1.0


def _checks(rule: Rule, name: str, points: Sequence[Point], spans: Sequence[Span], late_s: float) -> list[Check]:
    """Each due time must have its alert, and each alert of this rule its due time."""
    due = due_s(rule, points)
    if due is None:
        return []
    asked = [_answered(rule, (from_s - TOLERANCE_S, from_s + late_s), spans) for from_s, _ in due]
    raised = [start_s for start_s, _, change in spans if change.rule == f"{name}/{rule.id}"]
    causeless = [t_s for t_s in raised if not any(a - TOLERANCE_S <= t_s <= b + SHOWN_ON_S for a, b in due)]
    return asked + [Check((rule.id,), f"{rule.id} without cause", (s, s), s, passed=False) for s in causeless]


def _answered(rule: Rule, window_s: tuple[float, float], spans: Sequence[Span]) -> Check:
    """By the end of the window this rule's alert, or one as urgent, must be shown."""
    level = Level[rule.level.upper()]
    fits = [start_s for start_s, end_s, change in spans
            if change.alert.level >= level and start_s <= window_s[1] and end_s >= window_s[0]]  # fmt: skip
    words = f"{rule.cause.replace('_', ' ')}, {rule.level}"
    return Check((rule.id,), words, window_s, max(fits, default=None), bool(fits))
