"""The figures of "Residual error" in docs/protocol.md, counted."""

from __future__ import annotations

import zlib
from itertools import combinations

import numpy as np
import pytest

from firmware_bridge.framing import RAW_MIN, Receiver
from firmware_bridge.messages import Report, State, Verdict


def syndromes(size):
    """What each single wrong bit of a frame of `size` bytes does to the CRC's remainder."""
    clean = zlib.crc32(bytes(size - 4))
    flipped = (bytearray(size - 4) for _ in range(8 * (size - 4)))
    body = []
    for bit, data in enumerate(flipped):
        data[bit // 8] = 1 << bit % 8
        body.append(zlib.crc32(data) ^ clean)
    return np.array(body + [1 << bit for bit in range(32)], dtype=np.uint64)


def unseen(size):
    """How many patterns of 3, 4 and 5 wrong bits leave the CRC right."""
    single = syndromes(size)
    first, second = np.triu_indices(len(single), 1)
    pairs = single[first] ^ single[second]
    values, counts = np.unique(pairs, return_counts=True)
    three = int(np.isin(pairs, single).sum()) // 3
    four = int((counts * (counts - 1) // 2).sum()) // 3
    five = 0
    for least, syndrome in enumerate(single):  # three bits, the lowest of them `least`, against two others
        triples = pairs[first > least] ^ syndrome
        at = np.minimum(np.searchsorted(values, triples), len(values) - 1)
        five += int(counts[at[values[at] == triples]].sum())
    return three, four, five // 10  # each pattern of five was met in ten ways


@pytest.mark.parametrize(("message", "five"), [(State, 44), (Report, 180)])
def test_every_pattern_of_four_wrong_bits_is_found(message, five):
    """And of five all but a handful. The document names the numbers."""
    assert unseen(RAW_MIN + message.LAYOUT.size) == (0, 0, five)


def test_two_wrong_bits_on_the_line_are_refused(golden_frames):
    """Wherever they are: in the stuffing, where one becomes many in the frame, or in a delimiter."""
    _, wire = golden_frames["microsleep"]
    for one, other in combinations(range(8 * len(wire)), 2):
        damaged = bytearray(wire)
        damaged[one // 8] ^= 1 << one % 8
        damaged[other // 8] ^= 1 << other % 8
        results = Receiver().feed(bytes(damaged) + b"\0")
        assert all(isinstance(result, Verdict) for result in results), (one, other)
