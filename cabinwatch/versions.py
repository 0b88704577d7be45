"""What is installed, for bug reports. Knows where each version stands."""

from __future__ import annotations

import platform
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import onnxruntime

from firmware_bridge.messages import PROTOCOL_MAX, PROTOCOL_MIN
from vision.model import ModelError, catalogue

_SHORT = 12  # hex digits that tell two files apart


def lines() -> list[str]:
    """One line a part; a broken model folder is said, not raised."""
    protocol = f"{PROTOCOL_MIN}–{PROTOCOL_MAX}" if PROTOCOL_MIN != PROTOCOL_MAX else str(PROTOCOL_MAX)
    return [
        f"cabinwatch {version('cabinwatch')} (Python {platform.python_version()}, {platform.machine()})",
        *_models(),
        f"onnxruntime {onnxruntime.__version__} ({', '.join(onnxruntime.get_available_providers())})",
        f"protocol {protocol}",
    ]


def _models() -> list[str]:
    try:
        found = catalogue(Path(str(files("vision"))) / "models")
    except ModelError as error:
        return [f"models: {error}"]
    return [
        f"model {name} {entry.version} sha256 {entry.sha256[:_SHORT]} ({entry.use}; {entry.licence})"
        for name, entry in sorted(found.items())
    ]
