"""The installer's tool: what it says of a place, how it measures the mounting, and that it ends well."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from cabinwatch.aim import command
from cabinwatch.aim.command import run
from cabinwatch.aim.placement import EyeLight, Look, judge
from cabinwatch.aim.session import LOOK_S, PATIENCE_S, SETTLE_S, Phase, Session, Shown
from cabinwatch.aim.straight import Mounted, StraightAhead, side_of
from cabinwatch.aim.window import Wish
from cabinwatch.cli import main
from cabinwatch.doctor.findings import Mark
from cabinwatch.doctor.models import CLIP
from cabinwatch.doctor.unit import UnitFacts
from vision.camera import CameraSettings, open_camera
from vision.model import CLEAN
from vision.observer import Observer
from vision.types import CameraView, Covers, Direction, Eye, Face, Frame, NoFrame, Reason, Side, unseen

GREY = np.full((480, 640), 60, np.uint8)
STEP_S = 1 / 15


@pytest.fixture
def driver(a_face):
    """A well-placed driver, changed as a story wants it."""

    def make(t_s=0.0, yaw=0.0, pitch=0.0, box=(240.0, 170.0, 400.0, 340.0), **fields):
        return replace(a_face(t_s), head=Direction(yaw, pitch, 0.0, 0.95), face=Face(box, 0.99), **fields)

    return make


def look(seen, side_px=(50.0, 50.0), grey=(100.0, 100.0)):
    return Look(640, 480, seen, tuple(EyeLight(size, light) for size, light in zip(side_px, grey, strict=True)))


def said(findings):
    return {one.what: (one.mark, one.found, one.repair) for one in findings}


# --- where the face sits


def test_a_good_place_needs_nothing(driver):
    findings = judge(look(driver()))
    assert {one.mark for one in findings} == {Mark.OK}
    assert not any(one.repair for one in findings)
    assert Shown(Phase.ADJUST, "", tuple(findings)).verdict == "good"


@pytest.mark.parametrize(
    ("changes", "what", "mark", "words"),
    [
        ({"side_px": (20.0, 30.0)}, "eye size", Mark.WARN, "closer"),
        ({"side_px": (12.0, 14.0)}, "eye size", Mark.FAIL, "closer"),
        ({"grey": (8.0, 60.0)}, "eye light", Mark.FAIL, "illuminator closer"),
        ({"grey": (20.0, 60.0)}, "eye light", Mark.WARN, "illuminator closer"),
        ({"grey": (100.0, 235.0)}, "eye light", Mark.WARN, "dim the illuminator"),
        ({"grey": (100.0, 250.0)}, "eye light", Mark.FAIL, "dim the illuminator"),
    ],
)
def test_size_and_light_of_the_eyes(driver, changes, what, mark, words):
    """The smaller, the darker and the brighter eye decide."""
    found = said(judge(look(driver(), **changes)))[what]
    assert found[0] is mark
    assert words in found[2]


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((40.0, 170.0, 200.0, 340.0), "towards the driver's right hand"),  # the picture's left
        ((470.0, 170.0, 630.0, 340.0), "towards the driver's left hand"),
        ((240.0, 20.0, 400.0, 190.0), "tilt the camera up"),
        ((240.0, 240.0, 400.0, 410.0), "tilt the camera down"),
        ((40.0, 240.0, 200.0, 410.0), "towards the driver's right hand, tilt the camera down"),
        ((120.0, 30.0, 480.0, 420.0), "further away"),
    ],
)
def test_where_to_turn_the_camera(driver, box, words):
    mark, _, repair = said(judge(look(driver(box=box))))["place"]
    assert mark is Mark.WARN
    assert repair == words or words in repair


@pytest.mark.parametrize(
    ("fields", "what", "words"),
    [
        ({"yaw": 28.0}, "angle", "far eye"),
        ({"yaw": -28.0}, "angle", "far eye"),
        ({"pitch": -25.0}, "angle", "lids"),
        ({"left": Eye(reason=Reason.COVERED)}, "eyes", "left eye: eyes covered"),
        ({"covers": Covers(0.9, 0.9, 0.0, 0.0)}, "glasses", "sunglasses"),
        ({"covers": Covers(0.0, 0.0, 0.9, 0.0)}, "cover", "mask"),
    ],
)
def test_what_else_is_in_the_way(driver, fields, what, words):
    mark, found, _ = said(judge(look(driver(**fields))))[what]
    assert mark is Mark.WARN
    assert words in found


def test_glasses_are_no_fault(driver):
    mark, found, _ = said(judge(look(driver(covers=Covers(0.9, 0.1, 0.0, 0.0)))))["glasses"]
    assert mark is Mark.OK
    assert "reflection" in found


@pytest.mark.parametrize(
    ("reason", "words"), [(Reason.TOO_DARK, "illuminator"), (Reason.COVERED, "lens"), (Reason.NO_FACE, "seat")]
)
def test_no_face_says_why(reason, words):
    findings = judge(Look(640, 480, unseen(0.0, reason)))
    assert [one.mark for one in findings] == [Mark.FAIL]
    assert words in findings[0].repair


# --- straight ahead


def feed(straight, observations):
    for seen in observations:
        mounted = straight.take(seen)
        if mounted is not None:
            return seen.t_s, mounted
    return None


def test_a_steady_look_gives_the_mounting(driver):
    """With blinks, noise of a degree and one short look aside."""
    rng = np.random.default_rng(1)

    def at(k):
        aside = 25.0 if 20 <= k < 24 else 0.0
        seen = driver(k * STEP_S, yaw=-12.0 + rng.normal(0, 0.8) + aside, pitch=8.0 + rng.normal(0, 0.8))
        shut = Eye(0.0, 0.99, 0.95)
        return replace(seen, left=shut, right=shut) if k % 40 in (0, 1) else seen

    t_s, mounted = feed(StraightAhead(640), map(at, range(200)))
    assert t_s == pytest.approx(LOOK_S, abs=0.4)  # a blink may stand where the look begins or ends
    assert mounted.yaw_deg == pytest.approx(-12.0, abs=0.5)
    assert mounted.pitch_deg == pytest.approx(8.0, abs=0.5)


@pytest.mark.parametrize(
    "story",
    [
        lambda seen, t: replace(seen, head=Direction(20.0 * math.sin(t), 0.0, 0.0, 0.95)),  # looks about
        lambda seen, t: replace(seen, head=Direction(0.0, 0.0, 0.0, 0.3)),  # not sure
        lambda seen, t: replace(seen, left=Eye(0.0, 0.99, 0.9), right=Eye(0.0, 0.99, 0.9)),  # asleep
        lambda seen, t: replace(seen, head=Direction(75.0, 0.0, 0.0, 0.95)),  # no camera is mounted there
        lambda seen, t: seen if t % 3 < 2 else unseen(t, Reason.NO_FACE),  # leaves again and again
    ],
)
def test_what_is_no_look_ahead_gives_none(driver, story):
    times = [k * STEP_S for k in range(300)]
    assert feed(StraightAhead(640), (story(driver(t), t) for t in times)) is None


def test_nothing_counts_frames(driver):
    """Ten frames a second or sixty: the same seconds, the same angles."""
    results = [feed(StraightAhead(640), (driver(k / fps, yaw=5.0) for k in range(10 * fps))) for fps in (10, 60)]
    assert results[0][1] == results[1][1]
    assert results[0][0] == pytest.approx(results[1][0], abs=0.11)


def test_the_side_is_said_only_where_it_is_clear():
    assert side_of(150.0, 120.0, 640) is Side.LEFT
    assert side_of(500.0, 120.0, 640) is Side.RIGHT
    assert side_of(250.0, 120.0, 640) is Side.AUTO


# --- the course of it


class Scripted:
    """Sees what the story says at a time."""

    def __init__(self, story):
        self.story = story

    def observe(self, sample, *, affect):
        assert not affect
        return self.story(sample.t_s) if isinstance(sample, Frame) else unseen(sample.t_s, Reason.NO_FRAME)


class Silent:
    """A window without an installer."""

    def __init__(self, quits_at_s=math.inf):
        self.shown, self.quits_at_s = [], quits_at_s

    def show(self, shown, t_s):
        self.shown.append((t_s, shown))

    def wish(self):
        return Wish.QUIT if self.shown and self.shown[-1][0] >= self.quits_at_s else Wish.NOTHING


def frames(seconds, step_s=STEP_S):
    return [Frame(k * step_s, k, GREY, CameraView()) for k in range(int(seconds / step_s))]


def test_the_look_begins_when_it_is_asked_for(driver):
    """Before that nothing is measured however still one sits; then there is time to look up from the key."""
    session = Session(Scripted(driver), at_once=False)
    shown = [session.take(frame, asked=abs(frame.t_s - 10.0) < STEP_S / 2) for frame in frames(30.0)]
    phases = [one.phase for one in shown]
    assert phases.index(Phase.SETTLE) == pytest.approx(10.0 / STEP_S, abs=1)
    assert phases.index(Phase.LOOK) == pytest.approx((10.0 + SETTLE_S) / STEP_S, abs=2)
    assert phases.index(Phase.DONE) == pytest.approx((10.0 + SETTLE_S + LOOK_S) / STEP_S, abs=3)
    assert session.mounted == Mounted(0.0, 0.0, Side.AUTO)


def test_a_restless_look_is_given_up_and_can_be_asked_for_again(driver):
    session = Session(Scripted(lambda t: driver(t, yaw=20.0 * math.sin(t))), at_once=False)
    shown = [session.take(frame, asked=frame.t_s == 0.0) for frame in frames(SETTLE_S + PATIENCE_S + 1.0)]
    assert shown[-1].phase is Phase.ADJUST
    assert "not steady" in shown[-1].text
    assert session.mounted is None


def test_a_camera_that_stops_is_said(driver):
    session = Session(Scripted(driver), at_once=True)
    shown = session.take(NoFrame(0.0, "camera /dev/video0: no frame for 0.4 s"), asked=False)
    assert shown.grey is None
    assert shown.verdict == "cabinwatch doctor"
    assert "no frame for 0.4 s" in shown.findings[0].found


def test_it_ends_when_told_and_when_time_is_up(driver):
    window = Silent(quits_at_s=2.0)
    last = run(Session(Scripted(lambda t: driver(t, yaw=40 * t)), at_once=False), frames(60.0), window)
    assert last is window.shown[-1][1]
    assert window.shown[-1][0] == pytest.approx(2.0, abs=0.1)
    clock = iter([0.0, 1.0, command.LIMIT_S + 1.0])
    window = Silent()
    run(Session(Scripted(driver), at_once=False), frames(60.0), window, now=lambda: next(clock))
    assert len(window.shown) == 1


# --- real pictures


def test_the_demo_drive_gives_the_truth():
    """Its camera stands before the driver and points 7.9° up: 93 mm over 670 mm (tests/golden/demo_truth.jsonl.gz)."""
    session = Session(Observer(), at_once=True)
    with open_camera(CameraSettings(source=str(CLIP))) as camera:
        last = run(session, camera, Silent())
    assert last.phase is Phase.DONE
    assert session.mounted.yaw_deg == pytest.approx(0.0, abs=2.0)
    assert session.mounted.pitch_deg == pytest.approx(7.9, abs=2.0)
    assert session.mounted.driver_side is Side.AUTO


def first_frame():
    with open_camera(CameraSettings(source=str(CLIP))) as camera:
        return next(camera).grey


@pytest.mark.parametrize(
    ("change", "what", "mark"),
    [
        (lambda grey: grey, None, Mark.OK),
        (lambda grey: smaller(grey, 0.4), "eye size", Mark.WARN),
        (lambda grey: smaller(grey, 0.22), "eye size", Mark.FAIL),
        (lambda grey: (grey * 0.15).astype(np.uint8), "eye light", Mark.WARN),
        (lambda grey: np.roll(grey, 130, axis=0), "place", Mark.WARN),
        (lambda grey: np.roll(grey, -200, axis=1), "place", Mark.WARN),
    ],
)
def test_a_real_picture_moved_shrunk_and_darkened(change, what, mark):
    session = Session(Observer(), at_once=False)
    grey = np.ascontiguousarray(change(first_frame()))
    findings = said(session.take(Frame(0.0, 0, grey, CameraView()), asked=False).findings)
    if what is None:
        assert {one[0] for one in findings.values()} == {Mark.OK}, findings
    else:
        assert findings[what][0] is mark, findings


def smaller(grey, scale):
    """The driver further away, before an even wall."""
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.full_like(grey, int(np.median(grey)))
    y, x = (canvas.shape[0] - small.shape[0]) // 2, (canvas.shape[1] - small.shape[1]) // 2
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    return canvas


# --- the command


@pytest.fixture
def scripted(monkeypatch, driver):
    """The command with a driver who looks ahead from 12° beside the camera; the clip runs as fast as it can."""
    monkeypatch.setattr(
        command, "Observer", lambda models: Scripted(lambda t: driver(t, yaw=-12.0, pitch=4.0, box=(20, 20, 29, 29)))
    )
    monkeypatch.setattr(command, "open_camera", lambda settings, realtime: open_camera(settings))


@pytest.fixture
def config(tmp_path, make_clip):
    path = tmp_path / "cabinwatch.yaml"
    path.write_text(
        f"# ours\ncamera:\n  source: {make_clip(range(100, 200), fps=15.0)}  # a clip\n  yaw_deg: 3.0  # old\n"
    )
    return path


def test_the_command_shows_a_diff_and_writes(scripted, config, capsys):
    before = config.read_text()
    assert main(["aim", "--config", str(config), "--write"]) == 0
    text = capsys.readouterr().out
    assert "-  yaw_deg: 3.0  # old\n+  yaw_deg: -12.0  # old\n" in text
    assert "  pitch_deg: 4.0" in config.read_text()
    assert config.with_name("cabinwatch.yaml.bak").read_text() == before
    assert main(["aim", "--config", str(config), "--write"]) == 0
    assert "Written" not in capsys.readouterr().out


def test_it_looks_through_the_networks_that_the_service_will_use(scripted, config, monkeypatch, driver):
    opened = []
    observer = Scripted(lambda t: driver(t, yaw=-12.0, pitch=4.0, box=(20, 20, 29, 29)))
    monkeypatch.setattr(command, "Observer", lambda models: opened.append(models) or observer)
    config.write_text(config.read_text() + "models: clean\n")
    assert main(["aim", "--config", str(config)]) == 0
    assert opened == [CLEAN]


def test_without_write_nothing_is_written(scripted, config, capsys, tmp_path):
    before, there = config.read_text(), sorted(tmp_path.iterdir())
    assert main(["aim", "--config", str(config)]) == 0
    assert "yaw_deg: -12.0" in capsys.readouterr().out
    assert config.read_text() == before
    assert sorted(tmp_path.iterdir()) == there


def test_a_clip_without_a_look_measures_nothing(config, monkeypatch, capsys):
    monkeypatch.setattr(command, "Observer", lambda models: Scripted(lambda t: unseen(t, Reason.NO_FACE)))
    monkeypatch.setattr(command, "open_camera", lambda settings, realtime: open_camera(settings))
    assert main(["aim", "--config", str(config), "--write"]) == 1
    assert "not measured" in capsys.readouterr().out


def test_it_refuses_while_the_service_has_the_camera(tmp_path, monkeypatch, capsys):
    running = UnitFacts(load="loaded", active="active", pid=77)
    monkeypatch.setattr(command, "ask_systemd", lambda: running)
    config = tmp_path / "cabinwatch.yaml"
    config.write_text("camera: {source: /dev/video-none}\n")
    assert main(["aim", "--config", str(config)]) == 1
    said = capsys.readouterr().err
    assert "held by the service cabinwatch.service (process 77)" in said
    assert "systemctl stop cabinwatch" in said


@pytest.mark.parametrize(("arguments", "words"), [(["--demo", "--write"], "no config"), (["--write"], "install -D")])
def test_nothing_to_write_to(arguments, words, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(command, "PLACE", tmp_path / "none.yaml")
    assert main(["aim", *arguments]) == 1
    assert words in capsys.readouterr().err
