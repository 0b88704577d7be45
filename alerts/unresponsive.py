"""A driver who does not come back: eyes closed or away on end, or no return after a warning.

Knows whether the driver attends, whether a warning was given and whether the face is gone. Must not know speed or how
attention is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from alerts.distraction import DistractionSettings
from alerts.timing import Answer, Hold
from alerts.types import Cause, Finding, Level
from vision.types import Reason

# Inattention
# -----------
# The table of timing.Hold over "eyes closed or looking away", in one stretch whichever of the two it is.
#   eyes     looking    answer
#   closed   any        inattentive
#   any      away       inattentive
#   open     road       attends
#   open     unknown    attends: open eyes have come back from sleep
#   unknown  road       attends, as far as can be told
#   unknown  unknown    unknown; but GONE after a warning
#
# GONE: the driver was warned during this stretch, has not been seen to come back, and now the *face* is away – out of
# the picture, turned, or sunk in the seat with the eyes unseen. A sleeper who slumps forward looks like that. It goes
# on counting as inattentive. A picture that is dark, blurred or missing is the camera's fault and not the driver's:
# that is unknown, and so is everything for a driver who was never warned. Cannot see is never asleep.
#
# Who reads at a red light attends to nothing and does nothing wrong: time at a speed known to be under
# attend_from_kmh does not count. The look away itself does: driving off with eyes down is warned at once.

_FACE_GONE = frozenset({Reason.NO_FACE.value, Reason.OUT_OF_FRAME.value, Reason.TURNED_AWAY.value, "not_driver_seat"})
_WARN_OF_ATTENTION = frozenset(
    {Cause.MICROSLEEP, Cause.SLEEP, Cause.LONG_DISTRACTION, Cause.SHORT_DISTRACTION, Cause.PHONE}
)


class Inattention:
    """Since when the driver has not attended, and since when in spite of a warning."""

    __slots__ = ("_hold", "_settings", "_slow_s", "_warned_s")

    def __init__(self, settings: DistractionSettings) -> None:
        self._settings = settings
        self._hold = Hold(settings.bridge_s)
        self._warned_s: float | None = None
        self._slow_s = -math.inf  # the last sample at which the vehicle was known to be slow

    @property
    def since_s(self) -> float:
        """Where the stretch began to count."""
        return max(self._hold.since_s, self._slow_s)

    @property
    def for_s(self) -> float:
        return max(0.0, self._hold.held_s - self.since_s) if self._hold.phase else 0.0

    @property
    def warned_since_s(self) -> float:
        """When the warning came that was not answered; the stretch's beginning where there was none."""
        return self.since_s if self._warned_s is None else self._warned_s

    @property
    def since_warning_s(self) -> float:
        """How long the driver has not come back after a warning; 0 where there was none."""
        return 0.0 if self._warned_s is None else max(0.0, self._hold.held_s - self._warned_s)

    def waits(self, t_s: float, *, now: bool) -> None:
        """Whether the vehicle is known to be slow in this sample."""
        if now:
            self._slow_s = t_s

    def update(self, t_s: float, closed: Answer, away: Answer, *, no_face: str | None, slumped: bool) -> None:
        """Take one sample; `no_face` is why there is no face, `slumped` whether it has sunk in the seat."""
        gone = self._warned_s is not None and (no_face in _FACE_GONE or (slumped and closed is None))
        self._hold.update(t_s, _inattentive(closed, away, gone=gone), self._settings.return_s)
        if not self._hold.phase:
            self._warned_s = None

    def take(self, t_s: float, findings: Sequence[Finding], speed_kmh: float | None) -> None:
        """Take what was found with that sample: the first warning shown in this stretch is the one to answer."""
        if self._warned_s is not None or not self._hold.phase:
            return
        for finding in findings:
            shown = speed_kmh is None or not speed_kmh < finding.from_kmh
            warns = finding.level >= Level.WARNING and finding.cause in _WARN_OF_ATTENTION
            if shown and warns and finding.raised_s >= self._hold.since_s:
                self._warned_s = t_s
                return


def _inattentive(closed: Answer, away: Answer, *, gone: bool) -> Answer:
    if closed or away or gone:
        return True
    return None if closed is None and away is None else False
