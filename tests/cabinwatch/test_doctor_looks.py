"""The doctor on a real machine: real files, a real terminal, the real C firmware, and the command's exit codes."""

import json
import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from cabinwatch.cli import main
from cabinwatch.config import Config, load
from cabinwatch.doctor import camera, device, machine, models, port
from cabinwatch.doctor.device import look_at
from cabinwatch.doctor.examine import CHECKS
from cabinwatch.doctor.findings import Mark, worst
from cabinwatch.doctor.unit import UnitFacts
from firmware_bridge.settings import LinkSettings
from vision.camera import CameraSettings

NO_UNIT = UnitFacts(trouble="no systemd here")


def said(findings):
    return " | ".join(f"{one.mark.value} {one.what}: {one.found}" for one in findings)


def on_a_clip(path):
    return list(camera.judge(camera.look(Config(camera=CameraSettings(source=str(path), loop=True)), NO_UNIT)))


def on_a_port(path):
    return list(port.judge(port.look(Config(link=LinkSettings(port=str(path))), NO_UNIT)))


def test_the_firmware_answers(make_mcu):
    mcu = make_mcu()
    findings = on_a_port(mcu.port)
    assert "ok MCU version: protocol 1 to 1" in said(findings)
    assert "acts on states" in said(findings)
    assert worst(findings) is not Mark.FAIL
    assert mcu.wait_for(lambda: mcu.outputs.why == "standby", 5.0)  # it was told goodbye


def test_the_firmware_tells_of_a_broken_illuminator(make_mcu):
    mcu = make_mcu()
    mcu._command("irfault 1")
    assert "fail illuminator: reports a fault" in said(on_a_port(mcu.port))


def test_nobody_at_the_other_end():
    ours, theirs = os.openpty()
    try:
        findings = on_a_port(os.ttyname(theirs))
    finally:
        os.close(ours)
        os.close(theirs)
    assert worst(findings) is Mark.FAIL
    assert findings[-1].what == "MCU"


def test_a_port_that_another_cabinwatch_has():
    """Who has it open is read from /proc, by the command line."""
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    program = f"import sys; port = open({name!r}, 'rb', buffering=0); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, "cabinwatch", "run"]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        assert f"ok serial: held by cabinwatch run (process {other.pid})" in said(on_a_port(name))
    finally:
        other.communicate()
        os.close(ours)
        os.close(theirs)


def test_a_device_that_is_not_there(tmp_path):
    assert not look_at(str(tmp_path / "video0")).exists
    assert "is not there" in said(on_a_port(tmp_path / "mcu"))
    assert "/dev/video-none is not there" in said(on_a_clip("/dev/video-none"))


def test_a_device_closed_to_the_unit(tmp_path):
    node = tmp_path / "node"
    node.touch(mode=0o600)
    facts = look_at(str(node))
    assert facts.owner.startswith("-rw-------")
    assert not facts.for_service
    node.chmod(0o666)
    assert look_at(str(node)).for_service


def test_a_device_of_the_service_s_own(tmp_path, monkeypatch):
    """The simulated board's terminal belongs to the account that started it, and to no group of devices."""
    node = tmp_path / "node"
    node.touch(mode=0o600)
    monkeypatch.setattr(device, "user_name", lambda number: "cabinwatch")
    assert look_at(str(node)).for_service


def test_a_film_where_the_unit_cannot_look(make_clip, tmp_path, monkeypatch):
    """It plays here all the same: whoever asks may look into homes, the unit may not."""
    config = Config(camera=CameraSettings(source=str(make_clip([90, 95] * 5))))
    monkeypatch.setattr(camera, "HIDDEN", (str(tmp_path.resolve()),))
    assert not camera.look(config, NO_UNIT).hidden
    facts = camera.look(config, UnitFacts(load="loaded"))
    assert (facts.hidden, facts.watched.frames > 0) == (True, True)


@pytest.mark.parametrize(
    ("brightnesses", "words"),
    [([3, 4] * 15, "fail camera light: black"), ([120] * 30, "fail camera frozen"), ([252, 254] * 15, "white")],
)
def test_a_camera_that_shows_nobody(make_clip, brightnesses, words):
    assert words in said(on_a_clip(make_clip(brightnesses)))


def test_the_demo_drive_is_a_good_camera():
    findings = on_a_clip(models.CLIP)
    assert {one.what for one in findings if one.mark is not Mark.OK} <= {"camera rate"}, said(
        findings
    )  # a busy machine
    assert "640×480" in said(findings)
    assert "face light" in said(findings)


@pytest.fixture
def a_models_folder(tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(Path(str(files("vision"))) / "models", folder)
    return folder


def test_the_released_networks_are_themselves():
    facts = models.look(Config())
    assert [one.name for one in facts.networks] == ["finder", "face", "eyes"]
    assert facts.median_ms is not None
    assert "as listed, on CPU" in said(models.judge(facts))


def test_a_network_with_one_byte_changed(a_models_folder):
    """The others are still checked, and nothing is timed with it."""
    file = a_models_folder / "eyes.onnx"
    data = bytearray(file.read_bytes())
    data[1000] ^= 1
    file.write_bytes(data)
    findings = models.judge(models.look(Config(models=str(a_models_folder))))
    assert [one.mark for one in findings if one.what == "model eyes"] == [Mark.FAIL]
    assert [one.mark for one in findings if one.what == "model face"] == [Mark.OK]
    assert "expected sha256" in said(findings)
    assert "model time: not measured" in said(findings)


def test_a_state_folder_of_the_unit(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    facts = machine.look_at_disk()
    assert (facts.state, facts.exists, facts.writable) == (str(tmp_path), True, True)
    assert facts.free_mb > 0
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "none"))
    assert not machine.look_at_disk().exists


def test_the_machine_answers():
    assert worst(machine.judge_clock(machine.look_at_clock())) is Mark.OK
    assert machine.look_at_processor().cores >= 1
    assert [one.what for one in machine.versions()] == ["cabinwatch", "onnxruntime", "OpenCV"]


def test_the_command(tmp_path, make_mcu, monkeypatch, capsys):
    """One line a finding and a sum; exit code 0 where nothing failed. How fast this machine is decides nothing here."""
    steady = [check for check in CHECKS if check.name in ("config", "serial", "privacy", "unit", "versions")]
    monkeypatch.setattr("cabinwatch.doctor.command.CHECKS", steady)
    config = tmp_path / "cabinwatch.yaml"
    config.write_text(f"camera: {{source: {models.CLIP}}}\nlink: {{port: {make_mcu().port}}}\n")
    assert main(["doctor", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("ok ", "warn ")) for line in lines[:-1])
    assert lines[-1].endswith(" 0 fail")


def test_the_command_for_programs(tmp_path, capsys):
    """One object and nothing else; exit code 1 where something failed."""
    config = tmp_path / "cabinwatch.yaml"
    config.write_text(f"camera: {{source: /dev/video-none}}\nlink: {{port: {tmp_path}/none}}\n")
    assert main(["doctor", "--config", str(config), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "fail"
    assert {"camera", "serial"} <= {one["check"] for one in told["findings"] if one["mark"] == "fail"}
    assert "landmarks" not in json.dumps(told)


def test_a_config_that_is_broken(tmp_path, capsys):
    config = tmp_path / "cabinwatch.yaml"
    config.write_text("camera: {fps: 0}\n")
    assert main(["doctor", "--config", str(config)]) == 1
    assert "camera.fps" in capsys.readouterr().out.splitlines()[0]
    config.write_text("camera: {}\n")
    assert load(config) == Config()
