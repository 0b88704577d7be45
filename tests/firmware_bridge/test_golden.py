"""One table, two implementations: what Python says of bytes, C says too."""

from __future__ import annotations

import pytest

from firmware_bridge.framing import ENCODED_MAX, PAYLOADS, Frame, Receiver, Type, encode
from firmware_bridge.messages import Verdict
from firmware_bridge.session import Session
from tests.golden import make_frames


@pytest.fixture(params=["python", "c"])
def receiver(request, core):
    return Receiver() if request.param == "python" else core.receiver()


def test_every_golden_frame_is_made_byte_for_byte(golden_frames, core):
    """Both encoders give the table's bytes."""
    for frame, wire in golden_frames.values():
        assert encode(frame).hex() == wire.hex()
        assert core.encode(frame).hex() == wire.hex()


def test_every_golden_frame_is_read_field_by_field(golden_frames, receiver):
    """Both decoders give the table's fields."""
    for frame, wire in golden_frames.values():
        assert receiver.feed(wire) == [frame]


def test_every_bad_frame_is_refused_for_its_reason(golden, receiver):
    """Both decoders give the table's reason, once, and read the next frame."""
    good = bytes.fromhex(golden["frames"][0]["hex"])
    for row in golden["refused"]:
        first, *rest = receiver.feed(bytes.fromhex(row["hex"]) + good)
        assert first is Verdict[row["reason"]], row["name"]
        assert len(rest) == 1, row["name"]
        assert isinstance(rest[0], Frame), row["name"]


def test_every_reason_of_the_decoder_is_in_the_table(golden):
    """A reason without an example could be lost unseen."""
    assert {row["reason"] for row in golden["refused"]} == {"SIZE", "COBS", "CRC", "TYPE", "DATA_ID", "RANGE"}
    talked = {step["expect"] for talk in golden["conversations"] for step in talk["steps"]}
    assert talked >= {"OK", "DIRECTION", "COUNTER", "NO_HELLO", "VERSION", "TTL", "UNSYNCED", "AGE"}


def test_the_longest_frame_fits():
    """The size limit holds every message, with a byte to spare for none that is longer."""
    longest = max(PAYLOADS.values(), key=lambda message: message.LAYOUT.size)
    kind = next(kind for kind, message in PAYLOADS.items() if message is longest)
    assert len(encode(Frame(Type(kind), longest(), 1, 0, 1, 0, 0))) <= ENCODED_MAX + 2


def play(talk, golden, make):
    """The verdicts that a session gives on a conversation."""
    judged_by_mcu = talk["judge"] == "MCU"
    session = make(
        golden["mcu_boot_id"] if judged_by_mcu else golden["host_boot_id"],
        from_mcu=judged_by_mcu,
        versions=tuple(talk["versions"]),
    )
    verdicts = []
    for step in talk["steps"]:
        header = {name: value for name, value in step.items() if name not in ("now_ms", "type", "payload", "expect")}
        kind = Type[step["type"]]
        frame = Frame(kind, PAYLOADS[kind](**step.get("payload", {})), **header)
        verdicts.append(session.judge(frame, step["now_ms"]).name)
    return verdicts


def test_every_conversation_is_judged_alike(golden, core):
    """Counters, versions, clocks and ages: both sessions give the table's verdicts."""
    for talk in golden["conversations"]:
        expected = [step["expect"] for step in talk["steps"]]
        assert play(talk, golden, Session) == expected, f"Python: {talk['name']}"
        assert play(talk, golden, core.session) == expected, f"C: {talk['name']}"


def test_the_table_changes_by_its_command_only():
    """frames.json and the document's table are what `python -m tests.golden.make_frames --write` writes."""
    for path, text in make_frames.wanted().items():
        assert path.read_text() == text, path.name
