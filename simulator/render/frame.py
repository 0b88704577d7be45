"""Camera, light and look packed for the shaders: the uniform block `Frame` of `shaders/frame.glsl`, value by value.

Knows units and geometry of light. Must not know OpenGL objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.render.camera import Vectors, Window, clip_matrix
from simulator.render.look import Look
from simulator.types import Camera, Lamp, Light, SimulatorError

MAX_LAMPS, MAX_BEAMS = 4, 6
SUN_MAP, HEADLIGHTS_MAP, MAPS = 2, 3, 4  # lamps have the first two shadow maps
REFERENCE_MM = 650.0  # where a lamp's power is stated
FAINT = 0.02  # a light with less than this share of all throws no shadow that could be seen
FAR_AWAY_MM = 1e5  # light from there is parallel

# What throws and catches shadows: head, shoulders, hands at the face.
STAGE_CENTRE = np.array([0.0, -90.0, -20.0])
STAGE_RADIUS_MM = 300.0
# The car's shell, which lets the sun in through its windows only; wide enough for a wheel on either side.
SHELL_CENTRE = np.array([0.0, -100.0, -350.0])
SHELL_RADIUS_MM, SHELL_DEPTH_MM = 950.0, 2400.0


@dataclass(frozen=True, slots=True)
class Caster:
    """A light that throws shadows."""

    shadow_map: int
    clip: Vectors  # seat frame → the map's clip space
    at_mm: tuple[float, float, float]
    of_strands: bool  # too; the lamps are near the camera, where the shadow hides behind the hair that throws it
    shell_clip: Vectors | None = None  # the same for the map of the car's shell, for light from outside


@dataclass(frozen=True, slots=True)
class Beam:
    """One light as the shaders have it."""

    at_mm: tuple[float, float, float]
    aim: Vectors  # unit
    power_mm2: float  # strength × distance²
    narrow: float = 0.0  # of the lobe: its light is 1 / (1 + narrow · tan²)² of that on its axis
    stripes: float = 0.0
    shadow_map: int | None = None

    def caster(self) -> Caster | None:
        if self.shadow_map is None:
            return None
        if self.shadow_map not in (SUN_MAP, HEADLIGHTS_MAP):
            return Caster(self.shadow_map, _spot_clip(self.at_mm), self.at_mm, of_strands=False)
        clip = _beam_clip(-self.aim, STAGE_CENTRE, STAGE_RADIUS_MM, STAGE_RADIUS_MM)
        # Headlights come straight through the windscreen.
        sun = self.shadow_map == SUN_MAP
        shell = _beam_clip(-self.aim, SHELL_CENTRE, SHELL_RADIUS_MM, SHELL_DEPTH_MM) if sun else None
        return Caster(self.shadow_map, clip, self.at_mm, of_strands=True, shell_clip=shell)


def beams_of(camera: Camera, light: Light, lamps_with_shadow: int) -> tuple[Beam, ...]:
    """Everything that shines now: lamps, the brightest first, then parallel light.

    Together the lamps give the mean of their powers, so that lamps of power 1 give light of 1, however many.
    """
    if len(light.lamps) > MAX_LAMPS:
        raise SimulatorError(f"light has {len(light.lamps)} lamps: at most {MAX_LAMPS} can be drawn")
    burning = sorted((lamp for lamp in light.lamps if lamp.power > 0.0), key=lambda lamp: -lamp.power)
    aim = _unit(np.subtract(camera.looks_at_mm, camera.at_mm))
    share = 1.0 / max(len(light.lamps), 1)
    lamps = [_lamp(lamp, share, aim, i if i < lamps_with_shadow else None) for i, lamp in enumerate(burning)]
    sun = _parallel(light.sun_from, light.sun, light.stripes, SUN_MAP)
    passing = _parallel(light.headlights_from, light.headlights, 0.0, HEADLIGHTS_MAP)
    return (*lamps, *(beam for beam in (sun, passing) if beam.power_mm2 > 0.0))


def casters(beams: Sequence[Beam]) -> tuple[Caster, ...]:
    """Those that throw shadows one can see."""
    strengths = [_strength(beam) for beam in beams]
    seen = (beam.caster() for beam, strength in zip(beams, strengths, strict=True) if strength > FAINT * sum(strengths))
    return tuple(caster for caster in seen if caster is not None)


def _strength(beam: Beam) -> float:
    """At the face."""
    return beam.power_mm2 / float(np.square(beam.at_mm).sum())


def pack(
    camera: Camera, light: Light, look: Look, beams: Sequence[Beam], *, window: Window, fineness: float
) -> NDArray[np.float32]:
    """All values of the block, in its order, as one vector. `fineness`: drawn pixels per pixel of the camera."""
    sun = _unit(light.sun_from)
    across = _unit(np.cross(sun, np.cross([0.0, 0.0, 1.0], sun)) + 1e-6)
    clips, shell_clip = np.tile(np.eye(4), (MAPS, 1, 1)), np.eye(4)
    drawn, let_in = set(), set()
    for caster in casters(beams):
        clips[caster.shadow_map] = caster.clip
        drawn.add(caster.shadow_map)
        if caster.shell_clip is not None:
            shell_clip = caster.shell_clip
            let_in.add(caster.shadow_map)
    lamps = sum(beam.narrow > 0.0 for beam in beams)
    values: list[ArrayLike] = [
        clip_matrix(camera, window).T,
        [*camera.at_mm, 1.0 / (camera.focal_px * fineness)],
        _rows([[*beam.at_mm, beam.power_mm2] for beam in beams]),
        _rows([[*beam.aim, beam.narrow] for beam in beams]),
        _rows(
            [
                [beam.stripes, beam.shadow_map in drawn, beam.shadow_map or 0, beam.shadow_map in let_in]
                for beam in beams
            ]
        ),
        clips.transpose(0, 2, 1),
        shell_clip.T,
        [*across, 1.0 / max(light.stripe_mm, 1.0)],
        [light.stripe_phase, light.ambient, light.sky, 0.0],
        [look.oiliness, look.iris_reflectance, look.pupil_mm / 2, float(look.bright_pupil)],
        [len(beams), lamps, 0.0, 0.0],
    ]
    return np.concatenate([np.asarray(value, np.float32).ravel() for value in values])


def _lamp(lamp: Lamp, share: float, aim: Vectors, shadow_map: int | None) -> Beam:
    """Its lobe falls to one half at the half angle."""
    half = np.tan(np.deg2rad(np.clip(lamp.half_angle_deg, 5.0, 85.0)))
    narrow = float((np.sqrt(2.0) - 1.0) / half**2)
    return Beam(lamp.at_mm, aim, share * lamp.power * REFERENCE_MM**2, narrow, 0.0, shadow_map)


def _parallel(come_from: tuple[float, float, float], strength: float, stripes: float, shadow_map: int) -> Beam:
    towards = _unit(come_from)
    x, y, z = (towards * FAR_AWAY_MM).tolist()
    return Beam((x, y, z), -towards, strength * FAR_AWAY_MM**2, 0.0, stripes, shadow_map)


def _rows(values: Sequence[Sequence[float]]) -> Vectors:
    rows = np.zeros((MAX_BEAMS, 4))
    if values:
        rows[: len(values)] = values
    return rows


def _unit(vector: ArrayLike) -> Vectors:
    values = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(values))
    if not length > 0.0:
        raise SimulatorError(f"a direction of light is {tuple(values.tolist())}: give it a length")
    return np.asarray(values / length, np.float64)


def _axes(towards_light: Vectors) -> Vectors:
    """Rows x, y, z of a frame whose z points towards the light."""
    side = [0.0, 1.0, 0.0] if abs(towards_light[1]) < 0.9 else [1.0, 0.0, 0.0]
    x = _unit(np.cross(side, towards_light))
    return np.stack([x, np.cross(towards_light, x), towards_light])


def _beam_clip(towards: Vectors, centre: Vectors, radius_mm: float, depth_mm: float) -> Vectors:
    """Parallel light on what lies so near to a centre, across the light and along it."""
    clip = np.eye(4)
    clip[:3, :3] = _axes(towards) / np.array([[radius_mm], [radius_mm], [-depth_mm]])
    clip[:3, 3] = -clip[:3, :3] @ centre
    return clip


def _spot_clip(at_mm: tuple[float, float, float]) -> Vectors:
    """Light from a point, opened just wide enough for the stage."""
    at = np.asarray(at_mm, np.float64)
    away = max(float(np.linalg.norm(at - STAGE_CENTRE)), 1.0)
    turn = np.eye(4)
    turn[:3, :3] = _axes(_unit(at - STAGE_CENTRE + [0.0, 0.0, 1e-6]))
    turn[:3, 3] = -turn[:3, :3] @ at
    opening = np.sqrt(max(away**2 - STAGE_RADIUS_MM**2, (0.3 * away) ** 2)) / STAGE_RADIUS_MM
    near, far = max(away - STAGE_RADIUS_MM, 0.2 * away), away + STAGE_RADIUS_MM
    lens = np.diag([opening, opening, -(far + near) / (far - near), 0.0])
    lens[2, 3], lens[3, 2] = -2 * far * near / (far - near), -1.0
    return np.asarray(lens @ turn, np.float64)
