"""One driver in one car before one camera: a moment and its light in, a picture and its truth out.

Knows how the rooms of the simulator work together. Must not know scenarios, files or processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.aperture import Apertures
from simulator.body.body import Body
from simulator.cabin.interior import Interior
from simulator.cabin.things import Things
from simulator.growth.growth import Growth
from simulator.growth.skin import skin_texture
from simulator.render.camera import Window, project, whole
from simulator.render.look import Layers, Look
from simulator.render.renderer import Renderer
from simulator.render.sensor import expose, metered
from simulator.truth import Scene, truth_of
from simulator.types import Anchors, Camera, GreyImage, Identity, Light, Moment, Part, Posed, Setting, Shot, What
from vision.angles import rotation_of

Mask = NDArray[np.bool_]
Framing = Callable[[Anchors, Camera], tuple[Camera, Window]]

METER_PX = (80, 60)  # of the small picture that stands for the metering
NECK_TO_EYES_MM = (0.0, 110.0, 85.0)  # about what the head turns: up and forward from there to the eyes
_STILL = (What.NOTHING, What.WHEEL, What.SEAT, What.BELT, What.CABIN, What.WINDOW)


class Quality(str, Enum):
    """How much work a picture is worth."""

    DRAFT = "draft"  # base mesh, one sample a pixel
    FULL = "full"  # one level of subdivision, four samples a pixel

    @property
    def detail(self) -> int:
        return int(self is Quality.FULL)

    @property
    def supersample(self) -> int:
        return 1 + self.detail


class Driver:
    """One identity and everything that is made once for it; it may sit in any car."""

    def __init__(self, identity: Identity, quality: Quality) -> None:
        self.identity = identity
        self.quality = quality
        self.body = Body(identity, detail=quality.detail)
        self.growth = Growth(self.body, identity, detail=quality.detail)
        self.texture = skin_texture(self.body, identity)
        self.relaxed = self.body.pose(Moment())
        self.apertures = Apertures(self.body.rest, self.relaxed.anchors)
        self.relaxed_mm: tuple[float, float] | None = None  # measured by the first studio
        self._things: dict[bool, Things] = {}

    def things(self, driver_side_left: bool) -> Things:
        """What this driver wears and holds in a car with the wheel on this side."""
        if driver_side_left not in self._things:
            self._things[driver_side_left] = Things(self.body, self.identity, driver_side_left=driver_side_left)
        return self._things[driver_side_left]

    def look(self, *, bright_pupil: bool) -> Look:
        who = self.identity
        return Look(self.texture, who.oiliness, who.iris_reflectance, who.pupil_mm, bright_pupil)


@dataclass(frozen=True, slots=True)
class Snap:
    """What is particular about one picture.

    Attributes:
        moment: What the driver does.
        light: All light.
        frame: Its number.
        seed: Of its noise.
        exposure: From `Studio.meter`; None meters this picture itself.
        before: What the driver did when the shutter opened; None: everything stood still.
        framing: Which part of which camera's picture to take; None: all of the setting's.
    """

    moment: Moment
    light: Light
    frame: int = 0
    seed: int = 0
    exposure: float | None = None
    before: Moment | None = None
    framing: Framing | None = None


class Studio:
    """A driver in a car.

    Args:
        driver: Who.
        setting: Car, camera and sensor.
        renderer: One of the picture's size to share; None makes one.
    """

    def __init__(self, driver: Driver, setting: Setting, renderer: Renderer | None = None) -> None:
        self.driver, self.setting, self.camera = driver, setting, setting.camera
        self._look = driver.look(bright_pupil=setting.bright_pupil)
        self._things = driver.things(setting.driver_side_left)
        self._interior = Interior(setting)
        supersample = driver.quality.supersample
        self._renderer = renderer or Renderer(self.camera.width, self.camera.height, supersample=supersample)

    @cached_property
    def relaxed_mm(self) -> tuple[float, float]:
        """Apertures of this driver with relaxed lids, seen from straight ahead."""
        if self.driver.relaxed_mm is None:
            ahead = Camera(at_mm=(0.0, 0.0, 650.0), looks_at_mm=(0.0, 0.0, 0.0))
            self.driver.relaxed_mm = self.driver.apertures.measure(self.driver.relaxed, ahead, self._renderer)
        return self.driver.relaxed_mm

    @cached_property
    def _meter(self) -> Renderer:
        return Renderer(*METER_PX, supersample=1)

    def shoot(self, snap: Snap) -> Shot:
        """One picture and what is true of it."""
        moment = snap.moment
        posed = self.driver.body.pose(moment)
        camera, window = self._framed(snap, posed.anchors)
        parts = self._parts(posed, moment, snap.light)
        layers = self._renderer.draw(parts, camera, snap.light, self._look, window=window)
        apertures = self.driver.apertures.measure(posed, camera, self._renderer)
        setting = replace(self.setting, camera=camera)
        scene = Scene(snap.frame, moment, setting, window, snap.light, posed.anchors, apertures, self.relaxed_mm)
        return Shot(self._develop(snap, scene, layers), truth_of(scene, layers))

    def _framed(self, snap: Snap, anchors: Anchors) -> tuple[Camera, Window]:
        if snap.framing is None:
            return self.camera, whole(self.camera)
        return snap.framing(anchors, self.camera)

    def _develop(self, snap: Snap, scene: Scene, layers: Layers) -> GreyImage:
        sensor, exposure = self.setting.sensor, snap.exposure
        if exposure is None:
            exposure = metered(layers.light, _face(scene.anchors, scene.camera, scene.window, layers), sensor)
        return expose(
            layers.light,
            sensor,
            exposure,
            seed=snap.seed,
            t_s=snap.moment.t_s,
            covered=snap.moment.covered,
            motion_px=_motion_px(snap, scene.camera),
            moving=_moving(layers),
        )

    def meter(self, moment: Moment, light: Light) -> float:
        """The exposure that a control loop would settle at, were it always this moment.

        Measured on a small picture of its own, without hair, so that it costs little.
        """
        posed = self.driver.body.pose(moment)
        parts = (*posed.parts, *self._things.parts(posed, moment), *self._interior.parts(moment.t_s, light))
        window = whole(self.camera)
        layers = self._meter.draw(parts, self.camera, light, self._look, window=window)
        region = _face(posed.anchors, self.camera, window, layers)
        return metered(layers.light, region, self.setting.sensor)

    def _parts(self, posed: Posed, moment: Moment, light: Light) -> tuple[Part, ...]:
        return (
            *posed.parts,
            *self.driver.growth.parts(posed, moment.wearing),
            *self._things.parts(posed, moment),
            *self._interior.parts(moment.t_s, light),
        )


def _motion_px(snap: Snap, camera: Camera) -> tuple[float, float]:
    """How far the face goes across the picture while the shutter is open."""
    if snap.before is None:
        return (0.0, 0.0)
    (x0, y0), (x1, y1) = project(np.stack([_eyes_mm(snap.before), _eyes_mm(snap.moment)]), camera)
    return float(x1 - x0), float(y1 - y0)


def _eyes_mm(moment: Moment) -> NDArray[np.float64]:
    """Roughly where the eyes' middle is, without posing the body."""
    reach = np.asarray(NECK_TO_EYES_MM)
    turned: NDArray[np.float64] = rotation_of(*moment.head_deg) @ reach - reach + np.asarray(moment.lean_mm)
    return turned


def _face(anchors: Anchors, camera: Camera, window: Window, layers: Layers) -> Mask:
    """The pixels of the picture inside the outline of the face: where the light is metered."""
    height, width = layers.light.shape
    scale = np.array([width / window.width, height / window.height])
    points = (project(anchors.landmarks_mm, camera) - (window.left, window.top)) * scale
    mask = np.zeros((height, width), np.uint8)
    if np.isfinite(points).all():
        outline = cv2.convexHull(np.clip(points, -1e4, 1e4).round().astype(np.int32))
        cv2.fillConvexPoly(mask, outline, 1)
    return mask.astype(bool)


def _moving(layers: Layers) -> Mask:
    """The pixels that show the driver."""
    step = layers.supersample
    return ~np.isin(layers.labels[::step, ::step], _STILL)
