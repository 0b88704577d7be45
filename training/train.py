"""Stage 3: train one student.

    python -m training.train STUDENT --data DIR --work DIR [--epochs N] [--clean] [--later]

STUDENT is finder, face, eyes, affect_teacher or affect; the last learns from the one before it, and that from labels.

Checkpoint, configuration and log lie in WORK/runs/<task>; the same command goes on where it was stopped.
Uses a GPU where there is one, several under `torchrun --nproc-per-node=N -m training.train …` (each process draws its
part of every batch), bfloat16 where the processor has it. With --clean a student learns from nothing but the
simulator and CC BY material (runs/clean_student.sh); there is no clean affect network. With --later a trained eye
network learns on, but only in the layers that are told how the head is turned: the others stay bit for bit.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.networks import NETWORKS, TEACHERS

TAUGHT_BY = {"affect": "affect_teacher"}  # its logits go behind the student's targets
BATCH = 128
AVERAGE = 0.998  # of the weights that are exported: a running mean is calmer than the last step


def make_task(name: str, data: Path, work: Path, *, clean: bool = False, later: bool = False) -> Any:
    """The task of one student, imported when asked for."""
    if name == "eyes":
        from training.eyes import EyesTask  # noqa: PLC0415  # one task's data set, not all four

        return EyesTask(data, work, clean=clean, later=later)
    if later:
        raise SystemExit(f"{name}: --later is for the eye network; leave it out")
    if name == "face":
        from training.face import FaceTask as Task  # noqa: PLC0415
    elif name == "finder":
        from training.finder import FinderTask as Task  # noqa: PLC0415
    elif clean:
        raise SystemExit("affect: no source of expressions is cleared (training/licences.py): it has no clean variant")
    else:
        from training.affect import AffectTask as Task  # noqa: PLC0415

        return Task(data, work)
    return Task(data, work, clean=clean)


def kind(name: str) -> type[nn.Module]:
    """The network of this name, a student or a teacher."""
    return (NETWORKS | TEACHERS)[name]


def trained(name: str, work: Path) -> nn.Module:
    """The running mean of a student's weights."""
    file = work / "runs" / name / "last.pt"
    if not file.exists():
        raise SystemExit(f"{file}: missing; python -m training.train {name} makes it")
    state = torch.load(file, map_location="cpu", weights_only=True)
    model: nn.Module = kind(name)()
    model.load_state_dict(state["mean"])
    return model.eval()


class Team(NamedTuple):
    """The processes that train one student together, and which of them this is. The first alone writes and measures."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    @property
    def batch(self) -> int:
        """Samples that each draws."""
        if BATCH % self.size:
            raise SystemExit(f"{self.size} processes: a batch of {BATCH} cannot be dealt out evenly; start 2, 4, 8 …")
        return BATCH // self.size


def joined() -> Team:
    """The team that torchrun started, as its environment says; else alone."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return Team()
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return Team(distributed.get_rank(), size)


Sample = tuple[tuple[np.ndarray, ...], np.ndarray]  # the network's inputs, and the targets of the task's loss


class Batches(IterableDataset[tuple[list[Tensor], Tensor]]):
    """Endless batches of a task; the seed names process, worker and start, so none repeats another."""

    def __init__(self, task: Any, seed: int, team: Team) -> None:
        self.task, self.seed, self.team = task, seed, team

    def __iter__(self) -> Iterator[tuple[list[Tensor], Tensor]]:
        cv2.setNumThreads(1)
        info = get_worker_info()
        rng = np.random.default_rng((self.seed, info.id if info else 0, self.team.rank))
        cv2.setRNGSeed(int(rng.integers(2**31)))
        while True:
            samples: list[Sample] = [self.task.sample(rng) for _ in range(self.team.batch)]
            yield [_stacked(one) for one in zip(*(s[0] for s in samples), strict=True)], _stacked(s[1] for s in samples)


def _stacked(arrays: Iterable[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(list(arrays)).astype(np.float32))


class Run:
    """One student's training: model, running mean, optimiser, and where they are kept."""

    def __init__(self, name: str, work: Path, config: dict[str, Any], team: Team | None = None) -> None:
        self.team = team or Team()
        self.folder = folder = work / "runs" / name
        self.config = config
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.teacher = trained(TAUGHT_BY[name], work).to(self.device) if name in TAUGHT_BY else None
        torch.manual_seed(config["seed"])
        self.model: nn.Module = kind(name)().to(self.device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.model).eval()
        layers = self.model.named_children()
        self.held = [layer for name, layer in layers if config["later"] and name not in self.model.later]
        for layer in self.held:
            layer.requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=config["rate"], weight_decay=config["decay"])
        self.step = 0
        self.over = False  # a later stage has begun
        if (folder / "last.pt").exists():
            self._resume()
        # Its gradients are the mean of the team's: weights stay alike without another word.
        self.shared = DistributedDataParallel(self.model) if self.team.size > 1 else self.model
        if self.team.leads:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "config.json").write_text(json.dumps(config, indent=1))

    def _resume(self) -> None:
        state = torch.load(self.folder / "last.pt", map_location=self.device, weights_only=True)
        self.mean.load_state_dict(state["mean"])
        self.over = state["later"] and not self.config["later"]
        if state["later"] != self.config["later"]:  # a stage begins with what the one before would export
            self.model.load_state_dict(state["mean"])
            return
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        print(f"goes on at step {self.step}", flush=True)

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "mean": self.mean.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "later": self.config["later"],
        }
        torch.save(state, self.folder / "last.part")
        (self.folder / "last.part").rename(self.folder / "last.pt")

    def learn(self, task: Any, inputs: list[Tensor], targets: Tensor, steps: int) -> float:
        """One step; returns the loss."""
        for group in self.optimiser.param_groups:
            warm = min(1.0, (self.step + 1) / 200)
            group["lr"] = self.config["rate"] * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.step / steps)))
        self.model.train()
        for layer in self.held:
            layer.eval()
        inputs, targets = [one.to(self.device) for one in inputs], targets.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            outputs = self.shared(*inputs)
            if self.teacher is not None:
                with torch.no_grad():
                    targets = torch.cat([targets, *self.teacher(*inputs)], 1)
        loss = task.loss(tuple(o.float() for o in outputs), targets)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        keep = min(AVERAGE, self.step / (self.step + 10))
        with torch.no_grad():
            for ours, theirs in zip(self.mean.state_dict().values(), self.model.state_dict().values(), strict=True):
                ours.lerp_(theirs, 1 - keep) if ours.is_floating_point() else ours.copy_(theirs)
        return float(loss.detach())


def asked() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=sorted(NETWORKS | TEACHERS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clean", action="store_true", help="only sources that are cleared for a product")
    parser.add_argument("--later", action="store_true", help="of trained eyes, only what is told the head learns")
    parser.add_argument("--threads", type=int, help="of torch; more threads than free cores wait for each other")
    return parser.parse_args()


def main() -> None:
    args = asked()
    if args.threads:
        torch.set_num_threads(args.threads)
    config = {k: str(v) if isinstance(v, Path) else v for k, v in vars(args).items()}
    task = make_task(args.task, args.data, args.work, clean=args.clean, later=args.later)
    config["sources"] = task.sources
    team = joined()
    run = Run(args.task, args.work, config, team)
    if run.over:
        print(f"{args.task}: a later stage has begun; nothing left to learn here")
        return
    per_epoch = task.samples_per_epoch // BATCH
    steps = args.epochs * per_epoch
    batches = Batches(task, args.seed + run.step, team)
    loader = iter(DataLoader(batches, batch_size=None, num_workers=args.workers, prefetch_factor=8))
    began, losses = time.monotonic(), []
    while run.step < steps:
        losses.append(run.learn(task, *next(loader), steps))
        if run.step % per_epoch == 0:
            minutes = (time.monotonic() - began) / 60
            if team.leads:
                tell(run, task, {"loss": float(np.mean(losses)), "minutes": minutes}, per_epoch, steps)
            losses.clear()
    if team.size > 1:
        distributed.destroy_process_group()


def tell(run: Run, task: Any, told: dict[str, float], per_epoch: int, steps: int) -> None:
    """The line of an epoch; every fourth, and the last, is measured and kept."""
    line: dict[str, Any] = {"epoch": run.step // per_epoch, **told}
    if line["epoch"] % 4 == 0 or run.step >= steps:
        line |= task.score(copy.deepcopy(run.mean).to("cpu"))
        run.save()
    text = json.dumps({k: round(v, 4) for k, v in line.items()})
    print(text, flush=True)
    with (run.folder / "log.jsonl").open("a") as log:
        log.write(text + "\n")


if __name__ == "__main__":
    main()
