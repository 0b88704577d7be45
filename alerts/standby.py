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
