"""The package that `make deb` built, the Debian that `make rootfs` laid down, and a vehicle made of both."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.firmware.conftest import elf  # noqa: F401  # a fixture
from tests.firmware.qemu import QemuMcu
from tests.system.machine import Machine

PROJECT = Path(__file__).parents[2]
ROOTFS = PROJECT / "build" / "rootfs.tar"
SOURCES = ("alerts", "cabinwatch", "configs", "firmware_bridge", "packaging", "vision")
DIALOUT = 20  # Debian's number for the group, inside and outside


@pytest.fixture(scope="session")
def deb(cannot_run: Callable[[str], None]) -> Path:
    """The package, not older than what it was made of."""
    built = sorted((PROJECT / "build" / "deb").glob("cabinwatch_*.deb"))
    if not built:
        cannot_run("there is no package; run `make deb`")
    files = [path for folder in SOURCES for path in (PROJECT / folder).rglob("*.*") if path.suffix != ".pyc"]
    sources = [path for path in files if path.is_file() and "build" not in path.parts[len(PROJECT.parts) :]]
    if max(path.stat().st_mtime for path in sources) > built[-1].stat().st_mtime:
        cannot_run("the package is older than its sources; run `make deb`")
    return built[-1]


@pytest.fixture(scope="session")
def make_root(tmp_path_factory: pytest.TempPathFactory, cannot_run: Callable[[str], None]) -> Callable[[], Path]:
    """Lays down a fresh minimal Debian with systemd and Python."""
    if not shutil.which("systemd-nspawn") or os.geteuid() != 0:
        cannot_run("systemd-nspawn is not installed, or this is not root")
    if not ROOTFS.is_file():
        cannot_run("there is no root file system; run `make rootfs`")

    def make() -> Path:
        root = tmp_path_factory.mktemp("root")
        subprocess.run(["tar", "-C", root, "-xf", ROOTFS], check=True)
        return root

    return make


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """One measured line for people, whatever pytest captures."""
    terminal = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    capture = pytestconfig.pluginmanager.get_plugin("capturemanager")

    def write(line: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.write_line(f"\nmeasured: {line}")

    return write


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A computer with the service on it, wired to a microcontroller."""

    machine: Machine
    board: QemuMcu


CONFIG = """
camera:
  source: /opt/cabinwatch/clip.mp4
  loop: true
language: en
"""


@pytest.fixture(scope="module")
def vehicle(
    make_root: Callable[[], Path],
    deb: Path,
    elf: Path,  # noqa: F811  # the fixture
    tmp_path_factory: pytest.TempPathFactory,
    cannot_run: Callable[[str], None],
) -> Iterator[Vehicle]:
    """Installed as an image is made, without a running systemd; then switched on."""
    if not shutil.which("qemu-system-arm"):
        cannot_run("qemu-system-arm is needed")
    root = make_root()
    install = ["systemd-nspawn", "--quiet", "--directory", root, f"--bind-ro={deb}:/cabinwatch.deb", "--register=no"]
    subprocess.run([*install, "--keep-unit", "dpkg", "--install", "/cabinwatch.deb"], check=True, capture_output=True)
    shutil.copy(PROJECT / "cabinwatch" / "clips" / "demo.mp4", root / "opt" / "cabinwatch" / "clip.mp4")
    (root / "etc" / "cabinwatch" / "cabinwatch.yaml").write_text(CONFIG)
    console = tmp_path_factory.mktemp("console") / "log"
    with QemuMcu(elf) as board:
        terminal = Path(board.port).resolve()
        os.chown(terminal, 0, DIALOUT)  # as udev would leave it
        terminal.chmod(0o660)
        with Machine(root, console, {str(terminal): "/dev/cabinwatch-mcu"}) as machine:
            yield Vehicle(machine, board)
