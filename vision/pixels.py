"""Any picture a source can give → 8-bit grey, by rules that are stated here.

Knows pixel layouts. Must not know where a picture came from or what it shows.

Colour becomes luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). The red channel lies nearer to NIR, but luma is what
the Y of YUYV, the Y of a JPEG and the GREY mode of a colour sensor hold already: with it one camera looks alike through
every pixel format, and like the grey pictures the networks learned from. Under NIR light behind a visible-light
blocking filter the three channels differ little anyway.

16-bit pictures are shifted, never stretched: grey = value >> (bits - 8), clipped at 255, which is what the same
sensor's 8-bit mode would give. A stretch to the picture's own range would hide darkness from the brightness
measurement and flicker from frame to frame. How many bits carry the picture is a setting, or is read off the values:
the smallest of 10, 12 and 16 that holds every value seen; 16 where the low bits are empty (a left-aligned sensor).
Within one source it only ever grows.
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


@dataclass(frozen=True, slots=True)
class Broken:
    """A picture that cannot be used, as data: `detail` says why, for people."""

    detail: str


class GreyScale:
    """Turns the pictures of one source into grey; remembers the bit depth of 16-bit ones.

    Args:
        bits: Bits that carry the picture in 16-bit pixels, 8–16; None finds out.
    """

    def __init__(self, bits: int | None = None) -> None:
        self._fixed = bits
        self._seen = _DEPTHS[0]

    def convert(self, image: NDArray[Any] | None) -> GreyImage | Broken:
        """Grey of shape (height, width); from (height, width) or (height, width, 1 | 3 BGR | 4 BGRA), 8 or 16 bit."""
        if image is None or image.size == 0:
            return Broken("the picture is empty")
        if image.dtype not in (np.uint8, np.uint16):
            return Broken(f"pixels of type {image.dtype} are not supported; 8 or 16 bit integers are")
        flat = _luma(image)
        if isinstance(flat, Broken):
            return flat
        grey: GreyImage = flat if flat.dtype == np.uint8 else self._to_8_bit(flat)
        return np.ascontiguousarray(grey)

    def _to_8_bit(self, image: NDArray[np.uint16]) -> GreyImage:
        bits = self._fixed or self._depth(image)
        grey: GreyImage = np.minimum(image >> (bits - 8), 255).astype(np.uint8)
        return grey

    def _depth(self, image: NDArray[np.uint16]) -> int:
        used = int(np.bitwise_or.reduce(image, axis=None))  # every bit that any pixel sets
        left_aligned = used != 0 and used % (1 << _LEFT_ALIGNED_ZEROS) == 0
        needed = 16 if left_aligned else next(depth for depth in _DEPTHS if used < 1 << depth)
        self._seen = max(self._seen, needed)
        return self._seen


def _luma(image: NDArray[Any]) -> NDArray[Any] | Broken:
    if image.ndim == 2:
        return image
    channels = image.shape[2] if image.ndim == 3 else 0
    if channels == 1:
        return image[:, :, 0]
    if channels in (3, 4):
        return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY if channels == 3 else cv2.COLOR_BGRA2GRAY)
    return Broken(f"a picture of shape {image.shape} is neither grey nor colour")
