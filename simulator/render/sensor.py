"""What the imager makes of the light: exposure, blur, noise, grey values.

Knows pictures and `Sensor`. Must not know parts, drivers or OpenGL. Stateless: exposure control is a loop in `take`.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.types import Array, GreyImage, Sensor, SimulatorError

# Exposure: full scale per unit of light.
LEAST_EXPOSURE, MOST_EXPOSURE = 0.02, 5.0
NOMINAL_EXPOSURE = 1.0  # above this the amplifier helps, and amplifies the noise too
METERED_PX = 4096  # this many pixels tell the mean well enough
SOLVER_STEPS = 24  # halvings of the range of exposures: to better than 1 ppm

# What 1 of `Sensor.noise` and `Sensor.shot` stands for, such that their defaults give a signal-to-noise ratio of
# 35–40 dB at mid grey, what makers of automotive NIR imagers state.
NOISE_UNIT, SHOT_UNIT = 0.5, 0.1

SHOULDER = 0.75  # share of full scale from which on highlights are bent, before they are cut off
BAND_ROWS = 90.0  # rows per band of mains or PWM light
BAND_SPEED = 7.3  # bands per second they roll
GLARE, GLARE_SHARE, GLARE_STEP = 6.0, 0.025, 16  # dust and lens surfaces: sigma in cells, share, px per cell
COVER_SOFT = 0.12  # of the picture's width: a thing on the lens is far out of focus
COVER_BEND = 0.5  # how round its edge is
COVER_LIGHT = 0.015  # of the scene's mean light still comes through
GREY_STEPS = 4096
MAX_SMEAR_PX = 41


def metered(light: Array, region: NDArray[np.bool_], sensor: Sensor) -> float:
    """The exposure that this light asks for.

    Args:
        light: (h, w) linear, before `expose`.
        region: (h, w) where to measure, usually the face; an empty one: the whole picture.
        sensor: Its `target_grey` is the mean aimed at.
    """
    chosen = light[region] if region.any() else light.ravel()
    return _exposure_for(chosen[:: max(len(chosen) // METERED_PX, 1)], sensor)


def expose(
    light: Array,
    sensor: Sensor,
    exposure: float,
    *,
    seed: int,
    t_s: float = 0.0,
    covered: float = 0.0,
    motion_px: tuple[float, float] = (0.0, 0.0),
    moving: NDArray[np.bool_] | None = None,
) -> GreyImage:
    """The picture (h, w), grey 0 … 255. The same arguments give the same bytes.

    Args:
        light: (h, w) linear.
        sensor: What it adds.
        exposure: From `metered`.
        seed: Of this picture's noise.
        t_s: Time of the picture, for the rolling bands.
        covered: 0 … 1, how much of the lens something covers.
        motion_px: How far what moves goes across the picture while the shutter is open.
        moving: (h, w) what moves; None: everything.
    """
    seen = _smear(light, motion_px, moving)
    seen = _through_lens(seen, sensor)
    if covered > 0.0:
        free = _free(seen.shape, covered)
        # What lies on the lens is far out of focus: no picture comes through it, only a glow of the scene's mean.
        seen = seen * free + (COVER_LIGHT * seen.mean()) * (1 - free)
    seen = seen * np.float32(exposure)
    if sensor.bands > 0.0:
        seen *= _bands(len(seen), sensor.bands, t_s)
    _add_noise(seen, sensor, exposure, seed)
    grey = _tone_table(sensor.gamma)[_as_index(seen)]
    return grey if sensor.jpeg is None else _compressed(grey, sensor.jpeg)


def _exposure_for(light: Array, sensor: Sensor) -> float:
    """By halving: the mean grey grows with the exposure."""
    table = _tone_table(sensor.gamma)
    low, high = np.log(LEAST_EXPOSURE), np.log(MOST_EXPOSURE)
    for _ in range(SOLVER_STEPS):
        middle = (low + high) / 2
        mean = table[_as_index(light * np.float32(np.exp(middle)))].mean()
        low, high = (middle, high) if mean < sensor.target_grey else (low, middle)
    return float(np.exp((low + high) / 2))


def _smear(light: Array, motion_px: tuple[float, float], moving: NDArray[np.bool_] | None) -> Array:
    """Along the way, over its length."""
    length = float(np.hypot(*motion_px))
    if length < 0.5:
        return light
    kernel = _line(motion_px)
    smeared = np.asarray(cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)
    if moving is None:
        return smeared
    # What moves smears over what stands still, so its share of each pixel smears with it.
    share = cv2.filter2D(moving.astype(np.float32), -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(light + np.minimum(share * 2.0, 1.0) * (smeared - light), np.float32)


def _line(motion_px: tuple[float, float]) -> Array:
    """A kernel of sum 1: a straight smear with soft ends."""
    dx, dy = motion_px
    half = min(int(np.ceil(max(abs(dx), abs(dy)) / 2)) + 1, MAX_SMEAR_PX // 2)
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for along in np.linspace(-0.5, 0.5, 8 * half + 1):
        x, y = np.clip([half + along * dx, half + along * dy], 0, 2 * half - 1e-3)
        column, row = int(x), int(y)
        right, down = x - column, y - row
        kernel[row : row + 2, column : column + 2] += np.outer([1 - down, down], [1 - right, right])
    return np.asarray(kernel / kernel.sum(), np.float32)


def _through_lens(light: Array, sensor: Sensor) -> Array:
    """Blur, a veil of scattered light, darker corners."""
    seen = cv2.GaussianBlur(light, (0, 0), sensor.blur_px) if sensor.blur_px > 0.05 else light
    return np.asarray((seen + _glare(light)) * _corners(light.shape, sensor.vignette), np.float32)


def _glare(light: Array) -> Array:
    height, width = light.shape
    cells = (max(width // GLARE_STEP, 1), max(height // GLARE_STEP, 1))
    far = cv2.GaussianBlur(cv2.resize(light, cells, interpolation=cv2.INTER_AREA), (0, 0), GLARE)
    return np.asarray(cv2.resize(far, (width, height)) * np.float32(GLARE_SHARE), np.float32)


@lru_cache(maxsize=4)
def _corners(shape: tuple[int, int], vignette: float) -> Array:
    """Factor on the light: 1 in the middle, 1 − vignette in the corners."""
    across = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    down = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    return np.asarray(1.0 - vignette * 0.5 * (across**2 + down**2), np.float32)


def _free(shape: tuple[int, ...], covered: float) -> Array:
    """The share of each pixel that a blurred thing sliding in from below leaves free; its edge is round."""
    height, width = shape
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None]
    down = np.linspace(0.0, height / width, height, dtype=np.float32)[:, None]
    way = height / width + 2 * COVER_SOFT + COVER_BEND / 4
    edge = (1 - covered) * way - COVER_SOFT - COVER_BEND / 4 + COVER_BEND * across * across
    free = np.clip((edge - down) / (2 * COVER_SOFT) + 0.5, 0.0, 1.0)
    return np.asarray(free * free * (3 - 2 * free), np.float32)


def _bands(rows: int, amplitude: float, t_s: float) -> Array:
    phase = np.arange(rows) / BAND_ROWS + t_s * BAND_SPEED
    return np.asarray(1.0 + amplitude * np.sin(2 * np.pi * phase), np.float32)[:, None]


def _add_noise(seen: Array, sensor: Sensor, exposure: float, seed: int) -> None:
    """Shot noise grows with the root of the light, read noise is everywhere; the amplifier raises both. In place."""
    gain = sensor.gain * max(exposure / NOMINAL_EXPOSURE, 1.0)
    variance = np.maximum(seen, 0.0)
    variance *= np.float32(sensor.shot * SHOT_UNIT * gain)
    variance += np.float32((sensor.noise * NOISE_UNIT * gain) ** 2)
    noise = np.random.default_rng(seed).standard_normal(seen.shape, dtype=np.float32)
    noise *= np.sqrt(variance, out=variance)
    seen += noise


def _as_index(seen: Array) -> NDArray[np.uint16]:
    """Light as an index of the tone table: its full scale is where the shoulder ends."""
    return np.asarray(np.clip(seen * np.float32(GREY_STEPS / 2), 0, GREY_STEPS - 1), np.uint16)


@lru_cache(maxsize=4)
def _tone_table(gamma: float) -> GreyImage:
    """Grey of light 0 … 2: straight, a soft shoulder, then cut off; bent by gamma."""
    light = (np.arange(GREY_STEPS) + 0.5) / (GREY_STEPS / 2)
    room = 1.0 - SHOULDER
    bent = np.where(light < SHOULDER, light, SHOULDER + room * np.tanh((light - SHOULDER) / room) / np.tanh(2.0))
    return np.asarray(np.clip(np.clip(bent, 0, 1) ** (1 / gamma) * 255 + 0.5, 0, 255), np.uint8)


def _compressed(grey: GreyImage, quality: int) -> GreyImage:
    done, stream = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise SimulatorError(f"JPEG quality {quality}: give 1 … 100")
    return np.asarray(cv2.imdecode(stream, cv2.IMREAD_GRAYSCALE), np.uint8)
