"""The serial port on real terminals: each way in which it fails has one clear message."""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.port import PortError, SerialPort

TIMEOUT_S = 0.1


@pytest.fixture
def terminal():
    """A pseudo-terminal: our end, and the path of the other."""
    ours, theirs = pty.openpty()
    yield ours, os.ttyname(theirs)
    os.close(theirs)
    with contextlib.suppress(OSError):  # tests pull it
        os.close(ours)


def refusal(path):
    with pytest.raises(PortError) as caught, SerialPort(str(path), 115_200, TIMEOUT_S):
        pass
    return str(caught.value)


def test_bytes_go_both_ways(terminal):
    """All values pass untouched: no echo, no line ends, no control characters."""
    ours, path = terminal
    everything = bytes(range(256))
    with SerialPort(path, 115_200, TIMEOUT_S) as port:
        assert port.read() == b""
        os.write(ours, everything)
        assert port.read() == everything
        port.write(everything)
        assert os.read(ours, 1000) == everything


def test_a_port_that_is_not_there(tmp_path):
    """The message names the path and asks the two likely questions."""
    assert "mcu is not there: is the microcontroller plugged in" in refusal(tmp_path / "mcu")


def test_a_file_that_is_no_serial_port(tmp_path):
    """Any other trouble is named with the path."""
    path = tmp_path / "mcu"
    path.write_text("no tty")
    assert f"cannot use {path} as a serial port" in refusal(path)


def test_a_port_that_is_in_use(terminal):
    """A second service is kept out, and told why."""
    _, path = terminal
    with SerialPort(path, 115_200, TIMEOUT_S):
        assert f"{path} is in use" in refusal(path)


OPEN_AS_NOBODY = """
import os, sys
from firmware_bridge.port import PortError, SerialPort
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)  # root may open anything, so the test gives its power away
try:
    SerialPort(sys.argv[1], 115200, 0.1)
except PortError as error:
    print(error)
"""


def test_a_port_without_permission(terminal):
    """The kernel refuses, and the message names the path, its owner and the group to join."""
    _, path = terminal
    Path(path).chmod(0o000)
    told = subprocess.run(
        [sys.executable, "-c", OPEN_AS_NOBODY, path], capture_output=True, text=True, check=True
    ).stdout
    assert f"no permission to open {path} (c---------" in told
    assert "usermod -aG" in told
    assert "SupplementaryGroups=" in told


def test_the_group_to_join_is_the_port_s_own(terminal, monkeypatch):
    """A port of group dialout asks for dialout; one of group root does not ask for root."""
    _, path = terminal
    for group in ("dialout", "root"):
        monkeypatch.setattr("firmware_bridge.port.group_name", lambda number, group=group: group)
        monkeypatch.setattr("serial.Serial.open", _refused)
        assert "sudo usermod -aG dialout USER" in refusal(path)


def _refused(port):
    raise PermissionError(errno.EACCES, "Permission denied", port.portstr)


def test_an_unplugged_port_is_said_to_be_so(terminal):
    """pyserial may give b'' once; then it is a PortError, never a bare OSError."""
    ours, path = terminal
    with SerialPort(path, 115_200, TIMEOUT_S) as port:
        os.close(ours)
        with pytest.raises(PortError, match="was unplugged"):
            assert port.read() + port.read() + port.read()


def test_writing_to_an_unplugged_port(terminal):
    """The same when it is noticed in writing."""
    ours, path = terminal
    with SerialPort(path, 115_200, TIMEOUT_S) as port:
        os.close(ours)
        with pytest.raises(PortError, match="was unplugged"):
            port.write(b"state")


def test_a_reader_that_stalls_is_an_error_not_a_wait(terminal):
    """The buffer is full: PortError after the write time-out, and closing throws the old bytes away."""
    _, path = terminal
    with pytest.raises(PortError, match="takes no bytes"), SerialPort(path, 115_200, TIMEOUT_S) as port:
        port.write(bytes(1_000_000))
