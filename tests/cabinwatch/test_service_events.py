"""The service and its store: what a drive leaves, and that a store in trouble costs no alert."""

import signal

import pytest

from cabinwatch.leaves import AlertEnded, AlertShown, Camera, Counters, Link, Reloaded, ReloadRefused, Started, Stopped
from cabinwatch.store.database import EventFile


@pytest.fixture
def stored(tmp_path):
    def read():
        with EventFile(tmp_path / "events.db") as file:
            return [record.event for record in file.records()]

    return read


@pytest.fixture
def watching(service, systemd, tmp_path):
    """A service with a store; the path may be given."""

    def start(events=f"path: {tmp_path}/events.db"):
        service.write(service.config.read_text() + f"events: {{{events}}}\n")
        service.start()
        systemd.wait_for("READY=1")
        return service

    return start


def test_a_drive_leaves_its_events(watching, stored):
    """From the start to the stop, with an alert, a reload and a reload that was refused."""
    service = watching()
    service.set("closed")
    service.wait_for_event("event=alert ", "cause=microsleep")
    service.unset("closed")
    service.wait_for_event("event=alert_cleared")
    service.write(service.config.read_text() + "language: de\n")
    service.signal(signal.SIGHUP)
    service.wait_for_event("event=reloaded")
    service.write("nonsense: 1")
    service.signal(signal.SIGHUP)
    service.wait_for_event("event=reload_refused")
    assert service.end() == 0
    facts = stored()
    assert isinstance(facts[0], Started)
    assert {Camera(delivers=True), Link(up=False), Reloaded(changed=("language",)), ReloadRefused()} <= {
        fact for fact in facts if not isinstance(fact, Counters)
    }
    assert "microsleep" in {fact.cause for fact in facts if isinstance(fact, AlertShown)}
    assert "microsleep" in {fact.cause for fact in facts if isinstance(fact, AlertEnded)}
    assert Stopped() in facts
    (counters,) = (fact for fact in facts if isinstance(fact, Counters))
    assert counters.frames > 0
    assert counters.alerts["microsleep"] >= 1


def test_a_store_in_trouble_is_in_the_status_and_costs_no_alert(watching, systemd, tmp_path):
    """Its folder is missing, as when a state partition was not mounted; then it is there."""
    service = watching(f"path: {tmp_path}/later/events.db")
    service.wait_for_event("event=events_not_stored", "No such file")
    service.set("closed")
    service.wait_for_event("event=alert ", "cause=microsleep")
    status = systemd.wait_for("STATUS=degraded")
    while "events not stored" not in status:
        status = systemd.wait_for("STATUS=degraded")
    (tmp_path / "later").mkdir()
    service.wait_for_event("event=events_stored_again")


def test_a_reload_moves_the_store(watching, stored, tmp_path):
    service = watching(f"path: {tmp_path}/first.db")
    service.write(service.config.read_text().replace("first.db", "events.db"))
    service.signal(signal.SIGHUP)
    service.wait_for_event("event=reloaded", "changed=events")
    assert service.end() == 0
    assert Reloaded(changed=("events",)) in stored()
