"""Stills for training: face crops out of the pictures of many cameras.

Knows how a crop is framed. Must not know the odds, files or processes.

A crop is a part of a real camera's picture at that camera's own resolution: nothing is resampled after the sensor. For
the face to fill it as wanted the camera's focal length is changed instead, as if another imager sat in its place.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.dataset import Still
from simulator.render.camera import Window, project
from simulator.render.renderer import Renderer
from simulator.studio import Driver, Quality, Snap, Studio
from simulator.types import Anchors, Camera, Identity, Shot, SimulatorError
from vision.preprocess import box_of


class Stills:
    """A renderer for crops of `size` × `size` px, and the driver who is before it now."""

    def __init__(self, size: int, quality: Quality) -> None:
        self._size, self._quality = size, quality
        self._renderer = Renderer(size, size, supersample=quality.supersample)
        self._driver: Driver | None = None

    def invite(self, identity: Identity) -> None:
        """The next stills show this driver."""
        self._driver = None  # two at a time would need twice the memory
        self._driver = Driver(identity, self._quality)

    def take(self, still: Still) -> tuple[Shot, Camera, Window]:
        """The picture, the camera it would be cut from, and where."""
        if self._driver is None:
            raise SimulatorError("nobody is before the camera: call invite first")
        studio = Studio(self._driver, still.setting, self._renderer)
        framed: list[tuple[Camera, Window]] = []

        def framing(anchors: Anchors, camera: Camera) -> tuple[Camera, Window]:
            framed.append(framing_of(still, self._size, anchors, camera))
            return framed[0]

        shot = studio.shoot(Snap(still.moment, still.light, frame=still.number, seed=still.noise_seed, framing=framing))
        return shot, *framed[0]


def framing_of(still: Still, size: int, anchors: Anchors, camera: Camera) -> tuple[Camera, Window]:
    """The camera with the focal length that makes the face as large as wanted, and the crop around the face."""
    x0, y0, x1, y1 = box_of(project(anchors.landmarks_mm, camera))
    zoom = size / (still.margin * max(x1 - x0, y1 - y0))
    zoomed = replace(
        camera,
        focal_px=camera.focal_px * zoom,
        width=round(camera.width * zoom),
        height=round(camera.height * zoom),
    )
    x0, y0, x1, y1 = box_of(project(anchors.landmarks_mm, zoomed))
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2]) + np.asarray(still.offset) * size
    left, top = np.round(middle - size / 2)
    return zoomed, Window(float(left), float(top), float(size), float(size))
