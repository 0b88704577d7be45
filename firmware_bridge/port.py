"""The serial port. The only file that imports pyserial.

Knows terminals and how they fail. Must not know frames. pyserial's own traps end here: it raises its own errors, bare
OSError and termios.error for one and the same pulled cable; without a write time-out it waits for ever, with one of 0
it spins; and closing a port whose output is stuck can wait 30 s for it.
"""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
import termios
from enum import Enum
from pathlib import Path
from types import TracebackType

import serial

CHUNK = 512  # bytes a read; a link at 115200 bit/s brings 12 a millisecond, a sound MCU 1


class Trouble(Enum):
    """Why a port cannot be used."""

    PERMISSION = "no permission"
    ABSENT = "not there"
    IN_USE = "in use"
    UNUSABLE = "no serial port"
    UNPLUGGED = "unplugged"
    STUCK = "takes no bytes"


class PortError(Exception):
    """The port cannot be used now. The message names it and the remedy."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


class SerialPort:
    """An open port, 8 data bits, no parity, one stop bit, no flow control. Use it as a context manager.

    Raises:
        PortError: it cannot be opened. Reading and writing raise it too, whatever pyserial raised.
    """

    def __init__(self, path: str, baud: int, write_timeout_s: float) -> None:
        self.path = path
        try:
            # exclusive is flock: it keeps a second cabinwatch out, not a terminal program that does not ask.
            self._serial = serial.Serial(path, baud, timeout=0, write_timeout=write_timeout_s, exclusive=True)
        except (OSError, termios.error) as error:
            raise _why_not_open(path, error) from error

    def __enter__(self) -> SerialPort:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(discard=error is not None)

    def fileno(self) -> int:
        """The descriptor, to wait on."""
        return int(self._serial.fileno())

    def read(self) -> bytes:
        """What has come in; waits for nothing."""
        try:
            return bytes(self._serial.read(CHUNK))
        except (OSError, termios.error) as error:
            raise PortError(Trouble.UNPLUGGED, f"{self.path} was unplugged: {error}") from error

    def write(self, data: bytes) -> None:
        """Sends it all. A time-out is an error: how much went out is not known, and what is queued is getting old."""
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException as error:
            raise PortError(Trouble.STUCK, f"{self.path} takes no bytes: the other end does not read") from error
        except (OSError, termios.error) as error:
            raise PortError(Trouble.UNPLUGGED, f"{self.path} was unplugged: {error}") from error

    def close(self, *, discard: bool) -> None:
        """Closes it. `discard` throws away what was not sent, so that closing does not wait for it."""
        try:
            if discard:
                self._serial.reset_output_buffer()
        except (OSError, termios.error):
            pass  # it is gone: there is nothing left to throw away
        finally:
            self._serial.close()


def _why_not_open(path: str, error: OSError | termios.error) -> PortError:
    number = getattr(error, "errno", None)
    if number in (errno.EACCES, errno.EPERM):
        told = f"no permission to open {path} ({_owner(path)}): {_permission_remedy(path)}"
        return PortError(Trouble.PERMISSION, told)
    if number == errno.ENOENT:
        told = f"{path} is not there: is the microcontroller plugged in, and is its udev rule installed?"
        return PortError(Trouble.ABSENT, told)
    if number in (errno.EBUSY, errno.EAGAIN):
        return PortError(Trouble.IN_USE, f"{path} is in use: another program, perhaps a second cabinwatch, holds it")
    return PortError(Trouble.UNUSABLE, f"cannot use {path} as a serial port: {error}")


def _owner(path: str) -> str:
    try:
        return owner(Path(path).stat())
    except OSError:
        return "its folder cannot be entered"


def owner(status: os.stat_result) -> str:
    """As ls tells it: "crw-rw---- root:dialout"."""
    return f"{stat.filemode(status.st_mode)} {user_name(status.st_uid)}:{group_name(status.st_gid)}"


def _permission_remedy(path: str) -> str:
    try:
        group = group_name(Path(path).stat().st_gid)
    except OSError:
        group = "dialout"
    # A port that is not a group's own is best given to the group that serial ports belong to.
    group = "dialout" if group == "root" else group
    return f"run as a member of group {group} (sudo usermod -aG {group} USER; SupplementaryGroups={group} in the unit)"


def user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group_name(number: int) -> str:
    """The group's name; its number where it has none."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
