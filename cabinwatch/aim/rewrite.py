"""Changes a few keys of the config and nothing else: comments, order, spacing and line ends stay.

Knows where PyYAML says a value stands. A library that writes YAML anew (ruamel.yaml) keeps comments, but not the
spacing and quoting of a file that people keep by hand, and would be one more dependency in the vehicle. Whatever the
layout, the result is read again and must differ in these keys alone; a file that defeats that is left as it is.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import yaml

from cabinwatch.document import DocumentError, mapping

Values = Mapping[str, float | str]


class RewriteError(Exception):
    """The file is not changed. The message says why and what to write by hand."""


def rewritten(text: str, section: str, values: Values) -> str:
    """`text` with `values` in the mapping `section`.

    Raises:
        RewriteError: Its layout does not allow it.
    """
    try:
        before = mapping(text, such_as=f"{section}:") or {}
        after = _put_all(text, section, values)
        expected = {**before, section: {**(before.get(section) or {}), **values}}
        safe = mapping(after, such_as=f"{section}:") == expected
    except (DocumentError, yaml.YAMLError, TypeError) as error:
        raise RewriteError(_by_hand(section, values, str(error))) from error
    if not safe:
        raise RewriteError(_by_hand(section, values, "its layout (anchors or merges) reaches other keys too"))
    return after


def _by_hand(section: str, values: Values, why: str) -> str:
    return f"{' '.join(why.split())}; write by hand {section}: {_flow(values)}"


def _put_all(text: str, section: str, values: Values) -> str:
    for key, value in values.items():
        root = _compose(text)
        place = _value_of(root, section)
        if isinstance(place, yaml.MappingNode):
            text = _put(text, place, key, _word(value))
        else:  # absent, or a section whose keys are all commented out
            return _put(text, root, section, _flow(values))
    return text


def _compose(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise DocumentError("holds no keys")
    return root


def _value_of(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((value for name, value in node.value if name.value == key), None)


def _put(text: str, node: yaml.MappingNode, key: str, word: str) -> str:
    """Sets `key` in the mapping `node` of `text`: in the place of its value, else as its first key."""
    old = _value_of(node, key)
    if old is not None:
        start, end = old.start_mark.index, old.end_mark.index
        gap = " " if text[start - 1 : start] == ":" else ""  # a key without a value
        return text[:start] + gap + word + text[end:]
    if node.flow_style:
        start = node.start_mark.index + 1
        return f"{text[:start]}{key}: {word}{', ' if node.value else ''}{text[start:]}"
    first = node.value[0][0].start_mark
    line_end = "\r\n" if "\r\n" in text else "\n"
    return f"{text[: first.index]}{key}: {word}{line_end}{' ' * first.column}{text[first.index :]}"


def _word(value: float | str) -> str:
    return str(value)


def _flow(values: Values) -> str:
    return "{" + ", ".join(f"{key}: {_word(value)}" for key, value in values.items()) + "}"


def difference(before: str, after: str, name: str) -> str:
    """As `diff -u` shows it."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, f"{name} (aimed)", lineterm="", n=1)
    return "".join(f"{line}\n" for line in lines)


def read(path: Path) -> str:
    """The text with its own line ends."""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def replace(path: Path, text: str) -> Path:
    """Puts `text` in the place of the file in one step and keeps the old one; gives the path of the old one.

    Raises:
        RewriteError: The folder cannot be written, or is full: the file is as it was.
    """
    path = path.resolve()  # a link stays a link
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    backup = path.with_name(path.name + ".bak")
    try:
        _write(new, text, like=path)
        backup.unlink(missing_ok=True)
        backup.hardlink_to(path)  # takes no space, so it cannot end half-way
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        remedy = "free some space, run as root, or remount a read-only root: mount -o remount,rw /"
        raise RewriteError(f"{path}: cannot be replaced: {error.strerror}; {remedy}") from error
    return backup


def _write(new: Path, text: str, *, like: Path) -> None:
    with new.open("x", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        _like(like, file.fileno())
        os.fsync(file.fileno())


def _like(path: Path, descriptor: int) -> None:
    """The same owner and mode: the service must be able to read it as before."""
    old = path.stat()
    os.fchmod(descriptor, old.st_mode & 0o7777)
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, old.st_uid, old.st_gid)
