"""A booted Debian in a container: systemd-nspawn around a minimal root, commands run inside it.

Knows systemd-nspawn. Must not know the product.

What it is not: a vehicle's computer. It shares this machine's kernel and clock, so that monotonic times inside and
outside are the same; udev does not run in it. The kernel's device and address filters work: they need cgroup v2, which
nspawn mounts when told to, and the right to load BPF programs, which it must be told to leave.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PATIENCE_S = 60.0  # for what must happen, however busy the machine
STEP_S = 0.05
UP = ("running", "degraded")
FILTERS_WORK = ("--capability=CAP_BPF,CAP_PERFMON", "--system-call-filter=bpf")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


class MachineError(Exception):
    """It does not boot, or a command in it failed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    t_s: float  # monotonic, as outside
    text: str


class Machine:
    """The booted root; a context manager.

    Args:
        root: A folder with a Debian in it, which is changed.
        binds: Path outside → path inside.
        log: Where the console goes.
    """

    def __init__(self, root: Path, log: Path, binds: Mapping[str, str]) -> None:
        self._root = root
        self._log = log
        self._binds = binds
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._init = 0
        self.started_s = 0.0

    def __enter__(self) -> Machine:
        command = ["systemd-nspawn", "--quiet", "--directory", str(self._root), "--boot", "--private-network"]
        command += ["--register=no", "--keep-unit", *FILTERS_WORK]
        command += [f"--bind={outside}:{inside}" for outside, inside in self._binds.items()]
        self.started_s = time.monotonic()
        with self._log.open("wb") as console:
            self._nspawn = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            )
        try:
            self._wait_until_up()
        except MachineError:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.run("systemctl", "poweroff", check=False)
        self._end()

    def _end(self) -> None:
        """Leaves no process behind: with nspawn the init that it holds is gone, too."""
        assert self._nspawn is not None
        try:
            self._nspawn.wait(PATIENCE_S if self._init else 0)
        except subprocess.TimeoutExpired:
            self._nspawn.terminate()
            self._nspawn.wait()

    def _wait_until_up(self) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            self._init = self._newest_child()
            if self._init and self.run("systemctl", "is-system-running", check=False).strip() in (
                "running",
                "degraded",
            ):
                return
            time.sleep(STEP_S)
        self._init = 0
        raise MachineError(f"does not boot:\n{self._log.read_text(errors='replace')[-2000:]}")

    def _newest_child(self) -> int:
        """The init inside; while nspawn prepares it, a helper that is about to go."""
        assert self._nspawn is not None
        pid = self._nspawn.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError as error:
            raise MachineError(f"nspawn ended:\n{self._log.read_text(errors='replace')[-2000:]}") from error
        return int(children[-1]) if children else 0

    def run(self, *command: str, check: bool = True) -> str:
        """What a command inside says on stdout; with `check`, its failure is ours."""
        done = subprocess.run(self.inside(*command), check=False, capture_output=True, text=True, env=ENVIRONMENT)
        if check and done.returncode != 0:
            raise MachineError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def inside(self, *command: str) -> list[str]:
        """The same command as it is called from outside."""
        return ["nsenter", "--target", str(self._init), "--all", *command]

    def path(self, inside: str) -> Path:
        """The same file, seen from outside."""
        return self._root / inside.lstrip("/")

    def show(self, unit: str, name: str) -> str:
        """One property of a unit."""
        return self.run("systemctl", "show", unit, "--property", name, "--value").strip()

    def since_s(self, unit: str, name: str) -> float:
        """A property that is a moment, on the monotonic clock of this machine."""
        return int(self.show(unit, f"{name}TimestampMonotonic")) / 1e6

    def journal(self, unit: str) -> list[Entry]:
        lines = self.run("journalctl", "--boot", "--unit", unit, "--output", "json").splitlines()
        entries = [json.loads(line) for line in lines]
        return [Entry(int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6, str(entry["MESSAGE"])) for entry in entries]
