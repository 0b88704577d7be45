"""The list of mutations must not rot: each still fits the code. `python -m tests.firmware_bridge.mutate` runs them."""

from __future__ import annotations

import pytest

from tests.firmware_bridge.mutate import MUTATIONS, ROOT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_fits(mutation):
    """In one place, and it changes something."""
    assert mutation.of(ROOT) != (ROOT / mutation.path).read_text()
