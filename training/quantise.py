"""FP32 ONNX → INT8 ONNX in QDQ form, by static post-training quantisation.

    python -m training.quantise TASK [TASK …] --data DIR --work DIR [--symmetric]

Reads WORK/models/float32 (training/export.py writes it) and WORK/calibration/TASK.npz, which is made from the task's
own training samples where it is missing. Writes WORK/models/int8 and prints size and latency beside FP32's.

Convolutions and matrix products multiply in 8 bits, but for those of a network that asks for `precise` ones. Sums and
joins stay FP32: they cost nothing, and a gaze was rounded by half a degree in them. So do the first convolution, which
over one channel gains nothing, and what makes an output.

Activations are unsigned 8-bit, which is what x86 multiplies fastest. Their range holds PERCENTILE of what was seen:
with the few largest values in it the steps would be far coarser. Weights are symmetric, one scale a channel, and use
7 of their 8 bits: x86 without VNNI adds two products in 16 bits. Full weights can overflow there, and a network would
be right on one machine and silently wrong on the next.

--symmetric writes what TensorRT asks for (activations signed around 0, full weights, biases in FP32) below
WORK/models/int8-symmetric: for trials only, 0.6 to 1.3 times the latency of FP32 on x86.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from onnxruntime import quantization as ortq
from onnxruntime.quantization.shape_inference import quant_pre_process

from training import catalogue
from training.feeds import Feed, dynamic, input_shapes, of_sample, precise, split, stacked
from training.networks import NETWORKS
from training.train import make_task
from vision.model import Model, load

FLOAT32, INT8, SYMMETRIC = "float32", "int8", "int8-symmetric"  # folders below WORK/models
SAMPLES = 1024  # with a quarter of them the finder lost 0.6 points on small faces (training/LOG.md)
SEED = 3
ROUNDS = 400  # of the latency race
CONVOLUTIONS, PRODUCTS = {"Conv", "ConvTranspose"}, {"Gemm", "MatMul"}
HEAVY = CONVOLUTIONS | PRODUCTS
PERCENTILE = 99.999  # of an activation's values; what lies beyond is cut


class Samples(ortq.CalibrationDataReader):  # type: ignore[misc]  # onnxruntime publishes no types
    """Hands one sample after the other to onnxruntime."""

    def __init__(self, feeds: list[Feed]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Feed | None:
        return next(self._feeds, None)


def keep_samples(name: str, task: Any, work: Path) -> None:
    """Write WORK/calibration/NAME.npz: training samples with all that augmentation does to them."""
    kept, rng = work / "calibration" / f"{name}.npz", np.random.default_rng(SEED)
    cv2.setRNGSeed(SEED)
    batch = stacked([of_sample(NETWORKS[name], task.sample(rng)) for _ in range(SAMPLES)])
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez(kept, **batch)


def samples(name: str, work: Path) -> list[Feed]:
    """What `keep_samples` kept.

    Raises:
        SystemExit: It was kept for a network with other inputs.
    """
    kept, wanted = work / "calibration" / f"{name}.npz", list(input_shapes(NETWORKS[name]))
    with np.load(kept) as stored:
        if sorted(stored.files) != sorted(wanted):
            raise SystemExit(f"{kept}: holds {', '.join(stored.files)}, the network takes {wanted}; delete the file")
        return split({key: stored[key] for key in wanted})


def quantise(source: Path, target: Path, feeds: list[Feed], *, symmetric: bool, precise: bool) -> None:
    """Write the INT8 twin of an FP32 file."""
    kind = ortq.QuantType.QInt8 if symmetric else ortq.QuantType.QUInt8
    options = {"ActivationSymmetric": True, "QuantizeBias": False} if symmetric else {}
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / source.name
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(str(prepared)).graph
        ortq.quantize_static(
            str(prepared),
            str(target),
            Samples(feeds),
            quant_format=ortq.QuantFormat.QDQ,
            op_types_to_quantize=["Relu", *sorted(CONVOLUTIONS if precise else HEAVY)],
            calibrate_method=ortq.CalibrationMethod.Percentile,
            per_channel=True,
            reduce_range=not symmetric,
            weight_type=ortq.QuantType.QInt8,
            activation_type=kind,
            nodes_to_exclude=sorted(outermost(graph)),
            extra_options={"CalibPercentile": PERCENTILE} | options,
        )


def outermost(graph: onnx.GraphProto) -> set[str]:
    """Names of the multiplying layers that an input reaches first and that reach an output last."""
    makers = {value: node for node in graph.node for value in node.output}
    takers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for value in node.input:
            takers.setdefault(value, []).append(node)

    def before(node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        return (makers[value] for value in node.input if value in makers)

    def after(node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        return (taker for value in node.output for taker in takers.get(value, ()))

    first = [node for value in graph.input for node in takers.get(value.name, ())]
    last = [makers[value.name] for value in graph.output]
    return {node.name for node in [*_nearest(first, after), *_nearest(last, before)]}


def _nearest(start: list[onnx.NodeProto], onward: Any) -> Iterator[onnx.NodeProto]:
    """The first heavy nodes on every way on from here."""
    to_see, seen = list(start), set[str]()
    while to_see:
        node = to_see.pop()
        if node.op_type in HEAVY:
            yield node
        elif node.output[0] not in seen:
            seen.add(node.output[0])
            to_see.extend(onward(node))


def raced(models: dict[str, Model], feed: Feed) -> dict[str, float]:
    """Median milliseconds of one run of each, taken in turns: what else the machine does falls on all alike."""
    inputs = list(feed.values())
    spent_s: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(ROUNDS):
        for name, model in models.items():
            began_s = time.perf_counter()
            model.run(*inputs)
            spent_s[name].append(time.perf_counter() - began_s)
    return {name: 1000 * float(np.median(times_s)) for name, times_s in spent_s.items()}


def processor() -> str:
    """Its architecture, and whether it multiplies 8-bit numbers in one step."""
    info = Path("/proc/cpuinfo")
    flags = info.read_text() if info.exists() else ""
    fast = [name for name in ("avx512_vnni", "avx_vnni", "asimddp", "i8mm") if name in flags]
    return f"{platform.machine()}, {' '.join(fast) or 'no 8-bit dot products'}"


def twin(name: str, work: Path, *, symmetric: bool = False) -> dict[str, Any]:
    """Make the INT8 file of one network beside its FP32 one; size and latency of both."""
    folders = {FLOAT32: work / "models" / FLOAT32, INT8: work / "models" / (SYMMETRIC if symmetric else INT8)}
    feeds, source = samples(name, work), load(name, folders[FLOAT32])
    file = folders[INT8] / f"{name}.onnx"
    quantise(folders[FLOAT32] / file.name, file, feeds, symmetric=symmetric, precise=precise(NETWORKS[name]))
    catalogue.write(name, file, catalogue.Claim(source.entry.licence, source.entry.use, INT8))
    both = {FLOAT32: source, INT8: load(name, folders[INT8])}
    batch = stacked(feeds[:2]) if dynamic(NETWORKS[name]) else feeds[0]  # two eyes, or one of all else
    return {
        "bytes": {key: (folders[key] / file.name).stat().st_size for key in both},
        "p50_ms": raced(both, batch),
        "processor": processor(),
    }


def described(made: dict[str, Any]) -> str:
    """Size and latency in words."""
    size, spent = made["bytes"], made["p50_ms"]
    return (
        f"{size[FLOAT32] / 1e6:.2f} → {size[INT8] / 1e6:.2f} MB, {spent[FLOAT32]:.3f} → {spent[INT8]:.3f} ms p50 "
        f"({spent[INT8] / spent[FLOAT32]:.2f}×) on one thread of {made['processor']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="+", choices=sorted(NETWORKS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--symmetric", action="store_true", help="activations as TensorRT asks for them")
    args = parser.parse_args()
    for name in args.tasks:
        if not (args.work / "calibration" / f"{name}.npz").exists():
            keep_samples(name, make_task(name, args.data, args.work), args.work)
        made = twin(name, args.work, symmetric=args.symmetric)
        print(f"{name}: {described(made)}")


if __name__ == "__main__":
    main()
