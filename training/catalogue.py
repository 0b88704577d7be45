"""Writes models.yaml: what vision/model.py checks before it opens a network.

Knows hashes, shapes and terms. Must not know how a network came about.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort
import yaml

from vision.model import CATALOGUE

VERSIONS = {"finder": "0.1.1", "face": "0.4.0", "eyes": "0.6.0", "affect": "0.2.0"}
DESCRIPTIONS = {
    "finder": "heat map of faces over the reduced frame",
    "face": "68 points, head pose, mouth openness, presence, covers of one face patch",
    "eyes": "openness, closed, visible, gaze and its doubt, iris, glasses of one eye patch",
    "affect": "seven expressions of one face patch; loaded only where the config allows affect",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a file beside what can be read from it."""

    licence: str
    use: str  # research or production
    precision: str = "float32"  # or int8


def entry(name: str, file: Path, claim: Claim) -> dict[str, Any]:
    """What models.yaml says of a file."""
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "inputs": {node.name: {"shape": node.shape, "dtype": "float32"} for node in session.get_inputs()},
        "outputs": {node.name: node.shape for node in session.get_outputs()},
        "licence": claim.licence,
        "use": claim.use,
        "version": VERSIONS.get(name, "0.0.0"),
        "description": DESCRIPTIONS.get(name, name),
        "precision": claim.precision,
    }


def write(name: str, file: Path, claim: Claim) -> None:
    """List the file in the models.yaml of its folder; what else is listed there stays."""
    listing = file.with_name(CATALOGUE)
    entries: dict[str, Any] = yaml.safe_load(listing.read_text()) if listing.exists() else {}
    entries[name] = entry(name, file, claim)
    text = yaml.safe_dump(dict(sorted(entries.items())), sort_keys=False)
    listing.write_text("# Written by training/export.py.\n" + text)
