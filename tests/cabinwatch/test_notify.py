"""What systemd hears, and when its watchdog is fed."""

import socket
import uuid

import pytest

from cabinwatch.notify import Watchdog, notify, watchdog_period_s


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_notify_reaches_both_kinds_of_socket(kind, tmp_path, monkeypatch):
    """systemd uses a file, containers an abstract address."""
    name = f"cabinwatch-{uuid.uuid4()}"
    bound, told = (f"\0{name}", f"@{name}") if kind == "abstract" else (str(tmp_path / "s"), str(tmp_path / "s"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(bound)
        monkeypatch.setenv("NOTIFY_SOCKET", told)
        notify("READY=1", "STATUS=fine")
        assert manager.recv(100) == b"READY=1\nSTATUS=fine"


def test_notify_without_systemd_is_silent(monkeypatch):
    """No socket, or one that nobody listens to, is no error."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    notify("READY=1")


@pytest.mark.parametrize(
    ("environment", "period_s"),
    [
        ({"WATCHDOG_USEC": "2000000"}, 2.0),
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}, None),
    ],
)
def test_the_period_is_ours_only(environment, period_s):
    """A watchdog meant for another process is not ours to feed."""
    assert watchdog_period_s(environment) == period_s


def test_the_watchdog_is_fed_when_every_loop_moves():
    """Four times a period, no more often."""
    watchdog = Watchdog(2.0)
    fed = [watchdog.feed(t / 10, t, t) for t in range(21)]
    assert sum(fed) == 5


@pytest.mark.parametrize("stuck", [0, 1])
def test_one_stuck_loop_starves_it(stuck):
    """Neither the pipeline nor the link can stand in for the other."""
    watchdog = Watchdog(2.0)
    assert watchdog.feed(0.0, 1.0, 1.0)
    for t_s in (1.0, 2.0, 3.0):
        progress = [t_s + 1, t_s + 1]
        progress[stuck] = 1.0
        assert not watchdog.feed(t_s, *progress)
    assert watchdog.feed(4.0, 9.0, 9.0)


def test_without_a_watchdog_nothing_is_fed():
    assert not Watchdog(None).feed(0.0, 1.0)
