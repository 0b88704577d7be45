"""`cabinwatch events` as people and scripts use it: tables, files, deletion, exit codes."""

import csv
import io
import json

import pytest

from cabinwatch.cli import main
from cabinwatch.events_command import SinceError, since_ms
from cabinwatch.leaves import AlertShown, Camera, Reloaded
from cabinwatch.store.database import EventStore, Stamped
from cabinwatch.store.settings import EventSettings

DAY_MS = 24 * 3600 * 1000
NOON_MS = 1_800_000_000_000  # 2027-01-15T08:00Z
PHONE = AlertShown(level="warning", cause="phone", episode=3, code=21, acknowledged=False)


@pytest.fixture
def path(tmp_path):
    """Two trips on two days."""
    path = tmp_path / "events.db"
    store = EventStore(path, EventSettings(), "boot")
    yesterday = [Stamped(NOON_MS - DAY_MS, False, Camera(delivers=True))]
    today = [Stamped(NOON_MS, True, PHONE), Stamped(NOON_MS + 5, True, Reloaded(changed=("alerts", "link")))]
    store.append([*yesterday, Stamped(NOON_MS, True, None), *today])
    store.close()
    return path


def run(capsys, *arguments):
    status = main(["events", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


def test_somebody_else_s_store(path, capsys, monkeypatch):
    """The folder is the service's own: one line says who may look."""

    def closed(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(path), "is_file", closed)
    status, _, err = run(capsys, "--store", path)
    assert status == 1
    assert err == f"cabinwatch: {path}: Permission denied: it is the service's own; ask as root, with sudo\n"


def test_people_read_a_table(path, capsys):
    """One block a trip; a clock that was not known to be right has a question mark."""
    status, out, _ = run(capsys, "--store", path)
    lines = out.splitlines()
    assert status == 0
    assert [line.startswith("trip ") for line in lines] == [True, False, True, False, False]
    assert lines[1] == "  2027-01-14T08:00:00.000Z? camera         delivers=yes"
    facts = "level=warning cause=phone episode=3 code=21 acknowledged=no"
    assert lines[3] == f"  2027-01-15T08:00:00.000Z  alert          {facts}"
    assert lines[4].endswith("reloaded       changed=alerts,link")


def test_programs_read_json(path, capsys):
    """One object a line."""
    status, out, _ = run(capsys, "--store", path, "--export", "json")
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [record["order"] for record in records] == [1, 2, 3]
    assert records[1]["event"] == {
        "kind": "alert",
        "level": "warning",
        "cause": "phone",
        "episode": 3,
        "code": 21,
        "acknowledged": False,
    }


def test_spreadsheets_read_csv(path, capsys):
    status, out, _ = run(capsys, "--store", path, "--export", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert [row["kind"] for row in rows] == ["camera", "alert", "reloaded"]
    assert rows[0]["clock_synced"] == "false"
    assert len({row["id"] for row in rows}) == 3


def test_since_leaves_out_what_was_before(path, capsys):
    _, out, _ = run(capsys, "--store", path, "--since", "2027-01-15", "--export", "json")
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("30m", NOON_MS - 30 * 60_000),
        ("12h", NOON_MS - 12 * 3_600_000),
        ("7d", NOON_MS - 7 * DAY_MS),
        ("2027-01-15T08:00", NOON_MS),
        ("2027-01-15T09:00+01:00", NOON_MS),
    ],
)
def test_what_since_understands(text, expected_ms):
    assert since_ms(text, now_s=NOON_MS / 1000) == expected_ms


@pytest.mark.parametrize("text", ["yesterday", "7", "d", "-3d", "2027-13-01", ""])
def test_what_since_does_not_understand_is_said(text):
    with pytest.raises(SinceError, match="must be like 30m, 12h, 7d"):
        since_ms(text)


def test_delete_all_deletes_all(path, capsys):
    status, out, _ = run(capsys, "delete", "--all", "--store", path)
    assert (status, out) == (0, f"{path}: 3 events deleted, none is left\n")
    assert run(capsys, "--store", path) == (0, "", "")


@pytest.mark.parametrize("arguments", [["delete"], ["delete", "--all", "--since", "7d"]])
def test_delete_wants_to_be_meant(path, capsys, arguments):
    """Without --all nothing is deleted, and a part cannot be."""
    status, _, err = run(capsys, *arguments, "--store", path)
    assert status == 2
    assert "takes --all and nothing else" in err
    assert run(capsys, "--store", path)[1]


def test_a_wrong_since_is_a_wrong_call(path, capsys):
    status, _, err = run(capsys, "--store", path, "--since", "soon")
    assert status == 2
    assert err.startswith("cabinwatch: --since 'soon': must be like")


def test_no_store_is_said(tmp_path, capsys):
    status, _, err = run(capsys, "--store", tmp_path / "none.db")
    assert status == 1
    assert "none.db: no such file; the service makes it with its first event" in err


def test_a_damaged_store_is_said_and_left_as_it_is(path, capsys):
    """Only the service sets it aside."""
    path.write_bytes(b"rubbish" * 1000)
    status, _, err = run(capsys, "--store", path)
    assert status == 1
    assert "file is not a database" in err
    assert path.read_bytes() == b"rubbish" * 1000


def test_the_services_own_store_is_the_default(path, capsys, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(path.parent))
    assert len(run(capsys, "--export", "json")[1].splitlines()) == 3
