"""One observation and the vehicle's state in, all that the rules know out.

Knows which machine takes what, and when they forget. Must not know thresholds, speed gates or which finding is shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from alerts.affect import Consent, refusal
from alerts.always import ALWAYS
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
    (ignition off), as the driver's consent does.

    Args:
        settings: How measures are taken.
        rules: What is judged; all of them apply together. "Cannot see" is judged under any rules.
    """

    def __init__(self, settings: AlertSettings, rules: Sequence[RuleSet]) -> None:
        self._settings = settings
        self._sets = (ALWAYS, *rules)
        self._last_s = -math.inf
        self._speed_told = False  # on this trip
        self._again = False  # started inside a trip
        self._new_trip(Consent())

    def update(self, seen: FaceObservation, vehicle: VehicleState) -> DriverState:
        """Take one observation. Any time between two is allowed; what lies in a long one is not known."""
        t_s, standby = seen.t_s, standby_reason(vehicle, self._settings.standby)
        if t_s < self._last_s:
            self._new_watch()
        self._last_s = t_s
        if not self._speed_told and vehicle.speed_kmh is not None:
            self._speed_told = True
            self._again = vehicle.speed_kmh >= self._settings.standby.under_way_kmh
        self._trip.task.update(t_s, driving=standby is None)
        if standby is None:
            return self._watch.update(seen, vehicle, self._trip, again=self._again)
        if vehicle.ignition_on is False:
            self._speed_told, self._again = True, False
            self._new_trip(Consent(off=vehicle.affect_consent is False))
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

    def may_read_expressions(self, vehicle: VehicleState) -> bool:
        """Whether the next sample's expression may be read at all: to be asked first, with the same vehicle."""
        if standby_reason(vehicle, self._settings.standby) is not None:
            return False
        return refusal(self._settings.terms, consent=self._trip.consent.given(vehicle.affect_consent)) is None

    def _new_trip(self, consent: Consent) -> None:
        self._trip = Trip(self._settings, consent)
        self._new_watch()

    def _new_watch(self) -> None:
        self._watch = Watch(self._settings, Judge(self._sets))
