"""Reads a YAML file into plain values: one mapping, no key twice, every number finite.

Knows files, YAML and how to say in one line what is wrong. Must not know any key.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import yaml

Mapping = dict[str, Any]


class DocumentError(Exception):
    """It cannot be read. The text is one line: where in the file and what is wrong, without the file's name."""


def text_of(path: Path) -> str:
    """The text in a file.

    Raises:
        DocumentError: The file cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"is not UTF-8 text (byte {error.start})") from error


def mapping(text: str, *, such_as: str) -> Mapping | None:
    """What a YAML text says, without its empty sections; None where it says nothing at all.

    Args:
        text: Of the file.
        such_as: A key to show to whom has none.

    Raises:
        DocumentError: It is not YAML, or holds something else.
    """
    document = _parsed(text)
    if document is None:
        return None
    if not isinstance(document, dict):
        raise DocumentError(f"must hold keys such as '{such_as}', holds a {type(document).__name__}")
    try:
        return _plain(document)
    except RecursionError as error:
        raise DocumentError("nested too deeply, or a part contains itself") from error


def _parsed(text: str) -> object:
    try:
        return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        kind = "" if isinstance(error, yaml.constructor.ConstructorError) else "not YAML: "
        raise DocumentError(f"{where}: {kind}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError(f"not YAML: {' '.join(str(error).split())}") from error


def _plain(document: Mapping, where: str = "") -> Mapping:
    """The same without keys that are null: a section whose keys are all commented out means the defaults."""
    return {
        key: _finite(value, f"{where}.{key}" if where else str(key))
        for key, value in document.items()
        if value is not None
    }


def _finite(value: Any, where: str) -> Any:
    """The same, refused where it holds .inf or .nan: a range without an end would let them pass."""
    if isinstance(value, float) and not math.isfinite(value):
        raise DocumentError(f"{where} = {value}: must be a finite number")
    if isinstance(value, dict):
        return _plain(value, where)
    if isinstance(value, list):
        return [_finite(one, f"{where}[{place}]") for place, one in enumerate(value)]
    return value


class _UniqueKeys(yaml.SafeLoader):
    """YAML lets a later key silently replace an earlier one; a value set twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be one word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
