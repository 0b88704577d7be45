"""Scenario files: whatever is wrong costs one line, whatever is allowed can be played, and the reference is true."""

import os

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from simulator.script import reference
from simulator.script.library import load, read
from simulator.script.table import BEHAVIOURS
from simulator.types import SimulatorError
from tests.simulator.scripted import check, over, script

# --- what is refused -------------------------------------------------------------------------------------------

BAD = {
    "unknown behaviour": (
        "{at_s: 1, do: mikrosleep}",
        "timeline[0].do = 'mikrosleep': unknown behaviour; did you",
    ),
    "no behaviour": ("{at_s: 1}", "timeline[0]: must be a mapping such as"),
    "unknown key": ("{at_s: 1, do: yawn, four_s: 5}", "(did you mean for_s?)"),
    "negative duration": (
        "{at_s: 1, do: yawn, for_s: -5}",
        "for_s = -5: must be a number from 3 to 8 (jaw",
    ),
    "wrong word": ("{at_s: 1, do: glance, place: moon}", "place = 'moon': must be one of"),
    "text for a number": ("{at_s: 1, do: yawn, for_s: long}", "for_s = 'long': must be a number"),
    "no number": ("{at_s: .nan, do: yawn}", "timeline[0].at_s = nan: must be a finite number"),
    "no time": ("{do: yawn}", "timeline[0] (yawn): "),
    "beyond the end": ("{at_s: 41, do: yawn}", "timeline[0] (yawn): at_s = 41, lies beyond duration_s = 40"),
    "a repeat beyond the end": ("{at_s: 1, do: blink, times: 9, every_s: 9}", "time 6 of 9, at "),
    "nothing to wear": ("{at_s: 1, do: wear}", "says nothing to put on or take off"),
    "a key twice": ("{at_s: 1, at_s: 2, do: yawn}", "line 4, column 13: at_s stands twice"),
    "two yawns at once": ("{at_s: 1, do: yawn}\n- {at_s: 3, do: talk}", "needs the mouth while timeline[0] (yawn) has"),
    "one hand, two jobs": ("{at_s: 1, do: eat}\n- {at_s: 2, do: phone_ear}", "needs the right hand while timeline[0]"),
}


@pytest.mark.parametrize(("entry", "says"), BAD.values(), ids=BAD)
def test_a_bad_entry_costs_one_line(entry, says):
    """That names the entry, what is wrong and what is allowed."""
    with pytest.raises(SimulatorError) as refused:
        read(f"description: d\nduration_s: 40\ntimeline:\n- {entry}\n", name="bad")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must hold keys"),
        ("[1, 2]", "must hold keys"),
        ("a: [", "line 1, column 5: not YAML: "),
        ("duration_s: 5", "description"),
        ("{description: d, duration_s: 5, colour: red}", "colour: unknown key"),
        ("{description: d, duration_s: 5, timeline: yawn}", "timeline: must be a list"),
        (
            "{description: d, duration_s: 5, driver: {age_years: 9}}",
            "driver.age_years = 9: must be a number from 16",
        ),
        ("{description: d, duration_s: 5, driver: {ancestry: [1, 1, 1]}}", "must add up to 1"),
        ("{description: d, duration_s: 5, camera: {place: roof}}", "camera.place = 'roof': must be one of"),
        ("{description: d, duration_s: 5, camera: {at_mm: [0, 500, 0]}}", "at_mm must lie 100 mm or more"),
        ("{description: d, duration_s: 5, light: {sun_from: [0, 0, 0]}}", "sun_from must point somewhere"),
        ("{description: d, duration_s: 5, light: {changes: [{at_s: 9}]}}", "light.changes[0]: at_s = 9, lies beyond"),
        ("{description: d, duration_s: 5, light: {oncoming: [{at: 9}]}}", "light.oncoming[0]: at: unknown key"),
        ("&a {description: d, duration_s: 5, driver: *a}", "contains itself"),
    ],
)
def test_a_bad_file_costs_one_line(text, says):
    """Whatever is wrong in it."""
    with pytest.raises(SimulatorError) as refused:
        read(text, name="bad")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_scenario_that_is_not_there(tmp_path):
    """By name the nearest one is offered; a path is named with what the system says."""
    with pytest.raises(SimulatorError, match="mikrosleep: no such scenario; did you mean microsleep"):
        load("mikrosleep")
    with pytest.raises(SimulatorError, match="no such scenario"):
        load("../scenarios/demo")
    with pytest.raises(SimulatorError, match="cannot be read: No such file"):
        load(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"description: \xe9")
    with pytest.raises(SimulatorError, match="is not UTF-8 text"):
        load(tmp_path / "latin.yaml")


# --- whatever is allowed ---------------------------------------------------------------------------------------


def values(kind):
    """Anything a key of this type may hold."""
    if isinstance(kind, inspect.Metadata):
        return values(kind.type)
    if isinstance(kind, inspect.UnionType):
        return st.one_of([values(one) for one in kind.types])
    if isinstance(kind, inspect.FloatType):
        return st.floats(kind.ge, kind.le)
    if isinstance(kind, inspect.IntType):
        return st.integers(kind.ge, kind.le)
    if isinstance(kind, inspect.LiteralType):
        return st.sampled_from(kind.values)
    if isinstance(kind, inspect.EnumType):
        return st.sampled_from([member.value for member in kind.cls])
    return {inspect.BoolType: st.booleans(), inspect.NoneType: st.none()}[type(kind)]


def attempt(make):
    """What is made, or None where it was refused in one line."""
    complaint = ""
    try:
        return make()
    except SimulatorError as refused:
        complaint = str(refused)
    assert len(complaint.splitlines()) == 1
    return None


def entries(name):
    """Any entry of a behaviour that is read without complaint."""
    fields = {field.encode_name: field for field in inspect.type_info(BEHAVIOURS[name]).fields}
    asked = {key: values(field.type) for key, field in fields.items() if key not in ("at_s", "times", "every_s")}
    must = {key: asked.pop(key) for key in list(asked) if fields[key].required}
    head = {"do": st.just(name), "at_s": st.floats(0.0, 19.0), **must}
    return st.fixed_dictionaries(head, optional=asked)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(sorted(BEHAVIOURS)).flatmap(entries), max_size=4), st.integers(0, 99))
def test_whatever_is_allowed_can_be_played(timeline, seed):
    """Any entries give finite moments within the limits, or are refused in one line."""
    made = attempt(lambda: script(*timeline, duration_s=20.0, ambient={"road": 4.0, "head_deg": 4.0}, seed=seed))
    if made is not None:
        for moment in over(made, every_s=0.37):
            check(moment)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["name", "seed", "driver", "camera", "light", "sensor", "hands", "ambient", "timeline"]), junk)
def test_junk_costs_one_line(key, value):
    """Whatever stands where."""
    text = yaml.safe_dump({"description": "d", "duration_s": 5, key: value})
    attempt(lambda: read(text, name="junk"))


# --- its document ----------------------------------------------------------------------------------------------


def test_the_reference_is_up_to_date():
    """Write it anew with CABINWATCH_WRITE_DOCS=1. Every key says meaning, unit and source, or writing it fails."""
    fresh = reference.page(reference.DOC.read_text(encoding="utf-8"))
    if os.environ.get("CABINWATCH_WRITE_DOCS"):
        reference.DOC.write_text(fresh, encoding="utf-8")
    assert reference.DOC.read_text(encoding="utf-8") == fresh, "docs/scenarios.md is stale: CABINWATCH_WRITE_DOCS=1"
