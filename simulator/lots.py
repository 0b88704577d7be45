"""Drawing by lot. Knows odds. Must not know what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")


def draw(rng: np.random.Generator, odds: Mapping[Choice, float]) -> Choice:
    """One of the keys, by their odds; these need not add up to 1."""
    shares = np.asarray(list(odds.values()))
    return list(odds)[int(rng.choice(len(shares), p=shares / shares.sum()))]
