"""`cabinwatch doctor`: looks at everything the service needs and says what is wrong and what repairs it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from cabinwatch.doctor import show
from cabinwatch.doctor.examine import CHECKS, Patient, examine, meet
from cabinwatch.doctor.findings import Finding, Mark, worst

Say = Callable[[str], None]


def doctor(config: Path | None, say: Say, *, as_json: bool) -> bool:
    """Says every finding as it comes, or one JSON object at the end; True where nothing failed.

    Args:
        config: The config to check; None takes the one at its usual place, else the defaults.
        say: Takes text with its line ends.
        as_json: For programs.
    """
    logging.getLogger().addHandler(logging.NullHandler())  # what the link logs, a finding says better
    patient = meet(config)
    found: list[show.Named] = []
    tell = _teller(say)
    for name, finding in examine(patient, CHECKS):
        found.append((name, finding))
        if not as_json:
            tell(finding)
    say(show.as_json(found, _path(patient)) + "\n" if as_json else show.summary(found) + "\n")
    return worst(finding for _, finding in found) is not Mark.FAIL


def _teller(say: Say) -> Callable[[Finding], None]:
    """In colours on a terminal where rich is installed, else plain."""
    if sys.stdout is not None and sys.stdout.isatty() and find_spec("rich") is not None:
        return partial(show.print_row, out=sys.stdout)
    return lambda finding: say(show.line(finding))


def _path(patient: Patient) -> str:
    return "" if patient.settings.path is None else str(patient.settings.path)
