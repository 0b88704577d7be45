"""The model card: prose from a template, every figure from a result file, nothing made up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from training.card import TEMPLATE, main
from vision.model import catalogue

MODELS = Path(__file__).resolve().parents[2] / "vision" / "models"


def result(folder: Path, name: str, **changes: Any) -> None:
    """A result file as training.evaluate writes it."""
    written = {
        "task": "yawn", "data": "somewhere", "every": 1, "by": "cabinwatch", "networks": {},
        "results": {
            "auc": {"value": 0.99812, "low": 0.9934, "high": 1.0, "n": 1155},
            "gap": {"value": 0.021, "low": -0.004, "high": 0.03, "n": 77, "group": "age 60–80"},
            "gaze": {"value": None, "low": None, "high": None, "n": 0},
            "head": {"value": 2.345, "low": 2.1, "high": 2.61, "n": 40},
        },
        "tables": {"groups": {"columns": ["group", "recall"], "rows": [["glasses", 0.9123], ["none", None]]}},
    }  # fmt: skip
    path = folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(written | changes))


def card(folder: Path, template: str) -> str:
    (folder / "template.md").write_text(template)
    out, models = folder / "card.md", str(MODELS)
    main(["--results", str(folder), "--out", str(out), "--models", models, "--template", str(folder / "template.md")])
    return out.read_text()


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ("| {{row yawn auc}} |", "| 0.998 | 0.993–1.000 | 1,155 |"),
        ("{{ row yawn auc % }}", "99.8 % | 99.3–100.0 % | 1,155"),
        ("{{value yawn head}}", "2.35 (2.10–2.61)"),
        ("{{value yawn gap %}}", "2.1 % (-0.4–3.0 %)"),
        ("{{row yawn gaze}}", "not measured | – | 0"),
        ("{{note yawn gap group}}", "age 60–80"),
        ("{{by yawn}}", "cabinwatch"),
        ("{{table yawn groups}}", "| group | recall |\n| --- | --- |\n| glasses | 0.912 |\n| none | – |"),
        ("no mark: { } {{", "no mark: { } {{"),
    ],
)
def test_marks(tmp_path: Path, mark: str, text: str) -> None:
    result(tmp_path, "yawn")
    assert card(tmp_path, mark) == text + "\n"


def test_results_of_a_peer_or_a_variant_lie_in_a_folder(tmp_path: Path) -> None:
    result(tmp_path, "peer/yawn", by="MediaPipe 0.10.21 FaceLandmarker")
    assert card(tmp_path, "{{by peer/yawn}}") == "MediaPipe 0.10.21 FaceLandmarker\n"


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        ("{{row blinks f1}}", r"line 3: .*blinks\.json: no such result; make it with training\.evaluate"),
        ("{{row yawn f1}}", r"line 3: .*yawn\.json: no figure 'f1'; it has auc, gap, gaze, head"),
        ("{{table yawn clips}}", r"line 3: .*yawn\.json: no table 'clips'; it has groups"),
        ("{{note yawn auc group}}", r"auc carries no 'group'"),
        ("{{row yawn}}", r"'row yawn': missing a required argument"),
        ("{{row yawn auc km}}", r"unit 'km': only % is known"),
        ("{{guess yawn auc}}", r"'guess': no such mark; there are row, value"),
    ],
)
def test_a_figure_without_a_result_stops_with_its_name(tmp_path: Path, mark: str, complaint: str) -> None:
    """And leaves the card that was there."""
    result(tmp_path, "yawn")
    with pytest.raises(SystemExit, match=complaint):
        card(tmp_path, f"# Title\n\n{mark}\n")
    assert not (tmp_path / "card.md").exists()


def test_a_quick_look_is_no_figure(tmp_path: Path) -> None:
    result(tmp_path, "yawn", every=8)
    with pytest.raises(SystemExit, match="measured on each 8th row only"):
        card(tmp_path, "{{row yawn auc}}")


def test_figures_of_other_networks_stop(tmp_path: Path) -> None:
    """A card beside retrained networks must not carry the old ones' figures."""
    own = {name: {"version": one.version, "sha256": one.sha256} for name, one in catalogue(MODELS).items()}
    result(tmp_path, "yawn", networks=own)
    assert card(tmp_path, "{{row yawn auc}}").startswith("0.998")
    result(tmp_path, "yawn", networks=own | {"face": {"version": "0.0", "sha256": "0" * 64}})
    with pytest.raises(SystemExit, match=r"yawn\.json: measured on another face than those in .*models; measure it"):
        card(tmp_path, "{{row yawn auc}}")


def test_every_network_is_listed_with_its_size(tmp_path: Path) -> None:
    text = card(tmp_path, "{{networks}}")
    for entry in catalogue(MODELS).values():
        assert f"`{entry.file}`" in text
        assert f"{(MODELS / entry.file).stat().st_size / 1e6:.2f} MB" in text


def test_the_projects_own_template_can_be_filled(tmp_path: Path) -> None:
    """Its front matter is YAML with a licence; every mark in it is known; no address of a registry."""
    text = TEMPLATE.read_text()
    _, front, prose = text.split("---\n", 2)
    told = yaml.safe_load(front)
    assert told["license_link"] == "WEIGHTS-LICENCE.md"
    assert "driver-monitoring" in told["tags"]
    assert "://" not in text
    for mark in re.findall(r"\{\{(.*?)\}\}", prose):
        kind, *words = mark.split()
        assert kind in {"row", "value", "note", "table", "by", "networks"}
        assert kind == "networks" or words


def test_every_result_that_the_template_asks_for_is_measured_by_the_recipe() -> None:
    """training/runs/measure.sh makes them all; a figure that nobody makes would stop every release."""
    recipe = (TEMPLATE.parent / "runs" / "measure.sh").read_text()
    ours = set(re.findall(r"^(?:alone|measure|both) (\w+)", recipe, re.MULTILINE))
    clean = {f"clean/{name}" for name in re.findall(r"^(?:measure|both) (\w+)", recipe, re.MULTILINE)}
    peers = {f"peer/{name}" for name in re.findall(r"^both (\w+)", recipe, re.MULTILINE)}
    wanted = {words[1] for mark in re.findall(r"\{\{(.*?)\}\}", TEMPLATE.read_text()) if len(words := mark.split()) > 1}
    assert wanted <= ours | clean | peers
