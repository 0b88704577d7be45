"""How drowsy, as one number that can be taken apart: a sum of what each sign adds.

Knows the signs and what each is worth. Must not know how they are measured, limits or levels of alert.

The scale is that of the Karolinska Sleepiness Scale (1 very alert … 9 fighting sleep), because regulations speak it.
The sum is no measurement of it: its weights are placed by us so that the published limits meet (PERCLOS 12 % alone is
a 7, 15 % an 8), they are not fitted to rated drivers. Hence the interval, and every part readable.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from alerts.types import Contribution, Drowsiness, Metric

LOWEST, HIGHEST = 1.0, 9.0
_BASE = 3.0  # "alert": what is assumed of a driver who shows nothing

Curve = tuple[tuple[float, float], ...]  # (input, points), both never falling: more of a sign never lowers the level

# What each sign adds
# -------------------
# Straight lines between the corners; level before the first, level after the last.
PERCLOS: Curve = ((0.03, 0.0), (0.075, 1.5), (0.12, 4.0), (0.15, 5.0), (0.25, 6.0))  # < 7.5 % awake, > 15 % drowsy [S2]
BLINK_RATIO: Curve = ((1.1, 0.0), (1.23, 1.0), (1.48, 2.0))  # 125/102 at KSS 7, 151/102 at 9 [S2]
LONG_CLOSURES: Curve = ((0.0, 0.0), (1.0, 0.5), (4.0, 1.5), (10.0, 2.0))  # of ≥ 0.5 s in 5 min (ours)
MICROSLEEPS: Curve = ((0.0, 0.0), (1.0, 1.5), (2.0, 3.0), (3.0, 4.0))  # of ≥ 1 s in 5 min (ours)
YAWNS: Curve = ((0.0, 0.0), (3.0, 0.7), (6.0, 1.0))  # weighted, in 10 min: corroborates, never more than 1 (ours)
NODS: Curve = ((0.0, 0.0), (1.0, 0.7), (3.0, 2.0))  # in 5 min (ours)
DRIVEN_H: Curve = ((1.0, 0.0), (4.0, 1.0))  # time on task [?]
LANE_SD_M: Curve = ((0.25, 0.0), (0.5, 1.5))  # deviation in the lane; with PERCLOS it cut false alarms tenfold [S2]
STEERING: Curve = ((2.0, 0.0), (8.0, 1.0))  # stillness and a jerk after it, in 5 min [?]
CURVES: dict[str, Curve] = {
    "perclos": PERCLOS,
    "blink_ratio": BLINK_RATIO,
    "long_closures": LONG_CLOSURES,
    "microsleeps": MICROSLEEPS,
    "yawns": YAWNS,
    "nods": NODS,
    "driven_h": DRIVEN_H,
    "lane_sd_m": LANE_SD_M,
    "steering": STEERING,
}
# Time of day in hours → points: the circadian low and the dip after noon [?]. No curve: it goes round.
NIGHT: tuple[tuple[float, float, float], ...] = ((2.0, 6.0, 1.0), (13.0, 16.0, 0.3))


class DrowsinessSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How wide the interval is."""

    spread: Annotated[
        float, Meta(ge=0.3, le=2.0, description="half the interval with every sign known; KSS; people differ (ours)")
    ] = 1.0
    unknown: Annotated[
        float, Meta(ge=0.0, le=1.0, description="each unknown sign widens it by this much; KSS; upwards only (ours)")
    ] = 0.25


class Signs(NamedTuple):
    """What is known of the driver. None is unknown."""

    perclos: tuple[Metric, ...]  # of the three windows: the worst counts
    blink_ratio: Metric
    long_closures: int
    microsleeps: int
    yawns: float
    nods: int
    driven_min: int
    local_hour: float | None
    lane_sd_m: float | None
    steering: int | None


def points(curve: Curve, value: float) -> float:
    """What a sign of this strength adds."""
    before_value, before_points = curve[0]
    if value <= before_value:
        return before_points
    for at, worth in curve[1:]:
        if value < at:
            return before_points + (worth - before_points) * (value - before_value) / (at - before_value)
        before_value, before_points = at, worth
    return before_points


def _hour_points(hour: float) -> float:
    return max((worth for start, end, worth in NIGHT if start <= hour % 24.0 < end), default=0.0)


def level(signs: Signs, settings: DrowsinessSettings) -> Drowsiness:
    """The sum with its interval. Without PERCLOS there is none: everything else corroborates."""
    known = [share.value for share in signs.perclos if share.value is not None]
    if not known:
        return Drowsiness(reason=signs.perclos[0].reason or "PERCLOS unknown")
    parts = _parts(signs, max(known))
    total = _BASE
    unknown = 0
    for _, value, worth in parts:
        total += worth
        unknown += value is None
    value = min(HIGHEST, total)
    low = max(LOWEST, value - settings.spread)
    high = min(HIGHEST, value + settings.spread + settings.unknown * unknown)
    return Drowsiness(value, low, high, None, parts)


def _parts(signs: Signs, perclos: float) -> tuple[Contribution, ...]:
    return (
        _part("perclos", perclos),
        _part("blink_ratio", signs.blink_ratio.value),
        _part("long_closures", signs.long_closures),
        _part("microsleeps", signs.microsleeps),
        _part("yawns", signs.yawns),
        _part("nods", signs.nods),
        _part("driven_h", signs.driven_min / 60.0),
        _part("lane_sd_m", signs.lane_sd_m),
        _part("steering", signs.steering),
        _part("local_hour", signs.local_hour),
    )


@lru_cache(maxsize=64)  # from one sample to the next only PERCLOS moves; the other nine are found again
def _part(name: str, value: float | None) -> Contribution:
    if value is None:
        return Contribution(name, None, 0.0)
    return Contribution(name, value, _hour_points(value) if name == "local_hour" else points(CURVES[name], value))
