"""The finder's map becomes boxes in the frame."""

from __future__ import annotations

import numpy as np
import pytest

from vision.detector import Finder, overlap

Row = tuple[int, int, float, float, float, float, float]  # row, column, logit, dx, dy, log width, log height


class DrawnMap:
    """Stands in for the network: answers with a map drawn by the test."""

    def __init__(self, *cells: Row) -> None:
        self.map = np.full((1, 5, 18, 24), -9.0, np.float32)
        for row, column, *values in cells:
            self.map[0, :, row, column] = values

    def run(self, _canvas: np.ndarray) -> tuple[np.ndarray]:
        return (self.map,)


def find(*cells: Row, frame=(480, 640), region=(0.0, 0.0, 1.0, 1.0)):
    return Finder(DrawnMap(*cells)).find(np.zeros(frame, np.uint8), region)


def test_a_peak_becomes_a_box_in_frame_pixels() -> None:
    """Cell (9, 12) of 8 px at scale 0.3; four cells wide, six high."""
    (face,) = find((9, 12, 2.0, 0.25, 0.0, np.log(4), np.log(6)))
    x, y = (12.75 * 8) / 0.3, (9.5 * 8) / 0.3
    assert face.box_px == pytest.approx((x - 16 / 0.3, y - 24 / 0.3, x + 16 / 0.3, y + 24 / 0.3), rel=1e-3)
    assert face.score == pytest.approx(1 / (1 + np.exp(-2)))


def test_a_weak_peak_is_nobody() -> None:
    """Below the least score nothing is proposed."""
    assert find((9, 12, -1.5, 0, 0, 1, 1)) == []


def test_neighbouring_cells_of_one_face_are_one_face() -> None:
    """The best of overlapping peaks stays."""
    faces = find((9, 12, 3.0, 0, 0, 1.5, 1.5), (9, 14, 1.0, -1.5, 0, 1.5, 1.5))
    assert [round(f.score, 2) for f in faces] == [0.95]


def test_driver_and_passenger_are_two() -> None:
    """Best first."""
    faces = find((9, 4, 1.0, 0, 0, 1, 1), (9, 20, 3.0, 0, 0, 1, 1))
    assert len(faces) == 2
    assert faces[0].box_px[0] > faces[1].box_px[0]


def test_a_search_region_moves_the_boxes_back_into_the_frame() -> None:
    """The same peak, found in the right half only."""
    (face,) = find((9, 12, 2.0, -0.5, -0.5, 1, 1), region=(0.5, 0.0, 1.0, 1.0))
    assert (face.box_px[0] + face.box_px[2]) / 2 == pytest.approx(480, abs=1)


def test_an_absurd_size_stays_finite() -> None:
    """A network gone wild must not overflow."""
    (face,) = find((9, 12, 2.0, 0, 0, 99.0, 99.0))
    assert np.isfinite(face.box_px).all()


@pytest.mark.parametrize(
    ("other", "share"), [((0, 0, 2, 2), 1.0), ((1, 0, 3, 2), 1 / 3), ((2, 2, 3, 3), 0.0), ((9, 9, 9, 9), 0.0)]
)
def test_overlap(other, share: float) -> None:
    """Intersection over union."""
    assert overlap((0, 0, 2, 2), other) == pytest.approx(share)
