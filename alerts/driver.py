"""One observation and the vehicle's state in, all that the rules know out.

Knows which machine takes what, and when they forget. Must not know thresholds, speed gates or which finding is shown.
"""

from __future__ import annotations

import math

from alerts.baseline import Baseline, Pose
from alerts.distraction import Glance
from alerts.drowsiness import Perclos, Yawns, long_closure
from alerts.eyes import Blinks, Eyelids, Winks, lids
from alerts.observability import EYES_DISAGREE, Observability, eyes_missing, face_missing
from alerts.settings import AlertSettings
from alerts.standby import drives_forward, standby_reason
from alerts.timing import Answer, FrameRate
from alerts.types import DriverState, Finding, VehicleState
from vision.types import Direction, Eye, FaceObservation, Mouth, Reason

_RATE_WINDOW_S = 5.0  # long enough to average dropped frames, short enough to notice a camera that slows down
_NO_EYE, _NO_MOUTH, _NO_HEAD = Eye(), Mouth(), Direction()


class DriverMonitor:
    """Follows one driver through one trip after another.

    Memory ends in two steps. In standby, and where time runs backwards, every machine starts anew: what it held
    belongs to a moment that cannot be continued. The learned pose outlives that; it ends with the trip (ignition off).
    """

    def __init__(self, settings: AlertSettings) -> None:
        self._settings = settings
        self._last_s = -math.inf
        self._new_trip()

    def update(self, seen: FaceObservation, vehicle: VehicleState) -> DriverState:
        """Take one observation. Any time between two is allowed; what lies in a long one is not known."""
        t_s = seen.t_s
        if t_s < self._last_s:
            self._watch = _Watch(self._settings)
        self._last_s = t_s
        standby = standby_reason(vehicle, self._settings.standby)
        if standby is None:
            return self._watch.update(seen, vehicle, self._baseline)
        if vehicle.ignition_on is False:
            self._new_trip()
        self._watch = _Watch(self._settings)
        return DriverState(
            t_s,
            unseen_reason="standby",
            baseline_learned=self._baseline.learned,
            standby=standby,
            speed_kmh=vehicle.speed_kmh,
        )

    def _new_trip(self) -> None:
        self._baseline = Baseline(self._settings.baseline, self._settings.mounting)
        self._watch = _Watch(self._settings)


class _Watch:
    """The machines, from one beginning to the next forgetting."""

    def __init__(self, settings: AlertSettings) -> None:
        self._settings = settings
        self._rate = FrameRate(_RATE_WINDOW_S)
        self._lids = Eyelids(settings.eyes, settings.closure.microsleep_s)
        self._winks = Winks(settings.eyes)
        self._blinks = Blinks(settings.eyes, settings.perclos.window_s)
        self._perclos = Perclos(settings.perclos, settings.eyes.bridge_s)
        self._yawns = Yawns(settings.yawn)
        self._glance = Glance(settings.distraction)
        self._sight = Observability(settings.observability)

    def update(self, seen: FaceObservation, vehicle: VehicleState, baseline: Baseline) -> DriverState:
        t_s, s = seen.t_s, self._settings
        no_face = face_missing(seen.face, s.observability.face_min_confidence)
        closed, missing = (None, no_face) if no_face else self._eyes(seen)
        pose = self._head(seen, vehicle, baseline, eyes_open=closed is False, face=no_face is None)

        self._rate.update(t_s, frame=seen.face.reason is not Reason.NO_FRAME)
        ended = self._lids.update(t_s, closed)
        self._blinks.update(t_s, ended, self._rate)
        perclos = self._perclos.update(t_s, closed, self._lids, ended, self._rate)
        self._yawns.update(t_s, _NO_MOUTH if no_face else seen.mouth)
        self._sight.update(t_s, missing, head_judged=pose is not None)

        found = (
            long_closure(t_s, self._lids, s.closure, s.eyes.reopen_s),
            self._perclos.finding(t_s, perclos),
            self._yawns.finding(t_s),
            self._glance.finding(t_s),
            self._sight.finding(t_s),
        )
        return DriverState(
            t_s=t_s,
            visible=missing is None,
            unseen_reason=missing,
            eyes_closed=closed,
            closed_for_s=self._lids.closed_for_s,
            perclos=perclos,
            blink_rate_hz=self._blinks.rate_hz(self._rate, self._perclos.judged_s, self._perclos.lacks_sight()),
            blink_s=self._blinks.duration(self._rate),
            yawns=self._yawns.count,
            yawning=self._yawns.yawning,
            head_away_for_s=self._glance.away_for_s,
            head_yaw_deg=pose.yaw_deg if pose else None,
            head_pitch_deg=pose.pitch_deg if pose else None,
            baseline_learned=baseline.learned,
            speed_kmh=vehicle.speed_kmh,
            findings=_those(found),
        )

    def _eyes(self, seen: FaceObservation) -> tuple[Answer, str | None]:
        """Whether they are closed, or why that is unknown."""
        if self._winks.too_long(seen.t_s, seen.left, seen.right):
            return None, EYES_DISAGREE
        closed = lids(seen.left, seen.right, self._settings.eyes)
        return closed, eyes_missing(seen.left, seen.right) if closed is None else None

    def _head(
        self, seen: FaceObservation, vehicle: VehicleState, baseline: Baseline, *, eyes_open: bool, face: bool
    ) -> Pose | None:
        """The head against straight ahead; teaches the baseline and follows the look on the way."""
        head = seen.head if face or seen.head.reason is Reason.TURNED_AWAY else _NO_HEAD
        valid = eyes_open and drives_forward(vehicle, self._settings.baseline.learn_from_kmh)
        pose = baseline.update(seen.t_s, head, valid=valid)
        self._glance.update(seen.t_s, pose, head)
        return pose


def _those(found: tuple[Finding | None, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in found if finding)
