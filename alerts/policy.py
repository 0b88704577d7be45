"""Of everything the rules found, the one thing that the vehicle should show now.

Knows levels, causes, speed gates, the acknowledge button and for how long something has been shown. Must not know how
a finding came about.
"""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from alerts.timing import reached
from alerts.types import Alert, Cause, Cue, DriverState, Finding, Level, VehicleState

LAST_EPISODE = 65535  # the wire has 16 bits for the number, and 0 means none yet: after the last comes 1 again


class PolicySettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How an alert goes on and how it ends."""

    gate_margin_kmh: Annotated[
        float, Meta(ge=0.0, le=10.0, description="an alert that is shown stays down to this much less; km/h; (ours)")
    ] = 3.0
    min_show_s: Annotated[
        float, Meta(ge=0.0, le=5.0, description="an alert is shown at least this long; s; (ours)")
    ] = 1.0
    linger_s: Annotated[
        float, Meta(ge=0.0, le=3.0, description="an alert ends this long after its rule stopped holding; s; (ours)")
    ] = 0.3
    notice_s: Annotated[
        float, Meta(ge=5.0, le=120.0, description="an information on drowsiness is shown at most so long; s; (ours)")
    ] = 30.0
    cool_down_s: Annotated[
        float,
        Meta(ge=30.0, le=1800.0, description="what was noticed or answered is not said again for this; s; (ours)"),
    ] = 300.0
    caution_again_s: Annotated[
        float, Meta(ge=15.0, le=300.0, description="a caution is prompted again after this; s; (ours)")
    ] = 60.0
    warning_again_s: Annotated[
        float, Meta(ge=2.0, le=60.0, description="a warning is prompted again after this; s; (ours)")
    ] = 6.0
    critical_again_s: Annotated[
        float, Meta(ge=0.5, le=10.0, description="a critical alert is prompted again after this; s; (ours)")
    ] = 2.0
    escalate_s: Annotated[
        float,
        Meta(
            ge=30.0,
            le=900.0,
            description="a caution on drowsiness unanswered for this becomes a warning; s; "
            "(EU) 2021/1341 lets warnings cascade until acknowledged [S2], the time (ours)",
        ),
    ] = 180.0
    lockout_from: Annotated[
        int, Meta(ge=1, le=20, description="so many critical alerts of a trip lock out; alerts; openpilot: 3 [S2]")
    ] = 3


# Of two findings of one level the earlier here wins.
_URGENCY = (
    Cause.SLEEP,
    Cause.UNRESPONSIVE,
    Cause.MICROSLEEP,
    Cause.LONG_DISTRACTION,
    Cause.SHORT_DISTRACTION,
    Cause.PHONE,
    Cause.DROWSY,
    Cause.CANNOT_SEE,
    Cause.AFFECT,
    Cause.NONE,
)
_RANK = {cause: len(_URGENCY) - place for place, cause in enumerate(_URGENCY)}

# One stretch of inattention may change its name as it grows: what let the first through must not stop the worse one.
_ATTENTION = frozenset(
    {
        Cause.SLEEP,
        Cause.UNRESPONSIVE,
        Cause.MICROSLEEP,
        Cause.LONG_DISTRACTION,
        Cause.SHORT_DISTRACTION,
        Cause.PHONE,
    }
)

# How it sounds, and who may be answered
# --------------------------------------
#   level         cue                                   prompted again      unanswered           may be acknowledged
#   INFORMATION   NOTICE                                never               ends after notice_s  yes
#   CAUTION       CHIME                                 caution_again_s     WARNING, escalate_s  yes
#   WARNING       ALARM                                 warning_again_s     –                    yes
#   CRITICAL      RESCUE; SLEEP_ALARM where asleep      critical_again_s    –                    no
# The end after notice_s and the step from CAUTION to WARNING are DROWSY's (and the first AFFECT's): who cannot be seen
# is told so for as long as that lasts, and no caution but drowsiness grows by itself.
#
# An acknowledgement names its episode. It silences cue and prompts and stops the step up, at the level shown or below;
# it takes nothing from the display. Sleep and a driver who does not respond are answered by eyes on the road alone.
#
# Cool-down: a notice that has run out, and an answered episode that ended, keep the same cause from being said again
# at that level or below for cool_down_s. Only DROWSY and AFFECT rest, and never a CRITICAL.

_CUES = {
    Level.NONE: Cue.NONE,
    Level.INFORMATION: Cue.NOTICE,
    Level.CAUTION: Cue.CHIME,
    Level.WARNING: Cue.ALARM,
    Level.CRITICAL: Cue.RESCUE,
}
_RESTS = frozenset({Cause.DROWSY, Cause.AFFECT})
_NEVER_ANSWERED = frozenset({Cause.SLEEP, Cause.UNRESPONSIVE})


# What is shown
# -------------
# The strongest finding that passes its speed gate is the candidate; strength is the level, then the urgency above, then
# which rule has held longer.
#   candidate                       nothing shown      something shown
#   none                            quiet              keep until it may end, then quiet
#   weaker than what is shown       –                  keep until it may end, then show the candidate
#   as strong, or stronger          show it            show it
# What is shown may end when it has been shown for min_show_s and its own strength has not been reached for linger_s.
# A new cause is a new episode with a new number: an acknowledgement of a microsleep answers no sleep. The same cause
# at another level stays one episode. Standby, and time that runs backwards, end everything at once.
#
# Lock-out: each run of CRITICAL counts one, whatever causes follow each other in it. The count ends with the ignition;
# after a restart inside a trip it comes back from the vehicle: see `Policy.recall`.


class _Shown(Struct, frozen=True):
    finding: Finding
    began_s: float  # of the episode
    raised_s: float  # since this level of this cause is shown
    reached_s: float  # its strength was last reached
    prompts: int  # so far in this episode
    prompted_s: float  # the last of them
    answered: Level = Level.NONE  # up to which level the driver has acknowledged


class Policy:
    """Chooses, and remembers what it shows.

    Args:
        settings: How an alert goes on and ends.
        last_episode_id: Of the policy that this one replaces: numbers are not used twice while the MCU remembers them.
        lockouts: Critical alerts of this trip so far, of the policy that this one replaces.
    """

    def __init__(self, settings: PolicySettings, *, last_episode_id: int = 0, lockouts: int = 0) -> None:
        self._settings = settings
        self._shown: _Shown | None = None
        self._episode_id = last_episode_id
        self._lockouts = lockouts
        self._last_s = -math.inf
        self._pressed: tuple[int, int] | None = None  # the button as it was last told
        self._resting: dict[Cause, tuple[Level, float]] = {}  # up to which level, until when

    def update(self, state: DriverState, vehicle: VehicleState | None = None) -> Alert:
        """Take the driver's state and the button; returns what to show from now on."""
        t_s = state.t_s
        if state.standby or t_s < self._last_s:
            self._shown = None
            self._resting.clear()
        if state.standby == "ignition off":
            self._lockouts = 0
        self._last_s = t_s
        self._answer(vehicle)
        candidate = None if state.standby or not state.findings else self._strongest(t_s, state)
        before = self._shown
        self._shown = self._next(t_s, candidate)
        if self._shown is not before:
            self._account(t_s, before)
        return self._alert(t_s)

    def recall(self, lockouts: int) -> None:
        """Take, once, how many critical alerts of this trip the vehicle remembers from before this policy began."""
        self._lockouts += lockouts

    @property
    def last_episode_id(self) -> int:
        """Number of the newest episode; 0 before the first."""
        return self._episode_id

    @property
    def lockouts(self) -> int:
        """Critical alerts of this trip."""
        return self._lockouts

    def _alert(self, t_s: float) -> Alert:
        lockouts = self._lockouts
        locked = lockouts >= self._settings.lockout_from
        shown = self._shown
        if shown is None:
            return Alert(t_s, episode_id=self._episode_id, lockouts=lockouts, locked=locked)
        finding = shown.finding
        answered = shown.answered >= finding.level
        cue = Cue.SLEEP_ALARM if finding.cause is Cause.SLEEP else _CUES[finding.level]
        return Alert(
            t_s,
            finding.level,
            finding.cause,
            self._episode_id,
            finding.why,
            Cue.NONE if answered else cue,
            shown.prompts,
            answered,
            lockouts,
            locked,
        )

    def _answer(self, vehicle: VehicleState | None) -> None:
        """Take the button: a press that names the episode shown answers it, once and at its level."""
        if vehicle is None:
            return
        pressed = vehicle.ack_count, vehicle.ack_episode_id
        before, self._pressed = self._pressed, pressed
        shown = self._shown
        if shown is None or before is None or pressed == before or vehicle.ack_episode_id != self._episode_id:
            return
        if shown.finding.cause not in _NEVER_ANSWERED:
            self._shown = replace(shown, answered=shown.finding.level)

    def _strongest(self, t_s: float, state: DriverState) -> Finding | None:
        passed = [gated for finding in state.findings if (gated := self._gated(t_s, finding, state.speed_kmh))]
        return max(passed, key=_strength, default=None)

    def _gated(self, t_s: float, finding: Finding, speed_kmh: float | None) -> Finding | None:
        """The finding as far as speed and rest let it through. An unknown speed is above every gate."""
        if self._rests(t_s, finding):
            return None
        gate_kmh = finding.from_kmh
        if self._shown and _same_gate(self._shown.finding.cause, finding.cause):
            gate_kmh -= self._settings.gate_margin_kmh
        if speed_kmh is None or not speed_kmh < gate_kmh:
            return self._escalated(t_s, finding)
        return replace(finding, level=min(finding.level, finding.slow_level)) if finding.slow_level else None

    def _rests(self, t_s: float, finding: Finding) -> bool:
        if rest := self._resting.get(finding.cause):
            level, until_s = rest
            if finding.level <= level and not reached(t_s, until_s):
                return True
        return self._has_run_out(t_s, finding)

    def _has_run_out(self, t_s: float, finding: Finding) -> bool:
        """A notice that has been shown long enough."""
        shown = self._shown
        return (
            shown is not None
            and finding.level is Level.INFORMATION
            and finding.cause in _RESTS
            and shown.finding.cause is finding.cause
            and shown.finding.level is Level.INFORMATION
            and reached(t_s - shown.raised_s, self._settings.notice_s)
        )

    def _escalated(self, t_s: float, finding: Finding) -> Finding:
        shown = self._shown
        if finding.cause is not Cause.DROWSY or finding.level is not Level.CAUTION:
            return finding
        if shown is None or shown.finding.cause is not Cause.DROWSY:
            return finding
        due = shown.answered < Level.CAUTION and reached(t_s - shown.began_s, self._settings.escalate_s)
        return replace(finding, level=Level.WARNING) if due else finding

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
            return _Shown(finding, t_s, t_s, t_s, 1, t_s)
        level, before = finding.level, shown.finding.level
        raised_s = shown.raised_s if level is before else t_s
        again = level > before or (shown.answered < level and self._due_again(t_s, level, shown.prompted_s))
        prompts, prompted_s = (shown.prompts + 1, t_s) if again else (shown.prompts, shown.prompted_s)
        return _Shown(finding, shown.began_s, raised_s, t_s, prompts, prompted_s, shown.answered)

    def _due_again(self, t_s: float, level: Level, prompted_s: float) -> bool:
        s = self._settings
        again_s = {
            Level.CAUTION: s.caution_again_s,
            Level.WARNING: s.warning_again_s,
            Level.CRITICAL: s.critical_again_s,
        }.get(level, math.inf)
        return reached(t_s - prompted_s, again_s)

    def _account(self, t_s: float, before: _Shown | None) -> None:
        """What a change of what is shown leaves behind: a lock-out counted, a cause that rests."""
        was = before.finding.level if before else Level.NONE
        now = self._shown
        if now and now.finding.level is Level.CRITICAL and was is not Level.CRITICAL:
            self._lockouts += 1
        if before is None or before.finding.cause not in _RESTS:
            return
        if now is not None and now.finding.cause is before.finding.cause:
            return
        noticed = Level.INFORMATION if was is Level.INFORMATION else Level.NONE
        rest = max(before.answered, noticed)
        if rest:
            self._resting[before.finding.cause] = (rest, t_s + self._settings.cool_down_s)


def _same_gate(shown: Cause, found: Cause) -> bool:
    return shown is found or (shown in _ATTENTION and found in _ATTENTION)


def _strength(finding: Finding) -> tuple[Level, int]:
    return finding.level, _RANK[finding.cause]
