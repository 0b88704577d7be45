"""Draws a run as one picture: what vision measured, what the rules said, what the microcontroller showed.

Knows matplotlib. Must not know how the run came about.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alerts.types import Cause, Level
from cabinwatch.trace import Row, Trace

mpl.use("Agg")  # a file, no window

_LEFT, _RIGHT, _CLOSED = "#1f77b4", "#d95f02", "#666666"
_LEVELS = {
    Level.INFORMATION: "#9ecae1",
    Level.CAUTION: "#fdd049",
    Level.WARNING: "#f58518",
    Level.CRITICAL: "#c1272d",
}
_LAMPS = (("lamp", "#e6a700"), ("buzzer", "#f58518"), ("haptic", "#7b3294"), ("fault", "#c1272d"))
LANES, WORDS_SHARE = 5, 0.16  # of the words over the alerts; how much of the picture's width they take
HEAD_DEG = 25.0  # the axis shows at least this much: a steady head must look steady
_NAN = float("nan")


def draw(trace: Trace, title: str, file: Path) -> None:
    """Writes the picture as PNG."""
    figure = Figure(figsize=(12, 9.5), dpi=110, layout="constrained")
    eyes, closed, head, rules, lamps = figure.subplots(5, 1, sharex=True, height_ratios=[2.2, 1.2, 1.8, 1.4, 1.3])
    figure.suptitle(title, fontsize=13)
    _draw_eyes(eyes, trace.rows)
    _draw_closed(closed, trace.rows)
    _draw_head(head, trace.rows)
    _draw_alerts(rules, trace.rows)
    _draw_outputs(lamps, trace)
    for axes in (eyes, closed, head, rules, lamps):
        axes.spines[["top", "right"]].set_visible(False)
    lamps.set_xlabel("time [s]")
    lamps.set_xlim(0, _end_s(trace.rows))
    figure.savefig(file)


def _draw_eyes(axes: Axes, rows: Sequence[Row]) -> None:
    t_s = [row.t_s for row in rows]
    axes.plot(t_s, [_known(row.left) for row in rows], color=_LEFT, lw=1.1, label="left eye")
    axes.plot(t_s, [_known(row.right) for row in rows], color=_RIGHT, lw=1.1, label="right eye")
    axes.set_ylabel("openness\n0 closed, 1 open")
    axes.set_ylim(-0.05, 1.45)
    axes.legend(loc="lower right", ncols=2, fontsize=8, framealpha=0.85, edgecolor="none")
    axes.grid(axis="y", alpha=0.25)


def _draw_closed(axes: Axes, rows: Sequence[Row]) -> None:
    t_s, closed = [row.t_s for row in rows], [_known(row.closed) for row in rows]
    axes.fill_between(t_s, closed, color=_CLOSED, alpha=0.35, lw=0)
    axes.plot(t_s, closed, color=_CLOSED, lw=0.9)
    axes.axhline(0.5, color="black", lw=0.7, ls=":")
    axes.set_ylabel("P(closed)\nmore closed eye")
    axes.set_ylim(0, 1.05)


def _draw_head(axes: Axes, rows: Sequence[Row]) -> None:
    t_s = [row.t_s for row in rows]
    axes.plot(t_s, [_known(row.yaw_deg) for row in rows], color=_LEFT, lw=1.1, label="yaw, + to the image's right")
    axes.plot(t_s, [_known(row.pitch_deg) for row in rows], color=_RIGHT, lw=1.1, label="pitch, + up")
    axes.axhline(0, color="black", lw=0.5, alpha=0.4)
    low_deg, high_deg = axes.get_ylim()
    axes.set_ylim(min(low_deg, -HEAD_DEG), max(high_deg, HEAD_DEG))
    axes.set_ylabel("head [°]\ncamera's frame")
    axes.legend(loc="lower right", ncols=2, fontsize=8, framealpha=0.85, edgecolor="none")
    axes.grid(axis="y", alpha=0.25)


def _draw_alerts(axes: Axes, rows: Sequence[Row]) -> None:
    """A bar for each stretch of one level and cause, with its words in the lowest lane that is free there."""
    free_s = [0.0] * LANES
    for first, end_s in _stretches(rows):
        level, cause = first.alert.level, first.alert.cause
        if level is Level.NONE:
            continue
        axes.barh(0, end_s - first.t_s, left=first.t_s, height=0.8, color=_LEVELS[level])
        lane = next((lane for lane in range(LANES) if free_s[lane] <= first.t_s), LANES - 1)
        free_s[lane] = first.t_s + WORDS_SHARE * _end_s(rows)
        axes.plot([first.t_s] * 2, [0.4, 0.7 + lane], color="#777777", lw=0.6)
        axes.text(first.t_s, 0.6 + lane, f" {level.name.lower()}: {_words(cause)}", fontsize=8)
    if all(row.alert.level is Level.NONE for row in rows):
        axes.text(0.5, 0.4, "no alert was due", ha="center", transform=axes.transAxes, color="#777777")
    axes.set_ylim(-0.5, 0.8 + LANES)
    axes.set_yticks([0], ["alert"])


def _draw_outputs(axes: Axes, trace: Trace) -> None:
    end_s = _end_s(trace.rows)
    for place, (name, colour) in enumerate(reversed(_LAMPS)):
        axes.axhline(place, color="#cccccc", lw=0.8, zorder=1)
        for begin_s, until_s in _lit(trace, name, end_s):
            axes.barh(place, until_s - begin_s, left=begin_s, height=0.7, color=colour, zorder=2)
    axes.set_yticks(range(len(_LAMPS)), [name for name, _ in reversed(_LAMPS)])
    axes.set_ylim(-0.6, len(_LAMPS) - 0.4)
    axes.set_ylabel("microcontroller's\noutputs")


def _lit(trace: Trace, name: str, end_s: float) -> list[tuple[float, float]]:
    """When this output was on."""
    changes = [(max(t_s, 0.0), bool(getattr(outputs, name))) for t_s, outputs in trace.outputs]
    ends_s = [*(t_s for t_s, _ in changes[1:]), end_s]
    pieces = [(t_s, min(until_s, end_s)) for (t_s, on), until_s in zip(changes, ends_s, strict=False) if on]
    return [(begin_s, until_s) for begin_s, until_s in pieces if until_s > begin_s]


def _stretches(rows: Sequence[Row]) -> list[tuple[Row, float]]:
    """The first row of each run of one level and cause, and when the run ended."""
    starts = [
        row
        for before, row in zip([None, *rows], rows, strict=False)
        if before is None or (before.alert.level, before.alert.cause) != (row.alert.level, row.alert.cause)
    ]
    return list(zip(starts, [row.t_s for row in starts[1:]] + [_end_s(rows)], strict=True))


def _known(value: float | None) -> float:
    return _NAN if value is None else value  # a gap in the curve


def _words(cause: Cause) -> str:
    return cause.name.lower().replace("_", " ")


def _end_s(rows: Sequence[Row]) -> float:
    return rows[-1].t_s if rows else 1.0
