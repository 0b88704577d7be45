"""Simulated drives through the real vision: `python -m benchmarks.drives`.

    alert-hour   drivers who are awake, by lot: every alert is a false one, counted an hour with its interval
    scenarios    the simulator's own scenarios: is each warning shown when the exact truth says that it is due?

Three stages, each resting on what the one before left in DIR: `render` draws the clips that are missing (about as long
as the drives themselves), `observe` sends every clip through the vision (minutes), `judge` tells what the rules made
of it (seconds). Clips are kept: other networks are measured with `--stages observe judge --model FOLDER`.

    LP_NUM_THREADS=1 OMP_NUM_THREADS=1 python -m benchmarks.drives alert-hour --out DIR [--seed 2026]
    python -m benchmarks.drives scenarios --out DIR --rules house,ncap-2026
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.drives import clips, due, hour
from benchmarks.drives.lots import DRIVE_S, SPEED_KMH, TRYING_OUT
from benchmarks.drives.observing import SEEN, SEEN_BY, networks, observe
from benchmarks.drives.recording import Recording, read
from cabinwatch import verify_text
from cabinwatch.config import ConfigError
from cabinwatch.replay_logs import LogError
from cabinwatch.rules import load_rules
from cabinwatch.verify_html import page
from simulator.types import SimulatorError
from vision.model import ModelError

STAGES = ("render", "observe", "judge")
REPORTED_SEED = 2026


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    asked = _parser().parse_args(argv)
    try:
        _run(asked)
    except (SimulatorError, ModelError, LogError, ConfigError) as error:
        sys.stderr.write(f"drives: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("drives: interrupted; what is finished is kept, run it again to go on\n")
        return 130
    return 0


def _run(asked: argparse.Namespace) -> None:
    wanted = asked.wanted(asked)
    if "render" in asked.stages:
        clips.render(wanted, asked.out, clips.Look(asked.width, asked.height, asked.fps), workers=asked.workers)
    drives = clips.finished(asked.out, wanted)
    if not drives:
        raise SimulatorError(f"{asked.out}: no clip is finished there; begin with --stages render")
    if "observe" in asked.stages:
        observe(drives, asked.model, workers=asked.workers)
        (asked.out / SEEN_BY).write_text(networks(asked.model) + "\n", encoding="utf-8")
    if "judge" in asked.stages:
        seen = [drive for drive in drives if (drive / SEEN).exists()]
        if not seen:
            raise SimulatorError(f"{asked.out}: no drive was observed there; add the stage observe")
        _say(f"{len(seen)} of {len(wanted)} drives, seen by {(asked.out / SEEN_BY).read_text(encoding='utf-8')}")
        asked.judge(asked, [read(drive) for drive in seen])


def _alert_hour(asked: argparse.Namespace) -> dict[str, str]:
    if "render" in asked.stages:
        count = math.ceil(asked.minutes * 60.0 / asked.drive_s)
        clips.deal(asked.out, clips.Lots(asked.seed, count, asked.drive_s))
    return clips.alert_hour(asked.out)


def _judge_hour(asked: argparse.Namespace, recordings: Sequence[Recording]) -> None:
    found = hour.Hour(load_rules(asked.rules))
    for recording in recordings:
        found.take(recording)
    seed = clips.dealt(asked.out).seed
    tried = ", a seed for trying out" if seed < TRYING_OUT else ""
    _say(f"alert driving at {SPEED_KMH:.0f} km/h under {', '.join(asked.rules)}; seed {seed}{tried}\n")
    for line in hour.lines(found):
        _say(f"{line}\n")
    _save(asked.out / "hour.json", hour.as_json(found) | {"seed": seed, "rules": asked.rules})


def _judge_scenarios(asked: argparse.Namespace, recordings: Sequence[Recording]) -> None:
    reports, tables = [], {}
    for rules in load_rules(asked.rules):
        report, rows = due.clause_report(rules, recordings)
        for line in (*due.lines(report, rows), "", *verify_text.lines([report]), ""):
            _say(f"{line}\n")
        reports.append(report)
        tables[rules.name] = [asdict(row) for row in rows]
    _save(asked.out / "scenarios.json", tables)
    made_by = f"cabinwatch {version('cabinwatch')}, the simulator's scenarios through the real vision"
    (asked.out / "scenarios.html").write_text(page(reports, made_by), encoding="utf-8")


def _save(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    sys.stdout.write(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drives",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    awake = commands.add_parser("alert-hour", help="false alerts of drivers who are awake")
    awake.add_argument("--minutes", type=float, default=60.0, help="to be driven (%(default)g)")
    seeds = f"of the lots; below {TRYING_OUT} for trying out (%(default)s)"
    awake.add_argument("--seed", type=int, default=REPORTED_SEED, help=seeds)
    awake.add_argument("--drive-s", type=float, default=DRIVE_S, metavar="S", help="length of one drive (%(default)g)")
    awake.set_defaults(wanted=_alert_hour, judge=_judge_hour)
    scenarios = commands.add_parser("scenarios", help="the clause report on the simulator's scenarios")
    scenarios.add_argument("--names", nargs="+", metavar="NAME", help="only these of the library")
    scenarios.set_defaults(wanted=lambda asked: clips.library(asked.names), judge=_judge_scenarios)
    for command in (awake, scenarios):
        _add_common(command)
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    look = clips.Look()
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="clips, logs and results")
    command.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES), help="which to run; all")
    command.add_argument("--rules", type=lambda text: text.split(","), default=["house"], help="names or files; house")
    command.add_argument("--model", type=Path, metavar="FOLDER", help="networks instead of the product's own")
    command.add_argument("--workers", type=int, default=2, help="processes (%(default)s)")
    command.add_argument("--width", type=int, default=look.width, help="of the picture, px (%(default)s)")
    command.add_argument("--height", type=int, default=look.height, help="of the picture, px (%(default)s)")
    command.add_argument("--fps", type=float, default=look.fps, help="frames a second (%(default)g)")


if __name__ == "__main__":  # worker processes import this file too
    sys.exit(main())
