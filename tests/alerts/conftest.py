"""Stories: what a driver does, in pieces of time, and what the rules make of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.rules import RuleSet
from alerts.settings import AlertSettings
from alerts.types import Alert, Cause, DriverState, Level, VehicleState
from cabinwatch.rules import load_rules
from vision.types import Affect, Conditions, Direction, Eye, Face, FaceObservation, Mouth, Reason, unseen

Box = tuple[float, float, float, float]
BOX = (200.0, 100.0, 400.0, 350.0)
HOUSE = load_rules(["house"])
MOTORWAY = VehicleState(speed_kmh=110.0, ignition_on=True)


def look(
    t_s: float,
    *,
    closed: float | None = 0.05,
    left: Eye | None = None,
    right: Eye | None = None,
    yaw: float | None = 0.0,
    pitch: float = 0.0,
    mouth: float | None = 0.05,
    face: float = 0.95,
    camera: bool = True,
    reason: Reason | None = None,
    openness: float | None = None,
    sure: float = 0.9,
    gaze: tuple[float, float] | None = None,
    box: Box = BOX,
    affect: Affect | None = None,
    picture: int | None = None,
) -> FaceObservation:
    """One observation; by default a driver who looks ahead with open eyes.

    `openness` is told apart from `closed` where given, `sure` is the eyes' confidence, `gaze` (yaw, pitch), `picture`
    the number of a noisy picture: the same number is the same picture.
    """
    if not camera:
        return unseen(t_s, Reason.NO_FRAME)
    wide = openness if openness is not None or closed is None else 1.0 - closed
    eye = Eye(reason=reason or Reason.COVERED) if closed is None else Eye(wide, closed, sure)
    points = None if picture is None else np.full((68, 2), picture, np.float32)
    noise = Conditions() if picture is None else Conditions(80.0 + picture % 7, 30.0, 0.0, 0.1)
    return FaceObservation(
        t_s,
        frame=0,
        landmarks_px=points,
        conditions=noise,
        affect=affect,
        gaze=Direction(reason=Reason.NOT_MEASURED) if gaze is None else Direction(*gaze, None, 0.9),
        face=Face(box, face) if face else Face(reason=Reason.NO_FACE),
        left=left or eye,
        right=right or eye,
        mouth=Mouth(reason=Reason.COVERED) if mouth is None else Mouth(mouth, 0.9),
        head=Direction(reason=reason or Reason.NO_FACE) if yaw is None else Direction(yaw, pitch, 0.0, 0.9),
    )


@dataclass
class Drive:
    """What came out."""

    states: list[DriverState]
    alerts: list[Alert]

    def first(self, cause: Cause) -> float | None:
        """When a cause was shown first."""
        return next((alert.t_s for alert in self.alerts if alert.cause is cause), None)

    def last(self, cause: Cause) -> float | None:
        """When a cause was shown last."""
        return next((alert.t_s for alert in reversed(self.alerts) if alert.cause is cause), None)

    @property
    def causes(self) -> list[Cause]:
        """What was shown, one entry an episode."""
        seen: list[tuple[int, Cause]] = []
        for alert in self.alerts:
            if alert.level is not Level.NONE and (not seen or seen[-1] != (alert.episode_id, alert.cause)):
                seen.append((alert.episode_id, alert.cause))
        return [cause for _, cause in seen]


Piece = tuple[float, dict[str, Any]]
Teller = Callable[..., Drive]


def tell(
    story: list[Piece],
    *,
    fps: float = 30.0,
    vehicle: VehicleState = MOTORWAY,
    drop: float = 0.0,
    seed: int = 0,
    start_s: float = 0.0,
    settings: AlertSettings | None = None,
    rules: Sequence[RuleSet] = HOUSE,
) -> Drive:
    """Film a story at a frame rate, lose a share of the frames, and judge it.

    A piece may carry its own `vehicle`. A part that is callable is asked with the seconds into its piece: heads turn.
    """
    settings, dice = settings or AlertSettings(), random.Random(seed)
    driver, policy = DriverMonitor(settings, rules), Policy(settings.policy)
    out = Drive([], [])
    index, end_s = 0, 0.0
    for duration_s, parts in story:
        begin_s, end_s = end_s, end_s + duration_s
        here = dict(parts)
        moving = here.pop("vehicle", vehicle)
        while index / fps < end_s - 1e-6:
            if dice.random() >= drop:
                into_s = index / fps - begin_s
                now = {name: part(into_s) if callable(part) else part for name, part in here.items()}
                state = driver.update(look(start_s + index / fps, **now), moving)
                out.states.append(state)
                out.alerts.append(policy.update(state, moving))
            index += 1
    return out


@pytest.fixture(scope="session", name="tell")
def _tell() -> Teller:
    return tell


@pytest.fixture(scope="session", name="look")
def _look() -> Callable[..., FaceObservation]:
    return look
