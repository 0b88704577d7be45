"""What the link costs: its share of one core in real time, sound and under faults, and its memory over many frames.

    python -m benchmarks.link                       all of it; ten minutes and more
    python -m benchmarks.link --frames 200000 --seconds 10

The processor: a process that runs only the product's LinkRunner and wants a state 30 times a second, against the
simulated MCU and against terminals that fail. Its whole processor time counts, the wanting included.
Memory: a Link and an MCU's end of it in one process, in a time of their own, with damaged frames and MCUs that restart.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import resource
import select
import signal
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alerts.types import Alert
from firmware_bridge.framing import Frame, Receiver, Type, encode
from firmware_bridge.link import Link
from firmware_bridge.messages import Hello, Payload, Report, Vehicle
from firmware_bridge.runner import LinkRunner
from firmware_bridge.session import MASK_16, Session, to_ms
from firmware_bridge.settings import LinkSettings
from firmware_bridge.simulated import SimulatedMcu

WANT_HZ = 30
WARM_UP_S = 2.0  # imports' last work, the hello
BAR = 1.0  # per cent of a core
LINE_BYTES_PER_S = 11520  # 115200 bit/s
RSS_POINTS = 10
PAGE = resource.getpagesize()


def main() -> int:
    """Prints both tables. Exit status 1: the sound link costs more than the bar."""
    parser = argparse.ArgumentParser(description="What the link costs.")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the sound link (%(default)s)")
    parser.add_argument("--fault-seconds", type=float, default=20.0, help="of each fault (%(default)s)")
    parser.add_argument("--frames", type=int, default=10_000_000, help="for memory (%(default)s)")
    parser.add_argument("--worker", nargs=2, metavar=("PORT", "SECONDS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker(arguments.worker[0], float(arguments.worker[1]))
        return 0
    sound = measure_processor(arguments.seconds, arguments.fault_seconds)
    measure_memory(arguments.frames)
    return 0 if sound <= BAR else 1


# The processor


def worker(port: str, seconds: float) -> None:
    """Runs only the link and prints what it cost: its thread and the calls of `want`, not how the caller waits."""
    runner = LinkRunner(LinkSettings(port=port))
    runner.start()
    (thread,) = (one for one in threading.enumerate() if one is not threading.main_thread())
    clock = time.pthread_getcpuclockid(thread.ident or 0)
    _want_for(runner, WARM_UP_S)
    began_s, used_s, before = time.monotonic(), time.clock_gettime(clock), runner.status.counters
    wanted_s = _want_for(runner, seconds)
    wall_s, status = time.monotonic() - began_s, runner.status
    cpu_s = time.clock_gettime(clock) - used_s + wanted_s
    runner.stop()
    told = {
        "percent": 100 * cpu_s / wall_s,
        "sent_hz": (status.counters.sent - before.sent) / wall_s,
        "received_hz": (status.counters.received - before.received) / wall_s,
        "text": status.text,
    }
    print(json.dumps(told))


def _want_for(runner: LinkRunner, seconds: float) -> float:
    """Processor time that the calls took, s."""
    until_s, used_s = time.monotonic() + seconds, 0.0
    while (now_s := time.monotonic()) < until_s:
        before_s = time.thread_time()
        runner.want(Alert(now_s), now_s)
        used_s += time.thread_time() - before_s
        time.sleep(1 / WANT_HZ)
    return used_s


def measure_processor(seconds: float, fault_seconds: float) -> float:
    """Prints per cent of a core for each case; returns that of the sound link."""
    print(f"processor, % of one core, {WANT_HZ} wanted states a second")
    with SimulatedMcu() as mcu:
        sound = _row("sound", mcu.port, seconds)
    with SimulatedMcu() as mcu:
        os.kill(mcu.pid, signal.SIGSTOP)
        _row("MCU hangs", mcu.port, fault_seconds)
        os.kill(mcu.pid, signal.SIGCONT)
    _row("port missing", "/nowhere/cabinwatch-mcu", fault_seconds)
    for name, talk in FAULTS.items():
        with _terminal(talk) as path:
            _row(name, path, fault_seconds)
    return sound


def _row(name: str, port: str, seconds: float) -> float:
    command = [sys.executable, "-m", "benchmarks.link", "--worker", port, str(seconds)]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    rates = f"{told['sent_hz']:6.1f} out {told['received_hz']:6.1f} in a second"
    print(f"  {name:<28} {told['percent']:6.2f} %  {rates}  {told['text']}", flush=True)
    return float(told["percent"])


Talk = Callable[[int, str, threading.Event], None]  # our end of a terminal, its far end's path, and when to stop


@contextmanager
def _terminal(talk: Talk) -> Iterator[str]:
    """A terminal whose far end does as `talk` does."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    ended = threading.Event()
    thread = threading.Thread(target=talk, args=(ours, os.ttyname(theirs), ended))
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        ended.set()
        thread.join()
        os.close(ours)
        os.close(theirs)


def _half_open(_ours: int, _path: str, ended: threading.Event) -> None:
    """Nobody reads, nobody writes: the buffer fills within 20 s."""
    ended.wait()


def _full(_ours: int, path: str, ended: threading.Event) -> None:
    """Nobody reads, and what is written is stuck from the start."""
    theirs = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    while not ended.wait(0.01):
        _write(theirs, bytes(4096))
    os.close(theirs)


def _paced(data: bytes, bytes_per_s: float) -> Talk:
    """Over and over, a few bytes at a time as a UART hands them over."""

    def talk(ours: int, _path: str, ended: threading.Event) -> None:
        began_s, sent = time.monotonic(), 0
        while not ended.wait(0.001):
            _drain(ours)
            due = int((time.monotonic() - began_s) * bytes_per_s)
            while sent < due and not ended.is_set():
                start = sent % len(data)
                piece = data[start : start + due - sent]
                _write(ours, piece)
                sent += len(piece)

    return talk


def _unbounded(data: bytes) -> Talk:
    """As fast as the terminal takes it: no line does that, a USB device may."""

    def talk(ours: int, _path: str, ended: threading.Event) -> None:
        while not ended.is_set():
            _drain(ours)
            select.select([], [ours], [], 0.1)
            _write(ours, data)

    return talk


def _write(descriptor: int, data: bytes) -> None:
    try:
        os.write(descriptor, data)
    except BlockingIOError:
        return


def _drain(ours: int) -> None:
    try:
        os.read(ours, 65536)
    except BlockingIOError:
        return


def _frame(session: Session, kind: Type, message: Payload, counter: int, now_ms: int) -> bytes:
    peer = session.peer
    return encode(
        Frame(
            kind,
            message,
            version=1,
            counter=counter & MASK_16,
            boot_id=session.boot_id,
            sent_ms=now_ms,
            captured_ms=now_ms,
            heard_ms=peer.heard_ms if peer else 0,
            heard_boot=peer.boot_id & MASK_16 if peer else 0,
            ttl_ms=0 if kind is Type.HELLO_MCU else 1000,
        )
    )


def _mcu_frames(count: int) -> bytes:
    """What an MCU sends that has gone wild: sound reports, one after the other."""
    session = Session(0xBABB1E01, from_mcu=True)
    frames = [_frame(session, Type.HELLO_MCU, Hello(), 0, 0)]
    frames += [_frame(session, Type.REPORT, Report(), number, number) for number in range(1, count)]
    return b"".join(frames)


NOISE = os.urandom(65536)
FAULTS: dict[str, Talk] = {
    "half-open terminal": _half_open,
    "full buffer": _full,
    "babbling, noise, 115200 bit/s": _paced(NOISE, LINE_BYTES_PER_S),
    "babbling, zeros, 115200 bit/s": _paced(bytes(65536), LINE_BYTES_PER_S),
    "flood of frames, 115200 bit/s": _paced(_mcu_frames(20_000), LINE_BYTES_PER_S),
    "noise without end": _unbounded(NOISE[:4096]),
    "zeros without end": _unbounded(bytes(4096)),
    "frames without end": _unbounded(_mcu_frames(64)),
}


# Memory


class FakeMcu:
    """The MCU's end as far as the codec and the session go; shows nothing."""

    def __init__(self, boot_id: int) -> None:
        self._session = Session(boot_id, from_mcu=True)
        self._receiver = Receiver()
        self._counter = 0

    def take(self, data: bytes, now_ms: int) -> int:
        """Judges what came; how many frames were acted on."""
        good = 0
        for frame in self._receiver.feed(data):
            good += isinstance(frame, Frame) and not self._session.judge(frame, now_ms)
        return good

    def say(self, kind: Type, message: Payload, now_ms: int) -> bytes:
        """A frame to the host."""
        self._counter += 1
        return _frame(self._session, kind, message, self._counter, now_ms)


def measure_memory(frames: int) -> None:
    """Prints the resident memory at several points of so many frames, both directions together."""
    print(f"memory over {frames} frames, every 101st damaged, a new MCU every 50,000th step")
    link, mcu = Link(LinkSettings(), 0x5EED1234), FakeMcu(0xC0DE0001)
    now_s, step, done, acted_on = 1000.0, 0, 0, 0
    link.opened(now_s)
    points = iter([*(frames * point // RSS_POINTS for point in range(RSS_POINTS)), frames])
    due = next(points)
    began_s = time.monotonic()
    while done <= frames:
        if done >= due:
            print(f"  {done:>10} frames  RSS {_rss_mb():.2f} MB  {time.monotonic() - began_s:.0f} s", flush=True)
            due = next(points, frames + 1)
        step, now_s = step + 1, now_s + 0.05
        if step % 50_000 == 0:
            mcu = FakeMcu(0xC0DE0001 + step)
        link.want(Alert(now_s, episode_id=step), now_s)
        out = link.send(now_s)
        acted_on += mcu.take(_damage(out, step), to_ms(now_s))
        answer = b""
        if step % 4 == 0:
            answer = mcu.say(Type.REPORT, Report(accepted=step & MASK_16), to_ms(now_s))
            answer += mcu.say(Type.VEHICLE, Vehicle(), to_ms(now_s))
        if step % 50_000 < 20 or step % 1000 == 0:
            answer = mcu.say(Type.HELLO_MCU, Hello(), to_ms(now_s)) + answer
        link.receive(_damage(answer, step), now_s + 0.004)
        done += (out + answer).count(b"\0") // 2
    counters = link.status(now_s).counters
    print(f"  acted on: {acted_on} states and hellos at the MCU, {counters.received} frames at the host")


def _damage(data: bytes, step: int) -> bytes:
    if step % 101 or not data:
        return data
    place = step % len(data)
    return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]


def _rss_mb() -> float:
    with open("/proc/self/statm") as statm:  # noqa: PTH123  # a kernel's file
        return int(statm.read().split()[1]) * PAGE / 1e6


if __name__ == "__main__":
    sys.exit(main())
