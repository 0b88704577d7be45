"""`render`: a scenario becomes a clip and its truth, whole or not at all."""

import json

from simulator import clip, files
from tests.simulator.fakes import complaints, render


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
