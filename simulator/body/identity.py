"""Invented people: every number of an `Identity` drawn from plausible distributions, from one seed.

Knows who is likely to look how. Must not know meshes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.lots import draw
from simulator.types import Beard, Glasses, Hair, Identity

Generator = np.random.Generator

# Small targets a face may vary in: (name of one direction, of the other, standard deviation, on both sides of the
# face). Anything that moves or scales eyes, mouth or head as a whole is left out: it tears eyes and teeth.
SIDES = ("l", "r")


@dataclass(frozen=True, slots=True)
class Trait:
    """A direction of shape with its two targets. `{}` stands for the side where there are two."""

    more: str
    less: str
    spread: float  # standard deviation of the weight

    @property
    def sided(self) -> bool:
        return "{}" in self.more


TRAITS = (
    Trait("head/head-oval", "head/head-square", 0.13),
    Trait("head/head-round", "head/head-rectangular", 0.15),
    Trait("head/head-triangular", "head/head-invertedtriangular", 0.18),
    Trait("head/head-fat-incr", "head/head-fat-decr", 0.15),
    Trait("head/head-back-scale-depth-incr", "head/head-back-scale-depth-decr", 0.15),
    Trait("forehead/forehead-nubian-incr", "forehead/forehead-nubian-decr", 0.2),
    Trait("forehead/forehead-scale-vert-incr", "forehead/forehead-scale-vert-decr", 0.13),
    Trait("forehead/forehead-temple-incr", "forehead/forehead-temple-decr", 0.3),
    Trait("eyebrows/eyebrows-angle-up", "eyebrows/eyebrows-angle-down", 0.25),
    Trait("eyebrows/eyebrows-trans-forward", "eyebrows/eyebrows-trans-backward", 0.25),
    Trait("nose/nose-base-up", "nose/nose-base-down", 0.22),
    Trait("nose/nose-curve-convex", "nose/nose-curve-concave", 0.25),
    Trait("nose/nose-flaring-incr", "nose/nose-flaring-decr", 0.25),
    Trait("nose/nose-hump-incr", "nose/nose-hump-decr", 0.22),
    Trait("nose/nose-point-up", "nose/nose-point-down", 0.22),
    Trait("nose/nose-point-width-incr", "nose/nose-point-width-decr", 0.3),
    Trait("nose/nose-scale-vert-incr", "nose/nose-scale-vert-decr", 0.2),
    Trait("nose/nose-scale-depth-incr", "nose/nose-scale-depth-decr", 0.2),
    Trait("nose/nose-width1-incr", "nose/nose-width1-decr", 0.25),
    Trait("nose/nose-width2-incr", "nose/nose-width2-decr", 0.25),
    Trait("nose/nose-width3-incr", "nose/nose-width3-decr", 0.25),
    Trait("mouth/mouth-lowerlip-volume-incr", "mouth/mouth-lowerlip-volume-decr", 0.3),
    Trait("mouth/mouth-upperlip-volume-incr", "mouth/mouth-upperlip-volume-decr", 0.3),
    Trait("mouth/mouth-lowerlip-height-incr", "mouth/mouth-lowerlip-height-decr", 0.2),
    Trait("mouth/mouth-upperlip-height-incr", "mouth/mouth-upperlip-height-decr", 0.2),
    Trait("mouth/mouth-cupidsbow-incr", "mouth/mouth-cupidsbow-decr", 0.25),
    Trait("mouth/mouth-angles-up", "mouth/mouth-angles-down", 0.15),
    Trait("mouth/mouth-scale-horiz-incr", "mouth/mouth-scale-horiz-decr", 0.18),
    Trait("chin/chin-bones-incr", "chin/chin-bones-decr", 0.3),
    Trait("chin/chin-height-incr", "chin/chin-height-decr", 0.2),
    Trait("chin/chin-prominent-incr", "chin/chin-prominent-decr", 0.25),
    Trait("chin/chin-width-incr", "chin/chin-width-decr", 0.25),
    Trait("chin/chin-jaw-drop-incr", "chin/chin-jaw-drop-decr", 0.15),
    Trait("neck/neck-double-incr", "neck/neck-double-decr", 0.15),
    Trait("cheek/{}-cheek-bones-incr", "cheek/{}-cheek-bones-decr", 0.3),
    Trait("cheek/{}-cheek-inner-incr", "cheek/{}-cheek-inner-decr", 0.2),
    Trait("cheek/{}-cheek-volume-incr", "cheek/{}-cheek-volume-decr", 0.25),
    Trait("eyes/{}-eye-bag-incr", "eyes/{}-eye-bag-decr", 0.25),
    Trait("eyes/{}-eye-corner1-up", "eyes/{}-eye-corner1-down", 0.2),
    Trait("eyes/{}-eye-corner2-up", "eyes/{}-eye-corner2-down", 0.2),
    Trait("eyes/{}-eye-epicanthus-in", "eyes/{}-eye-epicanthus-out", 0.2),
    Trait("eyes/{}-eye-eyefold-up", "eyes/{}-eye-eyefold-down", 0.2),
    Trait("eyes/{}-eye-eyefold-convex", "eyes/{}-eye-eyefold-concave", 0.2),
    Trait("ears/{}-ear-flap-incr", "ears/{}-ear-flap-decr", 0.25),
    Trait("ears/{}-ear-lobe-incr", "ears/{}-ear-lobe-decr", 0.3),
    Trait("ears/{}-ear-scale-incr", "ears/{}-ear-scale-decr", 0.25),
    Trait("ears/{}-ear-wing-incr", "ears/{}-ear-wing-decr", 0.25),
)
MAX_WEIGHT = 0.6
MASKED, CAPPED = 0.05, 0.07  # shares of all people
ASYMMETRY = 0.12  # share of a trait's spread by which the two sides differ


def sample(seed: int) -> Identity:
    """The person with this number; the same seed is the same person for ever."""
    rng = np.random.default_rng([0xCAB, seed])
    age = float(16 + 64 * rng.beta(1.3, 1.7))
    male = _sex(rng)
    ancestry = _ancestry(rng)
    hair = _hair(rng, age, male)
    return Identity(
        seed=seed,
        age_years=age,
        male=male,
        ancestry=ancestry,
        weight=float(rng.beta(2.6, 2.6)),
        muscle=float(np.clip(0.35 + 0.25 * male + rng.normal(0, 0.12), 0.1, 0.9)),
        aperture_mm=_aperture(rng, age, ancestry),
        skin_reflectance=_skin_reflectance(rng, ancestry),
        oiliness=float(rng.beta(2.0, 2.5)),
        wrinkles=float(np.clip((age - 28) / 50 + rng.normal(0, 0.1), 0.0, 1.0)),
        hair=hair,
        hair_reflectance=_hair_reflectance(rng, age, ancestry),
        brow_density=float(np.clip(rng.normal(0.5 + 0.15 * male, 0.15), 0.15, 1.0)),
        brow_thickness=float(np.clip(rng.normal(0.9 + 0.2 * male, 0.15), 0.6, 1.5)),
        beard=_beard(rng, age, male),
        iris_reflectance=float(rng.uniform(0.15, 0.3) if rng.random() < 1 - ancestry[2] else rng.uniform(0.2, 0.55)),
        pupil_mm=float(np.clip(rng.normal(5.2 - 0.022 * (age - 20), 0.8), 2.5, 7.0)),
        shape=_shape(rng),
        glasses=_glasses(rng, age),
        frame_style=int(rng.integers(0, 6)),
        mask=bool(rng.random() < MASKED),
        cap=bool(rng.random() < CAPPED),
        clothes_reflectance=float(rng.uniform(0.1, 0.6)),
    )


def _sex(rng: Generator) -> float:
    inward = float(rng.beta(1.2, 9.0))  # most are near one end
    return 1 - inward if rng.random() < 0.5 else inward


def _ancestry(rng: Generator) -> tuple[float, float, float]:
    african, asian, caucasian = rng.dirichlet((0.45, 0.45, 0.45))
    return float(african), float(asian), float(caucasian)


def _aperture(rng: Generator, age: float, ancestry: tuple[float, float, float]) -> float:
    """Lids sink with age; mean and spread after van den Bosch, Leenders, Mulder (Br J Ophthalmol 1999)."""
    mean = 10.0 - 0.02 * max(0.0, age - 30) - 0.9 * ancestry[1]
    return float(np.clip(rng.normal(mean, 1.1), 6.0, 12.0))


def _skin_reflectance(rng: Generator, ancestry: tuple[float, float, float]) -> float:
    """Melanin hardly absorbs at 940 nm: the darkest and the fairest skin differ by a third, not by a factor of ten."""
    return float(np.clip(rng.normal(0.61 - 0.13 * ancestry[0], 0.04), 0.35, 0.75))


def _hair(rng: Generator, age: float, male: float) -> Hair:
    bald = 0.35 * male * min(1.0, max(0.0, (age - 20) / 50))
    odds = {
        Hair.NONE: 0.5 * bald,
        Hair.RECEDED: bald,
        Hair.CROPPED: 0.3 * male + 0.02,
        Hair.SHORT: 0.5 * male + 0.2,
        Hair.LONG: 0.05 * male + 0.45 * (1 - male),
        Hair.TIED: 0.04 * male + 0.33 * (1 - male),
    }
    return draw(rng, odds)


def _hair_reflectance(rng: Generator, age: float, ancestry: tuple[float, float, float]) -> float:
    own = rng.uniform(0.06, 0.14) + ancestry[2] * rng.uniform(0.0, 0.16)
    grey = float(np.clip((age - rng.normal(48, 9)) / 25, 0.0, 1.0))
    return float(np.clip(own + (0.42 - own) * grey, 0.05, 0.45))


def _beard(rng: Generator, age: float, male: float) -> Beard:
    if male < 0.6 or age < 18:
        return Beard.NONE
    return (Beard.NONE, Beard.STUBBLE, Beard.MOUSTACHE, Beard.FULL)[int(rng.choice(4, p=(0.45, 0.28, 0.08, 0.19)))]


def _glasses(rng: Generator, age: float) -> Glasses:
    """About one in four wears some; clear ones the oftener, the older."""
    older = 0.002 * (age - 16)
    return (Glasses.NONE, Glasses.CLEAR, Glasses.SUN_OPAQUE, Glasses.SUN_NIR)[
        int(rng.choice(4, p=(0.76 - older, 0.16 + older, 0.04, 0.04)))
    ]


def _eye_distance(rng: Generator) -> dict[str, float]:
    """The data set's eyes stand 57 mm apart, people's 63 ± 3.5 mm."""
    value = float(np.clip(rng.normal(0.6, 0.3), -0.3, 1.0))
    return {f"eyes/{side}-eye-trans-{'out' if value > 0 else 'in'}": abs(value) for side in SIDES}


def _shape(rng: Generator) -> dict[str, float]:
    """Weights of the small targets; the face's two sides nearly agree."""
    weights: dict[str, float] = _eye_distance(rng)
    for trait in TRAITS:
        common = rng.normal(0, trait.spread)
        for side in SIDES if trait.sided else ("",):
            value = common + (rng.normal(0, ASYMMETRY * trait.spread) if trait.sided else 0.0)
            name = (trait.more if value > 0 else trait.less).format(side)
            weights[name] = float(min(abs(value), MAX_WEIGHT))
    return weights
