"""What the mechanic is told: faults between a real Link and the real C, in a time of their own, and of the port."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.types import Alert
from firmware_bridge.diagnosis import RULES, WINDOW_S, Blame, History, Sample, change, reset_name
from firmware_bridge.link import LinkCounters, LinkStatus
from firmware_bridge.messages import Hello, Known, Report, Reset, Switch, Verdict, Why
from firmware_bridge.port import Trouble
from firmware_bridge.runner import RunnerCounters
from firmware_bridge.settings import LinkSettings

SETTINGS = LinkSettings(illuminator=False)


class Workshop:
    """A vehicle with a fault, and a mechanic who looks once a second."""

    def __init__(self, world):
        self.world = world
        self.counters = RunnerCounters(opened=1)
        self._history = History(SETTINGS)
        self._break_down(world.down)
        self.look()

    def cut(self, *, up=None, down=None):
        """Other pipes: `up` to the MCU, `down` to the host."""
        if up:
            self.world.up = up
        if down:
            self._break_down(down)

    def _break_down(self, pipe):
        def counted(data, now_ms):
            out = pipe(data, now_ms)
            self.counters = replace(self.counters, bytes_in=self.counters.bytes_in + len(out))
            return out

        self.world.down = counted

    def look(self):
        return self._history.add(Sample(self.world.host_s, self.world.link.status(self.world.host_s), self.counters))

    def watch(self, seconds):
        """What the mechanic reads at the end of each second."""
        found = []
        for _ in range(seconds):
            self.world.run(1000, Alert(0.0))
            found.append(self.look())
        return found


@pytest.fixture
def workshop(world):
    return Workshop(world)


def nothing(data, now_ms):
    return b""


def noisy(share, seed=7):
    """So many bytes in a thousand come out wrong."""
    rng = random.Random(seed)
    return lambda data, now_ms: bytes(b ^ rng.randrange(1, 256) if rng.random() < share / 1000 else b for b in data)


def late(delay_ms):
    queue = []

    def pipe(data, now_ms):
        queue.append((now_ms + delay_ms, data))
        out = b"".join(data for due_ms, data in queue if due_ms <= now_ms)
        queue[:] = [item for item in queue if item[0] > now_ms]
        return out

    return pipe


def dropping(every):
    """Loses whole frames, as a hub does."""
    seen = Counter()

    def pipe(data, now_ms):
        kept = b""
        for frame in data.split(b"\0"):
            if frame:
                seen["frames"] += 1
                kept += b"\0" + frame + b"\0" if seen["frames"] % every else b""
        return kept

    return pipe


def test_a_sound_link_is_ok_and_stays_so(workshop):
    """First too little is known, then all is well, for longer than the window."""
    first, *rest = workshop.watch(20)
    assert first.blame is Blame.WAIT
    assert {one.blame for one in rest} == {Blame.OK}


@pytest.mark.parametrize(
    ("up", "down", "finding"),
    [
        (noisy(5), noisy(5), "damaged both ways"),
        (noisy(5), None, "damaged to the MCU"),
        (None, noisy(5), "damaged to the host"),
    ],
)
def test_damaged_bytes_are_the_cable_s_and_the_wire_is_named(workshop, up, down, finding):
    """Each end counts what reaches it; so the direction is known."""
    workshop.watch(5)
    workshop.cut(up=up, down=down)
    found = workshop.watch(8)[-1]
    assert (found.blame, found.finding) == (Blame.CABLE, finding)


def test_a_repaired_cable_is_ok_again(workshop):
    """What has happened is shown for the window, and no longer."""
    workshop.cut(down=noisy(20))
    assert workshop.watch(8)[-1].blame is Blame.CABLE
    workshop.cut(down=lambda data, now_ms: data)
    assert workshop.watch(int(WINDOW_S) + 2)[-1].blame is Blame.OK


def test_one_bad_frame_is_no_fault(workshop):
    """A single hit in ten seconds is told by the counters and blames nobody."""
    workshop.watch(5)
    workshop.cut(down=lambda data, now_ms: b"\0broken\0" + data if now_ms == 6000 else data)
    found = workshop.watch(6)
    assert workshop.world.link.status(workshop.world.host_s).counters.refused
    assert {one.blame for one in found} == {Blame.OK}


def test_a_wire_to_the_mcu_that_breaks(workshop):
    """The MCU goes on talking, shows its fault lamp and accepts nothing."""
    workshop.watch(5)
    workshop.cut(up=nothing)
    found = workshop.watch(4)[-1]
    assert (found.blame, found.finding) == (Blame.CABLE, "MCU hears nothing")
    assert "accepted no state" in found.evidence


def test_a_wire_to_the_mcu_that_was_never_there(workshop):
    """The MCU talks to a host that it heard before; nothing answers ours."""
    workshop.watch(2)
    workshop.world.start_host(0x11110002)
    workshop.cut(up=nothing)
    found = workshop.watch(int(WINDOW_S))[-1]
    assert (found.blame, found.finding) == (Blame.CABLE, "MCU hears nothing")
    assert "none answers ours" in found.evidence


def test_a_wire_to_the_host_that_breaks(workshop):
    """From this end it looks like an MCU without power: the fault lamp tells, and the remedy says so."""
    workshop.watch(5)
    workshop.cut(down=nothing)
    found = workshop.watch(5)[-1]
    assert (found.blame, found.finding) == (Blame.SILENT, "fell silent")
    assert "fault lamp" in found.remedy
    assert workshop.world.report.why == Why.STATE  # dark: what the remedy rests on


def test_nothing_was_ever_heard(world):
    """Power, port or wire: all that is known is that no byte has come."""
    workshop = Workshop(world)
    workshop.cut(down=nothing)
    found = workshop.watch(4)[-1]
    assert (found.blame, found.finding) == (Blame.SILENT, "never heard")


@pytest.mark.parametrize(
    ("cause", "finding", "word"),
    [
        (Reset.BROWN_OUT, "brown-out", "brown-out"),
        (Reset.POWER, "brown-out", "power"),
        (Reset.WATCHDOG, "watchdog", "watchdog"),
        (Reset.PIN, "restarts", "pin"),
        (17, "restarts", "17"),
    ],
)
def test_an_mcu_that_starts_again_and_again(workshop, cause, finding, word):
    """Every few seconds; what it says of why decides between its supply and its firmware."""
    workshop.watch(3)
    for start in range(3):
        workshop.world.restart_mcu(0xBEEF0001 + start, int(cause))
        found = workshop.watch(3)
    assert (found[-1].blame, found[-1].finding) == (Blame.MCU, finding)
    assert found[-1].evidence.endswith(f": 3; reset cause: {reset_name(cause)}")
    assert word in found[-1].evidence


def test_an_mcu_that_answers_late(workshop):
    """200 ms each way: nothing is lost, nothing is damaged, and the answer takes too long."""
    workshop.cut(up=late(100), down=late(100))
    found = workshop.watch(8)[-1]
    assert (found.blame, found.finding) == (Blame.MCU, "answers late")


def test_states_that_come_too_late_are_held_back_somewhere(workshop):
    """Older than their time to live at the MCU: the fault lamp is lit, and it is no broken wire."""
    workshop.watch(5)
    workshop.cut(up=late(1500))
    found = workshop.watch(8)[-1]
    assert (found.blame, found.finding) == (Blame.CABLE, "delayed")


def test_frames_that_vanish_whole(workshop):
    """No damage, and the counters have gaps."""
    workshop.cut(down=dropping(10))
    found = workshop.watch(8)[-1]
    assert (found.blame, found.finding) == (Blame.CABLE, "lost or repeated")


def test_a_line_that_echoes(workshop):
    """Our own frames come back and are refused."""
    sent = []
    workshop.cut(
        up=lambda data, now_ms: sent.append(data) or data,
        down=lambda data, now_ms: data + (sent.pop() if sent else b""),
    )
    found = workshop.watch(6)[-1]
    assert (found.blame, found.finding) == (Blame.CABLE, "echo")


def test_an_mcu_that_babbles(workshop):
    """The same frame fifty times over: far more than the protocol ever sends."""
    workshop.cut(down=lambda data, now_ms: data * 50)
    found = workshop.watch(6)[-1]
    assert (found.blame, found.finding) == (Blame.MCU, "floods")


def test_bytes_that_are_no_frames(workshop):
    """Another baud rate, or another device: bytes, and nothing in them."""
    workshop.cut(down=lambda data, now_ms: b"\x55\xaa\x13" * (now_ms % 20 == 0))
    found = workshop.watch(6)[-1]
    assert (found.blame, found.finding) == (Blame.CABLE, "unreadable")


def test_another_version(new_world):
    """Both ranges are named, and who must be updated."""
    found = Workshop(new_world(mcu_versions=(2, 3))).watch(4)[-1]
    assert (found.blame, found.finding) == (Blame.VERSION, "wrong version")
    assert "2 to 3" in found.evidence


def test_a_broken_illuminator(workshop):
    """The link is well; the MCU reads a fault."""
    vehicle = workshop.world.device.inputs.vehicle
    vehicle.known, vehicle.switches = Known.IR_FAULT, Switch.IR_FAULT
    found = workshop.watch(4)[-1]
    assert (found.blame, found.finding) == (Blame.ILLUMINATOR, "illuminator fault")


def test_a_host_that_comes_late_blames_itself(workshop):
    """A thread that oversleeps makes answers late and gets states refused; the cause is here."""
    workshop.cut(up=late(1500), down=late(100))
    for number in range(1, 9):
        workshop.counters = replace(workshop.counters, late=number, late_worst_ms=740)
        found = workshop.watch(1)[-1]
    assert (found.blame, found.finding) == (Blame.HOST, "host late")
    assert "740 ms" in found.evidence


def test_an_mcu_that_is_too_slow_is_not_the_cable(workshop):
    """What it overruns it also counts as damaged."""
    workshop.cut(up=noisy(10))
    for number in range(1, 9):
        workshop.world.device.inputs.overruns = number
        found = workshop.watch(1)[-1]
    assert (found.blame, found.finding) == (Blame.MCU, "overruns")


# The port, as the runner counts it


def status(text, **known):
    return LinkStatus(False, text, LinkCounters(), **known)


@pytest.mark.parametrize(
    ("counters", "blame", "finding"),
    [
        (RunnerCounters(trouble=Trouble.ABSENT), Blame.PORT, "not there"),
        (RunnerCounters(trouble=Trouble.PERMISSION), Blame.PORT, "no permission"),
        (RunnerCounters(trouble=Trouble.IN_USE), Blame.PORT, "in use"),
        (RunnerCounters(trouble=Trouble.UNUSABLE), Blame.PORT, "no serial port"),
        (RunnerCounters(trouble=Trouble.IN_USE, opened=1), Blame.PORT, "taken away"),
        (RunnerCounters(trouble=Trouble.UNPLUGGED, opened=1), Blame.CABLE, "comes and goes"),
        (RunnerCounters(trouble=Trouble.ABSENT, opened=2), Blame.CABLE, "comes and goes"),
        (RunnerCounters(trouble=Trouble.STUCK, opened=1), Blame.MCU, "does not read"),
        (RunnerCounters(), Blame.WAIT, "starting"),
    ],
)
def test_a_port_that_cannot_be_used_is_told_at_once(counters, blame, finding):
    """With the port's own error as evidence, which names path and remedy."""
    found = History(SETTINGS).add(Sample(0.0, status("what the port said"), counters))
    assert (found.blame, found.finding) == (blame, finding)
    assert "what the port said" in found.evidence or blame is Blame.MCU


@pytest.mark.parametrize(
    ("failed", "finding"), [({Trouble.UNPLUGGED: 2}, "comes and goes"), ({Trouble.STUCK: 2}, "does not read")]
)
def test_a_port_that_came_back_is_still_told_of(failed, finding):
    """Opened three times in ten seconds: a contact, or an MCU that does not read."""
    history = History(SETTINGS)
    history.add(Sample(0.0, status("up"), RunnerCounters(opened=1)))
    found = history.add(Sample(5.0, status("up"), RunnerCounters(opened=3, failed=failed)))
    assert found.finding == finding


def reported(accepted, starts=1):
    counters = LinkCounters(mcu_starts=starts)
    return LinkStatus(True, "up", counters, mcu_hello=Hello(), mcu=Report(accepted=accepted), version=1)


def test_counts_of_the_mcu_go_round(workshop):
    """They have 16 bits, and start again when it does."""
    round_trip = [Sample(0.0, reported(65530), RunnerCounters()), Sample(1.0, reported(4), RunnerCounters())]
    assert change(round_trip).mcu_accepted == 10
    anew = [Sample(0.0, reported(65530), RunnerCounters()), Sample(1.0, reported(4, starts=2), RunnerCounters())]
    assert change(anew).mcu_accepted == 0
    assert change(anew).restarts == 1


def test_a_first_meeting_is_no_restart():
    """An MCU that is met for the first time has not started anew."""
    samples = [Sample(0.0, status("?"), RunnerCounters()), Sample(1.0, reported(4), RunnerCounters())]
    assert change(samples).restarts == 0


def test_every_rule_has_a_story():
    """A finding that nothing above leads to is dead, or was never tried."""
    stories = Path(__file__).read_text()
    assert [rule.finding for rule in RULES if f'"{rule.finding}"' not in stories] == []
    assert len({rule.finding for rule in RULES}) == len(RULES)
    assert all(rule.remedy for rule in RULES)


def test_refusals_that_are_no_damage_blame_no_cable():
    """Repeats, hellos and ages are told by other rules."""
    quiet = reported(1)
    refused = {Verdict.UNSYNCED: 50, Verdict.TTL: 50, Verdict.VERSION: 50}
    loud = replace(quiet, counters=replace(quiet.counters, refused=refused))
    samples = [Sample(0.0, quiet, RunnerCounters()), Sample(1.0, loud, RunnerCounters())]
    assert change(samples).damaged == 0
