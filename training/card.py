"""Stage 6: the model card, its prose from a template and every figure from a result file.

    python -m training.card --results DIR --out vision/models/README.md

The template (training/card.md) holds marks in double braces. FILE is the name of a result file below DIR, without
.json and with its folder, such as peer/yawn; FIGURE one of its figures; % writes a share as percent.

    {{row FILE FIGURE [%]}}      value | interval | n, three cells of a table
    {{value FILE FIGURE [%]}}    value (interval)
    {{note FILE FIGURE KEY}}     what else a figure carries, such as the group of worst_group_gap
    {{table FILE NAME}}          a whole table of the file
    {{by FILE}}                  who was measured
    {{networks}}                 the files that models.yaml lists

Knows marks and result files. Must not know networks. A figure that is not there, was taken on a part of the rows or on
other networks than those beside the card stops with its name.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

from vision.model import CATALOGUE, ModelEntry, catalogue

MARK = re.compile(r"\{\{\s*(.*?)\s*\}\}")
TEMPLATE = Path(__file__).with_name("card.md")
Json = dict[str, Any]


class Card:
    """Fills the marks of one template.

    Args:
        results: The folder of result files.
        models: The folder of the networks that the card describes; its sub-folders hold variants.
    """

    def __init__(self, results: Path, models: Path) -> None:
        self._results = results
        self._models = models
        folders = [models, *sorted(path.parent for path in models.glob(f"*/{CATALOGUE}"))]
        self._hashes = {entry.sha256 for folder in folders for entry in catalogue(folder).values()}
        self._marks: dict[str, Callable[..., str]] = {
            "row": self._row, "value": self._value, "note": self._note, "table": self._table, "by": self._by,
            "networks": self._networks,
        }  # fmt: skip

    def filled(self, template: str, name: str) -> str:
        """The text with every mark replaced."""
        lines = enumerate(template.splitlines(), start=1)
        return "\n".join(self._line(line, f"{name}, line {number}") for number, line in lines) + "\n"

    def _line(self, line: str, place: str) -> str:
        try:
            return MARK.sub(lambda mark: self._fill(mark[1]), line)
        except LookupError as error:
            raise SystemExit(f"card: {place}: {error.args[0]}") from error

    def _fill(self, mark: str) -> str:
        kind, *words = mark.split()
        if kind not in self._marks:
            raise LookupError(f"{kind!r}: no such mark; there are {', '.join(self._marks)}")
        fill = self._marks[kind]
        try:
            signature(fill).bind(*words)
        except TypeError as error:
            raise LookupError(f"{mark!r}: {error}; training/card.py says what a mark takes") from error
        return fill(*words)

    def _row(self, file: str, figure: str, unit: str = "") -> str:
        value, interval, result = _cells(self._figure(file, figure), unit)
        return f"{value} | {interval} | {result['n']:,}"

    def _value(self, file: str, figure: str, unit: str = "") -> str:
        value, interval, _ = _cells(self._figure(file, figure), unit)
        return f"{value} ({interval})"

    def _note(self, file: str, figure: str, key: str) -> str:
        result = self._figure(file, figure)
        if key not in result:
            raise LookupError(f"{self._path(file)}: {figure} carries no {key!r}; it carries {', '.join(result)}")
        return str(result[key])

    def _table(self, file: str, name: str) -> str:
        tables = self._read(file)["tables"]
        if name not in tables:
            raise LookupError(f"{self._path(file)}: no table {name!r}; it has {', '.join(tables) or 'none'}")
        columns, rows = tables[name]["columns"], tables[name]["rows"]
        lines = [columns, ["---"] * len(columns), *([_cell(cell) for cell in row] for row in rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _by(self, file: str) -> str:
        return str(self._read(file)["by"])

    def _networks(self) -> str:
        lines = ["| file | what it does | size | precision |", "|---|---|---|---|"]
        for entry in catalogue(self._models).values():
            size = (self._models / entry.file).stat().st_size / 1e6
            precision = getattr(entry, "precision", "float32")
            lines.append(f"| `{entry.file}` {_shapes(entry)} | {entry.description} | {size:.2f} MB | {precision} |")
        return "\n".join(lines)

    def _figure(self, file: str, name: str) -> Json:
        figures = self._read(file)["results"]
        if name not in figures:
            raise LookupError(f"{self._path(file)}: no figure {name!r}; it has {', '.join(figures)}")
        figure: Json = figures[name]
        return figure

    def _read(self, file: str) -> Json:
        path = self._path(file)
        if not path.is_file():
            raise LookupError(f"{path}: no such result; make it with training.evaluate … --out {path}")
        found: Json = json.loads(path.read_text(encoding="utf-8"))
        if found["every"] != 1:
            raise LookupError(f"{path}: measured on each {found['every']}th row only; measure it without --every")
        for name, network in found["networks"].items():
            if network["sha256"] not in self._hashes:
                raise LookupError(f"{path}: measured on another {name} than those in {self._models}; measure it again")
        return found

    def _path(self, file: str) -> Path:
        return self._results / f"{file}.json"


def _cells(result: Json, unit: str) -> tuple[str, str, Json]:
    """Value and interval as text."""
    if unit not in ("", "%"):
        raise LookupError(f"unit {unit!r}: only % is known")
    if result["value"] is None:
        return "not measured", "–", result
    value, low, high = (_number(result[key], unit) for key in ("value", "low", "high"))
    return (f"{value} %", f"{low}–{high} %", result) if unit else (value, f"{low}–{high}", result)


def _number(value: float, unit: str = "") -> str:
    """Three decimals for a share, one for a percent, two for what is larger."""
    if unit:
        return f"{100 * value:.1f}"
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:.2f}"


def _cell(cell: Any) -> str:
    if cell is None:
        return "–"
    return _number(cell) if isinstance(cell, float) else str(cell)


def _shapes(entry: ModelEntry) -> str:
    return ", ".join("×".join(map(str, tensor.shape)) for tensor in entry.inputs.values())


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the card."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="python -m training.card", description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="result files of training.evaluate")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the card")
    parser.add_argument("--models", type=Path, metavar="DIR", help="the networks; default: the folder of --out")
    parser.add_argument("--template", type=Path, default=TEMPLATE, metavar="FILE")
    args = parser.parse_args(arguments)
    card = Card(args.results, args.models or args.out.parent)
    args.out.write_text(card.filled(args.template.read_text(encoding="utf-8"), args.template.name), encoding="utf-8")


if __name__ == "__main__":
    main()
