"""The table of checks, and how one is run: within its time, and without harm to those after it.

Knows which checks there are. Must not know what any of them finds.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cabinwatch.config import Config
from cabinwatch.doctor import camera, machine, models, port, privacy, settings, unit
from cabinwatch.doctor.findings import Finding, fail, warn
from cabinwatch.doctor.settings import ConfigFacts
from cabinwatch.doctor.unit import UnitFacts


@dataclass(frozen=True, slots=True)
class Patient:
    """What several checks start from."""

    settings: ConfigFacts
    unit: UnitFacts


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table. `look` may take `limit_s` at most; then it is left behind and the next one begins."""

    name: str
    limit_s: float
    look: Callable[[Patient], Iterable[Finding]]


def _with_config(look: Callable[[Config, UnitFacts], Iterable[Finding]]) -> Callable[[Patient], Iterable[Finding]]:
    """A check that needs a config that loads."""

    def look_or_say(patient: Patient) -> Iterable[Finding]:
        config = patient.settings.config
        if config is None:
            return [warn("config", "not looked at: the config does not load", "correct the config first")]
        return look(config, patient.unit)

    return look_or_say


# A vehicle bus other than the serial line gets its row after "serial", shown only where the config names one.
CHECKS = (
    Check("config", 2.0, lambda patient: settings.judge(patient.settings)),
    Check("camera", 5.0, _with_config(lambda config, service: camera.judge(camera.look(config, service)))),
    Check("model", 20.0, _with_config(lambda config, _: models.judge(models.look(config)))),
    Check("serial", 3.0, _with_config(lambda config, service: port.judge(port.look(config, service)))),
    Check("unit", 2.0, lambda patient: unit.judge(patient.unit)),
    Check("clock", 2.0, lambda _: machine.judge_clock(machine.look_at_clock())),
    Check("disk", 2.0, lambda _: machine.judge_disk(machine.look_at_disk())),
    Check("privacy", 2.0, _with_config(lambda config, service: privacy.judge(privacy.look(config, service)))),
    Check("processor", 2.0, lambda _: machine.judge_processor(machine.look_at_processor())),
    Check("versions", 2.0, lambda _: machine.versions()),
)


def meet(config: Path | None) -> Patient:
    return Patient(settings.read(config), unit.ask_systemd())


def examine(patient: Patient, checks: Iterable[Check] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """Every finding with its check's name, as it comes."""
    for check in checks:
        for finding in _within_limit(check, patient):
            yield check.name, finding


def _within_limit(check: Check, patient: Patient) -> list[Finding]:
    """In a thread of its own: a driver that hangs in the kernel can be waited for no more, but not stopped."""
    answer: queue.SimpleQueue[list[Finding]] = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: answer.put(_look(check, patient)), name=check.name, daemon=True)
    thread.start()
    try:
        return answer.get(timeout=check.limit_s)
    except queue.Empty:
        return [fail(check.name, f"no answer within {check.limit_s:g} s: a driver hangs", "dmesg | tail; then reboot")]


def _look(check: Check, patient: Patient) -> list[Finding]:
    try:
        return list(check.look(patient))
    except Exception as error:  # noqa: BLE001  # whatever breaks one check, the others have to be made
        found = f"the check itself failed: {type(error).__name__}: {error}"
        return [fail(check.name, found, "report it with this line: it is a mistake in cabinwatch")]
