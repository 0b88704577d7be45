"""Turns msgspec's refusal into a line that names the key, the value and what is allowed.

Knows msgspec's description of a settings class. Must not know any setting by name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import inspect

_PLACE = re.compile(r" - at (?:`key` in )?`\$(?P<place>[^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]*)`")
_ABOUT_ONE_VALUE = ("Expected", "Invalid")
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>\d+)\]")


def complaint(error: str, document: object, root: type[msgspec.Struct]) -> str:
    """One line on what is wrong in `document`, from msgspec's error text and the settings class `root`.

    Returns:
        `alerts.eyes.reopen_s = 99: must be a number from 0.05 to 0.5 (what it means)`, or the text
        for an unknown key with the keys that are allowed there.
    """
    found = _PLACE.search(error)
    place = found["place"] if found else ""
    value, kind = _follow(place, document, inspect.type_info(root))
    unknown = _UNKNOWN.search(error)
    if unknown and isinstance(_bare(kind), inspect.StructType):
        return _unknown_key(place, unknown["key"], _bare(kind))
    key = place.lstrip(".")
    if not error.startswith(_ABOUT_ONE_VALUE):  # a settings class compared several of its keys
        return ": ".join(part for part in (key, _PLACE.sub("", error)) if part)
    return f"{key or 'the file'} = {_shown(value)}: must be {describe(kind)}{_meaning(kind)}"


def describe(kind: inspect.Type) -> str:
    """What a value of this type may be, in words."""
    bare = _bare(kind)
    words = _WORDS.get(type(bare))
    return words(bare) if words else type(bare).__name__.removesuffix("Type").lower()


def _number(kind: Any) -> str:
    name = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    low, high = (kind.ge, kind.gt), (kind.le, kind.lt)
    ends = [_end(low, "from", "above"), _end(high, "to", "below")]
    return " ".join([name, *(end for end in ends if end)])


def _any_list(kind: Any) -> str:
    return f"a list, each {describe(kind.item_type)}"


def _list(kind: Any) -> str:
    items = dict.fromkeys(describe(one) for one in kind.item_types)
    return f"a list of {len(kind.item_types)}, each {' or '.join(items)}"


# msgspec's classes share no type for what they carry: hence Any above.
_WORDS: dict[type, Callable[[Any], str]] = {
    inspect.FloatType: _number,
    inspect.IntType: _number,
    inspect.BoolType: lambda _: "true or false",
    inspect.NoneType: lambda _: "null",
    inspect.StrType: lambda kind: "text, not empty" if kind.min_length or kind.pattern else "text",
    inspect.UnionType: lambda kind: " or ".join(describe(one) for one in kind.types),
    inspect.LiteralType: lambda kind: "one of " + ", ".join(str(value) for value in kind.values),
    inspect.EnumType: lambda kind: "one of " + ", ".join(str(member.value) for member in kind.cls),
    inspect.StructType: lambda kind: "keys out of " + ", ".join(field.encode_name for field in kind.fields),
    inspect.TupleType: _list,
    inspect.VarTupleType: _any_list,
}


def _end(limit: tuple[float | None, float | None], inclusive: str, exclusive: str) -> str:
    reached, not_reached = limit
    if reached is not None:
        return f"{inclusive} {reached:.9g}"
    return f"{exclusive} {not_reached:.9g}" if not_reached is not None else ""


def _follow(place: str, value: object, kind: inspect.Type) -> tuple[object, inspect.Type]:
    """The value and its type at msgspec's place, such as `.camera.search_region[2]`."""
    for step in _STEP.finditer(place):
        bare = _bare(kind)
        if step["key"] is not None and isinstance(value, dict):
            fields = {field.encode_name: field.type for field in getattr(bare, "fields", ())}
            value, kind = value.get(step["key"]), fields.get(step["key"], inspect.AnyType())
        elif step["index"] is not None and isinstance(value, list | tuple):
            index = int(step["index"])
            value, kind = value[index], _item(bare, index)
    return value, kind


def _item(kind: Any, index: int) -> inspect.Type:
    """The type of one place of a list."""
    if isinstance(kind, inspect.VarTupleType):
        return kind.item_type
    items = getattr(kind, "item_types", ())
    return items[index] if index < len(items) else inspect.AnyType()


def _unknown_key(place: str, key: str, kind: inspect.Type) -> str:
    allowed = [field.encode_name for field in getattr(kind, "fields", ())]
    near = difflib.get_close_matches(key, allowed, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"{f'{place}.{key}'.lstrip('.')}: unknown key{hint}; allowed here: {', '.join(allowed)}"


def _bare(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _meaning(kind: inspect.Type) -> str:
    schema = kind.extra_json_schema if isinstance(kind, inspect.Metadata) else None
    return f" ({schema['description']})" if schema and "description" in schema else ""


def _shown(value: object) -> str:
    """The value as YAML writes it, cut to a length that stays one line."""
    names = {True: "true", False: "false", None: "null"}
    text = names[value] if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
