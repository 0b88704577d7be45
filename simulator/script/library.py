"""Scenario files: reading one, naming those of the library, and one clear line for whatever is wrong in one.

Knows YAML, paths and how to say what is not allowed. Must not know what a behaviour does.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from cabinwatch import expected
from simulator.script.behaviour import Behaviour
from simulator.script.plan import ChangePlan, PassingPlan, Plan
from simulator.script.scenario import Entry, Scenario
from simulator.script.table import BEHAVIOURS
from simulator.types import SimulatorError

SUFFIX = ".yaml"
Kind = TypeVar("Kind", bound=msgspec.Struct)
Mapping = dict[str, Any]


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
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SimulatorError(f"{which}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SimulatorError(f"{which}: is not UTF-8 text (byte {error.start})") from error
    try:
        return read(text, name=file.name.removesuffix(SUFFIX), seed=seed)
    except SimulatorError as error:
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
    except SimulatorError as error:
        raise SimulatorError(" ".join(str(error).split())) from error  # a key may hold line breaks


def _read(text: str, name: str, seed: int | None) -> Scenario:
    document = _parsed(text)
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


# --- YAML ------------------------------------------------------------------------------------------------------


def _parsed(text: str) -> Mapping:
    try:
        document = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise SimulatorError(f"line {line}: {error.problem or 'is not YAML'}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SimulatorError(f"is not YAML: {' '.join(str(error).split())[:100]}") from error
    if not isinstance(document, dict):
        raise SimulatorError("must hold keys such as 'duration_s:' and 'timeline:'")
    try:
        return _checked(document)
    except RecursionError as error:
        raise SimulatorError("is nested too deeply, or a part contains itself") from error


def _checked(document: Mapping, where: str = "") -> Mapping:
    """The same without empty keys; none may be infinite: a range without an end would let it pass."""
    kept = {}
    for key, value in document.items():
        if value is not None:
            kept[key] = _checked_value(value, f"{where}.{key}" if where else str(key))
    return kept


def _checked_value(value: Any, where: str) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise SimulatorError(f"{where} = {value}: must be a finite number")
    if isinstance(value, dict):
        return _checked(value, where)
    if isinstance(value, list):
        return [_checked_value(one, f"{where}[{place}]") for place, one in enumerate(value)]
    return value


class _UniqueKeys(yaml.SafeLoader):
    """YAML lets a later key silently replace an earlier one; a parameter set twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value if isinstance(key, yaml.ScalarNode) else None for key, _ in node.value]
        for place, key in enumerate(keys):
            if not isinstance(key, str) or key in keys[:place]:
                what = "a key must be one word" if key is None else f"{key} stands twice"
                raise yaml.constructor.ConstructorError(None, None, what, node.value[place][0].start_mark)
        return super().construct_mapping(node, deep)
