"""The matrix is no good if it passes what is lost, late or stale: its judgement, on logs and ledgers made here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.types import Level
from tests.faults.__main__ import Row, markdown, table
from tests.faults.matrix import FAULTS
from tests.faults.measure import Notes, Run, judge, verdicts
from tests.faults.reaction import figures
from tests.faults.rig import Judged, Shown
from tests.firmware.qemu import Line

BEFORE, MEANWHILE, LAST = (Shown(level, n) for n, level in enumerate((3, 4, 3), 1))
NOTHING = Shown(Level.NONE, 0)
STRUCK_S, MENDED_S = 10.0, 12.2
KILLED = FAULTS["20 % of bytes corrupted"]


def line(seen_s, alert, why="state"):
    fault = str(int(why != "state"))
    fields = {"t_ms": str(round(1000 * seen_s)), "why": why, "fault": fault, "lamp": str(int(alert.level > 0))}
    return Line("OUT", {**fields, "level": str(int(alert.level)), "episode": str(alert.episode)}, seen_s)


def ledger(*pieces):
    """(from, to, alert): wanted in that time, 20 times a second; the link is up up to a second after the strike."""
    frames = []
    for begin_s, end_s, alert in pieces:
        for n in range(round((end_s - begin_s) * 20)):
            t_s = begin_s + n / 20
            frames.append(Judged(t_s, alert, not STRUCK_S + 0.9 < t_s < MENDED_S, "MCU silent for 1 s"))
    return frames


WANTED = ledger((9, 10.5, BEFORE), (10.5, 11.1, MEANWHILE), (11.1, 12.1, NOTHING), (12.1, 13, LAST))
FINE = [line(9.0, BEFORE), line(10.45, NOTHING, "silence"), line(12.23, LAST), line(12.9, LAST)]


def run(lines, fault=KILLED, judged=WANTED):
    notes = Notes(BEFORE, STRUCK_S, 0, mended_s=MENDED_S, last=LAST)
    return judge(fault, notes, lines, judged)


def test_a_good_run_passes():
    """And its times are those of the log."""
    good = run(FINE)
    assert verdicts(KILLED, good) == []
    assert (good.safe_ms, good.normal_ms) == (pytest.approx(450), pytest.approx(30))
    assert good.said_ms == pytest.approx(950)


@pytest.mark.parametrize(
    ("wrong", "lines"),
    [
        ("late", [line(9.0, BEFORE), line(10.6, NOTHING, "silence"), line(12.23, LAST)]),
        ("late", [line(9.0, BEFORE), line(10.45, NOTHING, "silence"), line(12.4, LAST)]),
        ("never safe", [line(9.0, BEFORE), line(12.23, LAST)]),
        ("lost", [line(9.0, BEFORE), line(10.45, NOTHING, "silence")]),
        ("stale", [*FINE[:2], line(12.2, MEANWHILE), line(12.23, LAST)]),
        ("stale", [*FINE[:2], line(12.2, Shown(Level.CRITICAL, 77)), line(12.23, LAST)]),
    ],
    ids=["fault lamp late", "back late", "no fault lamp", "alert lost", "old alert lit", "alert nobody wanted"],
)
def test_what_is_wrong_is_found(wrong, lines):
    """One thing at a time."""
    assert wrong in verdicts(KILLED, run(lines))


def test_an_alert_lit_before_anybody_wanted_it_is_stale():
    """It can only be another service's."""
    lines = [*FINE[:2], line(12.05, LAST), line(12.9, LAST)]
    assert "stale" in verdicts(KILLED, run(lines))


def test_a_working_line_owes_the_alert_or_the_fault_lamp():
    """Counted from the frame that wanted it."""
    works = FAULTS["stall 100 ms"]
    notes = Notes(MEANWHILE, STRUCK_S, 0, mended_s=MENDED_S, last=LAST)
    seen = [line(9.0, NOTHING), line(10.6, MEANWHILE), line(11.2, NOTHING), line(12.23, LAST), line(12.9, LAST)]
    good = judge(works, notes, seen, WANTED)
    assert (good.safe_ms, good.lamp) == (pytest.approx(100), True)
    assert verdicts(works, good) == []
    late = judge(works, notes, [seen[0], line(10.8, MEANWHILE), *seen[2:]], WANTED)
    assert verdicts(works, late) == ["late"]
    assert "lost" in verdicts(works, judge(works, notes, [seen[0], *seen[3:]], WANTED))


@pytest.mark.parametrize(
    ("wrong", "change"),
    [
        ("not said", {"said_ms": None}),
        ("not said", {"said_ms": 1200.0}),
        ("not said", {"said": False}),
        ("spins", {"cpu": 0.9}),
        ("pins", {"pins_agree": False}),
    ],
)
def test_silence_about_it_spinning_and_pins_are_found(wrong, change):
    """Whatever the lamps do."""
    assert verdicts(KILLED, replace(run(FINE), **change)) == [wrong]


def test_a_board_whose_clock_fell_behind_is_noticed():
    """Then the run is repeated: it says more of the machine than of the product."""
    slow = [FINE[0], replace(FINE[1], fields={**FINE[1].fields, "t_ms": "10350"}), *FINE[2:]]
    assert run(slow).behind_ms == pytest.approx(100)


def test_a_reaction_is_timed_from_the_frame_to_the_pin():
    """A lamp that never came is infinitely late; a board whose clock fell behind is left out."""

    class Looked:
        lit_s = (1.020, 5.030, 13.5)
        gap_s = (0.001, 0.001)

    told = [{"captured_s": t_s, "wanted_s": t_s + 0.004, "alarmed": True, "vision_ms": 2.0} for t_s in (1, 5, 9, 13)]
    log = [line(12.9, NOTHING), replace(line(13.5, BEFORE), fields={**line(13.5, BEFORE).fields, "t_ms": "13400"})]
    result = figures(told, Looked, log)
    assert (result["n"], result["left out: the machine did not keep time"]) == (3, 1)
    assert result["ms"]["capture to pin"] == {"p50": 30.0, "p99": float("inf"), "max": float("inf")}


def test_the_table_names_what_is_wrong():
    """As text and as markdown; a fault that nobody survived has no figures."""
    good = run(FINE)
    never = Run(None, None, None, 0.0, None, 0.0, pins_agree=True, said=False)
    text = table([Row(KILLED, (good, good), 1), Row(KILLED, (never,), 0)])
    assert text.splitlines()[1].endswith("pass")
    assert "2 (1 again)" in text
    assert text.splitlines()[2].endswith("FAIL: lost, never safe, not said")
    assert markdown([Row(KILLED, (good,), 0)]).count("|") == 3 * 14
