"""Opens the file of events, whatever state a power cut or a disk left it in.

Knows SQLite's pragmas, the schema and its versions, and what becomes of a damaged file. Must not know what an event is.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from cabinwatch.log import event

BUSY_S = 2.0  # how long to wait for another process, such as `cabinwatch events delete`
CHECKPOINT_PAGES = 100  # of 4 KiB: the write-ahead log is folded into the file beyond it
WAL_LIMIT_BYTES = 1 << 20  # and is cut back to this
CACHE_KIB = 256  # of the file in memory; with the 2 MiB of SQLite memory would grow for days as the file does
ASIDE = ".damaged"  # one is kept: a disk that damages files must not fill itself with them

# Each entry is the statements that take a file from the version of its index to the next.
# SQLite keeps the version as user_version (https://www.sqlite.org/pragma.html#pragma_user_version).
MIGRATIONS = (
    (
        """
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice, also after a deletion
            id TEXT NOT NULL UNIQUE,
            trip TEXT NOT NULL,
            at_ms INTEGER NOT NULL,                 -- wall clock, ms since 1970
            synced INTEGER NOT NULL,                -- whether that clock was known to be right
            fact TEXT NOT NULL                      -- JSON, as cabinwatch/leaves.py lists it
        ) STRICT
        """,
        "CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    ),
)

_log = logging.getLogger("cabinwatch")


class StoreError(Exception):
    """The store cannot be used now. The text names the file and why."""


class DamagedError(StoreError):
    """The file is no event store, or no longer."""


def open_or_replace(path: Path) -> tuple[sqlite3.Connection, bool]:
    """The store in `path`, made where it is missing, and whether a damaged one had to be set aside for it.

    Raises:
        StoreError: It cannot be opened now, or a newer cabinwatch wrote it.
    """
    try:
        return open_file(path), False
    except DamagedError as error:
        aside = set_aside(path)
        event(_log, logging.ERROR, "events_set_aside", why=error, file=aside)
    return open_file(path), True


def open_file(path: Path) -> sqlite3.Connection:
    """The store in `path`, made where it is missing.

    Raises:
        DamagedError: The file is damaged.
        StoreError: It cannot be opened now, or a newer cabinwatch wrote it.
    """
    connection = None
    try:
        path.touch(mode=0o600)  # SQLite gives its side files the same mode
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        _set_up(connection, new=_version(path, connection) == 0)
        _check(path, connection)
        _migrate(path, connection)
    except (OSError, sqlite3.DatabaseError, StoreError) as error:
        if connection is not None:
            connection.close()
        raise as_store_error(path, error) from error
    return connection


def as_store_error(path: Path, error: Exception) -> StoreError:
    """The same in the words of this house: what a retry may mend, and what it does not."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return DamagedError(f"{path}: {error}")  # full, busy, read-only and I/O errors are OperationalError
    return StoreError(f"{path}: {error.strerror or error}" if isinstance(error, OSError) else f"{path}: {error}")


def set_aside(path: Path) -> Path:
    """Renames the file and its side files; gives the new name."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return path.replace(path.with_name(path.name + ASIDE))


def _version(path: Path, connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path}: written by a newer cabinwatch (schema {version}, this one knows {len(MIGRATIONS)}); "
            "install that one again, or move the file away"
        )
    return int(version)


def _set_up(connection: sqlite3.Connection, *, new: bool) -> None:
    if new:  # must come before the first page
        connection.execute("PRAGMA auto_vacuum = FULL")  # what is deleted makes the file smaller
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # a power cut costs the last event at most; there are a few a minute
        "secure_delete = ON",  # what is deleted is overwritten
        "temp_store = MEMORY",
        f"cache_size = -{CACHE_KIB}",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        f"journal_size_limit = {WAL_LIMIT_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _check(path: Path, connection: sqlite3.Connection) -> None:
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise DamagedError(f"{path}: {' '.join(found.split())}")


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    if _version(path, connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[_version(path, connection) :]:  # again: another process may have been quicker
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except sqlite3.DatabaseError:
        if connection.in_transaction:  # a full disk may have rolled it back already
            connection.execute("ROLLBACK")
        raise
