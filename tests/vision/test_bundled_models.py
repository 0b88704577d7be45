"""The networks that come with the package are the ones that models.yaml and the model card describe."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from vision.model import catalogue, load
from vision.preprocess import AFFECT_SIZE, EYE_SIZE, FACE_SIZE, FINDER_HEIGHT, FINDER_WIDTH

FOLDER = Path(str(files("vision"))) / "models"
INPUTS = {
    "finder": (1, 1, FINDER_HEIGHT, FINDER_WIDTH),
    "face": (1, 1, FACE_SIZE, FACE_SIZE),
    "eyes": (2, 1, EYE_SIZE, EYE_SIZE),
    "affect": (1, 1, AFFECT_SIZE, AFFECT_SIZE),
}


def test_every_file_is_listed_and_every_listed_file_is_there() -> None:
    """Nothing without a hash and a licence."""
    listed = {entry.file for entry in catalogue(FOLDER).values()}
    assert listed == {path.name for path in FOLDER.glob("*.onnx")}
    assert set(catalogue(FOLDER)) == set(INPUTS)


def test_weights_trained_on_research_data_say_so() -> None:
    """Until they are trained on cleared data."""
    assert {entry.use for entry in catalogue(FOLDER).values()} == {"research"}
    assert all("WEIGHTS-LICENCE.md" in entry.licence for entry in catalogue(FOLDER).values())
    assert (FOLDER / "WEIGHTS-LICENCE.md").is_file()


def test_the_set_is_small() -> None:
    """At most 6 MB for all four."""
    assert sum(path.stat().st_size for path in FOLDER.glob("*.onnx")) <= 6e6


@pytest.mark.parametrize("name", INPUTS)
def test_each_network_opens_and_answers_what_preprocess_makes(name: str) -> None:
    """Hash and shapes are checked on loading; the answers are finite on nothing at all."""
    listed = catalogue(FOLDER)[name].inputs
    told = [np.zeros((2, *tensor.shape[1:]), np.float32) for key, tensor in listed.items() if key != "patch"]
    answers = load(name).run(np.zeros(INPUTS[name], np.float32), *told)
    assert all(np.isfinite(answer).all() for answer in answers)
    assert len(answers) == len(catalogue(FOLDER)[name].outputs)
