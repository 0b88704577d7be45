"""What goes into a network, by name: shapes and samples, as batches.

Knows numpy and three attributes of a network's class: `inputs` (name → shape of one sample), `dynamic` (True where
several samples may go in at once) and `precise` (True where its matrix products are never rounded to 8 bits).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Feed = dict[str, NDArray[np.float32]]  # by the input's name, in the network's order; the first axis counts samples


def input_shapes(kind: Any) -> dict[str, tuple[int, ...]]:
    """Of one sample, in the order of the network's forward."""
    return dict(kind.inputs)


def dynamic(kind: Any) -> bool:
    """May several samples go in at once?"""
    return bool(getattr(kind, "dynamic", False))


def precise(kind: Any) -> bool:
    """Do its matrix products stay FP32 in the INT8 file?"""
    return bool(getattr(kind, "precise", False))


def one(kind: Any, given: Any) -> Feed:
    """A batch of one. `given` is the only input, or all of them by name or in the network's order."""
    names = list(input_shapes(kind))
    if isinstance(given, Mapping):
        arrays = [given[name] for name in names]
    elif isinstance(given, Sequence):
        arrays = list(given)
    else:
        arrays = [given]
    return {name: np.asarray(array, np.float32)[None] for name, array in zip(names, arrays, strict=True)}


def of_sample(kind: Any, sample: Sequence[Any]) -> Feed:
    """The inputs of a training task's sample, whose last part is the target."""
    *inputs, _ = sample
    return one(kind, inputs[0] if len(inputs) == 1 else inputs)


def stacked(feeds: Sequence[Feed]) -> Feed:
    """One batch of many."""
    return {name: np.concatenate([feed[name] for feed in feeds]) for name in feeds[0]}


def split(feed: Feed) -> list[Feed]:
    """Many batches of one."""
    count = len(next(iter(feed.values())))
    return [{name: array[k : k + 1] for name, array in feed.items()} for k in range(count)]
