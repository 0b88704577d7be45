"""When a rule falls due in a log by a plain reading: samples and a ruler, no state machine.

Knows for how long a sample stands and how to add such times up. Must not know machines, policy or what was shown. It
is meant to be read in a minute and to be wrong in other ways than the machines are: it forgives no misreading, so a
noisy log makes the two disagree, and the report says where.

A sample stands until the next one, but for BRIDGE_S at most; what lies beyond that is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from alerts.rules import Rule
from alerts.types import Gear, VehicleState
from vision.types import Eye, FaceObservation

BRIDGE_S = 0.35
FORWARD_S = 2.0  # so much road in a row starts the count of glances anew
GLANCES_S = 30.0
CLOSED_FROM = SURE_FROM = 0.5
_SLACK_S = 0.001


@dataclass(frozen=True, slots=True)
class Point:
    """What one sample says. None is unknown."""

    t_s: float
    closed: bool | None
    away: bool | None
    head: bool  # is its direction judged
    vehicle: VehicleState


def eyes_closed(seen: FaceObservation) -> bool | None:
    """Whether every eye that is judged is closed."""
    known = [eye.closed >= CLOSED_FROM for eye in (seen.left, seen.right) if _sure(eye) and eye.closed is not None]
    return all(known) if known and seen.face.confidence >= SURE_FROM else None


def _sure(eye: Eye) -> bool:
    return eye.confidence >= SURE_FROM


Reading = Callable[[Sequence[Point]], Iterable[tuple[float, float]]]  # → (moment, what the measure is then)


def is_read(rule: Rule) -> bool:
    """Whether there is a plain reading of the rule's measure."""
    return rule.measure in _READINGS


def due_s(rule: Rule, points: Sequence[Point]) -> list[tuple[float, float]] | None:
    """From when to when the rule is due, each time; None where there is no plain reading of its measure."""
    reading = _READINGS.get(rule.measure)
    if reading is None:
        return None
    found: list[tuple[float, float]] = []
    above = False
    for (t_s, value), point in zip(reading(points), points, strict=True):
        over = value >= _limit(rule, point.vehicle) - _SLACK_S and _applies(rule, point.vehicle)
        if over:
            found.append((found.pop()[0] if above else t_s, t_s))
        above = over
    return found


def _limit(rule: Rule, vehicle: VehicleState) -> float:
    return rule.limit + (rule.extra_s if vehicle.turn_signal else 0.0)


def _applies(rule: Rule, vehicle: VehicleState) -> bool:
    fast = vehicle.speed_kmh is None or vehicle.speed_kmh >= rule.from_kmh
    return fast and not (rule.rests_in_reverse and vehicle.gear is Gear.REVERSE)


def _lasting(answer: Callable[[Point], bool]) -> Reading:
    """For how long the answer has been yes without a break."""

    def read(points: Sequence[Point]) -> Iterable[tuple[float, float]]:
        since_s: float | None = None
        last_s = points[0].t_s
        for point in points:
            if not answer(point) or point.t_s - last_s > BRIDGE_S:
                since_s = None
            if answer(point) and since_s is None:
                since_s = point.t_s
            last_s = point.t_s
            yield point.t_s, 0.0 if since_s is None else point.t_s - since_s

    return read


def _glances(points: Sequence[Point]) -> Iterable[tuple[float, float]]:
    """Seconds looked away in the last 30 s, since the last 2 s of road."""
    looks: list[tuple[float, float]] = []  # from, to
    road_s = 0.0
    for before, point in zip([points[0], *points], points, strict=False):
        step_s = min(point.t_s - before.t_s, BRIDGE_S)
        road_s = road_s + step_s if before.away is False else 0.0
        if before.away:
            looks.append((point.t_s - step_s, point.t_s))
        if road_s >= FORWARD_S - _SLACK_S:
            looks.clear()
        edge_s = point.t_s - GLANCES_S
        while looks and looks[0][1] <= edge_s:
            looks.pop(0)
        yield point.t_s, sum(end_s - max(start_s, edge_s) for start_s, end_s in looks)


_READINGS: dict[str, Reading] = {
    "closed_s": _lasting(lambda point: point.closed is True),
    "glance_s": _lasting(lambda point: point.away is True),
    "inattentive_s": _lasting(lambda point: point.away is True or point.closed is True),
    "away_in_30_s": _glances,
}
