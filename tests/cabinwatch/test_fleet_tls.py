"""Over TLS events go to a broker that proves who it is and knows who we are, and to no other; they wait meanwhile."""

import json
import shutil

import pytest

from cabinwatch.fleet import Publisher
from cabinwatch.fleet_settings import FleetSettings
from cabinwatch.leaves import AlertShown
from cabinwatch.store.database import EventFile
from cabinwatch.store.settings import EventSettings
from cabinwatch.store.writer import EventWriter
from tests.cabinwatch import brokers
from tests.cabinwatch.test_fleet import wait_for

# paho leaves a socket on which TLS failed to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

EVENTS = 5


class Vehicle:
    """Store and publisher, a broker that wants certificate and password, and what systemd's LoadCredential brings."""

    def __init__(self, folder, monkeypatch):
        self.authority = brokers.Authority(folder / "authority")
        self.stranger = brokers.Authority(folder / "stranger")
        tls, plain = brokers.free_port(), brokers.free_port()
        self.broker = brokers.strict(folder / "broker", (tls, plain), self.authority).start()
        self.subscriber = brokers.Subscriber(plain, "cabinwatch/events")
        self.credentials = folder / "credentials"
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(self.credentials))
        self.bring_credentials()
        self.path, self.settings = folder / "events.db", FleetSettings(broker=f"localhost:{tls}", tls=True)
        self.publisher = None

    def bring_credentials(self):
        shutil.rmtree(self.credentials, ignore_errors=True)
        self.credentials.mkdir()
        self.authority.issue("vehicle", self.credentials / "mqtt-cert", self.credentials / "mqtt-key")
        shutil.copy(self.authority.certificate, self.credentials / "mqtt-ca")
        for name, text in zip(("mqtt-user", "mqtt-password"), brokers.USER, strict=True):
            (self.credentials / name).write_text(f"{text}\n")

    def publish(self):
        self.publisher = Publisher(self.path, self.settings, retry_s=0.1)
        self.publisher.start()

    def happen(self):
        writer = EventWriter(self.path, EventSettings(), on_stored=lambda: None)
        writer.start()
        for episode in range(EVENTS):
            writer.put(AlertShown(level="warning", cause="phone", episode=episode, code=12, acknowledged=False))
        writer.stop()

    def arrived(self):
        return [json.loads(payload)["event"]["episode"] for payload in list(self.subscriber.payloads)]

    def close(self):
        if self.publisher is not None:
            self.publisher.stop()
        self.subscriber.stop()
        self.broker.stop()


@pytest.fixture
def vehicle(tmp_path, monkeypatch, cannot_run):
    if not (brokers.mosquitto() and shutil.which("openssl")):
        cannot_run("mosquitto and openssl are needed")
    running = Vehicle(tmp_path, monkeypatch)
    yield running
    running.close()


def test_events_arrive_over_tls_under_the_vehicle_s_name(vehicle):
    """Certificates, name and password come from the credentials' folder alone."""
    vehicle.happen()
    vehicle.publish()
    wait_for(lambda: vehicle.arrived() == list(range(EVENTS)))
    assert f"u'{brokers.USER[0]}'" in vehicle.broker.log.read_text()


def another_authority(vehicle):
    shutil.copy(vehicle.stranger.certificate, vehicle.credentials / "mqtt-ca")


def a_stranger_s_certificate(vehicle):
    vehicle.stranger.issue("vehicle", vehicle.credentials / "mqtt-cert", vehicle.credentials / "mqtt-key")


def no_certificate(vehicle):
    (vehicle.credentials / "mqtt-cert").unlink()


def a_damaged_authority(vehicle):
    (vehicle.credentials / "mqtt-ca").write_text("no certificate\n")


def a_wrong_password(vehicle):
    (vehicle.credentials / "mqtt-password").write_text("guessed\n")


def a_wrong_name(vehicle):
    (vehicle.credentials / "mqtt-user").write_text("somebody\n")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (another_authority, "certificate verify failed"),
        (a_stranger_s_certificate, "connection lost"),
        (no_certificate, "connection lost"),
        (a_damaged_authority, "unusable credentials in"),
        (a_wrong_password, "Not authorized"),
        (a_wrong_name, "Not authorized"),
    ],
)
def test_a_broker_that_is_not_trusted_or_does_not_trust_us_gets_nothing(vehicle, caplog, spoil, why):
    """The log says why, the store keeps every event, and all go out once the credentials are right."""
    spoil(vehicle)
    vehicle.publish()
    vehicle.happen()
    wait_for(lambda: "event=fleet_down" in caplog.text)
    assert f"{vehicle.settings.broker}: " in caplog.text
    assert why in caplog.text
    with EventFile(vehicle.path) as file:
        assert (file.delivered, len(list(file.records()))) == (0, EVENTS)
    assert vehicle.arrived() == []
    vehicle.publisher.stop()
    vehicle.bring_credentials()
    vehicle.publish()
    wait_for(lambda: vehicle.arrived() == list(range(EVENTS)))


def test_a_certificate_of_another_host_is_refused(vehicle, caplog):
    """One of the right authority, but not of the address that was asked for: somebody may stand between."""
    port = vehicle.settings.port
    vehicle.settings = FleetSettings(broker=f"127.0.0.1:{port}", tls=True)
    vehicle.happen()
    vehicle.publish()
    wait_for(lambda: "event=fleet_down" in caplog.text)
    assert "IP address mismatch" in caplog.text
    assert vehicle.arrived() == []
