"""The firmware on an emulated Cortex-M3: QEMU's lm3s6965evb, its UART0 a pseudo-terminal, its pins read over QMP.

Knows QEMU. Must not know the protocol: what the pins show went through the real firmware.

What QEMU is not: its clock counts instructions. A core that sleeps waits for real time, so on a busy host the MCU's
clock falls behind; a core that spins runs ahead, so nothing is said here of how long a watchdog takes. Its UART has no
baud rate and no line noise; after a reset its input pins read low until they are moved once; its reset-cause register
is always 0; RAM keeps what it held over a reset. While its terminal is full and nobody reads it the whole emulation
waits, as no real UART would.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PATIENCE_S = 10.0  # for what must happen, however busy the machine
STEP_S = 0.01

OUTPUT_PINS = 0x4000507C  # port B, bits 0 to 4: see lm3s6965evb/board.h
RAM = 0x20008000  # nothing of the firmware's lies there
INSTRUCTION = 6  # one takes 2^6 ns, about as at 12.5 MHz
SPIN = "fee7"  # b . – as it lies in memory
SPIN_DEAF = "72b6fee7"  # cpsid i; b .
PROGRAM_COUNTER = 15  # gdb's number

WORDS = ("OUT ", "LINK ")  # with which a line of the firmware's log begins
KEYS = {"ignition": "up", "consent": "down", "ir_fault": "left", "acknowledge": "ctrl"}  # the board's buttons in QEMU


class QemuError(Exception):
    """QEMU is missing, ends early, or refuses a command."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the firmware's log."""

    word: str  # OUT or LINK
    fields: dict[str, str]
    seen_s: float  # our monotonic time at which it came

    def __getitem__(self, name: str) -> str:
        return self.fields[name]

    @property
    def t_ms(self) -> int:
        """By the MCU's own clock."""
        return int(self.fields["t_ms"])


class Qmp:
    """QEMU's control socket."""

    def __init__(self, path: Path) -> None:
        self._socket = _connect(path)
        self._file = self._socket.makefile("rw")
        self._file.readline()  # its greeting
        self.command("qmp_capabilities")

    def command(self, name: str, **arguments: object) -> object:
        """Carries out one command; what it returns."""
        self._file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self._file.flush()
        while True:
            answer = json.loads(self._file.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise QemuError(f"{name}: {answer['error']['desc']}")

    def close(self) -> None:
        """Lets QEMU go on alone."""
        self._file.close()
        self._socket.close()


class QemuMcu:
    """The board while it runs; a context manager. `port` is what goes into LinkSettings.port."""

    def __init__(self, elf: Path) -> None:
        self._elf = elf
        self._folder = Path(tempfile.mkdtemp(prefix="cw-"))  # short: a socket's path has 107 characters
        self.port = str(self._folder / "mcu")
        self._lines: list[Line] = []
        self._reader = threading.Thread(target=self._read_log, name="board's log", daemon=True)
        self._held = -1  # our own descriptor of the terminal: QEMU drops bytes for a while after the last one closes
        self._process: subprocess.Popen[str] | None = None
        self._qmp: Qmp | None = None

    def __enter__(self) -> QemuMcu:
        command = ["qemu-system-arm", "-M", "lm3s6965evb", "-kernel", str(self._elf), "-display", "none"]
        command += ["-monitor", "none", "-chardev", "pty,id=link", "-serial", "chardev:link"]
        command += ["-serial", "stdio", "-qmp", f"unix:{self._folder}/qmp,server=on,wait=off"]
        command += ["-gdb", f"unix:{self._folder}/gdb,server=on,wait=off", "-icount", f"shift={INSTRUCTION}"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self._reader.start()
        self._qmp = Qmp(self._folder / "qmp")
        self._hold_terminal()
        self.settle()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._qmp:
            self._qmp.close()
        if self._process:
            self._process.kill()
            self._reader.join()
            self._process.communicate()
        if self._held >= 0:
            os.close(self._held)
        shutil.rmtree(self._folder)

    def _read_log(self) -> None:
        for line in self._process.stdout:
            if line.startswith(WORDS) and line.endswith("\n"):  # else QEMU's own, or cut short by its end
                word, *pairs = line.split()
                self._lines.append(Line(word, dict(pair.split("=") for pair in pairs), time.monotonic()))

    def _hold_terminal(self) -> None:
        devices = {device["label"]: device["filename"] for device in self._command("query-chardev")}
        terminal = devices["link"].removeprefix("pty:")
        self._held = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        Path(self.port).symlink_to(terminal)

    def _command(self, name: str, **arguments: object) -> object:
        if self._qmp is None:
            raise QemuError(f"QEMU does not run: cannot {name}")
        return self._qmp.command(name, **arguments)

    # What the world sees of it

    def pins(self) -> int:
        """The output pins as they are driven now, bits of Output."""
        words = self._command("human-monitor-command", **{"command-line": f"xp /1wx {OUTPUT_PINS:#x}"})
        return int(words.split(":")[1], 16)

    def lines(self) -> list[Line]:
        """The log so far."""
        return list(self._lines)

    @property
    def outputs(self) -> Line:
        """The newest line about outputs."""
        return next(line for line in reversed(self.lines()) if line.word == "OUT")

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Waits until a condition holds; False when it did not in time."""
        until_s = time.monotonic() + PATIENCE_S
        while not (holds := condition()) and time.monotonic() < until_s:
            time.sleep(STEP_S)
        return holds

    def wait_for_outputs(self, **fields: str) -> bool:
        """Waits until the newest line about outputs has these fields."""
        return self.wait_for(
            lambda: any(line.word == "OUT" for line in self.lines()) and fields.items() <= self.outputs.fields.items()
        )

    # What is done to it

    def settle(self) -> None:
        """Moves every input pin once, as QEMU needs it after a reset: ignition on, no consent, no fault, button up."""
        self.wire("ignition", high=True)
        self.wire("consent", high=False)
        self.wire("ir_fault", high=False)
        self.wire("acknowledge", high=True)

    def wire(self, name: str, *, high: bool) -> None:
        """Pulls an input pin up or down. A pin moves only when it changes, so it is moved away first, unseen."""
        self._command("input-send-event", events=[_key(name, down=high), _key(name, down=not high)])

    def halt(self) -> None:
        """The MCU hangs: its core and all its clocks stand still."""
        self._command("stop")

    def go_on(self) -> None:
        """… and wakes up, as if no time had passed."""
        self._command("cont")

    def reset(self) -> None:
        """A brown-out: everything starts again."""
        self._command("system_reset")
        self.settle()

    def run_wild(self, *, deaf: bool) -> None:
        """The core leaves its program and spins for ever; `deaf`: with all interrupts masked."""
        gdb = _connect(self._folder / "gdb")
        try:
            _ask_gdb(gdb, "qXfer:features:read:target.xml:0,fff", b"$l<?xml")  # else it sets no registers
            _ask_gdb(gdb, f"M{RAM:x},{len(SPIN_DEAF if deaf else SPIN) // 2}:{SPIN_DEAF if deaf else SPIN}")
            _ask_gdb(gdb, f"P{PROGRAM_COUNTER:x}={RAM.to_bytes(4, 'little').hex()}")
            _ask_gdb(gdb, "D")
        finally:
            gdb.close()
        self.go_on()


def _key(name: str, *, down: bool) -> dict[str, object]:
    return {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": KEYS[name]}}}


def _connect(path: Path) -> socket.socket:
    until_s = time.monotonic() + PATIENCE_S
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_S)
        try:
            connection.connect(str(path))
        except OSError as error:
            connection.close()
            if time.monotonic() > until_s:
                raise QemuError(f"{path}: QEMU does not answer") from error
            time.sleep(STEP_S)
        else:
            return connection


def _ask_gdb(gdb: socket.socket, packet: str, answer: bytes = b"$OK#") -> None:
    """One packet of gdb's remote protocol; raises unless it is answered so. Passes over what the stub says unasked."""
    gdb.sendall(f"+${packet}#{sum(packet.encode()) % 256:02x}".encode())
    heard = b""
    while answer not in heard:
        heard += gdb.recv(4096)
        if b"$E" in heard or b"$#" in heard:
            raise QemuError(f"gdb stub: {packet}: {heard.decode()}")
