"""The demo as a person or a CI job sees it, with the real firmware and a scripted driver."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from alerts.types import Alert, Cause, Level
from cabinwatch.cli import main
from cabinwatch.demo import DemoError, demo
from cabinwatch.summary import lamp_lags_s
from cabinwatch.trace import Row, Trace
from firmware_bridge.simulated import Outputs
from vision.types import Frame, Reason, unseen

pytestmark = pytest.mark.firmware

OPEN, CLOSED, NOBODY = 200, 100, 20


@pytest.mark.usefixtures("make_mcu")
def test_the_demo_ends_with_a_lit_lamp_and_a_picture(make_clip, observer, tmp_path, capsys):
    """Every part of the chain worked: exit code 0, an honest summary, a timeline."""
    clip = make_clip([OPEN] * 20 + [CLOSED] * 45 + [OPEN] * 20)
    assert demo(clip, tmp_path / "out", view=False, observer=observer) == 0
    text = capsys.readouterr().out
    assert "warning: house/microsleep: eyes closed for 1.0" in text
    assert "once for 1." in text
    assert "followed 1 of 1 alerts, at most" in text
    assert "FAILED" not in text
    assert (tmp_path / "out" / "timeline.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("make_mcu")
def test_a_driver_who_stays_awake_lights_nothing(make_clip, observer, tmp_path, capsys):
    """A blink is no alert, and a dark lamp is then no failure."""
    assert demo(make_clip([OPEN] * 20 + [CLOSED] * 6 + [OPEN] * 20), tmp_path, view=False, observer=observer) == 0
    text = capsys.readouterr().out
    assert "no alert was due" in text
    assert "dark, as it should be" in text


@pytest.mark.usefixtures("make_mcu")
def test_without_matplotlib_it_shows_everything_but_the_picture(make_clip, observer, tmp_path, capsys, monkeypatch):
    """As from the Debian package."""
    monkeypatch.setattr("cabinwatch.demo.find_spec", lambda name: None)
    assert demo(make_clip([OPEN] * 20), tmp_path / "out", view=False, observer=observer) == 0
    assert "not drawn: matplotlib is not installed" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_without_rich_it_says_what_to_install(capsys, monkeypatch):
    """One line, no traceback."""
    monkeypatch.setattr("cabinwatch.cli.find_spec", lambda name: None)
    assert main(["demo"]) == 2
    assert "pip install 'cabinwatch[demo]'" in capsys.readouterr().err


@pytest.mark.usefixtures("make_mcu")
def test_a_chain_that_did_not_work_is_a_failure(make_clip, tmp_path, capsys):
    """No face in any frame: exit code 1, and the failure by name."""

    class Blind:
        def observe(self, sample, *, affect):
            index = sample.index if isinstance(sample, Frame) else None
            return unseen(sample.t_s, Reason.NO_FACE, frame=index)

    assert demo(make_clip([OPEN] * 10), tmp_path, view=False, observer=Blind()) == 1
    assert "FAILED: no face in any frame of the clip" in capsys.readouterr().out


def test_a_lamp_that_does_not_follow_its_alert_is_a_failure():
    """The microcontroller says that it lit 0.7 s after the alert: too late counts as never."""
    alert = Alert(0.0, Level.WARNING, Cause.MICROSLEEP, 1)
    row = Row(2.0, True, None, None, None, True, None, None, None, alert, None)
    dark = Outputs(why="state")
    lit = replace(dark, lamp=True)
    assert lamp_lags_s(Trace(0.0, [row], [(0.0, dark), (2.7, lit)])) == [None]
    assert lamp_lags_s(Trace(0.0, [row], [(0.0, dark), (2.1, lit)])) == [pytest.approx(0.1)]
    assert lamp_lags_s(Trace(0.0, [row], [(0.0, dark), (1.5, lit)])) == [0.0]


def test_a_missing_clip_names_the_remedy(tmp_path):
    with pytest.raises(DemoError, match="name a video with --clip FILE"):
        demo(tmp_path / "none.mp4", tmp_path, view=False)


@pytest.mark.usefixtures("make_mcu")
def test_firmware_that_is_not_built_names_the_remedy(make_clip, tmp_path, observer, monkeypatch):
    monkeypatch.setattr("firmware_bridge.simulated.default_binary", lambda: tmp_path / "none")
    with pytest.raises(DemoError, match="make -C firmware_bridge/firmware"):
        demo(make_clip([OPEN]), tmp_path, view=False, observer=observer)


def test_a_folder_that_cannot_be_made_is_said_before_the_show(make_clip, tmp_path):
    """Not after half a minute."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(DemoError, match=r"taken: no folder can be made there: .*; name another with --out"):
        demo(make_clip([200] * 3), tmp_path / "taken", view=False)


@pytest.mark.usefixtures("make_mcu")
def test_a_demo_that_is_terminated_takes_its_microcontroller_with_it(make_clip, tmp_path):
    """SIGTERM ends both processes and removes what they made."""
    command = [
        sys.executable,
        "-m",
        "cabinwatch",
        "demo",
        "--clip",
        str(make_clip([200] * 300)),
        "--out",
        str(tmp_path),
    ]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert running.stdout.readline()
    assert list(tmp_path.glob("cabinwatch-mcu-*"))
    running.terminate()
    running.communicate(timeout=30)  # ends only when the microcontroller has closed its end of the pipe too
    assert running.returncode == 128 + signal.SIGTERM
    assert not list(tmp_path.glob("cabinwatch-mcu-*"))
