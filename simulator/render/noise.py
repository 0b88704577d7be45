"""The smooth noise that cloth, iris and sclera are made uneven with. Always the same."""

from __future__ import annotations

import cv2
import numpy as np

from simulator.types import Array

SIZE = 256
SEED = 940
OCTAVES = ((64, 128), (16, 32))  # cells across the tile, per channel


def smooth_noise() -> Array:
    """A tile (SIZE, SIZE, 2) that repeats; 0 … 1, mean ½; the first channel fine, the second coarse."""
    rng = np.random.default_rng(SEED)
    return np.stack([_channel(rng, cells) for cells in OCTAVES], axis=-1)


def _channel(rng: np.random.Generator, octaves: tuple[int, ...]) -> Array:
    total = np.zeros((SIZE, SIZE), np.float32)
    for weight, cells in zip((1.0, 0.6), octaves, strict=True):
        total += np.float32(weight) * _octave(rng.random((cells, cells), dtype=np.float32))
    total -= total.mean()
    return np.asarray(np.clip(0.5 + 0.2 * total / total.std(), 0.0, 1.0), np.float32)


def _octave(cells: Array) -> Array:
    """Cells enlarged smoothly to the tile; opposite edges meet."""
    margin = 4
    step = SIZE // len(cells)
    wrapped = np.pad(cells, margin, mode="wrap")
    size = step * len(wrapped)
    large = cv2.resize(wrapped, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large[margin * step :, margin * step :][:SIZE, :SIZE], np.float32)
