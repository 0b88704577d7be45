"""What ails the link, from what both ends have counted: the cable, this computer, the MCU, or something with a name.

Knows what each fault does to the counters. Must not know a clock, a port or how a finding is shown. docs/link.md says
the same to a mechanic.

The table RULES is the theory. Its order is from cause to effect: a processor that comes late also makes answers late,
an MCU that restarts also loses frames, a broken wire also makes states old. So the first rule that finds evidence
speaks. What cannot be told apart from this end of the wire is not told apart: the remedy then says what to look at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from firmware_bridge.link import LinkStatus
from firmware_bridge.messages import Report, Reset, Verdict, Why
from firmware_bridge.port import Trouble
from firmware_bridge.runner import LATE_S, RunnerCounters
from firmware_bridge.session import MASK_16
from firmware_bridge.settings import LinkSettings

WINDOW_S = 10.0  # what is judged; a fault is shown for so long after it has ended
NOW_S = 2.0  # silence is judged over this: five times as long as anything may be silent
SOME = 3  # so often in a window is no accident; on a good line it is one frame in a million (docs/protocol.md)
FLOOD_HZ = 200.0  # frames; an MCU whose every signal changes at every step sends 100 a second
SLACK_MS = 50  # for an answer: the MCU's step of 10 ms, a USB adapter's timer of 16 ms each way, waking up
DAMAGE = (Verdict.SIZE, Verdict.COBS, Verdict.CRC, Verdict.TYPE, Verdict.DATA_ID, Verdict.RANGE)


class Blame(Enum):
    """Where to look."""

    OK = "ok"
    WAIT = "wait"  # not enough has been seen yet
    PORT = "port"
    CABLE = "cable"
    HOST = "host CPU"
    MCU = "MCU"
    VERSION = "version"
    ILLUMINATOR = "illuminator"
    SILENT = "no answer"  # cable, MCU or its supply: not to be told apart from here


@dataclass(frozen=True, slots=True)
class Sample:
    """What both ends had counted at one moment."""

    t_s: float
    status: LinkStatus
    counters: RunnerCounters


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The verdict, what it rests on and what to do."""

    blame: Blame
    finding: str  # one name for each rule; docs/link.md explains it
    evidence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Change:
    """What has happened between the first and the last sample of a window. `mcu_` is what the MCU has counted."""

    seconds: float
    sent: int
    received: int
    bytes_in: int
    damaged: int
    echoed: int
    repeated: int
    strange: int  # sound frames of an MCU that has not heard our hello
    lost: int
    restarts: int
    reopened: int
    stuck: int
    late: int
    mcu_accepted: int
    mcu_damaged: int
    mcu_repeated: int
    mcu_too_old: int
    mcu_lost: int
    mcu_overruns: int


@dataclass(frozen=True, slots=True)
class View:
    """What a rule looks at."""

    over: Change  # WINDOW_S
    now: Change  # NOW_S
    last: Sample
    answer_limit_ms: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault: `evidence` is empty where it is not this one."""

    blame: Blame
    finding: str
    evidence: Callable[[View], str]
    remedy: str


class History:
    """The samples of the last WINDOW_S, and what they mean."""

    def __init__(self, settings: LinkSettings) -> None:
        self._samples: deque[Sample] = deque()
        self._answer_limit_ms = answer_limit_ms(settings)

    def add(self, sample: Sample) -> Diagnosis:
        """The verdict with the newest sample."""
        self._samples.append(sample)
        while sample.t_s - self._samples[0].t_s > WINDOW_S:
            self._samples.popleft()
        samples = list(self._samples)
        now = [older for older in samples if sample.t_s - older.t_s <= NOW_S]
        return diagnose(View(change(samples), change(now), sample, self._answer_limit_ms))


def answer_limit_ms(settings: LinkSettings) -> float:
    """How long a sound MCU takes at most: a state waits for the next report, both are on the line, all have steps."""
    on_the_line_ms = 2 * 64 * 10 / settings.baud * 1000
    return settings.period_s * 1000 + 2 * on_the_line_ms + SLACK_MS


def change(samples: list[Sample]) -> Change:
    """What has happened in a window; the MCU's counts, modulo 65536, start anew when it does."""
    first, last = samples[0], samples[-1]
    before, after = first.status.counters, last.status.counters

    def refused(*why: Verdict) -> int:
        return sum(after.refused.get(one, 0) - before.refused.get(one, 0) for one in why)

    def mcu(*names: str) -> int:
        return sum(_grown(a, b, names) for a, b in pairwise(samples))

    return Change(
        seconds=last.t_s - first.t_s,
        sent=after.sent - before.sent,
        received=after.received - before.received,
        bytes_in=last.counters.bytes_in - first.counters.bytes_in,
        damaged=refused(*DAMAGE),
        echoed=refused(Verdict.DIRECTION),
        repeated=refused(Verdict.COUNTER),
        strange=refused(Verdict.NO_HELLO),
        lost=after.gaps - before.gaps,
        restarts=after.mcu_starts - max(1, before.mcu_starts),
        reopened=last.counters.opened - max(1, first.counters.opened),
        stuck=last.counters.failed.get(Trouble.STUCK, 0) - first.counters.failed.get(Trouble.STUCK, 0),
        late=last.counters.late - first.counters.late,
        mcu_accepted=mcu("accepted"),
        mcu_damaged=mcu("bad_crc", "bad_format"),
        mcu_repeated=mcu("bad_counter"),
        mcu_too_old=mcu("bad_age"),
        mcu_lost=mcu("gaps"),
        mcu_overruns=mcu("overruns"),
    )


def _grown(a: Sample, b: Sample, names: tuple[str, ...]) -> int:
    if not (a.status.mcu and b.status.mcu) or a.status.counters.mcu_starts != b.status.counters.mcu_starts:
        return 0
    return sum((getattr(b.status.mcu, name) - getattr(a.status.mcu, name)) & MASK_16 for name in names)


def diagnose(view: View) -> Diagnosis:
    """The first rule that finds evidence; without any all is well, or too little has been seen."""
    for rule in RULES:
        if evidence := rule.evidence(view):
            return Diagnosis(rule.blame, rule.finding, evidence, rule.remedy)
    if not view.last.status.up or view.over.seconds < NOW_S:
        return Diagnosis(Blame.WAIT, "starting", view.last.status.text, "wait")
    return Diagnosis(Blame.OK, "ok", view.last.status.text, "nothing to do")


# Evidence, in the order of the rules


def _port(*troubles: Trouble) -> Callable[[View], str]:
    """The port could not be opened at all. Its error names the remedy, too."""

    def evidence(view: View) -> str:
        never = view.last.counters.opened == 0
        return view.last.status.text if never and view.last.counters.trouble in troubles else ""

    return evidence


def _refused_again(view: View) -> str:
    """It was open and now belongs to somebody else, or to nobody whom we may ask."""
    return view.last.status.text if view.last.counters.trouble in {Trouble.IN_USE, Trouble.PERMISSION} else ""


def _version(view: View) -> str:
    return view.last.status.text if view.last.status.mcu_hello and not view.last.status.version else ""


def _restarts(*causes: Reset) -> Callable[[View], str]:
    def evidence(view: View) -> str:
        hello = view.last.status.mcu_hello
        if view.over.restarts < 1 or (causes and (hello is None or hello.reset_cause not in causes)):
            return ""
        why = reset_name(hello.reset_cause) if hello else "not told yet"
        return f"new starts in {view.over.seconds:.0f} s: {view.over.restarts}; reset cause: {why}"

    return evidence


def _stuck(view: View) -> str:
    stuck = view.over.stuck or view.last.counters.trouble is Trouble.STUCK
    return f"times in {view.over.seconds:.0f} s that the port took no bytes: {view.over.stuck}" if stuck else ""


def _comes_and_goes(view: View) -> str:
    gone = view.last.counters.trouble is not None
    if gone:
        return f"it was open and is gone: {view.last.status.text}"
    return f"lost and opened again: {view.over.reopened}" if view.over.reopened > 0 else ""


def _echo(view: View) -> str:
    return f"{view.over.echoed} of our own frames came back" if view.over.echoed >= SOME else ""


def _flood(view: View) -> str:
    came = view.now.received + view.now.damaged + view.now.repeated + view.now.strange
    rate_hz = came / max(view.now.seconds, 1.0)
    return f"{rate_hz:.0f} frames a second from the MCU, sound or not" if rate_hz > FLOOD_HZ else ""


def _host_late(view: View) -> str:
    if view.over.late < SOME:
        return ""
    worst_ms = view.last.counters.late_worst_ms
    often = f"{view.over.late} times in {view.over.seconds:.0f} s"
    return f"the link's thread woke more than {LATE_S * 1000:.0f} ms late {often}; worst so far {worst_ms} ms"


def _overruns(view: View) -> str:
    return f"{view.over.mcu_overruns} overruns counted by the MCU" if view.over.mcu_overruns >= SOME else ""


def _unreadable(view: View) -> str:
    heard = view.now.received or view.now.strange
    return f"{view.now.bytes_in} bytes came, and no frame in them" if view.now.bytes_in and not heard else ""


def _damage(*, up: bool, down: bool) -> Callable[[View], str]:
    """In which direction: `up` from the MCU to this host, `down` from this host to the MCU."""

    def evidence(view: View) -> str:
        over = view.over
        if (over.damaged >= SOME, over.mcu_damaged >= SOME) != (up, down):
            return ""
        refusal = Verdict(view.last.status.mcu.last_refusal).name if view.last.status.mcu else "?"
        return (
            f"MCU to host: {over.damaged} damaged beside {over.received} sound frames; "
            f"host to MCU: {over.mcu_damaged} damaged of {over.sent} sent (last refusal there: {refusal})"
        )

    return evidence


def _never_heard(view: View) -> str:
    silent = view.now.seconds >= NOW_S / 2 and view.now.bytes_in == 0
    if view.last.counters.opened == 0 or not silent or view.last.status.counters.received:
        return ""
    return "the port is open, and not one byte has come"


def _fell_silent(view: View) -> str:
    silent = view.now.seconds >= NOW_S / 2 and view.now.bytes_in == 0
    return view.last.status.text if silent and view.last.counters.opened else ""


def _hears_nothing(view: View) -> str:
    """The MCU is heard and has not heard us: it answers no hello, or accepts no state and refuses none."""
    if view.now.seconds < NOW_S / 2:
        return ""
    report = view.last.status.mcu
    if not view.last.status.up:
        heard = view.now.received + view.now.strange
        return f"{heard} frames came from the MCU, and none answers ours" if heard else ""
    deaf = report is not None and report.why in {Why.BOOT, Why.SILENCE} and not view.now.mcu_too_old
    if not deaf or view.now.mcu_accepted or not view.now.sent:
        return ""
    return f"{view.now.sent} frames sent, and the MCU has accepted no state: it shows its fault lamp for silence"


def _too_old(view: View) -> str:
    count = view.over.mcu_too_old
    return f"{count} states were older than their time to live when they arrived" if count >= SOME else ""


def _answers_late(view: View) -> str:
    now_ms, limit_ms = view.last.status.round_trip_now_ms, view.answer_limit_ms
    if now_ms is None or now_ms <= limit_ms:
        return ""
    return f"the quickest of the last answers took {now_ms} ms; {limit_ms:.0f} ms are to be expected at most"


def _lost(view: View) -> str:
    over = view.over
    lost = over.lost + over.mcu_lost + over.repeated + over.mcu_repeated
    if lost < SOME:
        return ""
    return (
        f"sound frames that never came: {over.lost} to the host, {over.mcu_lost} to the MCU; "
        f"that came twice or late: {over.repeated} and {over.mcu_repeated}"
    )


def _illuminator(view: View) -> str:
    return "the MCU reads a fault at the illuminator's driver" if view.last.status.illuminator_fault else ""


def reset_name(cause: int) -> str:
    """A board's own causes begin at 16."""
    known = cause in Reset.__members__.values()
    return Reset(cause).name.lower().replace("_", "-") if known else f"the board's own number {cause}"


def report_counts(report: Report) -> dict[str, int]:
    """What the MCU counts, by name; modulo 65536, since it started."""
    names = ("accepted", "bad_crc", "bad_format", "bad_counter", "bad_age", "gaps", "overruns")
    return {name: getattr(report, name) for name in names}


NAMED = "the message names the remedy"
CONTACTS = "wiggle plugs and look for corrosion; ground wire; route away from ignition and motors; shorter, shielded"
SUPPLY = "measure the MCU's supply while outputs switch; check fuse, crimp and ground; add capacity at the supply"
LAMP = (
    "fault lamp lit: the whole cable is off. Dark: power the MCU off and on; the lamp lights then: the wire from MCU "
    "to host; it stays dark: the MCU's supply"
)

RULES = (
    Rule(Blame.PORT, "no permission", _port(Trouble.PERMISSION), NAMED),
    Rule(Blame.PORT, "not there", _port(Trouble.ABSENT), "plug it in; ls -l /dev/serial/by-id shows what there is"),
    Rule(Blame.PORT, "in use", _port(Trouble.IN_USE), "stop the service first: sudo systemctl stop cabinwatch"),
    Rule(Blame.PORT, "no serial port", _port(Trouble.UNUSABLE), "name the MCU's port; check the baud rate"),
    Rule(Blame.PORT, "taken away", _refused_again, NAMED),
    Rule(Blame.VERSION, "wrong version", _version, "update the older end; its lamps stay safe until then"),
    Rule(Blame.MCU, "brown-out", _restarts(Reset.BROWN_OUT, Reset.POWER), SUPPLY),
    Rule(
        Blame.MCU, "watchdog", _restarts(Reset.WATCHDOG), "its firmware hangs: note the build, flash it anew, report it"
    ),
    Rule(Blame.MCU, "restarts", _restarts(), f"its reset wire, a debugger, or: {SUPPLY}"),
    Rule(Blame.MCU, "does not read", _stuck, "the MCU or its USB adapter hangs: power it off and on; flash it anew"),
    Rule(Blame.CABLE, "comes and goes", _comes_and_goes, "USB plug, hub and adapter: another cable, then another port"),
    Rule(Blame.CABLE, "echo", _echo, "TX and RX touch each other, or an adapter echoes: separate them"),
    Rule(Blame.MCU, "floods", _flood, "its firmware babbles: power it off and on; flash it anew"),
    Rule(
        Blame.HOST, "host late", _host_late, "see with top what else runs; give the service more CPUWeight; heat, swap"
    ),
    Rule(Blame.MCU, "overruns", _overruns, "its steps take too long, or its UART has no ring: see the porting guide"),
    Rule(Blame.CABLE, "unreadable", _unreadable, "wrong baud rate at one end, no common ground, or another device"),
    Rule(Blame.CABLE, "damaged both ways", _damage(up=True, down=True), CONTACTS),
    Rule(Blame.CABLE, "damaged to the host", _damage(up=True, down=False), f"{CONTACTS}; or fuser: who else reads?"),
    Rule(Blame.CABLE, "damaged to the MCU", _damage(up=False, down=True), CONTACTS),
    Rule(Blame.SILENT, "never heard", _never_heard, f"is it this port, and this baud rate? Then: {LAMP}"),
    Rule(Blame.SILENT, "fell silent", _fell_silent, LAMP),
    Rule(Blame.CABLE, "MCU hears nothing", _hears_nothing, "the wire from host TX to MCU RX is broken or swapped"),
    Rule(Blame.CABLE, "delayed", _too_old, "something between the ends holds frames back: hub, radio bridge, low baud"),
    Rule(Blame.MCU, "answers late", _answers_late, "its loop is slow, or an adapter's latency timer is long"),
    Rule(Blame.CABLE, "lost or repeated", _lost, "hubs and adapters drop frames: connect directly, then exchange them"),
    Rule(Blame.ILLUMINATOR, "illuminator fault", _illuminator, "the illuminator's plug, its supply and its LEDs"),
)
