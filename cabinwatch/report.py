"""What people hear of the running service: a log line when something changes, a status line once a second.

Knows words for people and what is worth a line. Must not decide anything. No landmark, no measurement of a face and
nothing of affect is ever written here: an alert that rests on an expression is shown to the driver and to nobody else.
"""

from __future__ import annotations

import logging
from collections import deque

from alerts.types import Alert, Cause, Level
from cabinwatch.log import event
from cabinwatch.pipeline import Judged
from cabinwatch.report_camera import CameraReporter
from cabinwatch.sentences import sentence
from cabinwatch.sentences_words import Language
from firmware_bridge.link import LinkStatus
from vision.types import NoFrame

STATUS_EVERY_S = 1.0
RATE_OVER_S = 2.0
DEGRADED = "degraded: "  # begins a status line that tells of trouble

_log = logging.getLogger("cabinwatch")


class Reporter:
    """Follows the judged samples and says what changed."""

    def __init__(self, language: Language = "en") -> None:
        self.language: Language = language  # of the sentences in the log
        self.camera: CameraReporter | None = None  # of the camera in use, where frames come through an intake
        self._camera_ok: bool | None = None
        self._link_up: bool | None = None
        self._alert = Alert(0.0)
        self._frames: deque[tuple[float, float]] = deque()  # (t_s, cost_ms) of the last RATE_OVER_S
        self._told_s = -float("inf")

    def judged(self, judged: Judged, link: LinkStatus, now_s: float, not_stored: str | None = None) -> str | None:
        """Logs what changed with this sample; returns the status line when it is due.

        `not_stored` is why events cannot be stored now; the store logs that itself.
        """
        changed = [self._camera(judged), self._link(link), self._alerts(judged.alert)]
        if self.camera is not None:
            changed.append(self.camera.changed(now_s))
        self._count(judged)
        if not any(changed) and now_s - self._told_s < STATUS_EVERY_S:
            return None
        self._told_s = now_s
        return self._status(judged, link, not_stored)

    def _camera(self, judged: Judged) -> bool:
        lost = isinstance(judged.sample, NoFrame)
        before, self._camera_ok = self._camera_ok, not lost
        if before is self._camera_ok:
            return False
        if isinstance(judged.sample, NoFrame):
            event(_log, logging.WARNING, "camera_silent", detail=judged.sample.detail)
        else:
            height, width = judged.sample.grey.shape
            event(_log, logging.INFO, "camera_delivers", size=f"{width}x{height}", camera=judged.sample.view.name)
        return True

    def _link(self, link: LinkStatus) -> bool:
        """Only for the status line: the link logs its own ups and downs."""
        before, self._link_up = self._link_up, link.up
        return before is not link.up

    def _alerts(self, alert: Alert) -> bool:
        before, alert = self._alert, told(alert)
        if _key(alert) == _key(before):
            return False
        self._alert = alert
        if alert.level is Level.NONE:
            event(_log, logging.INFO, "alert_cleared", cause=before.cause.name.lower(), episode=before.episode_id)
            return True
        level = logging.WARNING if alert.level >= Level.CAUTION else logging.INFO
        why = sentence(alert, self.language) if alert.why else None
        shown = {"level": alert.level.name.lower(), "cause": alert.cause.name.lower()}
        event(_log, level, "alert", **shown, episode=alert.episode_id, why=why)
        return True

    def _count(self, judged: Judged) -> None:
        t_s = judged.sample.t_s
        if not isinstance(judged.sample, NoFrame):
            self._frames.append((t_s, judged.seen.cost_ms))
        while self._frames and t_s - self._frames[0][0] > RATE_OVER_S:
            self._frames.popleft()

    def _status(self, judged: Judged, link: LinkStatus, not_stored: str | None) -> str:
        troubles = [judged.sample.detail] if isinstance(judged.sample, NoFrame) else []
        if self.camera is not None:
            troubles += self.camera.troubles()
        if not link.up:
            troubles.append(f"link down: {link.text}")
        troubles += judged.troubles
        if not_stored is not None:
            troubles.append(f"events not stored: {not_stored}")
        if troubles:
            return DEGRADED + "; ".join(troubles)
        return f"{self._watching(judged)}; {self._pace()}; link up; {self._alert_in_words()}"

    @staticmethod
    def _watching(judged: Judged) -> str:
        state = judged.state
        return "driver seen" if state.visible else f"driver not seen ({state.unseen_reason or 'unknown'})"

    def _pace(self) -> str:
        if not self._frames:
            return "0 frames/s"
        cost_ms = sum(cost for _, cost in self._frames) / len(self._frames)
        age = self.camera.age() if self.camera is not None else ""
        return f"{len(self._frames) / RATE_OVER_S:.0f} frames/s, {cost_ms:.1f} ms each{age}"

    def _alert_in_words(self) -> str:
        if self._alert.level is Level.NONE:
            return "no alert"
        return f"{self._alert.level.name.lower()}: {self._alert.cause.name.lower().replace('_', ' ')}"


def told(alert: Alert) -> Alert:
    """The alert, or quiet in place of one that rests on an expression."""
    return Alert(alert.t_s) if alert.cause is Cause.AFFECT else alert


def _key(alert: Alert) -> tuple[Level, Cause, int]:
    """What makes an alert another one. While all is quiet the number is the last episode's."""
    return alert.level, alert.cause, alert.episode_id if alert.level else 0
