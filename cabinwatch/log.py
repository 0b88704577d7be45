"""One line an event, `event=name key=value …`, on stderr: readable in a terminal and in the journal.

Knows the journal's level prefixes (sd-daemon(3)) and how often one event may repeat. Must not know what happened:
the caller names it. Callers never pass a landmark, a picture or anything about affect.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
REPEATS = 5  # lines of one event within REPEATS_IN_S; the rest are counted, not written
REPEATS_IN_S = 10.0
EVERY_ONE = {"alert", "alert_cleared", "outputs"}  # what the driver was shown is never left out


def event(log: logging.Logger, level: int, name: str, /, **facts: object) -> None:
    """Logs one event; a fact that is None is left out."""
    parts = [f"event={name}", *(f"{key}={_shown(value)}" for key, value in facts.items() if value is not None)]
    log.log(level, "%s", " ".join(parts), extra={"event": name})


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Sends every house's log lines at `level` (debug, info, warning, error) and above to `stream`, else to stderr."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Line(journal=_is_the_journal(stream, os.environ)))
    handler.addFilter(FewRepeats())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def set_level(level: str) -> None:
    logging.getLogger().setLevel(level.upper())


class FewRepeats(logging.Filter):
    """Lets an event through a few times in a while, then says how many it kept back.

    A camera cable that flickers ten times a second must not fill the disk.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}  # event → start of its window, lines in it

    def filter(self, record: logging.LogRecord) -> bool:
        name = getattr(record, "event", f"{record.name}:{record.lineno}")
        if name in EVERY_ONE:
            return True
        now_s = self._clock()
        since_s, lines = self._windows.get(name, (now_s, 0))
        if now_s - since_s >= REPEATS_IN_S:
            if lines > REPEATS:
                record.msg = f"{record.msg} held_back={lines - REPEATS}"
            since_s, lines = now_s, 0
        self._windows[name] = (since_s, lines + 1)
        return lines < REPEATS


class _Line(logging.Formatter):
    def __init__(self, *, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if not text.startswith("event="):  # a house that says it in plain words
            name = getattr(record, "event", record.name.replace(".", "_"))
            text = f"event={name} detail={_shown(text)}"
        text = text.replace("\n", " | ")
        return f"<{_PRIORITY.get(record.levelno, 6)}>{text}" if self._journal else text


def _is_the_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """JOURNAL_STREAM names the journal's socket; stderr may have been redirected since (systemd.exec(5))."""
    try:
        held = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{held.st_dev}:{held.st_ino}"


def _shown(value: object) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    quoted = text.replace('"', "'").replace("\n", " ")
    return f'"{quoted}"' if not quoted or set(quoted) & set(" =") else quoted
