"""A service reduced to judging and its link, as a process of its own: it can be stopped and killed.

    python -m tests.faults.service PORT BAUD PERIOD_S [LEVEL EPISODE]

Judges 30 frames a second. A line "LEVEL EPISODE" on its input says what it judges from now on; a line of JSON on its
output says what it wanted from which frame, and how it found the link.
"""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import time

from alerts.types import Alert, Cause, Level
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings

FRAME_S = 1 / 30
CAUSES = {Level.NONE: Cause.NONE, Level.WARNING: Cause.LONG_DISTRACTION, Level.CRITICAL: Cause.MICROSLEEP}


def alert_of(words: list[str]) -> Alert:
    """What the words say is judged."""
    level = Level(int(words[0]))
    return Alert(0.0, level, CAUSES[level], int(words[1]))


def newest_order(wait_s: float) -> list[str]:
    """The words of the last line that has come; none when none has."""
    if not select.select([sys.stdin], [], [], wait_s)[0]:
        return []
    lines = os.read(sys.stdin.fileno(), 4096).decode().splitlines()
    if not lines:
        sys.exit()  # nobody gives orders any more
    return lines[-1].split()


def main() -> None:
    logging.disable()  # the ledger tells it
    port, baud, period_s, *words = sys.argv[1:]
    runner = LinkRunner(LinkSettings(port=port, baud=int(baud), period_s=float(period_s)))
    runner.start()
    alert = alert_of(words or ["0", "0"])
    due_s = time.monotonic()
    while True:
        captured_s = time.monotonic()
        runner.want(alert, captured_s)
        status = runner.status
        line = {"t": captured_s, "level": alert.level, "episode": alert.episode_id, "up": status.up}
        sys.stdout.write(json.dumps({**line, "text": status.text}) + "\n")
        sys.stdout.flush()
        due_s = max(due_s + FRAME_S, captured_s)  # a frame that could not be judged is gone
        while (wait_s := due_s - time.monotonic()) > 0:
            words = newest_order(wait_s)
            alert = alert_of(words) if words else alert


if __name__ == "__main__":
    main()
