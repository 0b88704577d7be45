"""A scenario: what the driver does at any instant, in which car and light, and the truth of who did what when.

Knows how behaviours become motions and motions a Moment. Must not know YAML, meshes or pixels.

Everything follows from the plan, the timeline and the seed; `at` may be asked for any time in any order, so that the
frame rate changes nothing. A behaviour's random numbers hang on its name and time: adding an entry changes no other.
"""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from simulator.cabin.light import LightSchedule
from simulator.script.ambient import Undertone, blinks
from simulator.script.behaviour import Behaviour, Stage
from simulator.script.curves import BlinkShape
from simulator.script.motions import Motion, Pose
from simulator.script.plan import Plan
from simulator.script.table import DRIVING, PRIORITY
from simulator.types import Gesture, Identity, Moment, Setting, SimulatorError, Wearing

NO_BLINK_S = 0.4  # before and after a blink that comes with a glance
EVERY_SPREAD = 0.1  # repeated entries come this share earlier or later


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    place: int  # its number in the file, from 0
    name: str
    behaviour: Behaviour


@dataclass(frozen=True, slots=True)
class Event:
    """The truth: something ran from `start_s` to `end_s`, all of its motions included."""

    start_s: float
    end_s: float
    behaviour: str  # a name of the table
    holds: tuple[str, ...] = ()
    place: int = -1  # of its entry; −1: spontaneous


class Timed(Protocol):
    @property
    def start_s(self) -> float: ...

    @property
    def end_s(self) -> float: ...


Item = TypeVar("Item", bound=Timed)


class Agenda(Generic[Item]):
    """What goes on at a time, found by the second it lies in."""

    __slots__ = ("_seconds",)

    def __init__(self, items: Sequence[Item], duration_s: float) -> None:
        self._seconds: defaultdict[int, list[Item]] = defaultdict(list)
        for item in sorted(items, key=lambda one: one.start_s):  # what begins later acts later
            for second in range(math.floor(max(item.start_s, 0.0)), math.floor(min(item.end_s, duration_s)) + 1):
                self._seconds[second].append(item)

    def at(self, t_s: float) -> Iterator[Item]:
        for item in self._seconds.get(math.floor(t_s), ()):
            if item.start_s <= t_s < item.end_s:
                yield item


class Scenario:
    """One script, ready to be played.

    Args:
        plan: The file but for its timeline.
        timeline: Its entries.
        seed: Instead of the file's own.
        text: The file, to be kept beside what is made of it.

    Raises:
        SimulatorError: An entry lies beyond the end, or two need the same part of the driver at the same time.
    """

    def __init__(self, plan: Plan, timeline: Sequence[Entry], *, seed: int | None = None, text: str = "") -> None:
        self.plan = plan
        self.text = text
        self.seed = plan.seed if seed is None else seed
        played = [act for entry in timeline for act in self._acts(entry)]
        done = [event for event, _ in played]
        _refuse_conflicts(done)
        motions = [motion for _, moved in played for motion in moved]
        spontaneous = list(self._blinks(motions, _lids_busy(done, motions)))
        motions += [lid for _, lids in spontaneous for lid in lids]
        done += [event for event, _ in spontaneous]
        self.events: tuple[Event, ...] = tuple(sorted(done, key=lambda event: (event.start_s, event.behaviour)))
        self._motions = Agenda(motions, self.duration_s)
        self._agenda = Agenda(self.events, self.duration_s)
        self._undertone = Undertone(plan.ambient, self._lot("ambient"), self.duration_s)

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def duration_s(self) -> float:
        return self.plan.duration_s

    @property
    def driver_seed(self) -> int:
        """What the identity is drawn from."""
        return self.seed if self.plan.driver.seed is None else self.plan.driver.seed

    @property
    def light(self) -> LightSchedule:
        """The light of the clip."""
        return self.plan.light.schedule(self.plan.camera, self.seed)

    def setting(self, width: int = 640, height: int = 480) -> Setting:
        """The car and the camera, for a picture of this size."""
        return self.plan.setting(width, height)

    def cast(self, drawn: Identity) -> Identity:
        """The identity drawn from `driver_seed`, with what the script says about it."""
        return self.plan.driver.of(drawn)

    def at(self, t_s: float, wears: Wearing | None = None) -> Moment:
        """What the driver does at `t_s`, from 0 to `duration_s`.

        Args:
            t_s: Seconds from the beginning.
            wears: What the cast driver has on until the timeline changes it; left out: what the script says.

        Raises:
            SimulatorError: The time lies outside.
        """
        if not 0.0 <= t_s <= self.duration_s:
            raise SimulatorError(f"{self.name} at {t_s:g} s: ask for a time from 0 to {self.duration_s:g} s")
        pose = self._pose(wears or self.plan.driver.wears())
        self._undertone.act(pose, t_s)
        for motion in self._motions.at(t_s):
            motion.act(pose, motion.curve(t_s - motion.start_s))
        return pose.moment(t_s, self.behaviour(t_s))

    def behaviour(self, t_s: float) -> str:
        """The label at a time: of all that goes on, what stands first in the table."""
        return min((event.behaviour for event in self._agenda.at(t_s)), key=PRIORITY.__getitem__, default=DRIVING)

    def _pose(self, wears: Wearing) -> Pose:
        return Pose(wearing=wears, rest=(Gesture(self.plan.hands.left), Gesture(self.plan.hands.right)))

    def _lot(self, name: str, t_s: float = 0.0) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode()), round(t_s * 1000)])

    def _acts(self, entry: Entry) -> Iterator[tuple[Event, list[Motion]]]:
        """Every time the entry is done."""
        behaviour = entry.behaviour
        lot = self._lot(f"times of {entry.name}", behaviour.at_s)
        for number in range(behaviour.times):
            strays = float(lot.uniform(-EVERY_SPREAD, EVERY_SPREAD)) if number else 0.0
            at_s = behaviour.at_s + (number + strays) * behaviour.every_s
            if at_s >= self.duration_s:
                which = f"time {number + 1} of {behaviour.times}, at {at_s:g} s" if number else f"at_s = {at_s:g}"
                raise SimulatorError(f"{_called(entry)}: {which}, lies beyond duration_s = {self.duration_s:g}")
            stage = Stage(at_s, self._lot(entry.name, at_s), wheel_left=self.plan.camera.wheel_left)
            behaviour.play(stage)
            end_s = max(motion.end_s for motion in stage.motions if math.isfinite(motion.end_s))
            yield Event(at_s, end_s, entry.name, behaviour.holds(), entry.place), stage.motions

    def _blinks(
        self, motions: Sequence[Motion], busy: Sequence[tuple[float, float]]
    ) -> Iterator[tuple[Event, tuple[Motion, Motion]]]:
        """Spontaneous blinks, but for the spans in which something else moves the lids."""
        agenda = Agenda(motions, self.duration_s)

        def slowness(t_s: float) -> float:
            pose = self._pose(Wearing())
            for motion in agenda.at(t_s):
                motion.act(pose, motion.curve(t_s - motion.start_s))
            return pose.slowness

        for lids in blinks(self.plan.ambient, self._lot("blinks"), self.duration_s, slowness):
            start_s, end_s = min(lid.start_s for lid in lids), max(lid.end_s for lid in lids)
            if not any(begins_s < end_s and start_s < ends_s for begins_s, ends_s in busy):
                yield Event(start_s, end_s, "blink"), lids


def _called(entry: Entry) -> str:
    return f"timeline[{entry.place}] ({entry.name})"


def _lids_busy(events: Sequence[Event], motions: Sequence[Motion]) -> list[tuple[float, float]]:
    """From when to when no spontaneous blink comes: something holds the lids, or another blink is near."""
    held = [(event.start_s, event.end_s) for event in events if "lids" in event.holds]
    blinked = [motion for motion in motions if isinstance(motion.curve, BlinkShape)]
    return held + [(motion.start_s - NO_BLINK_S, motion.end_s + NO_BLINK_S) for motion in blinked]


def _refuse_conflicts(events: Sequence[Event]) -> None:
    """No part of a driver does two things at a time."""
    last: dict[str, Event] = {}
    for event in sorted(events, key=lambda one: (one.start_s, one.place)):
        for part in event.holds:
            before = last.get(part)
            if before and event.start_s < before.end_s - 1e-6:
                raise SimulatorError(
                    f"timeline[{event.place}] ({event.behaviour}) at {event.start_s:.2f} s needs the {part} while "
                    f"timeline[{before.place}] ({before.behaviour}) has it until {before.end_s:.2f} s; move one of them"
                )
            last[part] = event
