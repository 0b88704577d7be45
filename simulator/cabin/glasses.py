"""Glasses made to measure: six frames, clear or dark lenses, fitted to one driver's nose, brows, cheeks and ears.

Knows a `Headform` and an optician's words. Must not know the rest of the body, cameras or light.

The front is one curved surface (`_Front`): rims, lenses and bridge lie in it. It is put as near to the eyes as lashes,
brows and cheeks allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simulator.cabin.headform import Headform
from simulator.cabin.shapes import (
    Floats,
    curve,
    grid,
    merged,
    mirrored,
    moved,
    ring,
    shift,
    superellipsoid,
    sweep,
    tube,
    unit,
)
from simulator.types import Geometry, Glasses, Material, Part, What

# What a lens lets through at 850–940 nm. Dyes of ordinary sunglasses are clear there; coated ones are not.
TRANSMISSION = {Glasses.CLEAR: 0.92, Glasses.SUN_NIR: 0.85, Glasses.SUN_OPAQUE: 0.06}
LASHES_MM = 11.0  # the lens stays so far from the cornea
SKIN_MM = 2.2  # and rims so far from the skin, that a smile does not lift them
POINTS = 72  # around a rim


@dataclass(frozen=True, slots=True)
class Style:
    """One frame of the shop."""

    height_mm: float
    squareness: float  # 2 = oval, 4 = box
    rim_mm: tuple[float, float]  # across the front, front to back
    temple_mm: tuple[float, float]  # height, thickness
    metal: bool
    half: bool = False  # only the upper rim
    drop_mm: float = 3.0  # how far the lenses' middle lies below the pupils
    nasal_cut: float = 0.16  # how much the lower inner corner makes room for the nose
    bridge_up: float = 0.22  # where the bridge stands, as a share of the lens' height above its middle
    pads: bool = True
    wider_mm: float = 0.0


STYLES = (
    Style(33, 2.6, (1.5, 1.6), (1.6, 1.4), metal=True),  # thin wire, oval
    Style(32, 3.6, (3.6, 3.4), (9.0, 3.0), metal=False, pads=False),  # acetate, rectangular
    Style(41, 2.0, (1.9, 2.0), (2.2, 1.6), metal=True, nasal_cut=0.0),  # round
    Style(29, 3.4, (2.4, 2.2), (4.0, 1.8), metal=True, half=True),  # half rim
    Style(38, 3.0, (4.8, 3.8), (11.0, 3.4), metal=False, pads=False),  # heavy acetate
    Style(43, 2.4, (1.6, 1.6), (2.0, 1.5), metal=True, nasal_cut=0.30, drop_mm=6.0, wider_mm=4.0),  # pilot's
)
SUN_STYLES = (
    Style(46, 2.9, (3.8, 3.6), (10.0, 3.2), metal=False, drop_mm=6.0, pads=False, wider_mm=6.0),
    Style(49, 2.3, (1.8, 1.8), (2.2, 1.6), metal=True, nasal_cut=0.34, drop_mm=9.0, wider_mm=6.0),
    Style(42, 3.4, (4.6, 4.0), (14.0, 3.6), metal=False, drop_mm=5.0, pads=False, wider_mm=8.0),
)


@dataclass(frozen=True, slots=True)
class _Front:
    """The surface all of the front lies in: z over (x, y), the same on both sides."""

    middle_x: float  # of the lens
    middle_y: float
    ahead: float  # z at the lens' middle
    lens_radius: float = 125.0
    wrap_radius: float = 340.0
    tilt: float = 0.13  # the top is further forward

    def z(self, x: ArrayLike, y: ArrayLike) -> Floats:
        across, high = np.abs(np.asarray(x, np.float64)), np.asarray(y, np.float64) - self.middle_y
        # Only the lens itself is domed: beyond it the bridge and end pieces run on straight.
        off = np.clip(across - self.middle_x, -24, 24)
        bulge = (off**2 + np.clip(high, -24, 24) ** 2) / (2 * self.lens_radius)
        wrapped = (across**2 - self.middle_x**2) / (2 * self.wrap_radius)
        height: Floats = self.ahead - bulge - wrapped + self.tilt * high
        return height

    def on(self, flat: Floats) -> Floats:
        """Points (n, 2) of the front view on the surface."""
        return np.column_stack([flat, self.z(flat[:, 0], flat[:, 1])])


def fitted(form: Headform, kind: Glasses, style: int, *, seed: int = 0) -> tuple[Part, ...]:
    """Frame and lenses as parts in the head frame (`pose` unset).

    Args:
        form: whose head.
        kind: which lenses; sunglasses have bigger frames. NONE gives nothing.
        style: any number: it chooses one of the frames.
        seed: draws the frame's shade.
    """
    if kind is Glasses.NONE:
        return ()
    shop = STYLES if kind is Glasses.CLEAR else SUN_STYLES
    chosen = shop[style % len(shop)]
    outline, front = _place(form, chosen)
    shade = float(np.random.default_rng([seed, 0x61A5]).uniform(0.0, 1.0))
    reflectance, gloss, rough = (0.35 + 0.25 * shade, 0.7, 0.3) if chosen.metal else (0.05 + 0.22 * shade, 0.3, 0.35)
    frame = _frame(form, chosen, outline, front)
    transmission = TRANSMISSION[kind] - (0.03 * shade if kind is Glasses.SUN_OPAQUE else 0.0)
    lens = _lens(outline, front, transmission)
    return (
        Part(What.GLASSES, Material.SOLID, frame, reflectance, gloss, rough),
        Part(What.LENS, Material.LENS, lens, 0.04, 1.0, 0.05, shadow=kind is Glasses.SUN_OPAQUE),
    )


# --- fitting ---------------------------------------------------------------------------------------------------


def _place(form: Headform, style: Style) -> tuple[Floats, _Front]:
    """The left lens' outline in the front view, and the front it lies in, clear of the skin."""
    between = 17.0 + (1.0 if style.metal else 2.0)
    # Lenses centre on the eyes, the front is as wide as the face: opticians give the face more weight.
    by_eyes = form.eyes_apart_mm + 5.0 - between
    by_face = float(form.side.at(0.0, 0.0)) - 1.0 - between / 2
    width = 0.35 * by_eyes + 0.65 * by_face + style.wider_mm
    middle = (between + width) / 2
    outline = _outline(style, width) + np.array([middle, -style.drop_mm])
    flat_front = _Front(middle, -style.drop_mm, 0.0)
    margin = style.rim_mm[0] / 2
    around = np.concatenate([_grown(outline, margin), outline, outline * 0.8 + outline.mean(0) * 0.2])
    # The nose carries the frame: what comes nearer to the middle than its flank is the pads' business.
    skin = form.front.at(around[:, 0], around[:, 1])
    beside_nose = around[:, 0] > between / 2 + 3.5
    needed = skin + SKIN_MM + style.rim_mm[1] / 2 - flat_front.z(around[:, 0], around[:, 1])
    ahead = max(float(needed[beside_nose].max()), form.cornea_mm + LASHES_MM)
    return outline, _Front(middle, -style.drop_mm, ahead)


def _outline(style: Style, width: float) -> Floats:
    """The left lens about its middle (n, 2), counter-clockwise from the temple's side."""
    flat = ring(width, style.height_mm, squareness=style.squareness, count=POINTS)
    low = np.clip(-flat[:, 1] / style.height_mm * 2, 0.0, 1.0)
    nasal = np.clip(-flat[:, 0] / width * 2, 0.0, 1.0)
    flat[:, 0] += style.nasal_cut * width * 0.5 * low * nasal
    return flat


def _grown(outline: Floats, by: float) -> Floats:
    """The outline so many mm wider all around."""
    tangent = unit(np.roll(outline, -1, 0) - np.roll(outline, 1, 0))
    return outline + by * np.column_stack([tangent[:, 1], -tangent[:, 0]])


# --- making ----------------------------------------------------------------------------------------------------


def _lens(outline: Floats, front: _Front, transmission: float) -> Geometry:
    """Both lenses; tone.x is what they let through."""
    middle = outline.mean(0)
    rings = np.linspace(0.002, 1.0, 8)  # not 0: a ring of no size has no normal
    flat = middle + (outline - middle) * rings[:, None, None]
    points = np.stack([front.on(row) for row in flat])
    one = grid(points[::-1], around=True, tone=np.broadcast_to((transmission, 1.0), (*points.shape[:2], 2)))
    return merged(one, mirrored(one))


def _frame(form: Headform, style: Style, outline: Floats, front: _Front) -> Geometry:
    one = [_rim(style, outline, front), _temple(form, style, outline, front)]
    if style.pads:
        one.append(_pad(form, outline, front))
    left = merged(*one)
    return merged(left, mirrored(left), _bridge(form, style, outline, front))


def _rim(style: Style, outline: Floats, front: _Front) -> Geometry:
    path = front.on(_grown(outline, style.rim_mm[0] * 0.3))
    section = ring(style.rim_mm[1], style.rim_mm[0], squareness=2.0 if style.metal else 2.8, count=12)
    outward = unit(path - path.mean(0))
    if not style.half:
        return sweep(path, section, up=outward, closed=True)
    upper = np.flatnonzero(outline[:, 1] - front.middle_y > -0.1 * style.height_mm)
    start = int(np.flatnonzero(np.diff(upper) > 1)[0]) + 1 if (np.diff(upper) > 1).any() else 0
    arc = np.roll(upper, -start)
    thread = tube(front.on(_grown(outline, 0.1)), 0.45, sides=6, closed=True)
    return merged(sweep(path[arc], section, up=outward[arc]), thread)


def _bridge(form: Headform, style: Style, outline: Floats, front: _Front) -> Geometry:
    """From rim to rim over the nose, just clear of it."""
    y = front.middle_y + style.bridge_up * style.height_mm
    inner = float(outline[np.argmin(np.hypot(outline[:, 0], outline[:, 1] - y)), 0])
    x = np.linspace(-inner, inner, 17) * 1.02
    arch = 1.0 - (x / inner) ** 2
    high = y + 2.5 * arch
    nose = form.front.at(x, high) + 0.6 + style.rim_mm[1] / 2
    z = np.maximum(front.z(inner, y) + 2.0 * arch, nose)
    section = ring(max(style.rim_mm[1], 2.0), max(style.rim_mm[0] * 1.15, 2.0), squareness=2.4, count=12)
    return sweep(np.column_stack([x, high, _eased(z)]), section, up=(0.0, 1.0, 0.0))


def _eased(values: Floats) -> Floats:
    """Smoothed but never lowered, ends kept."""
    smooth = np.convolve(np.pad(values, 3, mode="edge"), np.hanning(9)[1:-1] / np.hanning(9)[1:-1].sum(), "valid")
    return smooth + max(float((values - smooth).max()), 0.0) * np.sin(np.linspace(0, np.pi, len(values))) ** 0.5


def _pad(form: Headform, outline: Floats, front: _Front) -> Geometry:
    """The left nose pad on the nose's flank, and the wire that holds it."""
    y = front.middle_y - 2.0
    inner = float(outline[np.argmin(np.hypot(outline[:, 0], outline[:, 1] - y)), 0])
    x = np.linspace(3.0, inner, 40)
    behind = front.z(inner, y) - 5.0
    flank = form.front.at(x, np.full(40, y))
    at = float(x[np.argmin(np.abs(flank - behind))])
    z = min(float(form.front.at(at, y)), float(behind) + 3.0)
    pad = moved(superellipsoid((1.3, 4.6, 2.6), rows=10, columns=14), shift(at + 1.2, y, z))
    rim = (inner, y + 4.0, float(front.z(inner, y + 4.0)))
    wire = tube(curve([rim, (at + 3.2, y + 3.0, (rim[2] + z) / 2 - 1.0), (at + 1.8, y, z)], 10), 0.45, sides=6)
    return merged(pad, wire)


def _temple(form: Headform, style: Style, outline: Floats, front: _Front) -> Geometry:
    """From the left rim's corner along the head onto the ear and down behind it."""
    y = front.middle_y + 0.24 * style.height_mm
    corner = outline[np.argmin(np.hypot(outline[:, 0] - 100.0, outline[:, 1] - y))]
    start = np.array([corner[0] + 1.0, corner[1], float(front.z(corner[0], corner[1]))])
    ear = np.array(form.ear_mm)
    wide = max(start[0] + 3.0, float(form.side.at(-15.0, ear[1])) + 2.5)
    knots = [
        (start[0], start[1], start[2]),
        (start[0] + 4.0, start[1], start[2] - 1.5),
        (0.3 * start[0] + 0.7 * wide, start[1] - 0.3, start[2] - 14.0),
        (max(wide, ear[0]) + 1.0, (start[1] + ear[1]) / 2 + 0.8, (start[2] + ear[2]) / 2 - 10),
        (ear[0] + 0.5, ear[1] + 0.6, ear[2] + 6.0),
        (ear[0] - 3.0, ear[1] - 4.0, ear[2] - 12.0),
        (ear[0] - 9.0, ear[1] - 22.0, ear[2] - 22.0),
    ]
    path = curve(knots, 44)
    over = path[:, 2] > ear[2] + 2.0
    clear = form.side.at(path[:, 2], path[:, 1]) + 1.2 + style.temple_mm[1] / 2
    path[:, 0] = np.where(over & (path[:, 2] < start[2] - 14), np.maximum(path[:, 0], clear), path[:, 0])
    path = curve(path[::3], 44)
    section = ring(style.temple_mm[1], style.temple_mm[0], squareness=2.0 if style.metal else 3.0, count=12)
    along = np.linspace(0.0, 1.0, 44)
    tip = 1.6 if style.metal else 0.9
    high = np.interp(along, [0.0, 0.3, 0.7, 0.8, 1.0], [1.0, 0.95, 0.75, 0.75 * tip, 0.75 * tip])
    return sweep(path, section, up=(0.0, 1.0, 0.0), scale=np.column_stack([np.where(along > 0.8, tip, 1.0), high]))
