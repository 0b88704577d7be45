"""From the frame in which closed eyes have lasted too long to the lamp's pin: `make reaction`.

    python -m tests.faults.reaction [--runs N] [--out FILE]

What is measured: from the capture of that frame until the pin of the firmware's CPU (QEMU) was seen to be high. In
between are the networks on a real picture, all rules, the policy, the link's thread, a terminal paced to 115200 bit/s
and the firmware: the product's own loop (cabinwatch.pipeline), 30 frames a second, in a process of its own. What is
not: a camera and its driver; and because no film has 300 microsleeps, what the networks find in the picture is put
aside and a driver who nods off takes its place. Runs in which the board's clock fell behind by more than the
protocol's slack are left out and counted. Exit status 1: p99 is over one frame and 10 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.settings import AlertSettings
from alerts.types import Cause, VehicleState
from benchmarks.latency import processor
from cabinwatch.demo import OWN_DRIVE
from cabinwatch.pipeline import Pipeline
from cabinwatch.rules import load_rules
from firmware_bridge.messages import Output
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings
from firmware_bridge.timing import CLOCK_SLACK_MS
from tests.faults.line import Damage, Line
from tests.faults.measure import slip_ms
from tests.faults.rig import ELF, ROOT, build
from tests.firmware.qemu import Line as LogLine
from tests.firmware.qemu import QemuMcu
from vision.camera import CameraSettings, open_camera
from vision.observer import Observer
from vision.types import Direction, Eye, Face, FaceObservation, Frame, Mouth, Reason, Sample

FRAME_S = 1 / 30
BAR_MS = 1000 * FRAME_S + 10
MICROSLEEP_S = 1.0  # configs/rules/house.yaml
AWAKE_S = 6.0  # before the eyes close; judged at once, without waiting
ASLEEP_S = 0.8  # the same: the rest of the closure comes at its own pace
AFTER_S = 0.15  # the closure goes on
REST_S = 0.4  # eyes open, until the lamp is off
PICTURES = 60
LOST_S = 0.5  # the next driver's eyes close later than that
POLL_S = 0.0005
PATIENCE_S = 20.0


def seen(t_s: float, *, closed: bool) -> FaceObservation:
    """A driver who looks ahead."""
    eye = Eye(0.05, 0.95, 0.9) if closed else Eye(0.95, 0.05, 0.9)
    return FaceObservation(
        t_s,
        face=Face((200.0, 100.0, 400.0, 350.0), 0.95),
        left=eye,
        right=eye,
        mouth=Mouth(0.05, 0.9),
        head=Direction(0.0, 0.0, 0.0, 0.9),
        gaze=Direction(reason=Reason.NOT_MEASURED),
    )


class Driver:
    """Vision whose networks run, and whose driver sleeps when told."""

    def __init__(self) -> None:
        self.closed = False
        self._observer = Observer()

    def observe(self, sample: Sample, *, affect: bool) -> FaceObservation:
        found = self._observer.observe(sample, affect=affect)
        return replace(seen(sample.t_s, closed=self.closed), cost_ms=found.cost_ms)


class Judge:
    """The product's loop, which a driver falls asleep before again and again."""

    def __init__(self, port: str) -> None:
        self._rules, self._settings = load_rules(["house"]), AlertSettings()
        self._vision = Driver()
        self._link = LinkRunner(LinkSettings(port=port))
        self._pipeline = Pipeline(self._vision, self._driver(), self._policy(), self._link)
        with open_camera(CameraSettings(source=str(OWN_DRIVE))) as camera:
            frames = (sample for sample in camera if isinstance(sample, Frame))
            self._pictures = [next(frames) for _ in range(PICTURES)]

    def _driver(self) -> DriverMonitor:
        return DriverMonitor(self._settings, self._rules)

    def _policy(self) -> Policy:
        return Policy(self._settings.policy)

    def run(self, runs: int) -> None:
        self._link.start()
        source = random.Random(0)
        for _ in range(runs):
            self._judge(REST_S + source.uniform(0, 2 * FRAME_S), closed=False)
            self._nod_off(time.monotonic())
        self._judge(REST_S, closed=False)
        self._link.stop()

    def _nod_off(self, now_s: float) -> None:
        """A driver whom nobody knows yet, awake and then asleep up to now; then what follows, frame by frame."""
        self._pipeline.driver, self._pipeline.policy = self._driver(), self._policy()
        shut_s = now_s - ASLEEP_S
        for step in range(round((AWAKE_S + ASLEEP_S) / FRAME_S)):
            t_s = now_s - AWAKE_S - ASLEEP_S + step * FRAME_S
            state = self._pipeline.driver.update(seen(t_s, closed=t_s >= shut_s), VehicleState())
            self._pipeline.policy.update(state, VehicleState())
        self._judge(MICROSLEEP_S - ASLEEP_S + AFTER_S, closed=True, shut_s=shut_s)

    def _judge(self, lasts_s: float, *, closed: bool, shut_s: float | None = None) -> None:
        """Some frames at their own pace; tells of the one in which the closure has lasted for a microsleep."""
        self._vision.closed = closed
        told = shut_s is None
        for judged in self._pipeline.run(self._camera(time.monotonic() + lasts_s)):
            if not told and judged.sample.t_s - shut_s >= MICROSLEEP_S:
                told = True
                alarmed = judged.alert.cause is Cause.MICROSLEEP
                row = {"captured_s": judged.sample.t_s, "wanted_s": time.monotonic(), "alarmed": alarmed}
                sys.stdout.write(json.dumps({**row, "vision_ms": judged.seen.cost_ms}) + "\n")

    def _camera(self, until_s: float) -> Iterator[Frame]:
        due_s = time.monotonic()
        for picture in (self._pictures[i % PICTURES] for i in range(10**9)):
            time.sleep(max(0.0, due_s - time.monotonic()))
            captured_s = time.monotonic()
            if captured_s > until_s:
                return
            yield replace(picture, t_s=captured_s)
            due_s = max(due_s + FRAME_S, captured_s)


class Watcher:
    """Looks at the lamp's pin all the time."""

    def __init__(self, board: QemuMcu) -> None:
        self.lit_s: list[float] = []  # when it was seen to have gone on
        self.gap_s: list[float] = []  # since it was last looked at
        self._board = board
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        was_on, looked_s = False, time.monotonic()
        while not self._ended.wait(POLL_S):
            on = bool(self._board.pins() & Output.LAMP)
            now_s = time.monotonic()
            if on and not was_on:
                self.lit_s.append(now_s)
                self.gap_s.append(now_s - looked_s)
            was_on, looked_s = on, now_s


def measure(runs: int) -> tuple[list[dict[str, float]], Watcher, list[LogLine]]:
    """What the judge told, when the lamp went on, and the board's log."""
    paced = Damage(baud=LinkSettings().baud)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cw-line-"))
        board = stack.enter_context(QemuMcu(ELF))
        line = stack.enter_context(Line(board.port, Path(folder) / "mcu"))
        watcher = stack.enter_context(Watcher(board))
        line.set(paced, paced)
        command = [sys.executable, "-m", "tests.faults.reaction", "--judge", line.port, "--runs", str(runs)]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout
        lines = [entry for entry in board.lines() if entry.word == "OUT"]
    return [json.loads(row) for row in told.splitlines()], watcher, lines


def figures(told: list[dict[str, float]], watcher: Watcher, lines: list[LogLine]) -> dict[str, object]:
    """Percentiles, in ms. A lamp that did not go on in time for its alert counts as infinitely late."""
    rows = [row for row in told if not disturbed(lines, row["captured_s"])]
    lamp_ms = [1000 * (_next(watcher.lit_s, row["captured_s"]) - row["captured_s"]) for row in rows]
    parts = {
        "capture to pin": lamp_ms,
        "capture to alert wanted": [1000 * (row["wanted_s"] - row["captured_s"]) for row in rows],
        "the networks": [row["vision_ms"] for row in rows],
        "between two looks at the pin": [1000 * gap_s for gap_s in watcher.gap_s],
    }
    spread = {name: _spread(values) for name, values in parts.items()}
    wanted_in_that_frame = sum(bool(row["alarmed"]) for row in rows)
    counts = {"n": len(rows), "left out: the machine did not keep time": len(told) - len(rows)}
    return {**counts, "alert wanted in the very frame": wanted_in_that_frame, "ms": spread, "bar_ms": BAR_MS}


def disturbed(lines: list[LogLine], captured_s: float) -> bool:
    """Whether the board's clock, which counts instructions, fell behind: that is the machine's doing.

    Beyond the slack the firmware finds that a clock has jumped, and rightly refuses what comes.
    """
    return slip_ms([line for line in lines if -2.0 < line.seen_s - captured_s < 1.0]) > CLOCK_SLACK_MS


def _next(moments_s: list[float], after_s: float) -> float:
    return next((at_s for at_s in moments_s if after_s <= at_s <= after_s + LOST_S), float("inf"))


def _spread(values: list[float]) -> dict[str, float]:
    p50, p99, highest = (round(float(v), 1) for v in np.percentile(values, [50, 99, 100], method="higher"))
    return {"p50": p50, "p99": p99, "max": highest}


def main() -> int:
    parser = argparse.ArgumentParser(description="from a microsleep's frame to the lamp's pin")
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--out", type=Path, help="the figures as JSON")
    parser.add_argument("--judge", metavar="PORT", help=argparse.SUPPRESS)  # the process that judges
    options = parser.parse_args()
    if options.judge:
        Judge(options.judge).run(options.runs)
        return 0
    build()
    result = {"processor": processor(), **figures(*measure(options.runs))}
    text = json.dumps(result, indent=1)
    sys.stdout.write(text + "\n")
    if options.out:
        options.out.write_text(text + "\n")
    return 0 if result["ms"]["capture to pin"]["p99"] <= BAR_MS else 1


if __name__ == "__main__":
    sys.exit(main())
