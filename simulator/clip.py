"""`render`: a scenario in, a clip and its truth out.

Knows how a clip is cut into chunks and put together. Must not know how a frame is drawn.

DIR gets `clip.avi` (FFV1, lossless), `truth.jsonl`, `scenario.yaml` and, last, `about.json`. Line n of truth.jsonl
belongs to picture n of the clip. A frame that the sensor lost is in neither: `frame` and `t_s` of the lines jump over
it, while a player, which knows one rate only, shows the next picture early. `frames` reads a clip with its true times.

Every frame follows from the scenario, the seed and its own number alone, so that neither the number of workers nor a
killed run changes a byte. Until the clip is whole its frames lie in DIR/parts, chunk by chunk; a chunk counts as done
once its lines are there.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulator import files, folder, truth_json
from simulator.crew import Tick, share_out
from simulator.files import code_sum
from simulator.folder import ABOUT
from simulator.studio import Quality
from simulator.take import Take
from simulator.types import SimulatorError
from simulator.versions import versions
from vision.types import CameraView, Frame

CHUNK_S = 1.0  # of the clip in one piece of work
CLIP, TRUTH, SCRIPT = "clip.avi", "truth.jsonl", "scenario.yaml"
PARTS = "parts"
NOTES = (ABOUT, f"{PARTS}/{ABOUT}")  # one for a whole clip, one for one in the making


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that decides a clip's bytes."""

    scenario: str  # a name of the library, or a path
    seed: int | None  # instead of the scenario's own
    width: int
    height: int
    fps: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class _Chunk:
    order: Order
    parts: Path
    first: int
    last: int  # one past the end

    @property
    def lines(self) -> Path:
        return self.parts / f"{self.first:06d}.jsonl"


@lru_cache(maxsize=1)  # a worker draws many chunks of one clip
def _take(order: Order) -> Take:
    return Take(order.scenario, order.seed, (order.width, order.height), order.fps, order.quality)


def render(order: Order, out: Path, *, workers: int) -> int:
    """Makes the clip; goes on where an earlier run of the same order was stopped.

    Args:
        order: What to render.
        out: The folder; made where it is missing. A clip of another order there is replaced.
        workers: Processes.

    Returns:
        Number of frames in the clip.

    Raises:
        SimulatorError: It cannot be done; the text says what would help.
    """
    work = _take(order)
    about = _about(order, work)
    with folder.claimed(out, "order", notes=NOTES, names=(CLIP, TRUTH, SCRIPT, ABOUT, PARTS)):
        parts = _parts(out, about)
        step = max(1, round(CHUNK_S * order.fps))
        chunks = [_Chunk(order, parts, k, min(k + step, work.frames)) for k in range(0, work.frames, step)]
        todo = [chunk for chunk in chunks if not chunk.lines.exists()]
        steps = sum(chunk.last - chunk.first for chunk in todo)
        share_out(_draw, todo, workers=min(workers, max(len(todo), 1)), steps=steps, title=work.scenario.name)
        return _put_together(order, out, chunks, about)


def _about(order: Order, work: Take) -> dict[str, Any]:
    return {
        "synthetic": True,
        "what": "rendered by cabinwatch's simulator; nobody in it exists",
        "order": {**asdict(order), "scenario": work.scenario.name, "quality": order.quality.value},
        "script": zlib.crc32(work.scenario.text.encode()),
        "frames": work.frames,
        "events": [{"start_s": e.start_s, "end_s": e.end_s, "behaviour": e.behaviour} for e in work.scenario.events],
        "code": code_sum(),
        "versions": versions(),
    }


def _parts(out: Path, about: dict[str, Any]) -> Path:
    """The folder of finished chunks, emptied where it belongs to another order."""
    parts = out / PARTS
    if folder.note(parts / ABOUT) != about:
        files.remove(parts)
    files.make_folder(parts)
    files.write_json(parts / ABOUT, about)
    return parts


def _draw(chunk: _Chunk, tick: Tick) -> None:
    work = _take(chunk.order)
    lines = []
    for frame in range(chunk.first, chunk.last):
        if not work.lost(frame):
            shot = work.shoot(frame)
            files.write(_picture(chunk.parts, frame), files.png(shot.grey))
            lines.append(truth_json.line(shot.truth, camera=work.camera, file=CLIP))
        tick()
    files.write(chunk.lines, b"".join(lines))


def _picture(parts: Path, frame: int) -> Path:
    return parts / f"{frame:06d}.png"


def _put_together(order: Order, out: Path, chunks: list[_Chunk], about: dict[str, Any]) -> int:
    lines = b"".join(chunk.lines.read_bytes() for chunk in chunks)
    kept = [int(json.loads(line)["frame"]) for line in lines.splitlines()]
    if not kept:
        raise SimulatorError(f"{order.scenario}: every frame is lost; lower sensor.drops")
    files.remove(out / ABOUT)  # until it is back, clip and lines may be of two orders
    pictures = (files.read_grey(_picture(out / PARTS, frame)) for frame in kept)
    files.write_clip(out / CLIP, pictures, (order.width, order.height), order.fps)
    files.write(out / TRUTH, lines)
    files.write(out / SCRIPT, _take(order).scenario.text.encode())
    files.write_json(out / ABOUT, about)
    files.remove(out / PARTS)
    return len(kept)


def frames(folder: Path) -> Iterator[Frame]:
    """The pictures of a rendered clip with their true times and numbers, for whoever feeds them to the product."""
    with (folder / TRUTH).open(encoding="utf-8") as lines:
        for line, grey in zip(lines, files.read_clip(folder / CLIP), strict=True):
            said = json.loads(line)
            yield Frame(said["t_s"], said["frame"], grey, CameraView(name="simulator"), str(folder / CLIP))
