"""Contact sheets: many small pictures on one, for people to look at.

Knows what is worth looking at and how to lay it out. Must not know how a picture is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import cv2
import numpy as np

from simulator import files
from simulator.body import identity as identities
from simulator.cabin.light import LightSchedule, levels_of
from simulator.cabin.setting import Leds, leds, place_camera
from simulator.crew import progress
from simulator.studio import Driver, Quality, Snap, Studio
from simulator.types import (
    Camera,
    Daytime,
    Gesture,
    Glasses,
    GreyImage,
    Hand,
    Identity,
    Light,
    Moment,
    Place,
    Sensor,
    Setting,
    SimulatorError,
    Wearing,
)

TILE = (240, 260)  # px, width and height
SMALL_TILE = (200, 230)
WIDE_TILE = (400, 300)
GAP = 4
LABEL_PX = 20
SUFFIXES = (".png", ".jpg", ".jpeg")

Tile = tuple[str, GreyImage]
Item = TypeVar("Item")


def save(path: Path, draw: Callable[[], GreyImage]) -> None:
    """Draws a sheet into a file; what is wrong with the file is said before the work begins."""
    if path.suffix.lower() not in SUFFIXES:
        raise SimulatorError(f"--out {path}: must end in {', '.join(SUFFIXES)}")
    files.make_folder(path.parent)
    files.try_out(path)
    png = path.suffix.lower() == ".png"
    good, data = cv2.imencode(path.suffix, draw(), [] if png else [cv2.IMWRITE_JPEG_QUALITY, 90])
    if not good:
        raise SimulatorError(f"{path}: the sheet cannot be encoded; give it another suffix")
    files.write(path, data.tobytes())


def sheet(tiles: list[Tile], columns: int) -> GreyImage:
    """Pictures of one size in rows, each over its label."""
    labelled = [_labelled(*tile) for tile in tiles]
    blank = np.full_like(labelled[0], 255)
    labelled += [blank] * (-len(labelled) % columns)
    rows = [np.hstack(labelled[k : k + columns]) for k in range(0, len(labelled), columns)]
    return np.asarray(np.vstack(rows), np.uint8)


def _labelled(label: str, grey: GreyImage) -> GreyImage:
    height, width = grey.shape
    canvas = np.full((height + LABEL_PX + GAP, width + GAP), 255, np.uint8)
    canvas[:height, :width] = grey
    cv2.putText(canvas, label, (3, height + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
    return canvas


def _watched(title: str, items: Iterable[Item]) -> Iterator[Item]:
    """The items, with a bar on stderr."""
    everything = list(items)
    with progress(title, len(everything)) as advance:
        for item in everything:
            yield item
            advance(1)


def portrait(size: tuple[int, int] = TILE, share: float = 0.52) -> Camera:
    """The camera over the dials, with a face `share` of the picture's width."""
    return place_camera(Place.CLUSTER, width=size[0], height=size[1], face_px=share * size[0])


def _shot(studio: Studio, moment: Moment, light: Light, seed: int) -> GreyImage:
    """Exposed for the bare face at rest, so that skin is alike on all pictures whatever hides part of it."""
    exposure = studio.meter(Moment(t_s=moment.t_s), light)
    return studio.shoot(Snap(moment, light, seed=seed, exposure=exposure)).grey


def _night(camera: Camera) -> Light:
    return LightSchedule(lamps=leds(camera), start=levels_of(Daytime.NIGHT)).at(0.0)


# --- identities ------------------------------------------------------------------------------------------------


def identities_sheet(seed: int, quality: Quality, count: int = 24) -> GreyImage:
    """`count` drivers, as they are and as they dress."""
    camera = portrait(SMALL_TILE)
    light, tiles = _night(camera), []
    for number in _watched("drivers", range(seed, seed + count)):
        who = identities.sample(number)
        studio = Studio(Driver(who, quality), Setting(camera=camera, interior=number))
        tiles.append((_name(who), _shot(studio, _at_ease(who, number), light, number)))
    return sheet(tiles, columns=min(6, count))


def _name(who: Identity) -> str:
    return f"{who.seed}: {who.age_years:.0f} y, {'m' if who.male > 0.5 else 'f'}, lids {who.aperture_mm:.1f} mm"


def _at_ease(who: Identity, number: int) -> Moment:
    """Sitting there, never quite straight."""
    yaw, pitch, roll = np.random.default_rng((number, 0xEA5E)).normal(0, (6, 3, 2))
    return Moment(
        head_deg=(float(yaw), float(pitch), float(roll)),
        gaze_deg=(float(0.6 * yaw), float(0.6 * pitch)),
        wearing=Wearing(who.glasses, who.mask, who.cap),
    )


# --- states ----------------------------------------------------------------------------------------------------

_UP = {"browInnerUp": 0.9, "browOuterUpLeft": 0.9, "browOuterUpRight": 0.9}
_DOWN = {"browDownLeft": 1.0, "browDownRight": 1.0, "mouthPressLeft": 0.6, "mouthPressRight": 0.6}
_SMILE = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.7, "cheekSquintRight": 0.7}
_YAWN = {"jawOpen": 0.95, "mouthFunnel": 0.2, "eyeSquintLeft": 0.6, "eyeSquintRight": 0.6, "browInnerUp": 0.4}

STATES: Mapping[str, Moment] = MappingProxyType(
    {
        "relaxed": Moment(),
        "lids a quarter down": Moment(closure=(0.25, 0.25)),
        "lids half down": Moment(closure=(0.5, 0.5)),
        "lids three quarters down": Moment(closure=(0.75, 0.75)),
        "closed": Moment(closure=(1.0, 1.0)),
        "left eye closed": Moment(closure=(1.0, 0.0)),
        "yawn": Moment(closure=(0.7, 0.7), units=_YAWN),
        "nodding off": Moment(closure=(1.0, 1.0), head_deg=(4.0, -24.0, 6.0), gaze_deg=(4.0, -30.0)),
        "smile": Moment(units=_SMILE),
        "laugh": Moment(closure=(0.3, 0.3), units={**_SMILE, "jawOpen": 0.4}),
        "brows up": Moment(units=_UP),
        "frown": Moment(units=_DOWN),
        "squint": Moment(units={"eyeSquintLeft": 1.0, "eyeSquintRight": 1.0, "cheekSquintLeft": 0.6}),
        "talk": Moment(units={"jawOpen": 0.3, "mouthFunnel": 0.5}),
        "left mirror": Moment(head_deg=(32.0, -4.0, 0.0), gaze_deg=(52.0, -8.0)),
        "right mirror": Moment(head_deg=(-38.0, -3.0, 0.0), gaze_deg=(-58.0, -8.0)),
        "shoulder": Moment(head_deg=(72.0, 0.0, 4.0), gaze_deg=(95.0, 0.0)),
        "eyes down": Moment(gaze_deg=(0.0, -26.0)),
        "lap": Moment(head_deg=(-6.0, -24.0, 0.0), gaze_deg=(-8.0, -46.0)),
        "roof": Moment(head_deg=(0.0, 20.0, 0.0), gaze_deg=(0.0, 30.0)),
    }
)


def states_sheet(seed: int, quality: Quality) -> GreyImage:
    """One driver, bare, in 20 states."""
    camera = portrait()
    studio = Studio(Driver(_bare(identities.sample(seed)), quality), Setting(camera=camera))
    light = _night(camera)
    tiles = [(name, _shot(studio, moment, light, seed)) for name, moment in _watched("states", STATES.items())]
    return sheet(tiles, columns=5)


def _bare(who: Identity) -> Identity:
    return replace(who, glasses=Glasses.NONE, mask=False, cap=False)


# --- lights ----------------------------------------------------------------------------------------------------


def lights_sheet(seed: int, quality: Quality) -> GreyImage:
    """One driver in 12 lights and from five places."""
    driver = Driver(_bare(identities.sample(seed)), quality)
    tiles = []
    for name, (setting, light) in _watched("lights", _lights().items()):
        studio = Studio(driver, replace(setting, interior=seed))
        tiles.append((name, _shot(studio, Moment(t_s=LIGHTS_AT_S), light, seed)))
    return sheet(tiles, columns=4)


LIGHTS_AT_S = 0.17  # just when a tunnel's lamp has passed
_LOW_SUN = {"sun": 8.0, "sun_from": (0.67, 0.24, 0.70), "ambient": 0.4}
_STRIPES = {"sun": 4.0, "sun_from": (0.7, 0.4, 0.6), "stripes": 0.9, "ambient": 0.4}


def _lights() -> dict[str, tuple[Setting, Light]]:
    low, high = 0.30, 0.25
    found = {}
    for name, place, daytime, share, change in (
        ("night, cluster", Place.CLUSTER, Daytime.NIGHT, low, {}),
        ("night, column", Place.COLUMN, Daytime.NIGHT, low, {}),
        ("night, A-pillar", Place.A_PILLAR, Daytime.NIGHT, high, {}),
        ("night, mirror", Place.MIRROR, Daytime.NIGHT, high, {}),
        ("night, centre stack", Place.CENTRE_STACK, Daytime.NIGHT, high, {}),
        ("dusk", Place.CLUSTER, Daytime.DUSK, low, {}),
        ("day, overcast", Place.CLUSTER, Daytime.DAY, low, {"sun": 0.0}),
        ("day, sun past the A-pillar", Place.CLUSTER, Daytime.DAY, low, _LOW_SUN),
        ("day, stripes", Place.A_PILLAR, Daytime.DAY, high, _STRIPES),
        ("tunnel", Place.CENTRE_STACK, Daytime.TUNNEL, high, {}),
        ("night, headlights", Place.CLUSTER, Daytime.NIGHT, low, {"headlights": 0.8}),
    ):
        camera = place_camera(place, width=WIDE_TILE[0], height=WIDE_TILE[1], face_px=share * WIDE_TILE[0])
        light = LightSchedule(lamps=leds(camera), start=levels_of(daytime)).at(LIGHTS_AT_S)
        found[name] = (Setting(camera=camera, daytime=daytime), replace(light, **change))
    camera = portrait(WIDE_TILE, low)
    bright = LightSchedule(lamps=leds(camera, Leds.AXIS), wavelength_nm=850, start=levels_of(Daytime.NIGHT)).at(0.0)
    noisy = Sensor(gain=3.0, blur_px=1.2, jpeg=60)
    found["bright pupils, noisy sensor"] = (Setting(camera=camera, sensor=noisy, bright_pupil=True), bright)
    return found


# --- props -----------------------------------------------------------------------------------------------------


def _hands(moment: Moment, left: Gesture = Gesture.WHEEL, right: Gesture = Gesture.WHEEL) -> Moment:
    return replace(moment, left_hand=Hand(left, left), right_hand=Hand(right, right))


@dataclass(frozen=True, slots=True)
class Prop:
    """What is worn or held, and how near to look."""

    moment: Moment
    frame_style: int = 0  # of the glasses
    share: float = 0.5  # of the picture's width that the face takes
    from_above: bool = False  # from the mirror, which sees the lap and the wheel


def _clear(style: int) -> Prop:
    return Prop(Moment(wearing=Wearing(Glasses.CLEAR)), style)


PROPS: Mapping[str, Prop] = MappingProxyType(
    {
        "clear, thin wire": _clear(0),
        "clear, acetate": _clear(1),
        "clear, round": _clear(2),
        "clear, half rim": _clear(3),
        "clear, heavy acetate": _clear(4),
        "clear, pilot's": _clear(5),
        "sunglasses, dark to NIR": Prop(Moment(wearing=Wearing(Glasses.SUN_OPAQUE)), 0),
        "sunglasses, clear to NIR": Prop(Moment(wearing=Wearing(Glasses.SUN_NIR)), 0),
        "mask": Prop(Moment(wearing=Wearing(mask=True))),
        "cap": Prop(Moment(wearing=Wearing(cap=True))),
        "mask, cap, glasses": Prop(Moment(wearing=Wearing(Glasses.CLEAR, mask=True, cap=True)), 1),
        "hand before the mouth": Prop(_hands(Moment(), Gesture.MOUTH)),
        "yawn behind a hand": Prop(_hands(Moment(closure=(0.8, 0.8), units=_YAWN), right=Gesture.MOUTH)),
        "rubbing an eye": Prop(_hands(Moment(closure=(1.0, 0.4)), Gesture.RUB_EYE)),
        "hand at the chin": Prop(_hands(Moment(head_deg=(4, -4, 8)), Gesture.CHIN)),
        "eating": Prop(_hands(Moment(units={"jawOpen": 0.3}), right=Gesture.EAT)),
        "phone at the ear": Prop(_hands(Moment(head_deg=(20, 0, -3)), right=Gesture.PHONE_EAR), share=0.46),
        "phone in the lap": Prop(
            _hands(Moment(head_deg=(-4, -20, 0), gaze_deg=(-4, -42)), right=Gesture.PHONE_LAP),
            from_above=True,
        ),
        "hand on the wheel's top": Prop(_hands(Moment(), Gesture.WHEEL_12), from_above=True),
        "hands at the wheel": Prop(_hands(Moment()), from_above=True),
    }
)


def props_sheet(seed: int, quality: Quality) -> GreyImage:
    """Everything worn and held, each on another driver."""
    tiles = []
    for number, (name, prop) in _watched("props", enumerate(PROPS.items(), start=seed)):
        camera = _overview() if prop.from_above else portrait(share=prop.share)
        who = replace(_bare(identities.sample(number)), frame_style=prop.frame_style)
        studio = Studio(Driver(who, quality), Setting(camera=camera, interior=number))
        tiles.append((name, _shot(studio, prop.moment, _night(camera), number)))
    return sheet(tiles, columns=5)


def _overview() -> Camera:
    width, height = TILE
    return place_camera(Place.MIRROR, width=width, height=height, face_px=0.2 * width, aim_mm=(75.0, -190.0, 110.0))


SHEETS: Mapping[str, Callable[..., GreyImage]] = MappingProxyType(
    {"identities": identities_sheet, "states": states_sheet, "lights": lights_sheet, "props": props_sheet}
)
