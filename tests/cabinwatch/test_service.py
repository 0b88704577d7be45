"""The life of the service as systemd sees it."""

import signal
import time

import pytest


def test_ready_comes_with_the_first_judged_sample(service, systemd):
    """READY=1 and a status line that a person understands; then the watchdog is fed."""
    service.start()
    systemd.wait_for("READY=1")
    assert "STATUS=loading the models" in systemd.lines
    systemd.wait_for("WATCHDOG=1")
    service.wait_for_event("event=started", "camera=camera")
    service.wait_for_event("event=camera_delivers", "size=64x48")


def test_sigterm_is_a_clean_stop(service, systemd):
    """It says STOPPING=1, exits with 0 and takes no time over it."""
    service.start()
    systemd.wait_for("READY=1")
    began_s = time.monotonic()
    assert service.end() == 0
    assert time.monotonic() - began_s < 3.0  # the unit's TimeoutStopSec
    systemd.wait_for("STOPPING=1")
    assert "event=stopped" in service.events()[-1]


def test_every_log_line_is_one_event(service, systemd):
    """`event=name key=value …`; no level prefix outside the journal."""
    service.start()
    systemd.wait_for("WATCHDOG=1")
    service.end()
    assert service.events()
    assert all(line.startswith("event=") for line in service.events())


def test_missing_camera_and_port_degrade_and_come_back(service, systemd):
    """Without camera and port the service starts, says so, keeps its watchdog, and sees the camera when it comes."""
    service.set("absent")
    service.start()
    systemd.wait_for("READY=1")
    status = systemd.wait_for("STATUS=degraded")
    assert "no frame for" in status
    assert "link down" in status
    assert str(service.port) in status
    systemd.wait_for("WATCHDOG=1")
    systemd.wait_for("WATCHDOG=1")
    service.unset("absent")
    service.wait_for_event("event=camera_delivers")


def test_a_camera_that_stops_delivering_is_said_and_comes_back(service, systemd):
    """The stall is logged and shown; the loops go on turning."""
    service.start()
    service.wait_for_event("event=camera_delivers")
    service.set("stalled")
    service.wait_for_event("event=camera_silent", "stopped delivering")
    systemd.wait_for("STATUS=degraded: camera /dev/scripted: no frame for")
    systemd.wait_for("WATCHDOG=1")
    service.unset("stalled")
    until_s = time.monotonic() + 10
    while sum("camera_delivers" in line for line in service.events()) < 2 and time.monotonic() < until_s:
        time.sleep(0.05)
    assert sum("camera_delivers" in line for line in service.events()) == 2


def test_a_driver_who_closes_his_eyes_is_in_the_log(service, systemd):
    """The alert carries its rule and figures; no measurement of the face is ever logged."""
    service.start()
    systemd.wait_for("READY=1")
    service.set("closed")
    service.wait_for_event("event=alert", "cause=microsleep", "why=")
    systemd.wait_for("STATUS=degraded")  # no link here, whatever the driver does
    service.unset("closed")
    service.wait_for_event("event=alert_cleared")
    text = "\n".join(service.events())
    assert not any(word in text for word in ("landmark", "openness", "expression", "valence", "yaw"))


def test_the_watchdog_starves_when_a_frame_is_never_judged(service, systemd):
    """A hung observer stops the feeding although the link's thread runs on."""
    service.start()
    systemd.wait_for("WATCHDOG=1")
    service.set("hung")
    systemd.listen(0.3)
    assert "WATCHDOG=1" not in systemd.listen(1.0)
    service.unset("hung")
    systemd.wait_for("WATCHDOG=1")


def test_sighup_takes_a_new_config(service, systemd):
    """The changed section is named; systemd hears of the reload."""
    service.start()
    systemd.wait_for("READY=1")
    service.write(service.config.read_text() + "alerts: {eyes: {reopen_s: 0.3}}\nlog_level: debug\n")
    service.signal(signal.SIGHUP)
    service.wait_for_event("event=reloaded", "changed=alerts,log_level")
    systemd.wait_for("RELOADING=1")
    systemd.wait_for("READY=1")
    service.set("closed")
    service.wait_for_event("event=alert", "cause=microsleep", "stay open for 0.3 s")


def test_sighup_can_change_camera_and_link(service, systemd, make_clip):
    """The camera and the port are replaced while the service runs."""
    service.start()
    systemd.wait_for("READY=1")
    clip = make_clip([200] * 30)
    service.write(f"camera: {{source: {clip}, loop: true, name: other}}\nlink: {{port: {service.port}2}}\n")
    service.signal(signal.SIGHUP)
    service.wait_for_event("event=reloaded", "changed=camera,link")
    service.wait_for_event(f"{service.port}2")
    systemd.listen(0.5)
    systemd.wait_for("WATCHDOG=1")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("alerts: {eyes: {reopen_s: 99}}", "alerts.eyes.reopen_s"),
        ("camera: {source: /nowhere/clip.mp4}", "/nowhere/clip.mp4"),
        ("models: /nowhere", "models.yaml"),
        ("link: [", "line 1"),
    ],
)
def test_sighup_with_a_broken_config_changes_nothing(service, systemd, text, why):
    """All or nothing: the log says why and the old settings go on."""
    if text.startswith("models"):
        text += "\nuse: production"  # the scripted observer loads nothing by itself
    service.start()
    systemd.wait_for("READY=1")
    service.write(text)
    service.signal(signal.SIGHUP)
    service.wait_for_event("event=reload_refused", why)
    systemd.wait_for("WATCHDOG=1")
    assert service.process.poll() is None
    assert not any("event=reloaded" in line for line in service.events())


def test_a_broken_config_stops_the_start(service, systemd):
    """Exit status 2 and one line, nothing to systemd."""
    service.write("alerts: {eyes: {reopn_s: 1}}")
    service.start()
    assert service.process.wait(15) == 2
    (line,) = service.events()
    assert "alerts.eyes.reopn_s: unknown key (did you mean reopen_s?)" in line
    assert systemd.listen(0.1) == []


def test_a_clip_ends_the_service(service, systemd, make_clip):
    """A file that is not looped is played once."""
    service.write(f"camera: {{source: {make_clip([200] * 15)}}}\nlink: {{port: {service.port}}}\n")
    service.start()
    assert service.process.wait(15) == 0
    service.wait_for_event("event=clip_ended")


def test_a_wrong_model_hash_stops_the_start(tmp_path):
    """The real observer refuses a model file that is not the one described: exit status 2, the file is named."""
    import hashlib

    from cabinwatch.cli import main

    tensor = "{x: {shape: [1], dtype: float32}}"
    rest = f"inputs: {tensor}, outputs: {{y: [1]}}, licence: none, use: research, version: '1', description: d"
    digest = hashlib.sha256(b"the right one").hexdigest()
    entries = "".join(
        f"{name}: {{file: {name}.onnx, sha256: {digest}, {rest}}}\n" for name in ("finder", "face", "eyes")
    )
    (tmp_path / "models.yaml").write_text(entries)
    (tmp_path / "finder.onnx").write_bytes(b"the wrong one")
    config = tmp_path / "config.yaml"
    config.write_text(f"models: {tmp_path}\n")
    assert main(["run", "--config", str(config)]) == 2
