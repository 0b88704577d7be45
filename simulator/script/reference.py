"""The tables of docs/scenarios.md, written from the declarations themselves. Knows msgspec's description of a class.

Run as a program it writes the page anew; a test compares the page with what it would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from cabinwatch import expected
from simulator.script.ambient import Ambient
from simulator.script.behaviour import Behaviour
from simulator.script.hands import HandBehaviour
from simulator.script.library import list_scenarios
from simulator.script.places import PLACES
from simulator.script.plan import (
    CameraPlan,
    ChangePlan,
    Driver,
    LevelsPlan,
    LightPlan,
    PassingPlan,
    Plan,
    Rests,
    SensorPlan,
)
from simulator.script.posture import EXPRESSIONS
from simulator.script.table import BEHAVIOURS

DOC = Path(__file__).parents[2] / "docs" / "scenarios.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"

_SECTIONS: tuple[tuple[str, type[msgspec.Struct]], ...] = (
    ("The file", Plan),
    ("driver", Driver),
    ("camera", CameraPlan),
    ("light", LightPlan),
    ("light.changes", ChangePlan),
    ("light.oncoming", PassingPlan),
    ("sensor", SensorPlan),
    ("hands", Rests),
    ("ambient", Ambient),
)
_HEAD = ("| key | meaning | may be | unit | default | source |", "|---|---|---|---|---|---|")


def page(text: str) -> str:
    """The page `text` with fresh tables between its marks."""
    head, rest = text.split(BEGIN)
    return "\n".join((head + BEGIN, *tables(), END + rest.split(END)[1]))


def tables() -> Iterator[str]:
    """Every table, line by line."""
    yield from ("", "## Behaviours", "", "Keys of every entry:", "", *_HEAD)
    yield from _rows(Behaviour)
    for name, kind in BEHAVIOURS.items():
        yield from _behaviour(name, kind)
    yield from ("", "## Other keys")
    for title, struct in _SECTIONS:
        yield from ("", f"### {title}", "", _first_line(struct), "", *_HEAD)
        yield from _rows(struct, without=LevelsPlan if struct is ChangePlan else None)
    yield from _places()
    yield from ("", "## Expressions", "", "| face | face units at strength 1, both sides |", "|---|---|")
    for name, units in EXPRESSIONS.items():
        yield f"| `{name}` | {', '.join(f'{unit} {amount:g}' for unit, amount in units.items())} |"
    yield from ("", "## The library", "", "| name | what happens |", "|---|---|")
    for name, description in list_scenarios().items():
        yield f"| `{name}` | {description} |"


def _behaviour(name: str, kind: type[Behaviour]) -> Iterator[str]:
    needs = ", ".join((*kind.HOLDS, *_sometimes(kind)))
    yield from ("", f"### {name}", "", _first_line(kind), "", f"Needs to itself: {needs}.", "", *_HEAD)
    yield from _rows(kind, without=Behaviour)


def _sometimes(kind: type[Behaviour]) -> Iterator[str]:
    """The parts whose need hangs on a parameter."""
    if issubclass(kind, HandBehaviour):
        yield "its hand"
    elif kind.holds is not Behaviour.holds:
        keys = {"hand": "the hand named", "how": "torso for a lean", "glances": "head and gaze for glances"}
        yield from (part for key, part in keys.items() if key in kind.__struct_fields__)


def _rows(struct: type[msgspec.Struct], *, without: type[msgspec.Struct] | None = None) -> Iterator[str]:
    left_out = without.__struct_fields__ if without else ()
    description: Any = inspect.type_info(struct)
    for field in description.fields:
        if field.encode_name not in left_out:
            yield _row(field)


def _row(field: inspect.Field) -> str:
    kind = _given(field.type)
    if isinstance(kind, inspect.StructType | inspect.VarTupleType):
        return f"| `{field.encode_name}` | see below | | | | |"
    said = _said(kind)
    cells = (
        f"`{field.encode_name}`",
        said["meaning"],
        expected.describe(kind),
        said["unit"],
        _default(field),
        said["source"],
    )
    return f"| {' | '.join(cells)} |"


def _given(kind: inspect.Type) -> inspect.Type:
    """The type without the null that means left out."""
    if isinstance(kind, inspect.UnionType):
        return next(one for one in kind.types if not isinstance(one, inspect.NoneType))
    return kind


def _said(kind: inspect.Type) -> dict[str, str]:
    said = kind.extra if isinstance(kind, inspect.Metadata) else None
    if said is None:
        raise TypeError(f"{kind}: has no words for docs/scenarios.md")
    return said


def _default(field: inspect.Field) -> str:
    if field.required:
        return "must be given"
    value = getattr(field.default, "value", field.default)
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(f"{number:g}" for number in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _places() -> Iterator[str]:
    yield from ("", "## Places", "", "| place | yaw, deg | pitch, deg |", "|---|---|---|")
    for name, (yaw_deg, pitch_deg) in PLACES.items():
        yield f"| `{name}` | {yaw_deg:+g} | {pitch_deg:+g} |"


def _first_line(struct: type[Any]) -> str:
    return (struct.__doc__ or "").split("\n")[0]


if __name__ == "__main__":
    DOC.write_text(page(DOC.read_text(encoding="utf-8")), encoding="utf-8")
