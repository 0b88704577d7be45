"""The thread of the link under a line that babbles and a processor that is elsewhere."""

from __future__ import annotations

import contextlib
import os
import pty
import threading
import time
import tty

import pytest

from alerts.types import Alert
from firmware_bridge.runner import LATE_S, READ_PAUSE_S, LinkRunner, Waker
from firmware_bridge.settings import LinkSettings

PATIENCE_S = 10.0
FLOOD_S = 1.0


@pytest.fixture
def terminal():
    """Our end, and the path of the other."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def runner(terminal):
    running = LinkRunner(LinkSettings(port=terminal[1]))
    running.start()
    wait_for(lambda: running.counters.opened == 1)
    yield running
    running.stop()


def wait_for(condition):
    until_s = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < until_s:
        time.sleep(0.01)
    assert condition()


def flood(descriptor, for_s):
    """As fast as the terminal takes it."""
    until_s = time.monotonic() + for_s
    while time.monotonic() < until_s:
        with contextlib.suppress(BlockingIOError):
            os.write(descriptor, bytes(4096))
        time.sleep(0.0005)


def test_a_line_that_babbles_is_read_in_portions(terminal, runner, monkeypatch):
    """However much comes: two reads may be close, then a rest, which only a frame that is due cuts short, once."""
    reads = []
    read = os.read
    monkeypatch.setattr(
        os, "read", lambda descriptor, size: (size == 512 and reads.append(time.monotonic())) or read(descriptor, size)
    )
    flood(terminal[0], FLOOD_S)
    assert runner.counters.bytes_in > 0
    assert len(reads) > 10
    assert min(fourth - first for first, fourth in zip(reads, reads[3:], strict=False)) >= READ_PAUSE_S


def test_a_state_is_sent_in_the_middle_of_a_flood(terminal, runner):
    """The rest between reads ends when something is wanted: no cable delays an alert."""
    before = runner.status.counters.sent
    babbler = threading.Thread(target=flood, args=(terminal[0], FLOOD_S))
    babbler.start()
    while babbler.is_alive():
        runner.want(Alert(0.0), time.monotonic())
        time.sleep(0.01)
    babbler.join()
    assert runner.status.counters.sent > before  # hellos, as nobody answers


def test_a_thread_that_oversleeps_says_so(runner, monkeypatch):
    """The processor was elsewhere: counted, with the worst of it. A thread in time counts nothing."""
    sleep = Waker.sleep
    assert runner.counters.late_worst_ms < 60_000

    def oversleep(self, timeout_s, also=None):
        ready = sleep(self, timeout_s, also)
        time.sleep(timeout_s + LATE_S + 0.01)
        return ready

    before = runner.counters.late
    monkeypatch.setattr(Waker, "sleep", oversleep)
    wait_for(lambda: runner.counters.late >= before + 2)
    assert runner.counters.late_worst_ms > LATE_S * 1000


def test_the_trouble_of_a_port_is_counted(tmp_path):
    """Each attempt by its reason; what is told now goes when the port opens."""
    ours, theirs = pty.openpty()
    path = tmp_path / "mcu"
    running = LinkRunner(LinkSettings(port=str(path), reopen_max_s=0.1))
    running.start()
    wait_for(lambda: sum(running.counters.failed.values()) >= 2)
    assert {trouble.value for trouble in running.counters.failed} == {"not there"}
    assert running.counters.trouble.value == "not there"
    path.symlink_to(os.ttyname(theirs))
    wait_for(lambda: running.counters.opened == 1)
    assert running.counters.trouble is None
    os.close(theirs)
    os.close(ours)
    path.unlink()
    wait_for(lambda: "unplugged" in {trouble.value for trouble in running.counters.failed})
    running.stop()
