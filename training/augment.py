"""What light, lens and sensor do to a picture, at random.

Knows grey images (uint8 in, uint8 out, same shape). The ranges reach past what a cabin shows: a network that
saw worse stays calm.
"""

from __future__ import annotations

import cv2
import numpy as np

Rng = np.random.Generator


class Picker:
    """Draws indices with given weights. Generator.choice sums all weights at every call; this sums them once."""

    def __init__(self, weights: np.ndarray) -> None:
        self._steps = np.cumsum(weights / weights.sum())

    def __call__(self, rng: Rng) -> int:
        return min(int(np.searchsorted(self._steps, rng.random())), len(self._steps) - 1)


def lookup(rng: Rng) -> np.ndarray:
    """A random tone curve: gamma, gain down to near darkness or up to clipping, offset."""
    ramp = np.linspace(0.0, 1.0, 256) ** np.exp(rng.uniform(-0.8, 0.8))
    kind = rng.random()
    if kind < 0.25:  # night: a few grey levels are left
        ramp = ramp * np.exp(rng.uniform(np.log(0.07), np.log(0.5)))
    elif kind < 0.4:  # too much light
        ramp = ramp * rng.uniform(1.1, 1.9)
    else:
        ramp = ramp * rng.uniform(0.6, 1.1) + rng.uniform(-0.08, 0.15)
    return (np.clip(ramp, 0, 1) * 255).astype(np.uint8)


def side_light(image: np.ndarray, rng: Rng) -> np.ndarray:
    """LED fall-off, a half-lit face, or the hard edge of a window's sun."""
    high, wide = image.shape
    angle = rng.uniform(0, 2 * np.pi)
    ys, xs = np.mgrid[-1 : 1 : complex(high), -1 : 1 : complex(wide)].astype(np.float32)
    across = xs * np.cos(angle) + ys * np.sin(angle) + rng.uniform(-0.5, 0.5)
    steep = np.exp(rng.uniform(np.log(0.5), np.log(20.0)))
    mask = 1.0 / (1.0 + np.exp(-across * steep))
    if rng.random() < 0.3:  # a stripe instead of an edge
        mask *= 1.0 / (1.0 + np.exp((across - rng.uniform(0.2, 0.8)) * steep))
    low, top = rng.uniform(0.2, 0.8), rng.uniform(0.9, 1.4)
    return np.clip(image * (low + (top - low) * mask), 0, 255).astype(np.uint8)


def blur(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Defocus, motion, or a picture that was small once."""
    kind, size = rng.random(), image.shape[0]
    if kind < 0.4:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.025 * size + 0.4))
    if kind < 0.6:
        length = int(rng.integers(2, max(3, size // 14)))
        kernel = np.zeros((length, length), np.float32)
        if rng.random() < 0.5:
            kernel[length // 2] = 1.0 / length
        else:
            kernel[:, length // 2] = 1.0 / length
        return cv2.filter2D(image, -1, kernel)
    scale = rng.uniform(0.3, 0.8)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_LINEAR)


def glints(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Small saturated spots: LEDs on corneas and on lenses."""
    out = image.copy()
    size = image.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        centre = (int(rng.integers(size)), int(rng.integers(size)))
        axes = (int(rng.integers(1, max(2, size // 12))), int(rng.integers(1, max(2, size // 16))))
        cv2.ellipse(out, centre, axes, rng.uniform(0, 180), 0, 360, int(rng.integers(180, 256)), -1, cv2.LINE_AA)
    return out


def noise(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Sensor noise, up to σ = 12 grey levels; never so much that nobody could tell what it hides."""
    contrast = float(cv2.meanStdDev(image)[1][0, 0])
    sigma = min(np.exp(rng.uniform(np.log(0.7), np.log(12.0))), 0.8 * contrast)
    grain = np.empty(image.shape, np.int16)
    cv2.randn(grain, 0, sigma)
    return cv2.add(image, grain, dtype=cv2.CV_8U)


def compressed(image: np.ndarray, rng: Rng) -> np.ndarray:
    """JPEG at a poor quality."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 85))])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


def photometric(image: np.ndarray, rng: Rng, strength: float = 1.0) -> np.ndarray:
    """All of the above, each with its own chance, in the order in which light meets lens meets sensor."""
    chances = rng.random(6) / strength
    if chances[0] < 0.30:
        image = side_light(image, rng)
    if chances[1] < 0.12:
        image = glints(image, rng)
    if chances[2] < 0.35:
        image = blur(image, rng)
    if chances[3] < 0.75:
        image = cv2.LUT(image, lookup(rng))
    if chances[4] < 0.45:
        image = noise(image, rng)
    if chances[5] < 0.20:
        image = compressed(image, rng)
    return image


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!?%&@()"


def graphics(image: np.ndarray, rng: Rng, count: int) -> np.ndarray:
    """Letters and simple shapes drawn over a picture: prints, labels, displays. Two dots and a line are no face."""
    out = image.copy()
    high, wide = image.shape
    for _ in range(count):
        place = (int(rng.integers(wide)), int(rng.integers(high)))
        grey, thick = int(rng.integers(256)), int(rng.integers(1, 6))
        kind = rng.random()
        if kind < 0.7:
            text = "".join(rng.choice(list(LETTERS), int(rng.integers(1, 10))))
            scale = float(np.exp(rng.uniform(np.log(0.3), np.log(high / 22))))
            font = int(rng.integers(0, 8))
            if rng.random() < 0.5:
                cv2.putText(out, text, place, font, scale, 255 - grey, thick + 3, cv2.LINE_AA)
            cv2.putText(out, text, place, font, scale, grey, thick, cv2.LINE_AA)
        elif kind < 0.85:
            cv2.circle(
                out, place, int(rng.integers(2, max(3, high // 4))), grey, int(rng.choice([-1, thick])), cv2.LINE_AA
            )
        else:
            other = (int(rng.integers(wide)), int(rng.integers(high)))
            cv2.rectangle(out, place, other, grey, thick, cv2.LINE_AA)
    return out


def lettering(image: np.ndarray, rng: Rng) -> np.ndarray:
    """A word in fat, outlined letters, perhaps slanted: logos and road signs. An "a" has a brow, eyes and a chin."""
    high, wide = image.shape
    tall = high * np.exp(rng.uniform(np.log(0.15), np.log(1.2)))
    scale, stroke = float(tall / 22), max(1, round(tall * rng.uniform(0.08, 0.25)))
    place = (int(rng.uniform(-0.5, 0.6) * wide), int(rng.uniform(0.4, 1.0) * high))
    text = "".join(rng.choice(list(LETTERS), int(rng.integers(1, 10))))
    mask = np.zeros_like(image)
    cv2.putText(mask, text, place, int(rng.integers(0, 8)), scale, 255, stroke, cv2.LINE_AA)
    slant = np.array([[1, rng.uniform(-0.3, 0.3), 0], [rng.uniform(-0.2, 0.2), 1, 0]])
    mask = cv2.warpAffine(mask, slant, (wide, high))
    rim = max(1, round(tall * rng.uniform(0.02, 0.12)))
    edge = cv2.dilate(mask, np.ones((rim, rim), np.uint8))
    fill = np.clip(rng.uniform(0, 255) + np.linspace(-60, 60, high)[:, None] * rng.uniform(-1, 1), 0, 255)
    out = np.where(edge > 127, np.float64(rng.uniform(0, 255)), image)
    return np.where(mask > 127, fill, out).astype(np.uint8)


def texture(size: int, rng: Rng) -> np.ndarray:
    """(size, size) cloth, leather, foliage, nothing: smooth noise of a random scale, sometimes with a print on it."""
    cells = int(rng.integers(1, 16))
    field = rng.uniform(0, 255, (cells + 1, cells + 1)).astype(np.float32)
    image = cv2.resize(field, (size, size), interpolation=cv2.INTER_CUBIC)
    contrast = rng.uniform(0.02, 1.0)
    cloth = np.clip(image * contrast + rng.uniform(0, 200), 0, 255).astype(np.uint8)
    kind = rng.random()
    if kind < 0.3:
        return lettering(cloth, rng)
    return graphics(cloth, rng, int(rng.integers(1, 4))) if kind < 0.5 else cloth


def covered(image: np.ndarray, rng: Rng, least: float, most: float) -> np.ndarray:
    """Something lies over a share of the picture: a hand, a lens, a frame, hair."""
    size = image.shape[0]
    mask = np.zeros(image.shape, np.uint8)
    side = size * rng.uniform(least, most)
    centre = (rng.uniform(0, size), rng.uniform(0, size)) if most < 1 else (size / 2, size / 2)
    shape = (centre, (side, side * rng.uniform(0.5, 1.6)), rng.uniform(0, 180))
    if rng.random() < 0.5:
        cv2.ellipse(mask, shape, 255, -1)
    else:
        cv2.fillConvexPoly(mask, cv2.boxPoints(shape).astype(np.int32), 255)
    over = texture(size, rng)
    if rng.random() < 0.3:  # a dark lens: what is behind it is faint
        over = cv2.addWeighted(image, rng.uniform(0.0, 0.12), over, rng.uniform(0.02, 0.4), 0)
    return np.where(mask > 0, over, image)


def behind_a_hand(image: np.ndarray, skin: np.ndarray, rng: Rng) -> np.ndarray:
    """Two to five fingers, cut out of another picture with skin in it, over a part of the picture."""
    size = image.shape[0]
    mask = np.zeros(image.shape, np.uint8)
    middle = rng.uniform(0.15, 0.95, 2) * size
    angle = rng.uniform(-90, 90)
    along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    wide, spread = size * rng.uniform(0.05, 0.1), rng.uniform(0.9, 1.3)
    for finger in range(int(rng.integers(2, 6))):
        centre = middle + finger * spread * wide * np.array([-along[1], along[0]]) + along * rng.normal(0, 0.05 * size)
        long = size * rng.uniform(0.25, 0.6)
        cv2.ellipse(mask, (tuple(centre), (long, wide), angle + rng.normal(0, 4)), 255, -1)
    edge = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32) / 255
    tone = skin.astype(np.float32) * rng.uniform(0.7, 1.2)
    shade = 1.0 - 0.4 * np.clip(cv2.GaussianBlur(mask, (0, 0), 3.0).astype(np.float32) / 255 - edge, 0, 1)
    return np.clip(image * shade * (1 - edge) + tone * edge, 0, 255).astype(np.uint8)
