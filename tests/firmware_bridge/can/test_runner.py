"""The thread on real python-can: a slcan adapter on a pseudo-terminal, and the bus inside this process."""

from __future__ import annotations

import threading
import time

import can
import msgspec
import pytest

from firmware_bridge.can import runner as runner_module
from firmware_bridge.can.database import mapped
from firmware_bridge.can.port import BusError
from firmware_bridge.can.runner import CanRunner
from firmware_bridge.can.settings import CanSettings
from firmware_bridge.can.signals import DRIVER_ALERT, DRIVER_STATE
from tests.firmware_bridge.can.conftest import PATIENCE_S, wait_until
from tests.firmware_bridge.can.receiver import Receiver

SIGNALS = {
    "speed_kmh": {"signal": "Dynamics.Speed", "timeout_s": 2.0},
    "turn_left": {"signal": "Body.Left", "timeout_s": 10.0},
}


@pytest.fixture
def start(vehicle_dbc):
    """Starts a CanRunner; what runs is stopped in the end."""
    running = []

    def started(signals=SIGNALS, **settings):
        config = msgspec.convert({"dbc": vehicle_dbc, "signals": signals, **settings}, CanSettings)
        running.append(CanRunner(config, mapped(config), ttl_s=1.0))
        running[-1].start()
        return running[-1]

    yield started
    for one in running:
        one.stop()
        one._thread.join(PATIENCE_S)
        assert not one._thread.is_alive()


@pytest.fixture
def on_slcan(start, adapter):
    return start(interface="slcan", channel=adapter.path)


def test_the_adapter_is_set_up_and_gets_protected_frames(on_slcan, adapter, microsleep, ours):
    """Bit rate and open; then both messages, which a receiver takes and a reader of the file understands."""
    receivers = {message.can_id: Receiver(message.data_id) for message in (DRIVER_ALERT, DRIVER_STATE)}
    verdicts = []
    for _ in range(3):
        on_slcan.tell(*microsleep(time.monotonic()))
        verdicts += [receivers[can_id].judge(data) for can_id, data in adapter.wait(2)]
    assert verdicts == ["first"] * 2 + ["ok"] * 4
    assert adapter.commands[-1] == "O"
    assert "S6" in adapter.commands
    on_slcan.tell(*microsleep(time.monotonic()))
    (_, alert), (_, state) = adapter.wait(2)
    assert str(ours.decode_message(DRIVER_ALERT.can_id, alert)["Cause"]) == "microsleep"
    assert str(ours.decode_message(DRIVER_STATE.can_id, state)["EyesClosed"]) == "yes"


def test_signals_come_in_and_run_out(on_slcan, adapter, vehicle):
    """What never came is named; what came holds; what stops coming is named again."""
    wait_until(lambda: on_slcan.troubles == ("CAN brings no speed_kmh, turn_left",))
    adapter.put(*vehicle("Body", Left=1))
    adapter.put(*vehicle("Dynamics", Speed=87.65))
    wait_until(lambda: len(on_slcan.fresh) == 2)
    assert on_slcan.fresh == {"speed_kmh": pytest.approx(87.65), "turn_left": True}
    assert on_slcan.troubles == ()
    wait_until(lambda: on_slcan.fresh == {"turn_left": True})
    assert on_slcan.troubles == ("CAN brings no speed_kmh",)


def test_an_adapter_that_is_pulled_and_plugged_in_again(on_slcan, adapter, vehicle, microsleep):
    """Said by name, and mended without help: both directions work as before."""
    wait_until(lambda: on_slcan._error is None)
    adapter.put(*vehicle("Dynamics", Speed=50.0))
    wait_until(lambda: "speed_kmh" in on_slcan.fresh)
    adapter.unplug()
    wait_until(lambda: f"CAN: slcan {adapter.path}" in "".join(on_slcan.troubles))
    wait_until(lambda: "is the adapter plugged in" in "".join(on_slcan.troubles))
    wait_until(lambda: on_slcan.fresh == {})
    adapter.plug()
    wait_until(lambda: on_slcan._error is None)
    adapter.put(*vehicle("Dynamics", Speed=60.0))
    wait_until(lambda: on_slcan.fresh.get("speed_kmh") == 60.0)
    on_slcan.tell(*microsleep(time.monotonic()))
    assert {can_id for can_id, _ in adapter.wait(2)} == {DRIVER_ALERT.can_id, DRIVER_STATE.can_id}


def test_a_stale_judgement_is_not_sent_after_the_adapter_comes_back(on_slcan, adapter, microsleep):
    """What was wanted before the cable came out is history."""
    adapter.unplug()
    wait_until(lambda: on_slcan._error is not None)
    on_slcan.tell(*microsleep(time.monotonic() - 0.9))
    time.sleep(0.15)
    adapter.plug()
    wait_until(lambda: on_slcan._error is None)
    time.sleep(0.3)
    assert adapter.frames == []


@pytest.mark.parametrize(
    ("garbage", "words"),
    [
        (b"T18\r", "is it a slcan adapter?"),
        (b"t2018zz\r", "is it a slcan adapter?"),
        (b"\xff\xfe\r", "is gone: 'utf-8' codec"),
    ],
)
def test_an_adapter_that_babbles_is_opened_anew(on_slcan, adapter, vehicle, garbage, words):
    """No garbled line ends the thread or stays in its way."""
    wait_until(lambda: on_slcan._error is None)
    adapter.babble(garbage)
    wait_until(lambda: on_slcan._error is not None)
    assert words in "".join(on_slcan.troubles)
    wait_until(lambda: on_slcan._error is None)
    adapter.put(*vehicle("Dynamics", Speed=60.0))
    wait_until(lambda: on_slcan.fresh.get("speed_kmh") == 60.0)


def test_a_flood_holds_up_nothing(on_slcan, adapter, vehicle, microsleep):
    """Foreign frames without end: ours go out, and the speed among them comes in."""
    wait_until(lambda: on_slcan._error is None)
    flooding = threading.Event()

    def flood():
        while not flooding.wait(0.0005):
            adapter.put(0x123, False, bytes(8))

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        adapter.put(*vehicle("Dynamics", Speed=60.0))
        wait_until(lambda: on_slcan.fresh.get("speed_kmh") == 60.0)
        on_slcan.tell(*microsleep(time.monotonic()))
        assert adapter.wait(2)
    finally:
        flooding.set()
        thread.join()


def test_an_adapter_that_takes_nothing_is_said(on_slcan, monkeypatch, microsleep):
    """A driver that waits for ever stops this thread and no other: the service asks, and is told."""
    release = threading.Event()
    wait_until(lambda: on_slcan._error is None)
    monkeypatch.setattr(runner_module.CanBus, "send", lambda *_: release.wait(10))
    monkeypatch.setattr(runner_module, "STUCK_S", 0.3)
    on_slcan.tell(*microsleep(time.monotonic()))
    try:
        wait_until(lambda: any("has not answered for" in trouble for trouble in on_slcan.troubles))
    finally:
        release.set()
    monkeypatch.undo()
    wait_until(lambda: not any("has not answered" in trouble for trouble in on_slcan.troubles))


def test_two_nodes_on_the_bus_inside_this_process(start, microsleep, vehicle):
    """The same over python-can's virtual bus, with its own decoder at the other end."""
    with can.Bus(interface="virtual", channel="test-bus", ignore_config=True) as other:
        one = start(interface="virtual", channel="test-bus")
        wait_until(lambda: one._error is None)
        one.tell(*microsleep(time.monotonic()))
        first = other.recv(timeout=10)
        assert (first.arbitration_id, first.is_extended_id, len(first.data)) == (DRIVER_ALERT.can_id, True, 8)
        number, extended, data = vehicle("Dynamics", Speed=33.0)
        other.send(can.Message(arbitration_id=number, is_extended_id=extended, data=data, is_remote_frame=False))
        wait_until(lambda: one.fresh.get("speed_kmh") == 33.0)


def test_an_interface_that_is_not_there_is_said_with_the_remedy(start):
    """A kernel without CAN, or an interface that is down."""
    one = start(interface="socketcan", channel="nocan7")
    wait_until(lambda: "cannot be opened" in "".join(one.troubles))
    assert "socketcan nocan7 cannot be opened" in one.troubles[0]
    assert "sudo ip link set nocan7 up type can bitrate 500000" in one.troubles[0]


def test_stopping_is_silence(on_slcan, adapter, microsleep):
    on_slcan.tell(*microsleep(time.monotonic()))
    adapter.wait(2)
    on_slcan.stop()
    sent = len(adapter.frames)
    time.sleep(0.25)
    assert len(adapter.frames) == sent


def test_what_is_told_does_not_hasten_a_lost_bus(start, monkeypatch, microsleep):
    """Each judgement is due at once while the adapter is away; it is still opened after its pauses alone."""
    attempts = []

    def refused(*_args):
        attempts.append(None)
        raise BusError("no adapter")

    monkeypatch.setattr(runner_module, "CanBus", refused)
    running = start(interface="virtual", channel="gone")
    for _ in range(100):
        running.tell(*microsleep(time.monotonic()))
        time.sleep(0.005)
    assert 1 <= len(attempts) <= 4  # after 0, 0.1, 0.3 and 0.7 s
