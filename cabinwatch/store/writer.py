"""The thread that stores events, so that a slow or full disk never delays an alert.

Knows the queue, its bound and how often to try again. Must not know what an event means, nor SQL.

What is put waits in memory until it is stored. Beyond QUEUE_MAX the newest is given up and counted; the count is stored
as an event once the disk takes it. While nothing can be stored, `trouble` says why, for the log and the status line.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from cabinwatch.leaves import Counters, EventsLost, Fact, NotListedError, StoreReplaced, packed
from cabinwatch.log import event
from cabinwatch.store.database import EventStore, Stamped
from cabinwatch.store.opening import StoreError
from cabinwatch.store.settings import EventSettings

QUEUE_MAX = 1000  # events; hours of driving, some 300 kB
RETRY_S = 2.0  # between attempts while the disk refuses
SLOW_S = 10.0  # a write that takes longer is trouble, too
STOP_S = 1.0  # how long a stop waits for what is left; the unit allows 3 s for everything

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# systemd-timesyncd makes it when the clock is right (systemd-time-wait-sync.service(8)); other time services may, too.
CLOCK_SYNCED = Path("/run/systemd/timesync/synchronized")

_log = logging.getLogger("cabinwatch")


class EventWriter:
    """Stores events in a thread of its own. Every method may be called from any thread and returns at once.

    Args:
        path: The file.
        bounds: What to keep.
        on_stored: Called in the thread after events were stored.
        retry_s: Pause between attempts.
    """

    def __init__(
        self,
        path: Path,
        bounds: EventSettings,
        *,
        on_stored: Callable[[], None] = lambda: None,
        retry_s: float = RETRY_S,
    ) -> None:
        self._path, self._bounds = path, bounds
        self._on_stored, self._retry_s = on_stored, retry_s
        self._queue: deque[Stamped] = deque()
        self._counters: Stamped | None = None  # only the latest are worth a row
        self._lost = 0  # given up and not yet said
        self._stopping = False
        self._changed = threading.Condition()  # around the four above
        self._refused: str | None = None  # what the disk said last
        self._began_s: float | None = None  # since when a write goes on
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self.dropped = 0  # events given up since the start
        self.stored = 0  # events since the start

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stores what is left, if the disk takes it in STOP_S."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(STOP_S)

    @property
    def trouble(self) -> str | None:
        """Why nothing is stored now; None while all is well."""
        began_s = self._began_s
        slow = began_s is not None and time.monotonic() - began_s > SLOW_S
        return self._refused or (f"{self._path}: the disk takes more than {SLOW_S:.0f} s" if slow else None)

    def put(self, fact: Fact) -> None:
        """An event that happens now. What is not on the list of what may leave the vehicle is a bug and not stored."""
        try:
            packed(fact)
        except NotListedError as error:
            event(_log, logging.ERROR, "event_not_listed", why=error)
            return
        self._enqueue(_now(fact))

    def new_trip(self) -> None:
        """Events from here on belong to another trip."""
        self._enqueue(_now(None))

    def _enqueue(self, entry: Stamped) -> None:
        with self._changed:
            if isinstance(entry.fact, Counters):
                self._counters = entry
            elif len(self._queue) < QUEUE_MAX:
                self._queue.append(entry)
            else:
                self._lost += 1
                self.dropped += 1
            self._changed.notify()

    def _run(self) -> None:
        while not self._stopping:
            self._try()

    def _try(self) -> None:
        try:
            self._serve()
        except StoreError as error:
            self._complain(str(error))
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, self._retry_s)

    def _serve(self) -> None:
        """One opening of the file, until a stop or until StoreError."""
        with closing(EventStore(self._path, self._bounds, _boot_id())) as store:
            if store.replaced:
                self.put(StoreReplaced())
            while entries := self._wait():
                self._began_s = time.monotonic()
                try:
                    store.append(entries)
                finally:
                    self._began_s = None
                self._forget(entries)

    def _wait(self) -> list[Stamped]:
        """What is to be stored; nothing only at the end of a stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._counters or self._lost or self._stopping)
            counters = [self._counters] if self._counters else []
            lost = [_now(EventsLost(count=self._lost))] if self._lost else []
            return [*self._queue, *lost, *counters]

    def _forget(self, entries: list[Stamped]) -> None:
        """They are stored. More may have come meanwhile."""
        with self._changed:
            for entry in entries:
                if isinstance(entry.fact, EventsLost):
                    self._lost -= entry.fact.count
                elif entry is self._counters:
                    self._counters = None
                elif self._queue and entry is self._queue[0]:
                    self._queue.popleft()
        self.stored += sum(entry.fact is not None for entry in entries)
        if self._refused is not None:
            self._refused = None
            event(_log, logging.INFO, "events_stored_again")
        self._on_stored()

    def _complain(self, why: str) -> None:
        if why != self._refused:
            event(_log, logging.ERROR, "events_not_stored", why=why)
        self._refused = why


def _now(fact: Fact | None) -> Stamped:
    return Stamped(time.time_ns() // 1_000_000, CLOCK_SYNCED.exists(), fact)


def _boot_id() -> str:
    return BOOT_ID.read_text().strip()
