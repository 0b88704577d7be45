"""Hair styles as numbers: how long, how steep, combed where, how curly. One is drawn for an identity from its seed.

Must not know meshes. Directions are in the head frame: x left, y up, z forward.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulator.types import Hair, Identity

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Style:
    """How scalp hair grows and lies."""

    top_mm: float  # length on top
    side_mm: float  # length at the sides and the nape
    spread: float = 0.15  # relative scatter of the lengths
    lift: float = 0.35  # 0 lies flat from the root … 1 stands upright
    volume_mm: float = 6.0  # how high the outermost layer lies over the skin
    comb: Vector = (0.0, 0.0, -1.0)  # where the top is combed to
    combed: float = 0.6  # 0 falls from the crown … 1 all along `comb`
    parting_mm: float | None = None  # x of a parting; hair goes away from it
    gravity: float = 0.2  # per step, grows along the hair
    stiffness: float = 0.45  # how much of its direction a hair keeps at a step
    hold: float = 0.3  # how firmly it is drawn back to its layer (1: gel, a hair tie)
    curl_mm: float = 0.0  # radius of the curls
    curl_wave_mm: float = 40.0  # their length
    clump: float = 0.35  # how far tips run together
    frizz_mm: float = 0.8
    recession_mm: float = 0.0
    bald_mm: float = 0.0  # radius of a bald crown
    ring: bool = False  # only a ring of hair is left
    hangs: bool = False  # long enough to leave the skull and fall
    gathered: bool = False  # drawn to a knot at the back
    tail_mm: float = 0.0  # of a pony tail
    steps: int = 5  # points along a strand
    width: float = 1.0  # of a strand, as a factor


def style_of(identity: Identity) -> Style | None:
    """This person's own cut; None for none."""
    if identity.hair is Hair.NONE:
        return None
    rng = np.random.default_rng((identity.seed, 0x4A13))
    style = _DRAW[identity.hair](rng, identity)
    return _aged(_curled(style, rng, identity), rng, identity)


def _receded(rng: np.random.Generator, identity: Identity) -> Style:
    style = Style(14.0, 13.0, lift=0.3, volume_mm=4.0, combed=0.3, gravity=0.1, steps=4, frizz_mm=0.5)
    if identity.age_years > 42 and rng.random() < 0.6:
        return replace(style, ring=True, bald_mm=62.0, side_mm=float(rng.uniform(9, 22)))
    top = float(rng.uniform(10, 28))
    return replace(style, top_mm=top, recession_mm=float(rng.uniform(13, 22)), bald_mm=float(rng.uniform(0, 40)))


def _cropped(rng: np.random.Generator, _: Identity) -> Style:
    top = float(rng.uniform(4, 12))
    side = top * float(rng.uniform(0.45, 1.0))
    return Style(
        top, side, 0.25, lift=0.6, volume_mm=top * 0.6, comb=(0.1, 0.0, 1.0), combed=0.5, gravity=0.0, stiffness=0.7,
        hold=0.0, clump=0.1, frizz_mm=0.4, steps=3, width=0.75,
    )  # fmt: skip


def _short(rng: np.random.Generator, _: Identity) -> Style:
    side = float(rng.uniform(14, 30))
    top = float(rng.uniform(32, 62))
    away = float(rng.choice([-1.0, 1.0]))
    cuts = (
        Style(top, side, lift=0.75, volume_mm=16.0, comb=(0.25 * away, 0.25, -1), combed=0.85, gravity=0.1, clump=0.5),
        Style(
            top, side, lift=0.5, volume_mm=12.0, comb=(0.9 * away, 0.0, 0.25), combed=0.75, parting_mm=-30.0 * away,
            gravity=0.2, clump=0.45,
        ),
        Style(top * 0.8, side, volume_mm=9.0, comb=(0.35 * away, 0.0, 1.0), combed=0.7, clump=0.5),
        Style(top * 0.7, side, 0.3, lift=0.65, volume_mm=13.0, comb=(0.5 * away, 0.1, 0.4), combed=0.35, clump=0.6),
    )  # fmt: skip
    return cuts[int(rng.integers(len(cuts)))]


def _long(rng: np.random.Generator, identity: Identity) -> Style:
    length = float(rng.uniform(250, 400))
    parting = float(rng.choice([0.0, 0.0, -26.0, 26.0])) + float(rng.normal(0, 3))
    return Style(
        length, length * 0.92, 0.1, lift=0.3, volume_mm=float(rng.uniform(7, 13)), comb=(0.0, 0.0, -0.5), combed=0.5,
        parting_mm=parting, gravity=0.75, stiffness=0.45, hold=0.6, clump=0.4, frizz_mm=3.0, steps=11, width=1.45,
        curl_mm=float(rng.choice([0.0, 2.0, 4.0, 7.0])), curl_wave_mm=float(rng.uniform(95, 150)), hangs=True,
        recession_mm=-2.0 if identity.male < 0.5 else 4.0,
    )  # fmt: skip


def _tied(rng: np.random.Generator, identity: Identity) -> Style:
    return Style(
        240.0, 240.0, 0.05, lift=0.12, volume_mm=float(rng.uniform(6, 12)), comb=(0.0, 0.2, -1.0), combed=1.0,
        gravity=0.0, stiffness=0.3, hold=0.85, clump=0.35, frizz_mm=1.3, steps=9, width=1.2, gathered=True,
        tail_mm=float(rng.choice([0.0, 180.0, 280.0])), recession_mm=0.0 if identity.male < 0.5 else 4.0,
    )  # fmt: skip


_DRAW = {Hair.RECEDED: _receded, Hair.CROPPED: _cropped, Hair.SHORT: _short, Hair.LONG: _long, Hair.TIED: _tied}


def _curled(style: Style, rng: np.random.Generator, identity: Identity) -> Style:
    """African hair curls tightly and stands; waves are anyone's chance."""
    if rng.random() < identity.ancestry[0] - 0.25 and not style.gathered:
        length = min(style.top_mm, 26.0), min(style.side_mm, 20.0)
        if identity.hair is Hair.LONG:
            length = (58.0, 48.0)
        return replace(
            style, top_mm=length[0], side_mm=length[1], lift=1.0, volume_mm=0.8 * length[0], combed=0.0, gravity=0.03,
            parting_mm=None, stiffness=0.8, hold=0.0, hangs=False, curl_mm=0.07 * length[0] + 1.0, curl_wave_mm=20.0,
            clump=0.3, frizz_mm=0.05 * length[0], steps=9, width=0.9,
        )  # fmt: skip
    if identity.hair is Hair.SHORT and rng.random() < 0.3:
        return replace(style, curl_mm=float(rng.uniform(2, 5)), curl_wave_mm=float(rng.uniform(22, 40)), steps=7)
    return style


def _aged(style: Style, rng: np.random.Generator, identity: Identity) -> Style:
    """Men's hairlines go back with the years, each man's his own way."""
    back = identity.male * max(0.0, identity.age_years - 28.0) / 40.0 * float(rng.uniform(0.0, 11.0))
    return replace(style, recession_mm=style.recession_mm + back + float(rng.normal(0, 2.0)))
