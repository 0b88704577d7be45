"""`dataset`: stills in shards, over the cores of this machine or over Dask's workers.

Knows files, and who does which shard. Must not know what a still shows.

DIR gets `about.json` and one folder a shard: `shard_00000/` with `000000.png` … and `labels.jsonl`, a line a picture
(`simulator.truth_json`, `file` is the picture's name). A shard is written under a name with a dot in front and renamed
when it is whole: what has its name is finished, and a run that was killed goes on with the others. A larger --n adds
shards to those that are there.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulator import files, folder, truth_json
from simulator.cluster import hand_out
from simulator.crew import Tick, progress, share_out
from simulator.dataset import PER_IDENTITY, PER_SHARD, Recipe, identity_of, still_of
from simulator.files import code_sum
from simulator.folder import ABOUT
from simulator.stills import Stills
from simulator.types import SimulatorError
from simulator.versions import versions

LABELS = "labels.jsonl"


@dataclass(frozen=True, slots=True)
class Shard:
    """Some stills and the folder they go to."""

    recipe: Recipe
    out: Path
    first: int
    last: int  # one past the end

    @property
    def folder(self) -> Path:
        return self.out / f"shard_{self.first // PER_SHARD:05d}"

    def done(self) -> bool:
        """Whether it is there, with at least as many stills as wanted."""
        labels = self.folder / LABELS
        return labels.exists() and labels.read_bytes().count(b"\n") >= self.last - self.first


def make(recipe: Recipe, count: int, out: Path, *, workers: int, scheduler: str | None = None) -> int:
    """Makes the stills that are not there yet.

    Args:
        recipe: What they show.
        count: How many there shall be in all.
        out: The folder; with a scheduler it must be one that all its workers share.
        workers: Processes on this machine; without meaning for a scheduler.
        scheduler: Address of a Dask scheduler that hands the shards out.

    Returns:
        How many stills were made now.

    Raises:
        SimulatorError: It cannot be done; the text says what would help.
    """
    if count < 1:
        raise SimulatorError(f"--n {count}: must be 1 or more")
    with folder.claimed(out, "recipe", notes=(ABOUT,), names=(ABOUT, "shard_*")):
        _agree(out, recipe)
        shards = [Shard(recipe, out.absolute(), k, min(k + PER_SHARD, count)) for k in range(0, count, PER_SHARD)]
        todo = [shard for shard in shards if not shard.done()]
        steps = sum(shard.last - shard.first for shard in todo)
        if todo and scheduler is not None:
            _hand_out(todo, scheduler, steps)
        elif todo:
            share_out(draw_shard, todo, workers=min(workers, len(todo)), steps=steps, title="stills")
    return steps


def _agree(out: Path, recipe: Recipe) -> None:
    """One folder, one recipe."""
    about = {
        "synthetic": True,
        "what": "stills rendered by cabinwatch's simulator; nobody on them exists",
        "recipe": {**asdict(recipe), "quality": recipe.quality.value},
        "code": code_sum(),
        "versions": versions(),
    }
    found = folder.note(out / ABOUT)
    if found and found != about:
        changed = ", ".join(name for name in about if found.get(name) != about[name])
        raise SimulatorError(f"{out}: holds stills of another making ({changed} changed); choose another --out")
    files.write_json(out / ABOUT, about)


@lru_cache(maxsize=1)  # a renderer lives as long as its process
def _stills(recipe: Recipe) -> Stills:
    return Stills(recipe.size, recipe.quality)


def draw_shard(shard: Shard, tick: Tick) -> None:
    """Makes one shard, in whichever process."""
    part = shard.folder.with_name(f".{shard.folder.name}.part")
    files.remove(part)
    files.make_folder(part)
    studio, lines = _stills(shard.recipe), []
    for number in range(shard.first, shard.last):
        if number == shard.first or number % PER_IDENTITY == 0:
            studio.invite(identity_of(shard.recipe, number))
        still = still_of(shard.recipe, number)
        shot, camera, window = studio.take(still)
        name = f"{number:06d}.png"
        files.write(part / name, files.png(shot.grey))
        lines.append(truth_json.line(shot.truth, camera=camera, window=window, file=name))
        tick()
    files.write(part / LABELS, b"".join(lines))
    files.remove(shard.folder)
    with files.writing(shard.out):
        part.rename(shard.folder)


def _hand_out(shards: list[Shard], scheduler: str, steps: int) -> None:
    """The pictures travel through the folder, not through the scheduler."""
    with progress("stills", steps) as advance:

        def finished(shard: Shard) -> None:
            _check_in(shard)
            advance(shard.last - shard.first)

        hand_out(_draw_remotely, shards, scheduler=scheduler, finished=finished)


def _draw_remotely(shard: Shard) -> Shard:
    _check_out(shard)
    _drawing_thread().submit(draw_shard, shard, lambda: None).result()
    return shard


def _check_out(shard: Shard) -> None:
    """A worker that sees another disk or has other code would draw for nothing."""
    there = folder.note(shard.out / ABOUT)
    if not there:
        raise SimulatorError(
            f"{shard.out}: a Dask worker does not see it; --out must be a folder that all workers share"
        )
    if (there.get("code"), there.get("versions")) != (code_sum(), versions()):
        raise SimulatorError("a Dask worker has another version of simulator or libraries; install the same everywhere")


@lru_cache(maxsize=1)
def _drawing_thread() -> ThreadPoolExecutor:
    """A Dask worker may have several threads; what is drawn in a process is drawn by one."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="draws")


def _check_in(shard: Shard) -> None:
    if not shard.done():
        raise SimulatorError(
            f"{shard.folder}: made, but not seen from here; --out must be a folder that all Dask workers share"
        )


Json = dict[str, Any]


def labels(out: Path) -> list[tuple[Path, Json]]:
    """Every finished still of a data set with its line, in the order of their numbers."""
    found = []
    for lines in sorted(out.glob(f"shard_*/{LABELS}")):
        said = [json.loads(line) for line in lines.read_text().splitlines()]
        found += [(lines.parent / line["file"], line) for line in said]
    return found
