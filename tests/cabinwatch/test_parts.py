"""What each section of the config builds, and what is refused before anything runs."""

import hashlib
import os
import subprocess
import sys

import pytest

from cabinwatch.config import load
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


def test_production_refuses_research_models(config_with_models):
    """Before anything is loaded, with file, licence and remedy."""
    with pytest.raises(ModelError, match=r"finder is for research only .CC-BY-NC.; set use: evaluation"):
        Parts(load(config_with_models("research", "production")))


def test_production_asks_for_the_network_that_reads_expressions_where_it_is_loaded(config_with_models):
    """And only there: where the config refuses expressions, that network's licence is nobody's business."""
    path = config_with_models("production", "production")
    models = path.with_name("models.yaml")
    head, tail = models.read_text().split("affect: ")
    models.write_text(f"{head}affect: {tail.replace('use: production', 'use: research')}")
    with pytest.raises(ModelError, match=r"finder\.onnx: expected sha256"):
        Parts(load(path))
    path.write_text(path.read_text() + "privacy: private\naffect: {purpose: earlier rests}\n")
    with pytest.raises(ModelError, match="affect is for research only"):
        Parts(load(path))


@pytest.mark.parametrize(("use", "wanted"), [("research", "evaluation"), ("production", "production")])
def test_a_model_with_another_hash_is_refused(config_with_models, use, wanted):
    """What is allowed by its licence is still checked by its bytes."""
    with pytest.raises(ModelError, match=f"finder.onnx: expected sha256 {DIGEST}"):
        Parts(load(config_with_models(use, wanted)))


def test_the_real_observer_runs_the_service(make_clip, tmp_path, systemd):
    """The command as it is installed, with the bundled networks: READY, and a clean end with the clip."""
    config = tmp_path / "config.yaml"
    config.write_text(f"camera: {{source: {make_clip([200] * 20)}}}\nlink: {{port: {tmp_path / 'none'}}}\n")
    command = [sys.executable, "-m", "cabinwatch", "run", "--config", str(config)]
    environment = {**os.environ, "NOTIFY_SOCKET": systemd.socket.getsockname()}
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    systemd.wait_for("READY=1")
    assert "event=clip_ended" in done.stderr
