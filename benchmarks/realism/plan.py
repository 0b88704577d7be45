"""Which frames the judges see: for each identity the same walk through lids, head, jaw and gaze.

Knows moments. Must not know how they are drawn or judged.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.types import Moment

FIRST_SEED = 900_000  # tuning looks at identities far below; these are fresh
CLOSURES = (0.0, 0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0, 1.0)
YAWS_DEG = (-40.0, -30.0, -20.0, -10.0, 10.0, 20.0, 30.0, 40.0)
PITCHES_DEG = (-30.0, -22.0, -14.0, -6.0, 2.0, 10.0)  # the camera looks 11° up: about level to it
JAWS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
GAZES_DEG = ((-20.0, 0.0), (-10.0, 0.0), (10.0, 0.0), (20.0, 0.0), (0.0, 10.0), (0.0, -12.0))


def moments(identity: int) -> Iterator[tuple[str, Moment]]:
    """What is varied, and the moment; 42 of them."""
    rng = np.random.default_rng([identity, 42])
    for closure in CLOSURES:
        yaw, pitch = rng.uniform(-8, 8), rng.uniform(-6, 6)
        yield "lids", _moment(head_deg=(yaw, pitch, rng.uniform(-4, 4)), closure=(closure, closure))
    for _ in range(6):
        left, right = rng.uniform(0, 1, 2)
        yield "one lid", _moment(closure=(left, right))
    for yaw in YAWS_DEG:
        yield "yaw", _moment(head_deg=(yaw, 0.0, 0.0))
    for pitch in PITCHES_DEG:
        yield "pitch", _moment(head_deg=(0.0, pitch, 0.0))
    for jaw in JAWS:
        yield "jaw", _moment(units={"jawOpen": jaw})
    for gaze in GAZES_DEG:
        yield "gaze", _moment(gaze_deg=gaze)


def _moment(
    head_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    closure: tuple[float, float] = (0.0, 0.0),
    units: dict[str, float] | None = None,
    gaze_deg: tuple[float, float] | None = None,
) -> Moment:
    # Eyes go with the head unless the gaze is what is varied.
    return Moment(head_deg=head_deg, gaze_deg=gaze_deg or head_deg[:2], closure=closure, units=units or {})
