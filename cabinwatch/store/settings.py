"""How long events are kept, and where. Meaning, unit, range and source of each setting."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

FILE = "events.db"


class EventSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The event store. Whichever bound is met first, the oldest events go."""

    keep: Annotated[bool, msgspec.Meta(description="whether events are stored at all")] = True
    path: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, pattern=r"^[^\x00]+$")] | None,
        msgspec.Meta(description="file; null = events.db in systemd's state directory, and none without one"),
    ] = None
    # Source: GDPR Art. 5(1)(e) names no number; 30 days is long enough for a workshop visit a month.
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=365, description="older events are deleted, days")] = 30
    # Source: a drive leaves some 20 events an hour, so that these bounds are reached by a fault and not by driving.
    max_events: Annotated[int, msgspec.Meta(ge=100, le=1_000_000, description="the oldest go beyond it")] = 50_000
    max_mb: Annotated[int, msgspec.Meta(ge=1, le=1024, description="size of the file, MiB; the oldest go beyond")] = 16

    def file(self, environment: Mapping[str, str] = os.environ) -> Path | None:
        """Where events are stored; None where they are not."""
        if not self.keep:
            return None
        if self.path is not None:
            return Path(self.path)
        folder = environment.get("STATE_DIRECTORY", "").split(":")[0]  # systemd gives all it made, the first is ours
        return Path(folder) / FILE if folder else None
