"""A scenario as frames: which moment, which light, which exposure, and whether the sensor lost the frame.

Knows the clip's clock. Must not know files or processes. Every frame follows from the scenario and its own number
alone: frames may be asked for in any order.

Exposure control is a loop in time, which would make a frame depend on all frames before it. Here the loop looks at the
light every METER_EVERY_S, on a grid of its own, and forgets what is METER_REACH looks ago; less than a hundredth of
that would be left anyway. So a frame needs the last second only, and pieces of a clip can be drawn side by side.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from simulator.body import identity as identities
from simulator.script.library import load
from simulator.studio import Driver, Quality, Snap, Studio
from simulator.types import Camera, Moment, Shot, Wearing

SETTLES_IN_S = 0.2  # time constant of exposure control, as of common automotive imagers' firmware
METER_EVERY_S = 0.2
METER_REACH = 5  # looks
_NOISE, _DROPS = range(2)  # streams of randomness


class Take:
    """One scenario with its driver in front of its camera.

    Args:
        which: A name of the library, or a path that ends in .yaml.
        seed: Instead of the scenario's own.
        size: Width and height of the picture, px.
        fps: Frames a second.
        quality: Of the pictures.

    Raises:
        SimulatorError: There is no such scenario, or pictures cannot be drawn here.
    """

    def __init__(self, which: str, seed: int | None, size: tuple[int, int], fps: float, quality: Quality) -> None:
        self.scenario = load(which, seed=seed)
        self.fps, self._size, self._quality = fps, size, quality
        self.setting = replace(self.scenario.setting(*size), speed_m_s=self.scenario.light.speed_m_s)
        self.identity = self.scenario.cast(identities.sample(self.scenario.driver_seed))
        self._wears = Wearing(self.identity.glasses, self.identity.mask, self.identity.cap)
        self._light = self.scenario.light
        self._studio: Studio | None = None
        self._wanted = lru_cache(maxsize=4 * METER_REACH)(self._look_at_light)  # neighbours share their looks

    @property
    def camera(self) -> Camera:
        return self.setting.camera

    @property
    def frames(self) -> int:
        """How many, lost ones included."""
        return math.ceil(self.scenario.duration_s * self.fps - 1e-9)

    @property
    def studio(self) -> Studio:
        """Built when the first frame is drawn: who only counts frames need not wait."""
        if self._studio is None:
            self._studio = Studio(Driver(self.identity, self._quality), self.setting)
        return self._studio

    def lost(self, frame: int) -> bool:
        """Whether the sensor lost the frame."""
        drops = self.setting.sensor.drops
        return drops > 0.0 and float(self._rng(_DROPS, frame).random()) < drops

    def shoot(self, frame: int) -> Shot:
        """One frame; its time is its number over the frame rate."""
        t_s = frame / self.fps
        opened_s = max(t_s - self.setting.sensor.motion_ms / 1000.0, 0.0)
        snap = Snap(
            self._at(t_s),
            self._light.at(t_s),
            frame=frame,
            seed=int(self._rng(_NOISE, frame).integers(2**31)),
            exposure=self.exposure(t_s),
            before=self._at(opened_s),
        )
        return self.studio.shoot(snap)

    def exposure(self, t_s: float) -> float:
        """The exposure at a time: it goes from what the last look but one asked for to what the last one did."""
        look, share = divmod(t_s / METER_EVERY_S, 1.0)
        before, now = self._settled(int(look) - 1), self._settled(int(look))
        return float(before * (now / before) ** share)

    def _settled(self, look: int) -> float:
        """Where the loop is after look number `look`: each look counts the less, the longer ago it was."""
        looks = range(max(look - METER_REACH, 0), max(look, 0) + 1)
        weights = np.exp([-(looks[-1] - number) * METER_EVERY_S / SETTLES_IN_S for number in looks])
        wanted = np.log([self._wanted(number) for number in looks])
        return float(np.exp(np.average(wanted, weights=weights)))

    def _look_at_light(self, number: int) -> float:
        t_s = number * METER_EVERY_S
        return self.studio.meter(self._at(t_s), self._light.at(t_s))

    def _at(self, t_s: float) -> Moment:
        return self.scenario.at(t_s, self._wears)

    def _rng(self, stream: int, frame: int) -> np.random.Generator:
        return np.random.default_rng((self.scenario.seed, stream, frame))
