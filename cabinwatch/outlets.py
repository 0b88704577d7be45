"""Where events and counts go, as one config wants it.

Knows which section of the config builds what. Must not know what an event says. What is not configured is not even
imported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from cabinwatch.config import Config
from cabinwatch.events import Happenings, Keeping, NoStore
from cabinwatch.leaves import Fact
from cabinwatch.pipeline import Judged
from cabinwatch.store.writer import EventWriter
from firmware_bridge.link import LinkStatus

if TYPE_CHECKING:  # both are extras
    from cabinwatch.fleet import Publisher
    from cabinwatch.metrics import MetricsServer


class Outlets:
    """The running outlets. Only `change` and `close` wait, two seconds at most; none raises whatever happens."""

    def __init__(self, config: Config) -> None:
        self._happenings = Happenings(NoStore())
        self._open_store(config)
        self._metrics = _metrics(config, self._happenings)

    @property
    def trouble(self) -> str | None:
        """Why events are not stored; None while they are, and where none are to be."""
        return self._happenings.store.trouble

    def judged(self, judged: Judged, link: LinkStatus, now_s: float) -> None:
        """Stores what changed with this sample."""
        self._happenings.judged(judged, link, now_s)

    def put(self, fact: Fact) -> None:
        """Stores an event that happens now."""
        self._happenings.store.put(fact)

    def change(self, config: Config, changed: Collection[str]) -> None:
        """Takes the new config; `changed` names its sections that differ."""
        if {"events", "fleet"} & set(changed):
            self._close_store()
            self._open_store(config)
        if "metrics" in changed:
            self._close_metrics()
            self._metrics = _metrics(config, self._happenings)

    def close(self) -> None:
        """Stores what was counted and what is left."""
        self._happenings.count()
        self._close_store()
        self._close_metrics()

    def _open_store(self, config: Config) -> None:
        file = config.events.file()
        self._publisher = _publisher(config, file)
        self._happenings.store = _store(config, file, self._publisher.wake if self._publisher else lambda: None)

    def _close_store(self) -> None:
        self._happenings.store.stop()
        if self._publisher is not None:
            self._publisher.stop()

    def _close_metrics(self) -> None:
        if self._metrics is not None:
            self._metrics.close()


def _store(config: Config, file: Path | None, on_stored: Callable[[], None]) -> Keeping:
    if file is None:
        return NoStore()
    writer = EventWriter(file, config.events, on_stored=on_stored)
    writer.start()
    return writer


def _publisher(config: Config, file: Path | None) -> Publisher | None:
    if file is None or config.fleet.broker is None:
        return None
    from cabinwatch.fleet import Publisher  # noqa: PLC0415  # an extra

    publisher = Publisher(file, config.fleet)
    publisher.start()
    return publisher


def _metrics(config: Config, happenings: Happenings) -> MetricsServer | None:
    if config.metrics.port is None:
        return None
    from cabinwatch.metrics import MetricsServer  # noqa: PLC0415  # an extra

    return MetricsServer(config.metrics.port, happenings.now)
