"""From a sample to the microcontroller's lamp: real rules, real link, real C firmware on a real terminal.

Times are asserted only where a rule or the protocol promises them.
"""

import time

import numpy as np
import pytest

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.settings import AlertSettings
from alerts.types import Cause
from cabinwatch.pipeline import Pipeline
from cabinwatch.rules import load_rules
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings
from vision.camera import CameraSettings, open_camera
from vision.observer import Observer
from vision.types import CameraView, Frame

pytestmark = pytest.mark.firmware

HOUSE = load_rules(["house"])
OPEN, CLOSED = 200, 100  # brightness, as BrightnessObserver reads it
SLACK_S = 0.2  # what the issue allows above the rule's time
MCU_TIMEOUT_S = 0.5  # docs/protocol.md


@pytest.fixture
def link_to():
    runners = []

    def start(mcu):
        runner = LinkRunner(LinkSettings(port=mcu.port))
        runner.start()
        runners.append(runner)
        until_s = time.monotonic() + 10
        while runner.vehicle.speed_kmh is None and time.monotonic() < until_s:
            time.sleep(0.01)
        assert runner.status.up
        return runner

    yield start
    for runner in runners:
        runner.stop()


class Acts:
    """Frames of one brightness after the other in real time; remembers when each act began.

    `late_s` is how late a busy machine took a frame at worst: no fault of the chain behind it.
    """

    def __init__(self, *acts, fps=30.0):
        self.acts, self.period_s, self.began_s, self.late_s = acts, 1 / fps, [], 0.0

    def __iter__(self):
        view, index, due_s = CameraView(), 0, time.monotonic()
        for brightness, lasts_s in self.acts:
            self.began_s.append(due_s)
            for _ in range(round(lasts_s / self.period_s)):
                time.sleep(max(0.0, due_s - time.monotonic()))
                self.late_s = max(self.late_s, time.monotonic() - due_s)
                yield Frame(due_s, index, np.full((8, 8), brightness, np.uint8), view)
                due_s += self.period_s
                index += 1


def play(acts, observer, link):
    settings = AlertSettings()
    return list(Pipeline(observer, DriverMonitor(settings, HOUSE), Policy(settings.policy), link).run(acts))


def test_eyes_held_closed_light_the_lamp_and_opening_clears_it(make_mcu, link_to, observer):
    """Microsleep: the lamp no later than the rule's time + 0.2 s; dark again after the eyes open."""
    mcu = make_mcu(speed_kmh=100)
    acts = Acts((OPEN, 1.0), (CLOSED, 1.6), (OPEN, 2.5))
    play(acts, observer, link_to(mcu))
    _, closed_s, opened_s = acts.began_s
    lit = [t_s for t_s, out in mcu.history if out.lamp and out.cause == Cause.MICROSLEEP]
    assert lit, mcu.history
    rule_s = next(rule.limit for one in HOUSE for rule in one.rules if rule.id == "microsleep")
    assert rule_s - 0.05 <= lit[0] - closed_s <= rule_s + SLACK_S + acts.late_s
    dark = [t_s for t_s, out in mcu.history if not out.lamp and t_s > lit[0]]
    assert dark
    assert dark[0] > opened_s
    assert not mcu.outputs.lamp


@pytest.mark.clips
def test_a_real_driver_nods_off(make_mcu, link_to, nodding_off):
    """Real frames, real networks, real time: eyes shut 3.0 s into the clip, lamp by 4.2 s, dark after 5.0 s."""
    mcu = make_mcu(speed_kmh=100)
    link, observer = link_to(mcu), Observer()
    with open_camera(CameraSettings(source=str(nodding_off)), realtime=True) as camera:
        judged = play(camera, observer, link)
    began_s = judged[0].sample.t_s
    lit = [t_s - began_s for t_s, out in mcu.history if out.lamp and out.cause == Cause.MICROSLEEP]
    assert lit, mcu.history
    assert 3.8 <= lit[0] <= 4.0 + SLACK_S
    dark = [t_s - began_s for t_s, out in mcu.history if not out.lamp and t_s - began_s > lit[0]]
    assert dark
    assert dark[0] > 5.0
    assert not mcu.outputs.lamp


def test_blinks_light_nothing(make_mcu, link_to, observer):
    """Three blinks of 0.2 s in a row are a driver, not an alert."""
    mcu = make_mcu(speed_kmh=100)
    acts = Acts((OPEN, 0.8), *[(CLOSED, 0.2), (OPEN, 0.6)] * 3)
    judged = play(acts, observer, link_to(mcu))
    assert any(one.state.eyes_closed for one in judged)
    assert not any(out.lamp for _, out in mcu.history if out.why == "state")


def test_a_parked_car_is_left_in_peace(make_mcu, link_to, observer):
    """The vehicle's speed comes back over the same wire and gates the alert."""
    mcu = make_mcu(speed_kmh=0)
    judged = play(Acts((OPEN, 0.5), (CLOSED, 1.6)), observer, link_to(mcu))
    assert judged[-1].vehicle.speed_kmh == 0
    assert judged[-1].state.findings
    assert not any(out.lamp for _, out in mcu.history if out.why == "state")


def test_killing_the_service_lights_the_fault_lamp_and_restarting_clears_it(make_mcu, service, systemd):
    """No goodbye was said: the MCU calls silence a fault within its time-out. A new start is taken at once."""
    mcu = make_mcu(speed_kmh=100)
    service.start()
    systemd.wait_for("READY=1")
    assert mcu.wait_for(lambda: mcu.outputs.why == "state" and not mcu.outputs.fault, 10)
    killed_s = time.monotonic()
    service.process.kill()
    service.process.wait()
    assert mcu.wait_for(lambda: mcu.outputs.fault, 10)
    assert mcu.outputs.why == "silence"
    assert mcu.history[-1][0] - killed_s <= MCU_TIMEOUT_S + SLACK_S
    service.start()
    assert mcu.wait_for(lambda: mcu.outputs.why == "state" and not mcu.outputs.fault, 10)
    assert service.end() == 0


def test_a_clean_stop_is_no_fault(make_mcu, service, systemd):
    """SIGTERM says goodbye: the MCU goes dark without its fault lamp, for as long as docs/protocol.md says."""
    mcu = make_mcu(speed_kmh=100)
    service.start()
    systemd.wait_for("STATUS=driver seen")
    assert mcu.wait_for(lambda: mcu.outputs.why == "state", 10)
    seen_before = len(mcu.history)
    assert service.end() == 0
    assert mcu.wait_for(lambda: mcu.outputs.why == "standby", 2)
    assert not any(out.fault for _, out in mcu.history[seen_before:])


def test_pulling_the_cable_does_not_restart_the_service(make_mcu, service, systemd):
    """The status says so, the watchdog is still fed, and the link is back when the cable is."""
    mcu = make_mcu(speed_kmh=100)
    service.start()
    systemd.wait_for_link(up=True)
    mcu.unplug()
    systemd.wait_for_link(up=False)
    systemd.wait_for("WATCHDOG=1")
    systemd.wait_for("WATCHDOG=1")
    mcu.plug()
    systemd.wait_for_link(up=True)
    assert service.process.poll() is None


def test_a_hung_service_turns_the_fault_lamp_on(make_mcu, service, systemd):
    """A frame that is never judged grows old: the link's thread lives, but sends no stale state."""
    mcu = make_mcu(speed_kmh=100)
    service.start()
    assert mcu.wait_for(lambda: mcu.outputs.why == "state", 10)
    service.set("hung")
    assert mcu.wait_for(lambda: mcu.outputs.fault and mcu.outputs.why == "silence", 10)
    service.unset("hung")
    assert mcu.wait_for(lambda: not mcu.outputs.fault, 10)
