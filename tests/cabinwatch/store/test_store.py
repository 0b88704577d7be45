"""The file of events: bounded, private, whole after anything."""

import sqlite3
import stat

import msgspec
import pytest

import cabinwatch.store.opening as opening
from cabinwatch.leaves import NotListedError, StoreReplaced
from cabinwatch.store.database import EventFile, EventStore
from cabinwatch.store.opening import DamagedError, StoreError
from cabinwatch.store.settings import EventSettings

DAY_MS = 24 * 3600 * 1000


def test_what_was_stored_is_read_back_with_its_stamps(open_store, stored, alert, at, noon_ms):
    open_store().append([at(alert(7)), at(alert(8), noon_ms + 1, synced=False)])
    first, second = stored()
    assert (first.event, first.at, first.clock_synced) == (alert(7), "2027-01-15T08:00:00.000Z", True)
    assert (second.event, second.at, second.clock_synced) == (alert(8), "2027-01-15T08:00:00.001Z", False)
    assert first.order < second.order
    assert first.id != second.id


def test_order_is_the_stores_own_whatever_the_clock_does(open_store, stored, alert, at, noon_ms):
    """The clock is set back a day between two events."""
    store = open_store()
    store.append([at(alert(1))])
    store.append([at(alert(2), noon_ms - DAY_MS)])
    assert [record.event.episode for record in stored()] == [1, 2]


def test_a_trip_goes_on_over_a_restart_and_ends_with_ignition_or_boot(open_store, stored, alert, at):
    """The trip's name is drawn at random: nothing ties it to a person or to the trip before."""
    open_store("monday").append([at(alert(1))])
    again = open_store("monday")
    again.append([at(alert(2)), at(None), at(alert(3))])
    open_store("tuesday").append([at(alert(4))])
    one, two, three, four = (record.trip for record in stored())
    assert one == two
    assert len({one, three, four}) == 3


def test_only_the_owner_may_read_the_file(open_store, path, alert, at):
    """Whatever the umask: the file and its side files."""
    open_store().append([at(alert())])
    files = list(path.parent.glob("events.db*"))
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_oldest_events_go_beyond_the_number(open_store, stored, alert, at):
    store = open_store(max_events=100)
    for episode in range(250):
        store.append([at(alert(episode))])
    assert [record.event.episode for record in stored()] == list(range(150, 250))


def test_the_file_never_grows_beyond_its_size(open_store, stored, path, alert, at):
    """The newest event is always there; file and write-ahead log stay below the bound together."""
    store = open_store(max_mb=1)
    for episode in range(0, 12_000, 100):
        store.append([at(alert(episode + n)) for n in range(100)])
        assert path.stat().st_size <= 1 << 20
    assert stored()[-1].event.episode == 11_999
    assert len(stored()) > 3000
    assert path.with_name("events.db-wal").stat().st_size <= 3 << 20


def test_events_go_after_their_days(open_store, stored, alert, at, noon_ms):
    store = open_store(retention_days=30)
    store.append([at(alert(1), noon_ms - 40 * DAY_MS), at(alert(2), noon_ms - 20 * DAY_MS)])
    store.append([at(alert(3))])
    assert [record.event.episode for record in stored()] == [2, 3]


def test_what_went_after_its_days_is_overwritten(open_store, path, alert, at, noon_ms):
    """Not only forgotten: its bytes are gone from the file."""
    store = open_store(retention_days=30)
    store.append([at(msgspec.structs.replace(alert(n), code=4711), noon_ms - 40 * DAY_MS) for n in range(3)])
    store.append([at(alert(4))])
    store.close()
    assert b"critical" in path.read_bytes()
    assert b"4711" not in path.read_bytes()


def test_a_clock_that_is_not_set_deletes_nothing(open_store, stored, alert, at, noon_ms):
    """After a flat battery it is 1970; then it is 2099; only a clock known to be right decides on age."""
    store = open_store()
    store.append([at(alert(1))])
    store.append([at(alert(2), 0, synced=False), at(alert(3), 4_000_000_000_000, synced=False)])
    assert len(stored()) == 3
    store.append([at(alert(4), noon_ms + DAY_MS)])
    assert len(stored()) == 4


def test_an_event_of_an_unset_clock_goes_with_the_events_around_it(open_store, stored, alert, at, noon_ms):
    store = open_store()
    store.append([at(alert(1), 0, synced=False), at(alert(2), noon_ms - 40 * DAY_MS), at(alert(3), 0, synced=False)])
    store.append([at(alert(4))])
    assert [record.event.episode for record in stored()] == [3, 4]


def test_what_is_not_on_the_list_is_not_stored(open_store, stored, alert, at):
    """All of a call or nothing."""
    store = open_store()
    with pytest.raises(NotListedError, match="cause"):
        store.append([at(alert(1)), at(alert(2, cause="affect"))])
    assert stored() == []


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(open_store, stored, path, alert, at):
    """The damaged one keeps its bytes under another name."""
    path.write_bytes(b"SQLite format 3\0" + b"rubbish" * 1000)
    store = open_store()
    assert store.replaced
    store.append([at(StoreReplaced())])
    assert path.with_name("events.db.damaged").read_bytes().endswith(b"rubbish")
    assert [record.event for record in stored()] == [StoreReplaced()]


def test_a_damaged_page_is_found_at_the_start(open_store, path, alert, at):
    """One page in the middle is overwritten."""
    store = open_store()
    store.append([at(alert(n)) for n in range(500)])
    store.close()
    with path.open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(DamagedError, match=r"events\.db"):
        opening.open_file(path)
    assert open_store().replaced


def test_only_one_damaged_file_is_kept(open_store, path):
    for content in (b"first rubbish" * 100, b"second rubbish" * 100):
        path.write_bytes(content)
        open_store().close()
        path.with_name("events.db-wal").unlink(missing_ok=True)
    assert path.with_name("events.db.damaged").read_bytes().startswith(b"second")
    assert len(list(path.parent.glob("*.damaged*"))) == 1


def test_a_file_of_a_newer_version_is_refused_and_left_alone(open_store, path):
    open_store().close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer cabinwatch \(schema 99, this one knows 1\); install that one again"):
        open_store()
    assert path.read_bytes() == before


def test_a_file_of_an_older_version_is_taken_over(open_store, stored, monkeypatch, alert, at):
    """The next version adds a table; the events stay."""
    store = open_store()
    store.append([at(alert(1))])
    store.close()
    monkeypatch.setattr(opening, "MIGRATIONS", (*opening.MIGRATIONS, ("CREATE TABLE more (x TEXT) STRICT",)))
    open_store().append([at(alert(2))])
    assert [record.event.episode for record in stored()] == [1, 2]


def test_a_migration_that_fails_changes_nothing(open_store, path, monkeypatch):
    open_store().close()
    monkeypatch.setattr(opening, "MIGRATIONS", (*opening.MIGRATIONS, ("CREATE TABLE more (x TEXT)", "SELECT absent")))
    with pytest.raises(StoreError, match="no such column"):
        open_store()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)
    connection.close()


def test_a_folder_that_does_not_exist_is_said(tmp_path):
    with pytest.raises(StoreError, match=r"nowhere/events.db: No such file or directory"):
        EventStore(tmp_path / "nowhere" / "events.db", EventSettings(), "boot")


def test_delete_all_leaves_nothing(open_store, path, alert, at):
    """While the service runs: not a byte of an event in any file of the folder, and the next event is stored."""
    store = open_store()
    store.append([at(msgspec.structs.replace(alert(n), code=4711)) for n in range(300)])
    trip = store.trip
    path.with_name("events.db.damaged").write_bytes(b"4711")
    with EventFile(path) as file:
        assert file.delete_all() == 300
    left = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"4711" not in left
    assert trip.encode() not in left
    assert b"CREATE TABLE events" in left  # the file is there, and this search would see what it holds
    store.append([at(alert(1))])


def test_deleted_events_would_be_seen(open_store, path, at, alert):
    """The search above can fail: without the deletion, the marker is in a file."""
    open_store().append([at(msgspec.structs.replace(alert(), code=4711))])
    assert b"4711" in b"".join(one.read_bytes() for one in path.parent.iterdir())


def test_delete_all_says_so_when_a_reader_holds_on(open_store, path, alert, at, monkeypatch):
    """Another process in the middle of a read keeps old pages alive: no success is claimed."""
    monkeypatch.setattr(opening, "BUSY_S", 0.05)
    open_store().append([at(alert())])
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM events").fetchone()
    with EventFile(path) as file, pytest.raises(StoreError):
        file.delete_all()
    reader.close()
    with EventFile(path) as file:
        file.delete_all()


def test_without_a_path_or_a_state_directory_nothing_is_kept():
    assert EventSettings().file({}) is None
    assert str(EventSettings().file({"STATE_DIRECTORY": "/var/lib/cabinwatch:/x"})) == "/var/lib/cabinwatch/events.db"
    assert str(EventSettings(path="/data/e.db").file({"STATE_DIRECTORY": "/x"})) == "/data/e.db"
    assert EventSettings(path="/data/e.db", keep=False).file({}) is None
