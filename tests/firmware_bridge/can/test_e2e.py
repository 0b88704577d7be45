"""The protection: published numbers, and a receiver that notices what happens on the way."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.can.e2e import after, crc8, protect
from firmware_bridge.can.signals import MESSAGES
from tests.firmware_bridge.can.receiver import Receiver

ANY = st.binary(min_size=6, max_size=6).map(lambda body: bytes(2) + body)


def test_the_crc_is_sae_j1850():
    """The check value that catalogues of CRCs print for it, and the test data of AUTOSAR's CRC specification."""
    assert crc8(b"123456789", 0xFF) ^ 0xFF == 0x4B
    assert crc8(bytes(4), 0xFF) ^ 0xFF == 0x59
    assert crc8(bytes.fromhex("F20183"), 0xFF) ^ 0xFF == 0x37


@pytest.mark.parametrize(("counter", "expected"), [(0, "2a10000000000000"), (1, "7711000000000000")])
def test_the_published_examples(counter, expected):
    """AUTOSAR_PRS_E2EProtocol, data id mode nibble, data id 0x123, eight bytes of zeros."""
    assert protect(bytes(8), 0x123, counter).hex() == expected


def test_after_14_comes_0():
    """15 is never sent."""
    counters = list(itertools.accumulate(range(31), lambda counter, _: after(counter)))
    assert counters == [*range(15), *range(15), 0]


@given(ANY, st.sampled_from(MESSAGES), st.integers(0, 14))
def test_a_receiver_takes_what_was_sent(body, message, counter):
    sent = protect(body, message.data_id, counter)
    assert sent[2:] == body[2:]
    assert Receiver(message.data_id).judge(sent) == "first"


@given(ANY, st.integers(0, 14), st.sets(st.integers(0, 63), min_size=1, max_size=3))
def test_up_to_three_wrong_bits_are_always_noticed(body, counter, wrong):
    """CRC-8 J1850 has a Hamming distance of 4 up to 119 bits; ours covers 72."""
    message = MESSAGES[0]
    sent = int.from_bytes(protect(body, message.data_id, counter), "little")
    damaged = sent ^ sum(1 << bit for bit in wrong)
    assert Receiver(message.data_id).judge(damaged.to_bytes(8, "little")) == "wrong"


@given(ANY, st.integers(0, 14))
def test_a_message_under_another_s_id_is_noticed(body, counter):
    """A gateway that mixes them up: the data id is in the CRC."""
    alert, state = MESSAGES
    assert Receiver(state.data_id).judge(protect(body, alert.data_id, counter)) == "wrong"


@pytest.mark.parametrize(
    ("counters", "verdicts"),
    [
        ([0, 1, 2], ["first", "ok", "ok"]),
        ([13, 14, 0, 1], ["first", "ok", "ok", "ok"]),
        ([5, 5], ["first", "repeated"]),
        ([5, 7], ["first", "some lost"]),
        ([13, 1], ["first", "some lost"]),
        ([5, 10, 11], ["first", "lost", "ok"]),
        ([5, 4], ["first", "lost"]),
        ([3, 15], ["first", "wrong"]),
    ],
)
def test_repeats_and_losses_are_noticed(counters, verdicts):
    receiver = Receiver(MESSAGES[0].data_id)
    assert [receiver.judge(protect(bytes(8), MESSAGES[0].data_id, counter)) for counter in counters] == verdicts
