"""What a cabin does to a picture, one thing at a time and by a stated amount.

Knows grey pictures and how wide a face is in them (uint8 in, uint8 out, same shape). training/augment.py mixes the same
things at random for learning; here they are fixed, so that two networks can be held against each other.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from vision.types import GreyImage

Rng = np.random.Generator
Condition = Callable[[GreyImage, float, Rng], GreyImage]  # picture, width of a face in it (px), chance

DARK, NOISE = 0.25, 8.0  # share of the light; grey levels of deviation
BLUR = 0.02  # deviation as a share of the face's width
BRIGHT = 2.0  # gain of a picture with too much light: cheeks and brow are white
SHADE = 0.25  # light of the darker side
STRIPE, SUN = 0.35, 1.7  # width of a stripe as a share of the face's; its light
SMALL_PX, SCENE_PX = 50.0, 640.0  # width of a small face, and of the frame that it is in


def plain(grey: GreyImage, _face_px: float, _rng: Rng) -> GreyImage:
    return grey


def dark(grey: GreyImage, _face_px: float, _rng: Rng) -> GreyImage:
    return _levels(grey * np.float32(DARK))


def dark_noise(grey: GreyImage, _face_px: float, rng: Rng) -> GreyImage:
    return _levels(grey * np.float32(DARK) + rng.normal(0, NOISE, grey.shape))


def blurred(grey: GreyImage, face_px: float, _rng: Rng) -> GreyImage:
    return _grey(cv2.GaussianBlur(grey, (0, 0), max(BLUR * face_px, 0.3)))


def half_lit(grey: GreyImage, _face_px: float, rng: Rng) -> GreyImage:
    """One side in the shade, with a soft edge down the middle."""
    across = np.linspace(-1, 1, grey.shape[1]) * rng.choice([-1, 1])
    return _levels(grey * (SHADE + (1 - SHADE) / (1 + np.exp(-8 * across))))


def over_exposed(grey: GreyImage, _face_px: float, _rng: Rng) -> GreyImage:
    return _levels(grey * np.float32(BRIGHT))


def sun_striped(grey: GreyImage, face_px: float, rng: Rng) -> GreyImage:
    """Sun through a blind: hard stripes across the face, light and shade alike in width."""
    ys, xs = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]]
    angle, start = rng.uniform(0, np.pi), rng.uniform(0, 2)
    place = (xs * np.cos(angle) + ys * np.sin(angle)) / max(STRIPE * face_px, 2.0) + start
    return _levels(grey * np.where(np.mod(place, 2) < 1, SUN, 0.5))


def small(grey: GreyImage, face_px: float, _rng: Rng) -> GreyImage:
    """What is left of a patch when the face was SMALL_PX wide: shrunk and cut large again."""
    scale = min(SMALL_PX / face_px, 1.0)
    size = tuple(max(round(side * scale), 2) for side in grey.shape[::-1])
    shrunk = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return _grey(cv2.resize(shrunk, grey.shape[::-1], interpolation=cv2.INTER_LINEAR))


def far_away(grey: GreyImage, face_px: float, _rng: Rng) -> GreyImage:
    """The whole picture shrunk inside its frame, until a face is as wide as SMALL_PX in SCENE_PX."""
    high, wide = grey.shape
    scale = min(SMALL_PX / SCENE_PX * wide / face_px, 1.0)
    size = (max(round(wide * scale), 2), max(round(high * scale), 2))
    x, y = (wide - size[0]) // 2, (high - size[1]) // 2
    canvas = np.full_like(grey, int(np.median(grey)))
    canvas[y : y + size[1], x : x + size[0]] = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return canvas


def _levels(light: np.ndarray) -> GreyImage:
    return np.asarray(np.clip(light, 0, 255), np.uint8)


def _grey(image: np.ndarray) -> GreyImage:
    return np.asarray(image, np.uint8)


PATCH: dict[str, Condition] = {
    one.__name__: one for one in (plain, dark, dark_noise, blurred, half_lit, over_exposed, sun_striped, small)
}
WHOLE_PICTURE: dict[str, Condition] = PATCH | {"small": far_away}
