"""The benchmark of the judgement measures what it says; how long that takes is told by running it, not by a test."""

from benchmarks import judgement
from cabinwatch.rules import load_rules


def test_every_whole_stretch_of_the_drive_is_timed():
    """Three minutes at 30 frames a second are five stretches of a thousand frames; the rest is left out."""
    samples = list(judgement.drive(30.0, 3.0))
    stretches = list(judgement.stretches_us(samples, load_rules(["house"])))
    assert len(samples) == 5400
    assert len(stretches) == len(samples) // judgement.STRETCH
    assert all(us > 0 for us in stretches)
