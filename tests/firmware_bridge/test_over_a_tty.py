"""The real thread, the real pyserial and the real C firmware on a real terminal, in real time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from alerts.types import Alert, Cause, Level
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings
from firmware_bridge.simulated import SimulatedMcu, SimulatedMcuError
from firmware_bridge.timing import SILENCE_MS

pytestmark = pytest.mark.firmware

PATIENCE_S = 5.0  # for what must happen, however slow the machine
MICROSLEEP = Alert(0.0, Level.CRITICAL, Cause.MICROSLEEP, 1)


class Service:
    """A service reduced to its link: judges the same thing 30 times a second until told otherwise."""

    def __init__(self, port):
        self.alert = Alert(0.0)
        self.runner = LinkRunner(LinkSettings(port=port, reopen_max_s=0.2))
        self._ended = threading.Event()
        self._judge = threading.Thread(target=self._run)

    def __enter__(self):
        self.runner.start()
        self._judge.start()
        return self

    def __exit__(self, *error):
        self._ended.set()
        self._judge.join()
        self.runner.stop()

    def _run(self):
        while not self._ended.wait(1 / 30):
            self.runner.want(self.alert, time.monotonic())

    def wait_for(self, condition):
        until_s = time.monotonic() + PATIENCE_S
        while not condition() and time.monotonic() < until_s:
            time.sleep(0.01)
        return condition()


@pytest.fixture
def service(mcu):
    with Service(mcu.port) as running:
        assert mcu.wait_for(lambda: mcu.outputs.why == "state", PATIENCE_S)
        yield running


def test_an_alert_goes_through_to_the_lamp_and_back(mcu, service):
    """Lamp, buzzer and haptic on; the host is told so; the vehicle's speed has come up the same line."""
    service.alert = MICROSLEEP
    assert mcu.wait_for(lambda: mcu.outputs.lamp and mcu.outputs.buzzer and mcu.outputs.haptic, PATIENCE_S)
    assert service.wait_for(lambda: service.runner.status.mcu.level == Level.CRITICAL)
    assert service.runner.vehicle.speed_kmh == 80.0
    service.alert = Alert(0.0)
    assert mcu.wait_for(lambda: not mcu.outputs.lamp, PATIENCE_S)


def test_the_button_comes_back_with_the_episode(mcu, service):
    """A press during an alert reaches the rules, and the buzzer stops at once."""
    service.alert = MICROSLEEP
    assert mcu.wait_for(lambda: mcu.outputs.buzzer, PATIENCE_S)
    mcu.acknowledge()
    assert service.wait_for(lambda: service.runner.vehicle.ack_count == 1)
    assert service.runner.vehicle.ack_episode_id == MICROSLEEP.episode_id
    assert mcu.wait_for(lambda: mcu.outputs.lamp and not mcu.outputs.buzzer, PATIENCE_S)


def test_a_clean_stop_leaves_the_mcu_dark(mcu, service):
    """Goodbye is said and confirmed: no fault lamp."""
    service.runner.stop()
    assert mcu.wait_for(lambda: mcu.outputs.why == "standby", PATIENCE_S)
    assert not mcu.outputs.fault


def test_a_pulled_cable_comes_back_by_itself(mcu, service):
    """Unplugged: fault lamp by silence, a clear status. Plugged in: up again with nobody's help."""
    mcu.unplug()
    assert mcu.wait_for(lambda: mcu.outputs.fault and mcu.outputs.why == "silence", PATIENCE_S)
    assert service.wait_for(lambda: "is not there" in service.runner.status.text)
    assert not service.runner.status.up
    mcu.plug()
    assert mcu.wait_for(lambda: mcu.outputs.why == "state", PATIENCE_S)
    assert service.wait_for(lambda: service.runner.status.up)


def test_an_mcu_that_loses_power_comes_back_by_itself(mcu, service):
    """A new MCU under the same name is met anew."""
    mcu.kill()
    assert service.wait_for(lambda: not service.runner.status.up)
    mcu.start()
    assert mcu.wait_for(lambda: mcu.outputs.why == "state", PATIENCE_S)


def test_a_hung_mcu_shows_nothing_stale_when_it_wakes(mcu, service):
    """While it hangs an alert comes and goes; it never lights the lamp. The link's thread makes progress throughout."""
    os.kill(mcu.pid, signal.SIGSTOP)
    time.sleep(0.2)
    service.alert = MICROSLEEP
    time.sleep(0.3)
    service.alert = Alert(0.0)
    time.sleep(1.2)
    assert service.runner.progress > time.monotonic() - 0.5
    assert "silent" in service.runner.status.text
    os.kill(mcu.pid, signal.SIGCONT)
    assert service.wait_for(lambda: service.runner.status.up)
    assert mcu.wait_for(lambda: mcu.outputs.why == "state", PATIENCE_S)
    assert not any(outputs.lamp for _, outputs in mcu.history)


SERVICE = """
import sys, time
from alerts.types import Alert
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings
runner = LinkRunner(LinkSettings(port=sys.argv[1]))
runner.start()
while True:
    runner.want(Alert(0.0), time.monotonic())
    time.sleep(0.03)
"""


def test_killing_the_service_lights_the_fault_lamp_and_restarting_clears_it(mcu):
    """SIGKILL: no goodbye. The MCU says so by itself within its time-out; a new service takes over."""
    killed = subprocess.Popen([sys.executable, "-c", SERVICE, mcu.port])
    assert mcu.wait_for(lambda: mcu.outputs.why == "state", PATIENCE_S)
    killed.kill()
    died_s = time.monotonic()
    killed.wait()
    assert mcu.wait_for(lambda: mcu.outputs.fault, PATIENCE_S)
    lit_s, outputs = mcu.history[-1]
    assert outputs.why == "silence"
    assert lit_s - died_s <= SILENCE_MS / 1000 + 0.1  # by the MCU's clock; the rest is for a busy machine
    with Service(mcu.port):
        assert mcu.wait_for(lambda: mcu.outputs.why == "state" and not mcu.outputs.fault, PATIENCE_S)


def test_stopping_without_a_port_is_no_wait(tmp_path):
    """No MCU at all: the runner says what is missing, makes progress, and stops when told."""
    runner = LinkRunner(LinkSettings(port=str(tmp_path / "mcu")))
    runner.start()
    first_s = runner.progress
    until_s = time.monotonic() + PATIENCE_S
    while runner.progress == first_s and time.monotonic() < until_s:
        time.sleep(0.01)
    assert "mcu is not there" in runner.status.text
    assert runner.progress > first_s
    runner.stop()
    runner.stop()


def test_a_missing_program_names_its_remedy(tmp_path):
    """The demo's user reads what to type."""
    with pytest.raises(SimulatedMcuError, match="make -C firmware_bridge/firmware"):
        SimulatedMcu(binary=tmp_path / "cabinwatch-mcu").start()


def test_the_simulated_mcu_spares_files_that_are_in_its_way(tmp_path, core):
    """The path that it is given may be a mistake."""
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(SimulatedMcuError, match="did not start"):
        SimulatedMcu(path).start()
    assert path.read_text() == "data"


def test_the_simulated_mcu_says_what_it_does_not_understand(core, tmp_path):
    """Unknown commands and arguments are answered, not swallowed."""
    from firmware_bridge.simulated import default_binary

    command = [default_binary(), "--link", tmp_path / "mcu"]
    told = subprocess.run(command, input="fly 3\nquit\n", capture_output=True, text=True, check=True)
    assert "ERROR unknown command: fly" in told.stdout
    assert not (tmp_path / "mcu").is_symlink()
    assert subprocess.run([default_binary(), "--bogus"], capture_output=True, check=False).returncode == 2
