"""How far the lids of each eye are open, in millimetres, measured on a fine picture of lids and eyeballs alone.

Knows parts and how to look at them closely. Must not know light, or what else stands before the eye.

The aperture is what could be seen of the eyeball between the lids, on the head's vertical through the pupil – or as
near to the pupil as leaves a quarter of the eye's width on either side: beyond that it is the corner that is measured,
not the opening. It is seen from the camera's height, so that a lid hides of the eyeball what it hides from the camera;
the camera's way round to the side is limited, because the nose is no lid. Foreshortening is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.render.camera import depth_mm, project, view_matrix
from simulator.render.renderer import Renderer
from simulator.types import Anchors, Array, Camera, Geometry, Material, Part, Posed, What

LABELS_PER_MM = 20.0
HIGH_MM, WIDE_MM = 24.0, 0.8  # of the strip that is looked at
FOCAL_PX = 20000.0  # any: only the label size counts
AWAY_MM = 650.0
MOST_ASIDE_DEG = 35.0  # how far to the side of the head the eye is looked at from
MOST_UP_DEG = 50.0
LIDS_MM = 34.0  # skin within this of the eye's centre is lid: as far up as covers the eyeball when the lids are shut
NOSE_MM = 19.0  # skin nearer to the face's middle than this much from the eye's centre is nose

_CORNERS = ((42, 45), (36, 39))  # of the 68 points: left eye, right eye
_EYES = (What.EYE_LEFT, What.EYE_RIGHT)


@dataclass(frozen=True, eq=False, slots=True)
class _Lids:
    """The skin around one eye: which vertices, and it at rest."""

    vertices: NDArray[np.intp]
    rest: Geometry

    def of(self, skin: Part) -> Part:
        moved = replace(self.rest, positions_mm=skin.geometry.positions_mm[self.vertices])
        return Part(What.SKIN, Material.SKIN, moved, pose=skin.pose)


class Apertures:
    """Measures one driver's eyes.

    Args:
        rest: The resting skin, in the head frame; posed skin has the same vertices.
        neutral: The body at rest.
    """

    def __init__(self, rest: Geometry, neutral: Anchors) -> None:
        centres = _in_head(neutral, neutral.eye_centres_mm)
        self._lids = tuple(_cut(rest, centre) for centre in centres)

    def measure(self, posed: Posed, camera: Camera, renderer: Renderer) -> tuple[float, float]:
        """Left and right aperture in mm, seen from the camera's height."""
        left, right = (self._one(posed, camera, renderer, side) for side in (0, 1))
        return left, right

    def _one(self, posed: Posed, camera: Camera, renderer: Renderer, side: int) -> float:
        skin = next(part for part in posed.parts if part.what is What.SKIN)
        ball = next(part for part in posed.parts if part.what is _EYES[side])
        near = _beside(posed.anchors, camera, side)
        middle = project(_through(posed.anchors, side), near)
        px_per_mm = FOCAL_PX / float(depth_mm(_front(posed.anchors, side), near))
        strip = renderer.label_window(
            (self._lids[side].of(skin), ball),
            near,
            (float(middle[0]), float(middle[1])),
            (WIDE_MM * px_per_mm, HIGH_MM * px_per_mm),
            LABELS_PER_MM / px_per_mm,
        )
        upright = view_matrix(near)[1, :3] @ posed.anchors.head[:3, 1]
        return _longest_run(strip == _EYES[side]) / LABELS_PER_MM / max(float(upright), 0.3)


def _cut(rest: Geometry, centre: Array) -> _Lids:
    """The part of the resting skin that is the lids of the eye at `centre`."""
    outward = np.sign(centre[0])
    near = np.linalg.norm(rest.positions_mm - centre, axis=1) < LIDS_MM
    near &= (rest.positions_mm[:, 0] - centre[0]) * outward > -NOSE_MM
    kept = near[rest.triangles].all(axis=1)
    vertices, rows = np.unique(rest.triangles[kept], return_inverse=True)
    arrays = (part[vertices] for part in (rest.positions_mm, rest.normals, rest.rest, rest.uv, rest.tone))
    positions, normals, *others = arrays
    return _Lids(vertices, Geometry(positions, normals, rows.reshape(-1, 3).astype(np.int32), *others))


def _in_head(anchors: Anchors, points_mm: Array) -> Array:
    """Points of the seat frame in the head frame."""
    turn, place = anchors.head[:3, :3], anchors.head[:3, 3]
    return np.asarray((points_mm - place) @ turn, np.float32)


def _front(anchors: Anchors, side: int) -> Array:
    """The pupil's place on the eyeball."""
    return np.asarray(anchors.eye_centres_mm[side] + anchors.eye_radius_mm * anchors.eye_axes[side], np.float32)


def _through(anchors: Anchors, side: int) -> Array:
    """The point of the head's horizontal through the eye's middle that the measured vertical passes."""
    pupil, centre = (
        _in_head(anchors, point[None])[0] for point in (_front(anchors, side), anchors.eye_centres_mm[side])
    )
    corners = _in_head(anchors, anchors.landmarks_mm[list(_CORNERS[side])])
    low, high = np.sort(corners[:, 0])
    quarter = (high - low) / 4
    point = np.array([np.clip(pupil[0], low + quarter, high - quarter), centre[1], pupil[2]])
    return np.asarray(anchors.head[:3, :3] @ point + anchors.head[:3, 3], np.float32)


def _beside(anchors: Anchors, camera: Camera, side: int) -> Camera:
    """A camera in the same direction from the head, not too far to the side, that sees the head upright."""
    eye = anchors.eye_centres_mm[side].astype(np.float64)
    x, y, z = (np.asarray(camera.at_mm) - eye) @ anchors.head[:3, :3]
    yaw = np.clip(np.arctan2(x, z), *np.radians((-MOST_ASIDE_DEG, MOST_ASIDE_DEG)))
    pitch = np.clip(np.arctan2(y, np.hypot(x, z)), *np.radians((-MOST_UP_DEG, MOST_UP_DEG)))
    towards = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    at = eye + AWAY_MM * (anchors.head[:3, :3] @ towards)
    near = Camera(at_mm=_tuple(at), looks_at_mm=_tuple(eye), focal_px=FOCAL_PX)
    across, up, _ = view_matrix(near)[:3, :3] @ anchors.head[:3, 1]
    return replace(near, roll_deg=-float(np.degrees(np.arctan2(across, up))))


def _tuple(point: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in point)
    return x, y, z


def _longest_run(seen: NDArray[np.bool_]) -> float:
    """The longest unbroken stretch down a column, in labels: the median of all columns of (rows, columns)."""
    run = np.zeros(seen.shape[1], int)
    longest = run.copy()
    for row in seen:
        run = np.where(row, run + 1, 0)
        longest = np.maximum(longest, run)
    return float(np.median(longest))
