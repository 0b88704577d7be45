"""Findings for people and for programs: lines, rows in colours, or one JSON object (docs/doctor.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import TextIO

from cabinwatch.doctor.findings import Finding, Mark, worst

SCHEMA = 1  # of the JSON object; grows when a key goes or changes its meaning
_COLOURS = {Mark.OK: "green", Mark.WARN: "yellow", Mark.FAIL: "bold red"}
WHAT_WIDTH = 14  # of the second column

Named = tuple[str, Finding]  # with the check's name


def line(finding: Finding) -> str:
    """`mark  what  finding  → what repairs it`."""
    repair = f"  → {finding.repair}" if finding.repair else ""
    return f"{finding.mark.value:<4}  {finding.what:<{WHAT_WIDTH}}  {finding.found}{repair}\n"


def summary(found: Sequence[Named]) -> str:
    marks = [finding.mark for _, finding in found]
    return ", ".join(f"{marks.count(mark)} {mark.value}" for mark in Mark)


def as_json(found: Sequence[Named], config: str) -> str:
    """One object on one line."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "cabinwatch": version("cabinwatch"),
            "config": config,
            "verdict": worst(finding for _, finding in found).value,
            "findings": [
                {"check": check, "what": one.what, "mark": one.mark.value, "found": one.found, "repair": one.repair}
                for check, one in found
            ],
        },
        ensure_ascii=False,
    )


def print_row(finding: Finding, out: TextIO) -> None:
    """One row of a table in colours; needs rich, which comes with cabinwatch[terminal]."""
    from rich.console import Console  # noqa: PLC0415  # only where it is installed
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    row = Table.grid(padding=(0, 1))
    row.add_column(width=4)
    row.add_column(width=WHAT_WIDTH)
    row.add_column(overflow="fold")
    told = Text(finding.found)
    if finding.repair:
        told.append(f"\n→ {finding.repair}", style="cyan")
    row.add_row(Text(finding.mark.value, style=_COLOURS[finding.mark]), Text(finding.what), told)
    Console(file=out).print(row)
