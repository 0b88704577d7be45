"""The frames that are judged, rendered and kept with what is true of them.

Knows the simulator's studio. Must not know judges. A folder that is complete is not rendered again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import cv2

from benchmarks.realism.plan import moments
from simulator.body.identity import sample
from simulator.cabin.setting import place_camera
from simulator.crew import share_out
from simulator.render.renderer import Renderer
from simulator.studio import Driver, Quality, Snap, Studio
from simulator.types import Glasses, Identity, Light, Place, Setting, Shot

ROWS = "rows.json"
FACE_PX = 190.0  # width of the face in a picture 640 wide: a usual lens over the dials


@dataclass(frozen=True, slots=True)
class Row:
    """One frame and what the figures need of its truth."""

    file: str
    identity: int  # its seed
    kind: str  # what was varied
    aperture_mm: tuple[float, float]  # left, right
    head_deg: tuple[float, float, float]
    jaw: float
    iris_px: tuple[tuple[float, float], tuple[float, float]]
    landmarks_px: list[list[float]]
    face_box_px: tuple[float, float, float, float]


def uncovered(identity: Identity) -> Identity:
    """The same person with nothing on the face: the figures are about faces."""
    return replace(identity, glasses=Glasses.NONE, mask=False, cap=False)


def render(seeds: Sequence[int], folder: Path, *, quality: str, workers: int) -> list[Row]:
    """42 frames of each identity, as PNG files in `folder`; rows in the order of seeds and plan."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [seed for seed in seeds if not (folder / f"{seed}.{ROWS}").is_file()]
    steps = len(missing) * sum(1 for _ in moments(0))
    work = partial(_identity, folder=folder, quality=Quality(quality))
    share_out(work, missing, workers=workers, steps=steps, title="rendering")
    return [Row(**row) for seed in seeds for row in json.loads((folder / f"{seed}.{ROWS}").read_text())]


@lru_cache(maxsize=1)  # one for all identities of a worker
def _renderer(width: int, height: int, supersample: int) -> Renderer:
    return Renderer(width, height, supersample=supersample)


def _identity(seed: int, tick: Callable[[], None], *, folder: Path, quality: Quality) -> None:
    camera = place_camera(Place.CLUSTER, face_px=FACE_PX)
    driver = Driver(uncovered(sample(seed)), quality)
    studio = Studio(driver, Setting(camera=camera), _renderer(camera.width, camera.height, quality.supersample))
    rows = []
    for number, (kind, moment) in enumerate(moments(seed)):
        shot = studio.shoot(Snap(moment, Light(), frame=number, seed=seed * 100 + number))
        rows.append(_kept(shot, seed, kind, folder / f"{seed}_{number:02d}.png"))
        tick()
    (folder / f"{seed}.{ROWS}").write_text(json.dumps([asdict(row) for row in rows]) + "\n")


def _kept(shot: Shot, seed: int, kind: str, path: Path) -> Row:
    cv2.imwrite(str(path), shot.grey)
    truth = shot.truth
    assert truth.face_box_px is not None, "the plan shows a face in every frame"
    return Row(
        file=path.name,
        identity=seed,
        kind=kind,
        aperture_mm=(truth.left.aperture_mm, truth.right.aperture_mm),
        head_deg=truth.head_deg,
        jaw=truth.jaw,
        iris_px=(truth.left.iris_px, truth.right.iris_px),
        landmarks_px=truth.landmarks_px.tolist(),
        face_box_px=truth.face_box_px,
    )
