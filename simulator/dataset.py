"""What each still of a data set shows, by lot: still k of a seed is the same whoever draws it and whenever.

Knows the odds. Must not know files, processes or how a picture is drawn.

The odds are not those of a drive: lids half down, hands on the face and turned heads are rare on the road and teach the
most. Identities change every `PER_IDENTITY` stills, because making one takes as long as drawing a dozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.body import identity as identities
from simulator.body.eyes import REACH_DEG
from simulator.cabin import light as lights
from simulator.cabin import setting as settings
from simulator.lots import draw
from simulator.studio import Quality
from simulator.types import Gesture, Glasses, Hand, Identity, Light, Moment, Setting, SimulatorError, Wearing

Rng = np.random.Generator

PER_IDENTITY = 25
PER_SHARD = 250
SIZES = (64, 512)  # px
HIGHEST_DEG = 20.0  # a driver's eyes turn up no further in the head: the inner mirror is there

# Streams of randomness, so that one more draw in one does not shift the others.
_IDENTITY, _SETTING, _MOMENT, _CROP, _NOISE = range(5)

_CLOSURE_ODDS = {"open": 0.42, "part": 0.30, "closed": 0.22, "one": 0.06}
_GLASSES_ODDS = {Glasses.NONE: 0.62, Glasses.CLEAR: 0.22, Glasses.SUN_OPAQUE: 0.08, Glasses.SUN_NIR: 0.08}
_HAND_ODDS = {
    Hand(Gesture.WHEEL, Gesture.WHEEL): 0.70,
    Hand(Gesture.DOWN, Gesture.DOWN): 0.12,
    Hand(Gesture.WHEEL_12, Gesture.WHEEL_12): 0.05,
    Hand(Gesture.PHONE_EAR, Gesture.WHEEL): 0.03,
    Hand(Gesture.RUB_EYE, Gesture.WHEEL): 0.03,
    Hand(Gesture.MOUTH, Gesture.WHEEL): 0.03,
    Hand(Gesture.CHIN, Gesture.WHEEL): 0.02,
    Hand(Gesture.EAT, Gesture.WHEEL): 0.02,
}
# Face units that move together, with the strongest that a face shows of each.
_FACES: dict[str, Mapping[str, float]] = {
    "still": {},
    "smile": {
        "mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.7, "cheekSquintRight": 0.7, "jawOpen": 0.15,
    },
    "yawn": {"jawOpen": 1.0, "mouthFunnel": 0.25, "browInnerUp": 0.4, "eyeSquintLeft": 0.5, "eyeSquintRight": 0.5},
    "talk": {"jawOpen": 0.35, "mouthFunnel": 0.4, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3},
    "frown": {"browDownLeft": 0.9, "browDownRight": 0.9, "mouthPressLeft": 0.5, "mouthPressRight": 0.5},
    "raised brows": {"browInnerUp": 0.9, "browOuterUpLeft": 0.9, "browOuterUpRight": 0.9},
    "squint": {"eyeSquintLeft": 1.0, "eyeSquintRight": 1.0, "cheekSquintLeft": 0.6, "cheekSquintRight": 0.6},
    "pucker": {"mouthPucker": 0.9, "cheekPuff": 0.4},
}  # fmt: skip
_FACE_ODDS = dict.fromkeys(_FACES, 0.09) | {"still": 0.37}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the stills of a data set; how many there are does not change any of them."""

    seed: int = 0
    size: int = 256  # px, both sides
    quality: Quality = Quality.DRAFT

    def __post_init__(self) -> None:
        if not SIZES[0] <= self.size <= SIZES[1]:
            raise SimulatorError(f"--size {self.size}: must be {SIZES[0]} to {SIZES[1]} px")


@dataclass(frozen=True, slots=True)
class Still:
    """One picture to take."""

    number: int
    setting: Setting
    light: Light
    moment: Moment
    margin: float  # side of the crop over the longer side of the face's box
    offset: tuple[float, float]  # of the face's middle from the crop's, as a share of its side
    noise_seed: int


def identity_of(recipe: Recipe, number: int) -> Identity:
    """Who is on still `number`."""
    return identities.sample(_seed(recipe, number // PER_IDENTITY, _IDENTITY))


def still_of(recipe: Recipe, number: int) -> Still:
    """What is on still `number`."""
    seed = _seed(recipe, number, _SETTING)
    setting = settings.sample(seed)
    schedule, crop = lights.sample(setting, seed), _rng(recipe, number, _CROP)
    x, y = crop.uniform(-0.07, 0.07, 2)
    return Still(
        number,
        setting,
        schedule.at(float(crop.uniform(0, 100))),
        moment_of(_rng(recipe, number, _MOMENT), identity_of(recipe, number)),
        margin=float(crop.uniform(1.5, 2.6)),
        offset=(float(x), float(y)),
        noise_seed=_seed(recipe, number, _NOISE),
    )


def moment_of(rng: Rng, identity: Identity) -> Moment:
    """A driver doing anything that drivers do."""
    head = _head(rng)
    gaze = np.asarray(head[:2]) + _turn(rng)
    lean = rng.normal(0, (35, 12, 25))
    return Moment(
        behaviour="still",
        closure=_closure(rng),
        units=_units(rng),
        head_deg=head,
        gaze_deg=(float(gaze[0]), float(gaze[1])),
        lean_mm=(float(lean[0]), float(lean[1]), float(lean[2])),
        left_hand=_hand(rng),
        right_hand=_hand(rng),
        wearing=_wearing(rng, identity),
        breath=float(rng.uniform(-1, 1)),
    )


def _head(rng: Rng) -> tuple[float, float, float]:
    """Mostly ahead; a third of the time anywhere."""
    ahead = rng.random() < 0.65
    yaw = rng.normal(0, 9) if ahead else rng.uniform(-65, 65)
    pitch = rng.normal(-2, 6) if ahead else rng.uniform(-30, 22)
    return float(yaw), float(pitch), float(np.clip(rng.normal(0, 5), -18, 18))


def _turn(rng: Rng) -> NDArray[np.float64]:
    """Of the eyes in the head, (2,) yaw and pitch in degrees: a third of the time near the middle, else anywhere.

    Anywhere is as far as eyes reach, upwards as far as a driver has anything to look at. A network that learns from
    looks near the middle alone reads the far ones too small (training/LOG.md).
    """
    if rng.random() < 1 / 3:
        return np.clip(rng.normal(0, (11, 8)), (-28, -22), (28, 16))
    yaw, pitch = REACH_DEG
    return rng.uniform((-yaw, -pitch), (yaw, HIGHEST_DEG))


def _closure(rng: Rng) -> tuple[float, float]:
    kind, little = draw(rng, _CLOSURE_ODDS), rng.normal(0, 0.02)
    if kind == "one":
        shut, other = 1.0, float(rng.uniform(0, 0.2))
        return (shut, other) if rng.random() < 0.5 else (other, shut)
    level = {"open": rng.uniform(0, 0.12), "part": rng.uniform(0.1, 0.95), "closed": 1.0}[kind]
    return float(np.clip(level, 0, 1)), float(np.clip(level + (0 if kind == "closed" else little), 0, 1))


def _units(rng: Rng) -> dict[str, float]:
    """One face at some strength, over a little of everything else."""
    strength = rng.uniform(0.2, 1.0)
    units = {name: float(strength * most) for name, most in _FACES[draw(rng, _FACE_ODDS)].items()}
    noise = sorted({name for face in _FACES.values() for name in face} - {"jawOpen"})
    for name, more in zip(noise, rng.uniform(0, 0.12, len(noise)), strict=True):
        units[name] = min(units.get(name, 0.0) + float(more), 1.0)
    return units


def _hand(rng: Rng) -> Hand:
    hand = draw(rng, _HAND_ODDS)
    on_its_way = rng.random() < 0.2
    return replace(hand, arrived=float(rng.uniform(0.5, 1.0))) if on_its_way else hand


def _wearing(rng: Rng, identity: Identity) -> Wearing:
    glasses = draw(rng, _GLASSES_ODDS)
    mask, cap = rng.random(2) < (0.07, 0.1)
    return Wearing(
        identity.glasses if glasses is Glasses.NONE else glasses, bool(mask or identity.mask), bool(cap or identity.cap)
    )


def _rng(recipe: Recipe, number: int, stream: int) -> Rng:
    return np.random.default_rng((recipe.seed, stream, number))


def _seed(recipe: Recipe, number: int, stream: int) -> int:
    return int(_rng(recipe, number, stream).integers(2**31))
