"""Whether each clause of a rule set holds: scenarios played through the rules, and their expectations checked.

Knows expectations and changes of alert. Must not know how a report looks.

A clause *passes* when every check that proves it does, at every frame rate and drop rate of its scenarios; it *fails*
when one does not; it is *not applicable* when no check names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from alerts.affect import AffectTerms
from alerts.always import ALWAYS
from alerts.rules import RuleSet
from alerts.settings import AlertSettings
from alerts.types import Cause, Level
from cabinwatch.replay import Change, Changes, Judged, judge
from cabinwatch.vectors.play import play
from cabinwatch.vectors.scenario import Expected, May, Scenario, Silence, Told
from cabinwatch.verify_film import Film

Span = tuple[float, float]  # seconds, from … to
_SLACK_S = 1e-6  # of adding floats


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and what came of it."""

    proves: tuple[str, ...]  # rule ids
    wanted: str  # in words
    window_s: Span
    measured_s: float | None  # when it came up; None: never
    passed: bool
    is_silence: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """One drive: a scenario at one frame rate, or a log."""

    name: str
    story: str
    how: str  # "30 frames/s, 20 % lost"
    film: Film
    changes: tuple[Change, ...]
    checks: tuple[Check, ...]

    @property
    def end_s(self) -> float:
        return self.film.end_s

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def fitted(told: Told, rules: RuleSet) -> Told | None:
    """The scenario without what it asks of rules that the set lacks; None where nothing is left to ask.

    Several sets share a scenario. Not all of them know a phone, for one. "Cannot see" is judged under any.
    """
    known = {rule.id for rule in (*rules.rules, *ALWAYS.rules)}
    scenario = told.scenario
    if scenario.only and not known.intersection(scenario.only):
        return None
    expect = [line for line in scenario.expect if not line.proves or known.intersection(line.proves)]
    silent = [line for line in scenario.silent if not line.proves or known.intersection(line.proves)]
    if not expect and not silent:
        return None
    return replace(told, scenario=structs.replace(scenario, expect=expect, silent=silent))


def play_all(told: Told, rules: RuleSet) -> list[Played]:
    """The scenario at each of its frame rates and drop rates."""
    only = told.scenario.only
    kept = tuple(rule for rule in rules.rules if not only or rule.id in only)
    judges = [structs.replace(rules, rules=kept)]
    return [play_one(told, judges, fps, drop) for fps in told.scenario.fps for drop in told.scenario.drop]


def play_one(told: Told, rules: Sequence[RuleSet], fps: float, drop: float) -> Played:
    """The scenario at one frame rate, with a share of the frames lost."""
    scenario = told.scenario
    film, changes = filmed(judge(play(told, fps=fps, drop=drop), rules, _settings(scenario)))
    checks = tuple(check(scenario, changes, fps, film.end_s))
    how = f"{fps:.0f} frames/s" + (f", {drop:.0%} of them lost" if drop else "")
    return Played(scenario.name, scenario.story, how, film, changes, checks)


def _settings(scenario: Scenario) -> AlertSettings:
    if not scenario.consent:
        return AlertSettings()
    return AlertSettings(terms=AffectTerms(privacy="private", purpose="to suggest a rest in time"))


def play_together(told: Told, rules: Sequence[RuleSet]) -> Played:
    """The scenario under several rule sets at once: what is due must be warned of by then, by whichever of them."""
    alone = play_one(told, rules, told.scenario.fps[0], told.scenario.drop[0])
    checks = tuple(_warned(line, alone, told.scenario.fps[0]) for line in told.scenario.expect)
    return replace(alone, how=f"{alone.how}, all sets together", checks=checks)


def _warned(line: Expected, played: Played, fps: float) -> Check:
    window_s = line.window_s(fps)
    level = Level[line.level.upper()]
    by_then = [
        begin_s
        for begin_s, until_s, change in shown(played.changes, played.end_s)
        if change.alert.level >= level and begin_s <= window_s[1] + _SLACK_S and until_s >= window_s[0]
    ]
    words = f"some {line.level} or worse"
    return Check(tuple(line.proves), words, window_s, min(by_then, default=None), bool(by_then))


def filmed(judged: Iterable[Judged]) -> tuple[Film, tuple[Change, ...]]:
    """What the drive looked like, and every change of alert in order."""
    film, find, changes = Film(), Changes(), []
    for one in judged:
        film.add(one.line.seen)
        change = find.take(one.alert)
        if change is not None:
            changes.append(change)
    return film, tuple(changes)


def check(scenario: Scenario, changes: Sequence[Change], fps: float, end_s: float) -> list[Check]:
    """Each expectation, each silence, and that nothing came that nobody expected."""
    checks = [_expected(line, changes, fps) for line in scenario.expect]
    checks += [_silent(line, changes, end_s) for line in scenario.silent]
    return [*checks, _nothing_else(scenario, changes, fps, end_s)]


def _expected(line: Expected, changes: Sequence[Change], fps: float) -> Check:
    window_s = line.window_s(fps)
    came_s = [change.t_s for change in changes if _is(line, change)]
    middle_s = sum(window_s) / 2.0
    nearest_s = min(came_s, key=lambda t_s: abs(t_s - middle_s), default=None)
    passed = nearest_s is not None and _inside(nearest_s, window_s)
    words = f"{line.cause.replace('_', ' ')}, {line.level}"
    return Check(tuple(line.proves), words, window_s, nearest_s, passed)


def _is(line: Expected, change: Change) -> bool:
    right_rule = line.rule is None or change.rule == line.rule
    return right_rule and (change.cause, change.level) == (line.cause, line.level)


def _silent(line: Silence, changes: Sequence[Change], end_s: float) -> Check:
    from_s, to_s = line.from_s, end_s if line.to_s is None else line.to_s
    broken = [
        begin_s
        for begin_s, until_s, change in shown(changes, end_s)
        if (not line.causes or change.cause in line.causes) and begin_s <= to_s and until_s > from_s
    ]
    words = " or ".join(line.causes).replace("_", " ") if line.causes else "alert"
    return Check(tuple(line.proves), f"no {words}", (from_s, to_s), min(broken, default=None), not broken, True)


def shown(changes: Sequence[Change], end_s: float) -> list[tuple[float, float, Change]]:
    """From when to when each alert was shown."""
    ends_s = [change.t_s for change in changes[1:]] + [end_s]
    spans = zip(changes, ends_s, strict=False)  # without any change there is one end too many
    return [(change.t_s, until_s, change) for change, until_s in spans if change.alert.level is not Level.NONE]


def _nothing_else(scenario: Scenario, changes: Sequence[Change], fps: float, end_s: float) -> Check:
    """Held against every clause that the scenario proves."""
    surprises_s = [change.t_s for change in changes if not _foreseen(scenario, change, fps)]
    proves = tuple(sorted(scenario.proves))
    words = "nothing else" if scenario.expect else "no alert"
    return Check(proves, words, (0.0, end_s), min(surprises_s, default=None), not surprises_s, True)


def _foreseen(scenario: Scenario, change: Change, fps: float) -> bool:
    """Whether a line names it. To fall silent is always allowed: `silent` says when it must have happened."""
    if change.alert.cause is Cause.NONE:
        return True
    if any(_is(line, change) and _inside(change.t_s, line.window_s(fps)) for line in scenario.expect):
        return True
    return any(_may(line, change) for line in scenario.may)


def _may(line: May, change: Change) -> bool:
    right_kind = line.cause == change.cause and (not line.levels or change.level in line.levels)
    return right_kind and line.from_s <= change.t_s and (line.to_s is None or change.t_s <= line.to_s)


def _inside(t_s: float, window_s: Span) -> bool:
    return window_s[0] - _SLACK_S <= t_s <= window_s[1] + _SLACK_S
