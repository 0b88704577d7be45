"""The small picture with the face's box and the eyes, as half-block characters or as PNG bytes. In memory only."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cabinwatch.aim.placement import Look
from vision.preprocess import eye_patches
from vision.types import GreyImage

PAGE_WIDTH_PX = 640
# Colours of a terminal with 256 of them: 232–255 are greys.
_GREYS, _GREY_0 = 24, 232
_BOX, _EYE = 46, 226  # green, yellow
_GREEN, _YELLOW = (0, 200, 0), (0, 220, 255)  # blue, green, red

Box = tuple[int, int, int, int]


def half_blocks(grey: GreyImage, look: Look | None, columns: int, rows: int) -> list[str]:
    """Lines of a terminal: each character is two picture elements, one above the other."""
    scale = min(columns / grey.shape[1], 2 * rows / grey.shape[0])
    wide, high = max(int(grey.shape[1] * scale), 1), max(int(grey.shape[0] * scale) // 2 * 2, 2)
    small = cv2.resize(grey, (wide, high), interpolation=cv2.INTER_AREA)
    codes = (_GREY_0 + small.astype(np.int32) * _GREYS // 256).astype(np.uint8)
    for box, colour in _boxes(look, scale):
        cv2.rectangle(codes, box[:2], box[2:], colour)
    return [_line(codes[row], codes[row + 1]) for row in range(0, high, 2)]


def _line(top: NDArray[np.uint8], bottom: NDArray[np.uint8]) -> str:
    parts, last = [], None
    for pair in zip(top.tolist(), bottom.tolist(), strict=True):
        if pair != last:
            parts.append(f"\x1b[38;5;{pair[0]};48;5;{pair[1]}m")
            last = pair
        parts.append("▀")
    return "".join(parts) + "\x1b[0m"


def _boxes(look: Look | None, scale: float) -> list[tuple[Box, int]]:
    """The face's box and a square around each eye, in px of the small picture, with their colours."""
    if look is None or look.seen.face.box_px is None or look.seen.landmarks_px is None:
        return []
    x0, y0, x1, y1 = look.seen.face.box_px
    boxes = [((x0, y0, x1, y1), _BOX)]
    for patch in eye_patches(look.seen.landmarks_px):
        half = patch.side_px / 4
        boxes.append(((patch.x_px - half, patch.y_px - half, patch.x_px + half, patch.y_px + half), _EYE))
    return [((round(a * scale), round(b * scale), round(c * scale), round(d * scale)), e) for (a, b, c, d), e in boxes]


def png(grey: GreyImage, look: Look | None) -> bytes:
    """For the page."""
    scale = PAGE_WIDTH_PX / grey.shape[1]
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    drawn = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    for box, colour in _boxes(look, scale):
        cv2.rectangle(drawn, box[:2], box[2:], _GREEN if colour == _BOX else _YELLOW, 2)
    _, data = cv2.imencode(".png", drawn)
    return data.tobytes()
