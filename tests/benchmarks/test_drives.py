"""Simulated drives through the real vision: the lots, the counting and the due times. Nothing is rendered here."""

import json
import math
import zlib
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from alerts.types import Alert, Level, TurnSignal
from benchmarks.drives import clips, due, hour, lots, recording
from benchmarks.drives.__main__ import main
from benchmarks.drives.observing import SEEN
from cabinwatch import recorder
from cabinwatch.replay import judge
from cabinwatch.replay_logs import LogLine
from cabinwatch.rules import load_rules
from simulator import files
from simulator.clip import CLIP, SCRIPT, TRUTH
from simulator.script.library import load, read
from simulator.truth import head_deg
from vision.types import Direction, Eye, Face, FaceObservation, Mouth, Reason

HOUSE = load_rules(["house"])
FPS = 15.0
LOOKS = ("mirror_check", "shoulder_check", "glance")
AWAKE = {*LOOKS, "blink", "rub_eye", "head_on_hand", "talk", "laugh", "sing", "eat", "express"}


# --- lots ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drive", range(15))
def test_the_lots_are_valid_scripts_of_awake_drivers(drive):
    """Nobody droops, nods, sleeps or reads; no look away lasts two seconds, and no 30 s hold ten of them."""
    script = read(lots.script(7, drive), name="drive")
    timeline = yaml.safe_load(script.text)["timeline"]
    looks = [(entry["at_s"], entry["for_s"]) for entry in timeline if entry["do"] in LOOKS]
    assert {event.behaviour for event in script.events} <= AWAKE
    assert max(for_s for _, for_s in looks) < 2.0
    assert max(sum(for_s for at_s, for_s in looks if from_s <= at_s < from_s + 30.0) for from_s, _ in looks) < 10.0
    assert len(looks) >= 15
    assert script.duration_s == lots.DRIVE_S


def moments(script):
    """All moments of a drive at the frame rate."""
    return [script.at(frame / FPS) for frame in range(math.ceil(script.duration_s * FPS))]


@pytest.mark.parametrize("drive", range(2))
def test_a_perfect_observer_would_say_nothing(drive):
    """What is alerted on such a drive is a mistake of sight, or of the rules."""
    script = read(lots.script(7, drive), name="drive")
    lines = [LogLine(perfect(moment), recording._vehicle(moment.t_s, ())) for moment in moments(script)]
    judged = list(judge(lines, HOUSE))
    assert [one.alert for one in judged if one.alert.level] == []
    assert judged[-1].state.learning.pose == judged[-1].state.learning.openness == 1.0


def perfect(moment):
    eyes = [Eye(1.0 - closure, 0.95 if closure > 0.8 else 0.05, 0.9) for closure in moment.closure]
    return sample(moment.t_s, *eyes, head=moment.head_deg, mouth=moment.units.get("jawOpen", 0.0))


def sample(t_s, left, right, *, head=(0.0, 0.0, 0.0), mouth=0.0):
    return FaceObservation(
        t_s,
        frame=round(t_s * FPS),
        face=Face((200.0, 100.0, 400.0, 350.0), 0.95),
        left=left,
        right=right,
        mouth=Mouth(mouth, 0.9),
        head=Direction(*head, 0.9),
        gaze=Direction(reason=Reason.NOT_MEASURED),
    )


def test_fifteen_drives_show_every_hour_camera_place_and_kind_of_glasses():
    drawn = [yaml.safe_load(text) for text in lots.scripts(7, 15).values()]
    assert {drive["light"]["daytime"] for drive in drawn} == {"night", "day", "dusk"}
    assert sum("changes" in drive["light"] for drive in drawn) == 2  # tunnels
    assert len({drive["camera"]["place"] for drive in drawn}) == 5
    assert {"none", "clear"} <= {drive["driver"]["glasses"] for drive in drawn} <= {"none", "clear", "sun_nir"}
    assert len({drive["driver"]["seed"] for drive in drawn}) == 15


def test_a_drive_is_the_same_however_many_are_asked_for():
    assert lots.scripts(7, 2)["drive_01"] == lots.scripts(7, 15)["drive_01"]
    assert lots.script(7, 1) != lots.script(8, 1)


# --- a drive and its logs --------------------------------------------------------------------------------------

OPEN, SHUT = Eye(1.0, 0.05, 0.9), Eye(0.05, 0.95, 0.9)


def drive(folder, truth, seen, *, duration_s=20.0, timeline=(), **keys):
    """A folder as rendering and observing leave it. truth, seen: what one says of the eyes at a time."""
    folder.mkdir()
    document = {"description": "a test", "duration_s": duration_s, "timeline": list(timeline), **keys}
    (folder / SCRIPT).write_text(yaml.safe_dump(document))
    times_s = [round(frame / FPS, 4) for frame in range(round(duration_s * FPS))]
    straight = recording.mounting(load(folder / SCRIPT))
    head = (straight.yaw_deg, straight.pitch_deg, 0.0)
    for name, eyes in ((TRUTH, truth), (SEEN, seen)):
        lines = (recorder.line(sample(t_s, eyes(t_s), eyes(t_s), head=head)) for t_s in times_s)
        (folder / name).write_bytes(b"".join(lines))
    return recording.read(folder)


def shut(*spans):
    return lambda t_s: SHUT if any(from_s <= t_s < to_s for from_s, to_s in spans) else OPEN


def hidden_from(from_s):
    return lambda t_s: OPEN if t_s < from_s else Eye(reason=Reason.COVERED)


def awake(_t_s):
    return OPEN


def test_whoever_looks_over_a_shoulder_has_set_the_turn_signal(tmp_path):
    timeline = [{"at_s": 8.0, "do": "shoulder_check", "side": "right"}]
    signals = [
        (line.seen.t_s, line.vehicle.turn_signal)
        for line in drive(tmp_path / "a", awake, awake, timeline=timeline).seen
    ]
    on_s = [t_s for t_s, side in signals if side is TurnSignal.RIGHT]
    assert on_s[0] == pytest.approx(3.5, abs=0.1)
    assert 10.0 < on_s[-1] < 14.0
    assert {side for _, side in signals} == {TurnSignal.OFF, TurnSignal.RIGHT}


@pytest.mark.parametrize("place", ["cluster", "a_pillar", "mirror", "centre_stack"])
@pytest.mark.parametrize("wheel_left", [True, False])
def test_a_head_held_straight_is_straight_to_the_machines_wherever_the_camera_sits(place, wheel_left):
    script = load_text(camera={"place": place, "wheel_left": wheel_left})
    mounted = recording.mounting(script)
    yaw_deg, pitch_deg, _ = head_deg(script.setting().camera, SimpleNamespace(head=np.eye(4)))
    assert (mounted.yaw_deg, mounted.pitch_deg) == pytest.approx((yaw_deg, pitch_deg), abs=0.06)
    assert abs(yaw_deg) > 20.0 or place == "cluster"


def load_text(**keys):
    return read(yaml.safe_dump({"description": "a test", "duration_s": 5, "timeline": [], **keys}), name="test")


# --- the hour --------------------------------------------------------------------------------------------------


def test_false_alerts_are_counted_an_hour_with_what_was_done_then(tmp_path):
    """Two drives of 20 s: a long misread closure is critical, a shorter one a warning."""
    found = hour.Hour(HOUSE)
    talk = [{"at_s": 9.0, "do": "talk", "for_s": 4.0}]
    found.take(drive(tmp_path / "short", awake, shut((10.0, 11.5)), timeline=talk))
    found.take(drive(tmp_path / "long", awake, shut((10.0, 13.5))))
    told = [(alert.drive, alert.level, alert.cause) for alert in found.alerts]
    assert told[0] == ("short", "warning", "microsleep")
    assert ("long", "critical", "sleep") in told
    assert found.alerts[0].t_s == pytest.approx(11.0, abs=0.15)
    assert found.alerts[0].done.startswith("talk 9.0")
    assert "eyes open in 16 frames: read as shut in 100 %, openness 0.05 (true 1.00)" in found.alerts[0].why
    assert not any(alert.truth_too for alert in found.alerts)
    assert found.ledger.hours == pytest.approx(2 * 19.93 / 3600.0, rel=1e-3)
    rates = hour.rates(found)
    assert rates["critical"]["alerts"] == 1
    assert rates["critical"]["low"] == pytest.approx(0.0253 / found.ledger.hours, rel=1e-2)
    assert rates["critical"]["high"] == pytest.approx(5.572 / found.ledger.hours, rel=1e-3)
    assert sum(rate["alerts"] for rate in rates.values()) == len(found.alerts)
    assert "missed" in list(hour.lines(found))[-3]


def test_an_alert_that_the_truth_raises_too_is_marked(tmp_path):
    """It is no mistake of sight, and it counts."""
    found = hour.Hour(HOUSE)
    found.take(drive(tmp_path / "a", shut((10.0, 11.6)), shut((10.0, 11.5))))
    assert [alert.truth_too for alert in found.alerts if alert.cause == "microsleep"] == [True]


def test_another_alert_of_the_truth_at_that_time_marks_nothing(tmp_path):
    """Eyes that are hidden in truth were read as shut: the truth only raises that it cannot see them."""
    found = hour.Hour(HOUSE)
    found.take(drive(tmp_path / "a", hidden_from(3.0), shut((10.0, 11.5))))
    first = found.alerts[0]
    assert (first.cause, first.truth_too) == ("microsleep", False)


def test_an_episode_counts_at_the_highest_level_it_reached():
    """At the time when it reached it."""
    levels = [Level.NONE, Level.CAUTION, Level.CAUTION, Level.WARNING, Level.CAUTION, Level.NONE, Level.INFORMATION]
    episodes = [0, 1, 1, 1, 1, 1, 2]
    alerts = [
        Alert(float(t_s), level, episode_id=n) for t_s, (level, n) in enumerate(zip(levels, episodes, strict=True))
    ]
    told = hour.episodes([SimpleNamespace(alert=alert) for alert in alerts])
    assert [(alert.t_s, alert.level) for alert in told] == [(3.0, Level.WARNING), (6.0, Level.INFORMATION)]


# --- due by the truth ------------------------------------------------------------------------------------------


def test_a_microsleep_that_was_seen_passes(tmp_path):
    report, rows = due.clause_report(HOUSE[0], [drive(tmp_path / "a", shut((10.0, 12.0)), shut((10.1, 12.1)))])
    (row,) = [row for row in rows if row.clause == "microsleep"]
    assert (row.verdict, row.due_s) == ("pass", pytest.approx(11.0, abs=0.07))
    assert row.measured_s == pytest.approx(11.1, abs=0.1)
    assert report.passed


def test_a_microsleep_read_as_blinks_fails_and_says_why(tmp_path):
    blinks = shut(*((10.0 + 0.4 * i, 10.2 + 0.4 * i) for i in range(5)))
    _, rows = due.clause_report(HOUSE[0], [drive(tmp_path / "a", shut((10.0, 12.0)), blinks)])
    (row,) = [row for row in rows if row.clause == "microsleep"]
    assert (row.verdict, row.measured_s) == ("fail", None)
    assert "eyes shut in" in row.why
    assert "read as shut in 5" in row.why


def test_an_alert_without_cause_fails_its_clause(tmp_path):
    report, rows = due.clause_report(HOUSE[0], [drive(tmp_path / "a", awake, shut((10.0, 12.0)))])
    (row,) = [row for row in rows if row.clause == "microsleep"]
    assert (row.verdict, row.due_s) == ("fail", None)
    assert row.measured_s == pytest.approx(11.0, abs=0.15)
    assert not report.passed


def test_eyes_that_leave_the_road_alone_are_due_and_not_seen(tmp_path):
    """The truth knows the gaze; vision does not measure it, and the table says so."""
    _, rows = due.clause_report(HOUSE[0], [looking_aside(drive(tmp_path / "a", awake, awake), 10.0, 14.0)])
    (row,) = [row for row in rows if row.clause == "long_distraction"]
    assert (row.verdict, row.measured_s) == ("fail", None)
    assert row.due_s == pytest.approx(13.0, abs=0.1)
    assert "gaze +40°/+0°, head +0°/+0°" in row.why
    assert row.why.endswith("gaze is not measured")


def test_a_look_that_ends_in_time_is_not_due(tmp_path):
    """Nor does the machines' patience with a look's end make it longer."""
    _, rows = due.clause_report(HOUSE[0], [looking_aside(drive(tmp_path / "a", awake, awake), 10.0, 12.85)])
    assert rows == []


def looking_aside(recorded, from_s, to_s):
    """The same drive, but in truth the eyes are on something 40° aside for a while."""

    def gaze(seen):
        aside_deg = 40.0 if from_s <= seen.t_s < to_s else 0.0
        return Direction(seen.head.yaw_deg + aside_deg, seen.head.pitch_deg, None, 1.0)

    looks = (replace(line, seen=replace(line.seen, gaze=gaze(line.seen))) for line in recorded.truth)
    return replace(recorded, truth=tuple(looks))


def test_what_has_no_plain_reading_is_told_by_the_machines_and_not_judged(tmp_path):
    """Eyes that both logs hide."""
    report, rows = due.clause_report(HOUSE[0], [drive(tmp_path / "a", hidden_from(5.0), hidden_from(5.0))])
    (row,) = rows
    assert (row.clause, row.verdict) == ("eyes_unseen", "not applicable")
    assert row.due_s == row.measured_s == pytest.approx(13.0, abs=0.2)
    assert row.why == ""
    assert f"({row.due_s:.2f} s)" in list(due.lines(report, rows))[2]


def test_what_the_machines_raise_on_the_truth_alone_is_explained(tmp_path):
    _, (row,) = due.clause_report(HOUSE[0], [drive(tmp_path / "a", hidden_from(5.0), awake)])
    assert (row.clause, row.verdict, row.measured_s) == ("eyes_unseen", "not applicable", None)
    assert row.why.startswith("eyes open in")
    assert "eyes hidden in" in row.why


# --- the folder and the command --------------------------------------------------------------------------------


def test_a_clip_is_whole_for_the_very_script_and_look_that_made_it(tmp_path):
    """Then it is not rendered again."""
    clips.deal(tmp_path, clips.Lots(7, 1, 60.0))
    order = clips.Look().order(clips.alert_hour(tmp_path)["drive_00"])
    assert not clips.is_whole(tmp_path / "drive_00", order)
    finish(tmp_path / "drive_00", order)
    assert clips.is_whole(tmp_path / "drive_00", order)
    assert not clips.is_whole(tmp_path / "drive_00", replace(order, fps=30.0))
    clips.deal(tmp_path, clips.Lots(8, 1, 60.0))
    assert not clips.is_whole(tmp_path / "drive_00", order)


def test_only_what_is_missing_is_rendered(tmp_path, monkeypatch):
    clips.deal(tmp_path, clips.Lots(7, 3, 60.0))
    wanted, asked = clips.alert_hour(tmp_path), []
    finish(tmp_path / "drive_00", clips.Look().order(wanted["drive_00"]))
    monkeypatch.setattr(
        clips.subprocess, "run", lambda command, check: asked.append(command) or SimpleNamespace(returncode=0)
    )
    clips.render(wanted, tmp_path, clips.Look(), workers=2)
    assert [command[command.index("render") + 1] for command in asked] == [wanted["drive_01"], wanted["drive_02"]]
    assert asked[0][-4:] == ["--quality", "draft", "--workers", "2"]


def test_a_clip_that_cannot_be_made_ends_the_run(tmp_path, capsys):
    """What the simulator says of it stands on the terminal already."""
    (tmp_path / "drive_00").mkdir()
    (tmp_path / "drive_00" / CLIP).write_bytes(b"another's")
    assert (
        main(["alert-hour", "--out", str(tmp_path), "--minutes", "0.1", "--drive-s", "30", "--stages", "render"]) == 2
    )
    assert "drive_00: not rendered, the simulator ended with 2" in capsys.readouterr().err


def finish(folder, order):
    folder.mkdir(exist_ok=True)
    made = asdict(order) | {"scenario": "drive_00", "quality": order.quality.value}
    script = zlib.crc32(load(order.scenario).text.encode())
    (folder / "about.json").write_text(json.dumps({"synthetic": True, "order": made, "script": script}))


def test_a_dark_clip_through_the_real_vision_cannot_be_seen(tmp_path, capsys):
    """From clip to ledger: every stage but rendering."""
    folder = tmp_path / "drive_00"
    drive(folder, awake, awake, duration_s=12.0)
    dark = (np.zeros((48, 64), np.uint8) for _ in range(round(12.0 * FPS)))
    files.write_clip(folder / CLIP, dark, (64, 48), FPS)
    finish(folder, clips.Look().order(str(folder / SCRIPT)))
    clips.deal(tmp_path, clips.Lots(7, 2, 12.0))
    assert main(["alert-hour", "--out", str(tmp_path), "--stages", "observe", "judge", "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 of 2 drives, seen by ")
    assert "seed 7, a seed for trying out" in said
    assert "caution, cannot see (always/cannot_see)" in said
    assert "no face in 100 % of" in said
    assert json.loads((tmp_path / "hour.json").read_text())["rates"]["other"]["alerts"] >= 1


@pytest.mark.parametrize(
    ("command", "lacks"), [("alert-hour", "no lots were dealt"), ("scenarios", "no clip is finished")]
)
def test_without_clips_there_is_nothing_to_judge(tmp_path, capsys, command, lacks):
    assert main([command, "--out", str(tmp_path), "--stages", "judge"]) == 2
    assert f"{lacks} there; begin with --stages render" in capsys.readouterr().err
