"""What the rules say: DriverState and Alert, and VehicleState, the one input that is not vision's.

Knows levels, causes and how an alert explains itself. Must not know pixels, bytes or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

from msgspec import Struct


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


# The same in the words of files.
CauseName = Literal[
    "drowsy",
    "microsleep",
    "sleep",
    "long_distraction",
    "short_distraction",
    "phone",
    "unresponsive",
    "cannot_see",
    "affect",
]
LevelName = Literal["information", "caution", "warning", "critical"]


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


class Cue(IntEnum):
    """How an alert should sound and feel. Sleep has one of its own: it must be told from every other."""

    NONE = 0
    NOTICE = 1  # seen, not heard
    CHIME = 2
    ALARM = 3
    RESCUE = 4  # the driver does not respond: for everybody in the car
    SLEEP_ALARM = 5


class Zone(IntEnum):
    """Where the driver looks."""

    UNKNOWN = 0
    ROAD = 1
    MIRROR = 2
    CLUSTER = 3
    CENTRE_STACK = 4
    PASSENGER = 5
    LAP = 6
    ROOF = 7
    SHOULDER = 8


class Lids(IntEnum):
    """What the lids do. Lowered lids are told apart by where the driver looks."""

    UNKNOWN = 0
    OPEN = 1
    LOWERED = 2  # half closed, and nobody knows where the eyes look
    LOOKING_DOWN = 3  # half closed because the eyes look down
    DROOPING = 4  # half closed while the eyes look ahead
    CLOSED = 5


class Seat(IntEnum):
    """On which side of the vehicle the driver sits."""

    UNKNOWN = 0
    LEFT = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True)
class VehicleState:
    """What the vehicle told us last. None is unknown: stale or absent speed counts as moving."""

    speed_kmh: float | None = None
    ignition_on: bool | None = None
    gear: Gear = Gear.UNKNOWN
    turn_signal: TurnSignal = TurnSignal.OFF
    ambient_lux: float | None = None
    steering_deg: float | None = None  # + = to the driver's left
    affect_consent: bool | None = None  # the driver's own switch; unknown is no
    ack_count: int = 0  # presses of the acknowledge button since the MCU started, modulo 256
    ack_episode_id: int = 0  # the episode the last press answered
    local_hour: float | None = None  # time of day, 0–24 h
    lane_sd_m: float | None = None  # standard deviation of the place in the lane over the last minute, m


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure over time. Withdrawn (None with a reason) when the samples do not carry it."""

    value: float | None = None
    reason: str | None = None  # "fewer than 10 frames/s", "eyes unseen", "learning 42 %"


@dataclass(frozen=True, slots=True)
class Blink:
    """One blink of one eye. Moments are read between the samples; openness is this driver's (1 = own open eye)."""

    start_s: float  # the lid begins to fall
    closed_s: float  # the eye is closed
    opening_s: float  # the lid begins to rise
    end_s: float  # the eye is open again
    amplitude: float  # how far the lid fell, openness
    duration_s: float  # at half of the amplitude


@dataclass(frozen=True, slots=True)
class Signals:
    """Why each signal is not seen now; None = it is seen. Vision's Reason, or a word of observability.py."""

    face: str | None = None
    eyes: str | None = None
    mouth: str | None = None
    head: str | None = None
    gaze: str | None = None

    def unseen(self) -> tuple[tuple[str, str], ...]:
        """(signal, reason) of what is not seen."""
        return tuple((name, reason) for name, reason in self._pairs() if reason)

    def seen(self) -> tuple[str, ...]:
        """What is seen and judged; the face alone says nothing of the driver."""
        return tuple(name for name, reason in self._pairs()[1:] if not reason)

    def _pairs(self) -> tuple[tuple[str, str | None], ...]:
        return ("face", self.face), ("eyes", self.eyes), ("mouth", self.mouth), ("head", self.head), ("gaze", self.gaze)


class Contribution(NamedTuple):
    """What one input adds to the drowsiness level."""

    name: str  # "perclos"
    value: float | None  # the input in its own unit; None = unknown, adds nothing and widens the interval
    points: float  # steps of the scale, 0 or more


@dataclass(frozen=True, slots=True)
class Drowsiness:
    """An estimate on the scale of the Karolinska Sleepiness Scale, 1 (very alert) to 9 (fighting sleep)."""

    level: float | None = None
    low: float | None = None  # the interval in which the level lies
    high: float | None = None
    reason: str | None = None  # why there is no level
    contributions: tuple[Contribution, ...] = ()  # level = base + the sum of their points


@dataclass(frozen=True, slots=True)
class AffectState:
    """What the face has shown of late: words for expressions, never for feelings. A proxy with its uncertainty."""

    refused: str | None = "off by default"  # why nothing is measured; None = it is
    expression: str | None = None  # the one shown most; None = none stands out
    share: float = 0.0  # of it, 0–1, smoothed
    valence: float | None = None  # proxy, −1 … 1, smoothed
    arousal: float | None = None
    uncertainty: float = 1.0  # half the width of the interval of both
    tension_s: float = 0.0  # how long unpleasant and aroused have been shown, both beyond doubt


@dataclass(frozen=True, slots=True)
class Learning:
    """How far the baseline of this trip is. 1 = frozen."""

    pose: float = 0.0  # straight ahead and the seat
    openness: float = 0.0  # how wide these eyes are open when awake
    blinks: float = 0.0  # how long they blink when awake
    again: bool = False  # started inside a trip: what an earlier run had learned is gone
    eyewear_changed: bool = False  # glasses on or off, or the light on them: openness is learned anew


class Explanation(Struct, frozen=True):
    """What lies behind one alert, complete enough to be argued with."""

    rule: str  # "house/microsleep"; docs/rules.md has a row for each
    since_s: float  # when the interval judged began
    until_s: float  # and ended (now)
    value: float  # what was measured
    threshold: float  # what it crossed
    unit: str  # of both: "s", "share", "yawns"
    clears_when: str  # what would end it, in words
    measured: str = ""  # what the value is, in words: "eyes closed for"
    note: str = ""  # what else a person should know: what still works
    measure: str = ""  # the measure's name in rules.MEASURES, for other languages than English
    clears_at: float = 0.0  # the number in `clears_when`
    confidence: float = 1.0  # of the signal measured, 0–1
    unseen: tuple[tuple[str, str], ...] = ()  # (signal, reason) of what could not be seen
    still: tuple[str, ...] = ()  # of "cannot see": the signals that are still judged
    clause: str = ""  # what the rule rests on
    mark: str = ""  # S, S2, ? or ours: how that was read
    code: int = 0  # the rule's number on the wire; 0 = it has none

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


class Finding(Struct, frozen=True):
    """One rule that holds now."""

    level: Level
    cause: Cause
    why: Explanation
    from_kmh: float = 0.0  # shown from this speed
    slow_level: Level = Level.NONE  # shown at most so below it
    raised_s: float = 0.0  # since when the rule holds


class DriverState(Struct, frozen=True):
    """All that the rules know at one moment. Absent knowledge is said, not guessed."""

    t_s: float
    visible: bool = False  # are the face and at least one eye judged now
    unseen_reason: str | None = None  # vision's Reason, or "face_unsure", "eyes_unsure", "standby"
    signals: Signals = Signals()
    eyes_closed: bool | None = None  # None = unknown
    closed_for_s: float = 0.0
    openness: Metric = Metric()  # of the better seen eye, against this driver's own: 1 = awake
    lids: Lids = Lids.UNKNOWN
    perclos: Metric = Metric()  # share of the last 60 s, 0–1
    perclos_180: Metric = Metric()  # the same over 3 min
    perclos_300: Metric = Metric()  # and over 5 min
    blink_rate_hz: Metric = Metric()  # shown, never judged: blink rate is no measure of drowsiness
    blink_s: Metric = Metric()  # duration of the last blink
    blink_left: Blink | None = None  # the last one of each eye, with its phases
    blink_right: Blink | None = None
    blink_ratio: Metric = Metric()  # mean blink duration of the last minutes against this driver's own
    long_closures: int = 0  # of 0.5 s and longer, in the last 5 minutes
    microsleeps: int = 0  # of 1 s and longer, in the last 5 minutes
    yawns: int = 0  # in the last 10 minutes
    covered_yawns: int = 0  # the same behind a hand: weak evidence
    yawning: bool | None = None
    talking: bool | None = None  # the mouth opens and closes: talks, sings, laughs
    nods: int = 0  # slow sinks of the head with a fast return, in the last 5 minutes
    slumped_for_s: float = 0.0  # face sunk far below its place
    leaning_for_s: float = 0.0  # face far beside its place
    zone: Zone = Zone.UNKNOWN
    zone_by: str | None = None  # "gaze" or "head": what said so
    zone_for_s: float = 0.0
    head_away_for_s: float = 0.0  # how long the look away lasts, by gaze or head
    away_in_window_s: float = 0.0  # seconds looked away in the last 30 s, since the last 2 s of road
    lap_looks_s: float = 0.0  # seconds looked into the lap in the last 15 s
    inattentive_for_s: float = 0.0  # eyes closed or away without a return
    no_return_for_s: float = 0.0  # the same since a warning
    head_yaw_deg: float | None = None  # against the natural pose: mounting and baseline removed; None = unknown
    head_pitch_deg: float | None = None
    drowsiness: Drowsiness = Drowsiness()
    affect: AffectState = AffectState()
    driving_s: float = 0.0  # time on task: since the start or the last long rest
    baseline_learned: float = 0.0  # share of the trip's natural pose learned; 1 = frozen
    learning: Learning = Learning()
    seat: Seat = Seat.UNKNOWN
    standby: str | None = None  # why nothing is judged: "ignition off", "parked"
    speed_kmh: float | None = None  # None = unknown, treated as moving
    findings: tuple[Finding, ...] = ()  # of the rule that holds longest first


class Alert(Struct, frozen=True):
    """The one thing that the vehicle should show now. Level NONE is an alert too: all is quiet."""

    t_s: float
    level: Level = Level.NONE
    cause: Cause = Cause.NONE
    episode_id: int = 0  # grows by one with every new episode, modulo 65536; 0 = none yet
    why: Explanation | None = None
    cue: Cue = Cue.NONE  # how it sounds and feels now; NONE once it is acknowledged
    prompts: int = 0  # how often this episode has been prompted: grows with every repetition
    acknowledged: bool = False  # the driver has answered this episode
    lockouts: int = 0  # critical alerts of this trip
    locked: bool = False  # so many of them that assistance should stay off until the ignition is cycled
