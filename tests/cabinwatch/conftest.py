"""A driver by script, a systemd that listens, and the service as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.types import Direction, Eye, Face, FaceObservation, Frame, Mouth, Reason, unseen

PROGRAM = Path(__file__).with_name("scripted_service.py")
PATIENCE_S = 15.0  # for a busy machine; nothing is measured by it


def seen(t_s, *, closed=False, frame=0):
    """A driver who looks ahead with open or closed eyes."""
    eye = Eye(0.05 if closed else 1.0, 0.98 if closed else 0.02, 0.95)
    return FaceObservation(
        t_s,
        frame,
        face=Face((200.0, 100.0, 400.0, 350.0), 0.99),
        landmarks_px=np.full((68, 2), 300, np.float32),
        left=eye,
        right=eye,
        mouth=Mouth(0.05, 0.9),
        head=Direction(1.0, -2.0, 0.5, 0.95),
        gaze=Direction(reason=Reason.NOT_MEASURED),
        cost_ms=5.0,
    )


class BrightnessObserver:
    """Bright frames show open eyes, grey ones closed eyes, dark ones nobody."""

    def observe(self, sample, *, affect=False):
        if not isinstance(sample, Frame):
            return unseen(sample.t_s, Reason.NO_FRAME)
        brightness = float(sample.grey.mean())
        if brightness < 60:
            return unseen(sample.t_s, Reason.TOO_DARK, frame=sample.index, file=sample.file)
        return seen(sample.t_s, closed=brightness < 140, frame=sample.index)


@pytest.fixture
def observer():
    return BrightnessObserver()


@pytest.fixture
def a_face():
    return seen


@pytest.fixture
def make_clip(tmp_path):
    """Writes a video with one frame for each brightness; gives its path."""

    def write(brightnesses, name="clip.avi", fps=30.0):
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
        assert writer.isOpened()
        for brightness in brightnesses:
            writer.write(np.full((48, 64, 3), brightness, np.uint8))
        writer.release()
        return path

    return write


class Systemd:
    """The manager's end of NOTIFY_SOCKET."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.lines = []

    def listen(self, for_s):
        """Takes what comes in so many seconds; gives only these lines."""
        return self._take(time.monotonic() + for_s, lambda line: False)

    def wait_for(self, start):
        """Waits for a line that starts so, and gives it."""
        lines = self._take(time.monotonic() + PATIENCE_S, lambda line: line.startswith(start))
        assert lines, f"nothing came while waiting for {start}"
        assert lines[-1].startswith(start), f"{start} never came; last: {lines[-3:]}"
        return lines[-1]

    def wait_for_link(self, *, up):
        """Waits for a status that says so of the link, whatever it says of the camera on a busy machine."""
        told = self._take(
            time.monotonic() + PATIENCE_S,
            lambda line: line.startswith("STATUS=") and "loading" not in line and ("link down" not in line) is up,
        )
        assert ("link down" not in told[-1]) is up, f"the link never was {'up' if up else 'down'}; last: {told[-3:]}"
        assert told[-1].startswith("STATUS="), f"no such status came; last: {told[-3:]}"

    def _take(self, until_s, enough):
        taken = []
        while (left_s := until_s - time.monotonic()) > 0:
            self.socket.settimeout(left_s)
            try:
                lines = self.socket.recv(65536).decode().split("\n")
            except TimeoutError:
                break
            self.lines += lines
            for line in lines:
                taken.append(line)
                if enough(line):
                    return taken
        return taken


@pytest.fixture
def systemd(tmp_path):
    manager = Systemd(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


class Running:
    """The service as a process. Files in `stage` script the camera and the driver (scripted_service.py)."""

    def __init__(self, tmp_path, systemd_address):
        self.config = tmp_path / "cabinwatch.yaml"
        self.stage = tmp_path / "stage"
        self.stage.mkdir()
        self.port = tmp_path / "mcu"
        self.log = tmp_path / "stderr"
        self.address = systemd_address
        self.process = None
        self.write(f"camera: {{source: /dev/scripted}}\nlink: {{port: {self.port}}}\n")

    def write(self, text):
        self.config.write_text(text)

    def set(self, name):
        (self.stage / name).touch()

    def unset(self, name):
        (self.stage / name).unlink()

    def start(self, **environment):
        told = {"NOTIFY_SOCKET": self.address, "WATCHDOG_USEC": "400000", "STAGE": str(self.stage), **environment}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), "run", "--config", str(self.config)],
                env={**os.environ, **told},
                stderr=log,
            )
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Stops it as systemd would; gives the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def events(self):
        return self.log.read_text().splitlines()

    def wait_for_event(self, *parts):
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            for line in self.events():
                if all(part in line for part in parts):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line with {parts} in {self.events()}")


@pytest.fixture
def service(tmp_path, systemd):
    running = Running(tmp_path, systemd.socket.getsockname())
    yield running
    if running.process is not None and running.process.poll() is None:
        running.process.kill()
        running.process.wait()


@pytest.fixture
def make_mcu(tmp_path, cannot_run):
    """Starts simulated microcontrollers: the real C firmware behind a real terminal."""
    from firmware_bridge.simulated import SimulatedMcu, default_binary

    if not default_binary().is_file():
        cannot_run("the firmware is not built: make -C firmware_bridge/firmware")
    started = []

    def start(**options):
        mcu = SimulatedMcu(tmp_path / "mcu", **options)
        mcu.start()
        started.append(mcu)
        return mcu

    yield start
    for mcu in started:
        mcu.stop()
