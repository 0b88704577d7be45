"""CAN in the running service: a second output and signals in, never needed to go on."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time

import cantools
import pytest

from cabinwatch.config import ConfigError, load
from cabinwatch.parts import Parts
from firmware_bridge.can.signals import DRIVER_ALERT
from tests.firmware_bridge.can.conftest import ROOT, VEHICLE_DBC, Adapter, wait_until
from tests.firmware_bridge.can.receiver import Receiver

SIGNALS = "signals: {speed_kmh: {signal: Dynamics.Speed}}"


class Car:
    """Another node on the bus, which tells the speed every 20 ms."""

    def __init__(self, adapter):
        self.speed_kmh = 0.0
        self._adapter = adapter
        self._message = cantools.database.load_string(VEHICLE_DBC).get_message_by_name("Dynamics")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._drive, daemon=True)
        self._thread.start()

    def stop(self):
        self._done.set()
        self._thread.join()

    def _drive(self):
        while not self._done.wait(0.02):
            data = self._message.encode({"Speed": self.speed_kmh, "Steer": 0, "SpeedMs": 0, "Odd": 0})
            self._adapter.put(self._message.frame_id, False, data)


@pytest.fixture
def adapter(tmp_path):
    """A slcan adapter, plugged in."""
    device = Adapter(tmp_path / "can-adapter")
    yield device
    with contextlib.suppress(FileNotFoundError):  # the test has pulled it
        device.unplug()


@pytest.fixture
def car(adapter):
    """A car whose speed is on the bus."""
    driving = Car(adapter)
    yield driving
    driving.stop()


@pytest.fixture
def on_can(service, adapter, tmp_path):
    """The service with CAN configured; there is no microcontroller."""
    (tmp_path / "vehicle.dbc").write_text(VEHICLE_DBC)
    can = f"interface: slcan, channel: {adapter.path}, dbc: {tmp_path / 'vehicle.dbc'}, {SIGNALS}"
    service.write(service.config.read_text() + f"can: {{{can}}}\n")
    return service


def last_alert(adapter):
    """Level and cause on the bus now."""
    database = cantools.database.load_file(ROOT / "configs" / "cabinwatch.dbc")
    told = [data for can_id, data in adapter.frames[-20:] if can_id == DRIVER_ALERT.can_id]
    message = database.decode_message(DRIVER_ALERT.can_id, told[-1]) if told else {}
    return str(message.get("Level")), str(message.get("Cause"))


def test_the_speed_on_can_opens_and_closes_the_gate(on_can, systemd, adapter, car):
    """Eyes closed while standing warn nobody; driving off they do, on the bus too; standing again it ends."""
    car.speed_kmh = 0.0
    on_can.start()
    systemd.wait_for("READY=1")
    on_can.wait_for_event("event=can_complete")
    on_can.set("closed")
    time.sleep(2.0)
    assert not any("event=alert " in line for line in on_can.events())
    assert last_alert(adapter) == ("none", "none")
    car.speed_kmh = 90.0
    on_can.wait_for_event("event=alert", "cause=")
    wait_until(lambda: last_alert(adapter)[0] in ("warning", "critical"))
    car.speed_kmh = 0.0
    wait_until(lambda: last_alert(adapter) == ("none", "none"))


def test_a_speed_that_stops_coming_counts_as_moving(on_can, systemd, adapter, car):
    """The bus falls silent while the car stands with a sleeping driver: unknown is above every gate, and is said."""
    on_can.start()
    systemd.wait_for("READY=1")
    on_can.wait_for_event("event=can_complete")
    on_can.set("closed")
    car.stop()
    on_can.wait_for_event("event=alert", "cause=")
    on_can.wait_for_event("event=can_missing", "speed_kmh")
    while "CAN brings no speed_kmh" not in systemd.wait_for("STATUS=degraded"):
        pass  # it still tells of the time before


def test_every_message_of_a_drive_passes_the_receiver_s_check(on_can, systemd, adapter, car):
    """Nothing repeated, nothing lost, over changes of the alert too."""
    car.speed_kmh = 90.0
    on_can.start()
    systemd.wait_for("READY=1")
    on_can.set("closed")
    wait_until(lambda: last_alert(adapter)[0] in ("warning", "critical"))
    receiver = Receiver(DRIVER_ALERT.data_id)
    verdicts = [receiver.judge(data) for can_id, data in list(adapter.frames) if can_id == DRIVER_ALERT.can_id]
    assert verdicts[0] == "first"
    assert len(verdicts) > 5
    assert set(verdicts[1:]) == {"ok"}


def test_an_adapter_that_is_pulled_degrades_and_comes_back(on_can, systemd, adapter, car):
    """The service watches on, feeds its watchdog, and finds the adapter again by its name."""
    on_can.start()
    on_can.wait_for_event("event=can_open")
    adapter.unplug()
    on_can.wait_for_event("event=can_lost")
    while "CAN: slcan" not in systemd.wait_for("STATUS=degraded"):
        pass
    systemd.wait_for("WATCHDOG=1")
    adapter.plug()
    adapter.frames.clear()
    adapter.wait(2)
    assert on_can.process.poll() is None


def test_sighup_switches_can_on_and_off(on_can, systemd, adapter, car):
    """Without a word to the serial link, which does not know of it."""
    import signal

    with_can = on_can.config.read_text()
    on_can.write(with_can.split("can:")[0])
    on_can.start()
    systemd.wait_for("READY=1")
    for text in (with_can, with_can.split("can:")[0]):
        on_can.write(text)
        on_can.signal(signal.SIGHUP)
        systemd.wait_for("RELOADING=1")
        systemd.wait_for("READY=1")
        if "can:" in text:
            adapter.wait(2)
    time.sleep(0.3)
    adapter.frames.clear()
    time.sleep(0.3)
    assert adapter.frames == []
    assert sum("event=reloaded changed=can" in line for line in on_can.events()) == 2


def test_a_wrong_name_stops_the_start(on_can):
    """Exit status 2, which systemd does not retry."""
    on_can.write(on_can.config.read_text().replace("Dynamics.Speed", "Dynamics.Sped"))
    on_can.start()
    assert on_can.process.wait(15) == 2
    assert "Dynamics has no Sped; did you mean Speed" in on_can.log.read_text()


def test_without_the_section_nothing_of_can_is_loaded(service, systemd):
    """No import, no socket, no thread: whoever has no CAN need not answer for its packages."""
    program = "import sys, cabinwatch.service; print({'can', 'cantools'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "set()"
    service.start(PYTHONVERBOSE="1")
    systemd.wait_for("WATCHDOG=1")
    loaded = service.log.read_text()
    assert "import 'firmware_bridge.can.settings'" in loaded
    assert "import 'can'" not in loaded
    assert "import 'cantools'" not in loaded


@pytest.mark.parametrize("package", ["can", "cantools"])
def test_a_missing_package_is_named_with_the_remedy(tmp_path, monkeypatch, package):
    """Before a camera is opened or a model loaded."""
    config = tmp_path / "config.yaml"
    config.write_text("can: {interface: socketcan}\n")
    for name in (package, *(name for name in [*sys.modules] if name.startswith(f"{package}."))):
        monkeypatch.setitem(sys.modules, name, None)
    for house in ("database", "port", "runner"):
        monkeypatch.delitem(sys.modules, f"firmware_bridge.can.{house}", raising=False)
    with pytest.raises(ConfigError) as caught:
        Parts(load(config))
    assert f"can.interface = socketcan: CAN's packages are not installed (import of {package}" in str(caught.value)
    assert "pip install 'cabinwatch[can]'" in str(caught.value)
