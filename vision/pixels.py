"""Any picture a source can give → 8-bit grey, by rules that are stated here.

Knows pixel layouts. Must not know where a picture came from or what it shows.

Colour becomes luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). The red channel lies nearer to NIR, but luma is what
the Y of YUYV, the Y of a JPEG and the GREY mode of a colour sensor hold already: with it one camera looks alike through
every pixel format, and like the grey pictures the networks learned from. Under NIR light behind a visible-light
blocking filter the three channels differ little anyway.

16-bit pictures: grey = value / 2^(bits - 8) · lift, clipped at 255.

*bits* carry the picture: a setting, or what the format states (Y10, Y12), or read off the values: the smallest of 10,
12 and 16 that holds every value seen; 16 where the low bits are empty (a left-aligned sensor). It only ever grows, and
so finds the shift of platforms that put a RAW10 picture into the high bits of its 16. With lift 1 the grey is what the
same sensor's 8-bit mode would give.

*lift*, 1 to 4, uses what the longer pixels hold beyond 8 bits where the picture is dark: it brings the 95th percentile
of the pixels that are not saturated to 200. Saturated ones are left out so that a bright window does not darken the
driver; a face lit by the illuminator fills more than a twentieth, so it is not burnt out. Decided on the first picture,
then moved only where it is off by a quarter, up by one doubling in 4 s, down by one in 0.5 s (a lamp that comes on must
not blind for long): nothing flickers. At most 4, because 10 bits hold no more, and a covered lens must stay black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import GreyImage

_DEPTHS = (10, 12, 16)  # what 16-bit containers hold in practice: RAW10, RAW12, full range
_LEFT_ALIGNED_ZEROS = 4  # a left-aligned 12-bit sensor leaves 4 low bits empty, a 10-bit one 6

_MOST_LIFT = 4.0  # times
_BRIGHT_SHARE = 0.95  # of the pixels that are not saturated …
_BRIGHT_GREY = 200.0  # … shall be darker than this
_SATURATED_GREY = 250.0  # without lift
_OFF = 1.25  # the lift follows once it is off by this factor …
_DOUBLING_S, _HALVING_S = 4.0, 0.5  # … at this pace
_SAMPLE_PX = 48  # every n-th pixel is looked at, so that about so many squared are


@dataclass(frozen=True, slots=True)
class Broken:
    """A picture that cannot be used, as data: `detail` says why, for people."""

    detail: str


class GreyScale:
    """Turns the pictures of one source into grey; remembers the depth and the lift of 16-bit ones.

    Args:
        bits: Bits that carry the picture in 16-bit pixels, 8–16; None finds out.
    """

    def __init__(self, bits: int | None = None) -> None:
        self._fixed = bits
        self._seen = _DEPTHS[0]
        self._lift: float | None = None
        self._lift_s = 0.0  # when the lift was last looked at

    def expect(self, bits: int | None) -> None:
        """A format that states its bits: at least so many carry the picture."""
        self._seen = max(self._seen, bits or 0)

    def convert(self, image: NDArray[Any] | None, t_s: float = 0.0) -> GreyImage | Broken:
        """Grey of shape (height, width); from (height, width) or (height, width, 1 | 3 BGR | 4 BGRA), 8 or 16 bit."""
        if image is None or image.size == 0:
            return Broken("the picture is empty")
        if image.dtype not in (np.uint8, np.uint16):
            return Broken(f"pixels of type {image.dtype} are not supported; 8 or 16 bit integers are")
        flat = _luma(image)
        if isinstance(flat, Broken):
            return flat
        grey: GreyImage = flat if flat.dtype == np.uint8 else self._to_8_bit(flat, t_s)
        return np.ascontiguousarray(grey)

    def _to_8_bit(self, image: NDArray[np.uint16], t_s: float) -> GreyImage:
        scale = 2.0 ** (8 - (self._fixed or self._depth(image)))
        self._follow(_wanted_lift(image, scale), t_s)
        grey: GreyImage = cv2.convertScaleAbs(image, alpha=scale * (self._lift or 1.0))  # type: ignore[assignment]  # typed as cv2's widest
        return grey

    def _depth(self, image: NDArray[np.uint16]) -> int:
        used = int(np.bitwise_or.reduce(image, axis=None))  # every bit that any pixel sets
        left_aligned = used != 0 and used % (1 << _LEFT_ALIGNED_ZEROS) == 0
        needed = 16 if left_aligned else next(depth for depth in _DEPTHS if used < 1 << depth)
        if needed > self._seen:
            self._seen, self._lift = needed, None
        return self._seen

    def _follow(self, wanted: float, t_s: float) -> None:
        passed_s, self._lift_s = max(0.0, t_s - self._lift_s), t_s
        if self._lift is None:
            self._lift = wanted
        elif max(wanted / self._lift, self._lift / wanted) > _OFF:
            step = wanted / self._lift
            self._lift *= min(max(step, 2.0 ** (-passed_s / _HALVING_S)), 2.0 ** (passed_s / _DOUBLING_S))


def _wanted_lift(image: NDArray[np.uint16], scale: float) -> float:
    height, width = image.shape
    sample = image[:: max(1, height // _SAMPLE_PX), :: max(1, width // _SAMPLE_PX)] * scale
    below = sample[sample < _SATURATED_GREY]
    if below.size == 0:
        return 1.0
    at = int(_BRIGHT_SHARE * (below.size - 1))
    return float(min(max(_BRIGHT_GREY / max(np.partition(below, at)[at], 1.0), 1.0), _MOST_LIFT))


def _luma(image: NDArray[Any]) -> NDArray[Any] | Broken:
    if image.ndim == 2:
        return image
    channels = image.shape[2] if image.ndim == 3 else 0
    if channels == 1:
        return image[:, :, 0]
    if channels in (3, 4):
        return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY if channels == 3 else cv2.COLOR_BGRA2GRAY)
    return Broken(f"a picture of shape {image.shape} is neither grey nor colour")
