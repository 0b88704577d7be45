"""All light of a clip over time: LEDs, daylight, sun with stripes, passing headlights, tunnel lamps.

Knows levels, directions and the clock of the clip. Must not know surfaces, cameras' pictures or files.

Everything is a smooth function of time and of the numbers given: any instant may be asked for, in any order. Levels
are in the unit of `Light`: 1 = the LEDs' light on a face at 650 mm. By day the sun's 940 nm part beats the LEDs several
times over; at night next to nothing is left but them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from simulator.cabin.setting import sample_leds
from simulator.cabin.tunnel import LAMP_EVERY_M, nearest_lamp_m
from simulator.types import Daytime, Lamp, Light, Setting, SimulatorError

Direction = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Levels:
    """How bright everything is, none below 0."""

    led: float = 1.0
    ambient: float = 0.02  # from everywhere: night 0.01–0.03, dusk 0.1–0.3, day 0.4–1.5
    sky: float = 0.02  # what the windows show
    sun: float = 0.0  # 1–6: part of the face saturates
    stripes: float = 0.0  # 0–1: how deep the shadows of trees and pillars are
    overhead: float = 0.0  # tunnel or street lamps that pass


@dataclass(frozen=True, slots=True)
class Passing:
    """A car that comes towards the driver and passes at `at_s`."""

    at_s: float
    strength: float = 0.5  # at its brightest
    swell_s: float = 3.0  # how long before it is noticed


@dataclass(frozen=True, slots=True)
class Change:
    """From `at_s` on, within `over_s`, the levels become these: a tunnel's mouth, an LED that fails, nightfall."""

    at_s: float
    to: Levels
    over_s: float = 1.5


@dataclass(frozen=True, slots=True)
class LightSchedule:
    """The light of a clip."""

    lamps: tuple[Lamp, ...] = Light().lamps
    wavelength_nm: int = 940
    start: Levels = Levels()
    changes: tuple[Change, ...] = ()  # in the order of their time
    sun_from: Direction = (0.7, 0.5, 0.4)
    winding_deg: float = 0.0  # how far the road's bends swing the sun to either side
    speed_m_s: float = 14.0
    stripe_mm: float = 60.0  # from one stripe to the next on the driver
    stripe_every_m: float = 8.0  # from one tree to the next on the road
    lamp_every_m: float = LAMP_EVERY_M  # from one tunnel lamp to the next; the windows show them so far apart
    oncoming: tuple[Passing, ...] = ()
    headlights_from: Direction = (0.25, -0.02, 1.0)
    flutter: float = 0.06  # how far daylight wavers, as a share
    seed: int = 0  # of the wavering

    def __post_init__(self) -> None:
        _check_levels(self.start)
        for change in self.changes:
            _check_levels(change.to)
            if change.over_s < 0:
                raise SimulatorError(f"light change at {change.at_s} s: over_s is {change.over_s}, must be 0 or more")
        if list(self.changes) != sorted(self.changes, key=lambda change: change.at_s):
            raise SimulatorError("light changes are not in the order of their time: sort them by at_s")
        for name in ("stripe_mm", "stripe_every_m", "lamp_every_m"):
            if getattr(self, name) <= 0:
                raise SimulatorError(f"light {name} is {getattr(self, name)}: must be above 0")

    def at(self, t_s: float) -> Light:
        """All light of one instant."""
        levels = self.levels(t_s)
        waver = 1.0 + self.flutter * _waver(t_s, self.seed)
        lamp_beam, lamp_from = self._overhead(t_s)
        sun, sun_from = _joined((levels.sun * waver, self._sun_from(t_s)), (levels.overhead * lamp_beam, lamp_from))
        shine = max((_swell(t_s, car) for car in self.oncoming), default=0.0)
        return Light(
            lamps=tuple(replace(lamp, power=lamp.power * levels.led) for lamp in self.lamps),
            wavelength_nm=self.wavelength_nm,
            ambient=levels.ambient * waver + 0.15 * levels.overhead * lamp_beam,
            sky=levels.sky * waver,
            sun=sun,
            sun_from=sun_from,
            stripes=levels.stripes,
            stripe_mm=self.stripe_mm,
            stripe_phase=float(t_s * self.speed_m_s / self.stripe_every_m % 1.0),
            headlights=shine,
            headlights_from=self._headlights_from(t_s),
        )

    def levels(self, t_s: float) -> Levels:
        """The levels at one instant, without what wavers or passes."""
        now = self.start
        for change in self.changes:
            now = _blend(now, change.to, _smooth((t_s - change.at_s) / max(change.over_s, 1e-6)))
        return now

    def _sun_from(self, t_s: float) -> Direction:
        x, y, z = self.sun_from
        angle = np.deg2rad(self.winding_deg * _waver(0.35 * t_s, self.seed + 1))
        turned = (x * np.cos(angle) + z * np.sin(angle), y, z * np.cos(angle) - x * np.sin(angle))
        return _unit(turned)

    def _overhead(self, t_s: float) -> tuple[float, Direction]:
        """Share of the beam 0–1 and direction of the nearest lamp, under a tunnel's roof 4 m above."""
        ahead_m = nearest_lamp_m(t_s, self.speed_m_s, self.lamp_every_m)
        # The car's own roof hides the lamp overhead: it is brightest some metres ahead.
        share = np.cos(np.pi * ahead_m / self.lamp_every_m) ** 2 / (1.0 + ((ahead_m - 4.0) / 4.0) ** 2)
        return float(share), _unit((1.2, 4.0, max(ahead_m, 2.0)))

    def _headlights_from(self, t_s: float) -> Direction:
        """Towards the car that passes next: it drifts to the side as it comes near."""
        x, y, z = self.headlights_from
        nearest = min((abs(t_s - car.at_s) for car in self.oncoming), default=10.0)
        return _unit((x * (1.0 + 4.0 * np.exp(-nearest / 0.5)), y, z))


# --- lots ------------------------------------------------------------------------------------------------------


def levels_of(daytime: Daytime, seed: int = 0) -> Levels:
    """Typical levels of an hour, drawn within their range by the seed."""
    rng = np.random.default_rng([seed, 0x1117])
    low, middle = rng.random(2)
    if daytime is Daytime.NIGHT:
        return Levels(ambient=0.01 + 0.02 * low, sky=0.01 + 0.02 * middle, overhead=0.12 * rng.random() ** 2)
    if daytime is Daytime.TUNNEL:
        return Levels(ambient=0.05 + 0.07 * low, sky=0.06 + 0.08 * middle, overhead=0.25 + 0.5 * rng.random())
    if daytime is Daytime.DUSK:
        return Levels(ambient=0.1 + 0.2 * low, sky=0.2 + 0.5 * middle, sun=0.4 * max(rng.random() - 0.6, 0.0))
    sunny = rng.random() < 0.55
    sun = rng.uniform(1.0, 6.0) if sunny else 0.0
    stripes = rng.uniform(0.3, 1.0) if sunny and rng.random() < 0.5 else 0.0
    # Land in the sun is as bright as a face in the sun, and far brighter than one in the car's shade.
    return Levels(ambient=0.4 + 1.1 * low, sky=2.5 + 5.0 * middle + 1.2 * sun, sun=sun, stripes=stripes)


def sample(setting: Setting, seed: int) -> LightSchedule:
    """The light that suits a setting, drawn by lot.

    For a setting from `setting.sample(seed)` give the same seed: only then do LEDs and bright pupil agree.
    """
    rng = np.random.default_rng([seed, 0x716B])
    lamps, wavelength = sample_leds(seed, setting.camera)
    azimuth, height = np.deg2rad(rng.uniform(-85, 85)), np.deg2rad(rng.uniform(8, 40))
    cars = _sample_traffic(rng) if setting.daytime in (Daytime.NIGHT, Daytime.DUSK) else ()
    speed = float(rng.uniform(8, 36))
    side = 1.0 if setting.driver_side_left else -1.0
    return LightSchedule(
        lamps=lamps,
        wavelength_nm=wavelength,
        start=levels_of(setting.daytime, seed),
        sun_from=_unit((np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height))),
        winding_deg=float(rng.uniform(0, 12)),
        speed_m_s=speed,
        stripe_mm=float(rng.uniform(35, 120)),
        # Stripes faster than 4 a second would be blurred away by a real exposure.
        stripe_every_m=max(speed / 4.0, float(rng.uniform(5, 20))),
        oncoming=cars,
        headlights_from=(side * float(rng.uniform(0.1, 0.5)), float(rng.uniform(-0.05, 0.05)), 1.0),
        flutter=float(rng.uniform(0.0, 0.12)),
        seed=seed,
    )


def _sample_traffic(rng: np.random.Generator) -> tuple[Passing, ...]:
    """Two minutes of cars that come at random, on average one in 15 s."""
    gaps = rng.exponential(15.0, size=24)
    times = np.cumsum(gaps)
    strengths = rng.uniform(0.1, 0.9, size=24)
    swells = rng.uniform(1.5, 5.0, size=24)
    cars = zip(times, strengths, swells, strict=True)
    return tuple(Passing(float(at), float(strength), float(swell)) for at, strength, swell in cars if at < 120.0)


# --- curves ----------------------------------------------------------------------------------------------------


def _smooth(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def _waver(t_s: float, seed: int) -> float:
    """A slow, never repeating wave within −1 … 1."""
    rng = np.random.default_rng([seed & 0x7FFFFFFF, 0x3A7E])
    phases, rates = rng.uniform(0, 2 * np.pi, 3), np.array([0.31, 0.73, 1.37]) * rng.uniform(0.8, 1.2, 3)
    return float(np.sin(rates * t_s + phases) @ np.array([0.5, 0.3, 0.2]))


def _swell(t_s: float, car: Passing) -> float:
    """Light grows with the inverse square of the way left and is gone a third of a second after."""
    ahead = car.at_s - t_s
    if ahead >= 0:
        return car.strength / (1.0 + (5.0 * ahead / max(car.swell_s, 1e-6)) ** 2)
    return car.strength * (1.0 - _smooth(-ahead / 0.35))


def _joined(first: tuple[float, Direction], second: tuple[float, Direction]) -> tuple[float, Direction]:
    """Two beams as one: their sum, from the mean direction by strength."""
    level = first[0] + second[0]
    if level <= 0.0:
        return 0.0, first[1]
    mean = first[0] * np.asarray(first[1]) + second[0] * np.asarray(second[1])
    return level, _unit((mean[0], mean[1], mean[2]))


def _blend(before: Levels, after: Levels, share: float) -> Levels:
    values = {
        field.name: (1 - share) * getattr(before, field.name) + share * getattr(after, field.name)
        for field in fields(Levels)
    }
    return Levels(**values)


def _unit(vector: tuple[float, float, float]) -> Direction:
    x, y, z = (float(part) for part in vector)
    length = max((x * x + y * y + z * z) ** 0.5, 1e-12)
    return (x / length, y / length, z / length)


def _check_levels(levels: Levels) -> None:
    for field in fields(Levels):
        value = getattr(levels, field.name)
        if not value >= 0.0:
            raise SimulatorError(f"light level {field.name} is {value}: must be 0 or more")
