"""Clips through the whole product: observer with its track, then the rules, and what the rules said of the eyes.

Knows how events are written beside clips and how a DriverState tells blinks and closures. Must not know how they are
counted. Every clip and everybody gets the settings that the product ships with, in a car that drives: nothing here may
be set.

labels.csv has a row a clip: `file` (a clip, or a folder of its frames); `fps` where frame k was taken k / fps seconds
after the first (else the clip's own time stamps count); a person column; `awake` (1 / 0, or awake / asleep in state)
for clips without events; in_car, setting, group or condition for figures of their own. Events are rows of events.csv
beside it (or of the only events*.csv), or of labels.csv itself, with `file`, `event` and start_frame, end_frame (the
last frame of the event) or start_s, end_s (or onset_s, offset_s). Without a column `event` every row is a blink. A clip
without a row has no events, if there are events at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from alerts.driver import DriverMonitor
from alerts.types import Blink, DriverState, Gear, VehicleState
from cabinwatch.config import Config
from cabinwatch.pipeline import Observing
from cabinwatch.rules import load_rules
from training.evaluate.columns import NAMES, NO, YES, Row
from training.evaluate.events import Event, Events, events_of
from training.evaluate.job import Job, shown
from vision.camera import CameraError, CameraSettings, open_camera
from vision.types import Frame, Sample

# A car on the road, as the link would report it: the rules learn and judge as on a drive.
DRIVING = VehicleState(speed_kmh=100.0, ignition_on=True, gear=Gear.DRIVE)
AWAKE = YES | {"awake", "alert", "attentive"}
ASLEEP = NO | {"asleep", "sleep", "drowsy", "sleepy", "tired", "closed"}


@dataclass(frozen=True, slots=True)
class Watched:
    """One clip: what is true and what the product said."""

    name: str
    person: str
    setting: str  # of the column that groups clips; empty where there is none
    seconds: float
    face_found: float  # share of frames
    awake: bool | None  # None: only its events tell
    true: tuple[Event, ...]
    blinks: tuple[Event, ...]
    closures: tuple[Event, ...]


def watch(job: Job) -> tuple[Job, list[Watched]]:
    """Every clip from its beginning, each with fresh eyes and fresh rules."""
    clips, events = _clips(job), events_of(job.data, job.labels)
    watched: list[Watched | None] = []
    for row in shown(clips.labels.rows, "watching"):
        with clips.watching(follow=True) as observer:
            watched.append(_watch(clips, row, events, observer))
    kept = clips.labels.where((one is not None for one in watched), "unreadable")
    if not kept.rows:
        raise SystemExit(f"{job.labels.file}: none of its {len(watched)} clips can be read below {job.data}")
    return job.about(kept), [one for one in watched if one is not None]


def _watch(job: Job, row: Row, events: Events | None, observer: Observing) -> Watched | None:
    monitor, lids = DriverMonitor(Config().judgement(), load_rules(Config().rules)), Lids()
    times_s, faces = [], 0
    try:
        for sample in samples(job, row):
            seen = observer.observe(sample)
            lids.add(monitor.update(seen, DRIVING))
            if isinstance(sample, Frame):
                times_s.append(sample.t_s)
                faces += seen.face.box_px is not None
    except CameraError:
        return None
    if not times_s:
        return None
    period_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0 / 30.0
    labels = job.labels
    name, setting = row[labels.need("file")], labels.find("setting") or labels.find("source")
    return Watched(
        name=name,
        person=labels.person(row),
        setting=_setting(setting, row),
        seconds=times_s[-1] - times_s[0] + period_s,
        face_found=faces / len(times_s),
        awake=_awake(row),
        true=tuple(events.of(name, [*times_s, times_s[-1] + period_s])) if events else (),
        blinks=tuple(lids.blinks),
        closures=tuple(lids.closures(period_s)),
    )


def samples(job: Job, row: Row) -> Iterator[Sample]:
    """The clip, or a folder of its frames, through the product's own camera."""
    fps = job.labels.find("fps")
    rate = job.labels.number(row, fps) if fps and row[fps] else None
    with open_camera(CameraSettings(source=str(job.file(row).absolute()))) as camera:
        for index, sample in enumerate(camera):
            yield sample if rate is None else replace(sample, t_s=index / rate)


class Lids:
    """Blinks and closures as the states tell them, sample by sample."""

    def __init__(self) -> None:
        self.blinks: list[Event] = []
        self._last: tuple[Blink | None, Blink | None] = (None, None)
        self._shut: list[list[float]] = []  # [first sample closed, last, end of what has been seen of it]
        self._closed = False

    def add(self, state: DriverState) -> None:
        """Take one state."""
        now = state.blink_left, state.blink_right
        new = [blink for blink, last in zip(now, self._last, strict=True) if blink is not None and blink is not last]
        self._last = now
        if new and state.blink_s.value is not None:
            self._blink(new[0])
        self._closure(state)

    def _blink(self, blink: Blink) -> None:
        """Both eyes' blinks are one, counted by the one that ends first, as in alerts/blinks.py."""
        if not self.blinks or blink.start_s >= self.blinks[-1].end_s:
            self.blinks.append(Event("blink", blink.start_s, blink.end_s))

    def _closure(self, state: DriverState) -> None:
        if state.eyes_closed:
            start_s = state.t_s - state.closed_for_s
            if not self._shut or start_s > self._shut[-1][1]:
                self._shut.append([start_s, state.t_s, state.t_s])
            self._shut[-1][1:] = state.t_s, state.t_s
        elif state.eyes_closed is False and self._closed:
            self._shut[-1][2] = state.t_s  # a closure lasts to the first open sample
        self._closed = bool(state.eyes_closed)

    def closures(self, period_s: float) -> Iterator[Event]:
        """From the first closed sample to the first open one; a closure at the clip's end, to the end."""
        for start_s, last_s, end_s in self._shut:
            ended_s = last_s + period_s if self._closed and last_s == self._shut[-1][1] else end_s
            yield Event("closure", start_s, ended_s)


def _clips(job: Job) -> Job:
    """One row a clip; rows of events in labels.csv name a clip more than once."""
    column = job.labels.need("file")
    first = {row[column]: row for row in reversed(job.labels.rows)}
    rows = [row for row in job.labels.rows if first[row[column]] is row]
    return job.about(replace(job.labels, rows=rows[:: job.every]))


def _setting(column: str | None, row: Row) -> str:
    """What groups the clip; a yes or no needs its column's name to say of what."""
    word = row[column] if column else ""
    return f"{column}={word}" if word.lower() in YES | NO else word


def _awake(row: Row) -> bool | None:
    column = next((name for name in NAMES["awake"] if name in row), None)
    word = row[column].lower() if column else ""
    return True if word in AWAKE else False if word in ASLEEP else None
