"""The thread that stores events: what it does while the disk is full, slow or gone, and that nobody waits for it."""

import contextlib
import sqlite3
import subprocess
import threading

import pytest

import cabinwatch.store.writer as writer_module
from cabinwatch.leaves import Counters, EventsLost, StoreReplaced
from cabinwatch.store.database import EventStore


def counters(frames):
    zeros = dict.fromkeys(Counters.__struct_fields__, 0)
    return Counters(**{**zeros, "alerts": {}, "frames": frames})


@pytest.fixture
def small_disk(tmp_path, cannot_run):
    """A file system of 512 KiB, which other data can fill."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        cannot_run("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(file):
    """Writes until the disk takes no more."""
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as out:
        while True:
            out.write(bytes(4096))


class Held:
    """A disk whose writes do not come back until it is let go."""

    def __init__(self, monkeypatch):
        self.go, append = threading.Event(), EventStore.append

        def slow(store, entries):
            self.go.wait()
            append(store, entries)

        monkeypatch.setattr(EventStore, "append", slow)


@pytest.fixture
def held(monkeypatch):
    disk = Held(monkeypatch)
    yield disk
    disk.go.set()


def test_what_is_put_is_stored_in_order(writer, raw_facts, alert):
    one = writer()
    for episode in range(50):
        one.put(alert(episode))
    one.stop()
    assert [fact.episode for fact in raw_facts()] == list(range(50))
    assert (one.stored, one.dropped, one.trouble) == (50, 0, None)


def test_a_full_disk_is_said_and_mends_itself(writer, small_disk, alert, wait_for, caplog):
    """Other data fill the disk; events wait in memory, and are all stored when there is room again."""
    caplog.set_level("INFO")
    one = writer(small_disk / "events.db")
    one.put(alert(0))
    wait_for(lambda: one.stored == 1)
    other = small_disk / "other"
    fill(other)
    for episode in range(1, 200):
        one.put(alert(episode))
    wait_for(lambda: one.trouble)
    assert "events.db" in one.trouble
    assert "full" in one.trouble
    other.unlink()
    wait_for(lambda: one.trouble is None)
    one.stop()
    connection = sqlite3.connect(small_disk / "events.db")
    assert connection.execute("SELECT count(*) FROM events").fetchone() == (200,)
    connection.close()
    said = [record.event for record in caplog.records]
    assert said.count("events_not_stored") == 1
    assert said[-1] == "events_stored_again"


def test_putting_never_waits_for_a_slow_disk(writer, held, raw_facts, alert, monkeypatch):
    """The disk hangs: more events than the queue holds are put at once; those given up are counted and told later."""
    monkeypatch.setattr(writer_module, "QUEUE_MAX", 10)
    one = writer()
    for episode in range(25):  # returns, or this test would never end
        one.put(alert(episode))
    assert one.dropped == 15
    held.go.set()
    one.stop()
    assert [fact for fact in raw_facts() if isinstance(fact, EventsLost)] == [EventsLost(count=15)]
    assert [fact.episode for fact in raw_facts()[:10]] == list(range(10))


def test_a_disk_that_hangs_is_trouble(writer, held, alert, wait_for, monkeypatch):
    monkeypatch.setattr(writer_module, "SLOW_S", 0.05)
    one = writer()
    one.put(alert())
    wait_for(lambda: one.trouble)
    assert "the disk takes more than" in one.trouble
    held.go.set()
    wait_for(lambda: one.trouble is None)


def test_a_stop_does_not_wait_for_a_disk_that_hangs(writer, held, alert, monkeypatch):
    monkeypatch.setattr(writer_module, "STOP_S", 0.05)
    one = writer()
    one.put(alert())
    one.stop()  # returns, or this test would never end
    assert one.stored == 0


def test_of_counters_only_the_latest_are_stored(writer, held, raw_facts, wait_for, alert):
    """However long the disk takes, they need one row."""
    one = writer()
    one.put(alert())
    wait_for(lambda: one._began_s is not None)
    for frames in range(2000):
        one.put(counters(frames))
    held.go.set()
    one.stop()
    assert [fact.frames for fact in raw_facts() if isinstance(fact, Counters)] == [1999]
    assert one.dropped == 0


def test_a_missing_folder_is_tried_until_it_is_there(writer, tmp_path, alert, wait_for):
    """A state partition that is mounted late."""
    folder = tmp_path / "late"
    one = writer(folder / "events.db")
    one.put(alert())
    wait_for(lambda: one.trouble)
    folder.mkdir()
    wait_for(lambda: one.stored == 1)
    assert one.trouble is None


def test_a_file_that_is_damaged_while_it_is_open_is_replaced(writer, path, raw_facts, alert, wait_for, monkeypatch):
    """SQLite finds it malformed in the middle of a drive."""
    one = writer()
    one.put(alert(1))
    wait_for(lambda: one.stored == 1)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.write(b"no database any more" * 500)
    one.put(alert(2))
    wait_for(lambda: one.stored >= 3)
    one.stop()
    assert StoreReplaced() in raw_facts()
    assert alert(2) in raw_facts()
    assert path.with_name("events.db.damaged").exists()


def test_what_is_not_on_the_list_is_said_and_not_stored(writer, raw_facts, alert, caplog):
    """A bug that would tell of an expression costs the event and not the service."""
    one = writer()
    one.put(alert(1, cause="affect"))
    one.put(alert(2))
    one.stop()
    assert [fact.episode for fact in raw_facts()] == [2]
    assert "event=event_not_listed" in caplog.text


def test_an_event_says_whether_the_clock_was_right(writer, stored, alert, tmp_path, monkeypatch, wait_for):
    synced = tmp_path / "synchronized"
    monkeypatch.setattr(writer_module, "CLOCK_SYNCED", synced)
    one = writer()
    one.put(alert(1))
    synced.touch()
    one.put(alert(2))
    one.stop()
    assert [record.clock_synced for record in stored()] == [False, True]
