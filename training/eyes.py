"""The eye network's lessons: hard labels from eye patches, soft ones from faces, and what is no eye at all.

Targets of one sample: [openness, openness' kind, closed or −1, visible]. Kinds: 0 nothing known, 1 the value,
2 at least the value, 3 at most the value.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.augment import Picker, Rng, covered, photometric, texture
from training.data import held_out, nir_like, person, rows, source_dir
from training.faces import EYE_CONTEXT_MARGIN, EYE_CONTEXT_SIZE
from vision.preprocess import EYE_SIZE, normalise

STORED = EYE_CONTEXT_SIZE
UNKNOWN, EXACT, AT_LEAST, AT_MOST = 0.0, 1.0, 2.0, 3.0
HARD_TARGETS = {
    "open": (0.55, AT_LEAST, 0.0),
    "open_tagged_blink": (0.0, UNKNOWN, -1.0),
    "partial": (0.6, AT_MOST, -1.0),
    "closed": (0.0, EXACT, 1.0),
}
# How often an epoch shows one patch of a source: rare light and rare states more often.
REPEAT = {"cew_eyes": 2.0, "web_eyes": 3.0, "nir_eyes": 0.6, "nir_closed": 8.0, "faces": 0.7, "faces_closed": 1.5}
INVISIBLE = 0.15  # share of samples that show no eye
SOFT_CLOSED, SOFT_OPEN = 0.15, 0.45  # openness below and above which a teacher's word counts as a state


@dataclass(frozen=True)
class Patches:
    """A set of stored patches, their targets and how often to show each."""

    images: np.ndarray  # (n, STORED, STORED) uint8
    targets: np.ndarray  # (n, 4)
    chance: np.ndarray  # (n,)
    shrink: np.ndarray  # (n,) side of the product's patch over the side of the stored one


def hard_patches(data: Path, work: Path, source: str, want_held_out: bool) -> Patches:
    """One of the eye-patch sources; the whole picture is the product's patch."""
    folder = source_dir(data, work, source)
    images, targets, chance = [], [], []
    for row in rows(folder):
        if held_out(person(row)) != want_held_out:
            continue
        image = nir_like(cv2.imread(str(folder / row["file"])))
        method = cv2.INTER_AREA if min(image.shape) > STORED else cv2.INTER_LINEAR
        images.append(cv2.resize(image, (STORED, STORED), interpolation=method))
        targets.append((*HARD_TARGETS[row["state"]], 1.0))
        chance.append(REPEAT["nir_closed" if source == "nir_eyes" and row["state"] == "closed" else source])
    return Patches(np.array(images), np.array(targets, np.float32), np.array(chance), np.ones(len(images)))


def soft_patches(work: Path, want_held_out: bool) -> Patches:
    """Eyes of whole faces with the teachers' openness."""
    faces = np.load(work / "faces.npz")
    keep = faces["held_out"] == want_held_out
    yaw = np.repeat(faces["angles"][keep][:, 0], 2).reshape(-1, 2)
    opened = faces["eyes"][keep]
    # The far eye of a turned head is the teacher's guess.
    known = np.stack([yaw[:, 0] < 35, yaw[:, 1] > -35], 1)
    closed = np.where(opened < SOFT_CLOSED, 1.0, np.where(opened > SOFT_OPEN, 0.0, -1.0))
    targets = np.stack(
        [opened, np.where(known, EXACT, UNKNOWN), np.where(known, closed, -1.0), np.ones_like(opened)], 2
    )
    both = targets.reshape(-1, 4).astype(np.float32)
    chance = np.where(both[:, 2] == 1.0, REPEAT["faces_closed"], REPEAT["faces"])
    images = faces["eye_image"][keep].reshape(-1, STORED, STORED)
    return Patches(images, both, chance, np.full(len(both), 1 / EYE_CONTEXT_MARGIN))


def no_eye(image: np.ndarray, elsewhere: np.ndarray, rng: Rng) -> np.ndarray:
    """A patch in which no eye can be judged."""
    kind = rng.random()
    if kind < 0.35:
        return covered(image, rng, 0.9, 1.4)
    if kind < 0.5:
        return texture(STORED, rng)
    return elsewhere


class EyesTask:
    """What train.py needs: samples, a loss, a score."""

    name = "eyes"

    def __init__(self, data: Path, work: Path) -> None:
        sets = [hard_patches(data, work, s, False) for s in ("cew_eyes", "web_eyes", "nir_eyes")]
        sets.append(soft_patches(work, False))
        self.images = np.concatenate([s.images for s in sets])
        self.targets = np.concatenate([s.targets for s in sets])
        self.shrink = np.concatenate([s.shrink for s in sets])
        chance = np.concatenate([s.chance for s in sets])
        self.samples_per_epoch = int(chance.sum())
        self.pick = Picker(chance)
        faces = np.load(work / "faces.npz")
        self.faces = faces["image"][~faces["held_out"]]
        self.face_points = faces["points"][~faces["held_out"]]
        self.data, self.work = data, work

    def elsewhere(self, rng: Rng) -> np.ndarray:
        """A patch of a face or its surroundings that holds no eye."""
        k = int(rng.integers(len(self.faces)))
        size = self.faces.shape[1]
        points = (self.face_points[k] + 1) * size / 2
        eyes = np.stack([points[36:42].mean(0), points[42:48].mean(0)])
        width = np.linalg.norm(points[36] - points[39])
        side = width * rng.uniform(1.2, 2.4)
        for _ in range(8):
            centre = points[rng.integers(68)] + rng.normal(0, side / 2, 2)
            if np.linalg.norm(eyes - centre, axis=1).min() > 0.75 * side:
                break
        else:
            return texture(STORED, rng)
        patch = cv2.getRectSubPix(self.faces[k], (max(int(side), 4),) * 2, (float(centre[0]), float(centre[1])))
        return cv2.resize(patch, (STORED, STORED))

    def sample(self, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
        k = self.pick(rng)
        image, target = self.images[k], self.targets[k]
        if rng.random() < INVISIBLE:
            image, target = no_eye(image, self.elsewhere(rng), rng), np.array([0, UNKNOWN, -1, 0], np.float32)
        elif rng.random() < 0.15:
            image = covered(image, rng, 0.1, 0.35)
        scale = self.shrink[k] * np.exp(rng.uniform(-0.28, 0.18)) * STORED / EYE_SIZE
        angle = np.radians(rng.normal(0, 8))
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
        if rng.random() < 0.5:
            matrix[:, 0] *= -1
        shift = rng.normal(0, 0.045, 2) * STORED * self.shrink[k]
        offset = (STORED - 1) / 2 + shift - matrix @ np.full(2, (EYE_SIZE - 1) / 2)
        image = cv2.warpAffine(
            image, np.column_stack([matrix, offset]), (EYE_SIZE, EYE_SIZE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        return normalise(photometric(image, rng))[None], target

    @staticmethod
    def loss(outputs: tuple[Tensor, ...], targets: Tensor) -> Tensor:
        openness, closed, visible = (o[:, 0] for o in outputs)
        value, kind, state, seen = targets.unbind(1)
        error = openness - value
        off = torch.where(kind == AT_LEAST, error.clamp(max=0), torch.where(kind == AT_MOST, error.clamp(min=0), error))
        exact = nn.functional.smooth_l1_loss(off, torch.zeros_like(off), beta=0.1, reduction="none")
        exact = (exact * (kind != UNKNOWN)).mean()
        smooth = state.clamp(0.02, 0.98)
        state_loss = nn.functional.binary_cross_entropy_with_logits(closed, smooth, reduction="none")
        state_loss = (state_loss * (state >= 0)).mean()
        return state_loss + 2.0 * exact + 0.5 * nn.functional.binary_cross_entropy_with_logits(visible, seen)

    def score(self, model: nn.Module) -> dict[str, float]:
        """Balanced accuracy at 0.5 by source, on people who are held out."""
        out: dict[str, float] = {}
        sets = {s: hard_patches(self.data, self.work, s, True) for s in ("cew_eyes", "web_eyes", "nir_eyes")}
        sets["faces"] = soft_patches(self.work, True)
        for name, patches in sets.items():
            inputs = np.stack([normalise(_centre(i, s)) for i, s in zip(patches.images, patches.shrink, strict=True)])
            with torch.no_grad():
                openness, closed, visible = (o[:, 0].numpy() for o in model(torch.from_numpy(inputs[:, None])))
            state = patches.targets[:, 2]
            recall = [float(np.mean((closed[state == s] > 0) == bool(s))) for s in (0, 1) if (state == s).any()]
            out[f"{name}_balanced"] = float(np.mean(recall))
            out[f"{name}_visible"] = float(np.mean(visible > 0))
            exact = patches.targets[:, 1] == EXACT
            out[f"{name}_openness_mae"] = float(np.abs(openness - patches.targets[:, 0])[exact].mean())
        return out


def _centre(image: np.ndarray, shrink: float) -> np.ndarray:
    """What the product would cut from a stored patch."""
    side = round(STORED * shrink)
    start = (STORED - side) // 2
    method = cv2.INTER_AREA if side > EYE_SIZE else cv2.INTER_LINEAR
    return cv2.resize(image[start : start + side, start : start + side], (EYE_SIZE, EYE_SIZE), interpolation=method)
