"""Everything that is measured at the eyes, in one place: closures, PERCLOS, blinks, what the lids do.

Knows the order in which the machines of eyes.py, perclos.py, blinks.py and openness.py take one sample. Must not know
heads, limits or levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.blinks import Blinks
from alerts.eyes import Eyelids, Eyes, LongClosures, believed
from alerts.observability import EYES_DISAGREE, eyes_missing
from alerts.openness import OwnEyes, against, learning
from alerts.perclos import Perclos
from alerts.timing import Answer, FrameRate, exceeds
from alerts.types import Metric
from vision.types import FaceObservation

if TYPE_CHECKING:
    from alerts.settings import AlertSettings


class LidWatch:
    """The machines of both eyes."""

    def __init__(self, settings: AlertSettings) -> None:
        s = self._settings = settings
        self._eyes = Eyes(s.eyes)
        self.lids, self.long = Eyelids(s.eyes), LongClosures(s.eyes)
        self.blinks = Blinks(s.blinks)
        self.perclos = Perclos(s.perclos, s.eyes.bridge_s)
        self.closed: Answer = None
        self.missing: str | None = None  # why that is not known
        self.openness: float | None = None  # of the better seen eye, against the driver's own

    def see(self, seen: FaceObservation, no_face: str | None) -> None:
        """Whether the eyes are closed in this sample, or why that is unknown."""
        if no_face is not None:
            self.closed, self.missing = None, no_face
            return
        self.closed, self.missing = self._eyes.closed(seen.t_s, seen.left, seen.right), None
        if self.closed is None:
            self.missing = EYES_DISAGREE if self._eyes.disagree else eyes_missing(seen.left, seen.right)

    def awake(self, t_s: float) -> bool:
        """Open eyes, and no long closure of late: a moment to learn from."""
        last_s = self.long.last_s
        return self.closed is False and (last_s is None or exceeds(t_s - last_s, self._settings.baseline.alert_s))

    def update(self, seen: FaceObservation, own: OwnEyes, rate: FrameRate, *, valid: bool) -> None:
        """Take the sample that `see` saw; `valid` is whether it may teach what is normal for these eyes."""
        t_s = seen.t_s
        ended = self.lids.update(t_s, self.closed)
        self.long.update(t_s, ended)
        self.perclos.update(t_s, self.closed, self.lids, ended, rate)
        left = right = None
        if self.missing is None:
            low = self._settings.eyes.min_confidence
            left = believed(seen.left.openness, seen.left.confidence, low)
            right = believed(seen.right.openness, seen.right.confidence, low)
        left_is_better = right is None or (left is not None and seen.left.confidence >= seen.right.confidence)
        better, eye = (left, seen.left) if left_is_better else (right, seen.right)
        own.update(t_s, better, eye.confidence, valid=valid)
        self.openness = own.own(better)
        level = own.blink_level
        blink_s = self.blinks.update(t_s, against(left, level), against(right, level), rate)
        if blink_s is not None and valid:
            own.take_blink(blink_s)

    def told(self, own: OwnEyes, ratio: Metric, rate: FrameRate) -> dict[str, Any]:
        """The eyes' part of a DriverState."""
        minute, three, five = self.perclos.shares
        return {
            "visible": self.missing is None,
            "unseen_reason": self.missing,
            "eyes_closed": self.closed,
            "closed_for_s": self.lids.closed_for_s,
            "openness": self._relative(own),
            "perclos": minute,
            "perclos_180": three,
            "perclos_300": five,
            "blink_rate_hz": self.blinks.rate_hz(rate, self.perclos.judged_s, self.perclos.lacks_sight),
            "blink_s": self.blinks.duration(rate),
            "blink_left": self.blinks.left,
            "blink_right": self.blinks.right,
            "blink_ratio": ratio,
            "long_closures": self.long.count,
            "microsleeps": self.long.microsleeps,
        }

    def _relative(self, own: OwnEyes) -> Metric:
        """Openness against the driver's own, or why it is not that."""
        if self.openness is None:
            return Metric(reason=self.missing or "unsure")
        return Metric(self.openness) if own.level is not None else learning(own.learned)
