"""What the simulator knows of a still becomes targets, and what it cannot know of real faces does not leak in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.dataset import PER_IDENTITY
from training import synth
from training.data import stills
from training.faces import upright
from vision.face import COVERS


def truth(**changes: Any) -> dict[str, Any]:
    eye = {"covered_by": []}
    plain = {
        "wearing": {"glasses": "none", "mask": False, "cap": False},
        "mouth": {"visible": 1.0, "covered_by": []},
        "eyes": {"left": eye, "right": eye},
    }
    return plain | changes


def named(line: dict[str, Any]) -> dict[str, float]:
    return dict(zip(COVERS, synth.covers(line), strict=True))


def test_a_bare_face_wears_nothing() -> None:
    assert named(truth()) == dict.fromkeys(COVERS, 0.0)


def test_sunglasses_that_pass_infrared_are_glasses_and_hide_no_eyes() -> None:
    """The camera sees through them; only opaque ones count as sunglasses."""
    through = named(truth(wearing={"glasses": "sun_nir", "mask": False}))
    opaque = named(truth(wearing={"glasses": "sun_opaque", "mask": False}))
    assert (through["glasses"], through["sunglasses"]) == (1.0, 0.0)
    assert (opaque["glasses"], opaque["sunglasses"]) == (1.0, 1.0)


def test_a_hand_counts_over_an_eye_as_over_the_mouth() -> None:
    """A phone arm before the shoulder does not."""
    rubbing = truth(eyes={"left": {"covered_by": ["hand_left"]}, "right": {"covered_by": []}})
    yawning = truth(mouth={"visible": 0.1, "covered_by": ["hand_right"]})
    assert named(rubbing)["hand"] == 1.0
    assert (named(yawning)["hand"], named(yawning)["mouth_hidden"]) == (1.0, 1.0)
    assert named(truth(mouth={"visible": 0.9, "covered_by": ["clothes"]}))["hand"] == 0.0


def test_the_thresholds_lie_about_those_of_the_product() -> None:
    """P80 and the least visible share are where the targets are neither one nor the other."""
    assert 0.3 < 1.0 - synth.ramp(0.2, synth.SHUT_OWN, synth.OPEN_OWN) < 0.7
    assert 0.3 < synth.ramp(0.4, synth.HIDDEN_SHARE, synth.SEEN_SHARE) < 0.7


def test_points_move_with_the_face() -> None:
    """The same offset in a face half as large and turned by 90 degrees is half as long and turned by 90 degrees."""
    points = np.random.default_rng(1).normal(0, 10, (68, 2)).astype(np.float32)
    points[36], points[45] = (-40, 0), (40, 0)
    offset = np.tile(np.array([0.0, 0.1], np.float32), (68, 1))
    plain = synth.moved(points, offset) - points
    turned = points @ np.array([[0, 1], [-1, 0]], np.float32) * 0.5
    assert plain == pytest.approx(np.tile([0.0, 8.0], (68, 1)), abs=1e-3)
    assert synth.moved(turned, offset) - turned == pytest.approx(np.tile([-4.0, 0.0], (68, 1)), abs=1e-3)
    assert upright(points[None])[0][0][36] == pytest.approx([-0.5, 0.0])


def test_one_driver_is_held_out_whole() -> None:
    """The stage counts on the simulator's number of stills a driver."""
    assert synth.PER_IDENTITY == PER_IDENTITY


def test_a_folder_without_stills_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="python -m simulator dataset"):
        list(stills(tmp_path))


def test_stills_come_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "shard_00000").mkdir()
    (tmp_path / "shard_00000" / "labels.jsonl").write_text(json.dumps({"file": "000000.png"}) + "\n")
    ((path, line),) = stills(tmp_path)
    assert (path.name, path.parent.name, line["file"]) == ("000000.png", "shard_00000", "000000.png")
