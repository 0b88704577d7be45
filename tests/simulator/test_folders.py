"""Whose folder it is: one run's at a time, and nothing overwritten that this program did not make."""

import pytest

from tests.simulator.fakes import complaints, dataset, numbers, render


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
