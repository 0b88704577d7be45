"""What behaviours do to the parts of a driver, and how several of them add up at one instant.

Knows the channels, their limits and how they compose. Must not know any behaviour by name, YAML or light.

| channel | how motions compose |
|---|---|
| lids, face units, lens | the largest wins |
| head and gaze, directed | each pulls what was there towards its own target by its share, the later one last |
| head, small | added, together at most `NUDGE_DEG`, then added to the directed head |
| gaze | the ambient scan is added, a quarter of it while a look is directed; then held within reach of the head |
| lean, breath | added and held within limits |
| hands, wearing | the one that began last |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.script.curves import Curve
from simulator.types import Gesture, Glasses, Hand, Moment, Wearing

Angles = tuple[float, float, float]  # yaw, pitch, roll in the house's signs

HEAD_DEG = ((-90.0, 90.0), (-50.0, 40.0), (-35.0, 35.0))  # yaw, pitch, roll; the torso lends the last 15° of yaw
GAZE_DEG = ((-130.0, 130.0), (-80.0, 50.0))
EYES_DEG = ((-42.0, 42.0), (-42.0, 28.0))  # how far the eyes roll in the head before it must follow
LEAN_MM = ((-450.0, 450.0), (-300.0, 100.0), (-150.0, 250.0))
NUDGE_DEG = 12.0
SCAN_WHILE_LOOKING = 0.25  # fixations stay small on what is looked at


@dataclass(slots=True)
class Pose:
    """All channels of one instant while they are being put together."""

    wearing: Wearing
    rest: tuple[Gesture, Gesture]  # what the hands do when nothing asks for them
    lids: list[float] = field(default_factory=lambda: [0.0, 0.0])
    units: dict[str, float] = field(default_factory=dict)
    turned: Angles = (0.0, 0.0, 0.0)
    nudged: Angles = (0.0, 0.0, 0.0)
    looks: tuple[float, float] = (0.0, 0.0)
    directed: float = 0.0  # 0 … 1, how much of the gaze is directed
    scan: tuple[float, float] = (0.0, 0.0)
    lean: Angles = (0.0, 0.0, 0.0)
    hands: dict[str, Hand] = field(default_factory=dict)
    breath: float = 0.0
    covered: float = 0.0
    slowness: float = 1.0  # factor on how long a blink lasts

    def moment(self, t_s: float, behaviour: str) -> Moment:
        """The finished instant, every channel within its limits."""
        head = self._head()
        left, right = self.rest
        return Moment(
            t_s=t_s,
            behaviour=behaviour,
            closure=(held(self.lids[0], 0.0, 1.0), held(self.lids[1], 0.0, 1.0)),
            units={name: held(self.units[name], 0.0, 1.0) for name in sorted(self.units)},
            head_deg=head,
            gaze_deg=self._gaze(head),
            lean_mm=held3(self.lean, LEAN_MM),
            left_hand=self.hands.get("left", Hand(left, left)),
            right_hand=self.hands.get("right", Hand(right, right)),
            wearing=self.wearing,
            breath=held(self.breath, -1.0, 1.0),
            covered=held(self.covered, 0.0, 1.0),
        )

    def _head(self) -> Angles:
        small = [held(angle, -NUDGE_DEG, NUDGE_DEG) for angle in self.nudged]
        yaw, pitch, roll = (directed + nudge for directed, nudge in zip(self.turned, small, strict=True))
        return held3((yaw, pitch, roll), HEAD_DEG)

    def _gaze(self, head: Angles) -> tuple[float, float]:
        """The eyes keep their target while the head moves, as far as they reach."""
        scan = 1.0 - (1.0 - SCAN_WHILE_LOOKING) * self.directed
        wanted = [look + scan * step for look, step in zip(self.looks, self.scan, strict=True)]
        yaw, pitch = (
            held(held(want, middle + eyes[0], middle + eyes[1]), *limits)
            for want, middle, eyes, limits in zip(wanted, head, EYES_DEG, GAZE_DEG, strict=False)
        )
        return yaw, pitch


@dataclass(frozen=True, slots=True)
class Motion:
    """What one behaviour does to one channel."""

    start_s: float
    curve: Curve

    @property
    def end_s(self) -> float:
        return self.start_s + self.curve.length_s

    def act(self, pose: Pose, share: float) -> None:
        """Take part in the pose; `share` is the curve's value now."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Lids(Motion):
    """Closure of each lid at share 1."""

    left: float
    right: float

    def act(self, pose: Pose, share: float) -> None:
        pose.lids[0] = max(pose.lids[0], self.left * share)
        pose.lids[1] = max(pose.lids[1], self.right * share)


@dataclass(frozen=True, slots=True)
class Face(Motion):
    """Face units at share 1."""

    units: Mapping[str, float]

    def act(self, pose: Pose, share: float) -> None:
        for name, amount in self.units.items():
            pose.units[name] = max(pose.units.get(name, 0.0), amount * share)


@dataclass(frozen=True, slots=True)
class Turn(Motion):
    """The head directed somewhere."""

    to_deg: Angles

    def act(self, pose: Pose, share: float) -> None:
        yaw, pitch, roll = (was + share * (to - was) for was, to in zip(pose.turned, self.to_deg, strict=True))
        pose.turned = (yaw, pitch, roll)


@dataclass(frozen=True, slots=True)
class Nudge(Motion):
    """A small movement of the head on top of where it is."""

    by_deg: Angles

    def act(self, pose: Pose, share: float) -> None:
        pose.nudged = added(pose.nudged, self.by_deg, share)


@dataclass(frozen=True, slots=True)
class Look(Motion):
    """The gaze directed somewhere in the seat frame."""

    to_deg: tuple[float, float]

    def act(self, pose: Pose, share: float) -> None:
        yaw, pitch = (was + share * (to - was) for was, to in zip(pose.looks, self.to_deg, strict=True))
        pose.looks = (yaw, pitch)
        pose.directed = max(pose.directed, share)


@dataclass(frozen=True, slots=True)
class Lean(Motion):
    """The torso carries the head."""

    by_mm: Angles

    def act(self, pose: Pose, share: float) -> None:
        pose.lean = added(pose.lean, self.by_mm, share)


@dataclass(frozen=True, slots=True)
class Reach(Motion):
    """One hand goes and does something."""

    side: str
    gesture: Gesture

    def act(self, pose: Pose, share: float) -> None:
        rests = pose.rest[0 if self.side == "left" else 1]
        pose.hands[self.side] = Hand(does=self.gesture, before=rests, arrived=held(share, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class PutOn(Motion):
    """From here on the face wears this; None leaves it as it is."""

    glasses: Glasses | None
    mask: bool | None
    cap: bool | None

    def act(self, pose: Pose, share: float) -> None:  # noqa: ARG002  # a thing is on or off
        was = pose.wearing
        pose.wearing = Wearing(
            was.glasses if self.glasses is None else self.glasses,
            was.mask if self.mask is None else self.mask,
            was.cap if self.cap is None else self.cap,
        )


@dataclass(frozen=True, slots=True)
class Breathe(Motion):
    """Air on top of the calm breath: + in, − out."""

    depth: float

    def act(self, pose: Pose, share: float) -> None:
        pose.breath += self.depth * share


@dataclass(frozen=True, slots=True)
class Cover(Motion):
    """Something before the lens."""

    covered: float

    def act(self, pose: Pose, share: float) -> None:
        pose.covered = max(pose.covered, self.covered * share)


@dataclass(frozen=True, slots=True)
class Drowse(Motion):
    """Spontaneous blinks last longer; at share 1 `factor` times as long."""

    factor: float

    def act(self, pose: Pose, share: float) -> None:
        pose.slowness = max(pose.slowness, 1.0 + (self.factor - 1.0) * share)


def held(value: float, low: float, high: float) -> float:
    """`value` within low … high."""
    return min(max(value, low), high)


def held3(values: Angles, limits: tuple[tuple[float, float], ...]) -> Angles:
    """Each of three values within its own limits."""
    x, y, z = (held(value, *ends) for value, ends in zip(values, limits, strict=True))
    return x, y, z


def added(to: Angles, what: Angles, share: float) -> Angles:
    """The sum of `to` and share × `what`, each of three."""
    return to[0] + share * what[0], to[1] + share * what[1], to[2] + share * what[2]
