"""The steering wheel's rim, which the hands hold and the cabin draws.

Knows one circle in the seat frame. Must not know who draws or holds it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Wheel:
    """A ring: `at(0)` is its top, angles grow towards the driver's left."""

    centre_mm: tuple[float, float, float] = (0.0, -330.0, 330.0)
    radius_mm: float = 185.0
    rim_mm: float = 15.0  # radius of the tube
    tilt_deg: float = 25.0  # of the wheel's plane from the vertical, its top away from the driver

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector along the column, towards the driver."""
        tilt = np.radians(self.tilt_deg)
        return np.array([0.0, np.sin(tilt), -np.cos(tilt)])

    @property
    def up(self) -> NDArray[np.float64]:
        """Unit vector in the wheel's plane from its centre to its top."""
        tilt = np.radians(self.tilt_deg)
        return np.array([0.0, np.cos(tilt), np.sin(tilt)])

    def at(self, degrees: float) -> NDArray[np.float64]:
        """A point of the rim's middle line: 0 is the top, 90 the driver's left ('a quarter to three' holds ±90)."""
        angle = np.radians(degrees)
        sideways = np.array([np.sin(angle), 0.0, 0.0])
        return np.asarray(np.array(self.centre_mm) + self.radius_mm * (sideways + np.cos(angle) * self.up))


WHEEL = Wheel()
