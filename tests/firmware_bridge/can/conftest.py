"""A fake slcan adapter on a pseudo-terminal, a vehicle's DBC file, and the receiver's end of the protection."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
import tty
from pathlib import Path

import cantools
import pytest

from alerts.types import Alert, Cause, Cue, DriverState, Explanation, Level, Zone

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30.0  # for a busy machine; nothing is measured by it

VEHICLE_DBC = """VERSION ""
NS_ :
BS_:
BU_: CAR
BO_ 513 Dynamics: 8 CAR
 SG_ Speed : 7|16@0+ (0.01,0) [0|327.67] "km/h" Vector__XXX
 SG_ Steer : 23|16@0- (0.1,0) [-780|780] "deg" Vector__XXX
 SG_ SpeedMs : 32|16@1+ (0.01,0) [0|0] "m/s" Vector__XXX
 SG_ Odd : 48|8@1+ (1,0) [0|0] "furlong" Vector__XXX
BO_ 2566844926 Body: 4 CAR
 SG_ Ignition : 0|2@1+ (1,0) [0|3] "" Vector__XXX
 SG_ Gear : 2|4@1+ (1,0) [0|15] "" Vector__XXX
 SG_ Left : 6|1@1+ (1,0) [0|1] "" Vector__XXX
 SG_ Right : 7|1@1+ (1,0) [0|1] "" Vector__XXX
 SG_ Light : 8|16@1+ (1,0) [0|65000] "lx" Vector__XXX
 SG_ Stalk : 24|2@1+ (1,0) [0|3] "" Vector__XXX
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_ "GenMsgCycleTime" BO_ 513 20;
BA_ "GenMsgCycleTime" BO_ 2566844926 1000;
VAL_ 2566844926 Ignition 0 "OFF" 1 "ACC" 2 "RUN" 3 "START" ;
VAL_ 2566844926 Gear 0 "P" 1 "R" 2 "N" 3 "D" 15 "SNA" ;
VAL_ 2566844926 Light 64999 "Error" ;
"""


@pytest.fixture
def vehicle_dbc(tmp_path):
    """Path of a vehicle's own DBC file: 11- and 29-bit ids, both byte orders."""
    path = tmp_path / "vehicle.dbc"
    path.write_text(VEHICLE_DBC)
    return str(path)


@pytest.fixture
def vehicle():
    """What the vehicle's computers would send: (id, extended, data) of a message by name."""
    database = cantools.database.load_string(VEHICLE_DBC)

    def frame(name, **values):
        message = database.get_message_by_name(name)
        every = {signal.name: values.get(signal.name, 0) for signal in message.signals}
        return message.frame_id, message.is_extended_frame, message.encode(every, strict=False)

    return frame


@pytest.fixture(scope="session")
def ours():
    """The DBC file that a vehicle's engineer is given, read by a library of other people."""
    return cantools.database.load_file(ROOT / "configs" / "cabinwatch.dbc")


@pytest.fixture
def microsleep():
    """An alert and the driver's state with it, as judged at a moment."""

    def judged(t_s, level=Level.WARNING, cause=Cause.MICROSLEEP):
        why = Explanation("house/microsleep", t_s - 1, t_s, 1.0, 1.0, "s", "eyes open", code=7)
        state = DriverState(t_s, visible=True, eyes_closed=True, zone=Zone.ROAD, zone_by="gaze")
        return state, Alert(t_s, level, cause, episode_id=3, why=why, cue=Cue.ALARM, lockouts=2)

    return judged


class Adapter:
    """A slcan adapter: what is written to it is a frame on the bus, what the bus has comes out of it."""

    def __init__(self, path):
        self.path = str(path)
        self.frames = []  # (id, data) seen on the bus
        self.commands = []
        self._lock = threading.Lock()
        self.plug()

    def plug(self):
        """A new device under the same stable name."""
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        Path(self.path).symlink_to(os.ttyname(self._theirs))
        self._plugged = threading.Event()
        self._plugged.set()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def unplug(self):
        """The kernel takes the name away and hangs the terminal up."""
        Path(self.path).unlink()
        self._plugged.clear()
        self._thread.join(PATIENCE_S)
        with self._lock:  # nobody may write to a number that is about to be somebody else's
            os.close(self._theirs)
            os.close(self._ours)

    def put(self, frame_id, extended, data):
        """Another node sends a frame."""
        head = f"T{frame_id:08X}" if extended else f"t{frame_id:03X}"
        self.babble(f"{head}{len(data)}{bytes(data).hex().upper()}\r".encode())

    def babble(self, line):
        """Whatever comes out of the adapter. What finds no room is lost: a bus waits for nobody."""
        with self._lock:
            if self._plugged.is_set() and select.select([], [self._ours], [], 0)[1]:
                os.write(self._ours, line)

    def wait(self, count=1):
        """The first frames since the last call, as many as wanted."""
        wait_until(lambda: len(self.frames) >= count)
        taken, self.frames = self.frames[:count], self.frames[count:]
        return taken

    def _read(self):
        rest = b""
        while self._plugged.is_set():
            if not select.select([self._ours], [], [], 0.02)[0]:
                continue
            *lines, rest = (rest + os.read(self._ours, 4096)).split(b"\r")
            for line in lines:
                self._take(line.decode())
                self.babble(b"z\r" if line.startswith((b"T", b"t")) else b"\r")

    def _take(self, line):
        if line.startswith("T"):
            self.frames.append((int(line[1:9], 16), bytes.fromhex(line[10:])))
        elif line:
            self.commands.append(line)


def wait_until(condition):
    """Waits for something that another thread brings about."""
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until_s, "it never came"
        time.sleep(0.005)


@pytest.fixture
def adapter(tmp_path):
    """A slcan adapter, plugged in."""
    device = Adapter(tmp_path / "can-adapter")
    yield device
    with contextlib.suppress(FileNotFoundError):  # the test has pulled it
        device.unplug()
