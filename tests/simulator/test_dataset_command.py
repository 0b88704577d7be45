"""`dataset`: stills in shards, here or on a cluster, each shard whole or not there."""

import os

import pytest

from simulator import cluster, files, shards
from simulator.cli import main
from simulator.types import SimulatorError
from tests.simulator.fakes import complaints, dataset, numbers


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


def test_a_crop_of_a_size_that_nobody_can_use_is_refused(tmp_path, capsys):
    assert main(["dataset", "--n", "5", "--out", str(tmp_path), "--size", "9000"]) == 2
    assert complaints(capsys) == ["simulator: --size 9000: must be 64 to 512 px"]


# --- on a cluster -------------------------------------------------------------------------------------------------


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
