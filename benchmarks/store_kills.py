"""Kills a process that stores events, at random moments, and looks at what is left of the store.

    python -m benchmarks.store_kills --runs 200             # SIGKILL
    python -m benchmarks.store_kills --runs 10 --resets     # the file system goes down, too; needs root

The process puts one event after another through the product's own writer, each as soon as the one before is stored: the
hardest lawful pace, for a driver leaves a few events a minute. After each kill the store must open, its check must find
it whole, every event that was reported as stored must be there, and of what was put at most the last may be missing.

A reset takes an ext4 file system on a loop device down by FS_IOC_SHUTDOWN without a flush of its log, as a power cut
would; it is then mounted again. It shows what the kernel had handed to the device, not what a device does with it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cabinwatch.leaves import AlertShown
from cabinwatch.store.database import EventFile
from cabinwatch.store.settings import EventSettings
from cabinwatch.store.writer import EventWriter

EPISODES = 65536
FS_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32), linux/fs.h
NO_LOG_FLUSH = 2
LONGEST_S = 0.3  # from the first event to the kill


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one kill left. Events are numbered through all runs."""

    put: int  # the last one handed to the writer
    reported: int  # the last one reported as stored
    found: int  # the last one in the file

    @property
    def lost(self) -> int:
        return self.put - self.found


class StoreKillError(Exception):
    """The store did not survive. The text says how."""


def put_events(path: Path, first: int) -> None:
    """Stores events from number `first` on and says so, for ever."""
    writer = EventWriter(path, EventSettings())
    writer.start()
    for number in range(first, sys.maxsize):
        _tell("put", number)
        writer.put(_numbered(number))
        while writer.stored <= number - first:
            time.sleep(0.0001)
        _tell("stored", number)


def kill_once(path: Path, first: int, reset: Path | None = None) -> Outcome:
    """One life of the process, from event `first` on; with the mount point `reset`, also of its file system."""
    command = [sys.executable, "-m", "benchmarks.store_kills", "--put", str(path), "--first", str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline()]
        time.sleep(random.uniform(0, LONGEST_S))
        if reset is not None:
            _go_down(reset)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    return _outcome(path, said) if reset is None else _outcome_after_mount(path, said, reset)


def kills(runs: int, path: Path, reset: Path | None = None) -> Iterator[Outcome]:
    """So many lives of one store.

    Raises:
        StoreKillError: An event that was reported as stored is gone, or more than the last one is.
    """
    first = 0
    for _ in range(runs):
        outcome = kill_once(path, first, reset)
        if outcome.found < outcome.reported or outcome.lost > 1:
            raise StoreKillError(f"put {outcome.put}, reported {outcome.reported}, found {outcome.found}")
        first = outcome.found + 1
        yield outcome


def _outcome(path: Path, said: list[str]) -> Outcome:
    with EventFile(path) as file:  # checks it
        facts = [record.event for record in file.records()]
    found = [fact.code * EPISODES + fact.episode for fact in facts if isinstance(fact, AlertShown)]
    if found != list(range(found[0], found[0] + len(found))) if found else False:
        raise StoreKillError(f"{path}: events are missing in the middle")
    return Outcome(_last(said, "put"), _last(said, "stored"), found[-1] if found else -1)


def _outcome_after_mount(path: Path, said: list[str], mount: Path) -> Outcome:
    image = mount.with_suffix(".img")
    subprocess.run(["umount", mount], check=True)
    subprocess.run(["mount", "-o", "loop", image, mount], check=True)
    return _outcome(path, said)


def _last(said: list[str], what: str) -> int:
    numbers = [int(line.split()[1]) for line in said if line.endswith("\n") and line.startswith(f"{what} ")]
    return max(numbers, default=-1)


def _numbered(number: int) -> AlertShown:
    code, episode = divmod(number, EPISODES)
    return AlertShown(level="critical", cause="microsleep", episode=episode, code=code, acknowledged=False)


def _tell(what: str, number: int) -> None:
    sys.stdout.write(f"{what} {number}\n")
    sys.stdout.flush()


def _go_down(mount: Path) -> None:
    descriptor = os.open(mount, os.O_RDONLY)
    fcntl.ioctl(descriptor, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    os.close(descriptor)


@contextmanager
def small_file_system(folder: Path) -> Iterator[Path]:
    """An ext4 file system of 32 MiB in a file, mounted."""
    image, mount = folder / "disk.img", folder / "disk"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(32 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, mount], check=True)
    try:
        yield mount
    finally:
        subprocess.run(["umount", mount], check=True)


def _summary(outcomes: list[Outcome], what: str) -> str:
    lost = sum(outcome.lost for outcome in outcomes)
    return (
        f"{len(outcomes)} {what}: the store opened every time; {outcomes[-1].found + 1} events stored, "
        f"{lost} times the last event was lost, never another\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--resets", action="store_true", help="take the file system down, too")
    parser.add_argument("--put", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.put:
        put_events(arguments.put, arguments.first)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.resets:
            with small_file_system(Path(folder)) as mount:
                outcomes = list(kills(arguments.runs, mount / "events.db", mount))
        else:
            outcomes = list(kills(arguments.runs, Path(folder) / "events.db"))
    sys.stdout.write(_summary(outcomes, "hard resets" if arguments.resets else "SIGKILLs"))


if __name__ == "__main__":
    main()
