"""The cost of a judged frame. A bound that holds on a slow machine, told more exactly by `benchmarks.judgement`."""

from alerts.house import HOUSE
from benchmarks import judgement


def test_a_frame_costs_at_most_0_05_ms():
    """The best stretch of two minutes: what the code needs when nothing else runs."""
    samples = list(judgement.drive(30.0, 3.0))
    assert min(judgement.stretches_us(samples, (HOUSE,))) <= judgement.LIMIT_US
