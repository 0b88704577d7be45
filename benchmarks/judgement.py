"""Time of one frame in all of `alerts/`: monitor and policy together, under the house rules and under all rule sets.

The drives are made here: half an hour of one driver who blinks, looks at mirrors, talks, nods off and hides from the
camera. The best of several thousand-frame stretches is told beside the median: the best is the code's, the rest is
whatever else the machine does. There is no peer to run beside: openpilot's monitoring needs its own message bus.

    python -m benchmarks.judgement [--fps N] [--minutes N]
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Iterator

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.rules import RuleSet
from alerts.settings import AlertSettings
from alerts.types import VehicleState
from cabinwatch.rules import bundled, load_rules
from vision.types import Direction, Eye, Face, FaceObservation, Mouth, Reason

STRETCH = 1000  # frames timed together: a clock call for each would be part of the result
LIMIT_US = 50.0
ROAD = VehicleState(speed_kmh=110.0, ignition_on=True)


def drive(fps: float, minutes: float) -> Iterator[FaceObservation]:
    """A driver with everything that costs time: blinks, closures, looks, words, gaps."""
    for i in range(int(minutes * 60 * fps)):
        t_s = i / fps
        if t_s % 120.0 > 118.0:
            yield FaceObservation(t_s, face=Face(reason=Reason.NO_FACE))
            continue
        shut = t_s % 4.0 < (1.4 if t_s % 300.0 > 290.0 else 0.15)
        eye = Eye(0.05 if shut else 0.95, 0.95 if shut else 0.05, 0.9)
        away = t_s % 20.0 < 1.5 or 200.0 < t_s % 300.0 < 204.0
        yield FaceObservation(
            t_s,
            frame=i,
            face=Face((200.0, 100.0, 400.0, 350.0), 0.95),
            left=eye,
            right=eye,
            mouth=Mouth(0.5 if t_s % 60.0 < 10.0 and int(t_s * 4) % 2 else 0.05, 0.9),
            head=Direction(45.0 if away else 1.0, -2.0, 0.0, 0.9),
            gaze=Direction(reason=Reason.NOT_MEASURED),
        )


def stretches_us(samples: list[FaceObservation], rules: tuple[RuleSet, ...]) -> list[float]:
    """Time of a frame, of each stretch, in µs."""
    settings = AlertSettings()
    driver, policy = DriverMonitor(settings, rules), Policy(settings.policy)
    times = []
    for first in range(0, len(samples) - STRETCH + 1, STRETCH):
        began = time.process_time()
        for seen in samples[first : first + STRETCH]:
            policy.update(driver.update(seen, ROAD), ROAD)
        times.append((time.process_time() - began) / STRETCH * 1e6)
    return times


def main() -> None:
    """Prints one line for each choice of rules."""
    parser = argparse.ArgumentParser(description="time of one frame in all of alerts/")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--minutes", type=float, default=30.0)
    arguments = parser.parse_args()
    samples = list(drive(arguments.fps, arguments.minutes))
    gc.freeze()  # as the service does: the collector need not look through half an hour of samples again and again
    print(f"{len(samples)} frames at {arguments.fps:g} frames/s; limit {LIMIT_US:g} µs a frame")
    for name, rules in ("house", load_rules(["house"])), ("all five sets", load_rules(bundled())):
        times = stretches_us(samples, rules)
        print(f"{name:<14} best {min(times):5.1f} µs   median {statistics.median(times):5.1f} µs")


if __name__ == "__main__":
    main()
