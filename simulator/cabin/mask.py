"""Face masks: a sheet stretched over the lower face, with pleats or a middle seam, a hem and ear loops.

Knows a `Headform` and how skin moves from rest. Must not know jaws, expressions or light.

The sheet is a regular grid over directions from the middle of the mouth, so its border is a smooth curve whatever the
skin's triangles are. Between nose, cheeks and chin it spans like cloth: it is relaxed to the mean of its neighbours but
never below the skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.cabin.follow import Follower
from simulator.cabin.headform import MOUTH_MIDDLE_MM, Headform, skull_radii
from simulator.cabin.shapes import Floats, curve, grid_triangles, merged, ring, smooth_normals, sweep, tube, unit
from simulator.types import Array, Geometry, Material, Part, Triangles, What

ROWS, COLUMNS = 41, 57
CONTROL_ROWS, CONTROL_COLUMNS = 11, 13
CLEAR_MM = 3.0  # between skin and cloth
HEM_MM = 1.1  # half the hem's thickness
FOLLOW_MM = 13.0
BAND_FADES_MM = 35.0  # so far from the sheet a band still moves with it, by a factor e less
REST_MM = 0.02  # less movement than this is none


@dataclass(frozen=True, slots=True)
class _Cut:
    """The pattern: angles in degrees from the mouth's middle, and where pleats or a seam run."""

    half_width_deg: float
    top_deg: float
    chin_deg: float
    pleats: tuple[float, ...]  # rows, 0 top … 1 bottom
    ridge: bool  # folded along the middle, as FFP masks are


SURGICAL = _Cut(84.0, 45.0, -74.0, (0.40, 0.54, 0.68), ridge=False)
FOLDED = _Cut(80.0, 47.0, -74.0, (), ridge=True)


class Mask:
    """One driver's mask.

    Args:
        form: whose head.
        skin: its resting skin in the head frame, in the order it will be posed in.
        seed: draws the pattern and the cloth.
    """

    def __init__(self, form: Headform, skin: Geometry, *, seed: int = 0) -> None:
        rng = np.random.default_rng([seed, 0x3A5C])
        cut = SURGICAL if rng.random() < 0.65 else FOLDED
        self.reflectance = float(rng.uniform(0.55, 0.85))
        sheet = _sheet(form, cut)
        self._sheet_triangles = grid_triangles(ROWS, COLUMNS)
        trimmings = merged(_hem(sheet), *_loops(form, sheet))
        self._resting = np.concatenate([sheet.reshape(-1, 3), trimmings.positions_mm]).astype(np.float32)
        count = ROWS * COLUMNS
        self._triangles: Triangles = np.concatenate([self._sheet_triangles, trimmings.triangles + count])
        self._trim_normals = trimmings.normals
        tone = np.concatenate([_sheet_tone(cut), trimmings.tone]).astype(np.float32)
        self._rest_shape = self._shape(self._resting, tone)
        self._spread = _spread(sheet, trimmings.positions_mm.astype(np.float64))
        outward = ((skin.positions_mm - np.asarray(MOUTH_MIDDLE_MM)) * skin.normals).sum(1) > 0
        near = outward & (skin.positions_mm[:, 1] > -160) & (skin.positions_mm[:, 2] > -110)
        self._carriers = np.flatnonzero(near)
        self._follower = Follower(_control(sheet), skin.positions_mm[self._carriers].astype(np.float64), FOLLOW_MM)

    def part(self, skin_now: Array) -> Part:
        """The mask in the head frame. `skin_now`: where the skin's vertices (n, 3) are, in the head frame."""
        return Part(What.MASK, Material.FABRIC, self._now(skin_now), self.reflectance, 0.0, 0.9)

    def _now(self, skin_now: Array) -> Geometry:
        shifts = self._follower.shifts(skin_now[self._carriers])
        if float(np.abs(shifts).max()) < REST_MM:
            return self._rest_shape
        return self._shape(self._resting + self._spread @ shifts, self._rest_shape.tone)

    def _shape(self, points: Array, tone: Array) -> Geometry:
        count = ROWS * COLUMNS
        normals = smooth_normals(points[:count], self._sheet_triangles).astype(np.float32)
        # The hem is thin and hardly turns: it keeps its normals.
        everything = np.concatenate([normals, self._trim_normals])
        return Geometry(
            points, everything, self._triangles, self._resting, np.zeros((len(points), 2), np.float32), tone
        )


# --- the sheet -------------------------------------------------------------------------------------------------


def _sheet(form: Headform, cut: _Cut) -> Floats:
    """The resting sheet (ROWS, COLUMNS, 3), top row first, from the driver's left to the right."""
    azimuth, height = _pattern(cut)
    skin = skull_radii(form, MOUTH_MIDDLE_MM, azimuth, height)
    skin = np.maximum(skin, skin[:, ::-1])  # one pattern for both sides of a face that is never quite even
    radius = _stretched(skin + CLEAR_MM)
    if cut.ridge:
        middle = np.exp(-((np.linspace(-1, 1, COLUMNS) / 0.22) ** 2))
        radius = radius + 7.0 * middle * np.sin(np.pi * np.linspace(0.05, 1, ROWS) ** 0.8)[:, None].clip(0)
    points = np.stack([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)], axis=-1)
    sheet: Floats = points * (radius + _pleating(cut))[..., None] + np.asarray(MOUTH_MIDDLE_MM)
    return sheet


def _pattern(cut: _Cut) -> tuple[Floats, Floats]:
    """Azimuth and height (rad) of the grid's directions: the border is high on the nose and low on the cheeks."""
    across, down = np.meshgrid(np.linspace(1, -1, COLUMNS), np.linspace(0, 1, ROWS))
    # Nearly straight from the nose down to the cheeks, so that glasses find room above it.
    top = cut.top_deg - 26.0 * (np.sqrt(across**2 + 0.02) - 0.14)
    bottom = cut.chin_deg + 50.0 * across**2
    # The loops draw the sides in above and below.
    azimuth = across * (cut.half_width_deg + 6.0 * np.sin(np.pi * down))
    return np.deg2rad(azimuth), np.deg2rad(top + (bottom - top) * down)


def _stretched(floor: Floats) -> Floats:
    """Cloth over a floor of radii: each point the mean of its neighbours, but never below the floor."""
    radius = floor.copy()
    edge = np.ones_like(floor, bool)
    edge[1:-1, 1:-1] = False
    border = _eased_border(floor)
    for _ in range(160):
        wide = np.pad(radius, 1, mode="edge")
        mean = 0.3 * (wide[1:-1, :-2] + wide[1:-1, 2:]) + 0.2 * (wide[:-2, 1:-1] + wide[2:, 1:-1])
        radius = np.where(edge, border, np.maximum(floor, mean))
    wide = np.pad(radius, 1, mode="edge")
    soft = (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] + 2 * radius) / 6
    sheet: Floats = np.where(edge, radius, np.maximum(soft, radius - 0.5))
    return sheet


def _eased_border(floor: Floats) -> Floats:
    """The floor with its four sides smoothed along themselves, for a border without kinks."""
    eased: Floats = floor.copy()
    for line in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
        window = np.hanning(11)[1:-1] / np.hanning(11)[1:-1].sum()
        smooth = np.convolve(np.pad(floor[line], 4, mode="edge"), window, "valid")
        eased[line] = smooth + 0.6
    return eased


def _pleating(cut: _Cut) -> Floats:
    """Offsets (ROWS, COLUMNS) in mm: each pleat's upper edge stands out over the next."""
    down = np.linspace(0, 1, ROWS)[:, None]
    calm = np.clip(1.0 - np.abs(np.linspace(-1, 1, COLUMNS)) ** 6, 0, 1)[None, :]
    folds = np.zeros_like(down)
    for at in cut.pleats:
        folds += 1.4 * np.exp(-(((down - at + 0.03) / 0.028) ** 2)) - 0.5 * np.exp(-(((down - at - 0.02) / 0.02) ** 2))
    wire: Floats = 0.8 * np.exp(-(((down - 0.055) / 0.02) ** 2)) * (np.abs(np.linspace(-1, 1, COLUMNS))[None, :] < 0.42)
    offsets: Floats = folds * calm + wire
    return offsets


def _sheet_tone(cut: _Cut) -> Floats:
    """Creases and stitches are darker: (ROWS × COLUMNS, 2)."""
    down = np.linspace(0, 1, ROWS)[:, None] * np.ones(COLUMNS)
    crease = sum((np.exp(-(((down - at - 0.02) / 0.018) ** 2)) for at in cut.pleats), np.zeros_like(down))
    stitch = np.exp(-(((down - 0.09) / 0.012) ** 2)) + np.exp(-(((down - 0.93) / 0.012) ** 2))
    dark = np.clip(0.28 * crease + 0.12 * stitch, 0, 1)
    return np.stack([1.0 - dark, 1.0 - 0.4 * dark], axis=-1).reshape(-1, 2)


# --- hem and loops ---------------------------------------------------------------------------------------------


def _border(sheet: Floats) -> Floats:
    """The sheet's border as one closed line."""
    return np.concatenate([sheet[0, :-1], sheet[:-1, -1], sheet[-1, :0:-1], sheet[:0:-1, 0]])


def _hem(sheet: Floats) -> Geometry:
    line = _border(sheet)
    smooth = curve(line[::2], 150, closed=True)
    outward = unit(smooth - np.asarray(MOUTH_MIDDLE_MM))
    return sweep(smooth, ring(2.4 * HEM_MM, 2 * HEM_MM, count=8), up=outward, closed=True)


def _loops(form: Headform, sheet: Floats) -> list[Geometry]:
    """Elastic bands from the four corners over and under the ears."""
    bands = []
    ear = np.array(form.ear_mm)
    below = np.array([float(form.side.at(ear[2] + 24, ear[1] - 58)) - 2.0, ear[1] - 56.0, ear[2] + 2.0])
    behind = np.array([ear[0] - 9.0, ear[1] - 26.0, ear[2] - 20.0])
    for side, column in ((1.0, 2), (-1.0, COLUMNS - 3)):
        own = np.array([side, 1.0, 1.0])
        high = _along_head(form, sheet[2, column], own * (ear + np.array([0.5, -3.0, 3.0])), side)
        low = _along_head(form, sheet[-4, column], own * below, side)
        bands.append(tube(curve([*high, own * behind, *low[::-1]], 60), 1.1, sides=6))
    return bands


def _along_head(form: Headform, start: Floats, end: Floats, side: float) -> list[Floats]:
    """Knots of a straight band, lifted off the cheek but not off the ear."""
    knots = [start + (end - start) * share for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for knot in knots[1:-1]:
        before_ear = max(float(knot[2]), form.ear_mm[2] + 22.0)
        knot[0] = side * max(abs(knot[0]), float(form.side.at(before_ear, knot[1])) + 1.8)
    return knots


# --- following -------------------------------------------------------------------------------------------------


def _control(sheet: Floats) -> Floats:
    """A coarse grid of the sheet's points that are followed one by one."""
    rows = np.linspace(0, ROWS - 1, CONTROL_ROWS).round().astype(int)
    columns = np.linspace(0, COLUMNS - 1, CONTROL_COLUMNS).round().astype(int)
    control: Floats = sheet[rows][:, columns].reshape(-1, 3)
    return control


def _spread(sheet: Floats, trimmings: Floats) -> NDArray[np.float32]:
    """How the control points' shifts spread to all vertices (n, controls).

    Between control points linearly; along the bands they fade towards the ear.
    """
    across = _tents(COLUMNS, CONTROL_COLUMNS)
    down = _tents(ROWS, CONTROL_ROWS)
    of_sheet = np.einsum("ra,cb->rcab", down, across).reshape(ROWS * COLUMNS, -1)
    flat = sheet.reshape(-1, 3)
    nearest, gap = _nearest(trimmings, flat)
    ease = np.exp(-np.clip(gap - 2 * HEM_MM, 0.0, None) / BAND_FADES_MM)
    return np.concatenate([of_sheet, of_sheet[nearest] * ease[:, None]]).astype(np.float32)


def _nearest(points: Floats, others: Floats) -> tuple[NDArray[np.intp], Floats]:
    """For each point (n, 3) the nearest of the others and how far it is, some hundred at a time to spare memory."""
    found = []
    for some in np.array_split(points, max(len(points) // 200, 1)):
        distance2 = ((some[:, None] - others[None]) ** 2).sum(-1)
        found.append((distance2.argmin(axis=1), np.sqrt(distance2.min(axis=1))))
    return np.concatenate([index for index, _ in found]), np.concatenate([gap for _, gap in found])


def _tents(fine: int, coarse: int) -> Floats:
    """Linear interpolation from `coarse` to `fine` evenly spread places, as weights (fine, coarse)."""
    place = np.linspace(0, coarse - 1, fine)[:, None]
    tents: Floats = np.clip(1.0 - np.abs(place - np.arange(coarse)[None]), 0.0, 1.0)
    return tents
