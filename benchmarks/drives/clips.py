"""The folder of rendered drives: which clips a job wants, which are whole, and rendering those that are not.

Knows the simulator's clips. Must not know networks or rules: what lies here is kept, so that later networks can be
measured on the very same pictures.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.drives.lots import name_of, scripts
from simulator import clip, files, folder
from simulator.folder import ABOUT
from simulator.script.library import list_scenarios, load
from simulator.studio import Quality
from simulator.types import SimulatorError

SCRIPTS, LOTS = "scripts", "lots.json"


@dataclass(frozen=True, slots=True)
class Look:
    """How everything is rendered."""

    width: int = 640
    height: int = 480
    fps: float = 15.0  # the least at which the product still times blinks (alerts/blinks.py)
    quality: Quality = Quality.DRAFT

    def order(self, scenario: str) -> clip.Order:
        return clip.Order(scenario, None, self.width, self.height, self.fps, self.quality)


@dataclass(frozen=True, slots=True)
class Lots:
    """Which drives of awake drivers a folder holds."""

    seed: int
    drives: int
    drive_s: float


def deal(out: Path, lots: Lots) -> None:
    """Writes the scripts of these lots, and which they are."""
    files.make_folder(out / SCRIPTS)
    for name, text in scripts(lots.seed, lots.drives, duration_s=lots.drive_s).items():
        files.write(_script(out, name), text.encode())
    files.write_json(out / LOTS, asdict(lots))


def dealt(out: Path) -> Lots:
    """The lots whose drives lie in the folder.

    Raises:
        SimulatorError: There are none.
    """
    try:
        return Lots(**json.loads((out / LOTS).read_text(encoding="utf-8")))
    except OSError as error:
        raise SimulatorError(f"{out}: no lots were dealt there; begin with --stages render") from error


def alert_hour(out: Path) -> dict[str, str]:
    """The drives that were dealt; name → script."""
    lots = dealt(out)
    return {name: str(_script(out, name)) for name in map(name_of, range(lots.drives))}


def _script(out: Path, name: str) -> Path:
    return out / SCRIPTS / f"{name}.yaml"


def library(names: Iterable[str] | None) -> dict[str, str]:
    """The scenarios that come with the simulator, or those of them that are named.

    Raises:
        SimulatorError: One of the names is none of theirs.
    """
    return {load(name).name: name for name in names or list_scenarios()}


def render(wanted: Mapping[str, str], out: Path, look: Look, *, workers: int) -> None:
    """Renders every clip that is not there yet, each into the folder of its name; goes on where it was stopped.

    Raises:
        SimulatorError: One cannot be made; the simulator has said why.
    """
    for number, (name, scenario) in enumerate(wanted.items(), start=1):
        if not is_whole(out / name, look.order(scenario)):
            sys.stderr.write(f"{name}: {number} of {len(wanted)}\n")
            # In a process of its own: a graphics context is given back only when its process ends.
            made = subprocess.run(_command(look.order(scenario), out / name, workers), check=False)
            if made.returncode:
                raise SimulatorError(f"{name}: not rendered, the simulator ended with {made.returncode}; see above")


def _command(order: clip.Order, drive: Path, workers: int) -> list[str]:
    size = ["--width", str(order.width), "--height", str(order.height), "--fps", f"{order.fps:g}"]
    how = ["--quality", order.quality.value, "--workers", str(workers)]
    return [sys.executable, "-m", "simulator", "render", order.scenario, "--out", str(drive), *size, *how]


def is_whole(drive: Path, order: clip.Order) -> bool:
    """Whether the clip of this very order lies there, whichever version of the simulator drew it."""
    script, about = load(order.scenario), folder.note(drive / ABOUT)
    asked = asdict(order) | {"scenario": script.name, "quality": order.quality.value}
    return about.get("order") == asked and about.get("script") == zlib.crc32(script.text.encode())


def finished(out: Path, names: Iterable[str]) -> list[Path]:
    """The folders of those drives whose clips are whole, whatever they were ordered with."""
    return [out / name for name in names if "order" in folder.note(out / name / ABOUT)]
