"""The commands with faked pictures, for every test that is about files."""

import pytest

from simulator import clip, shards
from tests.simulator.fakes import FakeStill, FakeStills, FakeTake


@pytest.fixture
def fake_take(monkeypatch):
    take = FakeTake()
    monkeypatch.setattr(clip, "_take", lambda _order: take)
    return take


@pytest.fixture
def fake_stills(monkeypatch):
    FakeStills.drawn, FakeStills.stops_at = [], None
    monkeypatch.setattr(shards, "_stills", lambda recipe: FakeStills(recipe.size, recipe.quality))
    monkeypatch.setattr(shards, "still_of", lambda _recipe, number: FakeStill(number))
    monkeypatch.setattr(shards, "identity_of", lambda _recipe, number: number // 25)
    monkeypatch.setattr(shards, "PER_SHARD", 10)
    return FakeStills
