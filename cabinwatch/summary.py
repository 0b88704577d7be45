"""What a demo run proved, in a table. Knows what must have worked. Must not claim what the clip did not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from alerts.types import Alert
from cabinwatch.trace import Row, Trace, alerts_shown, closures_s, costs_ms, share
from firmware_bridge.link import LinkStatus

TABLE_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Result:
    """Lines for the table, and what did not work."""

    facts: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures


def judge(trace: Trace, link: LinkStatus, clip: str, covered: str) -> Result:
    """Adds a run up; `clip` and `covered` are the names of its two acts."""
    played, dark = trace.of(clip), trace.of(covered)
    lit_s = _first_lamp_s(trace, dark)
    facts = (
        ("clip", f"{len(played)} samples in {_length_s(played):.1f} s"),
        ("face found", f"{share([row.face for row in played]):.1%} of samples"),
        ("eyes judged", f"{share([row.eyes_closed is not None for row in played]):.1%} of samples"),
        ("eyes closed", _closures(played)),
        ("alerts in the clip", _alerts(played) or "no alert was due"),
        ("camera covered", _alerts(dark) or "no alert, though one was due"),
        ("lamp lit", "never" if lit_s is None else f"{lit_s:.2f} s after the camera was covered"),
        ("vision", _cost(played)),
        ("link", _link(link)),
    )
    return Result(facts, tuple(_failures(played, link, lit_s)))


def show(result: Result, picture: Path) -> None:
    """Prints the table; ends with what did not work, if anything."""
    table = Table(title="What the demo showed", show_header=False, width=TABLE_WIDTH, title_justify="left")
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name, fact in (*result.facts, ("timeline", str(picture))):
        table.add_row(name, fact)
    console = Console(width=TABLE_WIDTH, highlight=False)
    console.print(table, markup=False)
    for failure in result.failures:
        console.print(f"FAILED: {failure}", markup=False, style="red")


def _failures(played: Sequence[Row], link: LinkStatus, lit_s: float | None) -> list[str]:
    checks = (
        (any(row.face for row in played), "no face in any frame of the clip"),
        (link.counters.received > 0, f"the link never came up: {link.text}"),
        (lit_s is not None, "the lamp stayed dark while the camera was covered"),
    )
    return [words for worked, words in checks if not worked]


def _first_lamp_s(trace: Trace, dark: Sequence[Row]) -> float | None:
    """From the covering of the camera to the lamp, on the microcontroller's own record."""
    if not dark:
        return None
    covered_s = dark[0].t_s
    lit = [t_s for t_s, outputs in trace.outputs if outputs.lamp and outputs.why == "state" and t_s >= covered_s]
    return lit[0] - covered_s if lit else None


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
