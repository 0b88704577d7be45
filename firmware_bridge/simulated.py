"""The simulated microcontroller: the reference firmware, compiled for the host, behind a pseudo-terminal.

Knows the program's lines. Must not know the protocol: what it shows went through the real C and a real terminal.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import TracebackType

START_S = 5.0
STOP_S = 2.0


class SimulatedMcuError(Exception):
    """The program is missing or does not start. The message names the remedy."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the MCU commands. A blinking lamp counts as on throughout."""

    level: int = 0
    cause: int = 0
    lamp: bool = False
    buzzer: bool = False
    haptic: bool = False
    fault: bool = False
    ir: bool = False
    why: str = "boot"  # boot, state, silence, standby, stopped, version
    episode_id: int = 0


def default_binary() -> Path:
    """Where `make -C firmware_bridge/firmware` puts the program."""
    return Path(str(resources.files("firmware_bridge"))) / "firmware" / "build" / "cabinwatch-mcu"


class SimulatedMcu:
    """The program while it runs; a context manager. `port` is what goes into LinkSettings.port.

    Raises:
        SimulatedMcuError: the program is not built or does not start.
    """

    def __init__(
        self,
        port: Path | None = None,
        *,
        speed_kmh: float | None = None,
        ignition_on: bool | None = True,
        binary: Path | None = None,
    ) -> None:
        self.binary = binary or default_binary()
        self._folder: Path | None = None  # ours to remove
        if port is None:
            self._folder = Path(tempfile.gettempdir()) / f"cabinwatch-mcu-{secrets.token_hex(8)}"
        self.port = str(port or f"{self._folder}/mcu")
        self.outputs = Outputs()  # the latest
        self.history: list[tuple[float, Outputs]] = []  # (monotonic seconds, outputs), one entry a change
        self._speed_kmh = speed_kmh
        self._ignition_on = ignition_on
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._started_s = 0.0  # monotonic time of the program's t_ms = 0
        self._ended = False  # the program's output has ended
        self._changed = threading.Condition()

    def __enter__(self) -> SimulatedMcu:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the program and waits until its terminal is there."""
        if not self.binary.is_file():
            raise SimulatedMcuError(f"{self.binary} is not built: run make -C firmware_bridge/firmware")
        if self._folder is not None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        arguments = [str(self.binary), "--link", self.port]
        if self._speed_kmh is not None:
            arguments += ["--speed", str(self._speed_kmh)]
        if self._ignition_on is not None:
            arguments += ["--ignition", str(int(self._ignition_on))]
        self._process = subprocess.Popen(  # noqa: S603 – our own program, no shell
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._started_s, self._ended = 0.0, False
        self._reader = threading.Thread(target=self._read_lines, args=(self._process,), name="mcu", daemon=True)
        self._reader.start()
        self.wait_for(lambda: self._started_s > 0 or self._ended, START_S)
        if not self._started_s:
            self.stop()
            raise SimulatedMcuError(f"{self.binary} did not start: is {self.port} a path where a link can be made?")

    def stop(self) -> None:
        """Ends the program; it removes its terminal."""
        if self._process is not None:
            self._process.terminate()
            self._end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """Ends it as a power cut would: it can do nothing about it. `start` brings it back."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def set_speed(self, kmh: float | None) -> None:
        """None: the speed is not known."""
        self._command(f"speed {'none' if kmh is None else kmh}")

    def set_ignition(self, on: bool) -> None:
        """The ignition switch."""
        self._command(f"ignition {int(on)}")

    def set_consent(self, on: bool) -> None:
        """The driver's own switch for affect."""
        self._command(f"consent {int(on)}")

    def acknowledge(self) -> None:
        """The driver presses the button."""
        self._command("ack")

    def unplug(self) -> None:
        """Pulls the cable: the terminal hangs up, the MCU runs on."""
        self._command("unplug")

    def plug(self) -> None:
        """Gives the cable back: a new terminal under the same name."""
        self._command("plug")

    def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Waits until a condition over this object holds; False when it did not in time."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    @property
    def pid(self) -> int:
        """The program's process id, for those who want to stop or kill it."""
        return self._process.pid if self._process else 0

    def _command(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            raise SimulatedMcuError(f"the simulated MCU does not run: cannot tell it '{line}'")
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise SimulatedMcuError(f"the simulated MCU has ended: cannot tell it '{line}'") from error

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader:
            self._reader.join()
        for stream in (process.stdin, process.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):  # a command was buffered for a program that is gone
                    stream.close()

    def _read_lines(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            word, _, rest = line.strip().partition(" ")
            with self._changed:
                self._take(word, dict(pair.split("=", 1) for pair in rest.split() if "=" in pair))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, word: str, fields: dict[str, str]) -> None:
        if word == "READY":
            self._started_s = int(fields["monotonic_ms"]) / 1000
        elif word == "OUT":
            self.outputs = _to_outputs(fields)
            self.history.append((self._started_s + int(fields["t_ms"]) / 1000, self.outputs))


def _to_outputs(fields: dict[str, str]) -> Outputs:
    on = {name: fields[name] == "1" for name in ("lamp", "buzzer", "haptic", "fault", "ir")}
    return Outputs(
        int(fields["level"]), int(fields["cause"]), why=fields["why"], episode_id=int(fields["episode"]), **on
    )
