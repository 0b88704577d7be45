"""Tells systemd how the service is: the sd_notify datagrams and the watchdog that feeds on progress.

Knows NOTIFY_SOCKET and WATCHDOG_USEC (https://www.freedesktop.org/software/systemd/man/sd_notify.html).
Must not know what progress means: the caller brings one number for every loop.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping

FEEDS_PER_PERIOD = 4  # the manual asks for at least 2; one late frame must not cost a restart


def notify(*lines: str) -> None:
    """Sends `lines` to systemd; does nothing where there is none. A lost datagram is not an error."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out, contextlib.suppress(OSError):
        out.setblocking(False)  # a stuck manager must not stop the loop
        out.sendto("\n".join(lines).encode(), address)


def watchdog_period_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Seconds after which systemd gives up on this process, or None when nobody watches."""
    period, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not period.isdigit() or int(period) == 0:
        return None
    if pid and pid != str(os.getpid()):
        return None
    return int(period) / 1e6


class Watchdog:
    """Feeds systemd's watchdog only when every loop has moved since the last feed."""

    def __init__(self, period_s: float | None) -> None:
        self._interval_s = None if period_s is None else period_s / FEEDS_PER_PERIOD
        self._fed_s = -float("inf")
        self._seen: tuple[float, ...] = ()

    def feed(self, now_s: float, *progress: float) -> bool:
        """Sends WATCHDOG=1 when it is due and earned; True when sent.

        Args:
            now_s: Monotonic seconds.
            progress: One number per loop that changes whenever the loop gets something done.
        """
        if self._interval_s is None or now_s - self._fed_s < self._interval_s:
            return False
        if len(progress) == len(self._seen) and any(a == b for a, b in zip(progress, self._seen, strict=True)):
            return False
        self._fed_s, self._seen = now_s, progress
        notify("WATCHDOG=1")
        return True
