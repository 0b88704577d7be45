"""The document, the Python and the C say the same: layouts, numbers, timings, golden frames."""

from __future__ import annotations

import re
from dataclasses import fields

import msgspec
import pytest

from firmware_bridge import messages, timing
from firmware_bridge.framing import DATA_ID, PAYLOADS, Type
from firmware_bridge.settings import LinkSettings


@pytest.fixture(scope="module")
def document(request):
    return (request.config.rootpath / "docs" / "protocol.md").read_text()


@pytest.fixture(scope="module")
def header(request):
    core = request.config.rootpath / "firmware_bridge" / "firmware" / "core"
    return lambda name: (core / name).read_text()


def table(document, heading):
    """The cells of the first table below a heading."""
    section = document.split(f"\n{heading}", 1)[1].split("\n#", 1)[0]
    rows = re.findall(r"^\|(.+)\|$", section, re.MULTILINE)
    return [[cell.strip().strip("`") for cell in row.split("|")] for row in rows[2:]]


def c_enum(text, prefix):
    """Name without prefix → value."""
    return {name: int(value, 0) for name, value in re.findall(rf"\b{prefix}(\w+) = (0x\w+|\d+)", text)}


def test_every_duration_is_one_number(document, header):
    """timing.py, cw_timing.h and the document's table."""
    python = {name.removesuffix("_MS"): value for name, value in vars(timing).items() if name.endswith("_MS")}
    c = {name: int(value) for name, value in re.findall(r"#define CW_(\w+)_MS (\d+)u", header("cw_timing.h"))}
    assert c == python
    assert {name: int(value) for name, value, _ in table(document, "## Timing")} == python


def test_the_golden_frames_in_the_document_are_those_of_the_tests(document, golden):
    """Name, type and bytes, in order."""
    expected = [[row["name"], row["type"], row["hex"]] for row in golden["frames"]]
    assert table(document, "## Golden frames") == expected


@pytest.mark.parametrize("kind", ["HELLO", "STATE", "REPORT", "VEHICLE"])
def test_the_document_draws_the_payloads_that_are_sent(document, kind):
    """Each field at its place, with its size, nothing missing."""
    drawn = [(int(at), int(size), name) for at, size, name, *_ in table(document, f"### {kind}") if name != "–"]
    payload = PAYLOADS[Type.HELLO_MCU if kind == "HELLO" else Type[kind]]
    zeros = {field.name: 0 for field in fields(payload)}
    assert [name for _, _, name in drawn] == list(zeros)
    for at, size, name in drawn:
        ones = -1 if name == "steering_ddeg" else 256**size - 1
        raw = payload(**{**zeros, name: ones}).pack()
        assert raw == bytes(at) + b"\xff" * size + bytes(len(raw) - at - size), (kind, name)


def test_types_data_ids_and_sizes_agree(document, header):
    """The table of messages, Python and C."""
    for kind_name, data_id, _, size, _ in table(document, "## Messages"):
        kind = Type(int(kind_name.split("`")[0], 16))
        assert kind_name.endswith(kind.name)
        assert (int(data_id, 16), int(size)) == (DATA_ID[kind], PAYLOADS[kind].LAYOUT.size)
        assert c_enum(header("cw_frame.h"), "CW_")[kind.name] == kind


def test_reasons_agree(document, header):
    """The numbers that reports carry: document, Python and C."""
    python = {verdict.name: int(verdict) for verdict in messages.Verdict if verdict}
    drawn = {name: int(number) for number, name, _ in table(document, "## Which frames are acted on")}
    assert drawn == python
    c = c_enum(header("cw_frame.h").split("enum cw_verdict")[1].split("}")[0], "CW_")
    assert sorted(value for name, value in c.items() if name not in ("OK", "VERDICTS", "PENDING")) == sorted(
        python.values()
    )


@pytest.mark.parametrize(
    ("python", "prefix"),
    [
        (messages.Why, "CW_WHY_"),
        (messages.Known, "CW_KNOWS_"),
        (messages.Output, "CW_"),
        (messages.Switch, "CW_"),
        (messages.Flag, "CW_FLAG_"),
    ],
)
def test_bits_and_whys_agree(header, python, prefix):
    """Each name has one number in both languages."""
    c = c_enum(header("cw_messages.h"), prefix)
    for member in python:
        if member or python is messages.Why:
            assert c[member.name] == member


def test_settings_have_meaning_and_range():
    """Every setting says what it is; a value outside its range is refused."""
    described = msgspec.json.schema(LinkSettings)["$defs"]["LinkSettings"]["properties"]
    assert all(field.get("description") for field in described.values())
    with pytest.raises(msgspec.ValidationError, match=r"<= 0\.2"):
        msgspec.convert({"period_s": 0.5}, LinkSettings)
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"prot": "/dev/ttyACM0"}, LinkSettings)
