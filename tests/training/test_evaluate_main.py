"""`python -m training.evaluate`: what it writes, what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.knowing import picture
from training.evaluate.__main__ import TASKS, main


def faces(folder: Path, text: str, names: tuple[str, ...]) -> list[str]:
    (folder / "labels.csv").write_text(text)
    for name in names:
        picture(folder / name)
    return ["--data", str(folder), "--out", str(folder / "results" / "out.json")]


def test_results_are_json_with_n_and_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Grey walls: no face, no mouth, and the figures say so. Networks are named by their hash."""
    rows = "file,label,person\na.png,yawn,p\nb.png,no_yawn,q\nc.png,asleep,q\n"
    arguments = faces(tmp_path, rows, ("a.png", "b.png", "c.png"))
    main(["yawn", *arguments])
    written = json.loads((tmp_path / "results" / "out.json").read_text())
    assert (written["task"], written["by"], written["held_out"], written["every"]) == ("yawn", "cabinwatch", False, 1)
    assert set(written["networks"]) == {"finder", "face", "eyes"}
    assert written["results"]["mouth_measured"]["value"] == 0.0
    assert written["left_out"] == {"yawn 'asleep'": 1}
    printed = capsys.readouterr().out
    assert "mouth_measured  0.0000 [0.0000, 0.6576]  n=2, persons 2" in printed
    assert "left out: 1 × yawn 'asleep'" in printed


def test_only_the_networks_that_were_asked_are_named(tmp_path: Path) -> None:
    """A retrained face finder does not make the eyes' figures stale."""
    main(["eyes", *faces(tmp_path, "file,state\na.png,open\nb.png,closed\n", ("a.png", "b.png"))])
    assert set(json.loads((tmp_path / "results" / "out.json").read_text())["networks"]) == {"eyes"}


def test_other_networks_can_be_measured(tmp_path: Path) -> None:
    """--model names their folder; one without models.yaml stops."""
    arguments = faces(tmp_path, "file,state\na.png,open\nb.png,closed\n", ("a.png", "b.png"))
    with pytest.raises(Exception, match=r"models\.yaml"):
        main(["eyes", *arguments, "--model", str(tmp_path)])


def test_each_kth_row_is_a_quick_look(tmp_path: Path) -> None:
    names = tuple(f"{k}.png" for k in range(6))
    rows = "file,label\n" + "".join(f"{name},{'yawn' if k % 4 else 'no_yawn'}\n" for k, name in enumerate(names))
    main(["yawn", *faces(tmp_path, rows, names), "--every", "2"])
    written = json.loads((tmp_path / "results" / "out.json").read_text())
    assert (written["every"], written["results"]["mouth_measured"]["n"]) == (2, 3)


def test_nobody_held_out_is_no_result(tmp_path: Path) -> None:
    arguments = faces(tmp_path, "file,label,person\na.png,yawn,person 1\n", ("a.png",))
    with pytest.raises(SystemExit, match="no row is left; without --held-out there may be some"):
        main(["yawn", *arguments, "--held-out"])


def test_synthetic_people_are_not_held_out(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="render one with another --seed"):
        main(["synthetic", "--data", str(tmp_path), "--out", str(tmp_path / "o.json"), "--held-out"])


def test_every_task_of_the_release_is_there() -> None:
    wanted = {"eyes", "blinks", "yawn", "landmarks", "head_pose", "gaze", "expression", "detection", "closure"}
    assert wanted < set(TASKS)
