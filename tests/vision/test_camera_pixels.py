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


def test_colour_becomes_luma_whatever_it_came_through():
    """The Y that YUYV carries is the grey that BGR becomes."""
    blue_green_red = np.array([[[200, 100, 50]]], np.uint8)
    expected = round(0.114 * 200 + 0.587 * 100 + 0.299 * 50)
    assert GreyScale().convert(blue_green_red).item() == expected
    with_alpha = np.dstack([blue_green_red, np.full((1, 1), 7, np.uint8)])
    assert GreyScale().convert(with_alpha).item() == expected
    assert GreyScale().convert(np.full((2, 3, 1), 9, np.uint8)).shape == (2, 3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 512, 1023), (0, 128, 255)),  # 10 bits
        ((1, 2049, 4095), (0, 128, 255)),  # 12 bits
        ((1, 32768, 65535), (0, 128, 255)),  # all 16
        ((0x0040, 0x0400, 0x1000), (0, 4, 16)),  # 10 bits, left-aligned: dark stays dark
        ((0, 0, 0), (0, 0, 0)),
    ],
)
def test_sixteen_bits_are_shifted_to_eight(values, expected):
    """The depth is read off the values: the smallest usual one that holds them all."""
    assert tuple(GreyScale().convert(grey16(*values))[0]) == expected


def test_the_depth_only_grows_within_one_source():
    """A dark frame of a 12-bit sensor is not taken for a 10-bit one once a bright frame has been seen."""
    scale = GreyScale()
    scale.convert(grey16(4095))
    assert scale.convert(grey16(801)).item() == 801 >> 4


def test_a_stated_depth_is_used_and_clipped():
    """The setting wins over what the values look like."""
    assert tuple(GreyScale(bits=10).convert(grey16(256, 1023, 5000))[0]) == (64, 255, 255)


def test_sixteen_bit_colour():
    """Luma first, then the shift."""
    assert GreyScale().convert(np.full((1, 1, 3), 0xFFFF, np.uint16)).item() == 255


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
