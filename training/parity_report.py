"""The parity report as Markdown, as rows for the rule of release, and as a contact sheet.

Knows the shape of what training/parity.py collects. Must not know any network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.release import Rows

PROJECT = Path(__file__).resolve().parents[1]
TILE_PX, CAPTION_PX, COLUMNS = 144, 56, 8


def rows(name: str, figures: dict[str, dict[str, Any]], form: str) -> Rows:
    """What one form of a network reaches against teachers and labels, by output and condition."""
    return {
        f"{name}.{output}_{condition}_{'mae' if told['kind'] == 'error' else 'agreement'}": told[form]
        for output, by_condition in figures.items()
        for condition, figure in by_condition.items()
        if (told := figure["truth"]) is not None and form in told
    }


def markdown(report: dict[str, Any]) -> str:
    """A table a network, then what disagrees most."""
    return "\n".join(["# Parity: teacher, torch, FP32, INT8", "", _LEGEND, *(_part(n, p) for n, p in report.items())])


_LEGEND = """\
People held out, the same pictures for all forms of a network. "apart" is the mean / largest absolute difference of two
forms, "flips" the share of pictures in which the product would decide otherwise. "against the teacher" is the mean
difference from a teacher's value (a proxy) or, where a label is known, the share of decisions that agree with it;
torch, FP32 and INT8 in turn. Angles are the mean over yaw, pitch and roll."""


def _part(name: str, part: dict[str, Any]) -> str:
    head = ["output", "condition", "unit", "apart: torch–FP32", "FP32–INT8", "flips FP32–INT8", "against the teacher"]
    lines = ["", f"## {name}", "", _row(head), _row(["---"] * len(head))]
    for output, by_condition in part["figures"].items():
        lines += [_row([output, label, *_cells(figure)]) for label, figure in by_condition.items()]
    lines += ["", f"{part['cases']} pictures a condition. By these rows: {part['verdict']}."]
    return "\n".join([*lines, "", f"### Worst disagreements of {name}", "", *_worst(part["worst"])])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(figure: dict[str, Any]) -> list[str]:
    apart = {pair: f"{d['mean']:.2g} / {d['max']:.2g}" for pair, d in figure["apart"].items()}
    flips = figure["flips"].get("float32–int8")
    return [
        figure["unit"],
        apart["torch–float32"],
        apart.get("float32–int8", ""),
        "" if flips is None else f"{flips:.2%}",
        _told(figure["truth"]),
    ]


def _told(told: dict[str, Any] | None) -> str:
    if told is None:
        return ""
    as_text = "{:.4f}" if told["kind"] == "error" else "{:.2%}"
    forms = [as_text.format(value) for key, value in told.items() if key not in {"n", "kind"}]
    return f"{' → '.join(forms)} ({told['kind']}, n = {told['n']})"


def _worst(worst: list[dict[str, Any]]) -> list[str]:
    head = ["pair", "output", "condition", "picture", "difference", "values"]
    lines = [_row(head), _row(["---"] * len(head))]
    for one in worst:
        values = ", ".join(f"{form} {value:.3f}" for form, value in one["values"].items())
        cells = [one["pair"], one["output"], one["condition"], one["picture"], f"{one['difference']:.3g}", values]
        lines.append(_row(cells))
    return lines


class Sheet:
    """A contact sheet: what a network was shown, and what was said of it.

    Raises:
        SystemExit: The file lies inside the project, which holds no pictures of people.
    """

    def __init__(self, file: Path) -> None:
        if PROJECT in file.resolve().parents:
            raise SystemExit(f"{file}: no picture of a person may enter the project; choose a --sheet outside of it")
        self._file = file
        self._tiles: list[np.ndarray] = []

    def add(self, title: str, told: dict[str, Any], picture: np.ndarray) -> None:
        """One tile; the values are t(eacher or torch), f(loat32), i(nt8)."""
        tile = np.zeros((TILE_PX + CAPTION_PX, TILE_PX), np.uint8)
        grey = (255 * (picture - picture.min()) / max(float(np.ptp(picture)), 1e-6)).astype(np.uint8)
        scale = TILE_PX / max(grey.shape)
        large = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
        tile[: large.shape[0], : large.shape[1]] = large
        values = " ".join(f"{form[0]}{value:.2f}" for form, value in told["values"].items())
        for k, text in enumerate((title, f"{told['condition']} {told['difference']:.2g}", values)):
            cv2.putText(tile, text, (3, TILE_PX + 16 + 16 * k), cv2.FONT_HERSHEY_SIMPLEX, 0.36, 255, 1, cv2.LINE_AA)
        self._tiles.append(tile)

    def write(self) -> None:
        """The file, COLUMNS tiles a line; none where nothing disagreed."""
        blank = np.zeros((TILE_PX + CAPTION_PX, TILE_PX), np.uint8)
        tiles = [*self._tiles, *[blank] * (-len(self._tiles) % COLUMNS)]
        lines = [np.hstack(tiles[k : k + COLUMNS]) for k in range(0, len(tiles), COLUMNS)]
        if lines:
            cv2.imwrite(str(self._file), np.vstack(lines))
