"""What each section of the config builds, and what is refused before anything runs."""

import hashlib
import os
import subprocess
import sys

import pytest

from cabinwatch.config import load
from cabinwatch.demo import OWN_DRIVE
from cabinwatch.parts import NETWORKS, Parts
from vision.model import ModelError

TENSORS = "inputs: {x: {shape: [1], dtype: float32}}, outputs: {y: [1]}"
DIGEST = hashlib.sha256(b"the right one").hexdigest()


@pytest.fixture
def config_with_models(tmp_path):
    """A config whose models folder describes networks for this use; their files are not what is described."""

    def write(use, wanted):
        rest = f"sha256: {DIGEST}, {TENSORS}, licence: CC-BY-NC, use: {use}, version: '1', description: d"
        text = "".join(f"{name}: {{file: {name}.onnx, {rest}}}\n" for name in (*NETWORKS, "affect"))
        (tmp_path / "models.yaml").write_text(text)
        for name in NETWORKS:
            (tmp_path / f"{name}.onnx").write_bytes(b"the wrong one")
        config = tmp_path / "config.yaml"
        config.write_text(f"models: {tmp_path}\nuse: {wanted}\n")
        return config

    return write


def test_production_refuses_research_weights_by_name(config_with_models):
    """Before anything is loaded, in one line: every file at once, its licence, the remedy."""
    with pytest.raises(ModelError) as caught:
        Parts(load(config_with_models("research", "production")))
    message = str(caught.value)
    for part in ("finder.onnx, face.onnx, eyes.onnx", "research only (CC-BY-NC)", "set use: evaluation", "models:"):
        assert part in message
    assert "\n" not in message
    assert "affect" not in message  # the service does not load it


def test_production_refuses_one_uncleared_file_among_cleared_ones(config_with_models):
    """A retrained eye network beside old ones: the old ones are named, the cleared one is not."""
    config = config_with_models("research", "production")
    catalogue = config.parent / "models.yaml"
    cleared = [line.replace("research", "production") if line.startswith("eyes") else line
               for line in catalogue.read_text().splitlines()]  # fmt: skip
    catalogue.write_text("\n".join(cleared))
    with pytest.raises(ModelError, match=r": finder\.onnx, face\.onnx may be used for research only"):
        Parts(load(config))


def test_the_bundled_weights_are_refused_in_production(tmp_path):
    """What comes with the package today was trained on research data, and the package knows it."""
    config = tmp_path / "config.yaml"
    config.write_text("use: production\n")
    with pytest.raises(ModelError, match=r"bundled models: .*eyes\.onnx .*WEIGHTS-LICENCE\.md"):
        Parts(load(config))


def test_the_clean_variant_may_go_on_the_road(tmp_path):
    """Trained on cleared material alone: it starts under production and finds the demo's driver."""
    config = tmp_path / "config.yaml"
    config.write_text(f"use: production\nmodels: clean\ncamera: {{source: {OWN_DRIVE}}}\n")
    parts = Parts(load(config))
    try:
        assert parts.research_weights == ()
        first = next(iter(parts.pipeline.run(parts.camera)))
    finally:
        parts.close()
    assert first.seen.face.box_px is not None
    assert first.seen.left.openness == pytest.approx(0.8, abs=0.3)


def test_the_clean_variant_reads_no_expressions(tmp_path):
    """No source of expressions is cleared, so there is no such network; asking for it stops the start."""
    config = tmp_path / "config.yaml"
    config.write_text("models: clean\nprivacy: private\naffect: {purpose: earlier rests}\n")
    with pytest.raises(ModelError, match="no network is called 'affect'"):
        Parts(load(config))


def test_production_asks_for_the_network_that_reads_expressions_where_it_is_loaded(config_with_models):
    """And only there: where the config refuses expressions, that network's licence is nobody's business."""
    path = config_with_models("production", "production")
    models = path.with_name("models.yaml")
    head, tail = models.read_text().split("affect: ")
    models.write_text(f"{head}affect: {tail.replace('use: production', 'use: research')}")
    with pytest.raises(ModelError, match=r"finder\.onnx: expected sha256"):
        Parts(load(path))
    path.write_text(path.read_text() + "privacy: private\naffect: {purpose: earlier rests}\n")
    with pytest.raises(ModelError, match=r"affect\.onnx may be used for research only"):
        Parts(load(path))


@pytest.mark.parametrize(("use", "wanted"), [("research", "evaluation"), ("production", "production")])
def test_a_model_with_another_hash_is_refused(config_with_models, use, wanted):
    """What is allowed by its licence is still checked by its bytes."""
    with pytest.raises(ModelError, match=f"finder.onnx: expected sha256 {DIGEST}"):
        Parts(load(config_with_models(use, wanted)))


def test_the_real_observer_runs_the_service(make_clip, tmp_path, systemd):
    """The command as it is installed, with the bundled networks: READY, whose weights, a clean end with the clip."""
    config = tmp_path / "config.yaml"
    config.write_text(f"camera: {{source: {make_clip([200] * 20)}}}\nlink: {{port: {tmp_path / 'none'}}}\n")
    command = [sys.executable, "-m", "cabinwatch", "run", "--config", str(config)]
    environment = {**os.environ, "NOTIFY_SOCKET": systemd.socket.getsockname()}
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    systemd.wait_for("READY=1")
    (said,) = [line for line in done.stderr.splitlines() if "event=research_weights" in line]
    assert "files=finder.onnx,face.onnx,eyes.onnx" in said
    assert "research and evaluation" in said
    assert "event=clip_ended" in done.stderr
