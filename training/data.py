"""Where the raw data lies and who may be learned from.

Knows the layout of the sources (one folder or one tar each, with a labels.csv inside) and the split by
person. Must not know networks. The data itself never enters the project.
"""

from __future__ import annotations

import csv
import json
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vision.types import GreyImage

# A person is held out by the hash of their name: the split is the same on every machine and never by image.
HELD_OUT_SHARE = 0.15
PERSON_COLUMNS = ("person", "pseudo_subject", "subject", "subject_or_image", "pair", "file")

# The mirror image of the 68 points.
MIRROR = np.array([
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
    41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
])  # fmt: skip


def source_dir(data: Path, work: Path, name: str) -> Path:
    """The unpacked folder of a source; a tar is unpacked below `work` once."""
    if (data / name).is_dir():
        return data / name
    unpacked = work / "raw" / name
    if not unpacked.is_dir():
        tar = data / f"{name}.tar"
        if not tar.is_file():
            raise SystemExit(f"{data}: neither folder {name}/ nor {name}.tar; give the directory that holds them")
        part = unpacked.with_suffix(".part")
        with tarfile.open(tar) as archive:
            archive.extractall(part, filter="data")
        part.rename(unpacked)
    return unpacked


def rows(folder: Path) -> list[dict[str, str]]:
    """labels.csv of a source."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def person(row: dict[str, str]) -> str:
    """Whom the row shows, as finely as the source tells."""
    return next(row[column] for column in PERSON_COLUMNS if row.get(column))


def held_out(who: str) -> bool:
    """True where this person may be measured on but never learned from."""
    return zlib.crc32(who.encode()) % 1000 < HELD_OUT_SHARE * 1000


def aside(row: dict[str, str]) -> bool:
    """True where this row may not be learned from: by the source's own split where it has one, else by person."""
    return row["split"] == "val" if "split" in row else held_out(person(row))


def nir_like(bgr: np.ndarray) -> GreyImage:
    """Grey with most of the red: among visible channels the nearest to near infrared."""
    if bgr.ndim == 2:
        return bgr
    weights = np.array([[0.1, 0.2, 0.7]], np.float32)
    return cv2.transform(bgr, weights)


def video_frames(path: Path) -> Iterator[np.ndarray]:
    """All frames of a clip, BGR."""
    capture = cv2.VideoCapture(str(path))
    while True:
        got, bgr = capture.read()
        if not got:
            return
        yield bgr


def stills(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every finished picture of the simulator's data set with its truth, in the order of their numbers."""
    shards = sorted(folder.glob("shard_*/labels.jsonl"))
    if not shards:
        raise SystemExit(
            f"{folder}: no shard_*/labels.jsonl; make them with python -m simulator dataset --out {folder}"
        )
    for labels in shards:
        for line in labels.read_text(encoding="utf-8").splitlines():
            truth = json.loads(line)
            yield labels.parent / truth["file"], truth
