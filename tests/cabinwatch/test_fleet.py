"""Events reach the fleet, each at least once, through a real Mosquitto whose uplink and power come and go."""

import json
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from cabinwatch.config import ConfigError, load
from cabinwatch.fleet import Publisher
from cabinwatch.fleet_settings import FleetSettings
from cabinwatch.leaves import AlertShown, Link
from cabinwatch.store.settings import EventSettings
from cabinwatch.store.writer import EventWriter
from tests.cabinwatch import brokers

# paho leaves a Unix socket that refused to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SCHEMA = Path(__file__).parents[2] / "docs" / "events.schema.json"
EVENTS = 500
ROOT = Path(__file__).parents[2]


def wait_for(condition):
    until_s = time.monotonic() + brokers.PATIENCE_S
    while not condition() and time.monotonic() < until_s:
        time.sleep(0.05)
    assert condition()


class Vehicle:
    """Store, publisher and both brokers."""

    def __init__(self, folder):
        port = brokers.free_port()
        self.fleet = brokers.fleets(folder / "fleet", port).start()
        self.own = brokers.vehicles(folder / "own", port).start()
        self.subscriber = brokers.Subscriber(port, "vehicle-0001/cabinwatch/events")
        self.path, self.settings = folder / "events.db", FleetSettings(broker=self.own.address)
        self.publisher = None
        self.put = 0
        self.start()

    def start(self):
        self.publisher = Publisher(self.path, self.settings, retry_s=0.2)
        self.publisher.start()
        self.writer = EventWriter(self.path, EventSettings(), on_stored=self.publisher.wake)
        self.writer.start()

    def happen(self, number):
        """So many alerts, some ms apart."""
        for _ in range(number):
            code, self.put = 12, self.put + 1
            self.writer.put(AlertShown(level="warning", cause="phone", episode=self.put, code=code, acknowledged=False))
            time.sleep(0.005)

    def arrived(self):
        """Every event that came, once; repeated ones have the id of the first."""
        return {record["id"]: record for record in map(json.loads, list(self.subscriber.payloads))}

    def stop(self):
        self.writer.stop()
        self.publisher.stop()

    def close(self):
        self.stop()
        self.subscriber.stop()
        self.own.stop()
        self.fleet.stop()


@pytest.fixture
def vehicle(tmp_path, cannot_run):
    if not brokers.mosquitto():
        cannot_run("mosquitto is needed")
    running = Vehicle(tmp_path)
    yield running
    running.close()


def test_500_events_arrive_although_uplink_and_broker_fail(vehicle):
    """The uplink goes down, the vehicle's broker is killed in the middle of events, the service restarts."""
    vehicle.happen(100)
    vehicle.fleet.stop()
    vehicle.happen(100)
    vehicle.own.kill()
    vehicle.happen(100)
    vehicle.own.start()
    vehicle.happen(50)
    vehicle.stop()
    vehicle.start()
    vehicle.happen(50)
    vehicle.own.kill()
    vehicle.own.start()
    vehicle.fleet.start()
    vehicle.happen(100)
    wait_for(lambda: len(vehicle.arrived()) == EVENTS)
    assert sorted(record["event"]["episode"] for record in vehicle.arrived().values()) == list(range(1, EVENTS + 1))


def test_what_arrives_keeps_to_the_published_schema(vehicle):
    vehicle.happen(3)
    vehicle.writer.put(Link(up=False))
    wait_for(lambda: len(vehicle.arrived()) == 4)
    checker = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for record in vehicle.arrived().values():
        checker.validate(record)
    foreign = {**record, "driver": "somebody"}
    assert not checker.is_valid(foreign)


def test_a_broker_that_is_not_there_is_said_once(tmp_path, caplog):
    """Nothing waits for it and nothing is lost: the cursor stays where it is."""
    publisher = Publisher(tmp_path / "events.db", FleetSettings(broker=str(tmp_path / "nobody")), retry_s=0.02)
    publisher.start()
    wait_for(lambda: "event=fleet_down" in caplog.text)
    time.sleep(0.2)
    publisher.stop()
    assert caplog.text.count("event=fleet_down") == 1
    assert "nobody: No such file or directory" in caplog.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fleet: {broker: somewhere}", "fleet.broker = 'somewhere': must be text, not empty or null (path of its Unix"),
        ("fleet: {broker: 'fleet.example.org:8883'}", "is another machine: set tls: true"),
        ("fleet: {broker: /run/x.sock}\nevents: {keep: false}", "fleet.broker is set, but events.keep is false"),
        ("fleet: {topic: a/#}", "fleet.topic"),
        ("metrics: {port: 80}", "metrics.port = 80: must be a whole number from 1024 to 65535"),
        ("events: {retention_days: 0}", "events.retention_days = 0: must be a whole number from 1 to 365"),
    ],
)
def test_a_wrong_section_is_refused(tmp_path, text, words):
    file = tmp_path / "cabinwatch.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert words in str(refused.value)


@pytest.mark.parametrize(("section", "extra"), [("fleet: {broker: /x}", "mqtt"), ("metrics: {port: 9105}", "metrics")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, section, extra):
    for settings in ("fleet_settings", "metrics_settings"):
        monkeypatch.setattr(f"cabinwatch.{settings}.find_spec", lambda name: None)
    file = tmp_path / "cabinwatch.yaml"
    file.write_text(section)
    with pytest.raises(ConfigError, match=rf"pip install 'cabinwatch\[{extra}\]'"):
        load(file)


def test_without_a_section_neither_mqtt_nor_a_server_is_loaded():
    program = (
        "import sys; from cabinwatch.config import Config; from cabinwatch.outlets import Outlets; "
        "Outlets(Config()).close(); print([name for name in sys.modules if name.startswith(('paho', 'prometheus'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
