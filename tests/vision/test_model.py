"""Networks are checked before they are run, and running them leaves no trace.

data/tiny.onnx is made with the onnx package, which the product does not need:

    graph = helper.make_graph(
        [
            helper.make_node("Add", ["image", "image"], ["doubled"]),
            helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 2, 3])],
        [
            helper.make_tensor_value_info("doubled", TensorProto.FLOAT, [1, 1, 2, 3]),
            helper.make_tensor_value_info("mean", TensorProto.FLOAT, [1, 1, 1, 1]),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "tiny.onnx")
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vision import model
from vision.model import Engines, ModelError, catalogue, load, research_only

TINY = Path(__file__).parent / "data" / "tiny.onnx"

CATALOGUE = """
tiny:
  file: tiny.onnx
  sha256: {sha256}
  inputs:
    image: {{shape: [1, 1, 2, 3], dtype: float32}}
  outputs:
    doubled: [1, 1, 2, 3]
    mean: [1, 1, 1, 1]
  licence: Apache-2.0
  use: production
  version: "1"
  description: doubles and averages
"""


@pytest.fixture
def models_dir(tmp_path):
    """A folder with one good network."""
    shutil.copy(TINY, tmp_path)
    write_catalogue(tmp_path)
    return tmp_path


def write_catalogue(folder, text=CATALOGUE):
    sha256 = hashlib.sha256((folder / "tiny.onnx").read_bytes()).hexdigest()
    (folder / "models.yaml").write_text(text.format(sha256=sha256))


def test_a_listed_network_runs(models_dir):
    """Outputs come as float32 in the order of the catalogue."""
    tiny = load("tiny", models_dir)
    image = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    doubled, mean = tiny.run(image)
    np.testing.assert_array_equal(doubled, 2 * image)
    assert mean.dtype == np.float32
    assert mean.item() == 2.5
    assert tiny.providers[-1] == "CPUExecutionProvider"
    assert tiny.entry.use == "production"


def test_a_network_without_one_of_its_inputs_is_a_bug(models_dir):
    """A call that does not fit raises at once."""
    with pytest.raises(ValueError, match="zip"):
        load("tiny", models_dir).run()


def test_a_swapped_file_stops_the_start(models_dir):
    """One flipped bit: the message names the file, both hashes and the remedy."""
    file = models_dir / "tiny.onnx"
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    damaged = bytearray(file.read_bytes())
    damaged[40] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(ModelError) as caught:
        load("tiny", models_dir)
    found = hashlib.sha256(damaged).hexdigest()
    for part in (str(file), expected, found, "install cabinwatch again"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("listed", "instead", "message"),
    [
        ("[1, 1, 2, 3], dtype", "[1, 1, 96, 96], dtype", r"expected inputs .*\[1, 1, 96, 96\], found .*\[1, 1, 2, 3\]"),
        ("dtype: float32", "dtype: uint8", "expected inputs image uint8 .*found image float32"),
        ("mean: [1, 1, 1, 1]", "average: [1, 1, 1, 1]", "expected outputs .*average.*found .*mean"),
        ("file: tiny.onnx", "file: lost.onnx", "lost.onnx: No such file"),
        ("use: production", "use: whatever", "Invalid enum value 'whatever'"),
        ("version:", "verzion:", "unknown field `verzion`"),
        ("inputs:", "inputs: [", "models.yaml: .*export the network again"),
        ("tiny:", "other:", "no network is called 'tiny'; it lists other"),
    ],
)
def test_a_catalogue_that_does_not_fit_stops_the_start(models_dir, listed, instead, message):
    """Wrong shapes, names, fields or YAML: each says what was expected and what is there."""
    write_catalogue(models_dir, CATALOGUE.replace(listed, instead, 1))
    with pytest.raises(ModelError, match=f"(?s){message}"):
        load("tiny", models_dir)


def test_no_catalogue_at_all(tmp_path):
    """The missing file is named."""
    with pytest.raises(ModelError, match=r"models\.yaml: No such file"):
        load("tiny", tmp_path)


def test_a_listed_file_that_is_no_network(models_dir):
    """The right hash of the wrong thing: onnxruntime's own words come through."""
    (models_dir / "tiny.onnx").write_bytes(b"not a network")
    write_catalogue(models_dir)
    with pytest.raises(ModelError, match=r"tiny\.onnx: onnxruntime .* cannot open it: .*protobuf"):
        load("tiny", models_dir)


EVERYTHING = ["AzureExecutionProvider", "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"]


def test_the_best_provider_first_and_tensorrt_only_with_a_cache(models_dir, tmp_path):
    """Without a place to keep its engine TensorRT would build it for minutes at every start."""
    tiny = catalogue(models_dir)["tiny"]
    engines = Engines(tmp_path, print)
    names, options = model._providers(EVERYTHING, tiny, engines)
    assert names == ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    assert options[0]["trt_engine_cache_path"] == options[0]["trt_timing_cache_path"] == str(tmp_path)
    assert options[1:] == [{}, {}]
    assert model._providers(EVERYTHING, tiny, None)[0] == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert model._providers(["CPUExecutionProvider"], tiny, engines) == (["CPUExecutionProvider"], [{}])


def test_eight_bit_networks_run_on_the_processor_they_were_made_for(models_dir, tmp_path):
    """A graphics card would run each rounding step as a kernel of its own."""
    write_catalogue(models_dir, CATALOGUE + "  precision: int8\n")
    tiny = catalogue(models_dir)["tiny"]
    assert tiny.precision == "int8"
    assert not tiny.suits_tensorrt
    assert model._providers(EVERYTHING, tiny, None) == (["CPUExecutionProvider"], [{}])


@pytest.mark.parametrize(
    ("listed", "instead", "on", "announced"),
    [
        ("tiny:", "tiny:", "TensorrtExecutionProvider", ["tiny.onnx"]),
        ("version:", "precision: int8\n  version:", "CPUExecutionProvider", []),
        ("[1, 1, 2, 3], dtype", "[n, 1, 2, 3], dtype", "CUDAExecutionProvider", []),
    ],
    ids=["fixed", "int8", "varying"],
)
def test_only_what_has_its_engine_built_at_its_opening_goes_to_tensorrt(
    models_dir, tmp_path, monkeypatch, listed, instead, on, announced
):
    """It is announced before it is opened; an engine for a side that varies would be built under the first picture."""
    monkeypatch.setattr(model.ort, "get_available_providers", lambda: EVERYTHING)
    write_catalogue(models_dir, CATALOGUE.replace(listed, instead, 1))
    heard, opened = [], []

    class Session(model.ort.InferenceSession):
        def __init__(self, data, options, names, _options):
            opened.append((names[0], list(heard)))
            self.names = names
            super().__init__(data, options, ["CPUExecutionProvider"])

        def get_providers(self):
            return self.names

    monkeypatch.setattr(model.ort, "InferenceSession", Session)
    entry = catalogue(models_dir)["tiny"]
    model._open(models_dir / entry.file, entry, Engines(tmp_path, heard.append))
    assert opened == [(on, announced)]


def test_tensorrt_that_is_wanted_and_not_there_stops_the_start(models_dir, tmp_path):
    """onnxruntime would run it on something slower and say nothing."""
    with pytest.raises(ModelError, match=r"tiny\.onnx: onnxruntime .* has no TensorRT that works; leave engine_cache"):
        load("tiny", models_dir, engines=Engines(tmp_path, print))


def test_who_may_use_a_network_is_known_before_it_is_opened(models_dir):
    """Licences are data: the damaged file beside them is not even read."""
    (models_dir / "tiny.onnx").write_bytes(b"")
    assert research_only(["tiny"], models_dir) == {}
    write_catalogue(models_dir, CATALOGUE.replace("use: production", "use: research"))
    assert research_only(["tiny"], models_dir)["tiny"].licence == "Apache-2.0"
    with pytest.raises(ModelError, match="no network is called 'eyes'; it lists tiny"):
        research_only(["eyes"], models_dir)


def test_loading_and_running_leaves_no_trace_of_the_user(models_dir, tmp_path_factory):
    """onnxruntime's telemetry would write a device id below the cache directory."""
    home = tmp_path_factory.mktemp("home")
    program = (
        "import sys, time, pathlib, numpy; from vision.model import load;"
        "load('tiny', pathlib.Path(sys.argv[1])).run(numpy.zeros((1, 1, 2, 3), numpy.float32)); time.sleep(0.2)"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ORT_", "XDG_"))}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    subprocess.run([sys.executable, "-c", program, str(models_dir)], check=True, env=environment)
    assert list(home.rglob("*")) == []
