"""Settings: ranges, orders between them, and docs/rules.md that cannot go stale."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from alerts.settings import AlertSettings
from alerts.types import Cause

DOC = Path(__file__).parents[2] / "docs" / "rules.md"
BEGIN, END = "<!-- thresholds: begin -->", "<!-- thresholds: end -->"
MARKS = ("[S]", "[S2]", "[?]", "(ours)")


def fields() -> Iterator[tuple[str, Any, msgspec.Meta]]:
    """(key, default, Meta) of every threshold."""
    for machine, struct in get_type_hints(AlertSettings).items():
        default = struct()
        for name, hint in get_type_hints(struct, include_extras=True).items():
            assert get_origin(hint) is Annotated, f"{machine}.{name} has no Meta"
            yield f"{machine}.{name}", getattr(default, name), get_args(hint)[1]


def table() -> str:
    """The thresholds as docs/rules.md prints them."""
    lines = ["| key | meaning | default | unit | range | source |", "|---|---|---|---|---|---|"]
    for key, default, meta in fields():
        meaning, unit, source = meta.description.split("; ")
        lines.append(f"| `{key}` | {meaning} | {default:g} | {unit} | {meta.ge:g} – {meta.le:g} | {source} |")
    return "\n".join(lines)


@pytest.mark.parametrize(("key", "default", "meta"), [pytest.param(*field, id=field[0]) for field in fields()])
def test_every_threshold_says_meaning_unit_range_and_source(key, default, meta):
    """And its default lies in its range."""
    assert meta.ge <= default <= meta.le
    assert len(meta.description.split("; ")) == 3
    assert meta.description.endswith(MARKS) or any(mark in meta.description.split("; ")[2] for mark in MARKS)


def test_the_rules_document_is_up_to_date():
    """Write it anew with CABINWATCH_WRITE_DOCS=1."""
    text = DOC.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    fresh = f"{head}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"
    if os.environ.get("CABINWATCH_WRITE_DOCS"):
        DOC.write_text(fresh, encoding="utf-8")
    assert DOC.read_text(encoding="utf-8") == fresh, f"{DOC.name} is stale: CABINWATCH_WRITE_DOCS=1 pytest {__file__}"


def test_the_rules_document_names_only_what_exists():
    """Every `machine.key` in its text is a setting, every rule of the code has a row."""
    keys = {key for key, _, _ in fields()}
    machines = set(get_type_hints(AlertSettings))
    text = DOC.read_text(encoding="utf-8").split(BEGIN)[0]
    named = {word for word in re.findall(r"`([a-z_]+\.[a-z0-9_]+)`", text) if word.split(".")[0] in machines}
    assert named <= keys
    code = "".join(path.read_text(encoding="utf-8") for path in (DOC.parents[1] / "alerts").glob("*.py"))
    rules = set(re.findall(r'rule="(\w+)"', code)) | {"microsleep", "sleep"}
    assert rules == set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))


def test_the_settings_come_from_a_mapping():
    """What the configuration file gives is checked, and what it leaves out has its default."""
    given = msgspec.convert({"closure": {"microsleep_s": 1.2}}, AlertSettings)
    assert (given.closure.microsleep_s, given.closure.sleep_s) == (1.2, 3.0)
    assert msgspec.convert({}, AlertSettings) == AlertSettings()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"closure": {"microsleep_s": 9.0}}, "microsleep_s"),
        ({"closure": {"microsleep": 1.0}}, "microsleep"),
        ({"eyelids": {}}, "eyelids"),
        ({"closure": {"microsleep_s": 2.0, "sleep_s": 1.8}}, "sleep_s = 1.8 must be over microsleep_s = 2.0"),
        ({"perclos": {"advisory_share": 0.15}}, "full_share = 0.12 must be over advisory_share = 0.15"),
        ({"eyes": {"closed_from": 0.9}}, "closed_from"),  # the closed threshold is nobody's to set
    ],
)
def test_what_is_refused(given, says):
    """Out of range, unknown, or in the wrong order."""
    with pytest.raises(msgspec.ValidationError, match=re.escape(says)):
        msgspec.convert(given, AlertSettings)


def test_causes_keep_their_numbers():
    """They are on the wire."""
    assert [(cause.name, int(cause)) for cause in Cause][-2:] == [("CANNOT_SEE", 8), ("AFFECT", 9)]
