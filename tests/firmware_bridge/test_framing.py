"""Bytes under fire: whatever happens to them on the way, no wrong frame comes out, on either side."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.framing import ENCODED_MAX, PAYLOADS, Frame, Receiver, Type, encode
from firmware_bridge.messages import Hello, Verdict
from tests.firmware_bridge.fuzz import BATCH, LIMITS, Fuzz

U8, U16, U32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))


@st.composite
def frames(draw):
    kind = draw(st.sampled_from(Type))
    header = [draw(field) for field in (U8, U16, U32, U32, U32, U32, U16, U16)]
    return Frame(kind, draw(messages(kind)), *header)


def messages(kind):
    """Every message of a kind that is in range."""
    if kind in (Type.HELLO_HOST, Type.HELLO_MCU):
        versions = st.tuples(st.integers(1, 255), st.integers(1, 255)).map(sorted)
        return st.builds(
            lambda both, rest: Hello(*both, *rest), versions, st.tuples(U16, U32, U32, U8, U8, U8, U8, U16)
        )
    size, limits = PAYLOADS[kind].LAYOUT.size, LIMITS[kind]
    bytes_of = [st.integers(0, limits.get(index, 255)) for index in range(size)]
    return st.tuples(*bytes_of).map(lambda values: PAYLOADS[kind].unpack(bytes(values)))


def both(core, data):
    """What the two decoders say of a stream, each fed in one piece and byte by byte: always the same."""
    python, c = Receiver(), Receiver()
    whole = python.feed(data)
    single = [result for byte in data for result in c.feed(bytes([byte]))]
    assert whole == single
    assert core.receiver().feed(data) == whole
    return whole


@given(frame=frames())
def test_a_frame_comes_back_as_it_was(core, frame):
    """Python → C → Python, any values."""
    wire = encode(frame)
    assert core.encode(frame) == wire
    assert both(core, wire) == [frame]


@given(data=st.binary(max_size=300))
def test_both_say_the_same_of_noise(core, data):
    """Random bytes give the same verdicts on both sides, and never a frame."""
    assert all(isinstance(result, Verdict) for result in both(core, data + b"\x00"))


@given(frame=frames(), edits=st.lists(st.tuples(st.integers(0, 63), U8), min_size=1, max_size=4))
def test_both_say_the_same_of_damaged_frames(core, frame, edits):
    """Bytes overwritten anywhere: the same verdicts on both sides."""
    wire = bytearray(encode(frame))
    for at, value in edits:
        wire[at % len(wire)] = value
    both(core, bytes(wire) + b"\x00")


@given(noise=st.binary(max_size=200), frame=frames())
def test_noise_in_front_costs_no_frame(core, noise, frame):
    """The delimiter in front ends the noise; the frame behind it is read."""
    assert both(core, noise + encode(frame))[-1] == frame


@pytest.mark.parametrize("side", ["python", "c"])
def test_one_flipped_bit_anywhere_is_refused_and_the_next_frame_read(golden_frames, core, side):
    """Every bit of every golden frame, delimiters too."""
    next_frame, next_wire = golden_frames["all_quiet"]
    for name, (_, wire) in golden_frames.items():
        for bit in range(8 * len(wire)):
            damaged = bytearray(wire)
            damaged[bit // 8] ^= 1 << bit % 8
            receiver = Receiver() if side == "python" else core.receiver()
            *refused, last = receiver.feed(bytes(damaged) + next_wire)
            assert last == next_frame, (name, bit)
            assert refused, (name, bit)
            assert all(isinstance(result, Verdict) for result in refused), (name, bit)


@settings(max_examples=20)
@given(length=st.integers(1, 5000))
def test_a_stream_without_end_is_cut_short(core, length):
    """No delimiter for ever: memory stays bounded, one verdict when it ends."""
    receiver = Receiver()
    receiver.feed(b"\x2a" * length)
    assert len(receiver._pending) <= ENCODED_MAX
    results = both(core, b"\x2a" * length + b"\x00")
    assert len(results) == 1
    assert results[0] is not Verdict.OK


def test_both_say_the_same_of_thousands_of_frames(core):
    """The fuzzer's path, short: every reason for refusal comes up, and no difference. The long run is its command."""
    fuzz = Fuzz(core, seed=20240601)
    for _ in range(6400 // BATCH):
        fuzz.batch()
    by_decoder = {Verdict.OK, Verdict.SIZE, Verdict.COBS, Verdict.CRC, Verdict.TYPE, Verdict.DATA_ID, Verdict.RANGE}
    assert set(fuzz.decoded) == by_decoder
    assert set(fuzz.judged) == set(Verdict) - by_decoder | {Verdict.OK, Verdict.RANGE}
