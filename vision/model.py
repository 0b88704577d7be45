"""One ONNX network: found, checked, opened, run.

Knows files, hashes, shapes and execution providers. Must not know what a network measures.

`models.yaml` lies beside the ONNX files and maps each name to a ModelEntry. What it states is checked before the first
frame: a network that was swapped, cut short or exported with other shapes stops the start with the remedy.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

# From 1.29 on, importing onnxruntime writes a device id and a database into the user's cache directory, unless told
# before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

CATALOGUE = "models.yaml"
BUNDLED = Path(str(files("vision"))) / "models"
CLEAN = BUNDLED / "clean"  # trained on cleared material alone; without an affect network
_REMEDY = "install cabinwatch again, or export the network again so that models.yaml describes this file"
_ERRORS_ONLY = 3  # onnxruntime's log level

# Best first. CPU is always there and takes over what another one cannot run.
_TENSORRT = "TensorrtExecutionProvider"
_PREFERRED = (_TENSORRT, "CUDAExecutionProvider", "CPUExecutionProvider")

# All that onnxruntime raises for a file that it cannot use; they share no base class but Exception.
_ORT_REFUSALS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)

_DTYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8"}

Shape = tuple[int | str | None, ...]  # a name or None is a side that may vary
_Tensors = dict[str, tuple[Shape, str]]


class ModelError(Exception):
    """A network cannot be used. The message names the file and the remedy."""


class Tensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What goes into a network."""

    shape: Shape
    dtype: Literal["float32", "uint8"]


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What models.yaml says about one network."""

    file: str  # beside models.yaml
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    inputs: dict[str, Tensor]  # in the order of Model.run
    outputs: dict[str, Shape]  # float32, in the order of Model.run's answer
    licence: str  # of the weights, with their origin where it limits their use
    use: Literal["research", "production"]  # what that licence allows
    version: str
    description: str
    precision: Literal["float32", "int8"] = "float32"  # of the arithmetic inside; inputs and outputs stay float32

    @property
    def suits_tensorrt(self) -> bool:
        """Not an int8 file, which is made for the processor, nor one with a side that varies.

        Its engine would be built at its first picture and not when it is opened: the loop would stand for minutes.
        """
        sides = [side for tensor in self.inputs.values() for side in tensor.shape]
        return self.precision == "float32" and all(isinstance(side, int) for side in sides)


@dataclass(frozen=True, slots=True)
class Engines:
    """What TensorRT needs: it builds an engine for minutes, which cannot be spent at every start."""

    folder: Path  # exists; what lies there holds for one GPU, one TensorRT and one network
    announce: Callable[[str], None]  # hears a network's file before its engine may be built


def probability(log_odds: float) -> float:
    """0–1. Networks answer in log-odds, of any size."""
    return 1.0 / (1.0 + math.exp(-max(float(log_odds), -700.0)))


class Model:
    """An open network. Runs in the caller's thread."""

    def __init__(self, entry: ModelEntry, session: ort.InferenceSession) -> None:
        self.entry = entry
        self._session = session
        self._inputs = tuple(entry.inputs)
        self._outputs = list(entry.outputs)

    @property
    def providers(self) -> tuple[str, ...]:
        """What runs it, best first."""
        return tuple(self._session.get_providers())

    def run(self, *inputs: NDArray[Any]) -> tuple[NDArray[np.float32], ...]:
        """Outputs in the order of `entry.outputs` for inputs in the order, shapes and dtypes of `entry.inputs`."""
        feed = dict(zip(self._inputs, inputs, strict=True))
        return tuple(self._session.run(self._outputs, feed))


def load(name: str, models_dir: Path | None = None, *, engines: Engines | None = None) -> Model:
    """Open the network of that name.

    Args:
        name: Its key in models.yaml.
        models_dir: Where models.yaml and the files lie; None takes those of the package.
        engines: Runs it on TensorRT, where it suits; without them TensorRT is not used.

    Raises:
        ModelError: It is not listed, missing, differs from its hash or shapes, or is not understood by onnxruntime, or
            TensorRT is wanted and not there.
    """
    folder = _folder(models_dir)
    entry = _entry(name, catalogue(folder), folder)
    session = _open(folder / entry.file, entry, engines)
    _check_shapes(folder / entry.file, entry, session)
    return Model(entry, session)


def research_only(names: Iterable[str], models_dir: Path | None = None) -> dict[str, ModelEntry]:
    """Of the networks of these names, those whose weights only research and evaluation may use. Opens none of them.

    Raises:
        ModelError: models.yaml is missing or malformed, or does not list one of the names.
    """
    folder = _folder(models_dir)
    listed = catalogue(folder)
    wanted = {name: _entry(name, listed, folder) for name in names}
    return {name: entry for name, entry in wanted.items() if entry.use == "research"}


def catalogue(folder: Path) -> dict[str, ModelEntry]:
    """Every network that models.yaml lists.

    Raises:
        ModelError: models.yaml is missing or malformed.
    """
    return _parse(folder / CATALOGUE, _read(folder / CATALOGUE))


def _parse(file: Path, text: bytes) -> dict[str, ModelEntry]:
    try:
        return msgspec.yaml.decode(text, type=dict[str, ModelEntry])
    except msgspec.DecodeError as error:
        raise ModelError(f"{file}: {error}; {_REMEDY}") from error


def _folder(models_dir: Path | None) -> Path:
    return models_dir if models_dir is not None else BUNDLED


def _entry(name: str, listed: dict[str, ModelEntry], folder: Path) -> ModelEntry:
    if name not in listed:
        raise ModelError(f"{folder / CATALOGUE}: no network is called {name!r}; it lists {', '.join(sorted(listed))}")
    return listed[name]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file}: {error.strerror or error}; {_REMEDY}") from error


def _open(file: Path, entry: ModelEntry, engines: Engines | None) -> ort.InferenceSession:
    data = _read(file)  # opened from these very bytes: what was checked is what runs
    found = hashlib.sha256(data).hexdigest()
    if found != entry.sha256:
        raise ModelError(f"{file}: expected sha256 {entry.sha256}, found {found}; {_REMEDY}")
    if not entry.suits_tensorrt:
        engines = None
    names, options = _providers(ort.get_available_providers(), entry, engines)
    if engines:
        engines.announce(entry.file)
    try:
        session = ort.InferenceSession(data, _session_options(), names, options)
    except _ORT_REFUSALS as error:
        raise ModelError(f"{file}: onnxruntime {ort.__version__} cannot open it: {error}; {_REMEDY}") from error
    if engines and _TENSORRT not in session.get_providers():  # it falls back without an error
        raise ModelError(f"{file}: onnxruntime {ort.__version__} has no TensorRT that works; leave engine_cache out")
    return session


def _session_options() -> ort.SessionOptions:
    """One thread that sleeps when idle: spinning costs seven times the CPU for a third of a millisecond."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # 1–2 MB less and no slower with networks this small
    options.log_severity_level = _ERRORS_ONLY
    return options


def _providers(
    available: list[str], entry: ModelEntry, engines: Engines | None
) -> tuple[list[str], list[dict[str, str]]]:
    """Which to use, and their options. An int8 file is made for the processor's own 8-bit instructions."""
    usable = [name for name in _PREFERRED if name in available]
    if entry.precision == "int8":
        usable = ["CPUExecutionProvider"]
    elif engines is None:
        usable = [name for name in usable if name != _TENSORRT]
    return usable, [_tensorrt_options(engines.folder) if engines and name == _TENSORRT else {} for name in usable]


def _tensorrt_options(folder: Path) -> dict[str, str]:
    return {
        "trt_engine_cache_enable": "True",
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": "True",
        "trt_timing_cache_path": str(folder),
    }


def _check_shapes(file: Path, entry: ModelEntry, session: ort.InferenceSession) -> None:
    taken = {node.name: (tuple(node.shape), _DTYPES.get(node.type, node.type)) for node in session.get_inputs()}
    given = {node.name: (tuple(node.shape), _DTYPES.get(node.type, node.type)) for node in session.get_outputs()}
    listed_in: _Tensors = {name: (tensor.shape, tensor.dtype) for name, tensor in entry.inputs.items()}
    listed_out: _Tensors = {name: (shape, "float32") for name, shape in entry.outputs.items()}
    for what, found, expected in (("inputs", taken, listed_in), ("outputs", given, listed_out)):
        if found != expected:
            raise ModelError(f"{file}: expected {what} {_text(expected)}, found {_text(found)}; {_REMEDY}")


def _text(tensors: _Tensors) -> str:
    return ", ".join(f"{name} {dtype} {list(shape)}" for name, (shape, dtype) in tensors.items())
