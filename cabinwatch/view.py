"""Shows a demo while it runs: a live view on a terminal, or a plain line a second. Knows rich; decides nothing."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Protocol, TextIO

from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alerts.types import Alert, Level
from cabinwatch.pipeline import Judged
from cabinwatch.trace import Row, costs_ms
from firmware_bridge.link import LinkStatus
from firmware_bridge.simulated import Outputs

LINE_EVERY_S = 1.0
DRAWS_PER_S = 10
BAR_WIDTH = 24
RECENT = 60  # rows behind the shown cost
STYLES = {
    Level.NONE: "green",
    Level.INFORMATION: "cyan",
    Level.CAUTION: "yellow",
    Level.WARNING: "dark_orange",
    Level.CRITICAL: "bold red",
}
LAMPS = (("lamp", "yellow"), ("buzzer", "dark_orange"), ("haptic", "magenta"), ("fault", "red"))


class View(Protocol):
    """What the demo needs of a view."""

    def __enter__(self) -> View: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, row: Row, judged: Judged, outputs: Outputs, link: LinkStatus) -> None: ...


class PlainView:
    """One line a second, for logs."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._told_s = -LINE_EVERY_S

    def __enter__(self) -> PlainView:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.flush()

    def show(self, row: Row, judged: Judged, outputs: Outputs, link: LinkStatus) -> None:
        if row.t_s - self._told_s < LINE_EVERY_S:
            return
        self._told_s = row.t_s
        eyes = f"eyes {_number(row.left, '.2f')}/{_number(row.right, '.2f')}"
        head = f"head {_number(row.yaw_deg, '+.0f')}/{_number(row.pitch_deg, '+.0f')} deg"
        on = "+".join(name for name, _ in LAMPS if getattr(outputs, name)) or "dark"
        cost = f"{_number(row.cost_ms, '.1f')} ms"
        up = "up" if link.up else "down"
        parts = (f"{row.t_s:5.1f} s", eyes, head, _alert_words(judged.alert), f"MCU {on}", f"link {up}", cost)
        self._out.write(" | ".join(parts) + "\n")
        self._out.flush()


class LiveView:
    """A panel that is drawn anew a few times a second."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._recent: deque[Row] = deque(maxlen=RECENT)
        self._drawn_s = -1.0
        self._live = Live(auto_refresh=False, transient=True)

    def __enter__(self) -> LiveView:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, row: Row, judged: Judged, outputs: Outputs, link: LinkStatus) -> None:
        self._recent.append(row)
        if row.t_s - self._drawn_s < 1 / DRAWS_PER_S:
            return
        self._drawn_s = row.t_s
        self._live.update(self._panel(row, judged, outputs, link), refresh=True)

    def _panel(self, row: Row, judged: Judged, outputs: Outputs, link: LinkStatus) -> Panel:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", width=9)
        grid.add_column()
        for name, shown in self._lines(row, judged, outputs, link):
            grid.add_row(name, shown)
        why = judged.alert.why.sentence() if judged.alert.why else ""
        body = Group(grid, Text(why, style="italic"))
        return Panel(body, title=f"cabinwatch – {self._title}", width=100, height=len(grid.rows) + 4)

    def _lines(
        self, row: Row, judged: Judged, outputs: Outputs, link: LinkStatus
    ) -> tuple[tuple[str, RenderableType], ...]:
        state = judged.state
        costs = costs_ms(list(self._recent))
        return (
            ("time", f"{row.t_s:.1f} s at {_number(state.speed_kmh, '.0f')} km/h"),
            ("driver", _driver(judged)),
            ("left eye", _bar(row.left)),
            ("right eye", _bar(row.right)),
            ("head", f"yaw {_number(row.yaw_deg, '+.0f')}°  pitch {_number(row.pitch_deg, '+.0f')}°"),
            ("PERCLOS", _perclos(judged)),
            ("alert", Text(_alert_words(judged.alert), style=STYLES[judged.alert.level])),
            ("MCU", _lamps(outputs)),
            ("link", Text(link.text, style="green" if link.up else "red")),
            ("vision", "no frame" if costs is None else f"{costs[0]:.1f} ms a frame"),
        )


def _driver(judged: Judged) -> Text:
    state = judged.state
    if not state.visible:
        return Text(f"not seen: {state.unseen_reason}", style="yellow")
    if state.eyes_closed:
        return Text(f"eyes closed for {state.closed_for_s:.1f} s", style="dark_orange")
    return Text("eyes open", style="green")


def _perclos(judged: Judged) -> str:
    perclos = judged.state.perclos
    return f"{perclos.value:.1%}" if perclos.value is not None else f"unknown: {perclos.reason}"


def _bar(openness: float | None) -> Text:
    if openness is None:
        return Text("unknown", style="yellow")
    full = round(min(max(openness, 0.0), 1.0) * BAR_WIDTH)
    return Text("█" * full + "░" * (BAR_WIDTH - full) + f" {openness:.2f}")


def _lamps(outputs: Outputs) -> Text:
    text = Text()
    for name, colour in LAMPS:
        on = getattr(outputs, name)
        text.append(f"{'●' if on else '○'} {name}   ", style=f"bold {colour}" if on else "dim")
    return text


def _alert_words(alert: Alert) -> str:
    if alert.level is Level.NONE:
        return "no alert"
    return f"{alert.level.name.lower()}: {alert.cause.name.lower().replace('_', ' ')}"


def _number(value: float | None, form: str) -> str:
    return "?" if value is None else f"{value:{form}}"
