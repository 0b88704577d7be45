"""Where metrics are served. Meaning, unit and range.

Apart from the server, so that the config can be read where prometheus_client is not installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import msgspec


class MetricsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Counters for Prometheus, on this machine's loopback. Without `port` nothing is loaded and no socket opened."""

    port: Annotated[
        Annotated[int, msgspec.Meta(ge=1024, le=65535)] | None,
        msgspec.Meta(description="TCP port on 127.0.0.1; null = no metrics"),
    ] = None

    def __post_init__(self) -> None:
        if self.port is not None and find_spec("prometheus_client") is None:
            raise ValueError("port is set, but metrics are not installed: pip install 'cabinwatch[metrics]'")
