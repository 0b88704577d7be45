"""Work over several processes, and files that are whole or not there."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from simulator import crew, files
from simulator.types import SimulatorError

PIECES = '''
import os, time
from pathlib import Path
from simulator.types import SimulatorError

def note(piece, tick):
    """Writes its name; with "slow" it goes on for ever, with "bad" it fails, with "dead" its process dies."""
    folder, name = piece
    Path(folder, name).write_text(str(os.getpid()))
    if name == "bad":
        raise SimulatorError("piece bad: no good; give another")
    if name == "dead":
        os._exit(9)
    tick()
    while name.startswith("slow"):
        time.sleep(0.02)
        tick()
'''


@pytest.fixture
def note(tmp_path, monkeypatch):
    """A function that worker processes can import."""
    (tmp_path / "pieces_of_work.py").write_text(PIECES)
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__("pieces_of_work").note
    del sys.modules["pieces_of_work"]


def test_every_piece_is_done_and_no_process_is_left(note, tmp_path):
    pieces = [(str(tmp_path), f"piece{k}") for k in range(6)]
    crew.share_out(note, pieces, workers=2, steps=6, title="pieces")
    pids = {int((tmp_path / name).read_text()) for _, name in pieces}
    assert os.getpid() not in pids
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_piece_that_fails_stops_the_others_and_says_why(note, tmp_path):
    pieces = [(str(tmp_path), name) for name in ("slow", "bad", "never")]
    with pytest.raises(SimulatorError, match="piece bad: no good"):
        crew.share_out(note, pieces, workers=2, steps=3, title="pieces")


def test_a_worker_that_dies_is_one_line(note, tmp_path):
    with pytest.raises(SimulatorError, match=r"a worker process died .* fewer --workers"):
        crew.share_out(note, [(str(tmp_path), "dead"), (str(tmp_path), "slow")], workers=2, steps=2, title="pieces")


def test_workers_do_not_outlive_a_killed_parent(note, tmp_path):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pieces_of_work import note\n"
        "from simulator.crew import share_out\n"
        "if __name__ == '__main__':\n"
        "    share_out(note, [(sys.argv[1], 'slow1'), (sys.argv[1], 'slow2')], workers=2, steps=2, title='pieces')\n"
    )
    (tmp_path / "parent.py").write_text(program)
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "parent.py", tmp_path],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(crew.__file__).parents[1])},
    )
    notes = [tmp_path / "slow1", tmp_path / "slow2"]
    _until(lambda: all(path.exists() and path.read_text() for path in notes))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    pids = [int(path.read_text()) for path in notes]
    _until(lambda: not any(_alive(pid) for pid in pids))


def _until(true, limit_s=10.0):
    end_s = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end_s, "it takes too long"
        time.sleep(0.02)


def _alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


# --- files -----------------------------------------------------------------------------------------------------


@contextmanager
def disk_of(size):
    """No file may grow over `size` bytes: what a full disk does to one file."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def noise(count, size=(64, 48)):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, size[::-1], np.uint8) for _ in range(count)]


def test_a_clip_comes_back_as_it_went_and_twice_the_same_bytes(tmp_path):
    for name in ("a.avi", "b.avi"):
        files.write_clip(tmp_path / name, noise(5), (64, 48), 30.0)
    back = list(files.read_clip(tmp_path / "a.avi"))
    assert all((one == other).all() for one, other in zip(noise(5), back, strict=True))
    assert (tmp_path / "a.avi").read_bytes() == (tmp_path / "b.avi").read_bytes()


def test_a_clip_that_does_not_fit_is_one_line_and_leaves_nothing(tmp_path, capfd):
    """OpenCV's writer returns nothing about a full disk, and prints it for every frame unless told not to."""
    with disk_of(9000), pytest.raises(SimulatorError, match=f"{tmp_path}: the clip is incomplete: disk full"):
        files.write_clip(tmp_path / "a.avi", noise(20), (64, 48), 30.0)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path):
    files.write(tmp_path / "a", b"old")
    with disk_of(2), pytest.raises(SimulatorError, match=f"{tmp_path}: cannot be written: .* choose another --out"):
        files.write(tmp_path / "a", b"newer")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SimulatorError, match=f"{tmp_path}: cannot be written: No space left on device"):
        files.write(tmp_path / "a", b"1")
