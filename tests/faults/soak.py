"""Hours of service under random faults, and whether anything grows: `make soak`.

    python -m tests.faults.soak [--hours 2] [--fps 30] [--seed 1] [--out FILE]

The service (soak_service.py) keeps its event store, serves its metrics and talks to the firmware on QEMU over a line
that fails as in the fault matrix; its config is changed, broken and mended meanwhile. All that is told here is seen
from outside: memory and descriptors in /proc, the age of frames by the service's own metrics once a second, systemd's
watchdog by what arrives at its socket. Exit status 1: a bound was broken.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.latency import processor
from tests.cabinwatch.brokers import free_port
from tests.faults.line import Line
from tests.faults.matrix import FAULTS
from tests.faults.rig import ELF, PATIENCE_S, ROOT, build
from tests.firmware.qemu import QemuMcu

WATCHDOG_S = 2.0  # as in configs/cabinwatch.service
SAMPLE_S = 1.0
WARM_S = 600.0  # until libraries have their buffers and most faults were met; what grows is told from there on
TOLD_EVERY_S = 60.0
STRUCK_S = 10.0  # a fault of the line lasts so long at most
LINE_FAULTS = [fault for name, fault in FAULTS.items() if "service" not in name and "paced" not in name]

SETTINGS = """\
camera: {{source: /dev/grey, fps: {fps}, driver_side: auto}}
link: {{port: {port}, buzzer: true}}
metrics: {{port: {metrics}}}
"""
CHANGES = {
    "config unchanged": ("", ""),
    "camera changed": ("driver_side: auto", "driver_side: left"),
    "link changed": ("buzzer: true", "buzzer: false"),
    "config broken": ("metrics", "metircs"),
}
BOUNDS = {
    "memory grown, MB": 1.0,
    "descriptors grown": 0.0,
    "threads grown": 0.0,
    "frame age p99, frame intervals": 1.5,
    "longest silence of the watchdog, s": WATCHDOG_S,
    "exit status": 0.0,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The service at one moment."""

    t_s: float
    rss_mb: float
    descriptors: int
    threads: int
    age_ms: float | None  # of the last frame; None: the camera does not deliver


@dataclass(slots=True)
class Soak:
    """One service with all that befalls it."""

    board: QemuMcu
    line: Line
    config: Path
    metrics: int  # its port
    fps: float
    process: subprocess.Popen[str]
    source: random.Random
    befell: Counter[str] = field(default_factory=Counter)
    fed_s: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def fail_the_line(self) -> None:
        """One fault after the other."""
        while not self.ended.wait(self.source.uniform(5.0, 40.0)):
            fault = self.source.choice(LINE_FAULTS)
            self.befell[fault.name] += 1
            fault.strike(self)  # a rig as far as faults of board and line go
            self.ended.wait(min(fault.hold_s, STRUCK_S))
            fault.mend(self)

    def change_the_config(self) -> None:
        """One reload after the other."""
        sound = self.config.read_text()
        while not self.ended.wait(self.source.uniform(20.0, 90.0)):
            name, (old, new) = self.source.choice(list(CHANGES.items()))
            self.befell[name] += 1
            self.config.write_text(sound.replace(old, new))
            self.process.send_signal(signal.SIGHUP)

    def hear_of_the_camera(self) -> None:
        """The service's process tells each fault of its camera."""
        for line in self.process.stdout:
            self.befell["camera " + json.loads(line)["camera"]] += 1

    def hear_the_watchdog(self, manager: socket.socket) -> None:
        """As systemd does."""
        while not self.ended.is_set():
            with contextlib.suppress(TimeoutError):
                if b"WATCHDOG=1" in manager.recv(4096):
                    self.fed_s.append(time.monotonic())

    def look(self) -> Sample:
        """From outside."""
        of = Path(f"/proc/{self.process.pid}")
        status = (of / "status").read_text()
        rss_kb, threads = (int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("VmRSS", "Threads"))
        return Sample(time.monotonic(), rss_kb / 1024, len(list((of / "fd").iterdir())), threads, self._age_ms())

    def _age_ms(self) -> float | None:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=PATIENCE_S) as answer:
            numbers = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[0] != "#")
        age_ms = 1000.0 * float(numbers["cabinwatch_frame_age_seconds"])
        return age_ms if float(numbers["cabinwatch_camera_delivers"]) else None

    def figures(self) -> dict[str, float]:
        """What the bounds are about."""
        ages_ms = [sample.age_ms for sample in self.samples if sample.age_ms is not None]
        return {
            "memory grown, MB": self._grown([sample.rss_mb for sample in self.samples]),
            "descriptors grown": self._grown([sample.descriptors for sample in self.samples]),
            "threads grown": self._grown([sample.threads for sample in self.samples]),
            "frame age p50, ms": float(np.percentile(ages_ms, 50)),
            "frame age p99, ms": float(np.percentile(ages_ms, 99)),
            "frame age p99, frame intervals": float(np.percentile(ages_ms, 99)) * self.fps / 1000.0,
            "longest silence of the watchdog, s": max((b - a for a, b in pairwise(self.fed_s)), default=float("inf")),
        }

    def _grown(self, values: Sequence[float]) -> float:
        """Median of the last quarter less that of the quarter that begins when it is warm."""
        first_s, last_s = self.samples[0].t_s + WARM_S, self.samples[-1].t_s
        warm = [value for value, sample in zip(values, self.samples, strict=True) if sample.t_s >= first_s]
        quarter = len(warm) // 4
        return median(warm[-quarter:]) - median(warm[:quarter]) if last_s > first_s and quarter else float("nan")


@contextlib.contextmanager
def soaking(seed: int, fps: float) -> Iterator[Soak]:
    """Board, line, service and everything that befalls them, until the block ends."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cw-soak-")))
        board = stack.enter_context(QemuMcu(ELF))
        line = stack.enter_context(Line(board.port, folder / "mcu", seed))
        manager = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        manager.bind(str(folder / "notify"))
        manager.settimeout(SAMPLE_S)
        port, config = free_port(), folder / "cabinwatch.yaml"
        config.write_text(SETTINGS.format(fps=fps, port=line.port, metrics=port))
        process = stack.enter_context(_service(config, seed, fps, folder))
        soak = Soak(board, line, config, port, fps, process, random.Random(seed))
        work = [soak.fail_the_line, soak.change_the_config, soak.hear_of_the_camera]
        threads = [threading.Thread(target=each) for each in work]
        threads.append(threading.Thread(target=soak.hear_the_watchdog, args=(manager,)))
        for thread in threads:
            thread.start()
        try:
            yield soak
        finally:
            soak.ended.set()
            process.terminate()
            process.wait(PATIENCE_S)
            for thread in threads:
                thread.join()


def _service(config: Path, seed: int, fps: float, folder: Path) -> subprocess.Popen[str]:
    systemd = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6))}
    environment = os.environ | systemd | {"STATE_DIRECTORY": str(folder)}
    command = [sys.executable, "-m", "tests.faults.soak_service", str(config), str(seed), str(fps)]
    log = (folder / "service.log").open("w")
    with log:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT, env=environment)


def watch(soak: Soak, hours: float) -> None:
    """Looks once a second; a line a minute."""
    began_s = told_s = time.monotonic()
    while (now_s := time.monotonic()) - began_s < 3600.0 * hours:
        if soak.process.poll() is not None:
            raise SystemExit(f"soak: the service ended by itself with {soak.process.returncode}")
        try:
            soak.samples.append(soak.look())
        except urllib.error.URLError:
            if now_s - began_s > PATIENCE_S:  # before, it is still starting
                raise
        if now_s - told_s >= TOLD_EVERY_S and soak.samples:
            told_s, last = now_s, soak.samples[-1]
            sys.stderr.write(
                f"{(now_s - began_s) / 60:4.0f} min  {last.rss_mb:.2f} MB  {last.descriptors} descriptors  "
                f"{last.threads} threads  {sum(soak.befell.values())} faults\n"
            )
        time.sleep(SAMPLE_S)


def main() -> int:
    parser = argparse.ArgumentParser(description="hours of service under random faults")
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--fps", type=float, default=30.0, help="of the camera; 60: twice the frames an hour")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="figures and all samples as JSON")
    options = parser.parse_args()
    build()
    with soaking(options.seed, options.fps) as soak:
        watch(soak, options.hours)
        figures = soak.figures()
    figures["exit status"] = float(soak.process.returncode)
    broken = [name for name, bound in BOUNDS.items() if not figures[name] <= bound]
    about = {
        "processor": processor(),
        "hours": options.hours,
        "fps": options.fps,
        "seed": options.seed,
        "samples": len(soak.samples),
    }
    result = {**about, "befell": dict(soak.befell.most_common()), **figures, "broken": broken}
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    if options.out:
        columns = [[s.t_s - soak.samples[0].t_s, s.rss_mb, s.descriptors, s.threads, s.age_ms] for s in soak.samples]
        options.out.write_text(json.dumps({**result, "t_s, MB, descriptors, threads, age_ms": columns}) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
