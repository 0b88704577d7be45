"""`cabinwatch link`: the real command on a real terminal, before the real C; and what its views say."""

from __future__ import annotations

import io
import json
import math
import os
import pty
import signal
import subprocess
import sys
import threading

import pytest

from alerts.types import Cause, Level
from cabinwatch import link_command, link_selftest
from cabinwatch.cli import main
from cabinwatch.link_command import Tally, choose_view, watch
from cabinwatch.link_selftest import STEPS, JsonTeller, PlainTeller, RefusedError, self_test
from cabinwatch.link_view import JsonView, PlainView, Second, rows, summary_words
from firmware_bridge.diagnosis import Blame, Diagnosis, Sample
from firmware_bridge.link import LinkCounters, LinkStatus
from firmware_bridge.messages import Hello, Output, Report, Reset, Verdict, Why
from firmware_bridge.port import Trouble
from firmware_bridge.runner import RunnerCounters
from firmware_bridge.settings import LinkSettings
from firmware_bridge.simulated import SimulatedMcu, default_binary

SHORT_S = 0.1  # for eyes that are a program's
PATIENCE_S = 10.0


@pytest.fixture(autouse=True)
def a_busy_machine_is_no_fault(monkeypatch):
    """These tests share a processor with others: that the link is late is told by tests in a time of their own."""
    monkeypatch.setattr("firmware_bridge.runner.LATE_S", math.inf)


@pytest.fixture
def mcu(cannot_run):
    """The simulated MCU of a vehicle that stands."""
    if not default_binary().is_file():
        cannot_run("the firmware is not built: make -C firmware_bridge/firmware")
    with SimulatedMcu(speed_kmh=0.0) as running:
        yield running


def tried(mcu, **options):
    """The results of a self-test, by name of the step."""
    said = []
    passed = self_test(LinkSettings(port=mcu.port), JsonTeller(said.append), hold_s=SHORT_S, **options)
    return passed, {result["name"]: result for result in map(json.loads, said)}


# The live view


@pytest.mark.firmware
def test_a_sound_link_in_json(mcu, capsys):
    """One object a second, and all is well."""
    status = main(["link", "--port", mcu.port, "--seconds", "4", "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 4
    last = lines[-1]
    assert (last["verdict"], status) == ("ok", 0)
    assert last["hello"]["capabilities"] == "lamp+buzzer+haptic+fault+ir"
    assert last["hello"]["reset_cause"] == "power"
    assert last["mcu"]["why"] == "state"
    assert last["mcu"]["outputs"] == "ir"
    assert last["mcu"]["accepted"] > 0
    assert last["round_trip_ms"]["min"] <= last["round_trip_ms"]["now"]


@pytest.mark.firmware
def test_nobody_is_alarmed_by_a_diagnosis(mcu):
    """Quiet states only; at the end the MCU is told goodbye."""
    assert main(["link", "--port", mcu.port, "--seconds", "2"]) in {0, 1}
    assert mcu.wait_for(lambda: mcu.outputs.why == "standby", PATIENCE_S)
    assert not any(outputs.level or outputs.lamp or outputs.buzzer for _, outputs in mcu.history)


def test_no_port_is_a_verdict_with_what_to_do(tmp_path, capsys):
    """Exit code 1, a plain line, and the remedy."""
    assert main(["link", "--port", str(tmp_path / "mcu"), "--seconds", "1"]) == 1
    told = capsys.readouterr().out
    assert "port: not there" in told
    assert f"{tmp_path}/mcu is not there" in told
    assert "to do: " in told


def test_a_port_that_another_cabinwatch_holds(capsys):
    """The service runs: the mechanic is told to stop it."""
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from firmware_bridge.port import SerialPort as P\nport = P({path!r}, 9600, 0.1)\ninput(print())",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()
    assert main(["link", "--port", path, "--seconds", "1"]) == 1
    holder.communicate(b"\n")
    os.close(ours)
    os.close(theirs)
    told = capsys.readouterr().out
    assert "port: in use" in told
    assert "systemctl stop" in told


def test_a_line_without_anybody(capsys):
    """It opens, and not one byte comes."""
    ours, theirs = pty.openpty()
    assert main(["link", "--port", os.ttyname(theirs), "--seconds", "3"]) == 1
    os.close(ours)
    os.close(theirs)
    assert "no answer: never heard" in capsys.readouterr().out


@pytest.mark.firmware
def test_an_mcu_that_restarts_is_seen_in_real_time(mcu, monkeypatch):
    """Power lost while the mechanic watches: the verdict of the whole run is the MCU's."""
    cut = threading.Timer(2.5, lambda: (mcu.kill(), mcu.start()))
    cut.start()
    said = []
    assert not watch(LinkSettings(port=mcu.port), JsonView(said.append), seconds=7)
    cut.join()
    findings = {json.loads(line)["finding"] for line in said}
    assert findings & {"brown-out", "comes and goes"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--seconds", "0"], "must be a whole number from 1"),
        (["--seconds", "soon"], "must be a whole number from 1"),
        (["--baud", "300"], "9600"),
        (["--button"], "--button is a part of --test"),
        (["--test", "--seconds", "3"], "--seconds is not for --test"),
        (["--config", "/nowhere.yaml"], "/nowhere.yaml"),
    ],
)
def test_wrong_usage_says_so(arguments, complaint, capsys):
    """Exit code 2 and one line."""
    try:
        status = main(["link", *arguments])
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    assert complaint in capsys.readouterr().err


def test_the_config_names_the_port_and_the_command_line_overrides_it(tmp_path):
    """As the service has it, but for what is typed."""
    path = tmp_path / "c.yaml"
    path.write_text("link: {port: /dev/ttyX, baud: 9600, buzzer: false}\n")
    settings = link_command.link_settings(path, None, None)
    assert (settings.port, settings.baud, settings.buzzer) == ("/dev/ttyX", 9600, False)
    settings = link_command.link_settings(path, "/dev/ttyY", 19200)
    assert (settings.port, settings.baud, settings.buzzer) == ("/dev/ttyY", 19200, False)


def test_the_service_s_own_config_is_taken_where_nothing_is_named(tmp_path, monkeypatch):
    """As the doctor does: the port that is looked at is the one that the service uses."""
    monkeypatch.setattr(link_command, "PLACE", tmp_path / "c.yaml")
    assert link_command.link_settings(None, None, None) == LinkSettings()
    (tmp_path / "c.yaml").write_text("link: {port: /dev/ttyX}\n")
    assert link_command.link_settings(None, None, None).port == "/dev/ttyX"
    assert link_command.link_settings(None, "/dev/ttyY", None) == LinkSettings(port="/dev/ttyY")


def test_a_reader_that_goes_away_ends_the_command(tmp_path):
    """`cabinwatch link | head -1` is no traceback."""
    command = f"{sys.executable} -m cabinwatch link --port {tmp_path}/mcu --seconds 4 | head -1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr
    assert "not there" in ended.stdout


# What a second looks like


def second(diagnosis=None, **status):
    counters = LinkCounters(40, 20, 3, {Verdict.CRC: 2, Verdict.COUNTER: 1, Verdict.NO_HELLO: 1}, 1)
    known = {
        "round_trip_ms": 4,
        "round_trip_now_ms": 9,
        "mcu_hello": Hello(1, 1, 0x1F, 0xBADCAFE, 0, Reset.WATCHDOG, 2, Level.CRITICAL, Cause.SLEEP, 7),
        "mcu": Report(outputs=int(Output.LAMP), why=Why.STATE, bad_crc=5, bad_format=6, gaps=7, overruns=8),
        "version": 1,
    }
    now = LinkStatus(True, "up", counters, **{**known, **status})
    before = Sample(4.0, LinkStatus(True, "up", LinkCounters(20, 10)), RunnerCounters(opened=1))
    runner = RunnerCounters(None, 2, {Trouble.UNPLUGGED: 1}, 100, 200, 3, 140)
    found = diagnosis or Diagnosis(Blame.CABLE, "comes and goes", "lost twice", "another cable")
    return Second(before, Sample(5.0, now, runner), found)


def test_a_plain_line_tells_what_counts():
    """Rates, both ends' counts, what is shown; at a fault why and what to do."""
    said = []
    PlainView(said.append).show(second())
    line, why = said
    assert "cable: comes and goes" in line
    assert "4 ms min 9 ms now" in line
    assert "out 20/s in 10/s" in line
    assert "damaged 2/11" in line
    assert "lost 3/7" in line
    assert "MCU shows lamp (state)" in line
    assert "lost twice" in why
    assert "to do: another cable" in why


def test_the_rows_tell_everything():
    """Versions, what it remembers, why it started, counters of both ends."""
    told = dict(rows(second()))
    assert told["firmware"].startswith(
        "build 0badcafe, protocol 1 of 1 to 1, has lamp+buzzer+haptic+fault+ir, reset by watchdog"
    )
    assert told["remembers"] == "2 critical alerts; last: critical, sleep, episode 7"
    assert told["host"] == "lost 3, CRC or format 2, repeated 1, refused else 1; late 3, worst 140 ms"
    assert told["MCU"] == "lost 7, CRC 5, format 6, repeated 0, too old 0, overruns 8; accepted 0"
    assert told["port"] == "opened: 2, failed: unplugged 1"


def test_what_is_not_known_is_said_to_be_so():
    """No hello and no report: no zeros that look like measurements."""
    unknown = second(mcu_hello=None, mcu=None, round_trip_ms=None, round_trip_now_ms=None)
    told = dict(rows(unknown))
    assert (told["MCU"], told["firmware"], told["shows"]) == ("has not reported", "not known", "not told")
    assert told["round trip"] == "? at best, ? now"
    said = []
    JsonView(said.append).show(unknown)
    assert json.loads(said[0])["mcu"] is None


def test_the_live_view_draws_it():
    """All rows and the verdict on one panel."""
    rich = pytest.importorskip("rich.console")
    from cabinwatch.link_live import LiveView

    out = io.StringIO()
    with LiveView("/dev/x", rich.Console(file=out, force_terminal=True, width=120)) as view:
        view.show(second())
    drawn = out.getvalue()
    assert all(word in drawn for word in ("comes and goes", "lost twice", "another cable", "0badcafe", "critical"))


def test_pipes_get_plain_lines(tmp_path):
    """No panel where nobody looks."""
    assert isinstance(choose_view("/dev/x", str, json=False), PlainView)
    assert isinstance(choose_view("/dev/x", str, json=True), JsonView)


def test_a_fault_that_has_passed_is_not_forgotten():
    """The run's verdict is the fault that was seen longest, though all is well at the end."""
    well = Diagnosis(Blame.OK, "ok", "up", "")
    tally = Tally()
    for finding in ("lost or repeated", "brown-out", "brown-out"):
        tally.add(Diagnosis(Blame.MCU, finding, "why", "do"))
    for _ in range(10):
        tally.add(well)
    summary = tally.summary()
    assert (summary.diagnosis.finding, summary.seen_for, summary.seconds) == ("brown-out", 2, 13)
    assert "brown-out (2 of 13 s)" in summary_words(summary)


# The self-test


@pytest.mark.firmware
def test_every_output_is_tried_and_confirmed(mcu):
    """In the order of the table, by what the real C commands, and nothing of it is kept."""
    passed, results = tried(mcu, button=False)
    assert passed, results
    assert list(results) == [step.name for step in STEPS]
    assert {result["outcome"] for result in results.values()} == {"passed"}
    assert any(outputs.fault and outputs.why == "silence" for _, outputs in mcu.history)
    assert max(outputs.level for _, outputs in mcu.history) == Level.CRITICAL
    assert mcu.wait_for(lambda: mcu.outputs.why == "standby", PATIENCE_S)
    said = []
    watch(LinkSettings(port=mcu.port), JsonView(said.append), seconds=1)
    hello = json.loads(said[0])["hello"]
    assert (hello["lockouts"], hello["last_level"]) == (0, 0)


@pytest.mark.firmware
def test_a_vehicle_that_moves_is_not_tested(mcu, capsys):
    """Known to move: refused before anything lights up."""
    mcu.set_speed(12.0)
    assert main(["link", "--port", mcu.port, "--test"]) == 1
    assert "moves at 12.0 km/h" in capsys.readouterr().err
    assert not any(outputs.lamp or outputs.buzzer for _, outputs in mcu.history)


@pytest.mark.firmware
def test_a_vehicle_that_begins_to_move_ends_the_test(mcu):
    """In the middle of it: the step fails, nothing more is tried."""
    started = threading.Thread(target=lambda: mcu.wait_for(lambda: mcu.outputs.lamp, 20) and mcu.set_speed(5.0))
    started.start()
    passed, results = tried(mcu, button=False)
    started.join()
    assert not passed
    last = list(results.values())[-1]
    assert last["name"] != "end"
    assert "moves at 5.0 km/h" in last["detail"]


@pytest.mark.firmware
def test_an_unknown_speed_is_said_to_be_so(mcu):
    """Not known to move: the installer answers for it."""
    mcu.set_speed(None)
    said = []
    assert self_test(LinkSettings(port=mcu.port), PlainTeller(said.append), button=False, hold_s=0.0)
    assert "make sure that the vehicle stands" in said[0]
    assert "quiet        everything is dark … " in said
    assert said.count("passed\n") == len(STEPS)


@pytest.mark.firmware
def test_the_button_must_answer_this_alert(mcu, monkeypatch):
    """A press while the warning is shown passes; none within the time fails, and so does the whole test."""
    pressed = threading.Thread(
        target=lambda: (
            mcu.wait_for(lambda: mcu.outputs.level == 3 and mcu.outputs.episode_id == 0xF000 + 9, 30)
            and mcu.acknowledge()
        )
    )
    pressed.start()
    passed, results = tried(mcu, button=True)
    pressed.join()
    assert passed
    assert results["button"]["outcome"] == "passed"
    monkeypatch.setattr(link_selftest, "BUTTON_S", 0.5)
    passed, results = tried(mcu, button=True)
    assert not passed
    assert results["button"]["outcome"] == "failed"


@pytest.mark.firmware
def test_what_may_not_be_used_is_skipped_and_said(mcu):
    """The config forbids buzzer, haptic and light: what is left is tried without them."""
    settings = LinkSettings(port=mcu.port, buzzer=False, haptic=False, illuminator=False)
    said = []
    assert self_test(settings, JsonTeller(said.append), button=False, hold_s=0.0)
    results = {result["name"]: result for result in map(json.loads, said)}
    assert results["infrared"]["outcome"] == "skipped"
    assert results["warning"]["detail"] == "without buzzer"
    assert not any(outputs.buzzer or outputs.haptic or outputs.ir for _, outputs in mcu.history)


@pytest.mark.firmware
def test_an_output_that_does_not_come_fails_its_step(mcu):
    """Ignition off: no infrared light, and the report says what is shown instead."""
    mcu.set_ignition(False)
    passed, results = tried(mcu, button=False)
    assert not passed
    assert results["infrared"]["outcome"] == "failed"
    assert "asked for ir, the MCU shows nothing" in results["infrared"]["detail"]
    assert results["lamp" if "lamp" in results else "caution"]["outcome"] == "passed"


def test_without_a_link_nothing_is_tried(tmp_path, monkeypatch):
    """The reason, and the command that finds it."""
    monkeypatch.setattr(link_selftest, "UP_S", 0.3)
    with pytest.raises(RefusedError, match=r"is not there.*without --test"):
        self_test(LinkSettings(port=str(tmp_path / "mcu")), JsonTeller(str), button=False)


@pytest.mark.firmware
def test_a_tool_that_is_stopped_says_goodbye(mcu):
    """SIGTERM in the middle of an alarm: dark, not an orphaned buzzer."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cabinwatch", "link", "--port", mcu.port, "--test"], stdout=subprocess.DEVNULL
    )
    assert mcu.wait_for(lambda: mcu.outputs.buzzer, 30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM
    assert mcu.wait_for(lambda: mcu.outputs.why == "standby", PATIENCE_S)
