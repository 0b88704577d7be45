"""The thread that keeps the CAN bus: opens it, moves frames, reopens it when it is lost.

Knows threads and the clock. Must not know bits, which are signals.py's, nor python-can, which is port.py's. CAN is
never needed to go on: whatever is wrong with it is said in `troubles` and mends itself.
"""

from __future__ import annotations

import logging
import threading
import time

from alerts.types import Alert, DriverState
from firmware_bridge.can.inputs import Mapped, Received, Value
from firmware_bridge.can.port import BusError, CanBus
from firmware_bridge.can.sender import Sender
from firmware_bridge.can.settings import CanSettings
from firmware_bridge.runner import Pauses, Waker

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 1.0  # before an attempt to reopen
LOOK_S = 0.01  # a bus without a descriptor is looked at so often
STUCK_S = 2.0  # a thread that has finished no turn for so long waits inside the adapter's driver
JOIN_S = 1.0


class CanRunner:
    """CAN in a thread of its own. Every method may be called from any other thread.

    Args:
        settings: Which bus.
        mapped: What is to be read from it.
        ttl_s: How old a judgement may be when sent, s: the serial link's `ttl_s`.
    """

    def __init__(self, settings: CanSettings, mapped: Mapped, ttl_s: float) -> None:
        self._settings = settings
        self._mapped = mapped
        self._received = Received(mapped)
        self._sender = Sender(ttl_s)
        self._lock = threading.Lock()  # around every use of the two above
        self._waker = Waker()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="can", daemon=True)
        self._error: str | None = "not opened yet"
        self._missing: tuple[str, ...] = ()  # as logged
        self._progress_s = time.monotonic()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; it cannot start again. What follows on the bus is silence."""
        self._stopping.set()
        self._waker.wake()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def tell(self, state: DriverState, alert: Alert) -> None:
        """The newest judgement, sent at once when the alert differs from the last. Never waits for the bus."""
        with self._lock:
            self._sender.want(state, alert)
            due = self._sender.next_due_s(time.monotonic()) <= 0
        if due:
            self._waker.wake()

    @property
    def fresh(self) -> dict[str, Value]:
        """The values that hold now, by name of `can.signals`."""
        with self._lock:
            return self._received.fresh(time.monotonic())

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong now, in words for people; empty when all is well."""
        now_s = time.monotonic()
        if self._error:
            return (f"CAN: {self._error}",)
        if now_s - self._progress_s > STUCK_S:
            return (f"CAN: {self._settings.channel} has not answered for {now_s - self._progress_s:.0f} s",)
        with self._lock:
            missing = self._received.missing(now_s)
        return (f"CAN brings no {', '.join(missing)}",) if missing else ()

    def _run(self) -> None:
        pauses = Pauses(LONGEST_PAUSE_S)
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                self._serve()
            except BusError as error:
                self._lose(str(error))
                self._progress_s = time.monotonic()
                # Not on the waker: what is told while the bus is lost is due at once and would end every pause.
                self._stopping.wait(pauses.after(self._progress_s - began_s))

    def _serve(self) -> None:
        """One opening of the bus, up to the end or to BusError."""
        with CanBus(self._settings, self._mapped.frames) as bus:
            self._error = None
            log.info("CAN %s open", self._settings.channel, extra={"event": "can_open"})
            while not self._stopping.is_set():
                self._turn(bus)

    def _turn(self, bus: CanBus) -> None:
        now_s = time.monotonic()
        with self._lock:
            frames = self._sender.send(now_s)
            wait_s = self._sender.next_due_s(now_s)
        for can_id, data in frames:
            bus.send(can_id, data)
        self._progress_s = time.monotonic()
        descriptor = bus.fileno()
        self._waker.sleep(wait_s if descriptor is not None else min(wait_s, LOOK_S), descriptor)
        received = bus.receive()
        now_s = time.monotonic()
        with self._lock:
            for frame, data in received:
                self._received.take(frame, data, now_s)
            missing = self._received.missing(now_s)
        self._note(missing)

    def _note(self, missing: tuple[str, ...]) -> None:
        if missing == self._missing:
            return
        self._missing = missing
        if missing:
            log.warning("CAN brings no %s", ", ".join(missing), extra={"event": "can_missing"})
        else:
            log.info("CAN brings every signal", extra={"event": "can_complete"})

    def _lose(self, why: str) -> None:
        if why != self._error:
            log.warning("%s", why, extra={"event": "can_lost"})
        self._error = why
