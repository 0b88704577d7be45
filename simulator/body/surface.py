"""The resting skin as a map: where each vertex lies on the base mesh, and which painted region it belongs to.

The base mesh is the same on everyone, so a place told there lies rightly on everybody. Must not know poses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.body import source
from simulator.body.mesh import Mesh
from simulator.types import Array


@dataclass(frozen=True, eq=False, slots=True)
class Surface:
    """The skin part's n vertices."""

    base_mm: Array  # (n, 3) in the base mesh's own frame
    regions: Mapping[str, Array]  # (n,) 0–1 by name of source.REGIONS


def surface(mesh: Mesh) -> Surface:
    """The map of a mesh's first part, its skin."""
    human, piece = source.load(), mesh.slices[0]
    rows = mesh.rows[piece.first : piece.last]
    regions = {name: mesh.surface(values[mesh.kept][:, None])[rows, 0] for name, values in human.regions.items()}
    return Surface(mesh.surface(human.vertices_mm[mesh.kept])[rows], regions)
