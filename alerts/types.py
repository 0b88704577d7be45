"""What the rules say: DriverState and Alert, and VehicleState, the one input that is not vision's.

Knows levels, causes and how an alert explains itself. Must not know pixels, bytes or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """How urgent. The order is meant: a higher level always wins."""

    NONE = 0
    INFORMATION = 1
    CAUTION = 2
    WARNING = 3
    CRITICAL = 4


class Cause(IntEnum):
    """Why. The numbers are the wire's (docs/protocol.md) and never change meaning."""

    NONE = 0
    DROWSY = 1
    MICROSLEEP = 2
    SLEEP = 3
    LONG_DISTRACTION = 4
    SHORT_DISTRACTION = 5
    PHONE = 6
    UNRESPONSIVE = 7
    CANNOT_SEE = 8
    AFFECT = 9


class Gear(IntEnum):
    UNKNOWN = 0
    PARK = 1
    REVERSE = 2
    NEUTRAL = 3
    DRIVE = 4


class TurnSignal(IntEnum):
    OFF = 0
    LEFT = 1
    RIGHT = 2
    BOTH = 3


@dataclass(frozen=True, slots=True)
class VehicleState:
    """What the vehicle told us last. None is unknown: stale or absent speed counts as moving."""

    speed_kmh: float | None = None
    ignition_on: bool | None = None
    gear: Gear = Gear.UNKNOWN
    turn_signal: TurnSignal = TurnSignal.OFF
    ambient_lux: float | None = None
    steering_deg: float | None = None  # + = to the driver's left
    affect_consent: bool = False  # the driver's own switch; absent is no
    ack_count: int = 0  # presses of the acknowledge button since the MCU started, modulo 256
    ack_episode_id: int = 0  # the episode the last press answered


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure over time. Withdrawn (None with a reason) when the samples do not carry it."""

    value: float | None = None
    reason: str | None = None  # "fewer than 10 frames/s", "eyes unseen", "learning 42 %"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What lies behind one alert, complete enough to be argued with."""

    rule: str  # "microsleep"; docs/rules.md has a row for each
    since_s: float  # when the interval judged began
    until_s: float  # and ended (now)
    value: float  # what was measured
    threshold: float  # what it crossed
    unit: str  # of both: "s", "share", "yawns"
    clears_when: str  # what would end it, in words
    measured: str = ""  # what the value is, in words: "eyes closed for"
    note: str = ""  # what else a person should know: what still works

    def sentence(self) -> str:
        """One line for logs and people."""
        measured = f"{self.measured} {_amount(self.value, self.unit)}".strip()
        over = "" if self.unit == "s" else f" over {self.until_s - self.since_s:.0f} s"
        note = f" ({self.note})" if self.note else ""
        limit = _amount(self.threshold, self.unit)
        return f"{self.rule}: {measured}{over}, limit {limit}; clears when {self.clears_when}{note}"


def _amount(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value * 100:.1f} %"
    return f"{value:.2f} s" if unit == "s" else f"{value:.4g} {unit}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that holds now."""

    level: Level
    cause: Cause
    why: Explanation


@dataclass(frozen=True, slots=True)
class DriverState:
    """All that the rules know at one moment. Absent knowledge is said, not guessed."""

    t_s: float
    visible: bool = False  # are the face and at least one eye judged now
    unseen_reason: str | None = None  # vision's Reason, or "face_unsure", "eyes_unsure", "standby"
    eyes_closed: bool | None = None  # None = unknown
    closed_for_s: float = 0.0
    perclos: Metric = field(default_factory=Metric)  # share of the last 60 s, 0–1
    blink_rate_hz: Metric = field(default_factory=Metric)  # shown, never judged: blink rate is no measure of drowsiness
    blink_s: Metric = field(default_factory=Metric)  # duration of the last blink
    yawns: int = 0  # in the last 10 minutes
    yawning: bool | None = None
    head_away_for_s: float = 0.0
    head_yaw_deg: float | None = None  # against the natural pose: mounting and baseline removed; None = unknown
    head_pitch_deg: float | None = None
    baseline_learned: float = 0.0  # share of the trip's natural pose learned; 1 = frozen
    standby: str | None = None  # why nothing is judged: "ignition off", "parked"
    speed_kmh: float | None = None  # None = unknown, treated as moving
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """The one thing that the vehicle should show now. Level NONE is an alert too: all is quiet."""

    t_s: float
    level: Level = Level.NONE
    cause: Cause = Cause.NONE
    episode_id: int = 0  # grows by one with every new episode, modulo 65536; 0 = none yet
    why: Explanation | None = None
