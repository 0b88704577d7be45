"""One fault, struck and mended: what the rig did, and what the protocol says of it.

Knows how a fault is timed and judged. Must not know which faults there are.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from alerts.types import Level
from firmware_bridge.messages import Output
from firmware_bridge.timing import STATE_TTL_MS
from tests.faults.matrix import Fault
from tests.faults.rig import Judged, Rig, Shown, alert_of, is_safe, shows
from tests.firmware.qemu import Line as LogLine

FRAME_MS = 1000 / 30
# What the rig adds: the board's clock steps by 1 ms, its log's line and our threads must be woken, and the service's
# too. On a machine with nothing else to do that is 1 to 5 ms.
RESOLUTION_MS = 15.0
PHASE_S = 0.2  # faults strike at any moment of every period
TIMED_S = 1.5  # after a fault and after its repair something is timed; in between nothing is
SPAN_S = 5.0  # between two lines further apart nothing is timed either
TRIES = 5  # a busy machine lets the board's clock fall behind: then it finds a fault by itself
COMES, GOES = 0.1, 0.2  # shares of a fault: an alert that a queue would bring back long after its time to live
EARLY_S = 0.1  # before the repair: by then something else is wanted
SPIN = 0.5  # of a core: no thread that waits for the line comes near it, one that spins passes it


@dataclass(frozen=True, slots=True)
class Run:
    """One fault, measured; ms."""

    safe_ms: float | None  # from the strike, or from the alert wanted; None: never
    normal_ms: float | None  # from the repair; None: never
    said_ms: float | None  # from the strike until the status said so; None: never
    oldest_ms: float  # of all alerts lit: since the last frame that wanted it
    cpu: float | None  # of a core, by the service while the fault lasted
    behind_ms: float  # by how much the board's clock fell behind, or a thread that should only wake up: the machine's
    pins_agree: bool  # what is driven, read over QMP, is what the log tells
    said: bool  # the status had the words
    lamp: bool = True  # works: it was the alert that was seen, not the fault lamp


@dataclass(slots=True)
class Notes:
    """What the rig did, and when."""

    alert: Shown  # the one that is looked for
    struck_s: float
    first_line: int  # of the board's log, in this run
    mended_s: float = 0.0
    cpu: float | None = None
    pins_agree: bool = True
    behind_ms: float = 0.0
    last: Shown = field(default_factory=lambda: Shown(Level.NONE, 0))  # wanted after the repair


def run_once(rig: Rig, fault: Fault, source: random.Random) -> Run:
    """Strikes, holds, mends; raises TimeoutError when the rig is not in order before."""
    notes = _begin(rig, fault, source)
    fault.strike(rig)
    _hold(rig, fault, notes, notes.struck_s + fault.hold_s + source.uniform(0, fault.phase_s))
    notes.mended_s = time.monotonic()
    fault.mend(rig)
    if fault.works:
        notes.last = rig.want(Level.WARNING)
    shown = rig.wait_for_alert(notes.last)
    notes.pins_agree = notes.pins_agree and (not shown or rig.wait_for(lambda: _lit(rig) == Output.LAMP))
    struck_late_s = rig.pulse.late_s(notes.struck_s, min(notes.struck_s + TIMED_S, notes.mended_s))
    notes.behind_ms = 1000 * max(struck_late_s, rig.pulse.late_s(notes.mended_s, time.monotonic()))
    return judge(fault, notes, rig.outputs()[notes.first_line :], rig.service.judged())


def run_undisturbed(rig: Rig, fault: Fault, source: random.Random) -> tuple[Run, int]:
    """A run in which the machine kept time, and how many were given up because it did not.

    A clock that counts instructions, or a thread that is not woken, says nothing of the product: it does not know of
    either. After some tries the last run counts, whatever the machine did.
    """
    disturbed = 0
    while (run := run_once(rig, fault, source)).behind_ms > RESOLUTION_MS and disturbed < TRIES:
        disturbed += 1
    return run, disturbed


def _begin(rig: Rig, fault: Fault, source: random.Random) -> Notes:
    first_line = len(rig.outputs())
    alert = rig.want(Level.NONE if fault.quiet or fault.works else Level.WARNING)
    for _ in range(TRIES):
        rig.wait_for_alert(alert)
        time.sleep(source.uniform(0, PHASE_S))
        if shows(rig.outputs()[-1], alert):
            break
    else:
        raise TimeoutError(f"{fault.name}: the board does not show what is wanted; {rig.service.judged()[-1:]}")
    return Notes(alert, time.monotonic(), first_line, last=alert)


def _hold(rig: Rig, fault: Fault, notes: Notes, ends_s: float) -> None:
    """While it lasts another alert comes and goes; shortly before the repair yet another one comes."""
    began_s, cpu_s = time.monotonic(), rig.service.cpu_s()
    if fault.works:
        notes.alert = rig.want(Level.CRITICAL)
        rig.wait_for(lambda: any(alert_of(line) == notes.alert for line in _new(rig, notes)), ends_s)
    elif fault.hold_s:
        _change(rig, Level.CRITICAL, notes.struck_s + COMES * fault.hold_s)
        _change(rig, Level.NONE, notes.struck_s + GOES * fault.hold_s)
        notes.pins_agree = fault.safe_ms is None or _safe_pins(rig, notes, ends_s - EARLY_S)
        notes.last = _change(rig, Level.WARNING, ends_s - EARLY_S)
    _sleep_until(ends_s)
    spent_s = rig.service.cpu_s()
    if cpu_s is not None and spent_s is not None and fault.hold_s:
        notes.cpu = (spent_s - cpu_s) / (time.monotonic() - began_s)


def _change(rig: Rig, level: Level, at_s: float) -> Shown:
    _sleep_until(at_s)
    return rig.want(level)


def _sleep_until(at_s: float) -> None:
    time.sleep(max(0.0, at_s - time.monotonic()))


def _new(rig: Rig, notes: Notes) -> list[LogLine]:
    return [line for line in rig.outputs()[notes.first_line :] if line.seen_s >= notes.struck_s]


def _safe_pins(rig: Rig, notes: Notes, until_s: float) -> bool:
    """Whether the pins are what the log says, once it says that they are safe; True when it never does."""
    if not rig.wait_for(lambda: any(is_safe(line) for line in _new(rig, notes)), until_s):
        return True
    return rig.wait_for(lambda: _lit(rig) == Output.FAULT or not is_safe(rig.outputs()[-1]))


def _lit(rig: Rig) -> int:
    return rig.board.pins() & (Output.LAMP | Output.FAULT)


def judge(fault: Fault, notes: Notes, lines: list[LogLine], judged: list[Judged]) -> Run:
    """What the board's log and the service's ledger say of a run."""
    halted = fault.safe_ms is None  # then the board's clock stands still on purpose
    after = [line for line in lines if line.seen_s >= notes.struck_s]
    if fault.works:
        wanted_s = _wanted(judged, notes.alert, notes.struck_s)
        seen = next((line for line in after if line.seen_s >= wanted_s and _told(line, notes.alert)), None)
        safe_ms, normal_from = _ms(wanted_s, seen), after
    else:
        seen = next((line for line in after if is_safe(line)), None)
        safe_ms, normal_from = _ms(notes.struck_s, seen), after[after.index(seen) :] if seen else after
    back = next((line for line in normal_from if shows(line, notes.last)), None)
    back_s = max(notes.mended_s if fault.hold_s else notes.struck_s, _wanted(judged, notes.last, 0.0))
    said_s = next((frame.t_s for frame in judged if frame.t_s >= notes.struck_s and not frame.up), None)
    return Run(
        safe_ms,
        _ms(back_s, back),
        None if said_s is None else 1000 * (said_s - notes.struck_s),
        oldest_ms(lines, judged),
        notes.cpu,
        max(notes.behind_ms, slip_ms([line for line in lines if line.seen_s >= notes.mended_s] if halted else lines)),
        notes.pins_agree,
        not fault.says or any(fault.says in frame.text for frame in judged if frame.t_s >= notes.struck_s),
        lamp=seen is not None and not is_safe(seen),
    )


def _told(line: LogLine, alert: Shown) -> bool:
    return is_safe(line) or alert_of(line) == alert


def _wanted(judged: Iterable[Judged], alert: Shown, since_s: float) -> float:
    """When it was wanted first; the end of time when it never was."""
    return next((frame.t_s for frame in judged if frame.alert == alert and frame.t_s >= since_s), float("inf"))


def _ms(from_s: float, line: LogLine | None) -> float | None:
    return None if line is None else max(0.0, 1000 * (line.seen_s - from_s))


def oldest_ms(lines: list[LogLine], judged: list[Judged]) -> float:
    """How old the oldest alert was that was lit: from the last frame that wanted it until it was dark.

    Infinite for one that nobody ever wanted, or that was lit before anybody did.
    """
    oldest = 0.0
    for line, following in pairwise(lines):
        alert = alert_of(line)
        if alert.level == Level.NONE:
            continue
        moments = [frame.t_s for frame in judged if frame.alert == alert and frame.t_s <= following.seen_s]
        if not moments or moments[0] > line.seen_s:
            return float("inf")
        oldest = max(oldest, 1000 * (following.seen_s - moments[-1]))
    return oldest


def slip_ms(lines: list[LogLine]) -> float:
    """By how much the board's clock fell behind ours between two lines, at most. After a reset it starts again."""
    pairs = [(a, b) for a, b in pairwise(lines) if b.t_ms >= a.t_ms and b.seen_s - a.seen_s <= SPAN_S]
    return max((1000 * (b.seen_s - a.seen_s) - (b.t_ms - a.t_ms) for a, b in pairs), default=0.0)


def verdicts(fault: Fault, run: Run) -> list[str]:
    """What is wrong with a run; nothing when all is as it must be."""
    wrong = []
    if fault.safe_ms is not None and run.safe_ms is None:
        wrong.append("lost" if fault.works else "never safe")
    elif fault.safe_ms is not None and run.safe_ms > fault.safe_ms + RESOLUTION_MS:
        wrong.append("late")
    if run.normal_ms is None:
        wrong.append("lost")
    elif run.normal_ms > fault.normal_ms + RESOLUTION_MS:
        wrong.append("late")
    if run.oldest_ms > STATE_TTL_MS + RESOLUTION_MS:
        wrong.append("stale")
    if fault.said_ms is not None and not _said_in_time(fault, run):
        wrong.append("not said")
    if not run.pins_agree:
        wrong.append("pins")
    if run.cpu is not None and run.cpu > SPIN:
        wrong.append("spins")
    return wrong


def _said_in_time(fault: Fault, run: Run) -> bool:
    in_time = run.said_ms is not None and run.said_ms <= fault.said_ms + FRAME_MS + RESOLUTION_MS
    return in_time and run.said
