"""The clause report as one HTML file that needs nothing from anywhere else.

Knows HTML and how the page is laid out. Must not know how anything was judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from cabinwatch.clauses import Check, Played
from cabinwatch.verify import Clause, Report, Verdict
from cabinwatch.verify_svg import EYE_COLOURS, LEVEL_COLOURS, timeline
from cabinwatch.verify_text import failure, totals

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fafaf7; color: #2d3036; font: 15px/1.5 system-ui, "Segoe UI", Helvetica, sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; font-weight: 600; margin: 0 0 4px; }
h2 { font-size: 19px; font-weight: 600; margin: 44px 0 4px; }
h3 { font-size: 15px; font-weight: 600; margin: 0; }
p { margin: 4px 0 12px; color: #5b6069; }
a { color: inherit; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: #8a8f98; padding: 4px 12px 4px 0; }
td { padding: 6px 12px 6px 0; border-top: 1px solid #ebebe6; vertical-align: top; }
td.rule { font-weight: 600; white-space: nowrap; }
td.time { white-space: nowrap; }
.verdict { display: inline-block; min-width: 92px; text-align: center; border-radius: 9px; font-size: 12px; }
.pass { background: #e3f1e7; color: #2f6f49; }
.fail { background: #fae3e1; color: #a32f28; font-weight: 600; }
.none { background: #eeeeea; color: #767b84; }
section { background: #fff; border: 1px solid #ebebe6; border-radius: 8px; padding: 14px 18px; margin: 14px 0; }
section p { font-size: 13.5px; margin: 2px 0 8px; }
svg { width: 100%; height: auto; display: block; font-family: inherit; }
summary { cursor: pointer; color: #8a8f98; font-size: 13px; }
ul { margin: 6px 0 0; padding-left: 18px; color: #a32f28; font-size: 13.5px; }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin: 0 5px 0 14px; }
footer { margin-top: 40px; color: #8a8f98; font-size: 13px; }
"""


def page(reports: Sequence[Report], made_by: str) -> str:
    """The whole file. `made_by` says which version ran, on what."""
    names = ", ".join(report.name for report in reports)
    body = "".join(map(_report, reports))
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>Clause report: {escape(names)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>Clause report</h1><p>{escape(names)}: {escape(_all(reports))}.</p>{_legend()}{body}"
        f"<footer>{escape(made_by)}. An alert that is due has 0.2 s on either side, and two frames on top. "
        "A passed clause is no certificate.</footer></main></body>\n</html>\n"
    )


def _all(reports: Sequence[Report]) -> str:
    return totals(clause for report in reports for clause in report.clauses)


def _legend() -> str:
    colours = {f"eyes {word}": colour for word, colour in EYE_COLOURS.items()}
    colours |= {level.name.lower(): colour for level, colour in LEVEL_COLOURS.items()}
    keys = "".join(f'<span class="key" style="background:{colour}"></span>{word}' for word, colour in colours.items())
    return f"<p>{keys}</p>"


def _report(report: Report) -> str:
    rows = "".join(map(_row, report.clauses))
    head = "<tr><th>verdict</th><th>rule</th><th>alert</th><th>measured</th><th>due</th><th>clause</th></tr>"
    strays = "".join(f"<li>{escape(failure(one))}</li>" for one in report.stray_failures)
    drives: dict[str, list[Played]] = {}
    for played in report.drives:
        drives.setdefault(played.name, []).append(played)
    shown = f"<h2>Drives of {escape(report.name)}</h2>{''.join(map(_drive, drives.values()))}" if drives else ""
    return (
        f"<h2>{escape(report.name)}</h2><p>{escape(report.title)}: {totals(report.clauses)}</p>"
        f"<table>{head}{rows}</table>{f'<ul>{strays}</ul>' if strays else ''}"
        f"{shown}"
    )


def _row(clause: Clause) -> str:
    measured, due, alert = "–", "–", "silence only" if clause.evidence else "–"
    if clause.measured:
        check = clause.measured.check
        measured, due, alert = _came(check), _window(check), check.wanted
    return (
        f'<tr><td>{_pill(clause.verdict)}</td><td class="rule">{escape(clause.rule.partition("/")[2])}</td>'
        f'<td>{escape(alert)}</td><td class="time">{measured}</td><td class="time">{due}</td>'
        f"<td>{escape(clause.clause)} [{escape(clause.mark)}]</td></tr>"
    )


def _pill(verdict: Verdict) -> str:
    kind = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.NOT_APPLICABLE: "none"}[verdict]
    return f'<span class="verdict {kind}">{verdict.value}</span>'


def _drive(variants: Sequence[Played]) -> str:
    """The first that failed, or the first of all; the others in a line."""
    shown = next((played for played in variants if not played.passed), variants[0])
    verdict = Verdict.PASS if shown.passed else Verdict.FAIL
    others = f" One of {len(variants)}: {_passed(variants)}." if len(variants) > 1 else ""
    return (
        f"<section><h3>{_pill(verdict)} {escape(shown.name)}</h3>"
        f"<p>{escape(shown.story)} <span>Drawn: {escape(shown.how)}.{others}</span></p>"
        f"{timeline(shown)}{_checks(shown.checks)}</section>"
    )


def _passed(variants: Sequence[Played]) -> str:
    good = sum(played.passed for played in variants)
    return "all of them pass" if good == len(variants) else f"{good} of them pass"


def _checks(checks: Iterable[Check]) -> str:
    rows = "".join(
        f"<tr><td>{_pill(Verdict.PASS if check.passed else Verdict.FAIL)}</td><td>{escape(check.wanted)}</td>"
        f'<td class="time">{_came(check)}</td><td class="time">{_window(check)}</td>'
        f"<td>{escape(', '.join(check.proves) or 'for all')}</td></tr>"
        for check in checks
    )
    head = "<tr><th></th><th>wanted</th><th>measured</th><th>when</th><th>proves</th></tr>"
    return f"<details><summary>checks</summary><table>{head}{rows}</table></details>"


def _came(check: Check) -> str:
    if check.measured_s is None:
        return "kept" if check.is_silence else "never"
    return f"{check.measured_s:.2f} s"


def _window(check: Check) -> str:
    return f"{check.window_s[0]:.2f} – {check.window_s[1]:.2f} s"
