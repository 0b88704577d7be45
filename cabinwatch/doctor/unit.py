"""The systemd unit: is it installed, enabled, running, and changed by drop-ins.

Knows systemctl's properties (https://www.freedesktop.org/software/systemd/man/org.freedesktop.systemd1.html).
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cabinwatch.doctor.findings import Finding, fail, ok, warn
from cabinwatch.report import DEGRADED

UNIT = "cabinwatch.service"
ANSWER_S = 2.0  # systemd answers within milliseconds; one that hangs must not hang us
_PROPERTIES = (
    "LoadState,UnitFileState,ActiveState,SubState,MainPID,NRestarts,DropInPaths,NeedDaemonReload,StatusText,"
    "LimitCORE,Environment"
)
_INSTALL = "install -m 644 configs/cabinwatch.service /etc/systemd/system/ && systemctl daemon-reload"


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What systemd says. `trouble` is why nothing is known, and then everything else is empty."""

    trouble: str = ""
    load: str = ""
    enabled: str = ""
    active: str = ""
    sub: str = ""
    pid: int = 0
    restarts: int = 0
    drop_ins: tuple[str, ...] = ()
    needs_reload: bool = False
    status: str = ""  # the service's own status line
    limit_core: str = ""
    environment: tuple[str, ...] = ()

    @property
    def installed(self) -> bool:
        return self.load == "loaded"

    @property
    def running(self) -> bool:
        return self.active in ("active", "activating", "reloading")


def ask_systemd() -> UnitFacts:
    """Asks without privileges; whatever is in the way becomes `trouble`."""
    systemctl = shutil.which("systemctl")
    if systemctl is None or not Path("/run/systemd/system").is_dir():
        return UnitFacts(trouble="this machine was not started by systemd: nothing starts or restarts the service")
    try:
        answer = subprocess.run(  # noqa: S603  # systemctl by its full path, no shell, no foreign text
            [systemctl, "show", UNIT, f"--property={_PROPERTIES}"],
            capture_output=True,
            text=True,
            timeout=ANSWER_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return UnitFacts(trouble=f"systemd did not answer within {ANSWER_S:g} s")
    except subprocess.CalledProcessError as error:
        return UnitFacts(trouble=f"systemd could not be asked: {error.stderr.strip()}; try sudo cabinwatch doctor")
    except OSError as error:
        return UnitFacts(trouble=f"systemd could not be asked: {error}")
    return facts_in(answer.stdout)


def facts_in(answer: str) -> UnitFacts:
    """What `systemctl show` printed."""
    said = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    return UnitFacts(
        load=said.get("LoadState", ""),
        enabled=said.get("UnitFileState", ""),
        active=said.get("ActiveState", ""),
        sub=said.get("SubState", ""),
        pid=int(said.get("MainPID") or 0),
        restarts=int(said.get("NRestarts") or 0),
        drop_ins=tuple(said.get("DropInPaths", "").split()),
        needs_reload=said.get("NeedDaemonReload") == "yes",
        status=said.get("StatusText", ""),
        limit_core=said.get("LimitCORE", ""),
        environment=tuple(said.get("Environment", "").split()),
    )


def judge(unit: UnitFacts) -> list[Finding]:
    if unit.trouble:
        return [warn("unit", unit.trouble, f"start it otherwise: cabinwatch run --config FILE; or boot with {UNIT}")]
    if not unit.installed:
        return [warn("unit", f"{UNIT} is not installed ({unit.load})", _INSTALL)]
    return [_enabled(unit), _active(unit), *_changed(unit)]


def _enabled(unit: UnitFacts) -> Finding:
    if unit.enabled.startswith("enabled"):
        return ok("unit enabled", "starts with the machine")
    return warn(
        "unit enabled", f"{unit.enabled or 'not enabled'}: does not start with the machine", f"systemctl enable {UNIT}"
    )


def _active(unit: UnitFacts) -> Finding:
    restarts = f", {unit.restarts} restarts since it was started" if unit.restarts else ""
    state = f"{unit.active} ({unit.sub}){restarts}"
    if unit.active == "failed":
        return fail("unit active", state, f"journalctl -u {UNIT} -n 20, then systemctl restart {UNIT}")
    if not unit.running:
        return warn("unit active", f"{state}: nobody is watched", f"systemctl start {UNIT}")
    if unit.status.startswith(DEGRADED):
        return fail("unit active", f"{state}; says: {unit.status}", f"journalctl -u {UNIT} -n 20")
    if unit.restarts:
        return warn("unit active", f"{state}: it did not last", f"journalctl -u {UNIT} -p warning")
    return ok("unit active", f"{state}; says: {unit.status}" if unit.status else state)


def _changed(unit: UnitFacts) -> list[Finding]:
    findings = []
    if unit.drop_ins:
        findings.append(ok("unit drop-ins", ", ".join(unit.drop_ins)))
    if unit.needs_reload:
        changed = "the unit's files were changed and not read again"
        findings.append(warn("unit files", changed, f"systemctl daemon-reload && systemctl restart {UNIT}"))
    return findings
