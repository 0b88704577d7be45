"""The installed service under a booted systemd, wired to the firmware on an emulated Cortex-M3.

One day of one vehicle, in order: each test leaves the service running for the next.
"""

import subprocess
import time

import pytest

from tests.system.conftest import CONFIG
from tests.system.machine import PATIENCE_S, STEP_S

pytestmark = [pytest.mark.system, pytest.mark.qemu]

UNIT = "cabinwatch.service"
CONFIG_FILE = "/etc/cabinwatch/cabinwatch.yaml"

# Runs in the service's place, under every directive of its unit. The network namespace is opened for it, so that what
# refuses the datagram is the address filter and not the want of a network.
PROBE = """
import errno, os, socket
for device in ("/dev/net/tun", "/dev/cabinwatch-mcu", "/dev/null"):
    try:
        os.close(os.open(device, os.O_RDWR | os.O_NOCTTY))
    except PermissionError as error:
        print(device, errno.errorcode[error.errno])  # EPERM is the filter's, EACCES that of the file's mode
    else:
        print(device, "opened")
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
except PermissionError:
    print("datagram denied")
else:
    print("datagram sent")
for folder in ("/etc", "/opt/cabinwatch", "/var/lib", "/home"):
    print(folder, "writable" if os.access(folder, os.W_OK) else "closed")
print("state", "writable" if os.access("/var/lib/cabinwatch", os.W_OK) else "closed")
"""
PROBE_UNIT = """
[Service]
Type=oneshot
ExecStart=
ExecStart=/usr/bin/python3 /probe.py
Restart=no
"""


def wait_for(condition):
    until_s = time.monotonic() + PATIENCE_S
    while not (holds := condition()) and time.monotonic() < until_s:
        time.sleep(STEP_S)
    assert holds


def wait_until_ready(machine, after_s):
    """When it told READY=1, in monotonic seconds."""
    wait_for(lambda: machine.show(UNIT, "ActiveState") == "active" and machine.since_s(UNIT, "ActiveEnter") > after_s)
    return machine.since_s(UNIT, "ActiveEnter")


def when_said(machine, words, after_s):
    """When the journal of the service first held these words, in monotonic seconds."""
    wait_for(lambda: any(words in line.text and line.t_s > after_s for line in machine.journal(UNIT)))
    return next(line.t_s for line in machine.journal(UNIT) if words in line.text and line.t_s > after_s)


def restarts(machine):
    return int(machine.show(UNIT, "NRestarts"))


def test_switched_on(vehicle, say):
    """Boots, watches and has the link: nobody logs in, nobody starts anything."""
    machine, board = vehicle.machine, vehicle.board
    ready_s = wait_until_ready(machine, 0.0)
    assert board.wait_for_outputs(why="state", fault="0")
    own_s = ready_s - machine.since_s(UNIT, "ExecMainStart")
    say(f"boot to READY {ready_s - machine.started_s:.2f} s, of it {own_s:.2f} s the service's own")
    assert restarts(machine) == 0
    wait_for(lambda: "link up" in machine.show(UNIT, "StatusText"))  # the line is written once a second


def test_hangs(vehicle, say):
    """A process that stands still: the microcontroller is safe first, then systemd ends it and starts another."""
    machine, board = vehicle.machine, vehicle.board
    before, hung_s = restarts(machine), time.monotonic()
    machine.run("systemctl", "kill", "--signal=STOP", UNIT)
    assert board.wait_for_outputs(why="silence", fault="1")
    safe_s = time.monotonic()
    killed_s = when_said(machine, "Watchdog timeout", hung_s)
    ready_s = wait_until_ready(machine, hung_s)
    assert board.wait_for_outputs(why="state", fault="0")
    say(
        f"SIGSTOP: microcontroller safe after {safe_s - hung_s:.2f} s, watchdog after {killed_s - hung_s:.2f} s, "
        f"READY again {ready_s - killed_s:.2f} s later"
    )
    assert restarts(machine) == before + 1


def test_killed(vehicle, say):
    """A process that is gone at once."""
    machine, board = vehicle.machine, vehicle.board
    killed_s = time.monotonic()
    machine.run("systemctl", "kill", "--signal=KILL", UNIT)
    assert board.wait_for_outputs(why="silence", fault="1")
    safe_s = time.monotonic()
    ready_s = wait_until_ready(machine, killed_s)
    assert board.wait_for_outputs(why="state", fault="0")
    say(f"SIGKILL: microcontroller safe after {safe_s - killed_s:.2f} s, READY again after {ready_s - killed_s:.2f} s")


def test_new_settings_while_it_runs(vehicle):
    """SIGHUP: the good ones are taken, broken ones are refused by name, and the same process goes on."""
    machine = vehicle.machine
    pid, now_s = machine.show(UNIT, "MainPID"), time.monotonic()
    machine.path(CONFIG_FILE).write_text(CONFIG.replace("language: en", "language: de"))
    machine.run("systemctl", "reload", UNIT)
    when_said(machine, "event=reloaded changed=language", now_s)
    machine.path(CONFIG_FILE).write_text(CONFIG.replace("language: en", "language: klingon"))
    machine.run("systemctl", "reload", UNIT)
    when_said(machine, "event=reload_refused", now_s)
    machine.path(CONFIG_FILE).write_text(CONFIG)
    assert (machine.show(UNIT, "MainPID"), machine.show(UNIT, "ActiveState")) == (pid, "active")


def test_stopped(vehicle, say):
    """SIGTERM: the microcontroller is told goodbye, so it shows neither an alert nor a fault."""
    machine, board = vehicle.machine, vehicle.board
    wait_until_ready(machine, 0.0)
    before_s = time.monotonic()
    with subprocess.Popen(machine.inside("systemctl", "stop", UNIT)):
        assert board.wait_for_outputs(why="standby")
        safe_s = time.monotonic()
    asked_s = when_said(machine, "Stopping", before_s)
    say(f"SIGTERM: microcontroller safe after {(safe_s - asked_s) * 1000:.0f} ms")
    when_said(machine, "event=stopped", before_s)


def test_broken_settings_at_the_start(vehicle):
    """Refused with one line that names key and remedy, and not tried again: no restart mends a file."""
    machine = vehicle.machine
    machine.path(CONFIG_FILE).write_text("camera: {sauce: /dev/video0}\n")
    now_s = time.monotonic()
    machine.run("systemctl", "start", UNIT, check=False)
    when_said(machine, f"{CONFIG_FILE}: camera.sauce: unknown key (did you mean source?)", now_s)
    wait_for(lambda: machine.show(UNIT, "ActiveState") == "failed")
    assert (machine.show(UNIT, "ExecMainStatus"), restarts(machine)) == ("2", 0)  # a start by hand counts anew
    machine.path(CONFIG_FILE).write_text(CONFIG)
    machine.run("systemctl", "start", UNIT)


def test_what_the_unit_refuses_is_refused(vehicle):
    """The kernel's filters do what the unit says: devices, addresses, files."""
    machine = vehicle.machine
    machine.run("systemctl", "stop", UNIT)
    machine.path("/probe.py").write_text(PROBE)
    drop_in = machine.path(f"/etc/systemd/system/{UNIT}.d/probe.conf")
    drop_in.parent.mkdir()
    drop_in.write_text(PROBE_UNIT + "PrivateNetwork=no\nRestrictAddressFamilies=AF_UNIX AF_INET\n")
    machine.run("systemctl", "daemon-reload")
    now_s = time.monotonic()
    machine.run("systemctl", "start", UNIT)
    heard = [line.text for line in machine.journal(UNIT) if line.t_s > now_s]
    machine.run("sh", "-c", "exec 3<>/dev/net/tun")  # others may
    assert "/dev/net/tun EPERM" in heard
    assert {"/dev/cabinwatch-mcu opened", "/dev/null opened", "datagram denied"} <= set(heard)
    assert {"/etc closed", "/opt/cabinwatch closed", "/var/lib closed", "/home closed", "state writable"} <= set(heard)
    drop_in.unlink()
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", UNIT)
