"""Whether the vehicle drives forward, stands parked or is switched off. Knows the vehicle's state and nothing else."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from alerts.types import Gear, TurnSignal, VehicleState


class StandbySettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When the rules rest."""

    below_kmh: Annotated[
        float, Meta(ge=0.0, le=10.0, description="a vehicle known to be this fast is never in standby; km/h; (ours)")
    ] = 5.0
    rest_s: Annotated[
        float, Meta(ge=300.0, le=3600.0, description="standby this long is a rest; s; it ends the time on task (ours)")
    ] = 900.0
    under_way_kmh: Annotated[
        float,
        Meta(ge=5.0, le=50.0, description="a trip whose first known speed is this began earlier; km/h; (ours)"),
    ] = 20.0


def standby_reason(vehicle: VehicleState, settings: StandbySettings) -> str | None:
    """Why nothing is to be judged now, or None.

    What is not known never leads here: no ignition signal is on, no gear is not PARK. A vehicle known to move is
    driven, whatever ignition and gear say: one of the three signals is wrong, and that one must not silence the rules.
    """
    if vehicle.speed_kmh is not None and vehicle.speed_kmh >= settings.below_kmh:
        return None
    if vehicle.ignition_on is False:
        return "ignition off"
    return "parked" if vehicle.gear is Gear.PARK else None


def drives_forward(vehicle: VehicleState, from_kmh: float) -> bool:
    """Known to drive straight on at this speed or more; an unknown speed is not."""
    return (
        vehicle.speed_kmh is not None
        and vehicle.speed_kmh >= from_kmh
        and vehicle.gear not in (Gear.REVERSE, Gear.PARK)
        and vehicle.turn_signal is TurnSignal.OFF
    )


def slower(vehicle: VehicleState, than_kmh: float) -> bool:
    """Known to drive more slowly; an unknown speed is not."""
    return vehicle.speed_kmh is not None and vehicle.speed_kmh < than_kmh


class TimeOnTask:
    """How long the driver has driven since the start or the last rest."""

    __slots__ = ("_last_s", "_resting_s", "_settings", "driven_s")

    _LONGEST_STEP_S = 5.0  # what lies between two samples further apart is not known to be driving

    def __init__(self, settings: StandbySettings) -> None:
        self._settings = settings
        self._last_s: float | None = None
        self._resting_s = 0.0
        self.driven_s = 0.0

    def update(self, t_s: float, *, driving: bool) -> None:
        """Take one sample."""
        step_s = 0.0 if self._last_s is None else t_s - self._last_s
        self._last_s = t_s
        if not driving:
            self._resting_s += max(0.0, step_s)
            if self._resting_s >= self._settings.rest_s:
                self.driven_s = 0.0
            return
        self._resting_s = 0.0
        if 0.0 < step_s <= self._LONGEST_STEP_S:
            self.driven_s += step_s
