"""Labels are made in pieces, wherever the pieces are worked on; the teachers themselves are not asked here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from simulator import cluster
from training import label, teachers
from training.label import PIECE, files_of, label_source
from training.teachers import Label, Piece, label_piece


class Counting:
    """In the place of the teachers: the label of a picture is its number."""

    def __init__(self) -> None:
        self.asked = 0

    def label(self, _bgr: np.ndarray) -> Label:
        self.asked += 1
        number = np.float32(self.asked)
        return Label(np.full((8, 5), number), np.full((70, 3), number), np.full(11, number), np.full(3, number))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setattr(teachers, "_teachers", lambda _folder, _landmarker: counting)
    monkeypatch.setattr(teachers.cv2, "imread", lambda _path: np.zeros((4, 4, 3), np.uint8))
    return counting


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two pieces and a bit of pictures."""
    folder = tmp_path / "faces"
    folder.mkdir()
    lines = ["file,person", *(f"{k}.jpg,p{k}" for k in range(2 * PIECE + 3))]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def arguments(work: Path) -> argparse.Namespace:
    return argparse.Namespace(work=work, teachers=work, landmarker=work)


def backwards(_title: str, pieces: Sequence[Piece]) -> None:
    """As a cluster may finish them."""
    for piece in reversed(pieces):
        label_piece(piece)


def test_the_pieces_are_joined_in_the_order_of_the_source(tmp_path: Path, source: Path, asked: Counting) -> None:
    """Whoever finishes first: line k of the labels is picture k."""
    label_source("faces", source, arguments(tmp_path), backwards)
    made = np.load(tmp_path / "labels" / "faces.npz")
    assert made["name"].tolist() == [f"{k}.jpg" for k in range(2 * PIECE + 3)]
    assert made["points"][:3, 0, 0].tolist() == [PIECE + 4, PIECE + 5, PIECE + 6]  # the first piece came last
    assert made["angles"].shape == (2 * PIECE + 3, 3)
    assert asked.asked == 2 * PIECE + 3


def test_what_is_there_is_not_asked_for_again(tmp_path: Path, source: Path, asked: Counting) -> None:
    """Interrupted after one piece: the next run goes on with the second; a third has nothing to do."""
    label_source("faces", source, arguments(tmp_path), backwards)
    (tmp_path / "labels" / "faces.npz").unlink()
    (tmp_path / "labels" / "faces" / "00001.npz").unlink()
    before = asked.asked
    label_source("faces", source, arguments(tmp_path), backwards)
    assert asked.asked == before + PIECE
    label_source("faces", source, arguments(tmp_path), lambda *_: pytest.fail("the labels are there"))


def test_a_clip_is_a_piece_of_its_own(source: Path) -> None:
    """Its frames are decoded one after the other, by one worker."""
    assert [len(files) for files in files_of(source, "faces")] == [PIECE, PIECE, 3]
    assert {len(files) for files in files_of(source, "videos")} == {1}


def test_a_cluster_that_is_not_there_is_told_in_one_line(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No trace of Dask's own."""
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    with pytest.raises(SystemExit, match=r"label: --scheduler tcp://127\.0\.0\.1:9: no Dask scheduler answers"):
        label_source("faces", source, arguments(tmp_path), label.on_a_cluster("tcp://127.0.0.1:9"))
