"""Who may be learned from, and what a mirror does to 68 points."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from training.data import HELD_OUT_SHARE, MIRROR, held_out, nir_like, person, rows, source_dir


def test_the_split_is_by_person_and_the_same_everywhere() -> None:
    """A golden value: another hash would let yesterday's held-out people into today's training."""
    names = [f"person {k}" for k in range(2000)]
    aside = [name for name in names if held_out(name)]
    assert len(aside) / len(names) == pytest.approx(HELD_OUT_SHARE, abs=0.03)
    assert aside[:3] == ["person 2", "person 10", "person 31"]


def test_the_person_is_read_from_the_finest_column() -> None:
    """A subject where there is one, else the file."""
    assert person({"file": "a.jpg", "pseudo_subject": "g7", "label": "yawn"}) == "g7"
    assert person({"file": "a.jpg", "person": "", "subject": "meye:44"}) == "meye:44"
    assert person({"file": "a.jpg"}) == "a.jpg"


def test_the_mirror_of_a_mirror_is_the_face() -> None:
    """Every point has one partner; the middle of the face is its own."""
    assert sorted(MIRROR) == list(range(68))
    assert (MIRROR[MIRROR] == np.arange(68)).all()
    assert [MIRROR[k] for k in (0, 36, 37, 39, 48, 31, 60)] == [16, 45, 44, 42, 54, 35, 64]
    assert [k for k in range(68) if MIRROR[k] == k] == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]


def test_near_infrared_looks_like_red() -> None:
    """Of a colour picture (BGR) the red channel counts most; a grey one stays."""
    red = np.zeros((2, 2, 3), np.uint8)
    red[:, :, 2] = 200
    assert nir_like(red)[0, 0] == 140
    grey = np.full((2, 2), 9, np.uint8)
    assert nir_like(grey) is grey


def test_a_tar_is_unpacked_once(tmp_path: Path) -> None:
    """Folder or tar, the caller does not care; a missing source names the directory."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "labels.csv").write_text("file,state\na.jpg,open\n")
    with tarfile.open(tmp_path / "eyes.tar", "w") as tar:
        tar.add(tmp_path / "in" / "labels.csv", "labels.csv")
    folder = source_dir(tmp_path, tmp_path / "work", "eyes")
    assert rows(folder) == [{"file": "a.jpg", "state": "open"}]
    (tmp_path / "eyes.tar").unlink()
    assert source_dir(tmp_path, tmp_path / "work", "eyes") == folder
    assert source_dir(tmp_path, tmp_path / "work", "in") == tmp_path / "in"
    with pytest.raises(SystemExit, match=r"neither folder mouths/ nor mouths\.tar"):
        source_dir(tmp_path, tmp_path / "work", "mouths")
