"""What every house's tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.people.clips import frames, write_clip

# No test is timed: how long an example takes says more about the machine than about us.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


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


@pytest.fixture(scope="session")
def nodding_off(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real frames in a new order: 3 s with open eyes, 2 s with eyes held closed, 3 s with open eyes, 24 fps.

    In WolfgangLanger_Pexels.mp4 the eyes are open in frames 160 to 240 and shut in frames 24 to 72.
    """
    pictures = list(frames(clips / "WolfgangLanger_Pexels.mp4"))
    opened, shut = pictures[165:237], pictures[24:72]
    return write_clip(tmp_path_factory.mktemp("nod") / "nod.avi", [*opened, *shut, *opened[::-1]], 24.0)
