"""The benchmark of the link measures what it says: frames that both ends act on, damage that they refuse."""

from __future__ import annotations

import re

from benchmarks.link import RSS_POINTS, measure_memory


def test_frames_are_acted_on_while_memory_is_read(capsys):
    """Most of the frames, at either end: a loop in which everything is refused would prove nothing."""
    measure_memory(3000)
    told = capsys.readouterr().out
    assert len(re.findall(r"RSS \d+\.\d\d MB", told)) == RSS_POINTS + 1
    at_the_mcu, at_the_host = map(int, re.search(r"acted on: (\d+) .*, (\d+) frames at the host", told).groups())
    assert at_the_mcu + at_the_host > 2900
    assert at_the_mcu + at_the_host < 3010
