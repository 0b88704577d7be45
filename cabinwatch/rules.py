"""Reads rule sets: the bundled ones by name, others by path.

Knows file names and how to say what is wrong in one line. Must not know what any rule means.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from alerts.rules import RuleSet
from cabinwatch import expected
from cabinwatch.config import ConfigError, read_document

_FOLDER = Path(str(files("configs"))) / "rules"


def bundled() -> tuple[str, ...]:
    """The names of the rule sets that come with the product."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def load_rules(names: Sequence[str]) -> tuple[RuleSet, ...]:
    """The rule sets named, in that order; they apply together.

    Args:
        names: Bundled names ("ncap-2026"), or paths that end in .yaml.

    Raises:
        ConfigError: A rule set does not exist or is broken, or two have one name.
    """
    sets = tuple(_load(_path(name)) for name in names)
    found = [one.name for one in sets]
    for twice in sorted({name for name in found if found.count(name) > 1}):
        raise ConfigError(f"rules: {twice} is named twice")
    return sets


def _path(name: str) -> Path:
    if name.endswith(".yaml"):
        return Path(name)
    if name not in bundled():
        raise ConfigError(f"rules: no rule set {name!r}; there are {', '.join(bundled())}, and paths ending in .yaml")
    return _FOLDER / f"{name}.yaml"


def _load(path: Path) -> RuleSet:
    document = read_document(path, such_as="name:")
    try:
        return msgspec.convert(document, RuleSet)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {expected.complaint(str(error), document, RuleSet)}") from error
