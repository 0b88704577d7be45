"""SIGKILL at random moments while events are written. `python -m benchmarks.store_kills --runs 200` does more."""

import pytest

from benchmarks.store_kills import Outcome, StoreKillError, kills

KILLS = 20


def test_the_store_opens_after_every_kill_and_lacks_at_most_the_last_event(path):
    outcomes = list(kills(KILLS, path))
    assert len(outcomes) == KILLS
    assert outcomes[-1].found > KILLS  # it did store


@pytest.mark.parametrize("outcome", [Outcome(9, 8, 7), Outcome(9, 7, 7)])
def test_a_lost_event_would_be_seen(path, monkeypatch, outcome):
    """One that was reported as stored, or more than the last."""
    monkeypatch.setattr("benchmarks.store_kills.kill_once", lambda *_: outcome)
    with pytest.raises(StoreKillError, match="put 9"):
        list(kills(1, path))
