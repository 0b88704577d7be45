"""What the doctor makes of facts: every story of a bad installation gets its mark and the command that repairs it."""

import json
import threading
from pathlib import Path

import pytest

from cabinwatch.doctor import camera, machine, models, port, privacy, settings, show, unit
from cabinwatch.doctor.camera import CameraFacts
from cabinwatch.doctor.device import DeviceFacts, Holder
from cabinwatch.doctor.examine import CHECKS, Check, Patient, examine
from cabinwatch.doctor.findings import Mark, ok, worst
from cabinwatch.doctor.machine import ClockFacts, DiskFacts, ProcessorFacts
from cabinwatch.doctor.models import ModelFacts, NetworkFacts
from cabinwatch.doctor.port import PortFacts
from cabinwatch.doctor.privacy import PrivacyFacts
from cabinwatch.doctor.settings import ConfigFacts
from cabinwatch.doctor.unit import UnitFacts
from cabinwatch.doctor.watching import Watched
from firmware_bridge.link import LinkCounters, LinkStatus
from firmware_bridge.messages import Hello, Report, Reset, Why
from vision.camera import CameraSettings

NODE = DeviceFacts("/dev/video0", True, True, "crw-rw---- root:video", "video", for_service=True)
PORT = DeviceFacts("/dev/cabinwatch-mcu", True, True, "crw-rw---- root:dialout", "dialout", for_service=True)
GOOD = Watched(90, 90, 30.0, (640, 480), 60.0, 40.0, 1.0, 90.0)
RUNNING = UnitFacts(
    "", "loaded", "enabled", "active", "running", pid=77, limit_core="0", environment=(privacy.TELEMETRY + "=1",)
)


def camera_facts(watched=GOOD, device=NODE, **asked):
    return CameraFacts(CameraSettings(**asked), device, "", watched, min_rate_hz=2.9, blink_rate_hz=15.0)


def link(up=True, text="up, round trip 4 ms", why=Why.STATE, hello=None, round_trip_ms=4, version=1, fault=False):
    heard = {"mcu_hello": hello or Hello(build=0xABC), "mcu": Report(why=why), "version": version}
    return LinkStatus(up, text, LinkCounters(), round_trip_ms, **heard, illuminator_fault=fault)


def changed(facts, **fields):
    return type(facts)(**{name: getattr(facts, name) for name in facts.__slots__} | fields)


# What is wrong: (how it is judged, the facts, the mark of the worst finding, words in it, words in its repair)
STORIES = {
    "no config there": (settings.judge, ConfigFacts(None, settings.Config()), Mark.WARN, "is not there", "install -D"),
    "a broken config": (
        settings.judge,
        ConfigFacts(Path("x"), None, "x: camera.fps = 0"),
        Mark.FAIL,
        "fps",
        "editor x",
    ),
    "a broken rule set": (
        settings.judge,
        ConfigFacts(Path("x"), settings.Config(), rules_error="no rule set 'a'"),
        Mark.FAIL,
        "no rule set",
        "rules:",
    ),
    "no camera": (camera.judge, camera_facts(None, DeviceFacts("/dev/video0")), Mark.FAIL, "not there", "v4l2-ctl"),
    "camera of another group": (
        camera.judge,
        camera_facts(None, changed(NODE, usable=False)),
        Mark.FAIL,
        "no permission for /dev/video0 (crw-rw---- root:video)",
        "usermod -aG video",
    ),
    "camera closed to the unit": (
        camera.judge,
        camera_facts(device=changed(NODE, for_service=False)),
        Mark.WARN,
        "not open to the unit's account and groups",
        "chgrp video",
    ),
    "a film where the unit cannot look": (
        camera.judge,
        changed(camera_facts(device=None), hidden=True),
        Mark.WARN,
        "sees neither homes nor /tmp",
        "below /opt",
    ),
    "camera held by another program": (
        camera.judge,
        camera_facts(Watched(trouble="it cannot be opened"), changed(NODE, holders=(Holder(9, "cheese", False),))),
        Mark.FAIL,
        "also open in cheese (process 9)",
        "v4l2-ctl",
    ),
    "wrong format": (
        camera.judge,
        camera_facts(Watched(trouble="it gives YUYV instead of GREY"), pixel_format="GREY"),
        Mark.FAIL,
        "YUYV instead of GREY",
        "--list-formats-ext",
    ),
    "another size": (camera.judge, camera_facts(width=1280), Mark.WARN, "1280×480 was asked", "--list-formats-ext"),
    "a slow camera": (
        camera.judge,
        camera_facts(changed(GOOD, rate_hz=20.0), fps=30),
        Mark.WARN,
        "20.0 fr",
        "exposure",
    ),
    "too slow for blinks": (
        camera.judge,
        camera_facts(changed(GOOD, rate_hz=12.0)),
        Mark.WARN,
        "withdrawn",
        "exposure",
    ),
    "two frames a second": (camera.judge, camera_facts(changed(GOOD, rate_hz=2.0)), Mark.FAIL, "too far", "exposure"),
    "a frozen picture": (camera.judge, camera_facts(changed(GOOD, distinct=1)), Mark.FAIL, "frozen", "plug"),
    "lens cap": (camera.judge, camera_facts(changed(GOOD, brightness=3.0)), Mark.FAIL, "black", "lens cap"),
    "sun in the lens": (camera.judge, camera_facts(changed(GOOD, brightness=250.0)), Mark.FAIL, "white", "exposure"),
    "fog": (camera.judge, camera_facts(changed(GOOD, contrast=2.0)), Mark.FAIL, "flat", "lens"),
    "nobody there": (
        camera.judge,
        camera_facts(changed(GOOD, face_share=0.0, face_brightness=None)),
        Mark.WARN,
        "0% of the frames",
        "cabinwatch aim",
    ),
    "a face in the dark": (camera.judge, camera_facts(changed(GOOD, face_brightness=8.0)), Mark.FAIL, "8", "aim"),
    "a dim face": (camera.judge, camera_facts(changed(GOOD, face_brightness=20.0)), Mark.WARN, "dim", "aim"),
    "a changed file": (
        models.judge,
        ModelFacts((NetworkFacts("eyes", trouble="eyes.onnx: expected sha256 a, found b"),), False, 33.0),
        Mark.FAIL,
        "expected sha256",
        "install cabinwatch again",
    ),
    "research weights in production": (
        models.judge,
        ModelFacts((NetworkFacts("eyes", research_only=True),), True, 33.0, 1.0, 2.0),
        Mark.FAIL,
        "use: production",
        "models:",
    ),
    "a slow machine": (models.judge, ModelFacts((), False, 33.0, 40.0, 50.0), Mark.FAIL, "40.0 ms", "fps"),
    "no port": (port.judge, PortFacts(DeviceFacts("/dev/x")), Mark.FAIL, "/dev/x is not there", "udevadm"),
    "port of another group": (port.judge, PortFacts(changed(PORT, usable=False)), Mark.FAIL, "no perm", "dialout"),
    "a silent microcontroller": (
        port.judge,
        PortFacts(PORT, link=link(up=False, text="MCU silent for 1.2 s")),
        Mark.FAIL,
        "MCU silent",
        "both wires",
    ),
    "firmware of another version": (
        port.judge,
        PortFacts(PORT, link=link(up=False, text="no protocol version in common", hello=Hello(7, 9), version=0)),
        Mark.FAIL,
        "no protocol version in common",
        "flash the firmware",
    ),
    "one wire off": (port.judge, PortFacts(PORT, link=link(why=Why.SILENCE)), Mark.FAIL, "acts on no state", "wire"),
    "a slow line": (port.judge, PortFacts(PORT, link=link(round_trip_ms=300)), Mark.WARN, "300 ms", "baud"),
    "a weak supply": (
        port.judge,
        PortFacts(PORT, link=link(hello=Hello(reset_cause=Reset.BROWN_OUT))),
        Mark.WARN,
        "supply broke down",
        "supply",
    ),
    "a broken illuminator": (
        port.judge,
        PortFacts(PORT, link=link(fault=True)),
        Mark.FAIL,
        "fault",
        "connector",
    ),
    "no systemd": (unit.judge, UnitFacts(trouble="was not started by systemd"), Mark.WARN, "systemd", "cabinwatch run"),
    "no unit": (unit.judge, UnitFacts(load="not-found"), Mark.WARN, "not installed", "install -m 644"),
    "not enabled": (unit.judge, changed(RUNNING, enabled="disabled"), Mark.WARN, "disabled", "systemctl enable"),
    "stopped": (unit.judge, changed(RUNNING, active="inactive"), Mark.WARN, "nobody is watched", "systemctl start"),
    "failed": (unit.judge, changed(RUNNING, active="failed"), Mark.FAIL, "failed", "journalctl"),
    "restarting": (unit.judge, changed(RUNNING, restarts=4), Mark.WARN, "4 restarts", "journalctl"),
    "running, but without a board": (
        unit.judge,
        changed(RUNNING, status="degraded: link down: unplugged"),
        Mark.FAIL,
        "link down: unplugged",
        "journalctl",
    ),
    "files not read again": (unit.judge, changed(RUNNING, needs_reload=True), Mark.WARN, "not read", "daemon-reload"),
    "a clock that stands": (machine.judge_clock, ClockFacts(0.0, 2026, True), Mark.FAIL, "0.00 s", "clocksource"),
    "a calendar never set": (machine.judge_clock, ClockFacts(0.1, 1970, False), Mark.WARN, "1970", "timedatectl"),
    "read-only state": (
        machine.judge_disk,
        DiskFacts("/var/lib/cabinwatch", True, writable=False),
        Mark.FAIL,
        "cannot be written",
        "remount,rw",
    ),
    "somebody else's state": (
        machine.judge_disk,
        DiskFacts("/var/lib/cabinwatch", True, private=True),
        Mark.WARN,
        "closed to this account",
        "sudo cabinwatch doctor",
    ),
    "a full disk": (machine.judge_disk, DiskFacts("/s", True, True, free_mb=2.0), Mark.FAIL, "2 MB", "vacuum"),
    "a filling disk": (machine.judge_disk, DiskFacts("/s", True, True, free_mb=50.0), Mark.WARN, "50 MB", "vacuum"),
    "core dumps allowed": (
        privacy.judge,
        PrivacyFacts("fleet", None, False, 0, True, changed(RUNNING, limit_core="infinity")),
        Mark.FAIL,
        "LimitCORE=infinity",
        "systemctl revert",
    ),
    "core dumps in a shell": (
        privacy.judge,
        PrivacyFacts("fleet", None, False, -1, True, UnitFacts(trouble="none")),
        Mark.WARN,
        "on in this shell",
        "ulimit -c 0",
    ),
    "telemetry in the unit": (
        privacy.judge,
        PrivacyFacts("fleet", None, False, 0, True, changed(RUNNING, environment=())),
        Mark.FAIL,
        "the unit",
        "ORT_DISABLE_TELEMETRY=1",
    ),
    "a hot machine": (machine.judge_processor, ProcessorFacts(4, 1.0, 97.0), Mark.FAIL, "97 °C", "air"),
    "a slow governor": (
        machine.judge_processor,
        ProcessorFacts(4, 1.0, None, ("powersave",), "tegra194"),
        Mark.WARN,
        "powersave",
        "cpupower",
    ),
    "a busy machine": (machine.judge_processor, ProcessorFacts(2, 9.0, None), Mark.WARN, "load 9.0", "top"),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_is_wrong_is_named_with_its_repair(story):
    judge, facts, mark, found, repair = STORIES[story]
    findings = list(judge(facts))
    assert worst(findings) is mark
    bad = next(one for one in findings if one.mark is mark)
    text = " ".join(one.found for one in findings if one.mark is mark)
    assert found in text
    assert repair in bad.repair or any(repair in one.repair for one in findings)


@pytest.mark.parametrize(
    ("judge", "facts"),
    [
        (settings.judge, ConfigFacts(Path("x"), settings.Config())),
        (camera.judge, camera_facts(fps=30)),
        (models.judge, ModelFacts((NetworkFacts("eyes", providers=("CPUExecutionProvider",)),), True, 33.0, 1.0, 2.0)),
        (port.judge, PortFacts(PORT, link=link())),
        (unit.judge, changed(RUNNING, drop_ins=("/etc/systemd/system/cabinwatch.service.d/rtsp.conf",))),
        (machine.judge_clock, ClockFacts(0.1, 2026, None)),
        (machine.judge_disk, DiskFacts("/s", True, True, 500.0, root_read_only=True)),
        (machine.judge_disk, DiskFacts("/s", False)),
        (privacy.judge, PrivacyFacts("private", "fatigue", True, -1, True, RUNNING)),
        (machine.judge_processor, ProcessorFacts(4, 1.0, 50.0, ("powersave",), "intel_pstate")),
    ],
)
def test_a_good_installation_is_left_alone(judge, facts):
    findings = list(judge(facts))
    assert findings
    assert worst(findings) is Mark.OK
    assert not any(one.repair for one in findings)


def test_what_the_service_holds_is_not_called_broken():
    """While it runs, camera and port are its own: the doctor says whose they are and how to look all the same."""
    held = changed(camera_facts(None), held_by="the service cabinwatch.service (process 77)")
    ours = PortFacts(PORT, held_by="cabinwatch run (process 78)")
    for finding in (*camera.judge(held), *port.judge(ours)):
        assert finding.mark is Mark.OK
        assert "held by" in finding.found
        assert "systemctl stop cabinwatch" in finding.found


def test_who_holds_the_camera():
    busy = changed(NODE, holders=(Holder(5, "pipewire", False), Holder(6, "python", True)))
    assert camera.holder_of("/dev/video0", busy, UnitFacts()) == "cabinwatch run (process 6)"
    assert camera.holder_of("/dev/video0", NODE, RUNNING) == "the service cabinwatch.service (process 77)"
    assert camera.holder_of("a ! appsink", None, RUNNING)
    assert camera.holder_of("drive.mp4", None, RUNNING) == ""
    assert camera.holder_of("/dev/video0", NODE, changed(RUNNING, active="inactive")) == ""


PATIENT = Patient(ConfigFacts(None, None, "broken"), UnitFacts(trouble="none"))


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on():
    def breaks(patient):
        raise ZeroDivisionError("by nothing")

    found = dict(examine(PATIENT, [Check("one", 5.0, breaks), Check("two", 5.0, lambda patient: [ok("two", "fine")])]))
    assert found["one"].mark is Mark.FAIL
    assert "ZeroDivisionError: by nothing" in found["one"].found
    assert found["two"].mark is Mark.OK


def test_a_check_that_hangs_is_left_behind():
    for_ever = threading.Event()
    found = list(examine(PATIENT, [Check("camera", 0.05, lambda patient: [for_ever.wait()])]))
    for_ever.set()
    assert [(name, one.mark) for name, one in found] == [("camera", Mark.FAIL)]
    assert "no answer within 0.05 s" in found[0][1].found


def test_no_check_takes_longer_than_promised():
    limits = {check.name: check.limit_s for check in CHECKS}
    assert limits["camera"] <= 5.0
    assert limits["serial"] <= 3.0


def test_with_a_broken_config_the_machine_is_looked_at_all_the_same():
    quick = [check for check in CHECKS if check.name not in ("versions", "clock")]
    found = list(examine(PATIENT, quick))
    assert ("config", Mark.FAIL) in [(name, one.mark) for name, one in found]
    assert [one.found for name, one in found if name == "camera"] == ["not looked at: the config does not load"]
    assert {"unit", "disk", "processor"} <= {name for name, _ in found}


def test_the_object_for_programs():
    findings = list(unit.judge(changed(RUNNING, enabled="disabled")))
    told = json.loads(show.as_json([("unit", one) for one in findings], "/etc/x.yaml"))
    assert told["schema"] == 1
    assert (told["config"], told["verdict"]) == ("/etc/x.yaml", "warn")
    assert told["findings"][0] == {
        "check": "unit",
        "what": "unit enabled",
        "mark": "warn",
        "found": "disabled: does not start with the machine",
        "repair": "systemctl enable cabinwatch.service",
    }


def test_what_systemctl_prints():
    facts = unit.facts_in(
        "LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nSubState=running\nMainPID=12\nNRestarts=3\n"
        "DropInPaths=/etc/a.conf /etc/b.conf\nNeedDaemonReload=yes\nStatusText=watching, 30 frames/s\nLimitCORE=0\n"
        "Environment=ORT_DISABLE_TELEMETRY=1 PYTHONDONTWRITEBYTECODE=1\n"
    )
    assert facts.installed
    assert facts.running
    assert (facts.pid, facts.restarts, facts.drop_ins) == (12, 3, ("/etc/a.conf", "/etc/b.conf"))
    assert facts.environment[0] == "ORT_DISABLE_TELEMETRY=1"
    assert "says: watching, 30 frames/s" in [one.found for one in unit.judge(changed(facts, restarts=0))][1]
