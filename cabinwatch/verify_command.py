"""What `cabinwatch verify` does: judge, tell, write the page. Knows files. Must not know clauses or drawings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from alerts.settings import AlertSettings
from cabinwatch.verify import verify
from cabinwatch.verify_html import page
from cabinwatch.verify_log import verify_log
from cabinwatch.verify_text import lines


class ReportError(Exception):
    """The page cannot be written where it was wanted."""


def verify_and_tell(
    rules: Sequence[str], say: Callable[[str], None], *, log: str | None, settings: AlertSettings, html: Path | None
) -> bool:
    """Prints the clause report, writes it as HTML where asked for, and returns whether no clause failed.

    Args:
        rules: Names of bundled rule sets, or files.
        say: Takes one line, newline included.
        log: An observation log to judge in the place of the bundled scenarios; - is standard input.
        settings: Under which the log is judged: mounting of its camera, and how measures are taken.
        html: Where the page goes.

    Raises:
        ConfigError: A rule set does not exist or is broken.
        LogError: The log cannot be read.
        ReportError: The page cannot be written.
    """
    reports = verify(rules) if log is None else verify_log(rules, log, settings)
    for line in lines(reports):
        say(f"{line}\n")
    if html is not None:
        _write(html, page(reports, f"cabinwatch {version('cabinwatch')}"))
        say(f"report: {html}\n")
    return all(report.passed for report in reports)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{file}: cannot be written: {error.strerror}") from error
