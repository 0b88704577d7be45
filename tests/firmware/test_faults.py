"""Every fault of tests/faults once, and what came of it.

How long it took is for `make fault-matrix` to say: here a busy machine is no fault.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.timing import STATE_TTL_MS
from tests.faults.matrix import FAULTS
from tests.faults.measure import SPIN, run_once
from tests.faults.rig import Rig

pytestmark = [pytest.mark.firmware, pytest.mark.qemu]

SHORT_S = 0.6  # for a line that works on
SLACK_MS = 400  # for a busy machine; an alert that came and went with a fault is 1.6 s old when it is mended
ONE_S_IS_ENOUGH = "cable out 30 s"


@pytest.fixture(scope="module")
def rig(elf: Path, cannot_run: Callable[[str], None]) -> Iterator[Rig]:
    """One for all: each fault ends with everything as it was."""
    if not shutil.which("qemu-system-arm"):
        cannot_run("qemu-system-arm is needed")
    with Rig(elf) as running:
        yield running


@pytest.mark.parametrize("name", [name for name in FAULTS if name != ONE_S_IS_ENOUGH])
def test_a_fault_is_met_and_mended(rig, name):
    """The safe output, or the alert where the line works on; the status says why; then the alert that is wanted."""
    fault = FAULTS[name]
    fault = replace(fault, hold_s=min(fault.hold_s, SHORT_S)) if fault.works else fault
    run = run_once(rig, fault, random.Random(0))
    assert run.safe_ms is not None or fault.safe_ms is None
    assert run.normal_ms is not None
    assert run.said
    assert run.said_ms is not None or fault.said_ms is None
    assert run.oldest_ms <= STATE_TTL_MS + SLACK_MS
    assert run.pins_agree
    assert run.cpu is None or run.cpu < SPIN
