"""Changing a config that people keep by hand: these keys change, everything else stays to the letter."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinwatch.aim import rewrite
from cabinwatch.aim.rewrite import RewriteError, difference, replace, rewritten
from cabinwatch.config import load
from cabinwatch.document import mapping
from vision.types import Side

VALUES = {"yaw_deg": -12.5, "pitch_deg": 7.9, "driver_side": "left"}
DEFAULT = Path(__file__).resolve().parents[2] / "configs" / "default.yaml"


def test_the_default_config_keeps_every_word():
    """Three lines change, in their values only."""
    before = DEFAULT.read_text()
    after = rewritten(before, "camera", VALUES)
    changed = [(old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert changed == [
        (
            "  driver_side: auto          # auto, left or right half of the picture; auto takes the largest face",
            "  driver_side: left          # auto, left or right half of the picture; auto takes the largest face",
        ),
        (
            "  yaw_deg: 0.0               # where the camera points: + = to its image's right, degrees",
            "  yaw_deg: -12.5               # where the camera points: + = to its image's right, degrees",
        ),
        (
            "  pitch_deg: 0.0             # + = up, degrees",
            "  pitch_deg: 7.9             # + = up, degrees",
        ),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("camera:\n  source: x # c\n", "camera:\n  yaw_deg: 1.5\n  source: x # c\n"),
        ("camera: {source: x}\n", "camera: {yaw_deg: 1.5, source: x}\n"),
        ("camera: {}\n", "camera: {yaw_deg: 1.5}\n"),
        ("camera:  # nothing yet\nuse: evaluation\n", "camera: {yaw_deg: 1.5}  # nothing yet\nuse: evaluation\n"),
        ("camera:\n  yaw_deg:\n  source: x\n", "camera:\n  yaw_deg: 1.5\n  source: x\n"),
        ("# top\nuse: evaluation", "# top\ncamera: {yaw_deg: 1.5}\nuse: evaluation"),
        ("{}\n", "{camera: {yaw_deg: 1.5}}\n"),
        ("camera:\r\n    source: x\r\n", "camera:\r\n    yaw_deg: 1.5\r\n    source: x\r\n"),
        ('camera: {"yaw_deg": 2.0}  # ä\n', 'camera: {"yaw_deg": 1.5}  # ä\n'),
    ],
)
def test_layouts(before, after):
    assert rewritten(before, "camera", {"yaw_deg": 1.5}) == after


@pytest.mark.parametrize(
    "text",
    [
        "a: &c {yaw_deg: 1.0}\ncamera: *c\n",  # the value stands elsewhere and means more than the camera
        "# nothing but a comment\n",
        "camera: [1, 2]\n",
        "camera: {source: x\n",
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone(text):
    with pytest.raises(RewriteError, match=r"write by hand camera: \{yaw_deg: 1.5\}"):
        rewritten(text, "camera", {"yaw_deg": 1.5})


COMMENTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12)
KEYS = {"source": "x", "name": "cabin", "driver_side": "auto", "yaw_deg": "0.0", "pitch_deg": "-3", "fps": "30"}


@st.composite
def configs(draw):
    """Configs as people write them: any keys in any order, comments anywhere, any indentation and line end."""
    indent = " " * draw(st.integers(1, 6))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [f"# {draw(COMMENTS)}", "language: de", f"camera:  # {draw(COMMENTS)}"]
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), unique=True, min_size=1)):
        lines += [""] * draw(st.integers(0, 1)) + [f"{indent}# {draw(COMMENTS)}"] * draw(st.integers(0, 1))
        lines.append(f"{indent}{key}:{' ' * draw(st.integers(1, 4))}{KEYS[key]}  # {draw(COMMENTS)}")
    lines += [f"# {draw(COMMENTS)}", "rules: [house]"]
    return end.join(lines) + end


@given(configs(), st.floats(-60, 60).map(lambda x: round(x, 1)), st.floats(-60, 60).map(lambda x: round(x, 1)))
def test_only_the_keys_change(text, yaw_deg, pitch_deg):
    values = {"yaw_deg": yaw_deg, "pitch_deg": pitch_deg}
    after = rewritten(text, "camera", values)
    old, new = mapping(text, such_as=""), mapping(after, such_as="")
    assert new == {**old, "camera": {**old["camera"], **values}}
    kept = [line for line in text.splitlines() if not line.strip().startswith(("yaw_deg", "pitch_deg"))]
    assert [line for line in after.splitlines() if not line.strip().startswith(("yaw_deg", "pitch_deg"))] == kept
    assert [line.split("#", 1)[1] for line in after.splitlines() if "#" in line] == [
        line.split("#", 1)[1] for line in text.splitlines() if "#" in line
    ]
    assert ("\r\n" in after) == ("\r\n" in text)
    assert rewritten(after, "camera", values) == after


def test_what_is_written_loads(tmp_path):
    path = tmp_path / "cabinwatch.yaml"
    path.write_text(rewritten(DEFAULT.read_text(), "camera", VALUES))
    camera = load(path).camera
    assert (camera.yaw_deg, camera.pitch_deg, camera.driver_side) == (-12.5, 7.9, Side.LEFT)


def test_the_file_is_replaced_in_one_step_with_its_mode_and_a_copy(tmp_path):
    real = tmp_path / "real.yaml"
    real.write_text("old\r\n")
    real.chmod(0o640)
    link = tmp_path / "cabinwatch.yaml"
    link.symlink_to(real)
    assert rewrite.read(real) in ("old\r\n", "old\n")
    backup = replace(link, "new\r\n")
    assert link.is_symlink()
    assert real.read_bytes() == b"new\r\n"
    assert real.stat().st_mode & 0o777 == 0o640
    assert backup.name == "real.yaml.bak"
    assert backup.read_bytes() == b"old\r\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cabinwatch.yaml", "real.yaml", "real.yaml.bak"]


@pytest.mark.parametrize(("number", "call"), [(errno.ENOSPC, "fsync"), (errno.EROFS, "fchmod")])
def test_a_disk_that_is_full_or_read_only(tmp_path, monkeypatch, number, call):
    """The file is as it was and nothing lies about."""
    path = tmp_path / "cabinwatch.yaml"
    path.write_text("old\n")

    def fails(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(rewrite.os, call, fails)
    with pytest.raises(RewriteError, match=os.strerror(number)):
        replace(path, "new\n")
    assert path.read_text() == "old\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["cabinwatch.yaml"]


def test_the_difference_is_shown_as_diff_does():
    shown = difference("a: 1\nb: 2\n", "a: 1\nb: 3\n", "x.yaml")
    assert shown.splitlines()[0] == "--- x.yaml"
    assert shown.splitlines()[-2:] == ["-b: 2", "+b: 3"]
