"""What the doctor says: one finding a line, with the command that repairs it. Knows no check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Mark(str, Enum):
    """How good a finding is; in the order of their weight."""

    OK = "ok"
    WARN = "warn"  # works, but not as well as it could; or could not be looked at
    FAIL = "fail"  # drivers are not watched, or not as promised


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. Nothing in it tells who was seen: no picture, no landmark, no measurement of one face."""

    what: str
    mark: Mark
    found: str
    repair: str = ""  # a command, or what to do by hand; empty where nothing is to be done


def ok(what: str, found: str) -> Finding:
    return Finding(what, Mark.OK, found)


def warn(what: str, found: str, repair: str) -> Finding:
    return Finding(what, Mark.WARN, found, repair)


def fail(what: str, found: str, repair: str) -> Finding:
    return Finding(what, Mark.FAIL, found, repair)


def worst(findings: Iterable[Finding]) -> Mark:
    """The heaviest mark; OK where there is none."""
    order = list(Mark)
    return max((finding.mark for finding in findings), key=order.index, default=Mark.OK)
