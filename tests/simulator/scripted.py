"""Small scenarios, and what every moment of any scenario must keep to."""

import math

import numpy as np
import yaml

from simulator.script.library import read
from simulator.script.motions import EYES_DEG, GAZE_DEG, HEAD_DEG, LEAN_MM
from simulator.script.table import BEHAVIOURS, DRIVING

STILL = {"blinks_per_min": 0, "breaths_per_min": 0, "scan_deg": 0, "head_deg": 0, "road": 0}
EVERY_S = 1 / 64


def script(*timeline, duration_s=40.0, ambient=None, **keys):
    """A scenario of these entries; nothing else moves unless asked."""
    document = {"description": "a test", "duration_s": duration_s, "ambient": STILL if ambient is None else ambient}
    return read(yaml.safe_dump({**document, "timeline": list(timeline), **keys}), name="test")


def over(scenario, start_s=0.0, end_s=None, every_s=EVERY_S):
    """Its moments in a stretch of time."""
    return [scenario.at(float(t_s)) for t_s in np.arange(start_s, end_s or scenario.duration_s, every_s)]


def played(scenario, fps):
    """All its moments at a frame rate."""
    return [scenario.at(frame / fps) for frame in range(math.ceil(scenario.duration_s * fps))]


def first(moments, holds):
    """When it holds first."""
    return next(moment.t_s for moment in moments if holds(moment))


def last(moments, holds):
    """When it holds last."""
    return first(moments[::-1], holds)


def check(moment):
    """Every channel is a finite number within its limits."""
    assert all(0.0 <= closure <= 1.0 for closure in moment.closure)
    assert all(0.0 <= amount <= 1.0 for amount in moment.units.values())
    for values, limits in ((moment.head_deg, HEAD_DEG), (moment.gaze_deg, GAZE_DEG), (moment.lean_mm, LEAN_MM)):
        assert all(low <= value <= high for value, (low, high) in zip(values, limits, strict=True))
    eyes = [gaze - head for gaze, head in zip(moment.gaze_deg, moment.head_deg, strict=False)]
    assert all(low - 1e-9 <= eye <= high + 1e-9 for eye, (low, high) in zip(eyes, EYES_DEG, strict=True))
    assert -1.0 <= moment.breath <= 1.0
    assert 0.0 <= moment.covered <= 1.0
    assert all(0.0 <= hand.arrived <= 1.0 for hand in (moment.left_hand, moment.right_hand))
    assert moment.behaviour in {*BEHAVIOURS, DRIVING}
