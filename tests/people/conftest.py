"""Clips of real people, seen by the real networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.people.clips import frames, write_clip


@pytest.fixture(scope="session")
def nodding_off(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real frames in a new order: 3 s with open eyes, 2 s with eyes held closed, 3 s with open eyes, 24 fps.

    In WolfgangLanger_Pexels.mp4 the eyes are open in frames 160 to 240 and shut in frames 24 to 72.
    """
    pictures = list(frames(clips / "WolfgangLanger_Pexels.mp4"))
    opened, shut = pictures[165:237], pictures[24:72]
    return write_clip(tmp_path_factory.mktemp("nod") / "nod.avi", [*opened, *shut, *opened[::-1]], 24.0)
