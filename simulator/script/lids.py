"""What tired lids do: blinks, microsleep, sleep, drooping, nodding. Must not know speech, glances or hands."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from simulator.script.behaviour import Behaviour, Stage, within, words
from simulator.script.curves import BlinkShape, there_and_back, way

WAKES_S = 0.35  # how long lids take to open from sleep
REOPENING_S = ((0.8, 2.2), (0.4, 0.7), (0.9, 1.6))  # drooping lids stay, come up a little, sink again


class Blink(Behaviour, frozen=True):
    """One blink of both eyes, or a wink of one."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lids",)

    closing_s: Annotated[float, within(0.03, 0.4, "lids on their way down", "s", "60–100 ms [?]")] = 0.08
    closed_s: Annotated[float, within(0.0, 0.3, "lids shut", "s", "20–60 ms [?]")] = 0.04
    opening_s: Annotated[float, within(0.05, 0.8, "lids on their way up", "s", "120–200 ms [?]")] = 0.16
    depth: Annotated[float, within(0.1, 1.0, "closure it reaches, below 0.9 it is incomplete", "0–1")] = 1.0
    eye: Annotated[Literal["both", "left", "right"], words("which lid")] = "both"

    def play(self, on: Stage) -> None:
        shape = BlinkShape(self.closing_s, self.closed_s, self.opening_s)
        left, right = (self.depth if self.eye in ("both", side) else 0.0 for side in ("left", "right"))
        on.lids(shape, left=left, right=right)


class LongBlink(Behaviour, frozen=True):
    """A prolonged blink, a sign of sleepiness that is not yet a microsleep."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lids",)

    for_s: Annotated[float, within(0.2, 0.9, "lids shut", "s", "0.5 s and more is prolonged [S2]")] = 0.4

    def play(self, on: Stage) -> None:
        on.lids(BlinkShape(0.14, self.for_s, 0.3))


class Microsleep(Behaviour, frozen=True):
    """Lids fall shut for one to three seconds while the head barely sinks; the driver wakes with raised brows."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lids",)

    for_s: Annotated[float, within(1.0, 3.0, "lids shut", "s", "Euro NCAP: 1–2 s [S2]")] = 1.5
    fall_s: Annotated[float, within(0.1, 2.0, "lids falling", "s")] = 0.3
    sink_deg: Annotated[float, within(0.0, 10.0, "how far the head sinks", "deg")] = 3.0

    def play(self, on: Stage) -> None:
        shut_until_s = self.fall_s + self.for_s
        on.lids(way((self.fall_s, 1.0), (self.for_s, 1.0), (WAKES_S, 0.0)))
        on.nudge(way((shut_until_s, 1.0), (0.35, -0.3), (0.5, 0.0)), (0.0, -self.sink_deg, 0.0))
        on.face(there_and_back(0.2, 0.4, 0.6), {"browInnerUp": 0.4, "browOuterUp": 0.3}, after_s=shut_until_s)


class Sleep(Behaviour, frozen=True):
    """Lids shut for longer, head and jaw sink; then the driver starts up."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lids", "head", "gaze")

    for_s: Annotated[float, within(3.0, 600.0, "lids shut", "s", "Euro NCAP: 3 s or more [S2]")] = 6.0
    fall_s: Annotated[float, within(0.1, 3.0, "lids falling", "s")] = 0.6
    sink_s: Annotated[float, within(0.5, 20.0, "head sinking, from when the lids are shut", "s")] = 3.0
    down_deg: Annotated[float, within(0.0, 45.0, "how far the head sinks", "deg")] = 22.0
    aside_deg: Annotated[float, within(-25.0, 25.0, "how far it tilts, + clockwise in the image", "deg")] = 8.0

    def play(self, on: Stage) -> None:
        on.lids(way((self.fall_s, 1.0), (self.for_s, 1.0), (WAKES_S, 0.0)))
        sink_s = min(self.sink_s, 0.9 * self.for_s)
        sinks = way((sink_s, 1.0), (self.for_s - sink_s, 1.0), (0.4, -0.1), (0.6, 0.0))
        on.turn(sinks, (0.0, -self.down_deg, self.aside_deg), after_s=self.fall_s)
        eyes = there_and_back(sink_s, self.for_s - sink_s, 0.3)  # they sink with the head and find the road again
        on.look(eyes, (0.0, -self.down_deg - 5.0), after_s=self.fall_s)
        on.face(there_and_back(sink_s, self.for_s - sink_s, 0.3), {"jawOpen": 0.12}, after_s=self.fall_s)
        on.face(there_and_back(0.2, 0.6, 0.8), {"browInnerUp": 0.5, "eyeWide": 0.3}, after_s=self.fall_s + self.for_s)


class Droop(Behaviour, frozen=True):
    """Lids sink slowly to a part of their way, open a little again and again, and at last come up."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lid tone",)

    for_s: Annotated[float, within(1.0, 600.0, "lids low, after sinking", "s")] = 8.0
    over_s: Annotated[float, within(0.5, 120.0, "lids sinking", "s")] = 5.0
    to: Annotated[float, within(0.05, 0.95, "closure they sink to", "0–1")] = 0.55

    def play(self, on: Stage) -> None:
        steps, left_s = [(self.over_s, 1.0)], self.for_s
        while left_s > 4.0:
            stays_s, reopens_s, sinks_s = (float(on.rng.uniform(*span)) for span in REOPENING_S)
            steps += [(stays_s, 1.0), (reopens_s, float(on.rng.uniform(0.4, 0.75))), (sinks_s, 1.0)]
            left_s -= stays_s + reopens_s + sinks_s
        steps += [(max(left_s, 0.0), 1.0), (0.6, 0.0)]
        on.lids(way(*steps), left=self.to, right=self.to)
        # Who fights sleep raises the brows.
        on.face(there_and_back(self.over_s, self.for_s, 1.0), {"browInnerUp": 0.25, "browOuterUp": 0.2})


class DrowsyBlinking(Behaviour, frozen=True):
    """Spontaneous blinks grow slower and longer over a stretch of time."""

    HOLDS: ClassVar[tuple[str, ...]] = ("blinking",)

    for_s: Annotated[float, within(1.0, 7200.0, "how long it holds", "s")] = 60.0
    slower: Annotated[float, within(1.0, 6.0, "a blink lasts so much longer", "×", "1.5 from KSS 1 to 9 [S2]")] = 2.0
    over_s: Annotated[float, within(0.1, 3600.0, "growing to it", "s")] = 10.0

    def play(self, on: Stage) -> None:
        grows_s = min(self.over_s, self.for_s)
        on.drowse(there_and_back(grows_s, self.for_s - grows_s, 2.0), self.slower)


class Nod(Behaviour, frozen=True):
    """The head sinks slowly with falling lids and jerks up again."""

    HOLDS: ClassVar[tuple[str, ...]] = ("lids", "head", "gaze")

    sink_s: Annotated[float, within(0.5, 6.0, "head sinking", "s")] = 1.8
    down_deg: Annotated[float, within(5.0, 45.0, "how far", "deg")] = 20.0
    stays_s: Annotated[float, within(0.0, 5.0, "head down", "s")] = 0.2
    jerk_s: Annotated[float, within(0.15, 1.0, "head coming up", "s")] = 0.3
    closure: Annotated[float, within(0.0, 1.0, "how far the lids fall", "0–1")] = 0.95

    def play(self, on: Stage) -> None:
        low_s = self.sink_s + self.stays_s
        head = way((self.sink_s, 1.0), (self.stays_s, 1.0), (self.jerk_s, -0.15), (0.5, 0.0))  # comes up too far
        on.turn(head, (0.0, -self.down_deg, 2.0))
        on.look(there_and_back(self.sink_s, self.stays_s, 0.15), (0.0, -self.down_deg - 3.0))
        lids = way((0.85 * self.sink_s, 1.0), (0.15 * self.sink_s + self.stays_s, 1.0), (0.22, 0.0))
        on.lids(lids, left=self.closure, right=self.closure)
        on.face(there_and_back(0.15, 0.3, 0.6), {"browInnerUp": 0.5, "browOuterUp": 0.4, "eyeWide": 0.3}, after_s=low_s)
