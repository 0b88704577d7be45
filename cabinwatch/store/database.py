"""The events in their file: append, keep within bounds, read, delete.

Knows SQL. Must not know threads, or where events come from. One EventStore belongs to one thread; several processes
may have the same file open.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from cabinwatch.leaves import SCHEMA, Fact, NotListedError, Record, packed, unpacked
from cabinwatch.store.opening import ASIDE, StoreError, as_store_error, open_file, open_or_replace
from cabinwatch.store.settings import EventSettings

DAY_MS = 24 * 3600 * 1000
FULL_SHARE = 0.9  # of max_mb: the oldest events go from here on, so that there is always room for the newest
GIVES_WAY = 10  # the oldest 1/10 goes at once

_INSERT = "INSERT INTO events (id, trip, at_ms, synced, fact) VALUES (?, ?, ?, ?, ?)"
_SELECT = "SELECT seq, id, trip, at_ms, synced, fact FROM events WHERE at_ms >= ? AND seq > ? ORDER BY seq LIMIT ?"
_OLDER = "DELETE FROM events WHERE seq <= ?"


@dataclass(frozen=True, slots=True)
class Stamped:
    """A fact with its moment, or with none the start of a new trip."""

    at_ms: int  # wall clock, ms since 1970
    synced: bool  # whether that clock was known to be right
    fact: Fact | None


class EventStore:
    """The store in `path`.

    `replaced` says whether a damaged file was set aside for it.

    Args:
        path: The file; made where it is missing.
        bounds: What to keep.
        boot_id: Of the machine's running: a trip goes on over a restart of the service, not over a boot.

    Raises:
        StoreError: It cannot be opened now, or a newer cabinwatch wrote it. Every method may raise it, too.
    """

    def __init__(self, path: Path, bounds: EventSettings, boot_id: str) -> None:
        self._path, self._bounds, self._boot_id = path, bounds, boot_id
        self._connection, self.replaced = open_or_replace(path)
        with self._spoken():
            self._limit_size()
            self.trip = self._trip_of_this_boot()

    def append(self, entries: Sequence[Stamped]) -> None:
        """Stores all of them or none; makes room where a bound is met."""
        with self._changed():
            for entry in entries:
                if entry.fact is None:
                    self.trip = self._new_trip()
                else:
                    self._insert(entry, entry.fact)
            if entries:
                self._keep_within_bounds(entries[-1])

    def close(self) -> None:
        self._connection.close()

    def _insert(self, entry: Stamped, fact: Fact) -> None:
        row = (uuid.uuid4().hex, self.trip, entry.at_ms, entry.synced, packed(fact))
        self._connection.execute(_INSERT, row)

    def _keep_within_bounds(self, newest: Stamped) -> None:
        first, last = self._one("SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM events")
        self._connection.execute(_OLDER, (last - self._bounds.max_events,))
        pages, size = self._one("PRAGMA page_count")[0], self._one("PRAGMA page_size")[0]
        if pages * size > FULL_SHARE * (self._bounds.max_mb << 20):
            self._connection.execute(_OLDER, (first + (last - first) // GIVES_WAY,))
        if newest.synced:
            self._delete_before(newest.at_ms - self._bounds.retention_days * DAY_MS)

    def _delete_before(self, at_ms: int) -> None:
        """An event with a wrong clock is at least as old as the next one with a right clock."""
        self._connection.execute(
            "DELETE FROM events WHERE seq <= (SELECT max(seq) FROM events WHERE synced AND at_ms < ?)", (at_ms,)
        )

    def _limit_size(self) -> None:
        size = self._one("PRAGMA page_size")[0]
        self._connection.execute(f"PRAGMA max_page_count = {(self._bounds.max_mb << 20) // size}")

    def _trip_of_this_boot(self) -> str:
        notes = dict(self._connection.execute("SELECT name, value FROM notes"))
        if notes.get("boot") == self._boot_id:
            return str(notes["trip"])
        with self._changed():
            return self._new_trip()

    def _new_trip(self) -> str:
        trip = uuid.uuid4().hex
        note(self._connection, boot=self._boot_id, trip=trip)
        return trip

    def _one(self, question: str) -> tuple[int, ...]:
        row: tuple[int, ...] = self._connection.execute(question).fetchone()
        return row

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """SQLite's errors in the words of this house."""
        try:
            yield
        except (OSError, sqlite3.DatabaseError) as error:
            raise as_store_error(self._path, error) from error

    @contextmanager
    def _changed(self) -> Iterator[None]:
        """All of the block or nothing."""
        with self._spoken():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have rolled it back already
                    self._connection.execute("ROLLBACK")
                raise


class EventFile:
    """The store as another process sees it: `cabinwatch events`, and the publisher.

    Raises:
        StoreError: There is none, it is damaged, or a newer cabinwatch wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            there = path.is_file()
        except PermissionError as error:
            raise StoreError(f"{path}: {error.strerror}: it is the service's own; ask as root, with sudo") from error
        if not there:
            raise StoreError(f"{path}: no such file; the service makes it with its first event")
        self._connection = open_file(path)

    def __enter__(self) -> EventFile:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def records(self, *, since_ms: int = 0, after: int = 0, limit: int = -1) -> Iterator[Record]:
        """The events from `since_ms` on whose order is above `after`, in their order."""
        try:
            yield from map(_record, self._connection.execute(_SELECT, (since_ms, after, limit)).fetchall())
        except (sqlite3.DatabaseError, NotListedError) as error:
            raise as_store_error(self._path, error) from error

    @property
    def delivered(self) -> int:
        """The order of the last event that the broker has taken; 0 = none."""
        row = self._connection.execute("SELECT value FROM notes WHERE name = 'delivered'").fetchone()
        return int(row[0]) if row else 0

    def deliver(self, order: int) -> None:
        """Notes that the broker has taken all events up to `order`."""
        try:
            note(self._connection, delivered=str(order))
        except sqlite3.DatabaseError as error:
            raise as_store_error(self._path, error) from error

    def delete_all(self) -> int:
        """Deletes every event, and what a damaged file still holds; gives how many there were.

        Raises:
            StoreError: Something could not be deleted, or another process still reads it.
        """
        try:
            deleted = self._connection.execute("DELETE FROM events").rowcount
            self._connection.execute("DELETE FROM notes WHERE name IN ('boot', 'trip')")  # the running trip ends here
            self._connection.execute("VACUUM")  # nothing is left between the rows …
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # … nor in the log
            self._path.with_name(self._path.name + ASIDE).unlink(missing_ok=True)
        except (OSError, sqlite3.DatabaseError) as error:
            raise as_store_error(self._path, error) from error
        left = self._connection.execute("SELECT count(*) FROM events").fetchone()[0]
        if busy or left:
            raise StoreError(f"{self._path}: {left} events are left, or a reader is at work; do it again")
        return int(deleted)


def note(connection: sqlite3.Connection, **notes: str) -> None:
    """Remembers `notes` in place of what had these names."""
    connection.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", notes.items())


def _record(row: tuple[int, str, str, int, int, str]) -> Record:
    order, random_id, trip, at_ms, synced, fact = row
    at = datetime.fromtimestamp(at_ms / 1000, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Record(
        schema=SCHEMA, id=random_id, order=order, trip=trip, at=at, clock_synced=bool(synced), event=unpacked(fact)
    )
