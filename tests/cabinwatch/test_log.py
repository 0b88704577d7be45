"""Log lines as the journal gets them."""

import logging
import os

import pytest

from cabinwatch import log


@pytest.fixture
def logger():
    """A logger that writes to a file descriptor of its own, as stderr would be."""
    read, write = os.pipe()
    with os.fdopen(write, "w", buffering=1) as stderr, os.fdopen(read) as lines:
        root = logging.getLogger()
        before, level = root.handlers[:], root.level
        yield logging.getLogger("cabinwatch.test"), stderr, lines
        root.handlers[:] = before
        root.setLevel(level)


def test_the_journal_gets_levels(logger, monkeypatch):
    """Only where stderr is the journal's own stream."""
    log_, stderr, lines = logger
    held = os.fstat(stderr.fileno())
    monkeypatch.setenv("JOURNAL_STREAM", f"{held.st_dev}:{held.st_ino}")
    log.set_up("info", stderr)
    log.event(log_, logging.WARNING, "link_down", port="/dev/x y", after_s=1.25)
    assert lines.readline() == '<4>event=link_down port="/dev/x y" after_s=1.25\n'


def test_a_house_that_speaks_plainly_becomes_an_event(logger, monkeypatch):
    """Everything in the journal has the same shape, one line each."""
    log_, stderr, lines = logger
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    log.set_up("info", stderr)
    log_.info("port %s\nopen", "x")
    assert lines.readline() == 'event=cabinwatch_test detail="port x open"\n'
    log_.info("MCU shows lamp", extra={"event": "outputs"})
    assert lines.readline() == 'event=outputs detail="MCU shows lamp"\n'


def test_an_event_that_repeats_is_held_back():
    """A flickering cable does not fill the disk, and what was held back is counted."""
    now = [0.0]
    few = log.FewRepeats(lambda: now[0])

    def passes(name):
        record = logging.makeLogRecord({"msg": "x", "event": name})
        return few.filter(record), record.msg

    assert sum(passes("camera_silent")[0] for _ in range(20)) == log.REPEATS
    assert all(passes("alert")[0] for _ in range(20))  # what the driver was shown is never left out
    now[0] = log.REPEATS_IN_S
    assert passes("camera_silent") == (True, f"x held_back={20 - log.REPEATS}")
    assert passes("camera_silent") == (True, "x")


def test_a_fact_that_is_none_is_left_out(caplog):
    with caplog.at_level(logging.INFO):
        log.event(logging.getLogger("x"), logging.INFO, "alert", why=None, what='a "b"', empty="")
    assert caplog.messages == ['event=alert what="a \'b\'" empty=""']
