"""What a demo run showed, sample by sample, and what it adds up to. Knows numbers. Must not know how they are drawn."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.types import Alert, Level
from cabinwatch.pipeline import Judged
from firmware_bridge.simulated import Outputs
from vision.types import NoFrame


@dataclass(frozen=True, slots=True)
class Row:
    """One judged sample. None is unknown."""

    t_s: float  # from the start of the run
    face: bool
    left: float | None  # openness, 0 = closed, 1 = a relaxed open eye
    right: float | None
    closed: float | None  # the more closed eye's probability, 0–1
    eyes_closed: bool | None  # what the rules made of both
    yaw_deg: float | None
    pitch_deg: float | None
    perclos: float | None  # 0–1
    alert: Alert
    cost_ms: float | None  # None: there was no frame


@dataclass(slots=True)
class Trace:
    """A whole run.

    Args:
        started_s: Monotonic time that the rows count from.
    """

    started_s: float
    rows: list[Row] = field(default_factory=list)
    outputs: list[tuple[float, Outputs]] = field(default_factory=list)  # of the microcontroller, seconds from the start

    def add(self, judged: Judged) -> Row:
        """Keeps one sample."""
        seen, state = judged.seen, judged.state
        closed = [eye.closed for eye in (seen.left, seen.right) if eye.closed is not None]
        row = Row(
            t_s=judged.sample.t_s - self.started_s,
            face=seen.face.box_px is not None,
            left=seen.left.openness,
            right=seen.right.openness,
            closed=max(closed, default=None),
            eyes_closed=state.eyes_closed,
            yaw_deg=seen.head.yaw_deg,
            pitch_deg=seen.head.pitch_deg,
            perclos=state.perclos.value,
            alert=judged.alert,
            cost_ms=None if isinstance(judged.sample, NoFrame) else seen.cost_ms,
        )
        self.rows.append(row)
        return row


def share(flags: Sequence[bool]) -> float:
    """Of true ones; 0 where there are none at all."""
    return sum(flags) / len(flags) if flags else 0.0


def costs_ms(rows: Sequence[Row]) -> tuple[float, float] | None:
    """Median and 95th percentile; None with fewer than two frames."""
    costs = [row.cost_ms for row in rows if row.cost_ms is not None]
    if len(costs) < 2:  # quantiles need two
        return None
    return statistics.median(costs), statistics.quantiles(costs, n=20)[-1]


def closures_s(rows: Sequence[Row]) -> list[float]:
    """How long each closure of both eyes lasted: from its first sample to the next that was open, or to the end."""
    found, since_s = [], None
    for row in rows:
        if row.eyes_closed and since_s is None:
            since_s = row.t_s
        elif not row.eyes_closed and since_s is not None:
            found.append(row.t_s - since_s)
            since_s = None
    return found if since_s is None else [*found, rows[-1].t_s - since_s]


def alerts_shown(rows: Sequence[Row]) -> list[tuple[float, Alert]]:
    """The first moment of each alert, and of each change of its level."""
    shown: list[tuple[float, Alert]] = []
    last = (Level.NONE, 0)
    for row in rows:
        now = (row.alert.level, row.alert.episode_id)
        if row.alert.level is not Level.NONE and now != last:
            shown.append((row.t_s, row.alert))
        last = now
    return shown
