"""Settings of CAN. Knows ranges. Must not know where they were written, nor any driver or file."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Numbers = tuple[int | str, ...]


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One value that comes from CAN."""

    signal: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[^.]+\.[^.]+$")] | None,
        msgspec.Meta(description="Message.Signal as can.dbc has them; null = not taken from CAN"),
    ] = None
    timeout_s: Annotated[
        float,
        msgspec.Meta(ge=0.05, le=10.0, description="so long after its last message the value is unknown, s"),
    ] = 0.5


class Quantity(Input, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number with a unit."""

    unit: Annotated[
        str | None, msgspec.Meta(description="the signal's unit where can.dbc has none or a wrong one; null = its own")
    ] = None


class Steering(Quantity, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The angle of the steering wheel."""

    positive: Annotated[
        Literal["left", "right"], msgspec.Meta(description="to which side of the driver the signal grows")
    ] = "left"


class Flag(Input, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """On or off."""

    when: Annotated[
        Numbers, msgspec.Meta(min_length=1, description="raw numbers, or words of can.dbc's value table, that mean on")
    ] = (1,)


class Selector(Input, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The gear. A number that stands in none of these lists is an unknown gear."""

    park: Annotated[Numbers, msgspec.Meta(description="raw numbers or words of can.dbc's value table")] = ()
    reverse: Annotated[Numbers, msgspec.Meta(description="raw numbers or words of can.dbc's value table")] = ()
    neutral: Annotated[Numbers, msgspec.Meta(description="raw numbers or words of can.dbc's value table")] = ()
    drive: Annotated[Numbers, msgspec.Meta(description="raw numbers or words of can.dbc's value table")] = ()


AnyInput = Quantity | Flag | Selector


class Inputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of the vehicle's state comes from CAN; the rest comes over the serial link alone."""

    speed_kmh: Quantity = Quantity()
    ignition_on: Flag = Flag()
    gear: Selector = Selector()
    turn_left: Flag = Flag()
    turn_right: Flag = Flag()
    steering_deg: Steering = Steering()
    ambient_lux: Quantity = Quantity(timeout_s=2.0)

    @property
    def wanted(self) -> dict[str, AnyInput]:
        """Those that are mapped, by name."""
        every: dict[str, AnyInput] = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: one for name, one in every.items() if one.signal is not None}


class CanSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The second output, and signals in. Without an interface nothing of CAN is loaded and nothing opened."""

    interface: Annotated[
        Literal["slcan", "socketcan", "virtual"] | None,
        msgspec.Meta(description="slcan: an adapter on a serial port; virtual: inside this process; null = no CAN"),
    ] = None
    channel: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            pattern=r"^[^\x00@]+$",
            description="socketcan: the network interface; slcan: the stable path of the adapter's serial port; no @",
        ),
    ] = "can0"
    bitrate: Annotated[
        Literal[10_000, 20_000, 50_000, 83_300, 100_000, 125_000, 250_000, 500_000, 750_000, 1_000_000],
        msgspec.Meta(description="of the bus, bit/s, set by us for slcan alone; socketcan: by ip link"),
    ] = 500_000
    dbc: Annotated[
        Annotated[str, msgspec.Meta(min_length=1)] | None,
        msgspec.Meta(description="path of the vehicle's own DBC file, which can.signals names; null = none"),
    ] = None
    signals: Inputs = Inputs()

    def __post_init__(self) -> None:
        if self.interface == "slcan" and not self.channel.startswith("/"):
            raise ValueError(
                f"channel = {self.channel!r}: slcan wants the path of the adapter's serial port, "
                "such as /dev/serial/by-id/usb-…"
            )
        if self.signals.wanted and self.dbc is None:
            raise ValueError(f"signals names {', '.join(self.signals.wanted)}, but dbc names no file to find them in")
