"""A store in a folder of its own, and a disk that fills up."""

import sqlite3
import time

import pytest

from cabinwatch.leaves import AlertShown, unpacked
from cabinwatch.store.database import EventFile, EventStore, Stamped
from cabinwatch.store.settings import EventSettings
from cabinwatch.store.writer import EventWriter

PATIENCE_S = 15.0  # for a busy machine; nothing is measured by it
NOON_MS = 1_800_000_000_000


def shown(episode=1, cause="microsleep"):
    return AlertShown(level="critical", cause=cause, episode=episode, code=12, acknowledged=False)


def stamped(fact, at_ms=NOON_MS, synced=True):
    return Stamped(at_ms, synced, fact)


@pytest.fixture
def alert():
    """An alert with this number."""
    return shown


@pytest.fixture
def at():
    """A fact with its moment."""
    return stamped


@pytest.fixture
def noon_ms():
    return NOON_MS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.db"


@pytest.fixture
def open_store(path):
    opened = []

    def open_one(boot_id="boot", **bounds):
        opened.append(EventStore(path, EventSettings(**bounds), boot_id))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def stored(path):
    """What another process reads."""

    def read():
        with EventFile(path) as file:
            return list(file.records())

    return read


@pytest.fixture
def raw_facts(path):
    """The facts in the file, read without any of the store's code."""

    def read():
        connection = sqlite3.connect(path)
        rows = [unpacked(row[0]) for row in connection.execute("SELECT fact FROM events ORDER BY seq")]
        connection.close()
        return rows

    return read


@pytest.fixture
def writer(path):
    started = []

    def start(where=path, **bounds):
        started.append(EventWriter(where, EventSettings(**bounds), retry_s=0.02))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def wait_for():
    def wait(condition):
        until_s = time.monotonic() + PATIENCE_S
        while not (holds := condition()) and time.monotonic() < until_s:
            time.sleep(0.01)
        assert holds

    return wait
