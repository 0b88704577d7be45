"""Where events are published. Meaning, unit and range of each setting.

Apart from the publisher, so that the config can be read where MQTT is not installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import msgspec

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class FleetSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The vehicle's own broker, which carries events on. Without `broker` no MQTT is loaded and no socket opened."""

    broker: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(/[^\x00]+|[^\s/:]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5})$")] | None,
        msgspec.Meta(description="path of its Unix socket, or host:port; null = nothing is published"),
    ] = None
    topic: Annotated[str, msgspec.Meta(pattern=r"^[^#+\x00]{1,200}$", description="of every event")] = (
        "cabinwatch/events"
    )
    tls: Annotated[bool, msgspec.Meta(description="whether to speak TLS; needed for a host that is not this one")] = (
        False
    )

    def __post_init__(self) -> None:
        if self.broker is None:
            return
        if find_spec("paho") is None:
            raise ValueError("broker is set, but MQTT is not installed: pip install 'cabinwatch[mqtt]'")
        if not self.is_path and self.host not in LOOPBACK and not self.tls:
            raise ValueError(
                f"broker {self.broker} is another machine: set tls: true, or use this machine's own broker"
            )

    @property
    def is_path(self) -> bool:
        """Whether the broker is a socket in the file system, which needs no network."""
        return (self.broker or "").startswith("/")

    @property
    def host(self) -> str:
        return (self.broker or "") if self.is_path else (self.broker or "").rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return 1 if self.is_path else int((self.broker or "").rpartition(":")[2])  # 1: a path has none, paho wants one
