"""The affect network's lessons: seven expressions, on crops cut exactly as the product cuts them.

    python -m training.affect --data DIR --work DIR [--models vision/models]

writes WORK/affect.npz: the product's face network finds the points in each picture; pictures in which it finds no
face are dropped (the source holds some that show none). A sample's target is the class index.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rich.progress import track
from torch import Tensor, nn

from training.augment import Picker, Rng, covered, photometric
from training.data import aside, nir_like, rows, source_dir
from training.metrics import balanced
from vision.face import FaceNetwork
from vision.model import load
from vision.preprocess import AFFECT_SIZE, FACE_SIZE, Patch, affect_patch, face_patch, face_roll_deg, normalise
from vision.types import EXPRESSIONS

STORED, ROOM = 80, 1.25  # px of a stored crop, and its side over the product's own
LEAST_PRESENCE = 0.3
TIGHT = 1.25  # sources that are tight crops: the first look's side over the picture's
NAMES = {"angry": "anger", "happy": "happiness", "sad": "sadness"}
SOURCES = ("fer2013", "muxspace")
SOFTNESS, TRUST = 2.0, 0.8  # temperature of the teacher's word, and its weight beside the labels, which are noisy
MUXSPACE_CHANCE = 0.5  # students' labels, nearly all neutral or happy


def crop(face: FaceNetwork, grey: np.ndarray) -> np.ndarray | None:
    """(STORED, STORED) around the face that fills the picture; None where there is none."""
    high, wide = grey.shape
    patch = Patch(wide / 2, high / 2, TIGHT * min(wide, high), 0.0, FACE_SIZE)
    for _ in range(3):
        reading = face.measure(grey, patch)
        patch = face_patch(reading.box_px, face_roll_deg(reading.points_px))
    if reading.presence < LEAST_PRESENCE:
        return None
    own = affect_patch(reading.points_px)
    return replace(own, side_px=ROOM * own.side_px, size=STORED).cut(grey)


def prepare(data: Path, work: Path, models: Path) -> None:
    """Write WORK/affect.npz."""
    face = FaceNetwork(load("face", models))
    kept: dict[str, list[Any]] = {"image": [], "label": [], "held_out": [], "source": []}
    for k, source in enumerate(SOURCES):
        folder, dropped = source_dir(data, work, source), 0
        for row in track(rows(folder), source):
            name = NAMES.get(row["emotion"], row["emotion"])
            if name not in EXPRESSIONS:
                continue
            image = crop(face, nir_like(cv2.imread(str(folder / row["file"]))))
            if image is None:
                dropped += 1
                continue
            for key, value in zip(kept, (image, EXPRESSIONS.index(name), aside(row), k), strict=True):
                kept[key].append(value)
        print(f"{source}: no face in {dropped}", flush=True)
    np.savez(work / "affect.npz", **{key: np.array(value) for key, value in kept.items()})


class AffectTask:
    """What train.py needs: samples, a loss, a score."""

    name = "affect"
    sources = SOURCES  # see licences.py

    def __init__(self, data: Path, work: Path) -> None:  # noqa: ARG002  # every task is made alike
        table = np.load(work / "affect.npz")
        learn = ~table["held_out"]
        self.images, self.labels = table["image"][learn], table["label"][learn]
        counts = np.bincount(self.labels, minlength=len(EXPRESSIONS))
        chance = (1.0 / np.sqrt(counts))[self.labels] * np.array([1.0, MUXSPACE_CHANCE])[table["source"][learn]]
        self.pick = Picker(chance)
        fer = ~learn & (table["source"] == 0)
        self.held = {"image": table["image"][fer], "label": table["label"][fer]}
        self.samples_per_epoch = 26_000

    def sample(self, rng: Rng) -> tuple[tuple[np.ndarray], np.ndarray]:
        k = self.pick(rng)
        own = Patch((STORED - 1) / 2, (STORED - 1) / 2, STORED / ROOM, float(rng.normal(0, 6)), AFFECT_SIZE)
        shift = rng.normal(0, 0.03, 2) * own.side_px
        side = own.side_px * float(np.exp(rng.normal(0, 0.07)))
        patch = replace(own, x_px=own.x_px + shift[0], y_px=own.y_px + shift[1], side_px=side)
        image = patch.cut(np.ascontiguousarray(self.images[k][:, ::-1] if rng.random() < 0.5 else self.images[k]))
        if rng.random() < 0.3:
            image = covered(image, rng, 0.1, 0.4)
        return (normalise(photometric(image, rng, 0.6))[None],), np.array([self.labels[k]], np.float32)

    @staticmethod
    def loss(outputs: tuple[Tensor, ...], targets: Tensor) -> Tensor:
        """Targets (n, 1) the label, or (n, 8) with the teacher's logits behind it (train.py)."""
        hard = nn.functional.cross_entropy(outputs[0], targets[:, 0].long(), label_smoothing=0.1)
        if targets.shape[1] == 1:
            return hard
        told = (targets[:, 1:] / SOFTNESS).softmax(1)
        soft = SOFTNESS**2 * nn.functional.cross_entropy(outputs[0] / SOFTNESS, told)
        return (1 - TRUST) * hard + TRUST * soft

    def score(self, model: nn.Module) -> dict[str, float]:
        """Accuracy and unweighted recall on fer2013's own validation split."""
        middle = Patch((STORED - 1) / 2, (STORED - 1) / 2, STORED / ROOM, 0.0, AFFECT_SIZE)
        inputs = np.stack([normalise(middle.cut(image))[None] for image in self.held["image"]])
        with torch.no_grad():
            guess = np.concatenate(
                [model(torch.from_numpy(b))[0].argmax(1).numpy() for b in np.array_split(inputs, 20)]
            )
        truth = self.held["label"]
        return {"accuracy": float((guess == truth).mean()), "unweighted_recall": balanced(guess, truth)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("vision/models"))
    args = parser.parse_args()
    prepare(args.data, args.work, args.models)


if __name__ == "__main__":
    main()
