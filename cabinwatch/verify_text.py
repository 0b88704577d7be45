"""The clause report as lines for a terminal. Knows columns and words. Must not know how anything was judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cabinwatch.clauses import Check
from cabinwatch.verify import Clause, Evidence, Report, Verdict


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """The report, line by line, without line ends."""
    for report in reports:
        yield f"{report.name}: {report.title}"
        for clause in report.clauses:
            yield f"  {clause.verdict.value:<14}  {clause.rule.partition('/')[2]:<22}  {summary(clause)}"
            yield from (f"    {failure(one)}" for one in clause.failures)
        yield from (f"  broken outside any clause: {failure(one)}" for one in report.stray_failures)
        yield f"  {totals(report.clauses)}"


def summary(clause: Clause) -> str:
    """What was measured, in one line."""
    if not clause.evidence:
        return f"nothing here touches it ({clause.clause})"
    shown, count = clause.measured, len(clause.evidence)
    checks = f"{count} check{'s' if count > 1 else ''}"
    if shown is None:
        return f"{checks}, all of them silence ({clause.clause})"
    return f"{measured(shown.check)}; {checks} ({clause.clause})"


def measured(check: Check) -> str:
    """The time found beside the time asked for."""
    window = f"{check.window_s[0]:.2f} to {check.window_s[1]:.2f} s"
    came = "never" if check.measured_s is None else f"at {check.measured_s:.2f} s"
    if check.is_silence:
        return f"{check.wanted} from {window}: {'kept' if check.passed else f'broken {came}'}"
    return f"{check.wanted}: {came}, due {window}"


def failure(one: Evidence) -> str:
    """Which drive broke it, and how."""
    return f"{one.played.name} ({one.played.how}): {measured(one.check)}"


def totals(clauses: Iterable[Clause]) -> str:
    """How many of each verdict."""
    found = [clause.verdict for clause in clauses]
    return ", ".join(f"{found.count(verdict)} {verdict.value}" for verdict in Verdict)
