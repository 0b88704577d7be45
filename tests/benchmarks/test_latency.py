"""The benchmark's arithmetic and its frames; the measuring itself is `make bench`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import frames, latency, worker
from benchmarks.latency import Result


def test_the_warm_up_is_left_out():
    """Slow first frames, and faces not found in them, do not count."""
    result = latency.summary("x", 1, [900.0] * 5 + [1.0, 2.0, 3.0], [False] * 5 + [True, True, False], 2048)
    assert result == Result("x", in_a_row=1, frames=3, p50_ms=2.0, p95_ms=2.9, peak_rss_mb=2.0, found=0.6667)


def test_the_table_ends_with_the_ratio():
    """The ratio is what may be quoted elsewhere."""
    ours, peer = Result("ours", 1, 9, 2.0, 3.0, 100.0, 1.0), Result("peer==1", 1, 9, 8.0, 6.0, 200.0, 0.5)
    assert latency.table([ours, peer]).splitlines()[-1].split() == ["ours", "/", "peer", "0.25", "0.50", "0.50"]
    assert "peer" not in latency.table([ours])


def test_workers_take_turns():
    """Frame by frame or some in a row, and who begins changes."""
    turns = []

    class FakeWorker:
        def __init__(self, name):
            self.name = name

        def frame(self, index):
            turns.append((index, self.name))

        def result(self, in_a_row):
            return Result(self.name, in_a_row, 1, 1.0, 1.0, 1.0, 1.0)

    results = latency.measure([FakeWorker("a"), FakeWorker("b")], 2, 1)
    assert turns == [(0, "b"), (0, "a"), (1, "a"), (1, "b")]
    turns.clear()
    latency.measure([FakeWorker("a"), FakeWorker("b")], 3, 2)
    assert turns == [(0, "b"), (1, "b"), (0, "a"), (1, "a"), (2, "a"), (2, "b")]
    assert [result.name for result in results] == ["a", "b"]


@pytest.mark.parametrize(("shape", "bars"), [((360, 640), (60, 0)), ((480, 640), (0, 0)), ((960, 640), (0, 160))])
def test_frames_keep_their_proportions(shape, bars):
    """Bars above and below, or left and right; nothing is stretched."""
    canvas = frames.fitted(np.full(shape, 200, np.uint8))
    above, left = bars
    assert canvas.shape == (480, 640)
    assert canvas[: above or 480, : left or 640].max() == (0 if any(bars) else 200)
    assert canvas[above : 480 - above, left : 640 - left].min() == 200


def test_the_rate_of_a_clip():
    """A single gap does not change it."""
    assert frames.rate([0.0, 0.04, 0.08, 1.0, 1.04]) == pytest.approx(25)


def test_a_worker_answers_over_its_pipe(tmp_path):
    """A frame number in, milliseconds and found out; what a library prints is no answer; memory at the end."""
    raw = tmp_path / "frames.raw"
    raw.write_bytes(bytes(worker.WIDTH * worker.HEIGHT) + b"\xff" * (worker.WIDTH * worker.HEIGHT))
    program = (
        "import os, sys; from pathlib import Path; from worker import serve\n"
        "def observe(grey, t_s):\n"
        "    print('chatter'); os.write(1, b'more chatter\\n')\n"
        "    return bool(grey.all()) and t_s == 0.1\n"
        "serve(observe, Path(sys.argv[1]), 10.0)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(worker.__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(raw)],
        input="0\n1\nend\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env=environment,
    )
    dark, bright, peak = done.stdout.splitlines()
    assert (dark.split()[1], bright.split()[1]) == ("0", "1")
    assert float(dark.split()[0]) >= 0
    assert int(peak) > 1000


def test_results_have_one_file_a_device(tmp_path):
    """Named so that it can be committed anywhere."""
    path = latency.save("NVIDIA Jetson Orin Nano (8GB)", [Result("x", 1, 1, 1.0, 2.0, 3.0, 1.0)], tmp_path / "results")
    assert path.name == "nvidia-jetson-orin-nano-8gb.json"
    assert json.loads(path.read_text())["results"][0]["p95_ms"] == 2.0
