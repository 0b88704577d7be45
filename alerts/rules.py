"""Rules as data: which measure, from which limit, at which speed, is how serious, and on what it rests.

Knows the measures that a rule may name and how a limit is crossed. Must not know how a measure is taken, what is
shown in the end, or YAML: a rule set is one file of configs/rules, read by the composition root.

Rule sets add up. All rules of all sets are judged together; the earliest to warn is the one that is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct

from alerts.timing import SLACK_S
from alerts.types import Cause, CauseName, Explanation, Finding, Gear, Level, LevelName, TurnSignal, VehicleState

MeasureName = Literal[
    "closed_s",
    "perclos_60",
    "perclos_180",
    "perclos_300",
    "kss",
    "yawns",
    "nods",
    "slumped_s",
    "leaning_s",
    "glance_s",
    "area3_s",
    "away_in_30_s",
    "lap_s",
    "inattentive_s",
    "no_return_s",
    "eyes_unseen_s",
    "unseen_s",
    "driving_s",
    "tension_s",
]


@dataclass(frozen=True, slots=True)
class Measure:
    """What a rule may judge. The words are for people; {at}, or {percent}, is where the rule ends."""

    unit: str
    low: float  # the smallest limit that makes sense
    high: float
    signal: str  # which signal carries it: eyes, mouth, head, gaze, face, or "" for none
    measured: str
    clears: str
    needs_eyes: bool = False  # a share also moves while the eyes are unseen; nobody is drowsy for being unseen


_EYES_OPEN = "the eyes stay open for {at:.1f} s"
_FALLS = "it falls under {percent:.0f} %"
_ROAD = "the driver looks at the road for {at:.1f} s"
_SEEN = "the face and an eye are seen for {at:.1f} s"

MEASURES: dict[str, Measure] = {
    "closed_s": Measure("s", 0.5, 10.0, "eyes", "eyes closed for", _EYES_OPEN),
    "perclos_60": Measure("share", 0.03, 0.5, "eyes", "eyes closed (PERCLOS)", _FALLS, needs_eyes=True),
    "perclos_180": Measure("share", 0.03, 0.5, "eyes", "eyes closed (PERCLOS)", _FALLS, needs_eyes=True),
    "perclos_300": Measure("share", 0.03, 0.5, "eyes", "eyes closed (PERCLOS)", _FALLS, needs_eyes=True),
    "kss": Measure("KSS", 5.0, 9.0, "eyes", "drowsiness level", "it falls under {at:.1f}", needs_eyes=True),
    "yawns": Measure("yawns", 2.0, 20.0, "mouth", "mouth wide open for seconds:", "there is no yawn for {at:.0f} s"),
    "nods": Measure("nods", 1.0, 20.0, "head", "head sank and started up:", "the head stays up"),
    "slumped_s": Measure("s", 1.0, 30.0, "face", "slumped in the seat for", "the driver sits up"),
    "leaning_s": Measure("s", 1.0, 60.0, "face", "leaning out of the seat for", "the driver sits up"),
    "glance_s": Measure("s", 1.5, 10.0, "head", "looked away for", _ROAD),
    "area3_s": Measure("s", 1.5, 10.0, "head", "looked down for", _ROAD),
    "away_in_30_s": Measure("s", 5.0, 25.0, "head", "looked away, in the last 30 s, for", _ROAD),
    "lap_s": Measure("s", 2.0, 15.0, "head", "looked into the lap, in the last 15 s, for", "the looks end"),
    "inattentive_s": Measure("s", 3.0, 30.0, "head", "eyes closed or away for", "the driver looks at the road"),
    "no_return_s": Measure("s", 1.0, 10.0, "head", "no return after a warning for", "the driver looks at the road"),
    "eyes_unseen_s": Measure("s", 2.0, 10.0, "", "eyes not seen for", _SEEN),
    "unseen_s": Measure("s", 2.0, 10.0, "", "driver not seen for", _SEEN),
    "driving_s": Measure("s", 1800.0, 36000.0, "", "driven without a rest for", "the vehicle rests for {at:.0f} s"),
    "tension_s": Measure("s", 30.0, 900.0, "face", "a tense expression for", "the expression eases"),
}

_Words = Annotated[str, Meta(min_length=1)]


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule, as it stands in a file."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9_]+\Z", description="its name; small letters, digits and _")]
    code: Annotated[
        int, Meta(ge=0, le=65535, description="its number on the wire, never used for another rule; 0 = none")
    ] = 0
    measure: Annotated[MeasureName, Meta(description="what is judged")]
    limit: Annotated[float, Meta(ge=0.0, le=36000.0, description="the rule holds from here; in the measure's unit")]
    release: Annotated[
        float, Meta(ge=0.0, le=2.0, description="the rule ends this far under its limit; in the measure's unit")
    ] = 0.0
    level: LevelName
    cause: CauseName
    from_kmh: Annotated[float, Meta(ge=0.0, le=130.0, description="shown from this speed; km/h")] = 0.0
    slow_level: Annotated[
        Literal["none", "information", "caution"], Meta(description="shown at most so below that speed")
    ] = "none"
    extra_s: Annotated[
        float, Meta(ge=0.0, le=3.0, description="so much later while a turn signal is on; s; for measures in s")
    ] = 0.0
    rests_in_reverse: Annotated[bool, Meta(description="backwards, looking away from the road ahead is driving")] = (
        False
    )
    clause: Annotated[_Words, Meta(description="what the rule rests on")]
    mark: Annotated[
        Literal["S", "S2", "?", "ours"],
        Meta(description="S: read in a primary text, S2: in a secondary source, ?: unverified, ours: chosen here"),
    ]

    def __post_init__(self) -> None:
        measure = MEASURES[self.measure]
        if not measure.low <= self.limit <= measure.high:
            raise ValueError(
                f"{self.id}: limit = {self.limit:g}: must be from {measure.low:g} to {measure.high:g} {measure.unit}"
            )
        if not self.release < self.limit:
            raise ValueError(f"{self.id}: release = {self.release:g}: must be under the limit {self.limit:g}")
        if self.extra_s and measure.unit != "s":
            raise ValueError(f"{self.id}: extra_s: {self.measure} is no time")


class RuleSet(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one file of configs/rules holds."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9-]+\Z", description="as findings name it; small letters, digits, -")]
    title: _Words
    source: Annotated[_Words, Meta(description="where the values come from")]
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        ids = [rule.id for rule in self.rules]
        for twice in {one for one in ids if ids.count(one) > 1}:
            raise ValueError(f"{self.name}: {twice} stands twice")


class Facts(Protocol):
    """What a rule that holds asks in order to explain itself."""

    @property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """(signal, reason) of what is not seen now."""

    @property
    def still(self) -> tuple[str, ...]:
        """The signals that are judged now."""

    def since_s(self, measure: str, t_s: float) -> float:
        """When the interval began over which the measure was taken."""

    def clears_at(self, measure: str) -> float | None:
        """The number in the measure's words on how it clears; None = its limit less the release."""

    def confidence(self, signal: str) -> float:
        """How sure that signal is now, 0–1."""

    def unseen_for(self, measure: str) -> str | None:
        """Of a measure of blindness: what is missing, in words. None for any other."""


# How a rule comes to hold, and ends
# ----------------------------------
#   value                              rule is off                          rule is on
#   not known                          off                                  off: what is not known warns nobody
#   under limit − release              off                                  off
#   limit − release … limit            off                                  on
#   limit (+ extra_s) and over         on; of a share only with seen eyes   on
# extra_s counts only for coming on: a turn signal that is set late takes no warning back.
# A turn signal or the reverse gear holds a rule back. Afterwards it comes on only if its measure still grows: the look
# of a driver who is back at the road as the signal goes off was justified to its end, though the measure of it stands
# until the return is certain.


class _Tracked:
    """One rule and since when it holds."""

    __slots__ = (
        "_cause",
        "_level",
        "_slow_level",
        "extra_s",
        "held_back",
        "limit",
        "low",
        "measure",
        "name",
        "needs_eyes",
        "on_since_s",
        "rests",
        "rule",
    )

    def __init__(self, name: str, rule: Rule) -> None:
        measure = MEASURES[rule.measure]
        slack = SLACK_S if measure.unit == "s" else 0.0
        self.name, self.rule, self.measure = name, rule, rule.measure
        self.limit, self.low = rule.limit - slack, rule.limit - rule.release - slack
        self.extra_s, self.rests, self.needs_eyes = rule.extra_s, rule.rests_in_reverse, measure.needs_eyes
        self.on_since_s: float | None = None
        self.held_back: float | None = None  # the measure when signal or gear last kept the rule from coming on
        self._level, self._cause = Level[rule.level.upper()], Cause[rule.cause.upper()]
        self._slow_level = Level[rule.slow_level.upper()]

    def comes_on(self, value: float, *, turning: bool, backwards: bool, eyes_judged: bool) -> bool:
        """Whether a rule that is off comes on with a measure at its limit or over."""
        if self.needs_eyes and not eyes_judged:
            return False
        if (backwards and self.rests) or (turning and value < self.limit + self.extra_s):
            self.held_back = value
            return False
        return self.held_back is None or value > self.held_back

    def finding(self, t_s: float, value: float, raised_s: float, facts: Facts) -> Finding:
        why = _explanation(self.name, self.rule, t_s, value, facts)
        return Finding(self._level, self._cause, why, self.rule.from_kmh, self._slow_level, raised_s)


class Judge:
    """All rules of all sets, judged sample by sample."""

    __slots__ = ("_tracked",)

    def __init__(self, sets: Sequence[RuleSet]) -> None:
        self._tracked = [_Tracked(f"{one.name}/{rule.id}", rule) for one in sets for rule in one.rules]

    def judge(
        self, t_s: float, values: Mapping[str, float | None], vehicle: VehicleState, facts: Facts, *, eyes_judged: bool
    ) -> tuple[Finding, ...]:
        """What holds now, longest first. A measure that `values` lacks is not known."""
        turning, backwards = vehicle.turn_signal is not TurnSignal.OFF, vehicle.gear is Gear.REVERSE
        found = []
        for one in self._tracked:
            value = values[one.measure]
            if one.on_since_s is None:
                if value is None or value < one.limit:
                    one.held_back = None
                    continue
                if not one.comes_on(value, turning=turning, backwards=backwards, eyes_judged=eyes_judged):
                    continue
                one.on_since_s = t_s
            elif value is None or value < one.low:
                one.on_since_s = None
                continue
            found.append(one.finding(t_s, value, one.on_since_s, facts))
        return tuple(sorted(found, key=_raised_s)) if len(found) > 1 else tuple(found)


def _raised_s(finding: Finding) -> float:
    return finding.raised_s


def _explanation(name: str, rule: Rule, t_s: float, value: float, facts: Facts) -> Explanation:
    measure = MEASURES[rule.measure]
    at = facts.clears_at(rule.measure)
    clears_at = rule.limit - rule.release if at is None else at
    missing, still = facts.unseen_for(rule.measure), facts.still
    return Explanation(
        rule=name,
        since_s=facts.since_s(rule.measure, t_s),
        until_s=t_s,
        value=value,
        threshold=rule.limit,
        unit=measure.unit,
        clears_when=_clears_when(rule.measure, clears_at),
        measured=measure.measured if missing is None else measure.measured.replace(" for", f" ({missing}) for"),
        note="" if missing is None else f"still judged: {', '.join(still) or 'nothing of the driver'}",
        measure=rule.measure,
        clears_at=clears_at,
        confidence=facts.confidence(measure.signal),
        unseen=facts.unseen,
        still=() if missing is None else still,
        clause=rule.clause,
        mark=rule.mark,
        code=rule.code,
    )


@lru_cache(maxsize=256)  # a rule that holds says the same at every sample
def _clears_when(measure: MeasureName, at: float) -> str:
    return MEASURES[measure].clears.format(at=at, percent=at * 100.0)
