"""An emulated 64-bit ARM computer beside this one: `make aarch64`.

    python -m tests.aarch64

In a minimal Debian under QEMU's user mode its own pip installs the wheels, `cabinwatch doctor` runs, and the first 50
frames of the demo's drive are observed, there and here. Needs root, and what `make aarch64` laid into build/aarch64.
Exit status 1: doctor found what an emulated computer does not explain, or the two are further apart than compare.py
allows.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from cabinwatch.demo import OWN_DRIVE
from tests.aarch64.compare import Json, compare_observations, compare_probes, table

PROJECT = Path(__file__).parents[2]
BUILD = PROJECT / "build" / "aarch64"
ROOT = BUILD / "root"
FRAMES = 50
PATIENCE_S = 600.0

# Dot products and half floats, no SVE: what a Jetson Orin's Cortex-A78AE has, as near as QEMU 7.2 comes to it.
ENVIRONMENT = {"QEMU_CPU": "cortex-a76", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
# QEMU 7.2 shows the host's /proc/cpuinfo, on which onnxruntime crashes as it is imported. This is what the core shows.
CPUINFO = """processor\t: {index}
BogoMIPS\t: 62.50
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x4
CPU part\t: 0xd0b
CPU revision\t: 1

"""
ENTER = (
    'mount -t proc proc "$0/proc" && mount --bind "$0/cpuinfo" "$0/proc/cpuinfo" && mount --rbind /sys "$0/sys" '
    '&& exec chroot "$0" "$@"'
)
GUEST = ("unshare", "--mount", "--net", "sh", "-c", ENTER, str(ROOT))
OPT = "/opt/cabinwatch/bin"
# Neither camera nor board are there, and an emulated processor is slow: for a frame's time, and at times for doctor's
# own patience with the networks (20 s).
FAILS_EXPECTED = {"camera", "serial", "model time", "model"}
DOCTOR_FAILED = 1


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def lay_down() -> None:
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    subprocess.run(["tar", "-C", ROOT, "--numeric-owner", "-xf", BUILD / "rootfs.tar"], check=True)
    shutil.copytree(BUILD / "wheels", ROOT / "wheels")
    for source, inside in (
        (PROJECT / "requirements.lock", "wheels/requirements.lock"),
        (OWN_DRIVE, "film.mp4"),
        (PROJECT / "tests" / "aarch64" / "probe.py", "probe.py"),
    ):
        shutil.copy(source, ROOT / inside)
    (ROOT / "cpuinfo").write_text("".join(CPUINFO.format(index=index) for index in range(os.cpu_count() or 1)))


def guest(*command: str) -> None:
    subprocess.run([*GUEST, *command], check=True, env=ENVIRONMENT, timeout=PATIENCE_S)


def install() -> None:
    guest("python3", "-m", "venv", "/opt/cabinwatch")
    pip = (f"{OPT}/pip", "install", "--quiet", "--no-index", "--find-links", "/wheels")
    guest(*pip, "--constraint", "/wheels/requirements.lock", "cabinwatch")
    guest(f"{OPT}/cabinwatch", "version")


def doctor() -> list[str]:
    """Prints what it finds; in words, what it should not find."""
    command = [*GUEST, f"{OPT}/cabinwatch", "doctor", "--json"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, env=ENVIRONMENT, timeout=PATIENCE_S)
    findings = json.loads(done.stdout)["findings"]
    for finding in findings:
        say(f"{finding['mark']:5} {finding['what']:15} {finding['found']}")
    say(f"doctor's exit code: {done.returncode}")
    failed = {finding["what"] for finding in findings if finding["mark"] == "fail"}
    wrong = [f"doctor: {name} fails" for name in sorted(failed - FAILS_EXPECTED)]
    return wrong if done.returncode == DOCTOR_FAILED else [*wrong, f"doctor: exit code {done.returncode}"]


def observe(command: Sequence[str], film: str, environment: dict[str, str] | None = None) -> list[Json]:
    """The first lines that `observe` writes; the rest of the film is not waited for."""
    command = [*command, "observe", "--affect", film, "--out", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as observing:
        assert observing.stdout is not None
        lines = [json.loads(line) for line in islice(observing.stdout, FRAMES)]
        observing.kill()
    return lines


def compare() -> tuple[list[str], list[str]]:
    """The table's lines, and what is wrong."""
    ours, theirs = BUILD / "here.npz", ROOT / "there.npz"
    probe = [sys.executable, "-m", "tests.aarch64.probe", str(OWN_DRIVE), str(FRAMES), str(ours)]
    subprocess.run(probe, check=True, cwd=PROJECT)
    guest(f"{OPT}/python", "/probe.py", "/film.mp4", str(FRAMES), "/there.npz")
    with np.load(ours) as here, np.load(theirs) as there:
        rows, wrong = compare_probes(here, there)
    here_seen = observe([sys.executable, "-m", "cabinwatch"], str(OWN_DRIVE))
    there_seen = observe([*GUEST, f"{OPT}/cabinwatch"], "/film.mp4", ENVIRONMENT)
    more_rows, more_wrong = compare_observations(here_seen, there_seen)
    rows += more_rows
    wrong += [*more_wrong, *(f"{row.tolerance.quantity}: too far apart" for row in rows if not row.within)]
    if len(here_seen) != FRAMES:
        wrong.append(f"{len(here_seen)} frames were observed, not {FRAMES}")
    return list(table(rows)), wrong


@contextmanager
def timed(what: str) -> Iterator[None]:
    began_s = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - began_s:.0f} s")


def main() -> int:
    with timed("laid down"):
        lay_down()
    with timed("installed by the emulated pip"):
        install()
    with timed("doctor"):
        wrong = doctor()
    with timed(f"{FRAMES} frames and the networks, there and here"):
        lines, apart = compare()
    wrong += apart
    for line in ("", *lines, "", *wrong, "aarch64: not the same" if wrong else "aarch64: the same within tolerance"):
        say(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
