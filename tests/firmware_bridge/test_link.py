"""Both ends together, Python and C, in a time of their own: what the driver sees, whatever the line does."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.types import Alert, Cause, Explanation, Gear, Level, VehicleState
from firmware_bridge.framing import Receiver, Type
from firmware_bridge.link import LinkDown, LinkUp, OutputsChanged
from firmware_bridge.messages import Known, Output, Switch, Verdict, Why
from firmware_bridge.settings import LinkSettings
from firmware_bridge.timing import (
    HELLO_PERIOD_MS,
    PEER_SILENCE_MS,
    SILENCE_MS,
    STANDBY_MS,
    STATE_PERIOD_MS,
    STATE_TTL_MS,
    VEHICLE_TTL_MS,
)

QUIET = Alert(0.0)
MICROSLEEP = Alert(0.0, Level.CRITICAL, Cause.MICROSLEEP, 1)
STEP_MS = 5


def test_an_alert_lights_the_lamp_at_once(world):
    """From the frame judged to the lamp: one step of the world, whatever the phase of the period."""
    world.run(1000, QUIET)
    world.run(37 // STEP_MS * STEP_MS, QUIET)
    began = world.now_ms
    world.run(200, MICROSLEEP)
    assert world.first(lambda report: bool(report.outputs & Output.LAMP)) - began <= STEP_MS
    world.run(20, QUIET)
    assert world.report.outputs == 0


def test_the_link_says_when_it_is_up_and_what_the_mcu_shows(world):
    """Hello, dark, alert: three events in order."""
    world.run(300, QUIET)
    world.run(100, MICROSLEEP)
    assert [type(event) for event in world.events[:2]] == [LinkUp, OutputsChanged]
    shown = [event.report.outputs for event in world.events if isinstance(event, OutputsChanged)]
    assert shown[-2:] == [0, Output.LAMP | Output.BUZZER | Output.HAPTIC]
    assert world.link.status(world.host_s).up


def test_states_go_out_at_the_period_when_nothing_changes(world):
    """The heartbeat is as fast as said and no faster."""
    world.run(1000, QUIET)
    before = world.report.accepted
    world.run(2000, QUIET)
    assert world.report.accepted - before == pytest.approx(2000 / STATE_PERIOD_MS, abs=1)


def explained(code, cause=Cause.MICROSLEEP, level=Level.CRITICAL):
    return Alert(0.0, level, cause, 1, Explanation("mine/rule", 0.0, 1.0, 1.0, 1.0, "s", "never", code=code))


def states_sent(world):
    """Every STATE that leaves the host, as the MCU reads it."""
    receiver, states = Receiver(), []

    def read(data, now_ms):
        states.extend(frame.message for frame in receiver.feed(data) if frame.type is Type.STATE)
        return data

    world.up = read
    return states


def test_a_state_names_the_rule_that_speaks(world):
    """By its number; a rule without one, and no alert at all, have none. A change goes out at once."""
    states = states_sent(world)
    for code in 102, 65535, 0:
        world.run(500, explained(code))
        assert (states[-1].level, states[-1].explanation) == (Level.CRITICAL, code)
    world.run(500, explained(102))
    world.run(500, QUIET)
    assert (states[-1].level, states[-1].explanation) == (Level.NONE, 0)
    sent = len(states)
    world.run(STEP_MS, explained(101))
    world.run(STEP_MS, explained(102))
    assert [state.explanation for state in states[sent:]] == [101, 102]


def test_what_was_read_in_a_face_is_shown_and_told_to_nobody(world):
    """A rest suggested: the lamp is lit, no number says why, and no event comes of it, not even when it ends."""
    suggestion = replace(explained(118, Cause.AFFECT, Level.INFORMATION), episode_id=2)
    states = states_sent(world)
    world.run(500, replace(QUIET, episode_id=1))
    told = len(world.events)
    world.run(500, suggestion)
    assert (states[-1].cause, states[-1].explanation) == (Cause.AFFECT, 0)
    assert (world.report.cause, world.report.outputs) == (Cause.AFFECT, Output.LAMP)
    world.run(500, replace(QUIET, episode_id=2))
    assert world.events[told:] == []
    world.run(500, replace(MICROSLEEP, episode_id=3))
    world.run(500, suggestion)
    first, last = world.events[told:]
    assert (first.report.cause, first.report.episode_id) == (Cause.MICROSLEEP, 3)
    assert (last.report.level, last.report.cause, last.report.outputs) == (0, 0, 0)


def test_a_dead_service_lights_the_fault_lamp_within_the_time_out(world):
    """Silence is a fault, said as such; the alert that was shown goes."""
    world.run(1000, MICROSLEEP)
    died = world.now_ms
    world.run(2000, host=False)
    lit = next(at for at, report in world.reports if at > died and report.outputs & Output.FAULT)
    assert not world.report.outputs & Output.LAMP
    assert SILENCE_MS - STATE_PERIOD_MS <= lit - died <= SILENCE_MS + STEP_MS
    assert (world.report.why, world.report.level) == (Why.SILENCE, Level.NONE)


def test_a_new_service_clears_the_fault_lamp(world):
    """Restart: hello, one exchange, and the lamp is out."""
    world.run(500, QUIET)
    world.run(1000, host=False)
    world.start_host(boot_id=0x77770002)
    assert world.run(100, QUIET).why == Why.STATE
    assert world.report.outputs == 0


def test_a_hung_judge_makes_the_link_fall_silent(world):
    """The link's thread lives but no frame is judged: past the time to live nothing is sent, and the lamp says so."""
    world.run(500, QUIET)
    hung = world.now_ms
    world.run(2000)
    lit = next(at for at, report in world.reports if at > hung and report.outputs == Output.FAULT)
    assert lit - hung <= STATE_TTL_MS + STEP_MS
    sent = world.link.status(world.host_s).counters.sent
    world.run(1000)
    assert world.link.status(world.host_s).counters.sent == sent
    assert "no fresh state" in world.link.status(world.host_s).text


def test_repeating_a_state_does_not_renew_it(world):
    """The same judged frame again and again: the MCU drops it when the frame is too old, however new the repeats."""
    world.run(500, QUIET)
    world.link = world.start_host(boot_id=0x77770003, settings=LinkSettings(ttl_s=0.5))
    world.run(100, QUIET)
    world.link.want(MICROSLEEP, world.host_s)
    seen = world.now_ms
    world.run(2000)
    shown = [at for at, report in world.reports if at > seen and report.level]
    assert shown[0] - seen <= STEP_MS
    assert shown[-1] - seen <= 500


def test_goodbye_is_dark_then_a_fault_if_nobody_returns(world):
    """A clean stop is no fault for as long as a restart takes; then the driver must know that nobody watches."""
    world.run(500, MICROSLEEP)
    world.link.stand_down(world.host_s)
    world.run(20)
    assert (world.report.why, world.report.outputs) == (Why.STANDBY, 0)
    assert world.run(STANDBY_MS - 100, host=False).outputs == 0
    assert world.run(200, host=False).outputs == Output.FAULT
    assert world.report.why == Why.STOPPED
    world.start_host(boot_id=0x77770004)
    assert world.run(300, QUIET).outputs == 0


def test_goodbye_with_the_ignition_off_stays_dark(world):
    """A parked car shows nothing."""
    world.device.inputs.vehicle.known = Known.IGNITION
    world.run(500, QUIET)
    world.link.stand_down(world.host_s)
    world.run(20)
    assert world.run(STANDBY_MS + 500, host=False).outputs == 0
    assert world.report.why == Why.STOPPED


def test_an_mcu_that_restarts_is_met_again(world):
    """Brown-out: fault lamp from its first moment, cleared by itself."""
    world.run(500, QUIET)
    world.restart_mcu()
    assert world.report.outputs == Output.FAULT
    assert world.report.why == Why.BOOT
    world.run(400, QUIET)
    assert (world.report.why, world.report.outputs) == (Why.STATE, 0)


def test_a_hello_that_is_lost_is_said_again(world):
    """The MCU's own hello is no answer: it may have lost ours."""
    lost = []
    world.up = lambda data, now_ms: data if lost or not data else (lost.append(data), b"")[1]
    assert world.run(2 * HELLO_PERIOD_MS, QUIET).why == Why.STATE
    assert lost


def test_a_silent_mcu_takes_the_link_down_and_states_go_on(world):
    """Half a cable: the host says that it hears nothing, and still sends what may reach the lamp."""
    world.run(500, QUIET)
    world.down = lambda data, now_ms: b""
    world.run(PEER_SILENCE_MS + 300, QUIET)
    assert any(isinstance(event, LinkDown) and "silent" in event.why for event in world.events)
    world.run(100, MICROSLEEP)
    assert world.report.level == Level.CRITICAL


def test_one_byte_at_a_time_is_enough(world):
    """A line that brings a byte a step is slow, and right."""
    queue = bytearray()

    def drip(data, now_ms):
        queue.extend(data)
        out = bytes(queue[:15])
        del queue[:15]
        return out

    world.up = drip
    world.run(2000, QUIET)
    assert world.run(500, MICROSLEEP).level == Level.CRITICAL
    assert world.report.bad_crc + world.report.bad_format == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_line_that_damages_one_byte_in_a_hundred_works_on(new_world, seed):
    """A third of the frames is lost and counted, none is wrong, and the lamp follows."""
    world, dice = new_world(), random.Random(seed)

    def noisy(data, now_ms):
        return bytes(byte ^ (dice.randrange(1, 256) if dice.random() < 0.01 else 0) for byte in data)

    world.up = world.down = noisy
    world.run(3000, QUIET)
    assert all(report.level == 0 for _, report in world.reports)
    start = len(world.reports)
    world.run(5000, MICROSLEEP)
    shown = [report.level == Level.CRITICAL for _, report in world.reports[start:]]
    assert sum(shown) / len(shown) > 0.9
    assert world.report.gaps > 10


def test_a_line_that_damages_every_frame_is_a_fault(world):
    """One flipped bit a frame: everything is refused and counted, and the fault lamp says so."""
    world.run(500, QUIET)
    refused = world.report.bad_crc + world.report.bad_format
    world.up = lambda data, now_ms: bytes([*data[:9], data[9] ^ 0x10, *data[10:]]) if len(data) > 9 else data
    world.run(1000, MICROSLEEP)
    assert world.report.outputs == Output.FAULT
    assert world.report.bad_crc + world.report.bad_format - refused >= 5


def test_every_frame_sent_twice_is_shown_once_and_counted(world):
    """A write time-out can come after the whole frame went out: repeats must be harmless."""
    world.up = lambda data, now_ms: data + data
    world.run(1000, MICROSLEEP)
    assert world.report.level == Level.CRITICAL
    assert world.report.bad_counter >= 5
    assert world.report.last_refusal == Verdict.COUNTER


def test_an_echo_is_not_taken_for_the_mcu(world):
    """TX wired to RX: the link stays down and says why frames are refused."""
    echo = []
    world.up = lambda data, now_ms: (echo.append(data), b"")[1]
    world.down = lambda data, now_ms: echo.pop()
    world.run(2000, QUIET)
    status = world.link.status(world.host_s)
    assert not status.up
    assert status.counters.refused[Verdict.DIRECTION] > 0


class Stalling:
    """A pipe that holds everything back while it is stalled, then lets all of it go at once."""

    def __init__(self):
        self.stalled = False
        self._held = b""

    def __call__(self, data, now_ms):
        self._held += data
        if self.stalled:
            return b""
        out, self._held = self._held, b""
        return out


PHASES = st.lists(
    st.tuples(st.integers(1, 700), st.booleans(), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None)
@given(phases=PHASES, host_ms=st.sampled_from([0, 7_000_000, 2**32 - 2000]), mcu_ms=st.sampled_from([0, 2**32 - 900]))
def test_no_stale_alert_ever_lights_a_lamp(new_world, phases, host_ms, mcu_ms):
    """Stalls, backlogs, restarts, clocks that wrap: what is shown is never older than its time to live."""
    world = new_world(host_ms=host_ms, mcu_ms=mcu_ms)
    world.up, world.down = Stalling(), Stalling()
    boot_id = 0x5EED1234
    for steps, world.up.stalled, world.down.stalled, judging, restart in phases:
        if restart:
            boot_id += 1
            world.start_host(boot_id)
        for _ in range(steps):
            # The episode says when it was seen, so that the report of what is shown tells its age.
            seen = Alert(0.0, Level.CRITICAL, Cause.MICROSLEEP, (world.now_ms + STEP_MS) // STEP_MS & 0xFFFF)
            report = world.run(STEP_MS, seen if judging else None)
            if report.level:
                age_ms = world.now_ms - report.episode_id * STEP_MS
                assert age_ms <= STATE_TTL_MS
    world.up.stalled = world.down.stalled = False
    assert world.run(1000, QUIET).why == Why.STATE


@settings(max_examples=10, deadline=None)
@given(host_ms=st.integers(0, 2**33), mcu_ms=st.integers(0, 2**32 - 1))
def test_the_clocks_need_not_agree(new_world, host_ms, mcu_ms):
    """Any two clocks, wrapping whenever they like."""
    world = new_world(host_ms=host_ms, mcu_ms=mcu_ms)
    world.run(2000, MICROSLEEP)
    assert world.report.level == Level.CRITICAL
    assert world.first(lambda report: report.why == Why.STATE) <= HELLO_PERIOD_MS


def test_the_frame_counter_wraps_unseen(world):
    """65536 frames on: not one refused, no gap."""
    world.link._sent = 0x10000 - 5
    world.run(2000, QUIET)
    assert (world.report.bad_counter, world.report.gaps) == (0, 0)
    assert world.report.accepted > 15


def test_a_host_of_another_version_is_told_so(new_world):
    """No version in common: fault lamp, and a message that names both and the remedy."""
    world = new_world(mcu_versions=(3, 4))
    world.run(1000, QUIET)
    assert (world.report.why, world.report.outputs) == (Why.VERSION, Output.FAULT)
    assert "MCU speaks 3 to 4, this host 1 to 1" in world.link.status(world.host_s).text


def test_an_mcu_one_version_ahead_works(new_world):
    """N and N−1 agree on N−1."""
    world = new_world(mcu_versions=(1, 2))
    assert world.run(500, MICROSLEEP).level == Level.CRITICAL


def test_what_the_vehicle_says_arrives_in_its_units(world):
    """Speed, switches, gear and the rest, each only when it is known."""
    vehicle = world.device.inputs.vehicle
    vehicle.known = Known.SPEED | Known.IGNITION | Known.GEAR | Known.AMBIENT | Known.STEERING | Known.CONSENT
    vehicle.switches = Switch.IGNITION_ON | Switch.AFFECT_CONSENT
    vehicle.speed_ckmh, vehicle.gear, vehicle.ambient_lux, vehicle.steering_ddeg = 8025, 4, 100_000, -125
    world.run(500, QUIET)
    assert world.link.vehicle(world.host_s) == VehicleState(
        speed_kmh=80.25,
        ignition_on=True,
        gear=Gear.DRIVE,
        ambient_lux=100_000.0,
        steering_deg=-12.5,
        affect_consent=True,
    )


def test_what_is_not_wired_is_unknown(world):
    """Zeroes without a known bit are not a speed of zero, and not a consent."""
    world.device.inputs.vehicle.switches = Switch.AFFECT_CONSENT
    world.run(500, QUIET)
    assert world.link.vehicle(world.host_s) == VehicleState()


def test_a_vehicle_not_heard_from_is_unknown(world):
    """Past its time to live the speed is None again; the count of presses stays what it was."""
    world.device.inputs.vehicle.known, world.device.inputs.vehicle.speed_ckmh = Known.SPEED, 5000
    world.run(300, QUIET)
    world.press(QUIET)
    world.press(QUIET)
    world.run(500, QUIET)
    assert world.link.vehicle(world.host_s).speed_kmh == 50.0
    world.down = lambda data, now_ms: b""
    world.run(VEHICLE_TTL_MS + 50, QUIET)
    assert world.link.vehicle(world.host_s) == VehicleState(ack_count=2)


def test_a_press_answers_the_episode_that_is_shown(world):
    """The button: counted at once, with the episode; the sound stops, the lamp stays."""
    world.run(500, QUIET)
    world.run(100, MICROSLEEP)
    world.press(MICROSLEEP)
    vehicle = world.link.vehicle(world.host_s)
    assert (vehicle.ack_count, vehicle.ack_episode_id) == (1, MICROSLEEP.episode_id)
    assert world.report.outputs == Output.LAMP


def test_a_press_before_an_alert_silences_nothing(world):
    """Nobody buys silence in advance."""
    world.run(500, QUIET)
    world.press(QUIET)
    world.run(100, QUIET)
    assert world.link.vehicle(world.host_s).ack_episode_id == 0
    assert world.run(50, MICROSLEEP).outputs & Output.BUZZER


def test_what_may_not_sound_stays_quiet(world):
    """Settings take the buzzer away; lamp and haptic stay."""
    world.start_host(boot_id=0x77770009, settings=LinkSettings(buzzer=False, illuminator=False))
    world.run(500, MICROSLEEP)
    assert world.report.outputs == Output.LAMP | Output.HAPTIC


def test_half_a_cable_is_told_to_the_mechanic(world):
    """The MCU is heard and hears nothing: its fault lamp is lit, and the host says which wire to look at."""
    world.run(500, QUIET)
    world.up = lambda _data, _now_ms: b""
    assert world.run(1500, QUIET).outputs == Output.FAULT
    status = world.link.status(world.host_s)
    assert "wire from host to MCU" in status.text
