"""When what goes out on CAN: the newest state at a fixed rate, at once when the alert changes, and never a stale one.

Knows the table and how old a judgement may be. Does no I/O and calls no clock: every `now_s` is the caller's
monotonic time.
"""

from __future__ import annotations

from alerts.types import Alert, DriverState
from firmware_bridge.can.e2e import after, protect
from firmware_bridge.can.signals import COUNTER_LAST, CYCLE_MS, DRIVER_ALERT, DRIVER_STATE
from firmware_bridge.can.told import alert_values, state_values

CYCLE_S = CYCLE_MS / 1000


class Sender:
    """Both messages, for as long as the service runs; the bus may come and go."""

    def __init__(self, ttl_s: float) -> None:
        self._ttl_s = ttl_s
        self._alert = self._state = b""  # not protected yet; empty = nothing is judged yet
        self._judged_s = 0.0
        self._sent_alert = b""
        self._due_s = 0.0
        self._counter = COUNTER_LAST

    def want(self, state: DriverState, alert: Alert) -> None:
        """The newest judgement; `state.t_s` is the exposure of the frame it was made from."""
        self._alert, self._state = DRIVER_ALERT.pack(alert_values(alert)), DRIVER_STATE.pack(state_values(state))
        self._judged_s = state.t_s

    def send(self, now_s: float) -> tuple[tuple[int, bytes], ...]:
        """(id, data) of whatever is due now."""
        if self.next_due_s(now_s) > 0:
            return ()
        self._counter, self._sent_alert, self._due_s = after(self._counter), self._alert, now_s + CYCLE_S
        return tuple(
            (message.can_id, protect(data, message.data_id, self._counter))
            for message, data in ((DRIVER_ALERT, self._alert), (DRIVER_STATE, self._state))
        )

    def next_due_s(self, now_s: float) -> float:
        """Seconds from now until `send` may have something; never negative."""
        if not self._alert or now_s - self._judged_s > self._ttl_s:
            return CYCLE_S
        return max(0.0, self._due_s - now_s) if self._alert == self._sent_alert else 0.0
