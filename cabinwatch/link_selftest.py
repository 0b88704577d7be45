"""`cabinwatch link --test`: an installer's walk through every output of the microcontroller.

Knows the steps, what a person should see or hear at each, and what the MCU's report must say of it. The states are
real ones under a flag of their own (Flag.TEST): shown as they would be on the road, and kept by nobody. The fault lamp
cannot be asked for; it is tried by falling silent, as a dead service would.

A report says what is commanded. Whether a lamp shines only the person in front of it knows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Protocol

from alerts.types import Cause, Level
from cabinwatch.link_command import open_link
from cabinwatch.link_view import Say, output_names, shown_words
from firmware_bridge.messages import Flag, Output, Report, State, Why
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings
from firmware_bridge.timing import VEHICLE_PERIOD_MS

POLL_S = 0.05  # a state is judged anew, and a report looked at, so often
UP_S = 5.0  # for the link to come up: a start, a hello or two
SPEED_S = 3 * VEHICLE_PERIOD_MS / 1000  # then the speed has come, if there is one
CONFIRM_S = 3.0  # for a report; the fault lamp takes the state's time to live first
HOLD_S = 2.0  # for eyes and ears: two periods of the slowest rhythm
BUTTON_S = 15.0  # for a hand
FIRST_EPISODE = 0xF000  # far above what a trip reaches, so that no report of an alert is taken for an answer


class RefusedError(Exception):
    """The test cannot begin or go on. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try."""

    name: str
    expect: str  # what a person should see, hear or feel
    outputs: Output
    level: Level = Level.NONE
    cause: Cause = Cause.NONE
    why: Why = Why.STATE  # SILENCE: nothing is sent


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a step."""

    name: str
    expect: str
    outcome: str  # passed, failed, skipped
    detail: str = ""


LOUD = Output.LAMP | Output.BUZZER
ALL = LOUD | Output.HAPTIC
DARK = "everything is dark"
BUTTON = Step("button", "lamp steady, buzzer slow: press the acknowledge button", LOUD, Level.WARNING)
STEPS = (
    Step("quiet", DARK, Output.NONE),
    Step("fault lamp", "fault lamp steady: nothing is sent, and the MCU notices", Output.FAULT, why=Why.SILENCE),
    Step("recovery", "fault lamp goes out", Output.NONE),
    Step("infrared", "infrared light: a phone's camera shows it", Output.IR),
    Step("information", "lamp blinks once a second", Output.LAMP, Level.INFORMATION),
    Step("caution", "lamp steady, one beep", LOUD, Level.CAUTION),
    Step("warning", "lamp steady, buzzer once a second", LOUD, Level.WARNING),
    Step("critical", "lamp and buzzer four times a second, seat or wheel shakes once", ALL, Level.CRITICAL),
    Step("sleep", "lamp four times a second, buzzer and shaking without a pause", ALL, Level.CRITICAL, Cause.SLEEP),
    Step("end", DARK, Output.NONE),
)


class Teller(Protocol):
    """What the test needs of whoever tells it."""

    def start(self, port: str, has: Output, speed: str) -> None: ...
    def step(self, step: Step) -> None: ...
    def result(self, result: Result) -> None: ...


class PlainTeller:
    """A line a step, whose end follows when it is known."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def start(self, port: str, has: Output, speed: str) -> None:
        self._say(f"{port}: the MCU has {output_names(has)}; {speed}\n")

    def step(self, step: Step) -> None:
        self._say(f"{step.name:<12} {step.expect} … ")

    def result(self, result: Result) -> None:
        self._say(f"{result.outcome}{f': {result.detail}' if result.detail else ''}\n")


class JsonTeller:
    """One JSON object a step."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def start(self, port: str, has: Output, speed: str) -> None:
        """The results say what a script needs."""

    def step(self, step: Step) -> None:
        """The same."""

    def result(self, result: Result) -> None:
        self._say(json.dumps(asdict(result)) + "\n")


def teller(say: Say, *, json: bool) -> Teller:
    """For people, or for scripts."""
    return JsonTeller(say) if json else PlainTeller(say)


def self_test(settings: LinkSettings, tell: Teller, *, button: bool, hold_s: float = HOLD_S) -> bool:
    """Tries every output that there is and may be used; True when the MCU has confirmed each.

    Raises:
        RefusedError: The link does not come up, or the vehicle moves.
    """
    steps = (*STEPS[:-1], BUTTON, STEPS[-1]) if button else STEPS
    with open_link(settings) as runner:
        bench = Bench(runner, settings)
        bench.get_ready()
        tell.start(settings.port, bench.usable, bench.speed_words())
        outcomes = []
        for number, step in enumerate(steps):
            tell.step(step)
            result = bench.take(step, number, hold_s)
            tell.result(result)
            outcomes.append(result.outcome)
            if bench.moving:
                break
    return "failed" not in outcomes


class Bench:
    """A link under test."""

    def __init__(self, runner: LinkRunner, settings: LinkSettings) -> None:
        self._runner = runner
        self.moving = False  # the vehicle began to move: nothing more is tried
        self._allowed = Output.LAMP
        self._allowed |= Output.BUZZER if settings.buzzer else Output.NONE
        self._allowed |= Output.HAPTIC if settings.haptic else Output.NONE
        self.usable = self._allowed | Output.FAULT | (Output.IR if settings.illuminator else Output.NONE)

    def get_ready(self) -> None:
        """Waits until the MCU answers and has had time to say how fast the vehicle is."""
        if not any(self._runner.status.up for _ in self._turns(UP_S, None)):
            text = self._runner.status.text
            raise RefusedError(f"{text}; cabinwatch link without --test says what to do")
        for _ in self._turns(SPEED_S, State(flags=int(Flag.TEST))):
            pass
        hello = self._runner.status.mcu_hello
        self.usable &= Output(hello.capabilities) if hello else Output.NONE

    def speed_words(self) -> str:
        """What the installer must know before anything lights up."""
        known = self._runner.vehicle.speed_kmh is not None
        return "the vehicle stands" if known else "the speed is not known: make sure that the vehicle stands"

    def take(self, step: Step, number: int, hold_s: float) -> Result:
        """One step, whatever becomes of it."""
        try:
            return self.press(step, number) if step is BUTTON else self.try_out(step, number, hold_s)
        except RefusedError as error:
            self.moving = True
            return Result(step.name, step.expect, "failed", str(error))

    def try_out(self, step: Step, number: int, hold_s: float) -> Result:
        """Shows the step until the MCU confirms it, and then for as long as a person needs."""
        expected = step.outputs & self.usable
        if step.outputs and not expected:
            return Result(step.name, step.expect, "skipped", f"no {output_names(step.outputs)} wired, or not allowed")
        state = self._state(step, number) if step.why is Why.STATE else None
        if not any(self._confirms(step, number, expected) for _ in self._turns(CONFIRM_S, state)):
            return Result(step.name, step.expect, "failed", self._instead(expected))
        for _ in self._turns(hold_s, state):
            pass
        missing = step.outputs & ~expected
        return Result(step.name, step.expect, "passed", f"without {output_names(missing)}" if missing else "")

    def press(self, step: Step, number: int) -> Result:
        """Waits for the acknowledge button to answer this very alert."""
        episode_id, presses = FIRST_EPISODE + number, self._runner.vehicle.ack_count
        for _ in self._turns(BUTTON_S, self._state(step, number)):
            vehicle = self._runner.vehicle
            if vehicle.ack_count != presses and vehicle.ack_episode_id == episode_id:
                return Result(step.name, step.expect, "passed")
        return Result(step.name, step.expect, "failed", f"no press reached the MCU within {BUTTON_S:.0f} s")

    def _turns(self, for_s: float, state: State | None) -> Iterator[None]:
        """Sends `state`, if any, for so long; stops everything when the vehicle moves."""
        until_s = time.monotonic() + for_s
        while (now_s := time.monotonic()) < until_s:
            speed_kmh = self._runner.vehicle.speed_kmh
            if speed_kmh:
                raise RefusedError(f"the vehicle moves at {speed_kmh:.1f} km/h: outputs are tried while it stands")
            if state:
                self._runner.show(state, now_s)
            time.sleep(POLL_S)
            yield

    def _state(self, step: Step, number: int) -> State:
        flags = Flag.TEST | (Flag.ILLUMINATE if Output.IR in step.outputs else Flag.NONE)
        return State(step.level, step.cause, FIRST_EPISODE + number, int(self._allowed), int(flags))

    def _confirms(self, step: Step, number: int, expected: Output) -> bool:
        report = self._runner.status.mcu
        if report is None or not self._runner.status.up:
            return False
        this_one = step.why is not Why.STATE or report.episode_id == FIRST_EPISODE + number
        return this_one and (report.level, report.outputs, report.why) == (step.level, expected, step.why)

    def _instead(self, expected: Output) -> str:
        status = self._runner.status
        if not status.up:
            return status.text
        return f"asked for {output_names(expected)}, the MCU shows {shown_words(status.mcu)}{_hint(status.mcu)}"


def _hint(report: Report | None) -> str:
    if report is None or not report.silenced:
        return ""
    return f"; the button has silenced {output_names(report.silenced)}"
