"""`cabinwatch link`: live diagnosis of the wire to the microcontroller, with the product's own link.

Knows the clock, what is shown when, and the exit code. Must not know how a fault is told from its counters
(firmware_bridge/diagnosis.py) nor how a second looks (link_view.py, link_live.py).
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from zlib import crc32

import msgspec

from alerts.types import Alert
from cabinwatch.config import ConfigError, load
from cabinwatch.doctor.settings import PLACE
from cabinwatch.link_view import JsonView, LinkView, PlainView, Second, Summary
from firmware_bridge.diagnosis import Blame, Diagnosis, History, Sample
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings

TELL_EVERY_S = 1.0
WANT_EVERY_S = 0.1  # a quiet state is judged anew so often; the runner repeats it at its own rate


def link_settings(config: Path | None, port: str | None, baud: int | None) -> LinkSettings:
    """The link as configured, or as it is when nothing is, with the port and the rate that were named.

    Where neither config nor port is named, the config at its usual place says them.

    Raises:
        ConfigError: The config is broken, or a value is outside its range.
    """
    config = config or (PLACE if PLACE.exists() and not port else None)
    settings = msgspec.structs.asdict(load(config).link if config else LinkSettings())
    named = {"port": port, "baud": baud}
    try:
        return msgspec.convert(settings | {key: value for key, value in named.items() if value}, LinkSettings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"--port or --baud: {error}") from error


@contextmanager
def open_link(settings: LinkSettings) -> Iterator[LinkRunner]:
    """The product's own link while the block runs; it says goodbye at the end."""
    # What the runner logs is shown here in a better place.
    logging.getLogger("firmware_bridge").addHandler(logging.NullHandler())
    runner = LinkRunner(settings, build=crc32(version("cabinwatch").encode()))
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def choose_view(port: str, say: Callable[[str], None], *, json: bool) -> LinkView:
    """A live view for people at a terminal, lines for everything else."""
    if json:
        return JsonView(say)
    if not sys.stdout.isatty() or find_spec("rich") is None:
        return PlainView(say)
    from cabinwatch.link_live import LiveView  # noqa: PLC0415  # rich is an extra: the service goes without

    return LiveView(port)


def watch(settings: LinkSettings, view: LinkView, *, seconds: int | None = None) -> bool:
    """Watches the link for `seconds`, or until interrupted, and shows it once a second.

    Returns:
        Whether all was well at the end and no fault was seen before.
    """
    with open_link(settings) as runner, view:
        tally = Tally()
        for second in _seconds(runner, settings):
            tally.add(second.diagnosis)
            view.show(second)
            if tally.seconds == seconds:
                break
        summary = tally.summary()
        view.end(summary)
    return summary.diagnosis.blame is Blame.OK


class Tally:
    """What a run of seconds amounts to."""

    def __init__(self) -> None:
        self.seconds = 0
        self._last: dict[str, Diagnosis] = {}  # of each finding the latest
        self._count: Counter[str] = Counter()

    def add(self, diagnosis: Diagnosis) -> None:
        """One more second."""
        self.seconds += 1
        self._last.pop(diagnosis.finding, None)
        self._last[diagnosis.finding] = diagnosis
        self._count[diagnosis.finding] += 1

    def summary(self) -> Summary:
        """The fault that was seen longest; without any how it was at the end."""
        faults = [one for one in self._last.values() if one.blame not in {Blame.OK, Blame.WAIT}]
        latest = list(self._last.values())[-1]
        worst = max(faults, key=lambda one: self._count[one.finding], default=latest)
        return Summary(worst, self._count[worst.finding], self.seconds)


def _seconds(runner: LinkRunner, settings: LinkSettings) -> Iterator[Second]:
    """The link as it is at the end of each second."""
    history = History(settings)
    began_s = time.monotonic()
    before = _sample(runner, began_s)
    history.add(before)
    for number in count(1):
        _keep_quiet(runner, began_s + number * TELL_EVERY_S)
        sample = _sample(runner, began_s)
        yield Second(before, sample, history.add(sample))
        before = sample


def _sample(runner: LinkRunner, began_s: float) -> Sample:
    return Sample(time.monotonic() - began_s, runner.status, runner.counters)


def _keep_quiet(runner: LinkRunner, until_s: float) -> None:
    """As a service that watches a rested driver: the MCU works, and shows nothing."""
    while (now_s := time.monotonic()) < until_s:
        runner.want(Alert(now_s), now_s)
        time.sleep(min(WANT_EVERY_S, until_s - now_s))
