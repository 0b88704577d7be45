"""The cost of a judged frame, told by `python -m benchmarks.judgement`; here only that it has not grown out of hand."""

import sys

import pytest

from alerts.house import HOUSE
from benchmarks import judgement

SLOW_MACHINE = 3.0  # a shared build machine at its worst


@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer costs more than what it traces")
def test_a_frame_costs_about_what_it_may():
    """The best stretch of three minutes: what the code needs when nothing else runs."""
    samples = list(judgement.drive(30.0, 3.0))
    assert min(judgement.stretches_us(samples, (HOUSE,))) <= SLOW_MACHINE * judgement.LIMIT_US
