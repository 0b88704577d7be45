"""An identity's resting shape: the base mesh with its age, sex, ancestry, weight, muscle and own small details.

Knows how MakeHuman's targets combine. Must not know how a body moves.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.body.source import Source
from simulator.types import Array, Identity, SimulatorError

ANCESTRIES = ("african", "asian", "caucasian")
CHILD_YEARS, YOUNG_YEARS, OLD_YEARS = 12.0, 25.0, 90.0  # what the targets 'child', 'young' and 'old' show
TONGUE_HEIGHT = 0.6
UPPER_LIP = 474  # the vertex in the middle of the upper lip's lower edge
TEETH_SHOWN_MM, TEETH_BACK_MM = 2.5, 1.0
GROWN_YEARS = 20.0  # faces are all but adult well before 25


def shape(source: Source, identity: Identity) -> Array:
    """Resting base vertices (19158, 3) in mm, still where the data set puts them.

    Raises:
        SimulatorError: the identity names a target that does not exist.
    """
    vertices: Array = source.vertices_mm.copy()
    for name, weight in (*_macros(identity), *sorted(identity.shape.items())):
        add(source, vertices, name, weight)
    settle_mouth(source, vertices)
    return vertices


def settle_mouth(source: Source, vertices: Array) -> None:
    """Lays the tongue on the mouth's floor and lets the upper teeth look out below the lip. In place.

    The data set's tongue fills the mouth, and its upper teeth end where the lip does.
    """
    tongue, teeth = source.group_vertices("helper-tongue"), source.group_vertices("helper-upper-teeth")
    floor = vertices[tongue, 1].min()
    vertices[tongue, 1] = floor + TONGUE_HEIGHT * (vertices[tongue, 1] - floor)
    goal = vertices[UPPER_LIP, 1] - TEETH_SHOWN_MM
    vertices[teeth] += np.array([0.0, goal - vertices[teeth, 1].min(), -TEETH_BACK_MM], np.float32)


def add(source: Source, vertices: Array, name: str, weight: float) -> None:
    """Moves the vertices by a target in place."""
    target = source.targets.get(name)
    if target is None:
        raise SimulatorError(f"identity {name!r}: no such shape target; see the folders {sorted(_folders(source))}")
    if abs(weight) > 1e-4:
        vertices[target.index] += np.float32(weight) * target.delta_mm


def age_shares(years: float) -> dict[str, float]:
    """Weights of child, young and old, sum 1."""
    child = float(np.clip((GROWN_YEARS - years) / (GROWN_YEARS - CHILD_YEARS), 0.0, 1.0))
    old = float(np.clip((years - YOUNG_YEARS) / (OLD_YEARS - YOUNG_YEARS), 0.0, 1.0))
    return {"child": child, "young": 1 - child - old, "old": old}


def _macros(identity: Identity) -> Iterator[tuple[str, float]]:
    """Every macro target with its weight; the products of shares sum to 1 in each family."""
    bodies = [
        (f"{muscle}-{weight}", of_muscle * of_weight)
        for muscle, of_muscle in _three("muscle", identity.muscle).items()
        for weight, of_weight in _three("weight", identity.weight).items()
    ]
    for sex, of_sex in (("female", 1 - identity.male), ("male", identity.male)):
        for age, of_age in age_shares(identity.age_years).items():
            share = of_sex * of_age
            for ancestry, of_ancestry in zip(ANCESTRIES, identity.ancestry, strict=True):
                yield f"macrodetails/{ancestry}-{sex}-{age}", share * of_ancestry
            for body, of_body in bodies:
                yield f"macrodetails/universal-{sex}-{age}-{body}", share * of_body


def _three(word: str, value: float) -> dict[str, float]:
    """0 … 1 as shares of min, average and max."""
    return {
        f"min{word}": max(0.0, 1 - 2 * value),
        f"average{word}": 1 - abs(2 * value - 1),
        f"max{word}": max(0.0, 2 * value - 1),
    }


def _folders(source: Source) -> set[str]:
    return {name.split("/")[0] for name in source.targets}
