"""What one picture says about the lens before it and the light in it, from thirty of its rows.

Knows pixels. Must not know time, or what the picture shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Fault, GreyImage

_ROWS = 30  # spread over the picture: enough to know its light, and few enough to cost nothing

DARK = 24  # grey level, 0–255
BLACK_SHARE = 0.99  # of the pixels darker than DARK, 0–1: not even a face is lit (ours)
WHITE = 250  # grey level, 0–255
WHITE_SHARE = 0.6  # of the pixels at WHITE or over, 0–1; a window takes less (ours)

# Structure without noise
# -----------------------
# d(k) = mean of (g(x + k) - 2 g(x) + g(x - k))² along the rows. Independent noise adds the same to every d(k), so the
# differences d(12) - d(1) and d(3) - d(1) are free of it: how much there is at the scale of 12 px, and of 3 px, in a
# picture 640 px wide. A steady slope of light adds nothing.
# Measured on every 48th frame of three clips of people and two simulated drives, also with noise up to 15 grey levels:
#   d(12) - d(1)                    as they are 33 and more         a blur of 60 px: 3 and less
#   (d(3) - d(1)) / (d(12) - d(1))  as they are 0.12 and more       a blur of 3 px: 0.02; with noise up to 0.05
# (with a clip's black lead-in, and a hand before the lens, left out).
_FINE_PX, _COARSE_PX, _AT_WIDTH_PX = 3, 12, 640
# A compressor makes structure out of noise (JPEG quality 80: 9 of 2 grey levels of noise, 36 of 4): behind one, a
# covered lens that is noisy as well is not told from a scene.
EMPTY = 16.0  # d(12) - d(1), grey levels²; below it there is nothing to see (ours)
EMPTY_AT_GREY = 64.0  # mean grey; a darker picture has less of everything, by its square
BLUR = 0.06  # (d(3) - d(1)) / (d(12) - d(1)); below it nothing has an edge (ours)


@dataclass(frozen=True, slots=True)
class Look:
    """What the checks need of one picture."""

    rows: NDArray[np.uint8]  # shape (about 30, width)
    mean: float  # grey, 0–255
    dark: float  # share of pixels, 0–1
    white: float  # share of pixels, 0–1

    def same_as(self, other: Look) -> bool:
        return np.array_equal(self.rows, other.rows)


def look_at(grey: GreyImage) -> Look:
    rows = np.ascontiguousarray(grey[:: max(1, grey.shape[0] // _ROWS)])
    dark = float(np.count_nonzero(rows < DARK)) / rows.size
    white = float(np.count_nonzero(rows >= WHITE)) / rows.size
    return Look(rows, float(cv2.mean(rows)[0]), dark, white)


def picture_faults(look: Look) -> Iterator[Fault]:
    """At most one: what is black has no edges either."""
    if look.dark >= BLACK_SHARE:
        yield Fault.BLACK
    elif look.white >= WHITE_SHARE:
        yield Fault.SATURATED
    else:
        yield from _unsharp(look)


def _unsharp(look: Look) -> Iterator[Fault]:
    scale = max(1, round(look.rows.shape[1] / _AT_WIDTH_PX))
    noise = _unevenness(look.rows, scale)
    coarse = _unevenness(look.rows, _COARSE_PX * scale) - noise
    if coarse < EMPTY * min(1.0, look.mean / EMPTY_AT_GREY) ** 2:
        yield Fault.BLOCKED
    elif _unevenness(look.rows, _FINE_PX * scale) - noise < BLUR * coarse:
        yield Fault.BLURRED


def _unevenness(rows: NDArray[np.uint8], step_px: int) -> float:
    """d(step_px); 0 for a picture too narrow for it."""
    if rows.shape[1] <= 2 * step_px:
        return 0.0
    kernel = np.zeros((1, 2 * step_px + 1), np.float32)
    kernel[0, [0, step_px, -1]] = 1.0, -2.0, 1.0
    bent = cv2.filter2D(rows, cv2.CV_16S, kernel)[:, step_px:-step_px]
    return cv2.norm(bent, cv2.NORM_L2SQR) / bent.size
