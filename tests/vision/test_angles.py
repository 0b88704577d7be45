"""One angle convention: yaw + to the image's right, pitch + up, roll + clockwise in the image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.angles import angles_of, rotation_of, turn_image

angles = st.tuples(st.floats(-80, 80), st.floats(-60, 60), st.floats(-60, 60))


@given(angles)
def test_angles_survive_the_rotation(given_deg: tuple[float, float, float]) -> None:
    """There and back."""
    assert angles_of(rotation_of(*given_deg)) == pytest.approx(given_deg, abs=1e-6)


@given(angles)
def test_a_rotation_is_a_rotation(given_deg: tuple[float, float, float]) -> None:
    """Orthonormal and right-handed: no mirror hides in it."""
    matrix = rotation_of(*given_deg)
    assert matrix.T @ matrix == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(matrix) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("angles_deg", "axis", "points_to"),
    [
        ((30, 0, 0), 2, (0.5, 0.0, 0.866)),  # turned to the image's right: the nose points to +x
        ((0, 30, 0), 2, (0.0, 0.5, 0.866)),  # looking up: the nose points up
        ((0, 0, 30), 0, (0.866, -0.5, 0.0)),  # tilted clockwise: what was the head's right side goes down
    ],
)
def test_signs(angles_deg: tuple[float, float, float], axis: int, points_to: tuple[float, float, float]) -> None:
    """Each sign on its own, with x right, y up, z to the camera."""
    assert rotation_of(*angles_deg)[:, axis] == pytest.approx(points_to, abs=1e-3)


def test_turning_the_image_turns_the_roll() -> None:
    """A frontal head in an image turned clockwise by 20 degrees is rolled by 20 degrees."""
    assert turn_image((0.0, 0.0, 0.0), 20.0) == pytest.approx((0.0, 0.0, 20.0))


def test_a_quarter_turn_makes_right_out_of_up() -> None:
    """Turn the picture of someone looking up clockwise by 90 degrees and they look to the image's right."""
    yaw, pitch, _ = turn_image((0.0, 40.0, 0.0), 90.0)
    assert (yaw, pitch) == pytest.approx((40.0, 0.0), abs=1e-6)
