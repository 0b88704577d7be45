"""What a driver does all the time: blinks, breath, eyes that scan the road, a head that is never quite still.

Knows how often and how much, drawn once from the scenario's seed. Must not know the timeline's behaviours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Annotated

import numpy as np
from msgspec import Struct

from simulator.script import motions
from simulator.script.behaviour import within
from simulator.script.curves import BlinkShape, Saccades, Sway
from simulator.script.motions import Motion, Pose, added

BLINK = BlinkShape(closing_s=0.08, closed_s=0.035, opening_s=0.155)  # of the median alert driver
BLINK_GAP_S = 0.15  # between two blinks at least
CALM_BREATH = 0.5  # of the deepest
PEOPLE_SPREAD = 0.12  # of blink duration from driver to driver, as a standard deviation of its logarithm
INTERVAL_SPREAD = 0.65  # of the time between two blinks
FIXATION_SPREAD = 0.5


class Ambient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes on throughout; 0 turns a thing off."""

    blinks_per_min: Annotated[float, within(0.0, 40.0, "spontaneous blinks", "1/min", "10–25 [?]")] = 16.0
    incomplete: Annotated[float, within(0.0, 1.0, "share of blinks that do not shut the eye", "0–1")] = 0.12
    breaths_per_min: Annotated[float, within(0.0, 30.0, "breaths", "1/min", "12–18 [?]")] = 14.0
    scan_deg: Annotated[float, within(0.0, 15.0, "how far the eyes stray over the road, sideways", "deg")] = 4.0
    fixation_s: Annotated[float, within(0.1, 5.0, "how long they rest, on average", "s")] = 0.7
    head_deg: Annotated[float, within(0.0, 4.0, "how far the head strays, sideways", "deg")] = 1.0
    road: Annotated[float, within(0.0, 4.0, "how rough the road is, 1 a good one", "×")] = 1.0


class Undertone:
    """The endless part of it: breath, scanning, sway."""

    def __init__(self, ambient: Ambient, rng: np.random.Generator, duration_s: float) -> None:
        self._ambient = ambient
        self._turn = tuple(Sway(rng, 0.03, 0.3) for _ in range(3))
        self._body = tuple(Sway(rng, 0.03, 0.25) for _ in range(3))
        self._shake = tuple(Sway(rng, 1.0, 3.5) for _ in range(3))
        self._breath_phase = float(rng.uniform(0.0, 2.0 * math.pi))
        self._scan = _scan(ambient, rng, duration_s)

    def act(self, pose: Pose, t_s: float) -> None:
        """Lay it under the pose."""
        breath = self._breath(t_s)
        pose.breath += breath
        pose.scan = self._scan(t_s)
        yaw, pitch, roll = (sway(t_s) for sway in self._turn)
        stray = self._ambient.head_deg
        pose.nudged = added(pose.nudged, (yaw, 0.6 * pitch, 0.5 * roll), stray)
        jolt, dip, rock = (sway(t_s) for sway in self._shake)
        pose.nudged = added(pose.nudged, (0.05 * rock, 0.15 * dip, 0.12 * jolt), self._ambient.road)
        aside, up, forward = (sway(t_s) for sway in self._body)
        pose.lean = added(pose.lean, (3.0 * aside, 1.0 * up + 0.8 * breath, 2.0 * forward), stray)
        pose.lean = added(pose.lean, (0.5 * rock, 0.9 * jolt, 0.3 * dip), self._ambient.road)

    def _breath(self, t_s: float) -> float:
        rate = self._ambient.breaths_per_min * math.tau / 60.0
        return CALM_BREATH * math.sin(self._breath_phase + rate * t_s) if rate else 0.0


def _scan(ambient: Ambient, rng: np.random.Generator, duration_s: float) -> Saccades:
    """Fixations around the road ahead; one in eight lies further out."""
    starts_s, places = [0.0], [(0.0, 0.0)]
    while starts_s[-1] < duration_s and ambient.scan_deg:
        starts_s.append(starts_s[-1] + lognormal(rng, ambient.fixation_s, FIXATION_SPREAD))
        far = 2.2 if rng.random() < 0.125 else 0.8
        yaw, pitch = rng.normal(0.0, far * ambient.scan_deg), rng.normal(-1.0, 0.35 * far * ambient.scan_deg)
        places.append((float(np.clip(yaw, -20.0, 20.0)), float(np.clip(pitch, -10.0, 6.0))))
    return Saccades(starts_s, places)


def blinks(
    ambient: Ambient, rng: np.random.Generator, duration_s: float, slowness: Callable[[float], float]
) -> Iterator[tuple[Motion, Motion]]:
    """All spontaneous blinks, left lid and right lid: log-normal intervals, the lids a few milliseconds apart.

    `slowness` says how many times as long a blink lasts at a time.
    """
    if not ambient.blinks_per_min:
        return
    own = lognormal(rng, 1.0, PEOPLE_SPREAD)
    t_s = float(rng.uniform(0.3, 60.0 / ambient.blinks_per_min))
    while t_s < duration_s:
        shape = BLINK.slowed(own * lognormal(rng, 1.0, 0.15) * slowness(t_s))
        depth = float(rng.uniform(0.5, 0.85)) if rng.random() < ambient.incomplete else 1.0
        lag_s = float(rng.normal(0.0, 0.003))
        yield motions.Lids(t_s, shape, depth, 0.0), motions.Lids(t_s + lag_s, shape, 0.0, depth)
        wait_s = lognormal(rng, 60.0 / ambient.blinks_per_min, INTERVAL_SPREAD)
        t_s += max(wait_s, shape.length_s + BLINK_GAP_S)


def lognormal(rng: np.random.Generator, mean: float, spread: float) -> float:
    """A draw with this mean whose logarithm has this standard deviation."""
    return float(mean * np.exp(spread * rng.standard_normal() - 0.5 * spread**2))
