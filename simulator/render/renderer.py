"""Draws parts in a light as a camera sees them: linear light, labels and depth.

Knows parts, camera, light. Must not know scenarios, truth or what the sensor makes of the light.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.render.camera import Vectors, Window, clip_matrix, whole
from simulator.render.canvas import Canvas, LabelCanvas
from simulator.render.develop import develop
from simulator.render.device import SUNNY, device
from simulator.render.eyes import eye_frame
from simulator.render.frame import beams_of, casters, pack
from simulator.render.look import Layers, Look
from simulator.render.shadows import Shadows
from simulator.render.strands import far_cells, worth_drawing
from simulator.types import Camera, GreyImage, Light, Material, Part, SimulatorError, What

PROGRAM = {
    Material.SKIN: "skin",
    Material.EYE: "eye",
    Material.WET: "wet",
    Material.STRAND: "strand",
    Material.SOLID: "solid",
    Material.FABRIC: "fabric",
    Material.LENS: "lens",
    Material.SKY: "sky",
}
BLENDED = (Material.STRAND, Material.LENS)
SHADOW_SIZE = {1: 512}  # by supersampling; else:
FINE_SHADOW_SIZE = 1024
LAMPS_WITH_SHADOW = 2
SHADELESS = (What.CABIN, What.WHEEL, What.WINDOW)  # too far from face and hands to catch a shadow worth its time
MAX_SIDE_PX = 8192


class Renderer:
    """Pictures of one size.

    Args:
        width: Of the picture, px.
        height: Of the picture, px.
        supersample: Drawn pixels per pixel each way: 1 draft, 2 full quality.

    Raises:
        SimulatorError: A size is out of range, or there is no OpenGL.
    """

    def __init__(self, width: int, height: int, *, supersample: int = 1) -> None:
        if not 0 < max(width, height) * supersample <= MAX_SIDE_PX or min(width, height, supersample) < 1:
            raise SimulatorError(f"picture of {width} × {height} px, {supersample}-fold: keep it in 1 … {MAX_SIDE_PX}")
        self._size = (width, height)
        self._supersample = supersample
        self._device = device()
        self._canvas = Canvas(self._device, width * supersample, height * supersample)
        self._shadows = Shadows(self._device, SHADOW_SIZE.get(supersample, FINE_SHADOW_SIZE))
        self._label_canvas: LabelCanvas | None = None
        self._sunny = False  # light comes in through the windows

    def draw(
        self, parts: Sequence[Part], camera: Camera, light: Light, look: Look, *, window: Window | None = None
    ) -> Layers:
        """One picture.

        Args:
            parts: What is there, in the seat frame. The arrays of a geometry must not be changed once it was drawn.
            camera: Its whole picture, or `window` of it, fills this renderer's picture.
            light: At most four lamps, which together give the mean of their powers; the two strongest, the sun and
                the headlights throw shadows. What is CABIN throws its own only where the sun would fall.
            look: The driver's skin and eyes.
            window: The part of the camera's picture to draw.
        """
        part = window or whole(camera)
        fineness = self._size[0] * self._supersample / part.width
        self._device.tidy()
        beams = beams_of(camera, light, LAMPS_WITH_SHADOW)
        self._device.tell_frame(pack(camera, light, look, beams, window=part, fineness=fineness))
        throwing = casters(beams)
        self._sunny = any(caster.shell_clip is not None for caster in throwing)
        self._shadows.cast(parts, throwing)
        self._device.show_skin(look.skin_texture)
        self._canvas.start()
        self._draw_solid(parts, camera)
        self._draw_blended(parts, camera, part)
        return self._layers(camera, fineness)

    def label_window(
        self,
        parts: Iterable[Part],
        camera: Camera,
        centre_px: tuple[float, float],
        size_px: tuple[float, float],
        resolution: float,
    ) -> GreyImage:
        """The nearest What of these parts alone in a small window, without light; lenses are left out.

        Args:
            parts: What to look at; others do not cover it.
            camera: Whose picture.
            centre_px: The window's middle in the camera's picture.
            size_px: Its width and height in the camera's pixels.
            resolution: Labels per pixel.

        Returns:
            (height × resolution, width × resolution), rounded; element [r, c] lies at
            centre + ((c, r) + ½) ÷ resolution − size ÷ 2.
        """
        columns, rows = (max(round(side * resolution), 1) for side in size_px)
        window = Window(
            centre_px[0] - columns / resolution / 2 + 0.5,
            centre_px[1] - rows / resolution / 2 + 0.5,
            columns / resolution,
            rows / resolution,
        )
        self._device.tidy()
        self._device.tell_frame(pack(camera, Light(), Look(), (), window=window, fineness=resolution))
        canvas = self._labels(columns, rows)
        canvas.start()
        self._device.context.enable_only(self._device.context.DEPTH_TEST)
        for part in parts:
            if part.material is not Material.LENS:
                self._draw_label(part)
        return canvas.read()

    def _labels(self, width: int, height: int) -> LabelCanvas:
        if self._label_canvas is None or self._label_canvas.size != (width, height):
            self._label_canvas = LabelCanvas(self._device, width, height)
        return self._label_canvas

    def _draw_label(self, part: Part) -> None:
        name = "label_strand" if part.material is Material.STRAND else "label"
        self._device.tell(name, model=part.pose, what=part.what / 255.0)
        self._device.mesh(part.geometry, name).render()

    def _draw_solid(self, parts: Sequence[Part], camera: Camera) -> None:
        """Nearest first: what is hidden is then not shaded."""
        context = self._device.context
        context.enable_only(context.DEPTH_TEST)
        solid = [part for part in parts if part.material not in BLENDED]
        for part in sorted(solid, key=lambda part: _distance(part, camera)):
            self._draw_part(part)

    def _draw_blended(self, parts: Sequence[Part], camera: Camera, window: Window) -> None:
        """Strands, then lenses, over what is solid."""
        context = self._device.context
        context.enable_only(context.DEPTH_TEST | context.BLEND)
        # Colour: added to the share that is kept. Alpha: the share that is kept.
        blend: Any = (context.ONE, context.ONE_MINUS_SRC_ALPHA, context.ZERO, context.ONE_MINUS_SRC_ALPHA)
        context.blend_func = blend  # the library's stubs know pairs only
        self._canvas.target.depth_mask = False
        self._draw_strands([part for part in parts if part.material is Material.STRAND], clip_matrix(camera, window))
        lenses = [part for part in parts if part.material is Material.LENS]
        for part in sorted(lenses, key=lambda part: -_distance(part, camera)):
            self._draw_part(part)
        self._canvas.target.depth_mask = True

    def _draw_strands(self, strands: Sequence[Part], clip: Vectors) -> None:
        if not strands:
            return
        cells = far_cells(self._canvas.stored_depth())
        for part in strands:
            triangles = worth_drawing(part, clip, cells, self._canvas.size)
            if len(triangles):
                self._draw_part(part, triangles)

    def _draw_part(self, part: Part, triangles: NDArray[np.int32] | None = None) -> None:
        name = PROGRAM[part.material]
        name += "_far" if part.what in SHADELESS and part.material in (Material.SOLID, Material.FABRIC) else ""
        name += SUNNY if self._sunny and part.material is not Material.SKY else ""
        surface = (part.reflectance, part.gloss, part.roughness, part.what / 255.0)
        self._device.tell(name, model=part.pose, surface=surface)
        if part.material is Material.EYE:
            frame, radius = eye_frame(part)
            self._device.tell(name, eye_frame=frame, eye_mm=radius)
        self._device.mesh(part.geometry, name, triangles).render()

    def _layers(self, camera: Camera, fineness: float) -> Layers:
        shade, mark, depth = self._canvas.read()
        away = float(np.linalg.norm(np.subtract(camera.at_mm, camera.looks_at_mm)))
        light = develop(shade, mark, camera.focal_px * fineness / away, self._supersample)
        labels = np.ascontiguousarray(mark[..., 0])
        return Layers(light, labels, depth, self._supersample)


def _distance(part: Part, camera: Camera) -> float:
    """Of the part's middle, roughly, mm."""
    few = part.geometry.positions_mm[:: max(len(part.geometry.positions_mm) // 64, 1)]
    middle = few.mean(axis=0, dtype=np.float64)
    if part.pose is not None:
        middle = part.pose[:3, :3] @ middle + part.pose[:3, 3]
    return float(np.linalg.norm(middle - np.asarray(camera.at_mm)))
