"""The thread that keeps the link: opens the port, moves bytes, reopens it when it is lost.

Knows threads and the clock. Must not know the protocol, which is link.py's, nor pyserial, which is port.py's.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from alerts.types import Alert, VehicleState
from firmware_bridge.link import Event, Link, LinkDown, LinkStatus, LinkUp, OutputsChanged
from firmware_bridge.messages import Output, State, Why
from firmware_bridge.port import PortError, SerialPort, Trouble
from firmware_bridge.settings import LinkSettings

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.05  # before an attempt to reopen what was steady; doubled up to the longest
STEADY_S = 1.0  # what has worked for so long starts the pauses anew
FAREWELL_S = 0.3  # how long a clean stop waits for the MCU to confirm
JOIN_S = 3.0
READ_PAUSE_S = 0.005  # reads closer than this are spaced out: a line that babbles must not keep the processor busy
LATE_S = 0.1  # a sleep that ends so late has cost two states; the MCU's time-out is five times as long


class Pauses:
    """How long to wait before each attempt to reopen: twice as long every time, anew after an opening that lasted."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._pause_s = FIRST_PAUSE_S

    def after(self, lasted_s: float) -> float:
        """The pause after an opening, or an attempt at one, that lasted so long."""
        self._pause_s = FIRST_PAUSE_S if lasted_s > STEADY_S else min(2 * self._pause_s, self._longest_s)
        return self._pause_s


class Waker:
    """Lets one thread sleep on a descriptor and another wake it."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def wake(self) -> None:
        """Ends the present or the next sleep."""
        with contextlib.suppress(BlockingIOError):  # it is full of wake-ups already
            os.write(self._in, b"!")

    def sleep(self, timeout_s: float, also: int | None = None) -> bool:
        """Sleeps until woken, or until `also` can be read or has hung up: then True."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        if also is not None:
            poll.register(also, select.POLLIN)
        # Rounded up: a sleep that ends a moment early would be followed by a spin of empty ones.
        ready = [descriptor for descriptor, _ in poll.poll(int(timeout_s * 1000) + 1)]
        if self._out in ready:
            os.read(self._out, 4096)
        return also in ready

    def close(self) -> None:
        """Frees the descriptors."""
        os.close(self._out)
        os.close(self._in)


@dataclass(frozen=True, slots=True)
class RunnerCounters:
    """What the thread has counted since it started."""

    trouble: Trouble | None = None  # why the port is closed now; None also before the first attempt
    opened: int = 0  # times
    failed: Mapping[Trouble, int] = field(default_factory=dict)  # attempts to open it, and openings that ended
    bytes_in: int = 0
    bytes_out: int = 0
    late: int = 0  # sleeps that ended more than LATE_S after they should have: the processor was elsewhere
    late_worst_ms: int = 0


class LinkRunner:
    """The link in a thread of its own. Every method may be called from any other thread."""

    def __init__(self, settings: LinkSettings, *, build: int = 0, config_crc: int = 0) -> None:
        self._settings = settings
        self._link = Link(settings, _draw_boot_id(), build=build, config_crc=config_crc)
        self._lock = threading.Lock()  # around every use of the link
        self._waker = Waker()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._port_error: str | None = "port not opened yet"
        self._trouble: Trouble | None = None
        self._failed: Counter[Trouble] = Counter()
        self._opened = self._bytes_in = self._bytes_out = self._late = 0
        self._late_worst_s = 0.0
        self._read_s = -READ_PAUSE_S  # when bytes last came
        self._crowded = False  # and whether that was a moment after the time before
        self._progress_s = time.monotonic()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Says goodbye to the MCU, which then stays dark for a while, and ends the thread. It cannot start again."""
        with self._lock:
            if self._stopping.is_set():
                return
            self._stopping.set()
            self._waker.wake()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)
        if not self._thread.is_alive():
            self._waker.close()

    def want(self, alert: Alert, captured_s: float) -> None:
        """The newest wanted output, sent at once when it differs from the last. Never waits for the port."""
        self._take(lambda: self._link.want(alert, captured_s))

    def show(self, state: State, captured_s: float) -> None:
        """The same in the wire's own terms."""
        self._take(lambda: self._link.show(state, captured_s))

    def _take(self, put: Callable[[], None]) -> None:
        now_s = time.monotonic()
        with self._lock:
            if self._stopping.is_set():
                return
            put()
            if self._link.next_due_s(now_s) <= 0:
                self._waker.wake()

    @property
    def vehicle(self) -> VehicleState:
        """What the vehicle's wires say now."""
        with self._lock:
            return self._link.vehicle(time.monotonic())

    @property
    def status(self) -> LinkStatus:
        """How the link is now."""
        with self._lock:
            status = self._link.status(time.monotonic())
        return replace(status, text=self._port_error) if self._port_error else status

    @property
    def counters(self) -> RunnerCounters:
        """What the thread has counted."""
        worst_ms = round(self._late_worst_s * 1000)
        failed = dict(self._failed)
        return RunnerCounters(
            self._trouble, self._opened, failed, self._bytes_in, self._bytes_out, self._late, worst_ms
        )

    @property
    def progress(self) -> float:
        """Monotonic time of the last turn completed: what was due is sent, or an attempt to reopen has ended."""
        return self._progress_s

    def _run(self) -> None:
        pauses = Pauses(self._settings.reopen_max_s)
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                self._serve()
            except PortError as error:
                self._lose(error)
                self._progress_s = time.monotonic()
                # Not on the waker: what was wanted while a write hung has woken it.
                self._stopping.wait(pauses.after(self._progress_s - began_s))

    def _serve(self) -> None:
        """One opening of the port, from hello to goodbye or to PortError."""
        settings = self._settings
        with SerialPort(settings.port, settings.baud, settings.write_timeout_s) as port:
            with self._lock:
                self._link.opened(time.monotonic())
            self._port_error = self._trouble = None
            self._opened += 1
            log.info("port %s open", settings.port, extra={"event": "port_open"})
            while not self._stopping.is_set():
                self._turn(port)
            self._say_goodbye(port)
        with self._lock:
            self._link.lost(time.monotonic())

    def _turn(self, port: SerialPort) -> None:
        now_s = time.monotonic()
        with self._lock:
            out = self._link.send(now_s)
            wait_s = self._link.next_due_s(now_s)
        if out:
            port.write(out)
            self._bytes_out += len(out)
        self._progress_s = time.monotonic()
        if self._crowded:
            self._crowded = False
            self._waker.sleep(min(wait_s, READ_PAUSE_S))
            return
        data = self._read(port) if self._sleep(wait_s, port) else b""
        with self._lock:
            events = self._link.receive(data, time.monotonic())
        for event in events:
            _log_event(event)

    def _sleep(self, wait_s: float, port: SerialPort) -> bool:
        """Sleeps until something is due or can be read. Notes oversleep, which no cable and no MCU can cause."""
        began_s = time.monotonic()
        ready = self._waker.sleep(wait_s, port.fileno())
        late_s = time.monotonic() - began_s - wait_s
        self._late += late_s > LATE_S
        self._late_worst_s = max(late_s, self._late_worst_s)
        return ready

    def _read(self, port: SerialPort) -> bytes:
        data = port.read()
        now_s = time.monotonic()
        self._crowded = now_s - self._read_s < READ_PAUSE_S
        self._read_s = now_s
        self._bytes_in += len(data)
        return data

    def _say_goodbye(self, port: SerialPort) -> None:
        until_s = time.monotonic() + FAREWELL_S
        while (now_s := time.monotonic()) < until_s:
            with self._lock:
                if self._link.stood_down:
                    return
                self._link.stand_down(now_s)
            self._turn(port)

    def _lose(self, error: PortError) -> None:
        why = str(error)
        self._trouble = error.trouble
        self._failed[error.trouble] += 1
        with self._lock:
            self._link.lost(time.monotonic())
        if why != self._port_error:
            log.warning("%s", why, extra={"event": "port_lost"})
        self._port_error = why


def _draw_boot_id() -> int:
    """Differs at every start; the lower half is never 0, which on the wire means 'none'."""
    return secrets.randbits(16) << 16 | secrets.choice(range(1, 0x10000))


def _log_event(event: Event) -> None:
    match event:
        case LinkUp(hello, version):
            up = f"protocol {version}, firmware {hello.build:08x}, cues {hello.config_crc:08x}"
            log.info("%s", up, extra={"event": "link_up"})
        case LinkDown(why):
            log.warning("%s", why, extra={"event": "link_down"})
        case OutputsChanged(report):
            why = Why(report.why).name.lower()
            shown = f"{_names(report.outputs)}: level {report.level}, cause {report.cause}, {why}"
            log.info("MCU shows %s", shown, extra={"event": "outputs"})


def _names(outputs: int) -> str:
    return "+".join(str(bit.name).lower() for bit in Output if bit & outputs) or "nothing"
