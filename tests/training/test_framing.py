"""A sample is the stored patch moved, turned and mirrored; its labels must have gone the same way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.framing import STORED, framing, reframed, turned
from vision.angles import turn_image
from vision.preprocess import ANGLE_UNIT_DEG, EYE_SIZE

turns = st.floats(-25.0, 25.0)
seeds = st.integers(0, 2**31)


@given(x=st.floats(-0.4, 0.4), y=st.floats(-0.4, 0.4), angle_deg=turns, mirror=st.booleans(), seed=seeds)
def test_an_iris_stays_on_the_iris(x: float, y: float, angle_deg: float, mirror: bool, seed: int) -> None:
    """A bright spot is drawn where the label says; after the picture is cut anew the moved label lies on it."""
    matrix = framing(1 / 1.4, angle_deg, mirror, np.random.default_rng(seed))
    ys, xs = np.mgrid[0:STORED, 0:STORED]
    px = (np.array([x, y]) + 1) * (STORED / 2) - 0.5
    spot = (255 * np.exp(-((xs - px[0]) ** 2 + (ys - px[1]) ** 2) / 18)).astype(np.uint8)
    cut = cv2.warpAffine(spot, matrix, (EYE_SIZE, EYE_SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    moved = (reframed(np.array([x, y]), matrix) + 1) * (EYE_SIZE / 2) - 0.5
    if not ((moved > 6) & (moved < EYE_SIZE - 7)).all():
        return  # the shift took it to the edge
    weights = cut.astype(float) / cut.sum()
    rows, columns = np.mgrid[0:EYE_SIZE, 0:EYE_SIZE]
    assert float((weights * columns).sum()) == pytest.approx(moved[0], abs=0.6)
    assert float((weights * rows).sum()) == pytest.approx(moved[1], abs=0.6)


@given(yaw=st.floats(-60, 60), pitch=st.floats(-40, 40), angle_deg=turns)
def test_a_mirror_turns_left_to_right_and_nothing_else(yaw: float, pitch: float, angle_deg: float) -> None:
    """Yaw and roll change their sign, pitch does not."""
    plain = turned((yaw, pitch, 5.0), angle_deg, mirror=False)
    mirrored = turned((yaw, pitch, 5.0), angle_deg, mirror=True)
    assert mirrored == pytest.approx(plain * np.array([-1.0, 1.0, -1.0]), abs=1e-5)


def test_a_patch_cut_further_round_shows_the_head_less_rolled() -> None:
    """As the product's own patches are: what is cut with roll r shows the world turned by −r."""
    told = turned((10.0, -5.0, 12.0), 12.0, mirror=False) * ANGLE_UNIT_DEG
    assert told == pytest.approx(turn_image((10.0, -5.0, 12.0), -12.0), abs=1e-4)
    assert abs(told[2]) < 1.0


def test_a_gaze_to_the_side_follows_the_iris() -> None:
    """The iris of an eye that looks to the right of a sample lies right of the middle there, mirrored or not."""
    rng = np.random.default_rng(3)
    for mirror in (False, True):
        matrix = framing(1.0, 0.0, mirror, rng)
        centre, right = reframed(np.zeros(2), matrix), reframed(np.array([0.2, 0.0]), matrix)
        side = turned((20.0, 0.0, 0.0), 0.0, mirror)[0]
        assert np.sign(right[0] - centre[0]) == np.sign(side)
