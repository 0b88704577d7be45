"""The firmware built for a Cortex-M3, the board it runs on, and a service reduced to its link."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.types import Alert
from firmware_bridge.messages import Hello, Report
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings
from tests.firmware.qemu import PATIENCE_S, STEP_S, QemuMcu

FIRMWARE = Path(__file__).parents[2] / "firmware_bridge" / "firmware"
FRAME_S = 1 / 30


@pytest.fixture(scope="session")
def elf(cannot_run: Callable[[str], None]) -> Path:
    """The firmware for the lm3s6965evb."""
    if not (shutil.which("arm-none-eabi-gcc") and shutil.which("make")):
        cannot_run("gcc-arm-none-eabi and make are needed")
    made = subprocess.run(["make", "-C", FIRMWARE, "lm3s6965evb"], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.fail(f"the firmware does not build:\n{made.stderr}")
    return FIRMWARE / "build" / "lm3s6965evb" / "cabinwatch.elf"


@pytest.fixture
def board(elf: Path, cannot_run: Callable[[str], None]) -> Iterator[QemuMcu]:
    """The board, running, with nobody at the other end."""
    if not shutil.which("qemu-system-arm"):
        cannot_run("qemu-system-arm is needed")
    with QemuMcu(elf) as running:
        yield running


class Service:
    """Judges the same thing 30 times a second until told otherwise; the link is the product's own."""

    def __init__(self, port: str, **settings: object) -> None:
        self.alert = Alert(0.0)
        self.judging = True
        self._runner = LinkRunner(LinkSettings(port=port, reopen_max_s=0.2, **settings))
        self._ended = threading.Event()
        self._judge = threading.Thread(target=self._run)

    def __enter__(self) -> Service:
        self._runner.start()
        self._judge.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._judge.join()
        self._runner.stop()

    def _run(self) -> None:
        while not self._ended.wait(FRAME_S):
            if self.judging:
                self._runner.want(self.alert, time.monotonic())

    @property
    def up(self) -> bool:
        return self._runner.status.up

    @property
    def text(self) -> str:
        return self._runner.status.text

    @property
    def hello(self) -> Hello:
        return self._runner.status.mcu_hello

    @property
    def report(self) -> Report:
        return self._runner.status.mcu

    @property
    def vehicle(self):
        return self._runner.vehicle

    def stop(self) -> None:
        """A clean stop, with a goodbye."""
        self._runner.stop()

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        until_s = time.monotonic() + PATIENCE_S
        while not (holds := condition()) and time.monotonic() < until_s:
            time.sleep(STEP_S)
        return holds


@pytest.fixture
def service(board: QemuMcu) -> Iterator[Service]:
    """A service whose first states have reached the board."""
    with Service(board.port) as running:
        assert board.wait_for_outputs(why="state"), running.text
        yield running
