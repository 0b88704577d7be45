"""The 52 face units of the data set (ARKit's names) on the kept vertices.

Knows names and displacements. Must not know lids' calibration: `eyeBlink*` is read here but used by `blink` only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simulator.body import eyes, rig
from simulator.body.source import Integers, Source
from simulator.types import Array, SimulatorError

SIDES = ("Left", "Right")
DRIVEN = ("eyeBlink", "eyeLook")  # these follow Moment.closure and Moment.gaze_deg
LOOK_DEG = (30.0, 25.0)  # sideways and upright turns of an eye that mean weight 1 of its eyeLook units
PREFIX = "unit/"


class Units:
    """Sparse displacements by name, for one choice of kept base vertices."""

    def __init__(self, human: Source, kept: Integers) -> None:
        self._targets: dict[str, tuple[Integers, Array]] = {}
        self._count = len(kept)
        for name, target in human.targets.items():
            if name.startswith(PREFIX):
                here = np.isin(target.index, kept)
                place = np.searchsorted(kept, target.index[here]).astype(np.int32)
                self._targets[name.removeprefix(PREFIX)] = (place, target.delta_mm[here])

    @property
    def names(self) -> tuple[str, ...]:
        """All 52, in alphabetical order."""
        return tuple(sorted(self._targets))

    def dense(self, name: str) -> Array:
        """One unit at weight 1 as (k, 3)."""
        moves = np.zeros((self._count, 3), np.float32)
        place, delta = self._targets[name]
        moves[place] = delta
        return moves

    def add(self, points_mm: Array, weights: Mapping[str, float]) -> None:
        """Moves the points in place.

        Raises:
            SimulatorError: a unit that does not exist, or one that follows the lids or the gaze.
        """
        for name, weight in weights.items():
            if name not in self._targets:
                raise SimulatorError(
                    f"face unit {name!r} does not exist; the names are ARKit's: {', '.join(self.names)}"
                )
            if weight:
                place, delta = self._targets[name]
                points_mm[place] += np.float32(weight) * delta


def checked(weights: Mapping[str, float]) -> Mapping[str, float]:
    """The weights of a moment, refused where closure or gaze already say them."""
    for name in weights:
        if name.startswith(DRIVEN):
            raise SimulatorError(f"face unit {name!r} follows the moment's closure and gaze: set those instead")
    return weights


def looking(turns: Sequence[rig.Rotation]) -> dict[str, float]:
    """The eyeLook units that go with both eyes' turns in the head."""
    weights: dict[str, float] = {}
    for side, turn in zip(SIDES, turns, strict=True):
        yaw, pitch = eyes.angles(turn[:, 2])
        outwards = (yaw > 0) == (side == "Left")
        weights[f"eyeLook{'Out' if outwards else 'In'}{side}"] = abs(yaw) / LOOK_DEG[0]
        weights[f"eyeLook{'Up' if pitch > 0 else 'Down'}{side}"] = abs(pitch) / LOOK_DEG[1]
    return weights
