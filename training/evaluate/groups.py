"""The group report: closed-eye recall at the product's threshold by age, sex, ancestry, glasses, light and camera.

Knows who is on a still of the simulator and into which groups that person and picture fall. Must not know networks.
The worst group comes first. Who is on a still is drawn anew from the recipe (`simulator.dataset.identity_of`), since
the lines do not carry it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluate.job import table
from training.metrics import Result, bootstrap, rate, unmeasured

Json = dict[str, Any]
Groups = dict[str, str]  # kind → value
HELD_TO = ("age", "sex", "ancestry", "glasses", "light")  # the others are shown, and not asked to be alike
LEAST_EYES, LEAST_PERSONS = 30, 5  # a smaller group has a line, but is not called the worst
AGES = ((30, "16–29"), (45, "30–44"), (60, "45–59"), (200, "60–80"))
ANCESTRIES = ("African", "Asian", "Caucasian")  # in the order of Identity.ancestry; the largest share counts


@dataclass(frozen=True)
class GroupReport:
    """The worst gap as figures, every group as a table."""

    figures: dict[str, Result]
    table: dict[str, Any]


class People:
    """Who is on each still of one data set."""

    def __init__(self, recipe: Json) -> None:
        # The simulator is an optional part; only this task needs it.
        from simulator.dataset import PER_IDENTITY, Recipe, identity_of  # noqa: PLC0415
        from simulator.studio import Quality  # noqa: PLC0415

        made = Recipe(recipe["seed"], recipe["size"], Quality(recipe["quality"]))
        self._per_identity = PER_IDENTITY
        self._identity = lru_cache(maxsize=1)(lambda person: identity_of(made, person * PER_IDENTITY))

    def of(self, number: int, truth: Json) -> tuple[str, Groups]:
        """Name and groups of the person on still `number`."""
        person = number // self._per_identity
        identity = self._identity(person)
        return str(person), {
            "age": next(name for below, name in AGES if identity.age_years < below),
            "sex": "male" if identity.male >= 0.5 else "female",
            "ancestry": ANCESTRIES[int(np.argmax(identity.ancestry))],
            "glasses": truth["wearing"]["glasses"],
            "light": truth["daytime"],
            "camera": truth["camera"]["place"],
        }


def groups_of(folder: Path) -> People:
    """Of a data set of the simulator."""
    about = folder / "about.json"
    try:
        recipe = json.loads(about.read_text())["recipe"]
    except (OSError, KeyError, json.JSONDecodeError) as error:
        raise SystemExit(f"{about}: {error}; it must say by which recipe the stills were made") from error
    return People(recipe)


def group_report(hits: np.ndarray, judged: np.ndarray, persons: list[str], groups: list[Groups]) -> GroupReport:
    """Recall by group.

    Args:
        hits: (n,) 1 where a closed, truly visible eye was said to be closed; unseen and missed count as 0.
        judged: (n,) where anything was said of it.
        persons: Of each eye.
        groups: Of each eye.
    """
    rows = []
    for kind in sorted({kind for some in groups for kind in some}):
        values = np.array([some[kind] for some in groups])
        for value in np.unique(values):
            keep = values == value
            who = [name for name, one in zip(persons, keep, strict=True) if one]
            recall = rate(hits[keep], who)
            seen = rate(hits[keep & judged], [name for name, one in zip(persons, keep & judged, strict=True) if one])
            rows.append((recall["value"], kind, str(value), recall, seen, keep))
    rows.sort(key=lambda row: row[0])
    cells = [
        (kind, value, recall["value"], recall["low"], recall["high"], recall["n"], recall["persons"], seen["value"])
        for _, kind, value, recall, seen, _ in rows
    ]
    columns = ("group", "value", "closed-eye recall", "low", "high", "eyes", "persons", "of the judged")
    return GroupReport(_worst(hits, persons, rows), table(columns, cells))


def _worst(hits: np.ndarray, persons: list[str], rows: list[tuple[Any, ...]]) -> dict[str, Result]:
    """Recall of all less that of the worst group that is large enough; which one it is stands beside it."""
    held = [row for row in rows if row[1] in HELD_TO]
    large = [row for row in held if row[3]["n"] >= LEAST_EYES and row[3]["persons"] >= LEAST_PERSONS]
    if not large:
        return {"worst_group_gap": unmeasured()}
    _, kind, value, recall, _, keep = large[0]

    def gap(k: np.ndarray) -> float:
        inside = hits[k][keep[k]]
        return float(hits[k].mean() - inside.mean()) if len(inside) else float("nan")

    return {"worst_group_gap": {**bootstrap(persons, gap), "n": recall["n"], "group": f"{kind} {value}"}}
