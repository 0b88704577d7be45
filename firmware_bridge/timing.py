"""Every duration of the protocol, in milliseconds.

`firmware/core/cw_timing.h` holds the same table; a test compares the two and the table in docs/protocol.md, which
says why each is what it is.
"""

from __future__ import annotations

STATE_PERIOD_MS = 50
STATE_TTL_MS = 1000
TTL_MAX_MS = 2000
SILENCE_MS = 500
HELLO_PERIOD_MS = 250
REPORT_PERIOD_MS = 200
VEHICLE_PERIOD_MS = 200
VEHICLE_TTL_MS = 1000
PEER_SILENCE_MS = 1000
STANDBY_MS = 10_000
COUNTER_WINDOW_MS = 10_000
HEARD_MAX_MS = 10_000
CLOCK_SLACK_MS = 5
CLOCK_LEAK_MS = 1024
BUZZER_MAX_MS = 30_000
HAPTIC_MAX_MS = 15_000
ORPHAN_MAX_MS = 5000
DEBOUNCE_MS = 30
IR_RETRY_MS = 10_000
