"""What the renderer must know of the driver beyond the parts, and what it hands back. Must not know OpenGL."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.types import Array, GreyImage


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """The driver's skin and eyes. Keep one object per driver: its texture is uploaded once."""

    skin_texture: Array | None = None  # (n, n, 4); [row, column] lies at v = (row + ½)/n, u = (column + ½)/n
    oiliness: float = 0.5  # 0 matt … 1 shining
    iris_reflectance: float = 0.35  # 0.15 … 0.55
    pupil_mm: float = 4.0  # diameter as seen through the cornea
    bright_pupil: bool = False  # the retina shines back where a lamp is near the camera's axis


@dataclass(frozen=True, eq=False, slots=True)
class Layers:
    """One rendered picture of `height` × `width`; the finer layers are `supersample` times as large each way."""

    light: Array  # (height, width) linear; 1 = a white matt face lit by the LEDs at 650 mm
    labels: GreyImage  # finer: the What nearest to the camera; a lens counts where it lets < 30 % of the light through
    depth_mm: Array  # finer: along the optical axis to the nearest solid thing; strands and lenses do not count
    supersample: int
