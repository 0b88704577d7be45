"""The car's inside around the driver, one look for each seed.

Knows which parts a car has and what they are made of. Must not know the driver: what lies on the body, the belt too,
belongs to `things`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulator.cabin import seat, shell, wheel
from simulator.cabin.hull import hull
from simulator.cabin.outside import Outside
from simulator.cabin.shapes import merged, mirrored, moved, shift
from simulator.types import Geometry, Light, Material, Part, Place, Setting, What


@dataclass(frozen=True, slots=True)
class Trim:
    """What everything is covered with. Dyed black is seldom black in NIR: reflectances are higher than they look."""

    leather: bool
    seat: float
    lining: float
    panel: float
    rim: float


def trim(rng: np.random.Generator) -> Trim:
    """A look drawn by lot: cloth or leather, light or dark."""
    dark = rng.random() < 0.7
    return Trim(
        leather=bool(rng.random() < 0.45),
        seat=float(rng.uniform(0.10, 0.28) if dark else rng.uniform(0.30, 0.55)),
        lining=float(rng.uniform(0.30, 0.55) if rng.random() < 0.7 else rng.uniform(0.10, 0.2)),
        panel=float(rng.uniform(0.07, 0.20) if dark else rng.uniform(0.2, 0.4)),
        rim=float(rng.uniform(0.08, 0.25)),
    )


class Interior:
    """Seats, shell, wheel and windows of one car. All but what the windows show is built once and never moves."""

    def __init__(self, setting: Setting) -> None:
        rng = np.random.default_rng([setting.interior, 0xCAB1])
        self.left = setting.driver_side_left
        self.trim = trim(rng)
        self.fixed = self._seats(rng) + self._shell(setting.camera.place) + self._wheel(rng)
        middle = shell.MIDDLE_X_MM if self.left else -shell.MIDDLE_X_MM
        self.outside = Outside(setting.daytime, middle, rng, speed_m_s=setting.speed_m_s)

    def parts(self, t_s: float, light: Light) -> tuple[Part, ...]:
        """Everything in the car but the driver, at one instant."""
        return self.fixed + self.outside.parts(t_s, light)

    def _seats(self, rng: np.random.Generator) -> tuple[Part, ...]:
        material = Material.SOLID if self.trim.leather else Material.FABRIC
        gloss, roughness = (0.25, 0.45) if self.trim.leather else (0.0, 0.9)
        near = int(rng.integers(2**31))
        back, (cushion, posts) = _seat(near, fineness=2)
        far_back, (far_cushion, _) = _seat(near, fineness=1)
        beside = moved(merged(far_back, far_cushion), shift(2 * shell.MIDDLE_X_MM, 0.0, 0.0))
        far = merged(beside, seat.bench(shell.MIDDLE_X_MM, rng))
        return (
            self._part(What.SEAT, merged(back, cushion), self.trim.seat, material, gloss=gloss, roughness=roughness),
            self._part(What.SEAT, far, self.trim.seat, Material.SOLID, gloss=gloss, roughness=roughness),
            self._part(What.SEAT, posts, 0.5, Material.SOLID, gloss=0.8, roughness=0.25),
        )

    def _shell(self, place: Place) -> tuple[Part, ...]:
        free = place is not Place.A_PILLAR  # nothing is drawn that the camera is built into
        lining = merged(shell.pillars(a_pillar=free), shell.roof(), shell.rear_frame())
        panel = merged(shell.doors(), shell.shelf(), shell.floor())
        # Lining is felt, but plain shading is cheaper and nobody sees its threads.
        return (
            self._part(What.CABIN, lining, self.trim.lining, Material.SOLID, roughness=1.0),
            self._part(What.CABIN, panel, self.trim.panel, Material.SOLID, gloss=0.1, roughness=0.6),
            self._part(What.CABIN, shell.frames(a_pillar=free), 0.05, Material.SOLID, gloss=0.1, roughness=0.5),
            replace(self._part(What.CABIN, hull(a_pillar=free), 0.1, Material.SOLID), shadow=True),
        )

    def _wheel(self, rng: np.random.Generator) -> tuple[Part, ...]:
        return (
            self._part(What.WHEEL, wheel.rim(), self.trim.rim, Material.SOLID, gloss=0.2, roughness=0.5),
            self._part(What.WHEEL, wheel.spokes(rng), self.trim.panel, Material.SOLID, gloss=0.15, roughness=0.55),
        )

    def _part(
        self,
        what: What,
        shape: Geometry,
        reflectance: float,
        material: Material,
        *,
        gloss: float = 0.0,
        roughness: float = 0.9,
    ) -> Part:
        """A part in its place, mirrored in a car with the wheel on the right.

        It throws no shadow: that is for the hull, which is far coarser.
        """
        placed = shape if self.left else mirrored(shape)
        return Part(what, material, placed, reflectance, gloss, roughness, shadow=False)


def _seat(seed: int, *, fineness: int) -> tuple[Geometry, tuple[Geometry, Geometry]]:
    """Back, cushion and posts; the same seed draws the same seat at any fineness."""
    rng = np.random.default_rng(seed)
    return seat.seat_back(rng, fineness=fineness), seat.headrest(rng, fineness=fineness)
