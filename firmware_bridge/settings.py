"""Settings of the link to the vehicle's hardware. Knows ranges. Must not know where they were written."""

from __future__ import annotations

from typing import Annotated

import msgspec

from firmware_bridge.timing import STATE_PERIOD_MS, STATE_TTL_MS, TTL_MAX_MS


class LinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the service reaches the microcontroller and what it lets it do."""

    port: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            pattern=r"^[^\x00]+$",
            description="path of the serial port; a stable name, so that it is found again; no NUL character",
        ),
    ] = "/dev/cabinwatch-mcu"
    baud: Annotated[
        int, msgspec.Meta(ge=9600, le=4_000_000, description="bits a second; at 9600 set period_s to 0.1")
    ] = 115_200
    period_s: Annotated[
        float,
        msgspec.Meta(ge=0.02, le=0.2, description="time between states, s; the MCU's time-out is 0.5 s"),
    ] = STATE_PERIOD_MS / 1000
    ttl_s: Annotated[
        float,
        msgspec.Meta(
            ge=0.3, le=TTL_MAX_MS / 1000, description="how old a judged frame may be when shown, s; MCU's limit 2 s"
        ),
    ] = STATE_TTL_MS / 1000
    write_timeout_s: Annotated[
        float, msgspec.Meta(ge=0.05, le=0.4, description="a port that takes no byte for so long is reopened, s")
    ] = 0.2
    reopen_max_s: Annotated[
        float,
        msgspec.Meta(
            ge=0.1, le=1.0, description="longest pause between attempts to open the port, s; the watchdog allows 2 s"
        ),
    ] = 1.0
    buzzer: Annotated[bool, msgspec.Meta(description="may the MCU sound its buzzer")] = True
    haptic: Annotated[bool, msgspec.Meta(description="may the MCU shake the seat or wheel")] = True
    illuminator: Annotated[bool, msgspec.Meta(description="may the MCU switch its infrared illuminator on")] = True
