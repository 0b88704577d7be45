"""From what the shaders wrote to a picture's light: scatter inside the skin, and fewer pixels. Must not know OpenGL."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.types import Array, GreyImage, What

# Shares and standard deviations of the light's way inside skin at 850–940 nm: it wanders for millimetres, which is
# why NIR skin looks smooth (compare the red of d'Eon & Luebke 2007, wider still).
UNSCATTERED = 0.34
SCATTERED = ((0.30, 0.9), (0.36, 3.2))  # share, mm
LEAST = 1e-4
# Lids and lashes keep light from the eyeball next to them, most from above: how wide, how far up it is felt, how much.
LID_SHADE_MM, LID_ABOVE_MM, LID_SHADE = 1.3, 0.9, 0.55
EYES = (What.EYE_LEFT, What.EYE_RIGHT)


def develop(shade: Array, mark: GreyImage, px_per_mm: float, supersample: int) -> Array:
    """Linear light (h ÷ supersample, w ÷ supersample).

    Args:
        shade: (h, w, 4): arriving light, reflectance, both times what strands and lenses let through; mirrored and
            own light; what is let through.
        mark: (h, w, 4) bytes; the third is not 0 where light scatters inside.
        px_per_mm: Fine pixels per mm at the face.
        supersample: Fine pixels per pixel.
    """
    arriving, reflectance, mirrored, kept = (np.asarray(plane, np.float32) for plane in cv2.split(shade))
    arriving /= np.maximum(kept, LEAST, out=kept)
    scatters = np.ascontiguousarray(mark[..., 2])
    left, top, width, height = cv2.boundingRect(scatters)
    if width and height:
        part = np.s_[top : top + height, left : left + width]
        arriving[part] = _scatter(arriving[part], scatters[part], px_per_mm)
    for eye in EYES:
        _shade_under_lids(arriving, mark[..., 0] == eye, px_per_mm)
    light = arriving
    light *= reflectance
    light += mirrored
    if supersample == 1:
        return np.asarray(light, np.float32)
    size = (light.shape[1] // supersample, light.shape[0] // supersample)
    return np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), np.float32)


def _scatter(arriving: Array, scatters: GreyImage, px_per_mm: float) -> Array:
    """The arriving light after its way inside the skin; elsewhere as it was."""
    inside = (scatters > 0).astype(np.float32)
    height, width = arriving.shape
    step = max(round(px_per_mm), 1)
    small = (max(width // step, 1), max(height // step, 1))
    weighed = np.asarray(cv2.resize(arriving * inside, small, interpolation=cv2.INTER_AREA), np.float32)
    weights = np.asarray(cv2.resize(inside, small, interpolation=cv2.INTER_AREA), np.float32)
    spread = np.zeros_like(weighed)
    for share, mm in SCATTERED:
        sigma = max(mm * px_per_mm / step, 0.3)
        spread += np.float32(share) * _blur(weighed, sigma) / np.maximum(_blur(weights, sigma), LEAST)
    fine = np.asarray(cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    fine += np.float32(UNSCATTERED) * arriving
    return np.where(scatters > 0, fine, arriving)


def _shade_under_lids(arriving: Array, eye: NDArray[np.bool_], px_per_mm: float) -> None:
    """Darkens, in place, the eyeball where a blurred picture of it is thin."""
    left, top, width, height = cv2.boundingRect(eye.view(np.uint8))
    if not width:
        return
    above = round(LID_ABOVE_MM * px_per_mm)
    ball = np.pad(eye[top : top + height, left : left + width], above + 1).astype(np.float32)
    open_to = _blur(ball, max(LID_SHADE_MM * px_per_mm, 0.3))[1 : 1 + height, above + 1 : above + 1 + width]
    shade = 1.0 - LID_SHADE * np.clip(1.1 - 1.5 * open_to, 0.0, 1.0)
    part = arriving[top : top + height, left : left + width]
    np.multiply(part, shade, out=part, where=eye[top : top + height, left : left + width])


def _blur(values: Array, sigma: float) -> Array:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
