"""Nods: the head sinks slowly and starts up fast.

Knows the head's pitch against straight ahead. Must not know eyes or levels. Corroboration: a rule counts nods.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from alerts.dips import Dip, Samples, crossing
from alerts.timing import exceeds, reached


class NodSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a nod is."""

    upright_deg: Annotated[
        float, Meta(ge=2.0, le=10.0, description="a head lowered less is up; deg under straight ahead; (ours)")
    ] = 5.0
    deep_deg: Annotated[
        float, Meta(ge=8.0, le=30.0, description="a nod sinks at least so deep; deg under straight ahead; (ours)")
    ] = 12.0
    sink_s: Annotated[
        float, Meta(ge=0.2, le=3.0, description="and takes at least so long for it; s; a look down is faster (ours)")
    ] = 0.4
    return_s: Annotated[
        float, Meta(ge=0.2, le=1.5, description="and comes back in at most this; s; it starts up (ours)")
    ] = 0.4
    max_s: Annotated[float, Meta(ge=3.0, le=15.0, description="a longer one is no nod; s; (ours)")] = 8.0
    bridge_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="longest time between two judged samples of one nod; s; (ours)")
    ] = 0.35
    window_s: Annotated[float, Meta(ge=60.0, le=900.0, description="nods are counted over this; s; (ours)")] = 300.0


# A nod
# -----
# A dip (dips.py) of pitch between −upright_deg and −deep_deg. It sinks in sink_s or more, and from its last deep
# sample is up again within return_s. Who looks into the lap sinks fast; who lifts the eyes from it takes no start.


class Nods:
    """Counts nods in the window."""

    __slots__ = ("_dip", "_ends_s", "_settings", "count")

    def __init__(self, settings: NodSettings) -> None:
        self._settings = s = settings
        self._dip = Dip(-s.upright_deg, -s.deep_deg, bridge_s=s.bridge_s, max_s=s.max_s)
        self._ends_s: deque[float] = deque()
        self.count = 0

    @property
    def first_s(self) -> float:
        """When the first one counted ended."""
        return self._ends_s[0] if self._ends_s else 0.0

    def update(self, t_s: float, pitch_deg: float | None) -> None:
        """Take one sample."""
        dip = self._dip.update(t_s, pitch_deg)
        if dip and self._is_nod(dip):
            self._ends_s.append(t_s)
        while self._ends_s and self._ends_s[0] < t_s - self._settings.window_s:
            self._ends_s.popleft()
        self.count = len(self._ends_s)

    def _is_nod(self, dip: Samples) -> bool:
        s, back = self._settings, dip[::-1]
        sink_s = crossing(dip, -s.deep_deg) - crossing(dip, -s.upright_deg)
        return_s = crossing(back, -s.upright_deg) - crossing(back, -s.deep_deg)
        return reached(sink_s, s.sink_s) and not exceeds(return_s, s.return_s)
