"""What people hear of the camera: a line when a fault comes or goes or the rate steps, a line of figures now and then.

Knows words. Must not decide anything, and writes nothing of what a picture shows.
"""

from __future__ import annotations

import logging

from cabinwatch.intake import Intake
from cabinwatch.log import event
from cabinwatch.shedding import Step
from vision.types import Fault

PACE_EVERY_S = 60.0

_log = logging.getLogger("cabinwatch")

WORDS = {
    Fault.SILENT: "no pictures",
    Fault.CORRUPTED: "damaged pictures",
    Fault.TIME_WARPED: "time stamps that stand or jump",
    Fault.RESIZED: "another resolution",
    Fault.STALE: "pictures too old",
    Fault.SLOW: "too few pictures",
    Fault.FROZEN: "the picture stands still",
    Fault.BLACK: "black pictures",
    Fault.SATURATED: "over-exposed pictures",
    Fault.BLOCKED: "something before the lens",
    Fault.BLURRED: "blurred pictures",
    Fault.FACE_DARK: "the driver's face is too dark",
    Fault.FACE_BRIGHT: "the driver's face is over-exposed",
}


class CameraReporter:
    """Follows one intake and says what changed."""

    def __init__(self, intake: Intake, now_s: float) -> None:
        self._intake = intake
        self._since_s: dict[Fault, float] = {}
        self._step = Step.FULL
        self._paced_s = now_s

    def changed(self, now_s: float) -> bool:
        """Logs what changed; whether anything did."""
        if now_s - self._paced_s >= PACE_EVERY_S:
            self._paced_s = now_s
            self._pace()
        return bool(self._faults(now_s) + self._stepped())

    def troubles(self) -> list[str]:
        """For the status line, in words."""
        return [f"camera: {_in_words(self._intake, fault)}" for fault in self._since_s if fault is not Fault.SILENT]

    def age(self) -> str:
        """For the status line."""
        shedding = self._intake.shedding
        step = "" if shedding.step is Step.FULL else f", {shedding.step.value} rate ({shedding.why})"
        p50_ms, p99_ms = self._intake.age_ms(0.5), self._intake.age_ms(0.99)
        return step if p99_ms is None else f", age {p50_ms:.0f} ms (p99 {p99_ms:.0f}){step}"

    def _faults(self, now_s: float) -> int:
        """Silence is left to the line that says for how long (`camera_silent`)."""
        named = self._intake.health.faults
        came = [fault for fault in named if fault not in self._since_s]
        gone = [fault for fault in self._since_s if fault not in named]
        for fault in came:
            self._since_s[fault] = now_s
            if fault is not Fault.SILENT:
                event(_log, logging.WARNING, "camera_fault", fault=fault.value, why=_in_words(self._intake, fault))
        for fault in gone:
            lasted_s = now_s - self._since_s.pop(fault)
            if fault is not Fault.SILENT:
                event(_log, logging.INFO, "camera_fault_over", fault=fault.value, lasted_s=lasted_s)
        return len(came) + len(gone)

    def _stepped(self) -> int:
        before, shedding = self._step, self._intake.shedding
        if shedding.step is before:
            return 0
        self._step = shedding.step
        names = {"step": shedding.step.value, "before": before.value}
        event(_log, logging.WARNING, "rate_step", **names, why=shedding.why or "the load allows it")
        return 1

    def _pace(self) -> None:
        intake = self._intake
        ages = {"age_p50_ms": intake.age_ms(0.5), "age_p99_ms": intake.age_ms(0.99)}
        counts = {"stale": intake.stale, "shed": intake.shed}
        event(_log, logging.INFO, "pace", **ages, **counts, step=intake.shedding.step.value, celsius=intake.celsius)


def _in_words(intake: Intake, fault: Fault) -> str:
    detail = intake.health.detail(fault)
    return f"{WORDS[fault]} ({detail})" if detail else WORDS[fault]
