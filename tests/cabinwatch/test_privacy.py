"""What leaves the service, proved from outside: strace sees every file, socket and byte, also of native libraries.

The service runs on frames of the demo's drive with the real networks, once under each `privacy:`, until it has stored
an alert. docs/privacy.md says which law each test answers.
"""

import dataclasses
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from cabinwatch.demo import OWN_DRIVE
from cabinwatch.leaves import SERIAL_STATE, AlertShown, unpacked
from firmware_bridge.framing import Receiver, Type
from firmware_bridge.messages import State
from firmware_bridge.simulated import SimulatedMcu, default_binary
from tests.cabinwatch import traced

PATIENCE_S = 180.0  # for a busy machine under strace; nothing is measured by it
AWAKE, ASLEEP = (60, 150), (1455, 1545)  # frames of the demo's drive: eyes open, then a microsleep
WINDOW_PX = 16  # neighbouring pixels that would give a frame away
ROOT = Path(__file__).parents[2]

FLEET = "privacy: fleet\n"
PRIVATE = "privacy: private\naffect: {purpose: earlier rests on long night drives}\n"

# Words of what is measured on a face; none may be in a log, a status line or an event.
MEASURES = re.compile(
    r"landmark|openness|expression|valence|arousal|affect|gaze|yaw|pitch|iris|aperture|bbox", re.IGNORECASE
)
NUMBERS_MAX = 10  # on one line: 68 points would be 136


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A drive of 6 s, without loss, so that a frame's pixels are the ones searched for."""
    path = tmp_path_factory.mktemp("clip") / "drive.avi"
    source = cv2.VideoCapture(str(OWN_DRIVE))
    size = (int(source.get(cv2.CAP_PROP_FRAME_WIDTH)), int(source.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 30.0, size)
    for number in range(ASLEEP[1]):
        if not source.grab():
            break
        if any(first <= number < last for first, last in (AWAKE, ASLEEP)):
            out.write(source.retrieve()[1])
    out.release()
    source.release()
    return path


class Drive:
    """One run of the service under strace, ended by SIGTERM as soon as an alert is stored."""

    def __init__(self, folder, clip, text, notify=None):
        self.folder, self.notify = folder, notify
        self.state, self.home = folder / "state", folder / "home"
        self.state.mkdir()
        self.home.mkdir()
        self.config = folder / "cabinwatch.yaml"
        with SimulatedMcu(folder / "mcu", speed_kmh=100.0) as mcu:
            self.port = os.path.realpath(mcu.port)
            self.config.write_text(f"camera: {{source: {clip}, loop: true}}\nlink: {{port: {mcu.port}}}\n{text}")
            self._run(mcu)
        self.trace = traced.Trace(folder / "trace")
        self.log = (folder / "stderr").read_text()

    def _run(self, mcu):
        command = [sys.executable, "-m", "cabinwatch", "run", "--config", self.config]
        with (self.folder / "stderr").open("wb") as err:
            process = traced.start(command, self.folder / "trace", cwd=self.home, env=self._environment(), stderr=err)
        try:
            self._wait(process, lambda: "event=link_up" in (self.folder / "stderr").read_text())
            mcu.set_consent(True)
            self._wait(process, self.stored_alerts)
            (child,) = traced.children_of(process)
            os.kill(child, signal.SIGTERM)
            self.status = process.wait(PATIENCE_S)
        finally:
            process.kill()

    def _environment(self):
        """Everything a library may think of as a place of its own lies in `home`."""
        places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), str(self.home))
        told = {"STATE_DIRECTORY": str(self.state), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **places}
        return told | ({"NOTIFY_SOCKET": self.notify} if self.notify else {}) | {"PYTHONDONTWRITEBYTECODE": "1"}

    def _wait(self, process, condition):
        until_s = time.monotonic() + PATIENCE_S
        while not condition() and time.monotonic() < until_s and process.poll() is None:
            time.sleep(0.2)
        assert condition(), (self.folder / "stderr").read_text()

    def facts(self):
        file = self.state / "events.db"
        if not file.exists():
            return []
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        try:
            return [unpacked(text) for (text,) in connection.execute("SELECT fact FROM events")]
        except sqlite3.OperationalError:  # not yet made
            return []
        finally:
            connection.close()

    @property
    def store_files(self):
        """SQLite's own: the file, its log and the log's index; the journal while the file is made."""
        return {str(self.state / f"events.db{suffix}") for suffix in ("", "-wal", "-shm", "-journal")}

    def stored_alerts(self):
        return [fact for fact in self.facts() if isinstance(fact, AlertShown)]


@pytest.fixture(scope="module")
def drives(clip, tmp_path_factory, cannot_run):
    if not traced.strace():
        cannot_run("strace is needed")
    if not default_binary().is_file():
        cannot_run("the firmware is not built: make -C firmware_bridge/firmware")
    made = {}

    def drive(privacy):
        if privacy not in made:
            folder = tmp_path_factory.mktemp(privacy)
            # Only one of the two has a systemd to tell: the other must open no socket at all.
            text, notify = (FLEET, None) if privacy == "fleet" else (PRIVATE, str(folder / "notify"))
            made[privacy] = Drive(folder, clip, text, notify)
        return made[privacy]

    return drive


@pytest.fixture(params=["fleet", "private"])
def drive(drives, request):
    """The same drive under each privacy; under private the driver consents, so that expressions are read."""
    return drives(request.param)


def test_the_drive_was_watched(drive):
    """What follows is worth something: a face was measured, an alert given, and the service ended well."""
    assert drive.status == 0
    assert {fact.cause for fact in drive.stored_alerts()} & {"microsleep", "drowsy", "sleep"}
    assert "event=outputs" in drive.log


def test_only_the_event_store_and_the_port_are_opened_to_write(drive):
    """No frame file, no cache, no telemetry, no shared memory: the whole list of names."""
    store = str(drive.state / "events.db")
    allowed = {*drive.store_files, str(drive.folder / "mcu"), "/dev/null"}
    assert drive.trace.opened_to_write <= allowed
    assert store in drive.trace.opened_to_write


def test_nothing_is_left_in_any_folder_of_the_user(drive):
    """onnxruntime's telemetry would leave a device id here."""
    assert list(drive.home.iterdir()) == []
    assert {path.name for path in drive.state.iterdir()} <= {"events.db", "events.db-wal", "events.db-shm"}


def test_no_bytes_go_where_strace_could_not_follow(drive):
    assert [call.name for call in drive.trace.of(*traced.UNSEEN)] == []


def test_no_socket_is_opened_without_configuration(drives):
    """Not even one that is never connected."""
    assert drives("fleet").trace.of(*traced.SOCKETS) == []


def test_the_only_socket_is_systemds(drives):
    """Datagrams to a path in the file system; what they say is in sd_notify(3)."""
    drive = drives("private")
    sockets = drive.trace.of(*traced.SOCKETS)
    assert {call.name for call in sockets} == {"socket"}
    assert all(call.arguments.startswith("AF_UNIX, SOCK_DGRAM") for call in sockets)
    sent = drive.trace.of("sendto", "sendmsg", "sendmmsg")
    assert {call.texts[-1].decode() for call in sent} == {drive.notify}
    lines = {line.split("=")[0] for call in sent for line in call.texts[-2].decode().split("\n")}
    assert lines <= {"STATUS", "READY", "WATCHDOG", "STOPPING"}


def test_no_part_of_a_frame_is_written_anywhere(drive, clip):
    """No 16 neighbouring pixels of any frame that was shown, in any byte of any write."""
    rows = windows(clip)
    assert len(rows) > 100_000
    for target, data in drive.trace.written:
        assert not holds(data, rows), target
    assert b"\xff\xd8\xff" not in everything(drive)  # a JPEG's first bytes
    assert b"\x89PNG" not in everything(drive)


def test_a_frame_that_is_written_would_be_found(clip, tmp_path):
    """The search can fail: a crop of a frame, written between other bytes by a process of its own."""
    frame = frames(clip)[20]
    crop = tmp_path / "crop"
    crop.write_bytes(b"odd" + frame[200:240, 301:391].tobytes())
    program = (
        f"import socket; socket.socket(); open({str(tmp_path / 'out')!r}, 'wb').write(open({str(crop)!r}, 'rb').read())"
    )
    process = traced.start([sys.executable, "-c", program], tmp_path / "trace")
    assert process.wait(PATIENCE_S) == 0
    trace = traced.Trace(tmp_path / "trace")
    assert str(tmp_path / "out") in trace.opened_to_write
    assert trace.of("socket")
    assert any(holds(data, windows(clip)) for _, data in trace.written)


def test_logs_and_status_lines_tell_of_no_face(drive):
    """One event a line, a few numbers at most and no word of a measurement: 68 points would not fit."""
    lines = drive.log.splitlines()
    assert lines
    assert all(line.startswith("event=") for line in lines)
    sent = [text.decode() for call in drive.trace.of("sendto") for text in call.texts[-2:-1]]
    for line in (*lines, *sent):
        told = line.replace(str(drive.folder), "").replace("affect.onnx", "")  # a path, and the name of a network
        assert not MEASURES.search(told), line
        assert len(re.findall(r"\d+(?:\.\d+)?", told)) <= NUMBERS_MAX, line


def test_every_byte_written_is_accounted_for(drive):
    """A log line, the store, the port, or a datagram to systemd; and a waker's pipe of single marks."""
    for target, data in drive.trace.written:
        if target.startswith("pipe:"):
            assert set(data) <= set(b"!"), target
        elif target.startswith("socket:"):
            assert data.decode().replace("\n", "").isprintable()
        else:
            assert target in {*drive.store_files, drive.port, str(drive.folder / "stderr")}, (target, data[:80])


def test_the_port_carries_nothing_but_listed_fields(drive):
    """Every byte to the microcontroller is a whole frame: a hello, or a state with the listed fields."""
    sent = b"".join(data for target, data in drive.trace.written if target == drive.port)
    frames_sent = Receiver().feed(sent)
    assert {frame.type for frame in frames_sent} == {Type.HELLO_HOST, Type.STATE}
    assert tuple(field.name for field in dataclasses.fields(State)) == SERIAL_STATE


def test_the_store_holds_nothing_but_listed_facts(drive):
    """Every text in every table is a fact of the list, a random name or the number of a boot."""
    connection = sqlite3.connect(drive.state / "events.db")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"events", "notes", "sqlite_sequence"}
    columns = [row[1] for row in connection.execute("PRAGMA table_info(events)")]
    assert columns == ["seq", "id", "trip", "at_ms", "synced", "fact"]
    assert {name for (name,) in connection.execute("SELECT name FROM notes")} <= {"boot", "trip", "delivered"}
    connection.close()
    assert drive.facts()  # each of which `unpacked` accepted
    assert not MEASURES.search(str(drive.facts()))


@pytest.mark.parametrize(("privacy", "opened"), [("fleet", False), ("private", True)])
def test_the_network_that_reads_expressions_is_opened_under_private_only(drives, privacy, opened):
    """Under fleet its file is not even touched."""
    files = [text for call in drives(privacy).trace.of(*traced.OPENING) for text in call.texts]
    assert any(text.endswith(b"affect.onnx") for text in files) is opened
    assert any(text.endswith(b"face.onnx") for text in files)


def test_the_service_switches_core_dumps_off_before_it_loads_a_model(drive):
    """Both ways: the limit, and the kernel's mark that also stops programs which collect dumps."""
    calls = drive.trace.calls
    limit = first(calls, "prlimit64", "RLIMIT_CORE, {rlim_cur=0")
    mark = first(calls, "prctl", "PR_SET_DUMPABLE, SUID_DUMP_DISABLE")
    first_event = next(i for i, call in enumerate(calls) if call.name == "write" and b"event=" in call.texts[0])
    assert max(limit, mark) < first_event


def test_a_crash_leaves_no_core(tmp_path):
    """As the watchdog would end it, with a limit that would let the kernel dump."""
    unlimited = 'ulimit -c unlimited 2>/dev/null; exec "$0" -c '
    program = "'import os; from cabinwatch.service import dump_no_core; dump_no_core(); os.abort()'"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(["sh", "-c", unlimited + program, sys.executable], cwd=tmp_path, env=environment)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = status
    assert os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)
    assert list(tmp_path.iterdir()) == []


def first(calls, name, words):
    return next(number for number, call in enumerate(calls) if call.name == name and words in call.arguments)


def frames(clip):
    """Every frame as the service sees it: grey."""
    source = cv2.VideoCapture(str(clip))
    found = []
    while (read := source.read())[0]:
        found.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY))
    return found


def windows(clip):
    """Rows of 16 pixels at multiples of 16, of every 10th frame, that are no plain surface."""
    found = set()
    for frame in frames(clip)[::10]:
        rows = frame[:, : frame.shape[1] // WINDOW_PX * WINDOW_PX].reshape(-1, WINDOW_PX)
        busy = (np.abs(np.diff(rows.astype(np.int16), axis=1)) > 0).sum(axis=1) > WINDOW_PX // 2
        found |= {row.tobytes() for row in rows[busy]}
    return found


def holds(data, rows):
    """Whether any of `rows` is in `data`: every stretch of 31 pixels of a frame holds one."""
    return any(data[at : at + WINDOW_PX] in rows for at in range(len(data) - WINDOW_PX + 1))


def everything(drive):
    return b"".join(data for _, data in drive.trace.written)
