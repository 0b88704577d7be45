"""`cabinwatch replay`: logs in, one line for each change of alert out, and the ledger of all of them.

Knows how a change reads, as JSON and to a person. Must not know how it came about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from alerts.settings import AlertSettings
from cabinwatch.ledger import Entry, Ledger
from cabinwatch.replay import Change, Changes, Judged, judge
from cabinwatch.replay_logs import read_log
from cabinwatch.rules import load_rules
from cabinwatch.sentences import sentence
from cabinwatch.sentences_words import Language

_DECIMALS = 3  # milliseconds


@dataclass(frozen=True, slots=True)
class Style:
    """How the lines are to be written."""

    json: bool = False
    ledger: bool = False
    language: Language = "en"


def replay(
    logs: Sequence[str],
    rules: Sequence[str],
    out: Callable[[str], None],
    style: Style,
    *,
    settings: AlertSettings,
    speed_kmh: float | None = None,
) -> None:
    """Judges each log as a trip of its own and writes every change of alert as it comes up.

    Args:
        logs: Files in the `observe` format; - is standard input.
        rules: Names of bundled rule sets, or files.
        out: Takes one line, newline included.
        style: How to write.
        settings: Mounting of the camera, and how measures are taken.
        speed_kmh: Taken where a log says nothing about the speed.

    Raises:
        LogError: A log cannot be read. What came before it has been written.
        ConfigError: A rule set does not exist or is broken.
    """
    ledger, sets = Ledger(), load_rules(rules)
    for log in logs:
        ledger.new_trip()
        many = log if len(logs) > 1 else None
        if many and not style.json:
            out(f"{log}:\n")
        for change in _changes(judge(read_log(log, speed_kmh=speed_kmh), sets, settings), ledger):
            out(_as_json(change, style.language, many) if style.json else _as_text(change, style.language))
    if style.ledger:
        out(_ledger_json(ledger) if style.json else _ledger_text(ledger))


def _changes(drive: Iterable[Judged], ledger: Ledger) -> Iterator[Change]:
    changes = Changes()
    for judged in drive:
        ledger.add(judged.state, judged.alert)
        change = changes.take(judged.alert)
        if change is not None:
            yield change


def _as_json(change: Change, language: Language, log: str | None) -> str:
    line: dict[str, Any] = {} if log is None else {"log": log}
    line |= {
        "t_s": round(change.t_s, _DECIMALS),
        "level": change.level,
        "rule": change.rule,
        "cause": change.cause,
        "text": sentence(change.alert, language),
    }
    return msgspec.json.encode(line).decode() + "\n"


def _as_text(change: Change, language: Language) -> str:
    cause = (change.cause or "").replace("_", " ")
    return f"{change.t_s:10.2f} s  {change.level:<11}  {cause:<16}  {sentence(change.alert, language)}\n"


def _ledger_json(ledger: Ledger) -> str:
    entries = [asdict(entry) for entry in ledger.entries()]
    return msgspec.json.encode({"ledger": entries, "hours": round(ledger.hours, 5)}).decode() + "\n"


def _ledger_text(ledger: Ledger) -> str:
    head = f"\ndriven: {ledger.hours:.3f} h\n{'cause':<17}alerts  critical  an hour  95 % interval\n"
    return head + "".join(
        f"{entry.cause.replace('_', ' '):<17}{entry.alerts:6d}  {entry.critical:8d}  {_rate(entry)}\n"
        for entry in ledger.entries()
    )


def _rate(entry: Entry) -> str:
    if entry.per_hour is None:
        return "nothing was driven"
    return f"{entry.per_hour:7.2f}  {entry.low_per_hour:.2f} to {entry.high_per_hour:.2f}"
