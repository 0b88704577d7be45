"""The systemd unit through systemd's own eyes."""

import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from tests.system.conftest import PROJECT

pytestmark = pytest.mark.system

UNIT = Path(str(files("configs"))) / "cabinwatch.service"
STOCK_UNITS = Path("/usr/lib/systemd/system")


@pytest.fixture
def root(tmp_path, cannot_run):
    """A root in which the unit is installed and the programs it starts exist."""
    if not shutil.which("systemd-analyze") or not STOCK_UNITS.is_dir():
        cannot_run("systemd is not installed")
    shutil.copytree(STOCK_UNITS, tmp_path / "usr/lib/systemd/system", symlinks=True)
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    shutil.copy(UNIT, tmp_path / "etc/systemd/system")
    for program in re.findall(r"^Exec\w+=(\S+)", UNIT.read_text(), re.MULTILINE):
        path = tmp_path / program.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return tmp_path


def verify(root):
    command = ["systemd-analyze", "verify", "--man=no", f"--root={root}", UNIT.name]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_unit_verifies_clean(root):
    """Not a word from systemd-analyze verify."""
    done = verify(root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verify_would_see_a_mistake(root):
    """The test above can fail: a misspelt directive is reported."""
    unit = root / "etc/systemd/system" / UNIT.name
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSeconds="))
    assert "WatchdogSeconds" in verify(root).stderr


def test_the_unit_is_closed(root):
    """Exposure of at most 1.7 of 10, with cameras, serial ports and a Jetson's GPU allowed."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=17", "--no-pager", str(UNIT)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stdout[-500:]


@pytest.mark.parametrize(
    "line",
    [
        "Type=notify",
        "LimitCORE=0",  # a core dump would hold a frame
        "Environment=ORT_DISABLE_TELEMETRY=1",
        "PrivateNetwork=yes",
        "RestrictAddressFamilies=AF_UNIX",
        "RestartPreventExitStatus=2",
    ],
)
def test_what_the_product_promises_stands_in_the_unit(line):
    assert line in UNIT.read_text().splitlines()


def test_every_directive_is_explained():
    """The unit and its table in docs/deployment.md name the same directives, each with a link."""
    used = set(re.findall(r"^(\w+)=", UNIT.read_text(), re.MULTILINE)) - {"Description"}
    explained = set(re.findall(r"\[`(\w+)=`\]\(https://", (PROJECT / "docs" / "deployment.md").read_text()))
    assert explained == used


def test_the_watchdog_is_short():
    """One to two seconds."""
    (seconds,) = re.findall(r"^WatchdogSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert 1 <= int(seconds) <= 2


def test_the_udev_rule_makes_the_port_of_the_default_config():
    """One name in the rule, the unit's world and the settings."""
    from firmware_bridge.settings import LinkSettings

    rules = (Path(str(files("configs"))) / "70-cabinwatch.rules").read_text()
    active = [line for line in rules.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    assert LinkSettings().port == "/dev/cabinwatch-mcu"
    assert sum('SYMLINK+="cabinwatch-mcu"' in line for line in active) == 1
    assert all(re.fullmatch(r'(\s*[A-Z]+(\{\w+\})?(==|\+=|=)"[^"]*",?)+\s*', line) for line in active)
