"""Shadow maps: what each light that throws shadows sees. Knows OpenGL; must not know materials or the camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.render.camera import Vectors
from simulator.render.device import TEXTURE_UNITS, Device
from simulator.render.frame import Caster
from simulator.types import Material, Part, What

NO_SHADOW = (Material.LENS, Material.SKY)
SHELL_SIZE = 1024  # of the shell's map, px each way: 2 mm each


class Shadows:
    """An atlas of two by two depth maps of `size` pixels each way, and a map of the car's shell.

    What is CABIN throws its shadow only where light comes from outside: it has a map of its own, far wider.
    """

    def __init__(self, device: Device, size: int) -> None:
        self._device = device
        self._size = size
        self._atlas, self._target = _depth_map(device, 2 * size)
        self._shell, self._shell_target = _depth_map(device, SHELL_SIZE)
        self._shell_target.clear(depth=1.0)

    def cast(self, parts: Sequence[Part], casters: Sequence[Caster]) -> None:
        """Draws the maps of these lights and binds them for the shaders."""
        throwing = [part for part in parts if part.shadow and part.material not in NO_SHADOW]
        shell = [part for part in throwing if part.what is What.CABIN]
        others = [part for part in throwing if part.what is not What.CABIN]
        self._device.context.enable_only(self._device.context.DEPTH_TEST)
        for caster in casters:
            self._cast(others, caster)
            if caster.shell_clip is not None:
                self._cast_shell(shell, caster.shell_clip)
        self._atlas.use(TEXTURE_UNITS["shadow_atlas"])
        self._shell.use(TEXTURE_UNITS["shell"])

    def _cast(self, parts: Sequence[Part], caster: Caster) -> None:
        corner = ((caster.shadow_map & 1) * self._size, (caster.shadow_map >> 1) * self._size)
        self._target.use()
        self._device.context.viewport = (*corner, self._size, self._size)
        self._target.clear(depth=1.0, viewport=self._device.context.viewport)
        for part in parts:
            if part.material is not Material.STRAND:
                self._throw("shadow", part, caster.clip)
            elif caster.of_strands:
                self._device.tell("shadow_strand", light_at=caster.at_mm)
                self._throw("shadow_strand", part, caster.clip)

    def _cast_shell(self, parts: Sequence[Part], clip: Vectors) -> None:
        self._shell_target.use()
        self._shell_target.clear(depth=1.0)
        for part in parts:
            self._throw("shadow", part, clip)

    def _throw(self, name: str, part: Part, clip: Vectors) -> None:
        self._device.tell(name, model=part.pose, light_clip=clip)
        self._device.mesh(part.geometry, name).render()


def _depth_map(device: Device, size: int) -> tuple[Any, Any]:
    """A square depth texture to compare with, and the target that draws into it."""
    texture: Any = device.context.depth_texture((size, size))
    texture.compare_func = "<="
    texture.repeat_x = texture.repeat_y = False
    return texture, device.context.framebuffer(depth_attachment=texture)
