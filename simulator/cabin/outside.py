"""What the windows show: blurred land and sky by day, lights that drift by at night, lamps in a tunnel.

Knows surfaces that give light of their own, and how they move with the road. Must not know the car or the driver.

All is soft because a cabin camera is focused on the face: brightness lives in the vertices of coarse surfaces. The
brightness of `Light.sky` is that of the open sky by day; at night it is next to nothing, so lamps carry large factors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulator.cabin.shapes import Floats, geometry, glow, grid, shift, turn
from simulator.cabin.tunnel import LAMP_EVERY_M, nearest_lamp_m
from simulator.types import Daytime, Geometry, Light, Material, Matrix, Part, What

SIDE_MM = 1500.0  # from the car's middle to the scenery at its sides
AHEAD_MM, BEHIND_MM = 2500.0, -2700.0  # before the renderer's far plane
TUNNEL_LAMP, TUNNEL_LAMP_Y_MM = 1.4, 430.0  # brightness, height above the eyes in the scenery's scale
PERIOD_MM = 6000.0  # after so much the scenery at the sides repeats
# Scenery is some 30 m away but stands within 2 m: it must move that much slower to turn as fast in the picture.
NEARNESS = 0.06
TUNNEL_NEARNESS = 0.33  # a tunnel's wall is 4.5 m away


@dataclass(frozen=True, slots=True)
class Glow:
    """A blurred lamp outside."""

    shape: Geometry
    x_mm: float
    y_mm: float
    z_mm: float  # at time 0
    speed_mm_s: float  # backwards
    brightness: float


class Outside:
    """Scenery of one drive. The car's middle plane lies at `middle_x_mm`."""

    def __init__(self, daytime: Daytime, middle_x_mm: float, rng: np.random.Generator, *, speed_m_s: float) -> None:
        self.middle_x_mm = middle_x_mm
        self.speed_mm_s = speed_m_s * 1000 * NEARNESS
        self.left = _side(rng)
        self.right = _side(rng)
        self.rear = _rear(rng, middle_x_mm)
        self.above = _above(middle_x_mm)
        self.in_tunnel, self.speed_m_s = daytime is Daytime.TUNNEL, speed_m_s
        self.bar = _stretched(glow(150.0), 1.4)
        self.glows = () if self.in_tunnel else _street_lights(rng, self.speed_mm_s)

    def parts(self, t_s: float, light: Light) -> tuple[Part, ...]:
        """Everything beyond the glass at one instant."""
        drift = -(t_s * self.speed_mm_s) % PERIOD_MM - PERIOD_MM
        land = (
            _window(self.left, 1.0, shift(self.middle_x_mm + SIDE_MM, 0.0, drift)),
            _window(self.right, 1.0, shift(self.middle_x_mm - SIDE_MM, 0.0, drift)),
            _window(self.rear, 1.0, None),
            _window(self.above, 1.0, None),
        )
        return land + self._lamps(t_s, light)

    def _lamps(self, t_s: float, light: Light) -> tuple[Part, ...]:
        """By day lamps drown: they fade as the sky brightens."""
        dark = float(np.clip(1.0 - light.sky, 0.0, 1.0))
        if dark <= 0.0:
            return ()
        lit = dark / max(light.sky, 1e-4)
        if self.in_tunnel:
            return tuple(_window(self.bar, TUNNEL_LAMP * lit, place) for place in self._tunnel_lamps(t_s))
        return tuple(_window(lamp.shape, lamp.brightness * lit, self._place(lamp, t_s)) for lamp in self.glows)

    def _tunnel_lamps(self, t_s: float) -> Iterator[Matrix]:
        """Places of the lamps in a row high on both walls; they pass when their light does."""
        nearest = nearest_lamp_m(t_s, self.speed_m_s)
        for ahead_m in (nearest + LAMP_EVERY_M * np.arange(-1, 2)).tolist():
            z = ahead_m * 1000 * TUNNEL_NEARNESS
            if BEHIND_MM < z < AHEAD_MM:
                for side in (-1.0, 1.0):
                    yield shift(self.middle_x_mm + side * (SIDE_MM - 20), TUNNEL_LAMP_Y_MM, z) @ turn("y", -90.0 * side)

    def _place(self, lamp: Glow, t_s: float) -> Matrix:
        z = AHEAD_MM - (AHEAD_MM - lamp.z_mm + lamp.speed_mm_s * t_s) % PERIOD_MM
        if lamp.speed_mm_s == 0.0:
            sway = 40.0 * np.sin(0.23 * t_s + lamp.z_mm)
            return shift(self.middle_x_mm + lamp.x_mm + sway, lamp.y_mm + 6.0 * np.sin(1.9 * t_s), BEHIND_MM + 60.0)
        facing = turn("y", -90.0 if lamp.x_mm > 0 else 90.0)
        placed: Matrix = shift(self.middle_x_mm + lamp.x_mm, lamp.y_mm, z) @ facing
        return placed


def _window(shape: Geometry, brightness: float, pose: Matrix | None) -> Part:
    return Part(What.WINDOW, Material.SKY, shape, reflectance=brightness, pose=pose, shadow=False)


# --- land ------------------------------------------------------------------------------------------------------


def _side(rng: np.random.Generator) -> Geometry:
    """Two periods of scenery along z from 0 to 2 periods, upright at x = 0; it is seen from both sides."""
    columns, height = 64, np.linspace(-1200.0, 2200.0, 28)
    once = _scenery(rng, columns, height)
    bright = np.concatenate([once, once, once[:, :1]], axis=1)
    z = np.linspace(-0.5 * PERIOD_MM, 1.5 * PERIOD_MM, bright.shape[1])
    points = np.zeros((*bright.shape, 3))
    points[..., 1], points[..., 2] = height[:, None], z
    return grid(points, tone=np.stack([np.ones_like(bright), bright], axis=-1))


def _rear(rng: np.random.Generator, middle_x_mm: float) -> Geometry:
    """What lies behind: the road runs to the horizon between land."""
    height = np.linspace(-1500.0, 1600.0, 28)
    x = np.linspace(-2800.0, 2800.0, 56)
    bright = _scenery(rng, 56, height)
    below = np.clip(-height / 900.0, 0.0, 1.0)[:, None]
    road = below * np.exp(-((x / (120.0 + 1400.0 * below)) ** 4))
    bright = bright * (1 - road) + 0.34 * road
    points = np.zeros((*bright.shape, 3))
    points[..., 0], points[..., 1], points[..., 2] = x + middle_x_mm, height[:, None], BEHIND_MM
    return grid(points, tone=np.stack([np.ones_like(bright), bright], axis=-1))


def _above(middle_x_mm: float) -> Geometry:
    """Plain sky over the scenery, for cameras that look up."""
    corners = np.array(
        [[[-4000.0, 2200, 1500], [4000, 2200, 1500]], [[-4000, 2200, BEHIND_MM], [4000, 2200, BEHIND_MM]]]
    )
    return geometry(
        (corners + np.array([middle_x_mm, 0.0, 0.0])).reshape(-1, 3),
        np.tile([0, -1, 0], (4, 1)),
        [[0, 1, 3], [0, 3, 2]],
    )


def _scenery(rng: np.random.Generator, columns: int, height: Floats) -> Floats:
    """Brightness (rows, columns) as a share of the open sky's: meadow, trees and houses, sky with clouds.

    Leaves reflect half of all near infrared, so trees are lighter than to the eye.
    """
    skyline = _skyline(rng, columns)
    sky = 0.85 + 0.30 * _smooth_noise(rng, (len(height), columns), 9)
    land = 0.36 + 0.26 * _smooth_noise(rng, (len(height), columns), 3)
    ground = 0.45 + 0.12 * _smooth_noise(rng, (len(height), columns), 5)
    over = np.clip((height[:, None] - skyline) / 120.0, 0.0, 1.0)
    under = np.clip((-60.0 - height[:, None]) / 80.0, 0.0, 1.0)
    bright: Floats = (land * (1 - over) + sky * over) * (1 - under) + ground * under
    return bright


def _skyline(rng: np.random.Generator, columns: int) -> Floats:
    """Height of trees (round) and houses (blocks) above the eyes' level, mm in the picture's scale, periodic."""
    at = np.arange(columns)
    line = np.full(columns, rng.uniform(0.0, 120.0))
    for _ in range(int(rng.integers(4, 16))):
        away = np.abs((at - rng.integers(columns) + columns // 2) % columns - columns // 2)
        tall, wide = rng.uniform(80.0, 900.0), rng.uniform(2.0, 9.0)
        shape = np.exp(-((away / wide) ** 2)) if rng.random() < 0.6 else (away < wide).astype(np.float64)
        line = np.maximum(line, tall * shape)
    return line


def _smooth_noise(rng: np.random.Generator, size: tuple[int, int], reach: int) -> Floats:
    """Noise within about −1 … 1, blurred over `reach` cells, periodic along rows."""
    noise = rng.normal(size=size)
    window = np.hanning(2 * reach + 1)
    window /= np.sqrt((window**2).sum())
    wide = np.concatenate([noise[:, -reach:], noise, noise[:, :reach]], axis=1)
    rows = np.stack([np.convolve(row, window, "valid") for row in wide])
    tall = np.pad(rows, ((reach, reach), (0, 0)), mode="edge")
    blurred = np.stack([np.convolve(column, window, "valid") for column in tall.T], axis=1)
    limited: Floats = np.tanh(0.7 * blurred / max(blurred.std(), 1e-9))
    return limited


# --- lamps -----------------------------------------------------------------------------------------------------


def _street_lights(rng: np.random.Generator, speed_mm_s: float) -> tuple[Glow, ...]:
    """A few lights that drift by, and often the headlights of a car behind."""
    glows = []
    for _ in range(int(rng.integers(3, 8))):
        spot = glow(float(rng.uniform(22, 60)))
        side = 1.0 if rng.random() < 0.5 else -1.0
        y, z = rng.uniform(-120, 650), rng.uniform(-3500, 2500)
        glows.append(
            Glow(
                spot,
                side * (SIDE_MM - 20),
                float(y),
                float(z),
                speed_mm_s * rng.uniform(0.4, 1.3),
                rng.uniform(0.15, 1.2),
            )
        )
    if rng.random() < 0.6:
        x, spot = float(rng.uniform(-150, 150)), glow(float(rng.uniform(24, 45)))
        power = float(rng.uniform(0.6, 2.5))
        glows += [Glow(spot, x + apart, -190.0, 0.0, 0.0, power) for apart in (-110.0, 110.0)]
    return tuple(glows)


def _stretched(shape: Geometry, factor: float) -> Geometry:
    points = shape.positions_mm * np.array([factor, 0.4, 1.0])
    return geometry(points, shape.normals, shape.triangles, tone=shape.tone)
