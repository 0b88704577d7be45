"""Every fault, many times, and what came of it: `make fault-matrix`.

    python -m tests.faults [--runs N] [--only NAME] [--jobs N] [--quick] [--out FILE] [--markdown FILE]

Exit status 1: a bound was broken, or an alert was lost, late or stale.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.latency import processor
from tests.faults.matrix import FAULTS, Fault
from tests.faults.measure import RESOLUTION_MS, Run, run_undisturbed, verdicts
from tests.faults.rig import ELF, Rig, build

LONG_S = 10.0  # a fault that lasts so long is shared out among several boards
QUICK_S = 5.0  # … or, in haste, lasts so long
LOST = ("lost", "late", "stale")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault's runs."""

    fault: Fault
    runs: tuple[Run, ...]
    repeated: int  # runs that were given up because the machine did not keep time

    @property
    def wrong(self) -> list[str]:
        return [word for run in self.runs for word in verdicts(self.fault, run)]

    def record(self) -> dict[str, object]:
        """As the file of all runs holds it."""
        return {"wrong": self.wrong, "repeated": self.repeated, "runs": [asdict(run) for run in self.runs]}

    def cells(self) -> list[str]:
        """As the table shows it."""
        fault, runs = self.fault, self.runs
        cpu = [run.cpu for run in runs if run.cpu is not None]
        what = "alert → lamp" if fault.works else "fault → safe"
        return [
            fault.name,
            what,
            _bound(fault.safe_ms),
            _spread([run.safe_ms for run in runs]) if fault.safe_ms else "–",
            _bound(fault.normal_ms),
            _spread([run.normal_ms for run in runs]),
            _bound(fault.said_ms),
            _spread([run.said_ms for run in runs]) if fault.said_ms else "–",
            f"{max(run.oldest_ms for run in runs):.0f}",
            " / ".join(str(self.wrong.count(word)) for word in LOST),
            f"{100 * max(cpu):.0f} %" if cpu else "–",
            f"{len(runs)} ({self.repeated} again)" if self.repeated else str(len(runs)),
            "pass" if not self.wrong else "FAIL: " + ", ".join(sorted(set(self.wrong))),
        ]


HEAD = ("fault", "measured", "bound", "min / median / max", "bound", "repair → normal", "bound", "host says so")
HEAD += ("oldest lit", "lost / late / stale", "CPU", "n", "verdict")


def _bound(ms: float | None) -> str:
    return "–" if ms is None else f"{ms:.0f}"


def _spread(times_ms: list[float | None]) -> str:
    known = [ms for ms in times_ms if ms is not None]
    if not known:
        return "never"
    never = f" ({len(times_ms) - len(known)} never)" if len(known) < len(times_ms) else ""
    return f"{min(known):.0f} / {statistics.median(known):.0f} / {max(known):.0f}{never}"


def measure(name: str, runs: int, seed: int, hold_s: float) -> list[tuple[Run, int]]:
    """Some runs of one fault, on a board of their own."""
    fault, source = replace(FAULTS[name], hold_s=hold_s), random.Random(seed)
    with Rig(ELF, baud=fault.baud, period_s=fault.period_s, seed=seed) as rig:
        return [run_undisturbed(rig, fault, source) for _ in range(runs)]


def matrix(names: list[str], runs: int, jobs: int, *, quick: bool) -> list[Row]:
    """All of it, on some boards at a time; the longest begin."""
    with ProcessPoolExecutor(jobs) as pool:
        pending: dict[str, list[Future[list[tuple[Run, int]]]]] = {}
        for name in names:
            hold_s = min(FAULTS[name].hold_s, QUICK_S) if quick else FAULTS[name].hold_s
            shares = jobs if hold_s > LONG_S else 1
            counts = [len(range(share, runs, shares)) for share in range(shares)]
            pending[name] = [pool.submit(measure, name, count, share, hold_s) for share, count in enumerate(counts)]
        rows = []
        for name, futures in pending.items():
            runs_of, repeated = zip(*(each for future in futures for each in future.result()), strict=True)
            row = Row(FAULTS[name], runs_of, sum(repeated))
            sys.stderr.write(f"{name}: {row.cells()[-1]}\n")
            rows.append(row)
    return rows


def table(rows: list[Row]) -> str:
    """For people."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (map(str.ljust, line, widths) for line in lines)
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def markdown(rows: list[Row]) -> str:
    """For docs/faults.md."""
    lines = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def setting(jobs: int, took_s: float, rows: list[Row]) -> dict[str, object]:
    """What the figures belong to."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "boards at a time": jobs,
        "minutes": round(took_s / 60, 1),
        "resolution_ms": RESOLUTION_MS,
        "behind_ms": round(max(run.behind_ms for row in rows for run in row.runs), 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="every fault, many times")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument(
        "--only", choices=FAULTS, metavar="NAME", action="append", help="a fault's name; may come again"
    )
    parser.add_argument("--jobs", type=int, default=3, help="boards at a time")
    parser.add_argument("--quick", action="store_true", help=f"no fault lasts longer than {QUICK_S:g} s")
    parser.add_argument("--out", type=Path, help="all runs as JSON")
    parser.add_argument("--markdown", type=Path, help="the table for docs/faults.md")
    options = parser.parse_args()
    build()
    began_s = time.monotonic()
    rows = matrix(options.only or list(FAULTS), options.runs, options.jobs, quick=options.quick)
    about = setting(options.jobs, time.monotonic() - began_s, rows)
    sys.stdout.write(f"{table(rows)}\n{', '.join(f'{name} {value}' for name, value in about.items())}\n")
    if options.out:
        faults = {row.fault.name: row.record() for row in rows}
        options.out.write_text(json.dumps({"setting": about, "faults": faults}, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(markdown(rows))
    return 1 if any(row.wrong for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
