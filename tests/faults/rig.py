"""Everything that a fault can befall: the firmware on a CPU, the line, and the service in a process of its own.

Knows how to start them and what each tells of itself. Must not know which faults there are.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from alerts.types import Level
from tests.faults.line import Line
from tests.firmware.qemu import Line as LogLine
from tests.firmware.qemu import QemuMcu

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_bridge" / "firmware"
ELF = FIRMWARE / "build" / "lm3s6965evb" / "cabinwatch.elf"
TICKS = os.sysconf("SC_CLK_TCK")
POLL_S = 0.005
PATIENCE_S = 10.0  # for what must happen, however busy the machine


def build() -> None:
    """The firmware for the board."""
    subprocess.run(["make", "-s", "-C", FIRMWARE, "lm3s6965evb"], check=True)


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert, as the wire tells it."""

    level: Level
    episode: int


@dataclass(frozen=True, slots=True)
class Judged:
    """One frame of the service: what it wanted, and how it found the link."""

    t_s: float  # when the frame was captured
    alert: Shown
    up: bool
    text: str


class Service:
    """The service's process."""

    def __init__(self, port: str, baud: int, period_s: float) -> None:
        self._command = [sys.executable, "-m", "tests.faults.service", port, str(baud), str(period_s)]
        self._ledger = tempfile.NamedTemporaryFile(prefix="cw-ledger-", mode="a")  # noqa: SIM115 – until close
        self._process: subprocess.Popen[str] | None = None
        self._alert = Shown(Level.NONE, 0)

    def start(self) -> None:
        """Starts it; it wants what was ordered last."""
        command = [*self._command, str(int(self._alert.level)), str(self._alert.episode)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self._ledger, text=True, cwd=ROOT)

    def order(self, alert: Shown) -> None:
        """What it wants from its next frame on, or from its next start on."""
        self._alert = alert
        if self._process:
            self._process.stdin.write(f"{int(alert.level)} {alert.episode}\n")
            self._process.stdin.flush()

    def signal(self, number: int) -> None:
        """SIGSTOP or SIGCONT."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def close(self) -> None:
        self.kill()
        self._ledger.close()

    def cpu_s(self) -> float | None:
        """Processor time that it has taken so far; None while it does not run."""
        if not self._process:
            return None
        after_name = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in after_name[11:13]) / TICKS

    def judged(self) -> list[Judged]:
        """Every frame so far. The last line of a process that was killed may be half a line."""
        frames = []
        for line in Path(self._ledger.name).read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                row = json.loads(line)
                alert = Shown(Level(row["level"]), row["episode"])
                frames.append(Judged(row["t"], alert, row["up"], row["text"]))
        return frames


class Pulse:
    """Wakes up every few milliseconds, and notes how late: what it is kept from, the others are kept from too."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []  # (when, by how much), s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        due_s = time.monotonic() + POLL_S
        while not self._ended.wait(max(0.0, due_s - time.monotonic())):
            now_s = time.monotonic()
            self._late.append((now_s, now_s - due_s))
            due_s = now_s + POLL_S

    def late_s(self, begin_s: float, end_s: float) -> float:
        """At most, in that time."""
        return max((late_s for at_s, late_s in list(self._late) if begin_s <= at_s <= end_s), default=0.0)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()


class Rig:
    """Board, line and service, joined. A context manager."""

    def __init__(self, elf: Path, *, baud: int = 115_200, period_s: float = 0.05, seed: int = 0) -> None:
        self._stack = contextlib.ExitStack()
        self._elf, self._seed = elf, seed
        self._baud, self._period_s = baud, period_s
        self._episode = 0

    def __enter__(self) -> Rig:
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cw-line-"))
            self.board = stack.enter_context(QemuMcu(self._elf))
            self.line = stack.enter_context(Line(self.board.port, Path(folder) / "mcu", self._seed))
            self.service = stack.enter_context(contextlib.closing(Service(self.line.port, self._baud, self._period_s)))
            self.pulse = stack.enter_context(contextlib.closing(Pulse()))
            self.service.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def want(self, level: Level) -> Shown:
        """Orders a new alert; no two have one number."""
        self._episode += 1
        alert = Shown(level, self._episode if level else 0)
        self.service.order(alert)
        return alert

    def outputs(self) -> list[LogLine]:
        """What the board has told of its outputs so far."""
        return [line for line in self.board.lines() if line.word == "OUT"]

    def wait_for(self, condition: Callable[[], bool], until_s: float | None = None) -> bool:
        """Waits until a condition holds; False when it did not in time."""
        until_s = time.monotonic() + PATIENCE_S if until_s is None else until_s
        while not (holds := condition()) and time.monotonic() < until_s:
            time.sleep(POLL_S)
        return holds

    def wait_for_alert(self, alert: Shown) -> bool:
        """Waits until the board shows this, and does not find a fault."""
        return self.wait_for(lambda: bool(outputs := self.outputs()) and shows(outputs[-1], alert))

    def stop_service(self) -> None:
        self.service.signal(signal.SIGSTOP)

    def wake_service(self) -> None:
        self.service.signal(signal.SIGCONT)


def alert_of(line: LogLine) -> Shown:
    """What a line of the board says is shown. Between alerts the number is the last one's, and says nothing."""
    level = Level(int(line["level"]))
    return Shown(level, int(line["episode"]) if level else 0)


def shows(line: LogLine, alert: Shown) -> bool:
    """Whether this alert is shown, by a board that finds no fault."""
    return line["why"] == "state" and alert_of(line) == alert


def is_safe(line: LogLine) -> bool:
    """Whether the fault lamp is lit and no alert is shown."""
    return line["fault"] == "1" and line["level"] == "0" and line["lamp"] == "0"
