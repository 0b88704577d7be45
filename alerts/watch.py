"""All machines side by side: one observation goes through each of them once, in order, and comes out as a state.

Knows which measure feeds which, and how each measure explains itself. Must not know limits, levels or speed gates:
rules.py judges what is measured here.
"""

from __future__ import annotations

from collections.abc import Callable

from alerts import kss
from alerts.affect import Consent, Expressions, refusal
from alerts.attention import Attention
from alerts.baseline import Baseline, Pose
from alerts.distraction import LAP_WINDOW_S, WINDOW_S
from alerts.lidwatch import LidWatch
from alerts.mouth import Yawns
from alerts.nods import Nods
from alerts.observability import FROZEN, NOT_DRIVER, Frozen, Observability, face_missing, signals_of
from alerts.openness import OwnEyes
from alerts.perclos import WINDOWS_S
from alerts.posture import Place, elsewhere, place_of
from alerts.rules import Judge
from alerts.settings import AlertSettings
from alerts.standby import TimeOnTask, drives_forward, slower
from alerts.steering import Steering
from alerts.timing import FrameRate
from alerts.types import AffectState, DriverState, Drowsiness, Learning, Metric, Signals, VehicleState
from vision.types import Direction, FaceObservation, Mouth, Reason

_RATE_WINDOW_S = 5.0  # long enough to average dropped frames, short enough to notice a camera that slows down
_AHEAD_DEG = 15.0  # eyes are learned from while the head points ahead: a look down narrows them
_NO_MOUTH, _NO_DIRECTION = Mouth(), Direction()


class Trip:
    """What is kept from the ignition's on to its off."""

    def __init__(self, settings: AlertSettings, consent: Consent) -> None:
        self.consent = consent
        self.baseline = Baseline(settings.baseline, settings.mounting)
        self.eyes = OwnEyes(settings.openness)
        self.task = TimeOnTask(settings.standby)
        self._progress: tuple[float | bool, ...] = ()
        self._learning = Learning()

    def learning(self, *, again: bool) -> Learning:
        """How far all of it is; `again`: it was started inside a trip."""
        eyes, pose = self.eyes, self.baseline.learned
        progress = pose, eyes.learned, eyes.blinks_learned, again and pose < 1.0, eyes.eyewear_changed
        if progress != self._progress:
            self._progress, self._learning = progress, Learning(*progress)
        return self._learning


class Watch:
    """The machines, from one beginning to the next forgetting."""

    def __init__(self, settings: AlertSettings, judge: Judge) -> None:
        self._settings = s = settings
        self._judge = judge
        self._rate = FrameRate(_RATE_WINDOW_S)
        self._frozen, self._sight = Frozen(s.observability), Observability(s.observability)
        self._eyes, self._attention = LidWatch(s), Attention(s)
        self._yawns, self._nods, self._steering = Yawns(s.yawn), Nods(s.nod), Steering(s.steering)
        self._expressions, self._refused = Expressions(s.affect), AffectState()
        self._signs: kss.Signs | None = None
        self._level = Drowsiness()
        self._seen = FaceObservation(0.0)
        self._signals = Signals()
        self.unseen: tuple[tuple[str, str], ...] = ()
        self.still: tuple[str, ...] = ()
        self._since, self._clears = self._beginnings(), self._clearings()

    def update(self, seen: FaceObservation, vehicle: VehicleState, trip: Trip, *, again: bool) -> DriverState:
        """Take one observation outside of standby."""
        self._seen = seen
        self._rate.update(seen.t_s, frame=seen.face.reason is not Reason.NO_FRAME)
        head = self._see(seen, vehicle, trip)
        self._yawns.update(seen.t_s, seen.mouth if self._signals.face is None else _NO_MOUTH)
        self._nods.update(seen.t_s, head.pitch_deg if head else None)
        self._steering.update(seen.t_s, vehicle.steering_deg, vehicle.speed_kmh)
        self._sight.update(seen.t_s, self._eyes.missing, head_judged=head is not None)
        affect = self._affect(seen, consent=trip.consent.given(vehicle.affect_consent))
        return self._state(head, affect, vehicle, trip, again=again)

    def _see(self, seen: FaceObservation, vehicle: VehicleState, trip: Trip) -> Pose | None:
        """Eyes, head and gaze, and what may be learned from them; returns the head against straight ahead."""
        t_s, eyes, attention, baseline = seen.t_s, self._eyes, self._attention, trip.baseline
        place = place_of(seen.face)
        no_face = self._no_face(seen, place, baseline.place)
        eyes.see(seen, no_face)
        signals = signals_of(seen, no_face, eyes.missing, self._settings.observability, self._signals)
        if signals is not self._signals:
            self._signals, self.unseen, self.still = signals, signals.unseen(), signals.seen()
        valid = eyes.awake(t_s) and drives_forward(vehicle, self._settings.baseline.learn_from_kmh)
        if no_face is None:
            reported, gaze_reported = seen.head, seen.gaze
        else:  # a head hidden by its own turn says where it is even without a face
            place, gaze_reported = None, _NO_DIRECTION
            reported = seen.head if seen.head.reason is Reason.TURNED_AWAY else _NO_DIRECTION
        head, gaze = baseline.update(t_s, reported, gaze_reported, place, valid=valid)
        waits = slower(vehicle, self._settings.distraction.attend_from_kmh)
        attention.update(t_s, head, gaze, reported, baseline.seat, waits=waits)
        attention.follow(t_s, eyes.closed, no_face, place, baseline.place)
        eyes.update(seen, trip.eyes, self._rate, valid=valid and _ahead(head))
        return head

    def _no_face(self, seen: FaceObservation, place: Place | None, usual: Place | None) -> str | None:
        """Why there is no driver's face to judge, or None where there is one."""
        missing = face_missing(seen.face, self._settings.observability.face_min_confidence)
        if self._frozen.update(seen):
            return FROZEN
        if missing is None and elsewhere(place, usual, self._settings.posture):
            return NOT_DRIVER
        return missing

    def _affect(self, seen: FaceObservation, *, consent: bool) -> AffectState:
        """Expressions, where they may be read at this moment; consent that is taken back forgets them at once."""
        refused = refusal(self._settings.terms, consent=consent)
        if refused is None:
            return self._expressions.update(seen.t_s, seen.affect if self._signals.face is None else None)
        if self._expressions.used:
            self._expressions = Expressions(self._settings.affect)
        if self._refused.refused != refused:
            self._refused = AffectState(refused)
        return self._refused

    def _drowsiness(self, ratio: Metric, vehicle: VehicleState, driven_s: float) -> Drowsiness:
        eyes = self._eyes
        signs = kss.Signs(
            perclos=eyes.perclos.shares,
            blink_ratio=ratio,
            long_closures=eyes.long.count,
            microsleeps=eyes.long.microsleeps,
            yawns=self._yawns.weight,
            nods=self._nods.count,
            driven_min=int(driven_s / 60.0),
            local_hour=vehicle.local_hour,
            lane_sd_m=vehicle.lane_sd_m,
            steering=self._steering.count,
        )
        if signs != self._signs:
            self._signs, self._level = signs, kss.level(signs, self._settings.drowsiness)
        return self._level

    def _values(self, t_s: float, drowsy: Drowsiness, affect: AffectState, driven_s: float) -> dict[str, float | None]:
        """Every measure that a rule may name."""
        eyes, attention = self._eyes, self._attention
        minute, three, five = eyes.perclos.shares
        return {
            "closed_s": eyes.lids.closed_for_s,
            "perclos_60": minute.value,
            "perclos_180": three.value,
            "perclos_300": five.value,
            "kss": drowsy.level,
            "yawns": self._yawns.recent(t_s),
            "nods": float(self._nods.count),
            "slumped_s": attention.posture.slumped_for_s,
            "leaning_s": attention.posture.leaning_for_s,
            "glance_s": attention.glance.for_s,
            "area3_s": attention.area3.for_s,
            "away_in_30_s": attention.short.known_s,
            "lap_s": attention.lap.total_s,
            "inattentive_s": attention.inattention.for_s,
            "no_return_s": attention.inattention.since_warning_s,
            "eyes_unseen_s": self._sight.eyes_unseen_s,
            "unseen_s": self._sight.unseen_s,
            "driving_s": driven_s,
            "tension_s": affect.tension_s,
        }

    def _state(
        self, head: Pose | None, affect: AffectState, vehicle: VehicleState, trip: Trip, *, again: bool
    ) -> DriverState:
        t_s, eyes, attention = self._seen.t_s, self._eyes, self._attention
        driven_s, learning = trip.task.driven_s, trip.learning(again=again)
        ratio = trip.eyes.blink_ratio(eyes.blinks.mean(self._rate))
        drowsy = self._drowsiness(ratio, vehicle, driven_s)
        values = self._values(t_s, drowsy, affect, driven_s)
        findings = self._judge.judge(t_s, values, vehicle, self, eyes_judged=eyes.closed is not None)
        attention.inattention.take(t_s, findings, vehicle.speed_kmh)
        by_gaze = attention.looking.by == "gaze"
        return DriverState(
            t_s=t_s,
            signals=self._signals,
            lids=trip.eyes.lids(eyes.closed, eyes.openness, looks_down=attention.looking.down, by_gaze=by_gaze),
            yawns=self._yawns.count,
            covered_yawns=self._yawns.covered,
            yawning=self._yawns.yawning,
            talking=self._yawns.talking,
            nods=self._nods.count,
            head_yaw_deg=head.yaw_deg if head else None,
            head_pitch_deg=head.pitch_deg if head else None,
            drowsiness=drowsy,
            affect=affect,
            driving_s=driven_s,
            baseline_learned=learning.pose,
            learning=learning,
            seat=trip.baseline.seat,
            speed_kmh=vehicle.speed_kmh,
            findings=findings,
            **eyes.told(trip.eyes, ratio, self._rate),
            **attention.told(),
        )

    # What rules.Facts asks of a rule that holds.

    def since_s(self, measure: str, t_s: float) -> float:
        """When the interval began over which the measure was taken."""
        return self._since[measure](t_s)

    def clears_at(self, measure: str) -> float | None:
        """The number in the measure's words on how it clears."""
        return self._clears.get(measure)

    def unseen_for(self, measure: str) -> str | None:
        """What is missing, of a measure of blindness."""
        return self._sight.missing if measure in ("eyes_unseen_s", "unseen_s") else None

    def confidence(self, signal: str) -> float:
        """How sure that signal is in this sample; where it is not seen, or where none is needed, see the values."""
        seen = self._seen
        if not signal:
            return 1.0
        if getattr(self._signals, signal) is not None:
            return 0.0
        if signal == "eyes":
            return max(seen.left.confidence, seen.right.confidence)
        looked = seen.gaze if signal == "head" and self._attention.looking.by == "gaze" else getattr(seen, signal)
        return float(looked.confidence)

    def _beginnings(self) -> dict[str, Callable[[float], float]]:
        eyes, attention, sight = self._eyes, self._attention, self._sight
        minute_s, three_s, five_s = WINDOWS_S
        return {
            "closed_s": lambda _: eyes.lids.since_s,
            "perclos_60": lambda t_s: t_s - minute_s,
            "perclos_180": lambda t_s: t_s - three_s,
            "perclos_300": lambda t_s: t_s - five_s,
            "kss": lambda t_s: t_s - five_s,
            "yawns": lambda _: self._yawns.first_s,
            "nods": lambda _: self._nods.first_s,
            "slumped_s": lambda t_s: t_s - attention.posture.slumped_for_s,
            "leaning_s": lambda t_s: t_s - attention.posture.leaning_for_s,
            "glance_s": lambda _: attention.glance.since_s,
            "area3_s": lambda _: attention.area3.since_s,
            "away_in_30_s": lambda t_s: t_s - WINDOW_S,
            "lap_s": lambda t_s: t_s - LAP_WINDOW_S,
            "inattentive_s": lambda _: attention.inattention.since_s,
            "no_return_s": lambda _: attention.inattention.warned_since_s,
            "eyes_unseen_s": lambda t_s: t_s - sight.eyes_unseen_s,
            "unseen_s": lambda t_s: t_s - sight.unseen_s,
            "driving_s": lambda t_s: t_s,
            "tension_s": lambda t_s: t_s,
        }

    def _clearings(self) -> dict[str, float]:
        s = self._settings
        return {
            "closed_s": s.eyes.reopen_s,
            "yawns": s.yawn.notice_s,
            "glance_s": s.distraction.return_s,
            "area3_s": s.distraction.return_s,
            "away_in_30_s": s.distraction.reset_s,
            "inattentive_s": s.distraction.return_s,
            "no_return_s": s.distraction.return_s,
            "eyes_unseen_s": s.observability.regain_s,
            "unseen_s": s.observability.regain_s,
            "driving_s": s.standby.rest_s,
        }


def _ahead(head: Pose | None) -> bool:
    return head is not None and max(abs(head.yaw_deg), abs(head.pitch_deg)) <= _AHEAD_DEG
