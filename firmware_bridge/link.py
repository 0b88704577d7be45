"""The host's end of the link: alerts, bytes and time in; bytes, events and the vehicle's state out.

Knows the protocol's roles: when to say hello, what state to send and when to fall silent. Does no I/O and calls no
clock: every `now_s` is the caller's monotonic time. Not safe for threads; LinkRunner locks around it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from alerts.types import Alert, Cause, Gear, TurnSignal, VehicleState
from firmware_bridge.framing import Frame, Receiver, Type, encode
from firmware_bridge.messages import (
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    Flag,
    Hello,
    Known,
    Output,
    Payload,
    Report,
    State,
    Switch,
    Vehicle,
    Verdict,
    Why,
)
from firmware_bridge.session import MASK_16, MASK_32, Session, to_ms
from firmware_bridge.settings import LinkSettings
from firmware_bridge.timing import HELLO_PERIOD_MS, PEER_SILENCE_MS

HELLO_PERIOD_S = HELLO_PERIOD_MS / 1000
PEER_SILENCE_S = PEER_SILENCE_MS / 1000
LOCKOUTS_MAX = 255  # what the wire's byte holds
RECENT = 10  # answers behind "now": a second of them


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The MCU has answered our hello."""

    hello: Hello
    version: int


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The MCU answers no more."""

    why: str


@dataclass(frozen=True, slots=True)
class OutputsChanged:
    """The MCU shows something else than before. An alert that rests on an expression is told as quiet."""

    report: Report


Event = LinkUp | LinkDown | OutputsChanged


@dataclass(frozen=True, slots=True)
class LinkCounters:
    """What this end has counted since it started."""

    sent: int = 0  # frames
    received: int = 0  # frames that were acted on
    gaps: int = 0  # frames of the MCU that never came
    refused: Mapping[Verdict, int] = field(default_factory=dict)
    mcu_starts: int = 0  # starts of the MCU that were seen; 1 = it has not restarted


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How the link is now."""

    up: bool
    text: str  # one line for people
    counters: LinkCounters
    round_trip_ms: int | None = None  # quickest answer since the port was opened; upper bound
    mcu_hello: Hello | None = None
    mcu: Report | None = None  # what the MCU said last about its outputs and counters
    version: int = 0  # of the protocol, as agreed on; 0 = none is
    round_trip_now_ms: int | None = None  # quickest of the latest answers; upper bound
    illuminator_fault: bool = False


class Link:
    """One link, for as long as the service runs; the port may come and go.

    `boot_id` must differ at every start of the service, its lower 16 bits must not be 0.
    """

    def __init__(
        self,
        settings: LinkSettings,
        boot_id: int,
        *,
        build: int = 0,
        config_crc: int = 0,
        versions: tuple[int, int] = (PROTOCOL_MIN, PROTOCOL_MAX),
    ) -> None:
        self._settings = settings
        self._hello = Hello(*versions, build=build, config_crc=config_crc)
        self._session = Session(boot_id, versions=versions)
        self._receiver = Receiver()
        self._open = False
        self._asking = True  # our hello is not answered
        self._hello_due_s = 0.0
        self._wanted: State | None = None
        self._captured_s = 0.0
        self._shown: State | None = None  # the last state sent on this opening of the port
        self._state_due_s = 0.0
        self._heard_s = 0.0  # when the MCU last answered
        self._up = False
        self._mcu_hello: Hello | None = None
        self._report: Report | None = None
        self._vehicle: Frame | None = None
        self._round_trip_ms: int | None = None
        self._round_trips_ms: deque[int] = deque(maxlen=RECENT)
        self._sent = 0
        self._received = 0
        self._mcu_starts = 0
        self._refused: Counter[Verdict] = Counter()

    # What the service wants

    def want(self, alert: Alert, captured_s: float) -> None:
        """The newest wanted output; `captured_s` is the exposure of the frame it was judged from."""
        allowed = Output.LAMP
        allowed |= Output.BUZZER if self._settings.buzzer else Output.NONE
        allowed |= Output.HAPTIC if self._settings.haptic else Output.NONE
        flags = Flag.ILLUMINATE if self._settings.illuminator else Flag.NONE
        state = State(
            alert.level,
            alert.cause,
            alert.episode_id & MASK_16,
            int(allowed),
            int(flags),
            explanation=_explanation(alert),
            lockouts=min(alert.lockouts, LOCKOUTS_MAX),
        )
        self.show(state, captured_s)

    def show(self, state: State, captured_s: float) -> None:
        """The newest wanted output in the wire's own terms."""
        self._wanted, self._captured_s = state, captured_s

    def stand_down(self, now_s: float) -> None:
        """Say goodbye: the service stops on purpose, the MCU need not call it a fault at once."""
        self.show(State(flags=int(Flag.STOPPING)), now_s)

    @property
    def stood_down(self) -> bool:
        """Whether the MCU has confirmed the goodbye."""
        return self._report is not None and self._report.why == Why.STANDBY

    # The port comes and goes

    def opened(self, now_s: float) -> None:
        """The port is open. Both ends introduce themselves anew: the other may have been exchanged."""
        self._open = True
        self._receiver = Receiver()
        self._heard_s = now_s
        self._round_trip_ms = None
        self._round_trips_ms.clear()
        self._ask(now_s)

    def lost(self, now_s: float) -> None:
        """The port is gone."""
        self._open = self._up = False
        self._ask(now_s)

    def _ask(self, now_s: float) -> None:
        self._asking = True
        self._hello_due_s = now_s
        self._shown = None

    # Bytes in

    def receive(self, data: bytes, now_s: float) -> tuple[Event, ...]:
        """Takes what came, in any portions; call it with b"" too, so that silence is noticed."""
        events: list[Event] = []
        for result in self._receiver.feed(data):
            if isinstance(result, Verdict):
                self._refused[result] += 1
            else:
                events += self._take(result, now_s)
        return (*events, *self._notice(now_s))

    def _take(self, frame: Frame, now_s: float) -> list[Event]:
        before = self._session.peer
        verdict = self._session.judge(frame, to_ms(now_s))
        if self._session.peer is not before:
            self._forget_peer(now_s)
        if verdict is not Verdict.OK:
            self._refused[verdict] += 1
            self._note_version(frame, verdict)
            return []
        self._received += 1
        self._note_round_trip(frame, now_s)
        if isinstance(frame.message, Hello):
            self._mcu_hello = frame.message
            return []
        return self._act_on(frame, now_s)

    def _forget_peer(self, now_s: float) -> None:
        """The MCU has started (again): what it said before is void."""
        self._mcu_hello = self._report = self._vehicle = None
        self._mcu_starts += 1
        self._ask(now_s)

    def _note_version(self, frame: Frame, verdict: Verdict) -> None:
        if verdict is Verdict.VERSION and isinstance(frame.message, Hello):
            self._mcu_hello = frame.message

    def _note_round_trip(self, frame: Frame, now_s: float) -> None:
        if frame.heard_boot == self._session.boot_id & MASK_16:
            took_ms = (to_ms(now_s) - frame.heard_ms) & MASK_32
            self._round_trip_ms = took_ms if self._round_trip_ms is None else min(took_ms, self._round_trip_ms)
            self._round_trips_ms.append(took_ms)

    def _act_on(self, frame: Frame, now_s: float) -> list[Event]:
        """Takes a report or the vehicle. The MCU sends these only once it has our hello: they are the answer to it.

        Its own hello is none: it says hello unasked, and may have lost ours.
        """
        self._heard_s = now_s
        self._asking = self._asking and frame.heard_boot != self._session.boot_id & MASK_16
        events = self._notice(now_s)
        message = frame.message
        if isinstance(message, Vehicle):
            self._vehicle = frame
        elif isinstance(message, Report):
            told = _told(message)
            if self._report is None or _shows(told) != _shows(_told(self._report)):
                events.append(OutputsChanged(told))
            self._report = message
        return events

    def _notice(self, now_s: float) -> list[Event]:
        """What the passing of time, or the frame just taken, has made of the link."""
        silent = now_s - self._heard_s > PEER_SILENCE_S
        if self._up and silent:
            self._ask(now_s)
        up = self._open and not self._asking and self._session.version != 0 and not silent
        was_up, self._up = self._up, up
        if up and not was_up and self._mcu_hello:
            return [LinkUp(self._mcu_hello, self._session.version)]
        return [LinkDown(self._describe(now_s))] if was_up and not up else []

    # Bytes out

    def send(self, now_s: float) -> bytes:
        """Whatever is due now; b"" when nothing is."""
        out = b""
        if self._hello_wait_s(now_s) <= 0:
            out += self._frame(Type.HELLO_HOST, self._hello, now_s, now_s, ttl_ms=0)
            self._hello_due_s = now_s + HELLO_PERIOD_S
        if self._wanted and self._state_wait_s(now_s) <= 0:
            ttl_ms = round(self._settings.ttl_s * 1000)
            out += self._frame(Type.STATE, self._wanted, min(self._captured_s, now_s), now_s, ttl_ms)
            self._shown = self._wanted
            self._state_due_s = now_s + self._settings.period_s
        return out

    def next_due_s(self, now_s: float) -> float:
        """Seconds from now until `send` has something or silence must be looked for; never negative."""
        silence_s = self._heard_s + PEER_SILENCE_S - now_s if self._up else PEER_SILENCE_S
        return max(0.0, min(self._hello_wait_s(now_s), self._state_wait_s(now_s), silence_s))

    def _hello_wait_s(self, now_s: float) -> float:
        return self._hello_due_s - now_s if self._open and self._asking else PEER_SILENCE_S

    def _state_wait_s(self, now_s: float) -> float:
        """A state goes out at once when it differs from the one before, else when the period is over.

        Never before a version is agreed on, and never when it is too old: then silence says what no state can.
        """
        fresh = now_s - self._captured_s <= self._settings.ttl_s
        if not (self._open and self._wanted and self._session.version and fresh):
            return PEER_SILENCE_S
        return 0.0 if self._wanted != self._shown else self._state_due_s - now_s

    def _frame(self, kind: Type, message: Payload, captured_s: float, now_s: float, ttl_ms: int) -> bytes:
        peer = self._session.peer
        frame = Frame(
            kind,
            message,
            # A hello carries the newest version we have: the peer reads its frozen layout whatever it says.
            version=self._hello.version_max if kind is Type.HELLO_HOST else self._session.version,
            counter=self._sent & MASK_16,
            boot_id=self._session.boot_id,
            sent_ms=to_ms(now_s),
            captured_ms=to_ms(captured_s),
            heard_ms=peer.heard_ms if peer else 0,
            heard_boot=peer.boot_id & MASK_16 if peer else 0,
            ttl_ms=ttl_ms,
        )
        self._sent += 1
        return encode(frame)

    # What is known

    def vehicle(self, now_s: float) -> VehicleState:
        """What the vehicle's wires say. Stale values are None; the count of presses is never stale."""
        frame = self._vehicle
        if frame is None or not isinstance(frame.message, Vehicle):
            return VehicleState()
        age_ms = self._session.age_ms(frame, to_ms(now_s))
        if age_ms is None or age_ms > frame.ttl_ms:
            return VehicleState(ack_count=frame.message.ack_count, ack_episode_id=frame.message.ack_episode_id)
        return _to_vehicle_state(frame.message)

    def status(self, now_s: float) -> LinkStatus:
        """How the link is now."""
        return LinkStatus(
            self._up,
            self._describe(now_s),
            LinkCounters(self._sent, self._received, self._session.gaps, dict(self._refused), self._mcu_starts),
            self._round_trip_ms,
            self._mcu_hello,
            self._report,
            self._session.version,
            min(self._round_trips_ms, default=None),
            self._illuminator_fault(),
        )

    def _illuminator_fault(self) -> bool:
        vehicle = self._vehicle.message if self._vehicle else None
        return isinstance(vehicle, Vehicle) and bool(vehicle.switches & Switch.IR_FAULT)

    def _describe(self, now_s: float) -> str:
        if not self._open:
            return "port closed"
        if self._mcu_hello and not self._session.version:
            mcu, host = self._mcu_hello, self._hello
            return (
                f"no protocol version in common: MCU speaks {mcu.version_min} to {mcu.version_max}, "
                f"this host {host.version_min} to {host.version_max}; update the older one"
            )
        silent_s = now_s - self._heard_s
        if silent_s > PEER_SILENCE_S:
            return f"MCU silent for {silent_s:.1f} s: is it powered, and are both wires connected?"
        if self._asking:
            return "waiting for the MCU to answer"
        return self._describe_up(now_s)

    def _describe_up(self, now_s: float) -> str:
        state_age_s = now_s - self._captured_s
        if self._wanted is None or state_age_s > self._settings.ttl_s:
            return "up, sending nothing: there is no fresh state"
        if self._report and self._report.why in {Why.BOOT, Why.SILENCE}:
            return "up, but the MCU gets no state: does the wire from host to MCU connect?"
        if self._illuminator_fault():
            return "up, but the infrared illuminator reports a fault: is it connected?"
        return f"up, round trip {self._round_trip_ms} ms"


def _explanation(alert: Alert) -> int:
    """The number of the rule that speaks. What was read in a face explains itself to nobody."""
    return 0 if alert.why is None or alert.cause is Cause.AFFECT else alert.why.code


def _told(report: Report) -> Report:
    """The report without an alert that rests on an expression: as if all were quiet."""
    if report.cause != Cause.AFFECT:
        return report
    return replace(report, level=0, cause=0, outputs=report.outputs & Output.FAULT)


def _shows(report: Report) -> tuple[int, ...]:
    """What the driver sees, hears and feels of it: infrared light is none of that."""
    episode_id = report.episode_id if report.level else 0  # where nothing is shown, it is the last one's
    return report.level, report.cause, episode_id, report.outputs & ~Output.IR, report.why


def _to_vehicle_state(message: Vehicle) -> VehicleState:
    known, switches = Known(message.known), Switch(message.switches)
    return VehicleState(
        speed_kmh=message.speed_ckmh / 100 if Known.SPEED in known else None,
        ignition_on=Switch.IGNITION_ON in switches if Known.IGNITION in known else None,
        gear=Gear(message.gear) if Known.GEAR in known else Gear.UNKNOWN,
        turn_signal=TurnSignal(message.turn_signal) if Known.TURN in known else TurnSignal.OFF,
        ambient_lux=float(message.ambient_lux) if Known.AMBIENT in known else None,
        steering_deg=message.steering_ddeg / 10 if Known.STEERING in known else None,
        affect_consent=Switch.AFFECT_CONSENT in switches if Known.CONSENT in known else None,
        ack_count=message.ack_count,
        ack_episode_id=message.ack_episode_id,
    )
