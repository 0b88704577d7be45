"""What a scenario's file may say besides its timeline: who drives, camera, light, sensor, what goes on throughout.

Knows keys, ranges and how they become the types of the other rooms. Must not know files or time.
Every key that is left out keeps the default of the room it belongs to.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Struct

from simulator.cabin import light as cabin_light
from simulator.cabin.light import Levels, LightSchedule, levels_of
from simulator.cabin.setting import Leds, leds, place_camera
from simulator.script.ambient import Ambient
from simulator.script.behaviour import LONGEST_S, count, within, words
from simulator.types import (
    Beard,
    Camera,
    Daytime,
    Glasses,
    Hair,
    Identity,
    Place,
    Sensor,
    Setting,
    Wearing,
)

Record = TypeVar("Record", bound=Any)
LARGEST_SEED = 999_999_999
BRIGHTEST = 20.0  # 1 = the LEDs' light on a face at 650 mm
AWAY_MM = 100.0  # the camera from what it looks at, level with the ground

Millimetres = Annotated[float, within(-3000.0, 3000.0, "along an axis of the seat frame", "mm")]
Cosine = Annotated[float, within(-1.0, 1.0, "along an axis of the seat frame", "–")]
Share = Annotated[float, within(0.0, 1.0, "a share", "0–1")]
Place3 = tuple[Millimetres, Millimetres, Millimetres]


class Driver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who drives: an identity drawn from a seed, with what is to be different about it."""

    seed: Annotated[int, count(0, LARGEST_SEED, "draws the identity, left out: the scenario's seed")] | None = None
    age_years: Annotated[float, within(16.0, 80.0, "age", "years", "Euro NCAP: 16–80 [S2]")] | None = None
    male: Annotated[float, within(0.0, 1.0, "0 female … 1 male", "0–1")] | None = None
    ancestry: Annotated[tuple[Share, Share, Share], words("African, Asian, Caucasian shape, sum 1")] | None = None
    weight: Annotated[float, within(0.0, 1.0, "0 lean … 1 heavy", "0–1")] | None = None
    muscle: Annotated[float, within(0.0, 1.0, "muscle", "0–1")] | None = None
    aperture_mm: Annotated[float, within(6.0, 12.0, "lids apart", "mm", "Euro NCAP: 6–12 [S2]")] | None = None
    skin_reflectance: Annotated[float, within(0.3, 0.8, "of skin at 850–940 nm", "0–1")] | None = None
    oiliness: Annotated[float, within(0.0, 1.0, "skin, 0 matt … 1 shining", "0–1")] | None = None
    wrinkles: Annotated[float, within(0.0, 1.0, "how deep", "0–1")] | None = None
    hair: Annotated[Hair, words("which cut")] | None = None
    hair_reflectance: Annotated[float, within(0.03, 0.5, "of hair", "0–1")] | None = None
    brow_density: Annotated[float, within(0.0, 1.0, "of the brows", "0–1")] | None = None
    brow_thickness: Annotated[float, within(0.5, 1.6, "of the brows", "×")] | None = None
    beard: Annotated[Beard, words("which")] | None = None
    iris_reflectance: Annotated[float, within(0.1, 0.6, "of the iris", "0–1")] | None = None
    pupil_mm: Annotated[float, within(2.0, 8.0, "diameter", "mm")] | None = None
    glasses: Annotated[Glasses, words("which")] | None = None
    frame_style: Annotated[int, count(0, 99, "which frame")] | None = None
    mask: Annotated[bool, words("worn from the beginning")] | None = None
    cap: Annotated[bool, words("worn from the beginning")] | None = None
    clothes_reflectance: Annotated[float, within(0.0, 1.0, "of the clothes", "0–1")] | None = None

    def __post_init__(self) -> None:
        if self.ancestry and abs(sum(self.ancestry) - 1.0) > 1e-3:
            raise ValueError(f"ancestry = {list(self.ancestry)}: the three shares must add up to 1")

    def of(self, drawn: Identity) -> Identity:
        """The drawn identity with what this says about it."""
        return replaced(drawn, {name: value for name, value in given(self).items() if name != "seed"})

    def wears(self) -> Wearing:
        """What this says the driver has on the face; what it leaves open is not there."""
        stated = given(self)
        return Wearing(stated.get("glasses", Glasses.NONE), stated.get("mask", False), stated.get("cap", False))


class CameraPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the camera sits: a place of the car, and what differs from the usual one there."""

    place: Annotated[Place, words("where in the car")] = Place.CLUSTER
    wheel_left: Annotated[bool, words("the wheel is on the car's left, mirrors cabin and places")] = True
    interior: Annotated[int, count(0, LARGEST_SEED, "seed of seat, belt and trim")] = 0
    face_px: Annotated[float, within(20.0, 500.0, "how wide the mean face is in a picture 640 wide", "px")] = 160.0
    roll_deg: Annotated[float, within(-30.0, 30.0, "turned about its own axis", "deg")] = 0.0
    nudge_mm: Annotated[Place3, words("how far from there, wheel on the left, mm")] = (0.0, 0.0, 0.0)
    at_mm: Annotated[Place3, words("instead, a point of the seat frame, mm")] | None = None
    looks_at_mm: Annotated[Place3, words("the point it looks at, mm")] = (0.0, -25.0, 0.0)
    leds: Annotated[Leds, words("how the LEDs lie, axis: bright pupils")] = Leds.TWO
    led_offset_mm: Annotated[float, within(5.0, 150.0, "from the lens to each LED", "mm")] = 45.0
    led_half_angle_deg: Annotated[float, within(10.0, 80.0, "half the LEDs' cone", "deg")] = 40.0
    wavelength_nm: Annotated[int, count(800, 1000, "of the LEDs, nm")] = 940

    def __post_init__(self) -> None:
        if self.at_mm and math.dist(self.at_mm[::2], self.looks_at_mm[::2]) < AWAY_MM:
            raise ValueError(f"at_mm must lie {AWAY_MM:g} mm or more from looks_at_mm along x and z")

    def camera(self, width: int, height: int) -> Camera:
        """The camera for a picture of this size."""
        placed = place_camera(
            self.place,
            driver_side_left=self.wheel_left,
            width=width,
            height=height,
            face_px=self.face_px * width / 640.0,
            nudge_mm=self.nudge_mm,
            aim_mm=self.looks_at_mm,
            roll_deg=self.roll_deg,
        )
        return dataclasses.replace(placed, at_mm=self.at_mm) if self.at_mm else placed


class SensorPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the imager adds, where it is not the usual."""

    target_grey: Annotated[float, within(10.0, 240.0, "exposure aims the face here", "0–255")] | None = None
    gain: Annotated[float, within(0.1, 16.0, "noise grows with it", "×")] | None = None
    noise: Annotated[float, within(0.0, 0.1, "read noise", "of full scale")] | None = None
    shot: Annotated[float, within(0.0, 0.1, "shot noise variance", "per unit of light")] | None = None
    blur_px: Annotated[float, within(0.0, 8.0, "of the lens", "px")] | None = None
    motion_ms: Annotated[float, within(0.0, 40.0, "exposure time", "ms")] | None = None
    bands: Annotated[float, within(0.0, 0.5, "rolling bands", "amplitude")] | None = None
    vignette: Annotated[float, within(0.0, 0.9, "corners darker", "0–1")] | None = None
    gamma: Annotated[float, within(0.8, 3.0, "tone curve", "–")] | None = None
    jpeg: Annotated[int, count(1, 100, "quality")] | None = None
    drops: Annotated[float, within(0.0, 0.5, "frames lost", "0–1")] | None = None


class LevelsPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How bright each kind of light is; what is left out is typical of the hour."""

    led: Annotated[float, within(0.0, BRIGHTEST, "the camera's LEDs", "×")] | None = None
    ambient: Annotated[float, within(0.0, BRIGHTEST, "from everywhere", "× LEDs")] | None = None
    sky: Annotated[float, within(0.0, BRIGHTEST, "what the windows show", "× LEDs")] | None = None
    sun: Annotated[float, within(0.0, BRIGHTEST, "the sun's beam", "× LEDs")] | None = None
    stripes: Annotated[float, within(0.0, 1.0, "depth of shadows in the sun", "0–1")] | None = None
    overhead: Annotated[float, within(0.0, BRIGHTEST, "lamps over the road, passing", "× LEDs")] | None = None


class ChangePlan(LevelsPlan, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a time on the light is another; what is left out stays, or becomes typical of a new hour."""

    at_s: Annotated[float, within(0.0, LONGEST_S, "begins to change", "s")]
    over_s: Annotated[float, within(0.0, 600.0, "changing", "s")] = 1.5
    daytime: Annotated[Daytime, words("a new hour")] | None = None


class PassingPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An oncoming car's headlights."""

    at_s: Annotated[float, within(0.0, LONGEST_S, "passes", "s")]
    strength: Annotated[float, within(0.0, 5.0, "at its brightest", "×")] = 0.5
    swell_s: Annotated[float, within(0.2, 20.0, "seen before it passes", "s")] = 3.0


class LightPlan(LevelsPlan, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hour, the sun, the road's lamps and how all that changes."""

    daytime: Annotated[Daytime, words("the hour, sets what is left out")] = Daytime.NIGHT
    sun_from: Annotated[tuple[Cosine, Cosine, Cosine], words("towards the sun, x y z of the seat frame")] = (
        0.7,
        0.5,
        0.4,
    )
    winding_deg: Annotated[float, within(0.0, 60.0, "the road's bends swing the sun", "deg")] = 0.0
    speed_m_s: Annotated[float, within(0.0, 60.0, "of the car: how fast stripes and lamps pass", "m/s")] = 25.0
    stripe_mm: Annotated[float, within(10.0, 500.0, "from one stripe of shadow to the next", "mm")] = 60.0
    stripe_every_m: Annotated[float, within(1.0, 100.0, "from one tree to the next", "m")] = 8.0
    lamp_every_m: Annotated[float, within(5.0, 100.0, "from one lamp over the road to the next", "m")] = 28.0
    flutter: Annotated[float, within(0.0, 0.5, "daylight wavers by so much", "0–1")] = 0.06
    changes: tuple[ChangePlan, ...] = ()
    oncoming: tuple[PassingPlan, ...] = ()

    def __post_init__(self) -> None:
        if not any(self.sun_from):
            raise ValueError("sun_from must point somewhere; give one number that is not 0")

    def schedule(self, camera: CameraPlan, seed: int) -> LightSchedule:
        """The light over the clip. `seed` draws what the hour leaves open."""
        levels = replaced(levels_of(self.daytime, seed), given(self))
        start, changes = levels, []
        for change in sorted(self.changes, key=lambda one: one.at_s):
            hour = levels_of(change.daytime, seed) if change.daytime else levels
            levels = replaced(hour, given(change))
            changes.append(cabin_light.Change(change.at_s, levels, change.over_s))
        named = {name: value for name, value in given(self).items() if name not in _LEVELS | {"daytime"}}
        named |= {
            "changes": tuple(changes),
            "oncoming": tuple(cabin_light.Passing(car.at_s, car.strength, car.swell_s) for car in self.oncoming),
            "lamps": leds(
                camera.camera(640, 480),
                camera.leds,
                offset_mm=camera.led_offset_mm,
                half_angle_deg=camera.led_half_angle_deg,
            ),
        }
        return LightSchedule(**named, start=start, wavelength_nm=camera.wavelength_nm, seed=seed)


_LEVELS = {field.name for field in dataclasses.fields(Levels)}


Rest = Literal["wheel", "wheel_12", "down"]


class Rests(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the hands are while nothing asks for them."""

    left: Annotated[Rest, words("the left hand")] = "wheel"
    right: Annotated[Rest, words("the right hand")] = "wheel"


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario's file but for its timeline."""

    name: Annotated[str, words("left out: the file's name")] = ""
    description: Annotated[str, words("one line on what happens")]
    seed: Annotated[int, count(0, LARGEST_SEED, "of everything drawn by lot")] = 0
    duration_s: Annotated[float, within(0.5, LONGEST_S, "length", "s")]
    driver: Driver = Driver()
    camera: CameraPlan = CameraPlan()
    light: LightPlan = LightPlan()
    sensor: SensorPlan = SensorPlan()
    hands: Rests = Rests()
    ambient: Ambient = Ambient()

    def setting(self, width: int, height: int) -> Setting:
        """The car around the driver."""
        return Setting(
            camera=self.camera.camera(width, height),
            daytime=self.light.daytime,
            sensor=replaced(Sensor(), given(self.sensor)),
            bright_pupil=self.camera.leds is Leds.AXIS,
            interior=self.camera.interior,
            driver_side_left=self.camera.wheel_left,
        )


def given(struct: Struct) -> dict[str, Any]:
    """The fields that the file states."""
    values = {name: getattr(struct, name) for name in struct.__struct_fields__}
    return {name: value for name, value in values.items() if value is not None}


def replaced(record: Record, values: dict[str, Any]) -> Record:
    """`record` with those of the values that it has fields for."""
    names = {field.name for field in dataclasses.fields(record)}
    return dataclasses.replace(record, **{name: value for name, value in values.items() if name in names})
