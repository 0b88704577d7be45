"""Scenario files: reading one, naming those of the library, and one clear line for whatever is wrong in one.

Knows paths, keys and how to say what is not allowed. Must not know what a behaviour does.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cabinwatch import expected
from cabinwatch.document import DocumentError, Mapping, mapping, text_of
from simulator.script.behaviour import Behaviour
from simulator.script.plan import ChangePlan, PassingPlan, Plan
from simulator.script.scenario import Entry, Scenario
from simulator.script.table import BEHAVIOURS
from simulator.types import SimulatorError

SUFFIX = ".yaml"
SUCH_AS = "duration_s:"
Kind = TypeVar("Kind", bound=msgspec.Struct)


def load(which: str | Path, *, seed: int | None = None) -> Scenario:
    """The scenario of that name in the library, or in that file.

    Args:
        which: A name that `list_scenarios` shows; a path ends in .yaml.
        seed: Instead of the file's own: other blinks, words and glances, and another driver where none is named.

    Raises:
        SimulatorError: There is no such scenario, or something in it is not allowed. One line.
    """
    file = Path(which) if str(which).endswith(SUFFIX) else _of_library(str(which))
    try:
        return read(text_of(file), name=file.name.removesuffix(SUFFIX), seed=seed)
    except (DocumentError, SimulatorError) as error:
        raise SimulatorError(f"{which}: {error}") from error


def list_scenarios() -> dict[str, str]:
    """Name → one line on what happens, of every scenario in the library."""
    files = sorted((file for file in _folder().iterdir() if file.name.endswith(SUFFIX)), key=lambda file: file.name)
    names = (file.name.removesuffix(SUFFIX) for file in files)
    return {name: load(name).plan.description for name in names}


def read(text: str, *, name: str, seed: int | None = None) -> Scenario:
    """The scenario that a YAML text describes; `name` is used where it gives none.

    Raises:
        SimulatorError: Something in it is not allowed. One line.
    """
    try:
        return _read(text, name, seed)
    except (DocumentError, SimulatorError) as error:
        raise SimulatorError(" ".join(str(error).split())) from error  # a key may hold line breaks


def _read(text: str, name: str, seed: int | None) -> Scenario:
    document = mapping(text, such_as=SUCH_AS)
    if document is None:
        raise SimulatorError(f"is empty; it must hold keys such as '{SUCH_AS}'")
    timeline = tuple(_entries(_list_at(document, "timeline")))
    light = document.get("light", {})
    lists: dict[str, tuple[msgspec.Struct, ...]] = {}
    if isinstance(light, dict):
        lists = {key: _all(_list_at(light, key), kind, f"light.{key}") for key, kind in _LIGHTS.items()}
    plan = _converted(document, Plan, "")
    _refuse_late(lists.get("changes", ()), plan.duration_s)
    plan = msgspec.structs.replace(plan, name=plan.name or name, light=msgspec.structs.replace(plan.light, **lists))
    return Scenario(plan, timeline, seed=seed, text=text)


_LIGHTS: dict[str, type[msgspec.Struct]] = {"changes": ChangePlan, "oncoming": PassingPlan}


def _refuse_late(changes: Sequence[Any], duration_s: float) -> None:
    for place, change in enumerate(changes):
        if change.at_s >= duration_s:
            where = f"light.changes[{place}]: at_s = {change.at_s:g}"
            raise SimulatorError(f"{where}, lies beyond duration_s = {duration_s:g}")


def _folder() -> Path:
    return Path(str(resources.files("simulator"))) / "scenarios"


def _of_library(name: str) -> Path:
    file = _folder() / f"{name}{SUFFIX}"
    if not name.replace("_", "").isalnum() or not file.is_file():
        names = [there.name.removesuffix(SUFFIX) for there in _folder().iterdir()]
        raise SimulatorError(f"{name}: no such scenario{_nearest(name, names)}; `list` names all, a file ends in .yaml")
    return file


def _entries(lines: list[Any]) -> Iterator[Entry]:
    for place, line in enumerate(lines):
        where = f"timeline[{place}]"
        if not isinstance(line, dict) or not isinstance(line.get("do"), str):
            raise SimulatorError(f"{where}: must be a mapping such as {{at_s: 12.0, do: blink}}")
        name = line["do"]
        if name not in BEHAVIOURS:
            known = f"; known are {', '.join(BEHAVIOURS)}"
            raise SimulatorError(f"{where}.do = {name!r}: unknown behaviour{_nearest(name, list(BEHAVIOURS)) or known}")
        said = {key: value for key, value in line.items() if key != "do"}
        behaviour: Behaviour = _converted(said, BEHAVIOURS[name], f"{where} ({name})")
        yield Entry(place, name, behaviour)


def _all(lines: list[Any], kind: type[Kind], where: str) -> tuple[Kind, ...]:
    return tuple(_converted(line, kind, f"{where}[{place}]") for place, line in enumerate(lines))


def _list_at(document: Mapping, key: str) -> list[Any]:
    """Take a list out of the document: its entries are judged one by one."""
    lines = document.pop(key, None)
    if lines is None:
        return []
    if not isinstance(lines, list):
        raise SimulatorError(f"{key}: must be a list of entries, is {type(lines).__name__}")
    return lines


def _converted(said: Any, kind: type[Kind], where: str) -> Kind:
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        words = expected.complaint(str(error), said, kind)
        raise SimulatorError(f"{where}: {words}" if where else words) from error


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else ""
