"""`cabinwatch events`: what is stored, as a table or as a file, and its deletion.

Knows the forms in which people and programs read events. Must not know how they are stored.
"""

from __future__ import annotations

import csv
import io
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import msgspec

from cabinwatch.leaves import Record
from cabinwatch.store.database import EventFile
from cabinwatch.store.settings import FILE

SYSTEM_STORE = Path("/var/lib/cabinwatch") / FILE  # where systemd puts the state of the unit
_AGO_S = {"m": 60, "h": 3600, "d": 24 * 3600}
_COLUMNS = ("order", "at", "clock_synced", "trip", "kind", "facts", "id")


class SinceError(ValueError):
    """Not a moment. The text says what is."""


def default_store() -> Path:
    """The service's file: in the state directory where there is one, else where the unit puts it."""
    folder = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(folder) / FILE if folder else SYSTEM_STORE


def since_ms(text: str, now_s: float | None = None) -> int:
    """`30m`, `12h` or `7d` ago, or a date or moment as ISO 8601 writes it (UTC unless it says another zone).

    Raises:
        SinceError: It is none of these.
    """
    ago = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if ago:
        return round(((time.time() if now_s is None else now_s) - int(ago[1]) * _AGO_S[ago[2]]) * 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SinceError(f"{text!r}: must be like 30m, 12h, 7d, 2026-11-22 or 2026-11-22T17:00") from error
    return round((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp() * 1000)


def show(path: Path, say: Callable[[str], None], *, since: int = 0, form: str = "table") -> None:
    """Says every event from `since` (ms since 1970) on: as a table, as csv, or as json, one object a line.

    Raises:
        StoreError: There is no store in `path`, or it cannot be read.
    """
    with EventFile(path) as store:
        for text in _FORMS[form](store.records(since_ms=since)):
            say(text)


def delete_all(path: Path, say: Callable[[str], None]) -> None:
    """Deletes every event.

    Raises:
        StoreError: There is no store in `path`, or something is left.
    """
    with EventFile(path) as store:
        say(f"{path}: {store.delete_all()} events deleted, none is left\n")


def _table(records: Iterable[Record]) -> Iterator[str]:
    trip = None
    for record in records:
        if record.trip != trip:
            trip = record.trip
            yield f"trip {trip}\n"
        clock = " " if record.clock_synced else "?"
        kind, facts = _parts(record)
        yield f"  {record.at}{clock} {kind:<14} {facts}".rstrip() + "\n"


def _csv(records: Iterable[Record]) -> Iterator[str]:
    yield _row(_COLUMNS)
    for record in records:
        kind, facts = _parts(record)
        clock = str(record.clock_synced).lower()
        yield _row((str(record.order), record.at, clock, record.trip, kind, facts, record.id))


def _json(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        yield msgspec.json.encode(record).decode() + "\n"


_FORMS = {"table": _table, "csv": _csv, "json": _json}


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _parts(record: Record) -> tuple[str, str]:
    """The event's name, and its facts in words."""
    facts: dict[str, object] = msgspec.to_builtins(record.event)
    kind = str(facts.pop("kind"))
    return kind, " ".join(f"{name}={_value(value)}" for name, value in facts.items())


def _value(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return ",".join(f"{name}:{count}" for name, count in value.items()) or "none"
        case list() | tuple():
            return ",".join(str(one) for one in value) or "none"
        case _:
            return str(value)
