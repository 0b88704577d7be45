"""The peer in our clothes: a worker of its own answers, and its points go through the same metrics."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from training.evaluate.mesh import MESH_68, OPEN_BLINK, SHUT_BLINK, Mesh, observation
from training.evaluate.peer import WORKER, Peer, peer
from vision.angles import rotation_of
from vision.types import CameraView, Frame, NoFrame, Reason

FRAME = Frame(2.0, 5, np.full((4, 6), 9, np.uint8), CameraView())

# Speaks the worker's lines: some face where the picture is bright; the time it was told as jawOpen.
FAKE = """
import json, sys
print(json.dumps({"name": " ".join(["fake", *sys.argv[1:]])}), flush=True)
while line := sys.stdin.buffer.readline():
    asked = json.loads(line)
    grey = sys.stdin.buffer.read(asked["width"] * asked["height"])
    answer = {"points": None}
    if max(grey) > 100:
        shapes = {"jawOpen": asked["t_ms"] / 1000, "eyeBlinkLeft": 0.7, "eyeBlinkRight": 0.2}
        points = [[37 * k % 101, 53 * k % 89, 0.0] for k in range(478)]
        answer = {"points": points, "shapes": shapes, "matrix": None}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def fake(tmp_path: Path) -> Peer:
    (tmp_path / "fake.py").write_text(FAKE)
    return Peer(Path(sys.executable), worker=tmp_path / "fake.py")


def flat_face() -> np.ndarray:
    """(478, 3): eyes 10 px wide and 2 px high, and nothing else."""
    points = np.zeros((478, 3))
    for corners, lids in (((33, 133), (160, 158, 144, 153)), ((362, 263), (385, 387, 380, 373))):
        for index, x in zip(corners, (0.0, 10.0), strict=True):
            points[index] = (x, 0.0, 0.0)
        for index, (x, y) in zip(lids, ((3, -1), (7, -1), (3, 1), (7, 1)), strict=True):
            points[index] = (x, y, 0.0)
    points[291] = (10.0, 20.0, 0.0)  # a corner of the mouth
    return points


def test_pictures_go_out_and_observations_come_back(fake: Peer) -> None:
    with fake.watching(follow=True) as watcher:
        assert watcher.name == "fake video"
        dark = watcher.observe(FRAME)
        bright = watcher.observe(Frame(2.5, 6, np.full((4, 6), 200, np.uint8), CameraView()))
        nothing = watcher.observe(NoFrame(3.0, "gone"))
    assert (dark.face.box_px, dark.face.reason, dark.frame) == (None, Reason.NO_FACE, 5)
    assert bright.landmarks_px is not None
    assert bright.landmarks_px[36].tolist() == [37 * 33 % 101, 53 * 33 % 89]
    assert bright.mouth.openness == 2.5
    assert (bright.left.closed, bright.right.closed) == (0.7, 0.2)
    assert nothing.face.reason is Reason.NO_FRAME


def test_stills_and_the_task_file_are_told_to_the_worker(tmp_path: Path, fake: Peer) -> None:
    task = tmp_path / "face.task"
    assert Peer(fake.python, task, fake.worker).name() == f"fake still {task}"


def test_its_clock_never_runs_back(fake: Peer) -> None:
    """MediaPipe refuses a time that does not rise; two clips' frames may carry the same."""
    bright = np.full((4, 6), 200, np.uint8)
    with fake.watching(follow=True) as watcher:
        times = [watcher.observe(Frame(t_s, 0, bright, CameraView())).mouth.openness for t_s in (1.0, 1.0, 0.5, 2.0)]
    assert times == [1.0, 1.001, 1.002, 2.0]


def test_a_worker_that_ends_says_how_to_see_why(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise SystemExit(3)")
    broken = Peer(Path(sys.executable), worker=tmp_path / "broken.py")
    with pytest.raises(SystemExit, match=r"--peer: the worker ended; run it by hand to see why: .*broken\.py still"):
        broken.name()


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"--peer-python .*nowhere: no such file"):
        peer(tmp_path / "nowhere", None)
    with pytest.raises(SystemExit, match=r"--landmarker .*face\.task: no such file"):
        peer(Path(sys.executable), tmp_path / "face.task")


def test_its_words_in_ours() -> None:
    """Blink score as probability of closed, its matrix as head pose, and no gaze that it does not say."""
    shapes = {"eyeBlinkLeft": SHUT_BLINK, "eyeBlinkRight": OPEN_BLINK, "jawOpen": 0.3}
    seen = observation(Mesh(flat_face(), shapes, rotation_of(20.0, -10.0, 5.0)), FRAME)
    assert (seen.left.closed, seen.right.closed) == (SHUT_BLINK, OPEN_BLINK)
    lids = (0.2 - 0.075) / (0.29 - 0.075)
    assert seen.left.openness == pytest.approx(lids / 2)
    assert seen.right.openness == pytest.approx((lids + 1.0) / 2)
    assert (seen.head.yaw_deg, seen.head.pitch_deg, seen.head.roll_deg) == pytest.approx((20.0, -10.0, 5.0))
    assert seen.gaze.reason is Reason.NOT_MEASURED
    assert seen.affect is None


def test_a_mesh_without_blend_shapes_is_read_by_its_lids() -> None:
    """FaceMesh: openness from the lids alone, closed as what is missing to open."""
    points = flat_face()
    points[[10, 152]] = (5.0, -20.0, 0.0), (5.0, 40.0, 0.0)
    seen = observation(Mesh(points, {}, None), FRAME)
    assert seen.left.openness == pytest.approx((0.2 - 0.075) / (0.29 - 0.075))
    assert seen.left.closed == pytest.approx(1.0 - (0.2 - 0.075) / (0.29 - 0.075))


def test_an_eye_narrowed_by_a_turn_is_not_wider_open() -> None:
    """Turned by 60° the corners come nearer in the picture; in space they do not."""
    turned = flat_face() @ np.array([[0.5, 0.0, 0.866], [0.0, 1.0, 0.0], [-0.866, 0.0, 0.5]]).T
    ahead, aside = (observation(Mesh(points, {"jawOpen": 0.0}, np.eye(3)), FRAME) for points in (flat_face(), turned))
    assert aside.left.openness == pytest.approx(ahead.left.openness, rel=1e-3)


def test_every_point_of_ours_is_one_of_its_own() -> None:
    assert len(set(MESH_68)) == 68
    assert max(MESH_68) < 468


def test_the_worker_needs_nothing_of_the_project() -> None:
    """It runs where the project is not installed."""
    text = WORKER.read_text()
    assert not [
        line for line in text.splitlines() if line.startswith(("from training", "from vision", "import vision"))
    ]
