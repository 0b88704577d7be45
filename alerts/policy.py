"""Of everything the rules found, the one thing that the vehicle should show now.

Knows levels, causes, speed gates and for how long something has been shown. Must not know how a finding came about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated

from msgspec import Meta, Struct

from alerts.timing import reached
from alerts.types import Alert, Cause, DriverState, Finding, Level

LAST_EPISODE = 65535  # the wire has 16 bits for the number, and 0 means none yet: after the last comes 1 again


class PolicySettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From which speed a cause is shown, and how an alert ends."""

    closure_from_kmh: Annotated[
        float, Meta(ge=0.0, le=50.0, description="microsleep and sleep are shown from; km/h; Euro NCAP: 20 [S2]")
    ] = 20.0
    distraction_from_kmh: Annotated[
        float, Meta(ge=0.0, le=50.0, description="distraction is shown from; km/h; (EU) 2023/2590: 20 [S]")
    ] = 20.0
    drowsy_from_kmh: Annotated[
        float, Meta(ge=0.0, le=70.0, description="drowsiness and yawns are shown from; km/h; Euro NCAP: 50 [S2]")
    ] = 50.0
    cannot_see_full_from_kmh: Annotated[
        float, Meta(ge=0.0, le=50.0, description="below, cannot_see is an information at most; km/h; (ours)")
    ] = 20.0
    gate_margin_kmh: Annotated[
        float, Meta(ge=0.0, le=10.0, description="an alert that is shown stays down to this much less; km/h; (ours)")
    ] = 3.0
    min_show_s: Annotated[
        float, Meta(ge=0.0, le=5.0, description="an alert is shown at least this long; s; (ours)")
    ] = 1.0
    linger_s: Annotated[
        float, Meta(ge=0.0, le=3.0, description="an alert ends this long after its rule stopped holding; s; (ours)")
    ] = 0.3


# Of two findings of one level the earlier here wins.
_URGENCY = (
    Cause.SLEEP,
    Cause.UNRESPONSIVE,
    Cause.MICROSLEEP,
    Cause.PHONE,
    Cause.LONG_DISTRACTION,
    Cause.SHORT_DISTRACTION,
    Cause.DROWSY,
    Cause.CANNOT_SEE,
    Cause.AFFECT,
    Cause.NONE,
)
_RANK = {cause: len(_URGENCY) - place for place, cause in enumerate(_URGENCY)}


# What is shown
# -------------
# The strongest finding that passes its speed gate is the candidate; strength is the level, then the urgency above.
#   candidate                       nothing shown      something shown
#   none                            quiet              keep until it may end, then quiet
#   weaker than what is shown       –                  keep until it may end, then show the candidate
#   as strong, or stronger          show it            show it
# What is shown may end when it has been shown for min_show_s and its own strength has not been reached for linger_s.
# A new cause is a new episode with a new number: an acknowledgement of a microsleep answers no sleep. The same cause
# at another level stays one episode. Standby, and time that runs backwards, end everything at once.


@dataclass(frozen=True, slots=True)
class _Shown:
    finding: Finding
    raised_s: float  # since this level of this cause is shown
    reached_s: float  # its strength was last reached


class Policy:
    """Chooses, and remembers what it shows.

    Args:
        settings: Speed gates and times of showing.
        last_episode_id: Of the policy that this one replaces: numbers are not used twice while the MCU remembers them.
    """

    def __init__(self, settings: PolicySettings, *, last_episode_id: int = 0) -> None:
        self._settings = settings
        self._shown: _Shown | None = None
        self._episode_id = last_episode_id
        self._last_s = -math.inf

    def update(self, state: DriverState) -> Alert:
        """Take the driver's state; returns what to show from now on."""
        if state.standby or state.t_s < self._last_s:
            self._shown = None
        self._last_s = state.t_s
        candidate = None if state.standby else self._strongest(state)
        self._shown = self._next(state.t_s, candidate)
        if self._shown is None:
            return Alert(state.t_s, episode_id=self._episode_id)
        finding = self._shown.finding
        return Alert(state.t_s, finding.level, finding.cause, self._episode_id, finding.why)

    @property
    def last_episode_id(self) -> int:
        """Number of the newest episode; 0 before the first."""
        return self._episode_id

    def _strongest(self, state: DriverState) -> Finding | None:
        passed = [gated for finding in state.findings if (gated := self._gated(finding, state.speed_kmh))]
        return max(passed, key=_strength, default=None)

    def _gated(self, finding: Finding, speed_kmh: float | None) -> Finding | None:
        """The finding as far as the speed lets it through. An unknown speed is above every gate."""
        gate_kmh = self._gate_kmh(finding.cause)
        if self._shown and _same_gate(self._shown.finding.cause, finding.cause):
            gate_kmh -= self._settings.gate_margin_kmh
        if speed_kmh is None or not speed_kmh < gate_kmh:
            return finding
        if finding.cause is Cause.CANNOT_SEE:
            return replace(finding, level=min(finding.level, Level.INFORMATION))
        return None

    def _gate_kmh(self, cause: Cause) -> float:
        s = self._settings
        if cause is Cause.DROWSY:
            return s.drowsy_from_kmh
        if cause is Cause.LONG_DISTRACTION:
            return s.distraction_from_kmh
        return s.cannot_see_full_from_kmh if cause is Cause.CANNOT_SEE else s.closure_from_kmh

    def _next(self, t_s: float, candidate: Finding | None) -> _Shown | None:
        shown = self._shown
        if shown is None:
            return self._show(t_s, candidate) if candidate else None
        if candidate and _strength(candidate) >= _strength(shown.finding):
            return self._show(t_s, candidate)
        if not self._may_end(t_s, shown):
            return shown
        return self._show(t_s, candidate) if candidate else None

    def _may_end(self, t_s: float, shown: _Shown) -> bool:
        s = self._settings
        return reached(t_s - shown.raised_s, s.min_show_s) and reached(t_s - shown.reached_s, s.linger_s)

    def _show(self, t_s: float, finding: Finding) -> _Shown:
        shown = self._shown
        if shown is None or shown.finding.cause is not finding.cause:
            self._episode_id = self._episode_id % LAST_EPISODE + 1
        elif shown.finding.level == finding.level:
            return _Shown(finding, shown.raised_s, t_s)
        return _Shown(finding, t_s, t_s)


def _same_gate(shown: Cause, found: Cause) -> bool:
    """A microsleep that becomes sleep is one closure: what let the first through must not stop the worse one."""
    return shown is found or {shown, found} == {Cause.MICROSLEEP, Cause.SLEEP}


def _strength(finding: Finding) -> tuple[Level, int]:
    return finding.level, _RANK[finding.cause]
