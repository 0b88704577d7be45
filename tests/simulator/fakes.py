"""Commands with faked pictures: what they draw tells its number in grey, at once."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from simulator import files, shards
from simulator.cli import main
from simulator.render.camera import whole
from simulator.types import Camera, Daytime, EyeTruth, Light, Shot, Truth, Wearing

CAMERA = Camera(width=64, height=64)


def shot(frame, t_s=0.0):
    """A picture whose grey tells its number, and some truth."""
    eye = EyeTruth(9.5, 1.0, 1.0, (), (30.0, 30.0))
    points = np.tile(np.array([20.0, 20.0], np.float32), (68, 1))
    points[::2] = 44
    truth = Truth(
        t_s, frame, "driving", (20.0, 20.0, 44.0, 44.0), 1.0, points, np.ones(68, bool), eye, eye, 0.0, 0.0, 1.0, (),
        (0.0, 0.0, 0.0), (0.0, 0.0), {}, Wearing(), Light(), Daytime.NIGHT, 0.0,
    )  # fmt: skip
    return Shot(np.full((64, 64), frame % 256, np.uint8), truth)


class FakeTake:
    """A scenario of 25 frames at 10 fps; frame 7 is lost. Stops at a frame, if told."""

    camera = CAMERA
    frames = 25
    scenario = SimpleNamespace(name="fake", text="duration_s: 2.5\n", events=())

    def __init__(self):
        self.drawn, self.stops_at = [], None

    def lost(self, frame):
        return frame == 7

    def shoot(self, frame):
        if frame == self.stops_at:
            raise KeyboardInterrupt
        self.drawn.append(frame)
        return shot(frame, frame / 10)


class FakeStills:
    """Draws numbers; stops at one, if told."""

    stops_at = None
    drawn: list[int] = []  # noqa: RUF012  # shared on purpose: every shard has its own object

    def __init__(self, size, quality):
        self.who = None

    def invite(self, identity):
        self.who = identity

    def take(self, still):
        if still.number == FakeStills.stops_at:
            raise KeyboardInterrupt
        FakeStills.drawn.append(still.number)
        return shot(still.number), CAMERA, whole(CAMERA)


@dataclass
class FakeStill:
    number: int


def render(out, *more):
    return main(
        ["render", "fake", "--out", str(out), "--fps", "10", "--width", "64", "--height", "64", "--workers", "1", *more]
    )


def dataset(out, n, *more):
    return main(["dataset", "--n", str(n), "--out", str(out), "--workers", "1", *more])


def numbers(out):
    """What the pictures themselves say, in the order of the labels."""
    return [(line["frame"], int(files.read_grey(path)[0, 0])) for path, line in shards.labels(out)]


def complaints(capsys):
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return [line for line in text.splitlines() if line.startswith("simulator: ")]
