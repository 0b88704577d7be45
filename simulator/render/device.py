"""The graphics context of this process, its shader programs and what lies in its memory.

Knows OpenGL. Must not know cameras or drivers. One thread of a process draws; a forked process opens its own context.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.render.noise import smooth_noise
from simulator.types import Array, Geometry, SimulatorError

if TYPE_CHECKING:
    import moderngl

MISSING = "install the Debian packages libegl1 libegl-mesa0 libgl1-mesa-dri and `pip install -e '.[sim]'`"
NO_SCREEN: Any = {"backend": "egl"}  # the library's stubs type its settings wrongly
GLSL = "#version 330 core\n"

MESH = ("frame", "mesh.vert")


def _lit(windows: str) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The programs that light falls on."""
    near = ("frame", windows, "light", "shadow", "surface")
    far = ("frame", windows, "light", "no_shadow", "surface")
    return {
        "skin": (MESH, (*near, "skin.frag")),
        "eye": (MESH, (*near, "eye.frag")),
        "wet": (MESH, (*near, "wet.frag")),
        "solid": (MESH, (*near, "solid.frag")),
        "solid_far": (MESH, (*far, "solid.frag")),
        "fabric": (MESH, (*near, "fabric.frag")),
        "fabric_far": (MESH, (*far, "fabric.frag")),
        "lens": (MESH, ("frame", windows, "light", "no_shadow", "veil", "lens.frag")),
        "strand": (("frame", windows, "light", "shadow", "ribbon", "strand.vert"), ("veil", "strand.frag")),
    }


SUNNY = "_sunny"  # ends the names of the same programs for light that comes through windows
# Program → the files its two shaders are made of.
SOURCES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        **_lit("no_windows"),
        **{name + SUNNY: files for name, files in _lit("windows").items()},
        "sky": (MESH, ("frame", "surface", "sky.frag")),
        "shadow": (("shadow_mesh.vert",), ("shadow.frag",)),
        "shadow_strand": (("shadow_strand.vert",), ("shadow.frag",)),
        "label": (("frame", "label_mesh.vert"), ("label.frag",)),
        "label_strand": (("frame", "ribbon", "label_strand.vert"), ("label.frag",)),
    }
)
EVERY_OTHER = ("shadow_strand",)  # programs that draw every other triangle only
TEXTURE_UNITS: Mapping[str, int] = MappingProxyType({"noise": 0, "skin": 1, "shadow_atlas": 2, "shell": 3})
ATTRIBUTES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {  # name in the shader → field of Geometry, layout
        "position": ("positions_mm", "3f"),
        "facing": ("normals", "3f"),
        "resting": ("rest", "3f"),
        "texel": ("uv", "2f"),
        "toned": ("tone", "2f"),
    }
)


def device() -> Device:
    """This process's device. Raises SimulatorError where no picture can be drawn."""
    return _device_of(os.getpid())


@lru_cache(maxsize=1)
def _device_of(process: int) -> Device:  # noqa: ARG001  # the key: a fork must not use its parent's context
    return Device()


def _open_context() -> moderngl.Context:
    try:
        import moderngl  # noqa: PLC0415  # an optional dependency
    except ImportError as error:
        raise SimulatorError(f"no drawing without moderngl ({error}): {MISSING}") from error
    try:
        context = moderngl.create_context(require=330, standalone=True, **NO_SCREEN)
    except Exception as error:  # the library raises no class of its own
        reason = " ".join(str(error).split())
        raise SimulatorError(f"no OpenGL 3.3 through EGL ({reason}): {MISSING}") from error
    # What Python drops is freed by `Device.tidy`, in the thread that draws.
    context.gc_mode = "context_gc"
    return context


class Device:
    """Programs, buffers and textures of one context. What was uploaded is kept as long as the array it came from."""

    def __init__(self) -> None:
        self.context = _open_context()
        self._programs: dict[str, Any] = {}
        self._buffers: dict[tuple[int, int], tuple[weakref.ref[Any], moderngl.Buffer]] = {}
        self._textures: dict[int, tuple[weakref.ref[Any], moderngl.Texture]] = {}
        self._meshes: weakref.WeakKeyDictionary[Geometry, dict[str, moderngl.VertexArray]]
        self._meshes = weakref.WeakKeyDictionary()
        self._frame: moderngl.Buffer | None = None
        self._plain_skin: Array = np.array([[[1.0, 0.6, 0.0, 0.0]]], np.float32)
        noise = smooth_noise()
        self._noise = self._texture_of(noise)
        self._noise.repeat_x = self._noise.repeat_y = True
        self._noise.use(TEXTURE_UNITS["noise"])

    def tidy(self) -> int:
        """Frees what no living array or object needs any more; returns how many things."""
        return int(self.context.gc())

    def tell(self, name: str, **uniforms: Any) -> None:
        """Sets uniforms of a program: numbers, tuples, or a (4, 4) matrix; None is the identity."""
        program = self.program(name)
        for key, value in uniforms.items():
            if value is None or isinstance(value, np.ndarray):
                columns = np.eye(4) if value is None else value.T
                program[key].write(np.ascontiguousarray(columns, np.float32))
            else:
                program[key].value = value

    def program(self, name: str) -> Any:
        if name not in self._programs:
            vertex, fragment = SOURCES[name]
            program: Any = self.context.program(vertex_shader=_source(vertex), fragment_shader=_source(fragment))
            for sampler, unit in TEXTURE_UNITS.items():
                if sampler in program:
                    program[sampler].value = unit
            if "Frame" in program:
                program["Frame"].binding = 0
            self._programs[name] = program
        return self._programs[name]

    def tell_frame(self, values: NDArray[np.float32]) -> None:
        """Hands camera, light and look to all programs."""
        if self._frame is None:
            self._frame = self.context.buffer(reserve=values.nbytes, dynamic=True)
        self._frame.write(values)
        self._frame.bind_to_uniform_block(0)

    def show_skin(self, texture: Array | None) -> None:
        """Makes this the skin's texture; None: even skin."""
        texture = self._plain_skin if texture is None else texture
        kept = self._textures.get(id(texture))
        if kept is None or kept[0]() is not texture:
            kept = (weakref.ref(texture, _forgetter(self._textures, id(texture))), self._texture_of(texture))
            self._textures[id(texture)] = kept
        kept[1].use(TEXTURE_UNITS["skin"])

    def mesh(self, geometry: Geometry, name: str, triangles: NDArray[np.int32] | None = None) -> moderngl.VertexArray:
        """The geometry ready for a program; with `triangles` in that order, once, instead of its own."""
        if triangles is not None:
            return self._assemble(geometry, name, self.context.buffer(np.ascontiguousarray(triangles, np.int32)))
        ready = self._meshes.setdefault(geometry, {})
        if name not in ready:
            step = 2 if name in EVERY_OTHER else 1
            ready[name] = self._assemble(geometry, name, self._buffer(geometry.triangles, np.int32, step))
        return ready[name]

    def _assemble(self, geometry: Geometry, name: str, indices: moderngl.Buffer) -> moderngl.VertexArray:
        program = self.program(name)
        content = [
            (self._buffer(getattr(geometry, field), np.float32), layout, attribute)
            for attribute, (field, layout) in ATTRIBUTES.items()
            if attribute in program
        ]
        return self.context.vertex_array(program, content, indices, index_element_size=4)

    def _buffer(self, array: NDArray[Any], dtype: type, step: int = 1) -> moderngl.Buffer:
        """Every `step`-th row of an array, uploaded once."""
        key = (id(array), step)
        kept = self._buffers.get(key)
        if kept is None or kept[0]() is not array:
            buffer = self.context.buffer(np.ascontiguousarray(array[::step], dtype))
            kept = (weakref.ref(array, _forgetter(self._buffers, key)), buffer)
            self._buffers[key] = kept
        return kept[1]

    def _texture_of(self, values: Array) -> moderngl.Texture:
        height, width, channels = values.shape
        halves = np.ascontiguousarray(values, np.float16)
        texture = self.context.texture((width, height), channels, halves, dtype="f2")
        texture.build_mipmaps()
        texture.repeat_x = texture.repeat_y = False
        return texture


def _forgetter(store: dict[Any, Any], key: Any) -> Any:
    """Drops an upload when its array dies; the number may by then belong to a new array."""

    def forget(reference: object) -> None:
        if key in store and store[key][0] is reference:
            del store[key]

    return forget


def _source(files: tuple[str, ...]) -> str:
    folder = resources.files("simulator.render") / "shaders"
    names = (name if "." in name else f"{name}.glsl" for name in files)
    return GLSL + "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
