"""What is true of one frame, from where the body is and from what every pixel shows.

Knows geometry, labels and depths. Must not know OpenGL or JSON.

Angles are those of the camera's own axes: a head turned against the camera's optical axis has yaw and pitch 0 wherever
in the picture it is. The line of sight is not meant: a driver at the picture's edge who looks into the lens has the yaw
of that place.

What is seen of a region is asked of a fixed grid of points over it, so that the answer hardly depends on how large the
picture is. A point is seen where its pixel shows a part of the face at about the right depth; where a thing lies before
it, that thing covers it; where the face itself does (a nose before the far eye) or nothing does, it is just not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.render.camera import Window, project, view_matrix
from simulator.render.camera import depth_mm as depth_of
from simulator.render.look import Layers
from simulator.types import (
    Anchors,
    Array,
    Camera,
    EyeTruth,
    Light,
    Moment,
    Setting,
    Truth,
    What,
)
from vision.angles import angles_of
from vision.preprocess import LEFT_EYE, RIGHT_EYE, box_of

GRID = 40  # points along each side of a region's box
EYE_HEIGHT = 0.55  # of the eye region over the distance of the eye's corners
HIDES_MM = 15.0  # so far before or behind a region's own depth is something else
FRONT_MM = 12.0  # a landmark this far from what its pixel shows is not what the pixel shows
LEAST_FACING = -0.25  # cosine between skin and camera; lid margins and the outline look past the camera
NOWHERE_PX = -1e5  # where what lies behind the camera is put
BESIDE_PX = np.array([(x, y) for x in (-1.5, 0.0, 1.5) for y in (-1.5, 0.0, 1.5)], np.float32)
LEAST_COVER = 0.02  # share of a region that a thing must cover to be named
MOUTH_WIDE = 0.55  # gap of the inner lips over the distance of the outer eye corners at a wide yawn, as trained for

_FACE = (What.SKIN, What.EYE_LEFT, What.EYE_RIGHT, What.MOUTH, What.LASH, What.BROW, What.BEARD)
_EYES = (LEFT_EYE, RIGHT_EYE)
_LIPS = slice(48, 60)


@dataclass(frozen=True, slots=True)
class Region:
    """What is seen of one part of the face."""

    visible: float  # 0–1
    covered_by: tuple[str, ...]  # largest first


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """One frame's facts."""

    frame: int
    moment: Moment
    setting: Setting
    window: Window  # the part of the camera's picture that was taken; all px are counted from its corner
    light: Light
    anchors: Anchors
    aperture_mm: tuple[float, float]  # left, right (simulator.aperture)
    relaxed_mm: tuple[float, float]  # the same of this driver with relaxed lids

    @property
    def camera(self) -> Camera:
        return self.setting.camera


def truth_of(scene: Scene, layers: Layers) -> Truth:
    """Everything that is true of the frame."""
    anchors, camera, moment = scene.anchors, scene.camera, scene.moment
    points, depth_mm = _placed(scene, anchors.landmarks_mm)
    in_picture = bool(_inside(points, scene.window).any()) and bool((depth_mm > 0).all())
    face = region(layers, scene.window, np.asarray(cv2.convexHull(points)[:, 0], np.float32), None)
    mouth = region(layers, scene.window, points[_LIPS], float(depth_mm[_LIPS].mean()))
    left, right = (_eye(scene, layers, side) for side in (0, 1))
    return Truth(
        t_s=moment.t_s,
        frame=scene.frame,
        behaviour=moment.behaviour,
        face_box_px=box_of(points) if in_picture else None,
        face_visible=face.visible,
        landmarks_px=points,
        landmarks_visible=_landmarks_visible(scene, layers, points, depth_mm),
        left=left,
        right=right,
        jaw=float(moment.units.get("jawOpen", 0.0)),
        mouth_open=_mouth_open(anchors.landmarks_mm),
        mouth_visible=mouth.visible,
        mouth_covered_by=mouth.covered_by,
        head_deg=head_deg(camera, anchors),
        gaze_deg=gaze_deg(camera, anchors),
        units=moment.units,
        wearing=moment.wearing,
        light=scene.light,
        daytime=scene.setting.daytime,
        covered=moment.covered,
    )


def head_deg(camera: Camera, anchors: Anchors) -> tuple[float, float, float]:
    """Yaw, pitch and roll of the head in the camera's frame, house signs."""
    return angles_of(view_matrix(camera)[:3, :3] @ anchors.head[:3, :3])


def gaze_deg(camera: Camera, anchors: Anchors) -> tuple[float, float]:
    """Yaw and pitch of the mean gaze in the camera's frame, house signs."""
    x, y, z = view_matrix(camera)[:3, :3] @ anchors.gaze.astype(np.float64)
    return float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(np.clip(y, -1.0, 1.0))))


def _mouth_open(landmarks_mm: Array) -> float:
    """Inner lips' gap over the outer eye corners' distance in space, 1 = a wide yawn; from (68, 3) points."""
    gap = float(np.linalg.norm(landmarks_mm[62] - landmarks_mm[66]))
    across = float(np.linalg.norm(landmarks_mm[RIGHT_EYE][0] - landmarks_mm[LEFT_EYE][3]))
    return gap / across / MOUTH_WIDE


def _eye(scene: Scene, layers: Layers, side: int) -> EyeTruth:
    anchors = scene.anchors
    outline, depth_mm = _placed(scene, _eye_outline(anchors, side))
    shown = region(layers, scene.window, outline, float(depth_mm.mean()))
    iris_mm = anchors.eye_centres_mm[side] + anchors.eye_radius_mm * anchors.eye_axes[side]
    (iris,), _ = _placed(scene, iris_mm[None])
    return EyeTruth(
        aperture_mm=scene.aperture_mm[side],
        own=scene.aperture_mm[side] / max(scene.relaxed_mm[side], 1e-6),
        visible=shown.visible,
        covered_by=shown.covered_by,
        iris_px=(float(iris[0]), float(iris[1])),
    )


def _placed(scene: Scene, points_mm: Array) -> tuple[Array, Array]:
    """(n, 2) px in the picture and (n,) mm of depth."""
    corner = (scene.window.left, scene.window.top)
    points = np.nan_to_num(project(points_mm, scene.camera) - corner, nan=NOWHERE_PX)
    return points.astype(np.float32), depth_of(points_mm, scene.camera).astype(np.float32)


def _eye_outline(anchors: Anchors, side: int) -> Array:
    """(16, 3) an ellipse over the eye, corner to corner; the same whether the eye is open or closed."""
    eye = anchors.landmarks_mm[_EYES[side]]
    across = (eye[3] - eye[0]) / 2
    up = anchors.head[:3, 1] * EYE_HEIGHT * np.linalg.norm(across)
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
    return np.asarray((eye[0] + eye[3]) / 2 + np.cos(turn) * across + np.sin(turn) * up, np.float32)


def region(layers: Layers, window: Window, outline_px: Array, depth_mm: float | None) -> Region:
    """What is seen of the part of the face inside a convex outline.

    Args:
        layers: The frame.
        window: How large it is.
        outline_px: (k, 2) in the picture; what lies beyond its edge is not seen.
        depth_mm: Where the part is along the camera's axis; None asks the labels alone.
    """
    points = _grid(outline_px)
    inside = _inside(points, window)
    labels, found_mm = _looked_up(layers, points[inside])
    own = np.isin(labels, _FACE)
    if depth_mm is None:
        thing = ~own
    else:
        own &= np.abs(found_mm - depth_mm) <= HIDES_MM
        thing = ~np.isin(labels, _FACE) & (found_mm <= depth_mm + HIDES_MM)
    count = np.bincount(labels[thing], minlength=len(What)) / max(len(points), 1)
    names = [What(k).name.lower() for k in np.argsort(-count, kind="stable") if count[k] >= LEAST_COVER]
    return Region(float(own.sum()) / max(len(points), 1), tuple(names))


def _grid(outline_px: Array) -> Array:
    """(n, 2) points of an even grid over the outline's box that lie inside it."""
    low = outline_px.min(axis=0)
    step = np.maximum(np.ptp(outline_px, axis=0), 1e-3) / GRID
    mask = np.zeros((GRID, GRID), np.uint8)
    corners = np.round((outline_px - low) / step - 0.5).astype(np.int32)
    cv2.fillConvexPoly(mask, cv2.convexHull(corners), 1)
    rows, columns = np.nonzero(mask)
    return np.asarray(low + (np.stack([columns, rows], axis=1) + 0.5) * step, np.float32)


def _inside(points_px: Array, window: Window) -> NDArray[np.bool_]:
    x, y = points_px.T
    return np.asarray((x > -0.5) & (x < window.width - 0.5) & (y > -0.5) & (y < window.height - 0.5))


def _looked_up(layers: Layers, points_px: Array) -> tuple[NDArray[np.uint8], Array]:
    """Labels and depths at points of the picture, all inside it."""
    columns, rows = np.floor((points_px.T + 0.5) * layers.supersample).astype(int)
    return layers.labels[rows, columns], layers.depth_mm[rows, columns]


def _landmarks_visible(scene: Scene, layers: Layers, points: Array, depth_mm: Array) -> NDArray[np.bool_]:
    """In the picture, not turned away from the camera, and nothing before it.

    Points of the outline lie on the edge of what can be seen: the skin may turn away a little there, and a pixel
    beside the point may show the face where the point's own shows what is behind.
    """
    anchors, camera = scene.anchors, scene.camera
    towards = np.asarray(camera.at_mm) - anchors.landmarks_mm
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    visible = _inside(points, scene.window)
    visible &= np.einsum("nk,nk->n", towards, anchors.landmark_normals) > LEAST_FACING
    around = points[:, None] + BESIDE_PX  # (68, 9, 2)
    around = np.clip(around, -0.5, (scene.window.width - 0.6, scene.window.height - 0.6))
    labels, found_mm = _looked_up(layers, around.reshape(-1, 2))
    shows = np.isin(labels, _FACE) & (np.abs(found_mm - np.repeat(depth_mm, len(BESIDE_PX))) <= FRONT_MM)
    return np.asarray(visible & shows.reshape(-1, len(BESIDE_PX)).any(axis=1))
