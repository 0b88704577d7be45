"""Whatever pixels a source gives, the networks see 8-bit grey by one stated rule."""

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.pixels import Broken, GreyScale


def grey16(*values):
    return np.array([values], np.uint16)


def convert_lit(scale, *values, depth):
    """These pixels in a picture that is bright elsewhere, so that nothing need be lifted."""
    picture = np.full((20, 100), 208 << (depth - 8), np.uint16)
    picture[0, : len(values)] = values
    return tuple(int(grey) for grey in scale.convert(picture)[0, : len(values)])


def test_colour_becomes_luma_whatever_it_came_through():
    """The Y that YUYV carries is the grey that BGR becomes."""
    blue_green_red = np.array([[[200, 100, 50]]], np.uint8)
    expected = round(0.114 * 200 + 0.587 * 100 + 0.299 * 50)
    assert GreyScale().convert(blue_green_red).item() == expected
    with_alpha = np.dstack([blue_green_red, np.full((1, 1), 7, np.uint8)])
    assert GreyScale().convert(with_alpha).item() == expected
    assert GreyScale().convert(np.full((2, 3, 1), 9, np.uint8)).shape == (2, 3)


@pytest.mark.parametrize(
    ("depth", "values", "expected"),
    [
        (10, (0, 512, 1023), (0, 128, 255)),
        (12, (1, 2049, 4095), (0, 128, 255)),
        (16, (1, 32768, 65535), (0, 128, 255)),
        (16, (0x0040, 0x0400, 0x1000), (0, 4, 16)),  # 10 bits, left-aligned: dark stays dark
    ],
)
def test_sixteen_bits_are_shifted_to_eight(depth, values, expected):
    """The depth is read off the values: the smallest usual one that holds them all."""
    assert convert_lit(GreyScale(), *values, depth=depth) == expected


def test_a_deep_picture_of_nothing_is_black():
    assert GreyScale().convert(grey16(0, 0, 0)).tolist() == [[0, 0, 0]]


def test_the_depth_only_grows_within_one_source():
    """A dark frame of a 12-bit sensor is not taken for a 10-bit one once a bright frame has been seen."""
    scale = GreyScale()
    scale.convert(grey16(4095))
    assert convert_lit(scale, 801, depth=12) == (801 >> 4,)


def test_a_stated_depth_is_used_and_clipped():
    """The setting wins over what the values look like."""
    assert convert_lit(GreyScale(bits=10), 256, 1023, 5000, depth=10) == (64, 255, 255)


def test_a_format_may_state_its_depth():
    """Y12 is no 10-bit picture because its first one is dark; a platform that shifts Y10 up is found out."""
    scale = GreyScale()
    scale.expect(12)
    assert convert_lit(scale, 801, depth=12) == (801 >> 4,)
    scale = GreyScale()
    scale.expect(10)
    assert convert_lit(scale, 0x8000, depth=16) == (0x80,)


def test_sixteen_bit_colour():
    """Luma first, then the shift."""
    assert GreyScale().convert(np.full((1, 1, 3), 0xFFFF, np.uint16)).item() == 255


DEEP = 12


def cabin(level, window=None):
    """A dark cabin in 12 bits, a fifth of it perhaps a window."""
    picture = np.random.default_rng(1).normal(level, level / 8, (120, 160)).clip(0, 4095).astype(np.uint16)
    if window is not None:
        picture[:, :32] = window
    return picture


@pytest.mark.parametrize(("level", "expected"), [(3200, 200), (800, 170), (400, 100), (16, 4)])
def test_a_dark_deep_picture_is_lifted(level, expected):
    """12 bits hold more than 8 show: a dim cabin is lifted to where it can be seen, a covered lens stays black."""
    assert GreyScale(DEEP).convert(cabin(level)).mean() == pytest.approx(expected, rel=0.05)


def test_a_saturated_window_does_not_darken_the_driver():
    """Nothing is lost where it is white already."""
    scale = GreyScale(DEEP)
    with_window = scale.convert(cabin(800, window=4095))[:, 40:]
    assert with_window.mean() == pytest.approx(GreyScale(DEEP).convert(cabin(800)).mean(), rel=0.02)


def test_the_lift_does_not_flicker():
    """Noise, a small cloud, and a passing lamp in a corner change nothing at all."""
    scale = GreyScale(DEEP)
    lifts = set()
    for count in range(60):
        picture = cabin(700 + 60 * (count % 3))
        picture[0, 0] = 2048
        if count % 10 == 0:
            picture[:8, :8] = 4095
        lifts.add(int(scale.convert(picture, count / 30)[0, 0]) if count % 10 else None)
    assert len(lifts - {None}) == 1


def test_the_lift_follows_a_sunset_slowly_and_a_lamp_quickly():
    """Within 8 s it is as bright as it gets after the light went; a lamp that comes on blinds for less than 1.5 s."""
    scale = GreyScale(DEEP)
    means = [scale.convert(cabin(3200 if t_s < 0 else 700), t_s).mean() for t_s in np.arange(-1, 8, 1 / 30)]
    assert max(abs(np.diff(means[40:]))) < 2.0  # grey levels from one frame to the next
    assert means[-1] > 130
    lamp = [scale.convert(cabin(2400), t_s).mean() for t_s in np.arange(8, 9.5, 1 / 30)]
    assert lamp[-1] < 200


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=8), st.sampled_from([None, 8, 10, 12, 14, 16]))
def test_brighter_stays_brighter(values, bits):
    """The mapping never reverses the order of two pixels."""
    grey = GreyScale(bits).convert(grey16(*sorted(values)))[0]
    assert list(grey) == sorted(grey)


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (None, "empty"),
        (np.empty((0, 640), np.uint8), "empty"),
        (np.zeros((2, 2), np.float32), "float32"),
        (np.zeros((2, 2), np.int16), "int16"),
        (np.zeros((2, 2, 2), np.uint8), r"\(2, 2, 2\)"),
        (np.zeros((1, 2, 2, 3), np.uint8), r"\(1, 2, 2, 3\)"),
    ],
)
def test_what_is_no_picture_is_data(image, why):
    """No exception: the detail says what was wrong."""
    broken = GreyScale().convert(image)
    assert isinstance(broken, Broken)
    assert re.search(why, broken.detail)


def test_grey_lies_in_one_piece():
    """Networks and OpenCV take it as it is, whatever it was cut from."""
    yuyv = np.zeros((4, 6, 2), np.uint8)
    grey = GreyScale().convert(yuyv[:, :, 0])
    assert grey.flags["C_CONTIGUOUS"]
    assert cv2.mean(grey)[0] == 0
