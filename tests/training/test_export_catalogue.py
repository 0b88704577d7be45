"""What models.yaml says of an exported file is what the product checks, and whose weights they are."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from training import catalogue
from training.catalogue import Claim
from training.licences import RESEARCH, SOURCES, licence
from vision.model import ModelError, load, research_only
from vision.model import catalogue as read

TINY = Path(__file__).parents[1] / "vision" / "data" / "tiny.onnx"


def test_what_is_written_is_what_the_product_opens(tmp_path: Path) -> None:
    """Hash, shapes, terms and precision, from the file itself."""
    shutil.copy(TINY, tmp_path)
    catalogue.write("tiny", tmp_path / TINY.name, Claim("CC0", "production", "int8"))
    opened = load("tiny", tmp_path).entry
    assert (opened.licence, opened.use, opened.precision) == ("CC0", "production", "int8")
    assert opened.inputs["image"].shape == (1, 1, 2, 3)
    (tmp_path / TINY.name).write_bytes(TINY.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="expected sha256"):
        load("tiny", tmp_path)


def test_one_network_anew_leaves_the_others_listed(tmp_path: Path) -> None:
    """Exporting the eyes does not forget the face; each keeps its own terms."""
    for name, use in (("eyes", "research"), ("face", "research"), ("eyes", "production")):
        shutil.copy(TINY, tmp_path / f"{name}.onnx")
        catalogue.write(name, tmp_path / f"{name}.onnx", Claim("as it may be", use))
    assert {name: entry.use for name, entry in read(tmp_path).items()} == {"eyes": "production", "face": "research"}
    assert list(research_only(["eyes", "face"], tmp_path)) == ["face"]


def test_the_clean_variant_may_be_used_and_names_whom_it_owes() -> None:
    """CC BY asks for the name."""
    words, use = licence(["simulator", "headpose_gifs"])
    assert use == "production"
    assert "headpose_gifs (CC BY 4.0)" in words
    assert "simulator" in words


@pytest.mark.parametrize("sources", [None, [], ["simulator", "fer2013"], ["simulator", "found on a disk"]])
def test_one_unclear_source_makes_research_weights(sources: list[str] | None) -> None:
    """Also what nobody wrote down, and what nobody knows the terms of."""
    assert licence(sources) == (RESEARCH, "research")


def test_the_licence_of_the_weights_and_the_table_know_the_same_sources() -> None:
    """Whatever WEIGHTS-LICENCE.md lists as limited is limited here."""
    text = (Path(str(files("vision"))) / "models" / "WEIGHTS-LICENCE.md").read_text()
    listed = [row.split("|")[1].split()[0] for row in text.splitlines() if re.match(r"\| [a-z_0-9]+ ", row)]
    names = {{"video": "videos"}.get(name, name) for name in listed if name != "material"}
    assert "yawdd_frames" in names
    assert names <= set(SOURCES)
    assert not any(SOURCES[name].cleared for name in names)
