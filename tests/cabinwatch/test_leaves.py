"""The one list of what can leave the vehicle, and the documents that show it."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from msgspec import inspect

from cabinwatch.leaves import METRICS, AlertShown, Camera, Fact, NotListedError, Record, packed, unpacked
from tests.cabinwatch import leaves_table

ROOT = Path(__file__).parents[2]


def kinds_of(type_):
    """Every type in it, down to the last."""
    yield type_
    inner = [getattr(type_, name, None) for name in ("key_type", "value_type", "item_type")]
    inner += [field.type for field in getattr(type_, "fields", ())] + list(getattr(type_, "types", ()))
    for one in inner:
        if one is not None:
            yield from kinds_of(one)


def test_no_field_takes_free_text():
    """A text is one of a few words, or keeps to a pattern that no name and no sentence fits."""
    texts = [kind for kind in kinds_of(inspect.type_info(Record)) if isinstance(kind, inspect.StrType)]
    assert texts
    for text in texts:
        assert text.pattern is not None
        assert not re.search(text.pattern, "A. Driver, depot 7")


def test_no_field_could_carry_a_face():
    """A list of numbers would be landmarks, bytes a picture: there is neither."""
    for kind in kinds_of(inspect.type_info(Record)):
        assert not isinstance(kind, inspect.BytesType | inspect.AnyType | inspect.ListType)
        if isinstance(kind, inspect.VarTupleType):
            assert isinstance(kind.item_type, inspect.StrType)


@pytest.mark.parametrize("fact", [AlertShown(level="warning", cause="affect", episode=1, code=0, acknowledged=False)])
def test_what_is_not_on_the_list_cannot_be_written(fact):
    with pytest.raises(NotListedError, match="AlertShown: Invalid enum value 'affect'"):
        packed(fact)


@pytest.mark.parametrize("text", ['{"kind":"landmarks"}', '{"kind":"camera","delivers":true,"x":1}', "{", ""])
def test_what_is_not_on_the_list_cannot_be_read(text):
    with pytest.raises(NotListedError):
        unpacked(text)


def test_what_is_listed_comes_back():
    assert unpacked(packed(Camera(delivers=True))) == Camera(delivers=True)


def test_the_table_of_the_privacy_page_is_the_list():
    """`python -m tests.cabinwatch.leaves_table` writes it anew."""
    assert leaves_table.BEGIN + leaves_table.table() + leaves_table.END in leaves_table.PAGE.read_text()


def test_the_published_schema_is_the_list():
    assert leaves_table.SCHEMA.read_bytes() == leaves_table.json_schema()
    titles = set(msgspec.json.decode(leaves_table.SCHEMA.read_bytes())["$defs"])
    assert titles == {"Record", *(kind.__name__ for kind in get_args(Fact))}


def test_every_test_that_the_privacy_page_names_exists():
    named = set(re.findall(r"`(test_\w+)`", leaves_table.PAGE.read_text()))
    texts = [file.read_text() for file in (ROOT / "tests").rglob("test_*.py")]
    defined = {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    assert len(named) > 20
    assert named <= defined


def test_no_metric_speaks_of_a_face():
    assert all(re.fullmatch(r"cabinwatch_(frames?|camera|alerts|link|events)_[a-z_]+", name) for name in METRICS)
