"""Fewer frames a second when the machine is too slow or too hot: in steps with names, down quickly, up slowly.

Knows how busy the loop is and a temperature. Must not know frames, cameras or rules: what becomes uncertain at a lower
rate withdraws by itself, because alerts knows the least rate of every measure (docs/rules.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

# Steps
# -----
#   full ⇄ half ⇄ third ⇄ least        every 1st, 2nd, 3rd, 6th frame of the camera, and never fewer than 5 a second
# down   one step once one of these has held for DOWN_S:  busy ≥ BUSY · late ≥ LATE · temperature ≥ hot_c
# up     one step once all of these have held for UP_S:  the loop would be at most EASY busy at the next rate ·
#        late < LATE · temperature < hot_c - COOLER_C, or there is none
# Between the two nothing changes. Each step starts both times anew, so a machine that is far too slow is down in
# 3 · DOWN_S, and one that swings around a limit moves once in UP_S at most.
DOWN_S = 2.0  # s; a burst of other work is over by then (ours)
UP_S = 20.0  # s; also the time a heat sink takes to answer (ours)
BUSY = 0.9  # share of the time spent judging, 0–1; over it frames are lost at random (ours)
EASY = 0.7  # share expected after a step up, 0–1; well below BUSY, so that it stays (ours)
LATE = 0.02  # share of the frames too old to be judged, 0–1 (ours)
COOLER_C = 5.0  # °C (ours)


class SheddingSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When the frame rate goes down."""

    thermometer: Annotated[
        str | None,
        Meta(
            description="file with millidegrees Celsius, as /sys/class/thermal/thermal_zone*/temp; null or absent: none"
        ),
    ] = "/sys/class/thermal/thermal_zone0/temp"
    hot_c: Annotated[
        float,
        Meta(
            ge=40.0,
            le=110.0,
            description="from here on the rate goes down; °C; below the board's own throttling (ours)",
        ),
    ] = 90.0


class Step(Enum):
    """How much is judged; the value is what logs print."""

    FULL = "full"
    HALF = "half"
    THIRD = "third"
    LEAST = "least"

    @property
    def every(self) -> int:
        """Every so manieth frame of the camera is judged."""
        return _EVERY[self]


_ORDER = tuple(Step)
_EVERY = {Step.FULL: 1, Step.HALF: 2, Step.THIRD: 3, Step.LEAST: 6}


@dataclass(frozen=True, slots=True)
class Load:
    """How the machine does."""

    busy: float  # share of the last second spent judging, 0–1
    late: float  # share of the frames of the last seconds that were too old, 0–1
    celsius: float | None = None  # None: not known


class Shedding:
    """Follows the load; `step` and `why` say what holds now."""

    def __init__(self, settings: SheddingSettings) -> None:
        self._hot_c = settings.hot_c
        self._strained_s: float | None = None  # since when one of the limits is passed
        self._easy_s: float | None = None  # since when all of them would be kept one step up
        self.step = Step.FULL
        self.why = ""

    def update(self, t_s: float, load: Load) -> bool:
        """Take the load of this moment; whether the step changed."""
        why = self._strain(load)
        self._strained_s = None if not why else t_s if self._strained_s is None else self._strained_s
        self._easy_s = None if not self._easy(load) else t_s if self._easy_s is None else self._easy_s
        if self._strained_s is not None and t_s - self._strained_s >= DOWN_S and self.step is not Step.LEAST:
            return self._move(1, why)
        if self._easy_s is not None and t_s - self._easy_s >= UP_S and self.step is not Step.FULL:
            return self._move(-1, self.why if self.step is not Step.HALF else "")
        return False

    def _strain(self, load: Load) -> str:
        if load.celsius is not None and load.celsius >= self._hot_c:
            return f"hot: {load.celsius:.0f} °C"
        if load.busy >= BUSY:
            return f"busy: {load.busy:.0%} of the time"
        return f"late: {load.late:.0%} of the frames" if load.late >= LATE else ""

    def _easy(self, load: Load) -> bool:
        above = _ORDER[max(0, _ORDER.index(self.step) - 1)]
        cool = load.celsius is None or load.celsius < self._hot_c - COOLER_C
        return cool and load.late < LATE and load.busy * self.step.every / above.every <= EASY

    def _move(self, by: int, why: str) -> bool:
        self.step, self.why = _ORDER[_ORDER.index(self.step) + by], why
        self._strained_s = self._easy_s = None
        return True


def celsius(thermometer: str | None) -> float | None:
    """The temperature, or None where none can be read."""
    if thermometer is None:
        return None
    try:
        return int(Path(thermometer).read_text(encoding="ascii")) / 1000.0
    except (OSError, ValueError):  # no such zone, a sensor that is asleep, or a file of another kind
        return None
