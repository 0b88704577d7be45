"""Patches: what is cut is where it says, and the way back is the way there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.preprocess import (
    LEAST_DEVIATION,
    Patch,
    affect_patch,
    eye_patches,
    eye_roll_deg,
    face_patch,
    face_roll_deg,
    finder_input,
    letterbox,
    normalise,
)

patches = st.builds(
    Patch,
    x_px=st.floats(-50, 700),
    y_px=st.floats(-50, 500),
    side_px=st.floats(4, 900),
    roll_deg=st.floats(-180, 180),
    size=st.sampled_from([48, 64, 112]),
)


@given(patches, st.floats(-1, 1), st.floats(-1, 1))
def test_points_go_to_the_frame_and_back(patch: Patch, x: float, y: float) -> None:
    """The inverse geometry is the inverse."""
    unit = np.array([[x, y]])
    assert patch.points_from_frame(patch.points_to_frame(unit)) == pytest.approx(unit, abs=1e-3)


@pytest.mark.parametrize("roll_deg", [0, 30, -75])
@pytest.mark.parametrize("side_px", [60, 112, 300])
def test_a_bright_spot_is_cut_where_the_geometry_says(roll_deg: float, side_px: float) -> None:
    """A spot in the frame shows up in the patch where points_from_frame expects it, at every scale and roll."""
    frame = np.zeros((480, 640), np.uint8)
    frame[228:233, 318:323] = 255
    patch = Patch(305.0, 240.0, side_px, roll_deg, 112)
    ys, xs = np.nonzero(patch.cut(frame) > 60)
    found = np.array([xs.mean(), ys.mean()])
    expected = (patch.points_from_frame(np.array([[320.0, 230.0]]))[0] + 1) * 56 - 0.5
    assert found == pytest.approx(expected, abs=0.8)


def test_a_patch_turned_clockwise_shows_its_own_right_along_the_roll() -> None:
    """roll + = the patch is turned clockwise in the image (y points down)."""
    patch = Patch(100.0, 100.0, 50.0, 90.0, 48)
    right = patch.points_to_frame(np.array([[1.0, 0.0]]))[0]
    assert right == pytest.approx([100.0, 125.0], abs=0.1)


@pytest.mark.parametrize(("x_px", "share"), [(50.0, 1.0), (0.0, 0.5), (-100.0, 0.0)])
def test_share_inside_the_frame(x_px: float, share: float) -> None:
    """What lies beyond the edge is counted, not guessed."""
    assert Patch(x_px, 50.0, 20.0, 0.0, 48).inside(100, 100) == pytest.approx(share)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (480, 640), (30, 2000)])
def test_any_frame_can_be_cut_and_reduced(shape: tuple[int, int]) -> None:
    """A frame of any shape gives an input; none crashes."""
    grey = np.full(shape, 7, np.uint8)
    canvas, fit = finder_input(grey)
    assert canvas.shape == (144, 192)
    assert np.isfinite(canvas).all()
    assert Patch(0.0, 0.0, 5000.0, 20.0, 48).cut(grey).shape == (48, 48)
    assert fit.to_frame(fit.x_px, fit.y_px) == pytest.approx((0.0, 0.0))


def test_letterbox_keeps_the_shape_of_the_picture() -> None:
    """640×480 fills the input; a portrait picture is centred in it."""
    assert letterbox(640, 480).scale == pytest.approx(0.3)
    tall = letterbox(480, 640)
    assert (tall.width_px, tall.height_px, tall.y_px) == (108, 144, 0)
    assert tall.x_px == (192 - 108) // 2


def test_light_and_gain_drop_out() -> None:
    """A face four times darker gives the same input …"""
    rng = np.random.default_rng(1)
    face = rng.integers(80, 200, (48, 48)).astype(np.uint8)
    assert normalise(face // 4) == pytest.approx(normalise(face), abs=0.05)


def test_a_flat_patch_is_not_blown_up() -> None:
    """… but one grey level of noise does not become a picture."""
    flat = np.full((48, 48), 3, np.uint8)
    flat[::2] = 4
    assert np.abs(normalise(flat)).max() <= 0.5 / LEAST_DEVIATION + 1e-6


def _face(tilt_deg: float) -> np.ndarray:
    """68 points with only the eyes, mouth and chin in place, tilted clockwise about (300, 200)."""
    points = np.zeros((68, 2), np.float32)
    points[36:42] = [(-40, 0), (-34, -4), (-26, -4), (-20, 0), (-26, 4), (-34, 4)]
    points[42:48] = [(20, 0), (26, -4), (34, -4), (40, 0), (34, 4), (26, 4)]
    points[48], points[54], points[8] = (-18, 60), (18, 60), (0, 100)
    angle = np.radians(tilt_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ turn.T + [300, 200]).astype(np.float32)


@pytest.mark.parametrize("tilt_deg", [0, 25, -40])
def test_patches_follow_the_tilt_of_the_head(tilt_deg: float) -> None:
    """Eyes are cut upright however the head is tilted, the driver's left eye first."""
    points = _face(tilt_deg)
    assert eye_roll_deg(points) == face_roll_deg(points) == pytest.approx(tilt_deg, abs=0.1)
    left, right = eye_patches(points)
    assert (left.x_px, left.y_px) == pytest.approx(tuple(points[42:48].mean(axis=0)), abs=0.1)
    assert left.roll_deg == right.roll_deg == pytest.approx(tilt_deg, abs=0.1)
    assert affect_patch(points).roll_deg == pytest.approx(tilt_deg, abs=0.1)


@pytest.mark.parametrize(("apart_px", "followed"), [(60, 1.0), (14, 0.5), (6, 0.0)])
def test_a_profile_is_taken_as_it_lies(apart_px: float, followed: float) -> None:
    """Its eyes lie one behind the other, and a line between them would turn the patch anywhere."""
    points = _face(0)
    points[36:48, 0] = np.repeat([300 - apart_px / 2, 300 + apart_px / 2], 6)
    points[42:48, 1] += apart_px  # a line of 45 degrees, √2 times as long
    points[8, 1] += apart_px / 2
    line_deg = eye_roll_deg(points)
    assert line_deg == pytest.approx(45.0, abs=0.1)
    assert face_roll_deg(points) / line_deg == pytest.approx(followed, abs=0.1)
    patches = (*eye_patches(points), affect_patch(points))
    assert {patch.roll_deg for patch in patches} == {face_roll_deg(points)}


def test_the_far_eye_of_a_turned_head_keeps_a_patch_it_fits_into() -> None:
    """Foreshortened to a sliver, its patch shrinks no further than the near eye allows."""
    points = _face(0)
    points[42:48, 0] = 320 + (points[42:48, 0] - 320) * 0.1
    left, right = eye_patches(points)
    assert left.side_px == pytest.approx(0.7 * right.side_px, rel=0.01)


def test_face_patch_is_centred_on_the_box() -> None:
    """And larger than it."""
    patch = face_patch((100.0, 50.0, 200.0, 170.0), 12.0)
    assert (patch.x_px, patch.y_px, patch.side_px, patch.roll_deg) == (150.0, 110.0, pytest.approx(174.0), 12.0)
