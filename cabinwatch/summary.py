"""What a demo run proved, in a table. Knows what must have worked. Must not claim what the clip did not show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from alerts.types import Alert
from cabinwatch.trace import Row, Trace, alerts_shown, closures_s, costs_ms, share
from firmware_bridge.link import LinkStatus

TABLE_WIDTH = 100
LAMP_S = 0.5  # an alert that takes longer to the lamp did not get there


@dataclass(frozen=True, slots=True)
class Result:
    """Lines for the table, and what did not work."""

    facts: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures


def judge(trace: Trace, link: LinkStatus) -> Result:
    """Adds a run up."""
    rows = trace.rows
    lags_s = lamp_lags_s(trace)
    facts = (
        ("clip", f"{len(rows)} samples in {_length_s(rows):.1f} s"),
        ("face found", f"{share([row.face for row in rows]):.1%} of samples"),
        ("eyes judged", f"{share([row.eyes_closed is not None for row in rows]):.1%} of samples"),
        ("eyes closed", _closures(rows)),
        ("alerts", _alerts(rows) or "no alert was due"),
        ("lamp", _lamp(lags_s)),
        ("vision", _cost(rows)),
        ("link", _link(link)),
    )
    return Result(facts, tuple(_failures(rows, link, lags_s)))


def show(result: Result, picture: Path | None) -> None:
    """Prints the table; ends with what did not work, if anything."""
    table = Table(title="What the demo showed", show_header=False, width=TABLE_WIDTH, title_justify="left")
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    drawn = "not drawn: matplotlib is not installed" if picture is None else str(picture)
    for name, fact in (*result.facts, ("timeline", drawn)):
        table.add_row(name, fact)
    console = Console(width=TABLE_WIDTH, highlight=False)
    console.print(table, markup=False)
    for failure in result.failures:
        console.print(f"FAILED: {failure}", markup=False, style="red")


def _failures(rows: Sequence[Row], link: LinkStatus, lags_s: Sequence[float | None]) -> list[str]:
    checks = (
        (any(row.face for row in rows), "no face in any frame of the clip"),
        (link.counters.received > 0, f"the link never came up: {link.text}"),
        (None not in lags_s, f"the lamp did not follow {lags_s.count(None)} of {len(lags_s)} alerts within {LAMP_S} s"),
    )
    return [words for worked, words in checks if not worked]


def lamp_lags_s(trace: Trace) -> list[float | None]:
    """For each alert: how long until it was lit, on the microcontroller's own record.

    None: not within `LAMP_S`. An alert that finds the lamp lit by the one before has no lag.
    """
    return [
        next((lit_s - t_s for lit_s in _lit_s(trace, t_s) if lit_s <= t_s + LAMP_S), None)
        for t_s, _ in alerts_shown(trace.rows)
    ]


def _lit_s(trace: Trace, t_s: float) -> Iterator[float]:
    """When the lamp showed an alert: at `t_s` already, and each later change to it."""
    before = [outputs for changed_s, outputs in trace.outputs if changed_s <= t_s]
    if before and before[-1].lamp and before[-1].why == "state":
        yield t_s
    yield from (at_s for at_s, outputs in trace.outputs if at_s > t_s and outputs.lamp and outputs.why == "state")


def _lamp(lags_s: Sequence[float | None]) -> str:
    if not lags_s:
        return "dark, as it should be"
    seen = [lag_s for lag_s in lags_s if lag_s is not None]
    slowest = f", at most {max(seen) * 1000:.0f} ms after it" if seen else ""
    return f"followed {len(seen)} of {len(lags_s)} alerts{slowest}"


def _alerts(rows: Sequence[Row]) -> str:
    start_s = rows[0].t_s if rows else 0.0
    return "\n".join(_alert(t_s - start_s, alert) for t_s, alert in alerts_shown(rows))


def _alert(t_s: float, alert: Alert) -> str:
    why = f": {alert.why.sentence()}" if alert.why else ""
    return f"{t_s:.2f} s {alert.level.name.lower()}{why}"


def _closures(rows: Sequence[Row]) -> str:
    found = closures_s(rows)
    if not found:
        return "never"
    return f"{'once' if len(found) == 1 else f'{len(found)} times, the longest'} for {max(found):.2f} s"


def _cost(rows: Sequence[Row]) -> str:
    costs = costs_ms(rows)
    return "no frame was measured" if costs is None else f"{costs[0]:.1f} ms a frame, 95 % under {costs[1]:.1f} ms"


def _link(link: LinkStatus) -> str:
    refused = sum(link.counters.refused.values())
    return f"{link.counters.sent} frames sent, {link.counters.received} received, {refused} refused; {link.text}"


def _length_s(rows: Sequence[Row]) -> float:
    return rows[-1].t_s - rows[0].t_s if rows else 0.0
