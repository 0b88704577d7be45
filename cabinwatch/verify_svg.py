"""One drive as a drawing: what the driver did, what was shown, what was expected.

Knows SVG and the colours. Must not know verdicts of clauses or HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from alerts.types import Level
from cabinwatch.clauses import Check, Played, shown
from cabinwatch.verify_film import Film, Run

WIDTH, LEFT, RIGHT = 920.0, 84.0, 16.0  # px
_EYES_TOP, _EYES_HIGH = 8.0, 16.0
_HEAD_TOP, _HEAD_HIGH = 36.0, 56.0
_ALERT_TOP, _ALERT_HIGH = 104.0, 22.0
_WANTED_TOP, _WANTED_HIGH = 130.0, 8.0
_AXIS_TOP, HEIGHT = 146.0, 168.0
_HEAD_REACH_DEG = 60.0
_TICKS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600)
_MOST_TICKS = 12
_LETTER_PX = 6.0  # what a letter of the labels takes on the average

EYE_COLOURS = {"open": "#dfe9df", "closed": "#4a5568", "unseen": "#f0ece4"}
LEVEL_COLOURS = {
    Level.INFORMATION: "#a9cce3",
    Level.CAUTION: "#f6d365",
    Level.WARNING: "#f0985c",
    Level.CRITICAL: "#cf4a43",
}
YAW, PITCH = "#2b6cb0", "#b7791f"
_GOOD, _BAD, _QUIET = "#4c9a6a", "#cf4a43", "#8a8f98"


def timeline(played: Played) -> str:
    """The drive as one inline SVG element."""
    end_s = played.end_s or 1.0

    def x(t_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * t_s / end_s

    parts = [
        _labels(),
        *_bands(played.film.eyes.until(end_s), x),
        *_looks(played.film, x),
        *_alerts(played, x, end_s),
        *_wanted(played.checks, x, end_s),
        *_axis(x, end_s),
    ]
    title = escape(f"timeline of {played.name}")
    return f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{title}">{"".join(parts)}</svg>'


def _labels() -> str:
    rows = {"eyes": _EYES_TOP + 12, "head, gaze": _HEAD_TOP + 14, "alert": _ALERT_TOP + 15, "due": _WANTED_TOP + 8}
    names = "".join(_text(LEFT - 8, y, name, anchor="end") for name, y in rows.items())
    yaw = _text(LEFT - 8, _HEAD_TOP + 30, "aside", anchor="end", colour=YAW)
    return names + yaw + _text(LEFT - 8, _HEAD_TOP + 44, "up, down", anchor="end", colour=PITCH)


def _bands(eyes: Iterable[Run], x: Callable[[float], float]) -> list[str]:
    return [
        _rect(x(start_s), _EYES_TOP, x(until_s) - x(start_s), _EYES_HIGH, EYE_COLOURS[word], title=f"eyes {word}")
        for start_s, until_s, word in eyes
    ]


def _looks(film: Film, x: Callable[[float], float]) -> list[str]:
    middle = _HEAD_TOP + _HEAD_HIGH / 2.0
    zero = f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{middle}" y2="{middle}" stroke="#d9d9d4" stroke-width="1"/>'
    turned = [
        _rect(x(start_s), _HEAD_TOP, x(until_s) - x(start_s), _HEAD_HIGH, "#e8eef6", title="head turned too far")
        for start_s, until_s, word in film.turned.until(film.end_s)
        if word
    ]
    return [*turned, zero, _curve(film.pitch.until(film.end_s), x, PITCH), _curve(film.yaw.until(film.end_s), x, YAW)]


def _curve(runs: Iterable[Run], x: Callable[[float], float], colour: str) -> str:
    """Steps, with a gap wherever nothing was measured."""
    steps: list[str] = []
    pen = "M"  # move there, or draw a line (L) to it
    for start_s, until_s, word in runs:
        if word:
            y = _height(float(word))
            steps.append(f"{pen}{x(start_s):.1f} {y:.1f}L{x(until_s):.1f} {y:.1f}")
        pen = "L" if word else "M"
    return f'<path d="{"".join(steps)}" fill="none" stroke="{colour}" stroke-width="1.4"/>'


def _height(angle_deg: float) -> float:
    inside = max(-_HEAD_REACH_DEG, min(_HEAD_REACH_DEG, angle_deg))
    return _HEAD_TOP + _HEAD_HIGH * (0.5 - 0.5 * inside / _HEAD_REACH_DEG)


def _alerts(played: Played, x: Callable[[float], float], end_s: float) -> list[str]:
    out = [_rect(LEFT, _ALERT_TOP, WIDTH - LEFT - RIGHT, _ALERT_HIGH, "#f6f6f3")]
    for start_s, until_s, change in shown(played.changes, end_s):
        cause = (change.cause or "").replace("_", " ")
        words = f"{cause}, {change.level}, {change.t_s:.2f} s"
        wide = max(x(until_s) - x(start_s), 1.5)
        out.append(_rect(x(start_s), _ALERT_TOP, wide, _ALERT_HIGH, LEVEL_COLOURS[change.alert.level], title=words))
        fits = next((label for label in (words, cause) if wide > len(label) * _LETTER_PX + 6), None)
        if fits:
            out.append(_text(x(start_s) + 4, _ALERT_TOP + 15, fits, colour="#2d3036"))
    return out


def _wanted(checks: Sequence[Check], x: Callable[[float], float], end_s: float) -> list[str]:
    """A window for each alert that is due, a line for each silence."""
    out = []
    for check in checks:
        start_s, until_s = max(check.window_s[0], 0.0), min(check.window_s[1], end_s)
        colour, y = (_GOOD if check.passed else _BAD), _WANTED_TOP
        words = f"{check.wanted}: {check.window_s[0]:.2f} to {check.window_s[1]:.2f} s"
        if check.is_silence and check.passed and until_s - start_s >= end_s:
            continue  # that nothing else came is true of most drives and would cross every one of them
        if check.is_silence:
            line = _QUIET if check.passed else _BAD
            out.append(_rect(x(start_s), y + 3, x(until_s) - x(start_s), 2, line, title=words))
        else:
            out.append(_rect(x(start_s), y, max(x(until_s) - x(start_s), 3.0), _WANTED_HIGH, colour, title=words))
    return out


def _axis(x: Callable[[float], float], end_s: float) -> list[str]:
    step_s = next((step for step in _TICKS_S if end_s / step <= _MOST_TICKS), _TICKS_S[-1])
    out = []
    for t_s in range(0, int(end_s + 0.05) + 1, step_s):
        at = x(min(float(t_s), end_s))
        out.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{_EYES_TOP}" y2="{_AXIS_TOP}" stroke="#00000012"/>')
        out.append(_text(at, _AXIS_TOP + 14, f"{t_s} s", anchor="middle", colour=_QUIET))
    return out


def _rect(x: float, y: float, wide: float, high: float, colour: str, *, title: str = "") -> str:
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{colour}">{inner}</rect>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#5b6069") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="11">{escape(words)}</text>'
