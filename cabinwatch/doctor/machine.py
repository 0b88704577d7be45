"""The machine: clock, disk, processor, versions. Knows where Linux tells of them.

Nothing here needs privileges. What a machine does not tell is left out, not guessed.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import cv2
import onnxruntime

from cabinwatch.doctor.findings import Finding, fail, ok, warn

NAP_S = 0.1
NAP_MOST_S = 1.0  # a busy machine wakes late; a clock that jumps does so by more
BUILT_YEAR = 2025  # a calendar before it was never set: the clock chip has lost its supply
STATE = Path("/var/lib/cabinwatch")
FREE_MB, FREE_LEAST_MB = 100.0, 10.0  # for what the service keeps, and the journal beside it (ours)
HOT_C, TOO_HOT_C = 80.0, 95.0  # Jetson modules throttle from 99 °C, PCs from 95–105 °C; room below (ours)
_STEADY = ("performance", "schedutil", "ondemand", "interactive")
# Drivers whose "powersave" is not slow: the processor itself raises the clock on demand.
_SELF_CLOCKING = ("intel_pstate", "amd-pstate-epp")


@dataclass(frozen=True, slots=True)
class ClockFacts:
    slept_s: float  # by the monotonic clock, of NAP_S
    year: int
    synchronised: bool | None  # None: nobody tells


@dataclass(frozen=True, slots=True)
class DiskFacts:
    state: str  # the folder
    exists: bool
    writable: bool = False
    free_mb: float = 0.0
    root_read_only: bool = False
    private: bool = False  # another account's, closed to whoever asks


@dataclass(frozen=True, slots=True)
class ProcessorFacts:
    cores: int
    load: float
    hottest_c: float | None  # None: no sensor tells
    governors: tuple[str, ...] = ()
    driver: str = ""


def look_at_clock() -> ClockFacts:
    began_s = time.monotonic()
    time.sleep(NAP_S)
    slept_s = time.monotonic() - began_s
    return ClockFacts(slept_s, datetime.now(timezone.utc).year, _synchronised())


def _synchronised() -> bool | None:
    timedatectl = shutil.which("timedatectl")
    if timedatectl is None or not Path("/run/systemd/system").is_dir():
        return None
    command = [timedatectl, "show", "--property=NTPSynchronized", "--value"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=1.0, check=True)  # noqa: S603  # full path, no shell
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() == "yes"


def judge_clock(facts: ClockFacts) -> list[Finding]:
    words = {True: "calendar set by NTP", False: "calendar not set by NTP", None: "nobody tells of NTP"}
    told = f"{words[facts.synchronised]} (only the journal's times depend on it)"
    findings = [ok("clock", f"monotonic; {told}")]
    if not NAP_S * 0.9 <= facts.slept_s <= NAP_MOST_S:
        jumps = f"monotonic clock counted {facts.slept_s:.2f} s of {NAP_S:g} s"
        findings = [fail("clock", jumps, "cat /sys/devices/system/clocksource/clocksource0/current_clocksource")]
    if facts.year < BUILT_YEAR:
        findings.append(warn("calendar", f"it is {facts.year}: never set", "timedatectl set-ntp true"))
    return findings


def look_at_disk() -> DiskFacts:
    """The state folder that systemd grants, or the usual one."""
    state = Path(os.environ.get("STATE_DIRECTORY", STATE))
    root_read_only = bool(os.statvfs("/").f_flag & os.ST_RDONLY)
    if not state.is_dir():
        return DiskFacts(str(state), exists=False, root_read_only=root_read_only)
    found = os.statvfs(state)
    writable = os.access(state, os.W_OK) and not found.f_flag & os.ST_RDONLY
    private = not os.access(state, os.R_OK)
    return DiskFacts(str(state), True, writable, found.f_bavail * found.f_frsize / 1e6, root_read_only, private)


def judge_disk(facts: DiskFacts) -> list[Finding]:
    findings = [_state(facts)]
    if facts.root_read_only:
        findings.append(ok("root", "read-only, as a vehicle's may be; remount it to change the config"))
    return findings


def _state(facts: DiskFacts) -> Finding:
    if not facts.exists:
        return ok("disk", f"{facts.state} is not there: nothing is kept on this machine")
    if facts.private:
        return warn("disk", f"{facts.state} is closed to this account: not looked into", "sudo cabinwatch doctor")
    if not facts.writable:
        remount = f"mount -o remount,rw the file system of {facts.state}, or chown it to the service's user"
        return fail("disk", f"{facts.state} cannot be written: nothing is kept; alerts go on", remount)
    free = f"{facts.free_mb:.0f} MB free in {facts.state}"
    clear = "journalctl --vacuum-size=50M; df -h"
    if facts.free_mb < FREE_LEAST_MB:
        return fail("disk", f"{free}: full; alerts go on, nothing is kept", clear)
    if facts.free_mb < FREE_MB:
        return warn("disk", free, clear)
    return ok("disk", free)


def look_at_processor() -> ProcessorFacts:
    clocking = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    governors = {_text(path) for path in clocking} - {""}
    driver = _text(Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver"))
    cores = len(os.sched_getaffinity(0))
    return ProcessorFacts(cores, os.getloadavg()[0], _hottest_c(), tuple(sorted(governors)), driver)


def _hottest_c() -> float | None:
    told = (_text(zone / "temp") for zone in Path("/sys/class/thermal").glob("thermal_zone*"))
    degrees = [int(text) / 1000 for text in told if text.lstrip("-").isdigit()]
    return max(degrees, default=None)


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):  # a sensor that is switched off answers with an error
        return path.read_text().strip()
    return ""


def judge_processor(facts: ProcessorFacts) -> Iterator[Finding]:
    load = f"{facts.cores} cores, load {facts.load:.1f}"
    if facts.load > facts.cores:
        yield warn("processor", f"{load}: others want more than there is", "top -o %CPU")
    else:
        yield ok("processor", load)
    if facts.hottest_c is not None:
        yield _temperature(facts.hottest_c)
    slow = [governor for governor in facts.governors if governor not in _STEADY]
    if slow and facts.driver not in _SELF_CLOCKING:
        yield warn("governor", f"{', '.join(slow)}: the clock stays low", "cpupower frequency-set -g schedutil")
    elif facts.governors:
        yield ok("governor", ", ".join(facts.governors))


def _temperature(hottest_c: float) -> Finding:
    cool = "give it air; on a Jetson: nvpmodel -q, jetson_clocks --fan"
    if hottest_c >= TOO_HOT_C:
        return fail("temperature", f"{hottest_c:.0f} °C", cool)
    if hottest_c >= HOT_C:
        return warn("temperature", f"{hottest_c:.0f} °C", cool)
    return ok("temperature", f"{hottest_c:.0f} °C")


def versions() -> list[Finding]:
    """Nothing to judge: what does not fit does not install."""
    gstreamer = "with" if cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER) else "without"
    runtimes = ", ".join(name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers())
    return [
        ok("cabinwatch", f"{version('cabinwatch')}, Python {platform.python_version()}, {platform.machine()}"),
        ok("onnxruntime", f"{onnxruntime.__version__} ({runtimes})"),
        ok("OpenCV", f"{cv2.__version__}, {gstreamer} GStreamer"),
    ]
