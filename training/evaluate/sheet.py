"""A contact sheet of synthetic pictures in which something went wrong. Nobody on them exists, so they may be shown."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vision.types import GreyImage

TILE_PX, COLUMNS, CAPTION_PX = 192, 4, 18


def draw(path: Path, pictures: list[tuple[GreyImage, str]]) -> None:
    """Write the pictures with a caption each, in rows of COLUMNS."""
    tiles = [_tile(grey, caption) for grey, caption in pictures]
    blank = np.full_like(_tile(np.zeros((8, 8), np.uint8), ""), 255)
    tiles += [blank] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[k : k + COLUMNS]) for k in range(0, len(tiles), COLUMNS)]
    if not rows or not cv2.imwrite(str(path), np.vstack(rows)):
        raise SystemExit(f"{path}: the sheet cannot be written, or nothing went wrong")


def _tile(grey: GreyImage, caption: str) -> GreyImage:
    tile = np.full((TILE_PX + CAPTION_PX, TILE_PX), 255, np.uint8)
    tile[:TILE_PX] = cv2.resize(grey, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA)
    cv2.putText(tile, caption, (3, TILE_PX + 13), cv2.FONT_HERSHEY_SIMPLEX, 0.38, 0, 1, cv2.LINE_AA)
    return tile
