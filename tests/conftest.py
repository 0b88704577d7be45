"""What every house's tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cannot_run() -> Callable[[str], None]:
    """Ends a test for want of something: a skip on a developer's machine, a failure in CI."""

    def end(why: str) -> None:
        (pytest.fail if os.environ.get("CABINWATCH_REQUIRE_ALL") == "1" else pytest.skip)(why)

    return end


@pytest.fixture(scope="session")
def clips(cannot_run: Callable[[str], None]) -> Path:
    """The folder of clips of real people."""
    folder = Path(__file__).resolve().parents[1] / "build" / "clips"
    if not (folder / "no_face.mp4").is_file():
        cannot_run("the test clips are missing; run `make clips`")
    return folder
