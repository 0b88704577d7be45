"""One observation and the vehicle's state in, all that the rules know out.

Knows which machine takes what, and when they forget. Must not know thresholds, speed gates or which finding is shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from alerts.affect import Consent
from alerts.house import ALWAYS, HOUSE
from alerts.rules import Judge, RuleSet
from alerts.settings import AlertSettings
from alerts.standby import standby_reason
from alerts.types import DriverState, VehicleState
from alerts.watch import Trip, Watch
from vision.types import FaceObservation


class DriverMonitor:
    """Follows one driver through one trip after another.

    Memory ends in two steps. In standby, and where time runs backwards, every machine starts anew: what it held
    belongs to a moment that cannot be continued. What was learned of the driver outlives that; it ends with the trip
    (ignition off).

    Args:
        settings: How measures are taken.
        rules: What is judged; all of them apply together. "Cannot see" is judged under any rules.
    """

    def __init__(self, settings: AlertSettings, rules: Sequence[RuleSet] = (HOUSE,)) -> None:
        self._settings = settings
        self._sets = (ALWAYS, *rules)
        self._last_s = -math.inf
        self._first = True
        self._again = False  # started inside a trip
        self._new_trip(Consent())

    def update(self, seen: FaceObservation, vehicle: VehicleState) -> DriverState:
        """Take one observation. Any time between two is allowed; what lies in a long one is not known."""
        t_s, standby = seen.t_s, standby_reason(vehicle, self._settings.standby)
        if t_s < self._last_s:
            self._new_watch()
        self._last_s = t_s
        if self._first:
            self._first = False
            self._again = _under_way(vehicle, self._settings.standby.under_way_kmh)
        self._trip.task.update(t_s, driving=standby is None)
        if standby is None:
            return self._watch.update(seen, vehicle, self._trip, again=self._again)
        if vehicle.ignition_on is False:
            self._again = False
            self._new_trip(Consent(left_on=vehicle.affect_consent))
        self._new_watch()
        return DriverState(
            t_s,
            unseen_reason="standby",
            baseline_learned=self._trip.baseline.learned,
            learning=self._trip.learning(again=self._again),
            driving_s=self._trip.task.driven_s,
            standby=standby,
            speed_kmh=vehicle.speed_kmh,
        )

    def _new_trip(self, consent: Consent) -> None:
        self._trip = Trip(self._settings, consent)
        self._new_watch()

    def _new_watch(self) -> None:
        self._watch = Watch(self._settings, Judge(self._sets))


def _under_way(vehicle: VehicleState, from_kmh: float) -> bool:
    return vehicle.speed_kmh is not None and vehicle.speed_kmh >= from_kmh
