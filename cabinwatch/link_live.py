"""The live view of the link: a panel that is drawn anew each second. Knows rich; decides nothing."""

from __future__ import annotations

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cabinwatch.link_view import Second, Summary, rows, summary_words, verdict_words
from firmware_bridge.diagnosis import Blame

WIDTH = 110
STYLES = {Blame.OK: "bold green", Blame.WAIT: "bold yellow"}  # everything else is red


class LiveView:
    """A panel on a terminal."""

    def __init__(self, port: str, console: Console | None = None) -> None:
        self._port = port
        self._console = console or Console()
        self._live = Live(auto_refresh=False, console=self._console)

    def __enter__(self) -> LiveView:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, second: Second) -> None:
        self._live.update(self._panel(second), refresh=True)

    def end(self, summary: Summary) -> None:
        self._live.stop()
        self._console.print(Text(summary_words(summary)))

    def _panel(self, second: Second) -> Panel:
        diagnosis = second.diagnosis
        style = STYLES.get(diagnosis.blame, "bold red")
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", width=10)
        grid.add_column()
        for name, text in rows(second):
            grid.add_row(name, Text(text))
        grid.add_row("", "")
        grid.add_row("verdict", Text(verdict_words(diagnosis), style=style))
        grid.add_row("evidence", Text(diagnosis.evidence))
        grid.add_row("to do", Text(diagnosis.remedy))
        return Panel(grid, title=f"cabinwatch link – {self._port} – {second.now.t_s:.0f} s", width=WIDTH)
