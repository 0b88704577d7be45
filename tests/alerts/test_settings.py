"""Settings: ranges, orders between them, and docs/rules.md that cannot go stale."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from alerts.always import ALWAYS
from alerts.gaze import ZONES
from alerts.kss import CURVES, NIGHT
from alerts.rules import MEASURES
from alerts.settings import AlertSettings
from alerts.types import Cause
from cabinwatch.rules import bundled, load_rules

DOC = Path(__file__).parents[2] / "docs" / "rules.md"
MARKS = ("[S]", "[S2]", "[?]", "(ours)")


def machines() -> dict[str, type]:
    """Each machine's settings; `terms` is no machine."""
    return {name: struct for name, struct in get_type_hints(AlertSettings).items() if name != "terms"}


def fields() -> Iterator[tuple[str, Any, msgspec.Meta]]:
    """(key, default, Meta) of every threshold."""
    for machine, struct in machines().items():
        default = struct()
        for name, hint in get_type_hints(struct, include_extras=True).items():
            assert get_origin(hint) is Annotated, f"{machine}.{name} has no Meta"
            yield f"{machine}.{name}", getattr(default, name), get_args(hint)[1]


def thresholds() -> Iterator[str]:
    yield "| key | meaning | default | unit | range | source |"
    yield "|---|---|---|---|---|---|"
    for key, default, meta in fields():
        meaning, unit, source = meta.description.split("; ", 2)
        yield f"| `{key}` | {meaning} | {default:g} | {unit} | {meta.ge:g} – {meta.le:g} | {source} |"


def measures() -> Iterator[str]:
    yield "| measure | unit | what | limits | clears when |"
    yield "|---|---|---|---|---|"
    for name, one in MEASURES.items():
        clears = re.sub(r"\{[^}]*\}( s| %)?", "…", one.clears)
        yield f"| `{name}` | {one.unit} | {one.measured.removesuffix(':')} | {one.low:g} – {one.high:g} | {clears} |"


def rules() -> Iterator[str]:
    yield "| rule | code | holds from | level, cause | from km/h | later | reverse | rests on |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in (ALWAYS, *load_rules(bundled())):
        for rule in one.rules:
            release = f", ends {rule.release:g} under" if rule.release else ""
            slow = f"; below: {rule.slow_level}" if rule.slow_level != "none" else ""
            mark = "(ours)" if rule.mark == "ours" else f"[{rule.mark}]"
            later = f"{rule.extra_s:g} s" if rule.extra_s else ""
            yield (
                f"| `{one.name}/{rule.id}` | {rule.code} | `{rule.measure}` {rule.limit:g}{release} "
                f"| {rule.level}, {rule.cause} | {rule.from_kmh:g}{slow} | {later} "
                f"| {'rests' if rule.rests_in_reverse else ''} | {rule.clause} {mark} |"
            )


def level() -> Iterator[str]:
    yield "| sign | value → points |"
    yield "|---|---|"
    for name, curve in CURVES.items():
        yield f"| `{name}` | {', '.join(f'{value:g} → {points:g}' for value, points in curve)} |"
    hours = ", ".join(f"{start:g}–{end:g} h → {points:g}" for start, end, points in NIGHT)
    yield f"| `local_hour` | {hours} |"


def zones() -> Iterator[str]:
    yield "| zone | its centres: deg towards the passenger, deg up |"
    yield "|---|---|"
    for zone in sorted({zone for zone, _, _ in ZONES}):
        centres = "; ".join(f"{aside:+g}, {up:+g}" for one, aside, up in ZONES if one is zone)
        yield f"| {zone.name.lower()} | {centres} |"


BLOCKS = {"measures": measures, "rules": rules, "level": level, "zones": zones, "thresholds": thresholds}


def with_fresh_blocks(text: str) -> str:
    """The document with its tables written anew."""
    for name, lines in BLOCKS.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        head, rest = text.split(begin)
        text = f"{head}{begin}\n{chr(10).join(lines())}\n{end}{rest.split(end)[1]}"
    return text


@pytest.mark.parametrize(("key", "default", "meta"), [pytest.param(*field, id=field[0]) for field in fields()])
def test_every_threshold_says_meaning_unit_range_and_source(key, default, meta):
    """And its default lies in its range."""
    assert meta.ge <= default <= meta.le
    meaning, unit, source = meta.description.split("; ", 2)
    assert meaning
    assert unit
    assert any(mark in source for mark in MARKS)


def test_the_rules_document_is_up_to_date():
    """Write it anew with CABINWATCH_WRITE_DOCS=1."""
    fresh = with_fresh_blocks(DOC.read_text(encoding="utf-8"))
    if os.environ.get("CABINWATCH_WRITE_DOCS"):
        DOC.write_text(fresh, encoding="utf-8")
    assert DOC.read_text(encoding="utf-8") == fresh, f"{DOC.name} is stale: CABINWATCH_WRITE_DOCS=1 pytest {__file__}"


def test_the_rules_document_names_only_what_exists():
    """Every `machine.key` in its text is a setting."""
    keys = {key for key, _, _ in fields()} | {"affect.purpose", "learning.again", "learning.eyewear_changed"}
    text = re.sub(r"<!-- (\w+): begin -->.*<!-- \1: end -->", "", DOC.read_text(encoding="utf-8"), flags=re.DOTALL)
    known = set(machines())
    named = {
        word for word in re.findall(r"`([a-z_]+\.[a-z0-9_]+)`", text) if word.split(".")[0] in known | {"learning"}
    }
    assert named <= keys


def test_the_settings_come_from_a_mapping():
    """What the configuration file gives is checked, and what it leaves out has its default."""
    given = msgspec.convert({"eyes": {"reopen_s": 0.3}}, AlertSettings)
    assert (given.eyes.reopen_s, given.eyes.bridge_s) == (0.3, 0.35)
    assert msgspec.convert({}, AlertSettings) == AlertSettings()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"eyes": {"reopen_s": 9.0}}, "reopen_s"),
        ({"eyes": {"reopen": 1.0}}, "reopen"),
        ({"eyelids": {}}, "eyelids"),
        ({"closure": {}}, "closure"),  # limits belong to rules
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
