"""The Debian package: what is in it, and how it comes, changes and goes on a running system."""

import re
import shutil
import subprocess
import time
from importlib.metadata import version

import pytest

from tests.system.conftest import PROJECT
from tests.system.machine import PATIENCE_S, STEP_S, Machine

pytestmark = pytest.mark.system

CONFIG_FILE = "/etc/cabinwatch/cabinwatch.yaml"
SITE_PACKAGES = re.compile(r"\./opt/cabinwatch/lib/python3\.\d+/site-packages/(.+)")


def dpkg_deb(*arguments):
    return subprocess.run(["dpkg-deb", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def names(deb):
    """Every path in the package."""
    return [line.split(maxsplit=5)[5].split(" -> ")[0] for line in dpkg_deb("--contents", deb).splitlines()]


def test_one_version():
    """The package's changelog and the project say the same."""
    changelog = (PROJECT / "packaging" / "debian" / "changelog").read_text()
    assert re.match(r"cabinwatch \((.+?)\)", changelog)[1] == version("cabinwatch")


def test_what_is_in_it(names):
    """The command, the unit, the rule, the account and the config, each where Debian expects it."""
    wanted = (
        "/usr/bin/cabinwatch",
        "/usr/bin/cabinwatch-mcu",
        "/opt/cabinwatch/demo.mp4",
        "/usr/share/doc/cabinwatch/docs/deployment.md",
        "/lib/systemd/system/cabinwatch.service",
        "/lib/udev/rules.d/70-cabinwatch.rules",
        "/usr/lib/sysusers.d/cabinwatch.conf",
        CONFIG_FILE,
    )
    assert [path for path in wanted if not any(name.endswith(path) for name in names)] == []


def test_what_is_not_in_it(names):
    """No installer, no tests, no headers, nothing of training: what is not there cannot be run or go wrong."""
    inside = [found[1] for name in names if (found := SITE_PACKAGES.match(name))]
    unwanted = re.compile(r"^(pip|setuptools|training|simulator|torch)/|/tests/|/include/|\.pyi$")
    assert [name for name in inside if unwanted.search(name)] == []


def test_it_wants_the_python_it_was_made_for(deb, names):
    (minor,) = {found[1] for name in names if (found := re.search(r"/python3\.(\d+)/", name))}
    depends = dpkg_deb("--field", deb, "Depends")
    assert f"python3 (>= 3.{minor}~), python3 (<< 3.{int(minor) + 1}~)" in depends


def test_lintian_has_nothing_to_say(deb, cannot_run):
    """Beyond the overrides, each with its reason in packaging/debian."""
    if not shutil.which("lintian"):
        cannot_run("lintian is not installed")
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", deb]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def next_deb(deb, tmp_path_factory):
    """The next version, whose default config differs: so dpkg has to decide whose file stays."""
    folder = tmp_path_factory.mktemp("next")
    dpkg_deb("--raw-extract", deb, folder / "tree")
    for path, before, after in (
        ("DEBIAN/control", "\nVersion: ", "\nVersion: 99-"),
        (CONFIG_FILE.lstrip("/"), "language: en", "language: id"),
    ):
        file = folder / "tree" / path
        assert before in file.read_text()
        file.write_text(file.read_text().replace(before, after))
    dpkg_deb("-Znone", "--build", folder / "tree", folder / "next.deb")
    return folder / "next.deb"


@pytest.fixture(scope="module")
def machine(make_root, deb, next_deb, tmp_path_factory):
    """A running system that has never heard of us."""
    binds = {str(deb): "/this.deb", str(next_deb): "/next.deb"}
    with Machine(make_root(), tmp_path_factory.mktemp("console") / "log", binds) as running:
        yield running


def wait_until_active(machine):
    until_s = time.monotonic() + PATIENCE_S
    while machine.show("cabinwatch", "ActiveState") != "active" and time.monotonic() < until_s:
        time.sleep(STEP_S)
    return machine.show("cabinwatch", "StatusText")


def left_behind(machine):
    """Files with our name, and our account."""
    places = ["/etc", "/opt", "/usr", "/var/lib/cabinwatch", "/var/cache", "/run/systemd/system"]
    found = machine.run("find", *places, "-name", "*cabinwatch*", check=False).split()
    return [*found, *machine.run("getent", "passwd", "cabinwatch", check=False).split()]


def test_life_of_a_package(machine):
    """Installed without a network it runs, degraded by name; an upgrade keeps the config; purge leaves nothing."""
    assert left_behind(machine) == []

    machine.run("dpkg", "--install", "/this.deb")
    assert wait_until_active(machine).startswith("degraded: ")
    assert machine.run("cabinwatch", "version").startswith(f"cabinwatch {version('cabinwatch')}")
    machine.run("/opt/cabinwatch/bin/python", "-c", "import can, cantools, paho.mqtt.client, prometheus_client, rich")
    groups = machine.run("id", "--name", "--groups", "cabinwatch").split()
    assert {"video", "render", "dialout"} <= set(groups)

    config = machine.path(CONFIG_FILE)
    config.write_text(edited := config.read_text().replace("language: en", "language: de"))
    pid = machine.show("cabinwatch", "MainPID")
    machine.run("dpkg", "--install", "--force-confold", "/next.deb")
    assert config.read_text() == edited
    assert wait_until_active(machine)
    assert machine.show("cabinwatch", "MainPID") != pid

    machine.run("dpkg", "--remove", "cabinwatch")
    assert config.read_text() == edited
    assert machine.show("cabinwatch", "ActiveState") == "inactive"
    assert not machine.path("/opt/cabinwatch").exists()

    machine.run("dpkg", "--purge", "cabinwatch")
    assert left_behind(machine) == []
