"""What of the running service becomes an event.

Knows which changes of a judged sample are worth a row, and nothing of where the row goes. No picture, no landmark, no
measurement of a face and no expression is ever handed on: only what cabinwatch/leaves.py lists.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol, cast

from alerts.types import Alert, LevelName, VehicleState
from cabinwatch.leaves import AlertEnded, AlertShown, Camera, CauseTold, Counters, Fact, Link
from cabinwatch.pipeline import Judged
from cabinwatch.report import told
from firmware_bridge.link import LinkCounters, LinkStatus
from vision.types import NoFrame

COUNT_EVERY_S = 600.0
STEP_MAX_S = 1.0  # of the time watched: a longer gap between two frames counts as this much


class Keeping(Protocol):
    """What events are handed to."""

    @property
    def dropped(self) -> int: ...

    @property
    def trouble(self) -> str | None: ...

    def put(self, fact: Fact) -> None: ...

    def new_trip(self) -> None: ...

    def stop(self) -> None: ...


class NoStore:
    """Where no events are kept."""

    dropped = 0
    trouble = None

    def put(self, fact: Fact) -> None:
        """Forgets it."""

    def new_trip(self) -> None:
        """There is nothing that would belong to one."""

    def stop(self) -> None:
        """There is nothing left to store."""


@dataclass(slots=True)
class Tally:
    """What was counted since the start."""

    watched_s: float = 0.0
    frames: int = 0
    silences: int = 0
    alerts: Counter[CauseTold] = field(default_factory=Counter)  # episodes
    link_losses: int = 0


@dataclass(frozen=True, slots=True)
class Now:
    """How things are, for metrics."""

    counters: Counters
    camera_delivers: bool
    frame_age_s: float  # between exposure and judgement of the last frame
    link_up: bool


class Happenings:
    """Follows the judged samples; hands on what changed."""

    def __init__(self, store: Keeping) -> None:
        self.tally = Tally()
        self.store = store  # may be replaced between two samples
        self._seen_s: float | None = None  # moment of the last sample
        self._camera_ok: bool | None = None
        self._link_up: bool | None = None
        self._ignition_off = False
        self._alert = Alert(0.0)
        self._began_s = 0.0  # when that alert did
        self._count_due_s: float | None = None
        self._link = LinkCounters()
        self._age_s = 0.0

    def judged(self, judged: Judged, link: LinkStatus, now_s: float) -> None:
        """Looks at one more sample; `now_s` is on the clock of the samples."""
        t_s = judged.sample.t_s
        self._age_s = now_s - t_s
        self._follow_trip(judged.vehicle)
        self._follow_camera(t_s, delivers=not isinstance(judged.sample, NoFrame))
        self._follow_link(link)
        self._follow_alert(t_s, told(judged.alert))
        self._seen_s = t_s
        if self._count_due_s is None:
            self._count_due_s = t_s + COUNT_EVERY_S
        elif t_s >= self._count_due_s:
            self._count_due_s += COUNT_EVERY_S
            self.count()

    def count(self) -> None:
        """Hands on what was counted so far."""
        self.store.put(self._counters())

    def now(self) -> Now:
        """How things are. May be called from another thread."""
        return Now(self._counters(), bool(self._camera_ok), self._age_s, bool(self._link_up))

    def _counters(self) -> Counters:
        tally, link = self.tally, self._link
        return Counters(
            watched_s=round(tally.watched_s),
            frames=tally.frames,
            silences=tally.silences,
            alerts=tally.alerts.copy(),
            link_losses=tally.link_losses,
            link_sent=link.sent,
            link_received=link.received,
            link_gaps=link.gaps,
            link_refused=sum(link.refused.values()),
            events_dropped=self.store.dropped,
        )

    def _follow_trip(self, vehicle: VehicleState) -> None:
        """A trip begins when the ignition comes on; while it is unknown, nothing does."""
        if vehicle.ignition_on and self._ignition_off:
            self.store.new_trip()
        if vehicle.ignition_on is not None:
            self._ignition_off = not vehicle.ignition_on

    def _follow_camera(self, t_s: float, *, delivers: bool) -> None:
        before, self._camera_ok = self._camera_ok, delivers
        if delivers:
            self.tally.frames += 1
            self.tally.watched_s += 0.0 if self._seen_s is None else min(t_s - self._seen_s, STEP_MAX_S)
        if before is not delivers:
            self.tally.silences += not delivers
            self.store.put(Camera(delivers=delivers))

    def _follow_link(self, link: LinkStatus) -> None:
        self._link = link.counters
        before, self._link_up = self._link_up, link.up
        if before is not link.up:
            self.tally.link_losses += before is True
            self.store.put(Link(up=link.up))

    def _follow_alert(self, t_s: float, alert: Alert) -> None:
        before, self._alert = self._alert, alert
        same = _which(before) == _which(alert)
        if before.level and not same:
            lasted_s = round(t_s - self._began_s, 1)
            cause, acknowledged = _cause(before), before.acknowledged
            ended = AlertEnded(cause=cause, episode=before.episode_id, lasted_s=lasted_s, acknowledged=acknowledged)
            self.store.put(ended)
        if not alert.level:
            return
        if not same:
            self._began_s = t_s
            self.tally.alerts[_cause(alert)] += 1
        if not same or (before.level, before.acknowledged) != (alert.level, alert.acknowledged):
            self.store.put(_shown(alert))


def _which(alert: Alert) -> tuple[int, int] | None:
    """What makes an alert another one; None while all is quiet."""
    return (alert.cause, alert.episode_id) if alert.level else None


def _shown(alert: Alert) -> AlertShown:
    return AlertShown(
        level=cast("LevelName", alert.level.name.lower()),
        cause=_cause(alert),
        episode=alert.episode_id,
        code=alert.why.code if alert.why else 0,
        acknowledged=alert.acknowledged,
    )


def _cause(alert: Alert) -> CauseTold:
    """The word on the list; `packed` refuses one that is not."""
    return cast("CauseTold", alert.cause.name.lower())
