"""The pictures that are drawn into, and how they come back. Knows OpenGL."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.render.camera import depth_from_buffer
from simulator.render.device import Device
from simulator.types import Array, GreyImage


class Canvas:
    """Light, labels and depth of one picture in the making; row 0 is its top row."""

    def __init__(self, device: Device, width: int, height: int) -> None:
        context = device.context
        self.size = (width, height)
        self._shade: Any = context.texture(self.size, 4, dtype="f4")
        self._mark: Any = context.texture(self.size, 4)
        self._depth: Any = context.depth_texture(self.size)
        self.target: Any = context.framebuffer([self._shade, self._mark], self._depth)
        # Read back into the same memory each time: new pages would cost more than the copy.
        self._shades = np.empty((height, width, 4), np.float32)
        self._marks = np.empty((height, width, 4), np.uint8)
        self._depths = np.empty((height, width), np.float32)

    def start(self) -> None:
        """Nothing drawn: no light, nothing known, 1 of it kept."""
        self.target.use()
        self.target.clear(0.0, 0.0, 0.0, 1.0, depth=1.0)

    def stored_depth(self) -> Array:
        """OpenGL's depth (h, w) of what was drawn so far; overwritten by the next read."""
        self._depth.read_into(self._depths)
        return self._depths

    def read(self) -> tuple[Array, GreyImage, Array]:
        """Shade (h, w, 4), mark (h, w, 4) and depth in mm (h, w). The first two are overwritten by the next read."""
        self._shade.read_into(self._shades)
        self._mark.read_into(self._marks)
        return self._shades, self._marks, depth_from_buffer(self.stored_depth())


class LabelCanvas:
    """Labels alone."""

    def __init__(self, device: Device, width: int, height: int) -> None:
        context = device.context
        self.size = (width, height)
        self._mark: Any = context.texture(self.size, 1)
        self.target: Any = context.framebuffer([self._mark], context.depth_renderbuffer(self.size))

    def start(self) -> None:
        self.target.use()
        self.target.clear(depth=1.0)

    def read(self) -> GreyImage:
        width, height = self.size
        labels = np.empty((height, width), np.uint8)
        self._mark.read_into(labels, alignment=1)
        return labels
