"""The table, the DBC file made from it, and what a reader of that file sees of our bytes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.can import dbc
from firmware_bridge.can.signals import CYCLE_MS, DRIVER_ALERT, DRIVER_STATE, HEADER, MESSAGES, SIZE

BODIES = [(message, signal) for message in MESSAGES for signal in message.body]


def values(message):
    """Any values, in and out of range, known and not."""
    return st.fixed_dictionaries(
        {
            signal.name: st.floats(-1e6, 1e6) | (st.none() if signal.absent is not None else st.nothing())
            for signal in message.body
        }
    )


def test_the_file_is_the_table(request):
    """`make dbc` after every change of the table."""
    assert (request.config.rootpath / "configs" / "cabinwatch.dbc").read_text() == dbc.text()


def test_every_message_of_the_file_is_ours(ours):
    """Ids, cycle times, signals: as a library of other people reads them."""
    assert {message.name: message.frame_id for message in ours.messages} == {m.name: m.can_id for m in MESSAGES}
    for message in ours.messages:
        assert message.is_extended_frame
        assert message.cycle_time == CYCLE_MS
        assert message.frame_id >> 8 & 0x3FF00 == 0xFF00  # proprietary B
        assert message.frame_id >> 26 == 6


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_no_two_signals_share_a_bit(message):
    taken = [bit for signal in message.signals for bit in range(signal.start, signal.start + signal.length)]
    assert len(taken) == len(set(taken))
    assert max(taken) < 8 * SIZE


@pytest.mark.parametrize(("message", "signal"), BODIES, ids=lambda one: one.name)
def test_every_number_fits_its_bits(message, signal):
    """Both ends of the range, and "not available" is no value."""
    numbers = range(1 << signal.length)
    assert signal.raw(signal.low) in numbers
    assert signal.raw(signal.high) in numbers
    if signal.absent is not None:
        assert signal.absent in numbers
        assert signal.absent > signal.raw(signal.high)
    assert all(signal.low <= number <= signal.high for number, _ in signal.words)


def test_what_is_always_known_cannot_be_unknown():
    """A missing value is a mistake of ours, and never a zero."""
    with pytest.raises(ValueError, match="Level has no number for 'not available'"):
        DRIVER_ALERT.body[0].raw(None)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
@given(data=st.data())
def test_a_reader_of_the_file_gets_what_was_sent(ours, message, data):
    """Every value comes back within half a step, the nearest end where it was outside, and absent as absent."""
    sent = data.draw(values(message))
    read = ours.get_message_by_name(message.name)
    got = read.decode(message.pack(sent))
    numbers = read.decode(message.pack(sent), decode_choices=False)
    for signal in message.body:
        value = sent[signal.name]
        if value is None:
            assert str(got[signal.name]) == "not available"
            continue
        nearest = min(max(value, signal.low), signal.high)
        assert math.isclose(numbers[signal.name], nearest, abs_tol=signal.factor / 2 + 1e-9)
        if signal.words:
            assert str(got[signal.name]) == dict(signal.words)[round(nearest)]


def test_the_document_has_every_signal(request):
    """docs/can.md: place, scale, range, unit, number for "not available" and VSS path of each."""
    text = (request.config.rootpath / "docs" / "can.md").read_text()
    for message in MESSAGES:
        assert f"### {message.name}, `0x{message.can_id:08X}`, data id `0x{message.data_id:03X}`" in text
        for signal in (*HEADER, *message.body):
            absent = "–" if signal.absent is None else signal.absent
            span = f"{signal.low:g} … {signal.high:g} {signal.unit}".strip()
            row = (
                f"| {signal.name} | {signal.start} | {signal.length} | {signal.factor:g} | {signal.offset:g} | {span} "
            )
            assert f"{row}| {absent} | {signal.meaning} |" in text
            if signal.vss:
                assert f"| `{signal.vss}` | {signal.name} | {signal.vss_value} |" in text


def test_nothing_of_an_expression_has_a_word(ours):
    """Not even the cause's name is in the file."""
    assert "affect" not in dbc.text()
    assert ours.get_message_by_name(DRIVER_STATE.name).signals
