"""The simulator's commands. Knows arguments, exit codes and how to say an error in one line.

Heavy modules are imported by the command that needs them: `--help` answers at once and without the extra `sim`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from simulator.types import SimulatorError

Commands = Any  # argparse does not publish the type of what add_subparsers returns

CANNOT, INTERRUPTED, TERMINATED = 2, 128 + signal.SIGINT, 128 + signal.SIGTERM
SMALLEST_PX, LARGEST_PX = 64, 4096
FPS = (1.0, 240.0)
MOST_TILES = 400  # on a sheet
MOST_WORKERS = 256  # each takes up to half a gigabyte
# What the extra `sim` brings; anything else that is missing is a bug.
INSTALL = "pip install -e '.[sim]'"
EXTRA = ("moderngl", "embreex", "scipy", "rich", "dask", "distributed")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # leaves through the context managers
    try:
        status: int = arguments.command(arguments)
    except SimulatorError as error:
        return _fail(error)
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in EXTRA:
            raise
        return _fail(f"{name} is not installed; the simulator needs the extra `sim`, on x86-64: {INSTALL}")
    except KeyboardInterrupt:
        sys.stderr.write("simulator: interrupted; what is finished is kept, run it again to go on\n")
        return INTERRUPTED
    return status


def _fail(error: Exception | str) -> int:
    sys.stderr.write(f"simulator: {error}\n")
    return CANNOT


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line too, instead of repeating the usage."""

    def error(self, message: str) -> NoReturn:
        _fail(f"{message}; see {self.prog} --help")
        sys.exit(CANNOT)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m simulator",
        description="A scripted 3D driver before a near-infrared cabin camera, with exact ground truth. "
        "All of it is synthetic: it proves pipeline, timing and regressions, not accuracy in the field.",
        epilog="Exit codes: 0 done, 2 it cannot be done (one line says why and what helps), 130 interrupted.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_render(commands)
    _add_dataset(commands)
    _add_sheets(commands)
    listing = commands.add_parser("list", help="name the scenarios of the library")
    listing.set_defaults(command=_list)
    return parser


def _add_render(commands: Commands) -> None:
    render = commands.add_parser(
        "render",
        help="a scenario → clip.avi (lossless) and truth.jsonl",
        description="Renders a scenario. DIR gets clip.avi (FFV1, lossless), truth.jsonl (a line a picture, the "
        "fields of `cabinwatch observe` and more), scenario.yaml and about.json. The same arguments give the same "
        "bytes on one machine; a run that was stopped goes on.",
    )
    render.add_argument("scenario", metavar="SCENARIO", help="a name that `list` shows, or a YAML file")
    render.add_argument("--out", type=Path, required=True, metavar="DIR", help="made where it is missing")
    render.add_argument("--width", type=_size, default=640, metavar="PX", help="of the picture (%(default)s)")
    render.add_argument("--height", type=_size, default=480, metavar="PX", help="of the picture (%(default)s)")
    render.add_argument("--fps", type=_fps, default=30.0, metavar="N", help="frames a second (%(default)g)")
    _add_common(render, quality="draft", seed=None, seeds="instead of the scenario's own")
    _add_workers(render)
    render.set_defaults(command=_render)


def _add_dataset(commands: Commands) -> None:
    dataset = commands.add_parser(
        "dataset",
        help="labelled face crops for training",
        description="Renders stills of many drivers in shards of 250: DIR/shard_00000/000000.png … and labels.jsonl. "
        "A run that was stopped goes on; a larger --n adds to what is there.",
    )
    dataset.add_argument("--n", type=_count, required=True, metavar="N", help="how many stills in all")
    dataset.add_argument("--out", type=Path, required=True, metavar="DIR", help="made where it is missing")
    dataset.add_argument("--size", type=int, default=256, metavar="PX", help="of the square crops (%(default)s)")
    dataset.add_argument(
        "--scheduler", metavar="ADDRESS", help="hand the shards to this Dask scheduler; DIR must be on a shared disk"
    )
    _add_common(dataset, quality="draft", seeds="another seed, other stills (%(default)s)")
    _add_workers(dataset)
    dataset.set_defaults(command=_dataset)


def _add_sheets(commands: Commands) -> None:
    sheets = {
        "identities": "a contact sheet of many drivers",
        "states": "a contact sheet of one driver in 20 states",
        "lights": "a contact sheet of 12 lights and camera places",
        "props": "a contact sheet of everything worn and held",
    }
    for name, what in sheets.items():
        sheet = commands.add_parser(name, help=what)
        sheet.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .png or .jpg")
        if name == "identities":
            sheet.add_argument("--n", type=_tiles, default=24, metavar="N", help="how many (%(default)s)")
        _add_common(sheet, quality="full", seeds="another seed, other drivers (%(default)s)")
        sheet.set_defaults(command=_sheet, sheet=name)


def _add_common(command: argparse.ArgumentParser, *, quality: str, seed: int | None = 0, seeds: str) -> None:
    command.add_argument("--seed", type=_seed, default=seed, metavar="N", help=seeds)
    command.add_argument(
        "--quality", choices=("draft", "full"), default=quality, help="full looks finer and takes longer (%(default)s)"
    )


def _add_workers(command: argparse.ArgumentParser) -> None:
    cores = min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    command.add_argument("--workers", type=_workers, default=cores, metavar="K", help="processes (here %(default)s)")


def _render(arguments: argparse.Namespace) -> int:
    from simulator.clip import CLIP, Order, render  # noqa: PLC0415  # heavy
    from simulator.studio import Quality  # noqa: PLC0415  # heavy

    order = Order(
        arguments.scenario,
        arguments.seed,
        arguments.width,
        arguments.height,
        arguments.fps,
        Quality(arguments.quality),
    )
    count = render(order, arguments.out, workers=arguments.workers)
    sys.stderr.write(f"{arguments.out / CLIP}: {count} frames\n")
    return 0


def _dataset(arguments: argparse.Namespace) -> int:
    from simulator.dataset import Recipe  # noqa: PLC0415  # heavy
    from simulator.shards import make  # noqa: PLC0415  # heavy
    from simulator.studio import Quality  # noqa: PLC0415  # heavy

    recipe = Recipe(arguments.seed, arguments.size, Quality(arguments.quality))
    made = make(recipe, arguments.n, arguments.out, workers=arguments.workers, scheduler=arguments.scheduler)
    sys.stderr.write(f"{arguments.out}: {arguments.n} stills, {made} of them new\n")
    return 0


def _sheet(arguments: argparse.Namespace) -> int:
    from simulator import sheets  # noqa: PLC0415  # heavy
    from simulator.studio import Quality  # noqa: PLC0415  # heavy

    draw = sheets.SHEETS[arguments.sheet]
    more = {"count": arguments.n} if arguments.sheet == "identities" else {}
    sheets.save(arguments.out, lambda: draw(arguments.seed, Quality(arguments.quality), **more))
    return 0


def _list(_arguments: argparse.Namespace) -> int:
    from simulator.script.library import list_scenarios  # noqa: PLC0415  # reads the files

    try:
        sys.stdout.writelines(f"{name:24} {about}\n" for name, about in list_scenarios().items())
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough; Python would try, and complain, again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _number(low: float, high: float, what: str, kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not {what} from {low:.12g} to {high:.12g}")
        return value

    return read


def _even(text: str) -> int:
    value = int(text)
    if value % 2:
        raise ValueError
    return value


_size = _number(SMALLEST_PX, LARGEST_PX, "an even number of px", _even)
_fps = _number(*FPS, "a number of frames a second", float)
_count = _number(1, 10_000_000, "a number", int)
_tiles = _number(1, MOST_TILES, "a number", int)
_workers = _number(1, MOST_WORKERS, "a number of processes", int)
_seed = _number(0, 2**31 - 1, "a seed", int)
