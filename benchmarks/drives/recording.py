"""One rendered drive with what was true and what was seen, judged by the product's own machines.

Knows the drive's folder, the vehicle that it was driven in and where its camera sits. Must not know how alerts are
counted or told.

Truth and sight are two logs of the same frames, read and judged in the same way: `cabinwatch.replay` with the speed,
the turn signal and the mounting that the product would be told. The mounting is the camera's own, to a tenth of a
degree, as an installer would enter it; the driver's natural pose is left to the baseline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from alerts.baseline import Mounting
from alerts.rules import RuleSet
from alerts.settings import AlertSettings
from alerts.types import Gear, TurnSignal, VehicleState
from benchmarks.drives.lots import SPEED_KMH
from benchmarks.drives.observing import SEEN
from cabinwatch.replay import Judged, judge
from cabinwatch.replay_logs import LogLine, read_log
from simulator.clip import SCRIPT, TRUTH
from simulator.render.camera import view_matrix
from simulator.script.library import load
from simulator.script.scenario import Event, Scenario
from vision.angles import angles_of

# A lane change: the turn signal is on from the first mirror until the car is over.
SIGNAL_BEFORE_S, SIGNAL_AFTER_S = 4.5, 3.0
_SIDES = {"left": TurnSignal.LEFT, "right": TurnSignal.RIGHT}


@dataclass(frozen=True, slots=True)
class Recording:
    """A drive's two logs, line for line of the same frames."""

    name: str
    script: Scenario
    settings: AlertSettings
    truth: tuple[LogLine, ...]
    seen: tuple[LogLine, ...]

    def judged(self, rules: Sequence[RuleSet]) -> tuple[list[Judged], list[Judged]]:
        """The truth and what was seen under these rules, each as a trip of its own."""
        return list(judge(self.truth, rules, self.settings)), list(judge(self.seen, rules, self.settings))

    def done(self, from_s: float, to_s: float) -> list[Event]:
        """What the script has the driver do in a stretch of time; blinks go without saying."""
        return [e for e in self.script.events if e.behaviour != "blink" and e.start_s <= to_s and e.end_s >= from_s]


def read(drive: Path) -> Recording:
    """The recording in a folder.

    Raises:
        LogError: A log is missing or broken.
        SimulatorError: The script cannot be read.
    """
    script = load(drive / SCRIPT)
    signals = list(_signals(script))
    truth, seen = (
        tuple(replace(line, vehicle=_vehicle(line.seen.t_s, signals)) for line in read_log(str(drive / log)))
        for log in (TRUTH, SEEN)
    )
    return Recording(drive.name, script, AlertSettings(mounting=mounting(script)), truth, seen)


def mounting(script: Scenario) -> Mounting:
    """Where the camera points: the angles at which it sees a head that is held straight."""
    yaw_deg, pitch_deg, _ = angles_of(view_matrix(script.setting().camera)[:3, :3])
    return Mounting(yaw_deg=round(yaw_deg, 1), pitch_deg=round(pitch_deg, 1))


def _signals(script: Scenario) -> Iterator[tuple[float, float, TurnSignal]]:
    """From when to when the turn signal is on: whoever looks over a shoulder has set it."""
    timeline = yaml.safe_load(script.text)["timeline"]
    for event in script.events:
        if event.behaviour == "shoulder_check":
            side = _SIDES[timeline[event.place].get("side", "left")]
            yield event.start_s - SIGNAL_BEFORE_S, event.end_s + SIGNAL_AFTER_S, side


def _vehicle(t_s: float, signals: Sequence[tuple[float, float, TurnSignal]]) -> VehicleState:
    turns = (side for from_s, to_s, side in signals if from_s <= t_s <= to_s)
    return VehicleState(speed_kmh=SPEED_KMH, ignition_on=True, gear=Gear.DRIVE, turn_signal=next(turns, TurnSignal.OFF))
