"""What keeps faces in the vehicle: the privacy mode, no core dumps, no telemetry of a library."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass

from cabinwatch.config import Config
from cabinwatch.doctor.findings import Finding, fail, ok, warn
from cabinwatch.doctor.unit import UNIT, UnitFacts

TELEMETRY = "ORT_DISABLE_TELEMETRY"  # vision.model sets it before onnxruntime is imported, the unit once more


@dataclass(frozen=True, slots=True)
class PrivacyFacts:
    """What is set, in the config, the unit and this process."""

    mode: str
    purpose: str | None
    loads_affect: bool
    core_limit: int  # of this process, bytes; -1: without limit
    telemetry_off: bool  # in this process, after the networks' module was imported
    unit: UnitFacts


def look(config: Config, unit: UnitFacts) -> PrivacyFacts:
    core_limit, _ = resource.getrlimit(resource.RLIMIT_CORE)
    telemetry_off = os.environ.get(TELEMETRY) == "1"
    return PrivacyFacts(
        config.privacy, config.affect.purpose, config.loads_affect, core_limit, telemetry_off, unit=unit
    )


def judge(facts: PrivacyFacts) -> Iterator[Finding]:
    yield _mode(facts)
    yield _core_dumps(facts)
    yield _telemetry(facts)


def _mode(facts: PrivacyFacts) -> Finding:
    if facts.loads_affect:
        return ok("privacy", f"{facts.mode}; expressions only with the driver's consent, for: {facts.purpose}")
    return ok("privacy", f"{facts.mode}; the network that reads expressions is not loaded")


def _core_dumps(facts: PrivacyFacts) -> Finding:
    """The unit's limit is the one that counts where there is a unit."""
    if facts.unit.installed:
        if facts.unit.limit_core == "0":
            return ok("core dumps", "off in the unit")
        allowed = f"LimitCORE={facts.unit.limit_core} in the unit: a crash would write frames to disk"
        return fail("core dumps", allowed, f"systemctl revert {UNIT}, or set LimitCORE=0")
    if facts.core_limit == 0:
        return ok("core dumps", "off in this shell")
    return warn("core dumps", "on in this shell: a crash of cabinwatch run would write frames to disk", "ulimit -c 0")


def _telemetry(facts: PrivacyFacts) -> Finding:
    in_unit = not facts.unit.installed or f"{TELEMETRY}=1" in facts.unit.environment
    if facts.telemetry_off and in_unit:
        return ok("telemetry", "onnxruntime's is off")
    where = "the unit" if facts.telemetry_off else "this process"
    return fail("telemetry", f"onnxruntime's is not off in {where}", f"Environment={TELEMETRY}=1, in the unit")
