"""What the command says, and its exit codes. Every complaint is one line, none is a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import cabinwatch.observe
from cabinwatch.cli import main
from vision.types import Frame, Reason, unseen

BRIGHT = 200


@pytest.fixture(autouse=True)
def _scripted(monkeypatch, a_face):
    """Bright pictures show a face; what the networks would measure is not this file's business."""

    class Scripted:
        def __init__(self, *, affect, track, affect_period_s):
            self.track = track

        def observe(self, sample):
            if not isinstance(sample, Frame):
                return unseen(sample.t_s, Reason.NO_FRAME)
            return a_face(sample.t_s, frame=sample.index)

    monkeypatch.setattr(cabinwatch.observe, "Observer", Scripted)


@pytest.fixture
def pictures(tmp_path):
    """Two good pictures, 8 and 16 bit, an empty file and a torn one."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((48, 64), BRIGHT, np.uint8))
    cv2.imwrite(str(folder / "b.png"), np.full((48, 64), BRIGHT << 8, np.uint16))
    (folder / "c.png").write_bytes(b"")
    (folder / "d.png").write_bytes((folder / "a.png").read_bytes()[:40])
    return folder


def observe(source, tmp_path, *more):
    out = tmp_path / "out.jsonl"
    status = main(["observe", str(source), "--out", str(out), *more])
    return status, [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else None


def complaints(capsys):
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return text.splitlines()


def test_a_clip_gives_one_line_a_frame(make_clip, tmp_path, capsys):
    status, lines = observe(make_clip([BRIGHT] * 5), tmp_path)
    assert status == 0
    assert [line["frame"] for line in lines] == [0, 1, 2, 3, 4]
    assert "expression" not in lines[0]
    assert complaints(capsys)[-1].endswith("5 frames, face in 5, 5.0 ms each")


def test_affect_only_when_asked_for(make_clip, tmp_path):
    _, lines = observe(make_clip([BRIGHT]), tmp_path, "--affect")
    assert {"expression", "valence", "arousal"} <= set(lines[0])


def test_stills_give_one_line_a_picture_whatever_it_is(pictures, tmp_path, capsys):
    """The unreadable ones keep their line, their file and their place; each is named on stderr."""
    status, lines = observe(pictures, tmp_path, "--stills")
    assert status == 0
    assert [Path(line["file"]).name for line in lines] == ["a.png", "b.png", "c.png", "d.png"]
    assert [line["frame"] for line in lines] == [0, 1, 2, 3]
    assert [line["face"]["reason"] for line in lines] == [None, None, "no_frame", "no_frame"]
    said = complaints(capsys)
    assert any("c.png: the file is empty" in line for line in said)
    assert any("d.png: undecodable" in line for line in said)


def test_an_odd_entry_costs_the_stills_one_line(pictures, tmp_path, capsys):
    """A link to nowhere, a folder with a picture's name and a name like a pipeline's: what follows still comes."""
    (pictures / "a.png").rename(pictures / "z ! z.png")
    (pictures / "a.png").symlink_to(tmp_path / "nowhere.png")
    (pictures / "b.png").rename(pictures / "y.png")
    (pictures / "b.png").mkdir()
    (pictures / "b.png" / "inside.png").write_bytes((pictures / "y.png").read_bytes())
    status, lines = observe(pictures, tmp_path, "--stills")
    assert status == 0
    names = ["a.png", "b.png", "c.png", "d.png", "y.png", "z ! z.png"]
    assert [(line["frame"], line["file"]) for line in lines] == [(i, str(pictures / n)) for i, n in enumerate(names)]
    assert [line["face"]["reason"] for line in lines] == [*["no_frame"] * 4, None, None]
    said = complaints(capsys)
    assert said[0].endswith("a.png: unreadable: No such file or directory")
    assert said[1].endswith("b.png: unreadable: Is a directory")


def test_a_file_name_that_is_no_utf_8(pictures, tmp_path):
    """The line is written with a replacement sign where JSON has no letter."""
    os.rename(pictures / "a.png", os.fsencode(pictures) + b"/a\xe9.png")  # noqa: PTH104  # bytes
    status, lines = observe(pictures, tmp_path, "--stills")
    assert status == 0
    assert [Path(line["file"]).name for line in lines] == ["a\ufffd.png", "b.png", "c.png", "d.png"]


def test_a_16_bit_picture_is_read(pictures, tmp_path):
    status, lines = observe(pictures / "b.png", tmp_path)
    assert status == 0
    assert lines[0]["face"]["confidence"] > 0


@pytest.mark.parametrize(("name", "words"), [("c.png", "the file is empty"), ("d.png", "damaged, truncated")])
def test_a_single_broken_picture_is_a_failure(pictures, tmp_path, capsys, name, words):
    status, lines = observe(pictures / name, tmp_path)
    assert status == 1
    assert lines[0]["frame"] is None
    assert any(words in line for line in complaints(capsys))


def test_a_truncated_video_keeps_its_frames_and_says_so(make_clip, tmp_path, capsys):
    clip = make_clip([BRIGHT] * 100)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    status, lines = observe(clip, tmp_path)
    assert status == 1
    assert lines
    assert any("truncated" in line or "no readable video" in line for line in complaints(capsys))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.mp4", None, "No such file or directory; check the source (in a config: camera.source)"),
        ("empty.mp4", b"", "the file is empty"),
        ("text.mp4", b"hello", "this is a text file"),
        ("noise.mp4", b"\x00\x01\x02" * 500, "no readable video"),
    ],
)
def test_a_source_that_cannot_be_read_is_one_line(tmp_path, capsys, name, content, words):
    """Exit code 1, and no output file is made or replaced."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    status, lines = observe(tmp_path / name, tmp_path)
    assert status == 1
    assert lines is None
    (line,) = complaints(capsys)
    assert words in line
    assert name in line


def test_an_output_that_cannot_be_written_is_one_line(make_clip, tmp_path, capsys):
    clip = make_clip([BRIGHT])
    assert main(["observe", str(clip), "--out", str(tmp_path / "no" / "dir.jsonl")]) == 1
    assert "cannot be written: No such file" in complaints(capsys)[0]


def test_the_source_is_never_overwritten(make_clip, capsys):
    clip = make_clip([BRIGHT])
    before = clip.read_bytes()
    assert main(["observe", str(clip), "--out", str(clip)]) == 1
    assert clip.read_bytes() == before
    assert "is the source itself" in complaints(capsys)[0]


@pytest.mark.parametrize("stills", [[], ["--stills"]])
@pytest.mark.parametrize("link", [False, True])
def test_a_picture_of_the_source_is_never_overwritten(pictures, tmp_path, capsys, stills, link):
    """Nor through a link to it; a new file beside the pictures is fine."""
    before = (pictures / "a.png").read_bytes()
    out = tmp_path / "link" if link else pictures / "a.png"
    if link:
        out.symlink_to(pictures / "a.png")
    assert main(["observe", str(pictures), "--out", str(out), *stills]) == 1
    assert (pictures / "a.png").read_bytes() == before
    assert complaints(capsys) == [f"cabinwatch: {out}: is one of the source's pictures; choose another --out"]
    assert main(["observe", str(pictures), "--out", str(pictures / "out.jsonl"), *stills]) == 0


def test_a_closed_stdout_is_one_line(make_clip, capsys, monkeypatch):
    """`cabinwatch observe … --out - >&-`: Python then has no stdout at all."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["observe", str(make_clip([BRIGHT])), "--out", "-"]) == 1
    assert complaints(capsys) == ["cabinwatch: stdout is closed"]


def test_a_full_disk_is_one_line(make_clip, capsys):
    """/dev/full takes nothing, as a full disk would."""
    assert main(["observe", str(make_clip([BRIGHT] * 3)), "--out", "/dev/full"]) == 1
    assert complaints(capsys) == ["cabinwatch: /dev/full: cannot be written any more: No space left on device"]


def test_usage_errors_exit_with_2(capsys):
    for arguments in ([], ["run"], ["observe", "x"], ["fly"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert complaints(capsys)


def test_a_broken_config_exits_with_2(tmp_path, capsys):
    config = tmp_path / "c.yaml"
    config.write_text("link: {baud: 1}")
    assert main(["run", "--config", str(config)]) == 2
    (line,) = complaints(capsys)
    assert f"{config}: link.baud = 1: must be a whole number from 9600 to 4000000 (bits a second" in line


def test_a_source_that_no_path_can_be_is_a_broken_config(tmp_path, capsys):
    """YAML can write a NUL character; Python's own complaint about it would be a traceback."""
    config = tmp_path / "c.yaml"
    config.write_text(r'camera: {source: "a\0b"}')
    assert main(["run", "--config", str(config)]) == 2
    (line,) = complaints(capsys)
    assert r"camera.source = 'a\x00b': must be text, not empty" in line
    assert line.endswith("no NUL character)")


def test_version_names_every_part(capsys):
    assert main(["version"]) == 0
    text = capsys.readouterr().out
    for part in ("cabinwatch ", "model", "onnxruntime ", "protocol 1"):
        assert any(line.startswith(part) for line in text.splitlines()), part


def test_help_loads_nothing_heavy():
    """The command line itself imports no OpenCV, no onnxruntime and no matplotlib."""
    code = "import sys, cabinwatch.cli; print({'cv2', 'onnxruntime', 'matplotlib', 'numpy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True).stdout == "set()\n"


def test_python_m_is_the_command():
    done = subprocess.run([sys.executable, "-m", "cabinwatch", "version"], check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("cabinwatch ")


def test_a_reader_that_goes_away_is_one_line(make_clip, tmp_path):
    """`cabinwatch observe … --out - | head -1` ends without a traceback."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, cabinwatch.observe\n"
        "from cabinwatch.cli import main\n"
        "from vision.types import Reason, unseen\n"
        "class Scripted:\n"
        "    def __init__(self, **_): pass\n"
        "    def observe(self, sample): return unseen(sample.t_s, Reason.NO_FACE)\n"
        "cabinwatch.observe.Observer = Scripted\n"
        "sys.exit(main())\n"
    )
    clip = make_clip([BRIGHT] * 300)
    command = [sys.executable, str(program), "observe", str(clip), "--out", "-"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 1
    assert said == "cabinwatch: stdout: cannot be written any more: Broken pipe\n"


@pytest.mark.parametrize("held", [True, False])
def test_a_thread_that_a_driver_holds_does_not_abort_the_end(held):
    """The exit code is the command's own; Python's end would wait for locks of a library, or abort."""
    program = f"""
import ctypes, sys, threading
import cabinwatch.__main__ as command
def main():
    if {held}:
        threading.Thread(target=ctypes.CDLL(None).pause, daemon=True).start()
    print("all told", end="")
    return 1
import atexit
atexit.register(lambda: print(", ended by Python", end=""))
command.main = main
command.run()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ("all told" if held else "all told, ended by Python")
