"""The face network's lessons: points, pose, mouth and "is this a face, well framed" from one patch.

Targets of one sample: [points 136, yaw, pitch, roll (units of 45 degrees, in the patch's frame), mouth, presence,
weight of all but presence].
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.augment import Picker, Rng, behind_a_hand, covered, photometric, texture
from training.data import MIRROR
from training.faces import CONTEXT_SIZE
from vision.angles import turn_image
from vision.preprocess import FACE_SIZE, box_of, face_patch, normalise

ANGLE_UNIT_DEG = 45.0
NEGATIVE = 0.25  # share of samples without a (well framed) face
# Points that the eye patches and five-point errors stand on count more than the soft outline of the jaw.
POINT_WEIGHT = np.ones(68, np.float32)
POINT_WEIGHT[:17] = 0.4
POINT_WEIGHT[36:48] = 2.5
POINT_WEIGHT[[30, 48, 54]] = 1.6
WING_WIDTH, WING_CURVE = 0.10, 0.02  # of the patch's unit: small errors keep a steep slope


def mirrored(image: np.ndarray, points: np.ndarray, angles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same face seen in a mirror; points in the unit of the picture."""
    flipped = points[MIRROR] * np.array([-1.0, 1.0], np.float32)
    return image[:, ::-1], flipped, angles * np.array([-1.0, 1.0, -1.0], np.float32)


class FaceTask:
    """What train.py needs: samples, a loss, a score."""

    name = "face"

    def __init__(self, data: Path, work: Path) -> None:  # noqa: ARG002  # every task is made alike
        faces = np.load(work / "faces.npz")
        learn = ~faces["held_out"] & (faces["inside"] > 0.35)
        self.table = {key: faces[key][learn] for key in ("image", "points", "angles", "mouth", "source", "eyes")}
        self.held = {key: faces[key][faces["held_out"]] for key in ("image", "points", "angles", "mouth", "source")}
        # Faces that say something rare – turned, tilted, mouth open, eyes shut – are shown more often.
        turned = np.abs(self.table["angles"]).max(axis=1) / 25.0
        rare = 1.0 + turned + 1.5 * self.table["mouth"] + 1.0 * (self.table["eyes"].min(axis=1) < 0.3)
        rare *= np.array([1.0, 0.7, 2.5, 1.2])[self.table["source"]]
        self.pick = Picker(rare)
        self.samples_per_epoch = 14_000

    def sample(self, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
        k = self.pick(rng)
        image, points, angles = self.table["image"][k], self.table["points"][k], self.table["angles"][k]
        if rng.random() < 0.5:
            image, points, angles = mirrored(image, points, angles)
        if rng.random() < NEGATIVE:
            return self.negative(image, points, rng)
        in_picture = (points + 1) * (CONTEXT_SIZE / 2) - 0.5
        spread = 1.0 if rng.random() < 0.7 else 2.2  # a tracked face, or the finder's first guess
        patch = face_patch(box_of(in_picture), rng.normal(0, 9 * spread))
        shift = np.clip(rng.normal(0, 0.035 * spread, 2), -0.15, 0.15) * patch.side_px
        patch = replace(
            patch,
            x_px=patch.x_px + shift[0],
            y_px=patch.y_px + shift[1],
            side_px=patch.side_px * float(np.exp(np.clip(rng.normal(0.02, 0.07 * spread), -0.3, 0.35))),
        )
        cut = patch.cut(np.ascontiguousarray(image))
        cover = rng.random()
        if cover < 0.2:
            cut = covered(cut, rng, 0.1, 0.5)
        elif cover < 0.45:
            cut = behind_a_hand(cut, self.skin(rng), rng)
        turned = np.array(turn_image(tuple(angles), -patch.roll_deg)) / ANGLE_UNIT_DEG
        target = np.concatenate(
            [patch.points_from_frame(in_picture).ravel(), turned, [self.table["mouth"][k], 1.0, 1.0]]
        )
        return normalise(photometric(cut, rng))[None], target

    def skin(self, rng: Rng) -> np.ndarray:
        """(FACE_SIZE, FACE_SIZE) from the middle of some face, blown up: mostly cheek."""
        image = self.table["image"][int(rng.integers(len(self.table["image"])))]
        reach = int(rng.integers(14, 30))
        x, y = rng.integers(-20, 20, 2) + CONTEXT_SIZE // 2
        return cv2.resize(image[y - reach : y + reach, x - reach : x + reach], (FACE_SIZE, FACE_SIZE))

    def negative(self, image: np.ndarray, points: np.ndarray, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
        """Surroundings, halves of faces, faces far too large or small, textures."""
        target = np.zeros(142)
        if rng.random() < 0.45:
            return normalise(photometric(texture(FACE_SIZE, rng), rng))[None], target
        in_picture = (points + 1) * (CONTEXT_SIZE / 2) - 0.5
        patch = face_patch(box_of(in_picture), rng.normal(0, 20))
        angle = rng.uniform(0, 2 * np.pi)
        if rng.random() < 0.75:
            away = patch.side_px * rng.uniform(0.55, 1.1)
            patch = replace(patch, x_px=patch.x_px + away * np.cos(angle), y_px=patch.y_px + away * np.sin(angle))
            patch = replace(patch, side_px=patch.side_px * rng.uniform(0.4, 1.2))
        else:
            patch = replace(patch, side_px=patch.side_px * rng.uniform(0.15, 0.4))
        return normalise(photometric(patch.cut(np.ascontiguousarray(image)), rng))[None], target

    @staticmethod
    def loss(outputs: tuple[Tensor, ...], targets: Tensor) -> Tensor:
        points, head, mouth, presence = outputs
        weight = targets[:, 141]
        error = (points - targets[:, :136]).abs()
        wing = WING_WIDTH * torch.log1p(error / WING_CURVE)
        each = torch.from_numpy(np.repeat(POINT_WEIGHT, 2)).to(error.device)
        pose = nn.functional.smooth_l1_loss(head, targets[:, 136:139], beta=0.1, reduction="none").mean(1)
        gape = nn.functional.smooth_l1_loss(mouth[:, 0], targets[:, 139], beta=0.1, reduction="none")
        seen = nn.functional.binary_cross_entropy_with_logits(presence[:, 0], targets[:, 140])
        return ((wing * each).mean(1) * 10.0 + 3.0 * pose + 2.0 * gape).mul(weight).mean() + 0.3 * seen

    def score(self, model: nn.Module) -> dict[str, float]:
        """Errors on people who are held out, patches framed as a track frames them."""
        inputs, patches = [], []
        for image, points in zip(self.held["image"], self.held["points"], strict=True):
            patch = face_patch(box_of((points + 1) * (CONTEXT_SIZE / 2) - 0.5))
            patches.append(patch)
            inputs.append(normalise(patch.cut(image))[None])
        with torch.no_grad():
            points, head, mouth, presence = (o.numpy() for o in model(torch.from_numpy(np.stack(inputs))))
        out: dict[str, float] = {"presence_recall": float((presence > 0).mean())}
        truth = (self.held["points"] + 1) * (CONTEXT_SIZE / 2) - 0.5
        ours = np.stack([p.points_to_frame(u.reshape(68, 2)) for p, u in zip(patches, points, strict=True)])
        between = np.linalg.norm(truth[:, 36] - truth[:, 45], axis=1)
        for k, source in enumerate(("ytf", "mux", "yawdd", "videos")):
            pick = self.held["source"] == k
            out[f"{source}_nme"] = float((np.linalg.norm(ours - truth, axis=2).mean(1) / between)[pick].mean())
            five = np.linalg.norm(_five(ours) - _five(truth), axis=2).mean(1) / between
            out[f"{source}_nme5"] = float(five[pick].mean())
            error = np.abs(head * ANGLE_UNIT_DEG - self.held["angles"])[pick]
            out[f"{source}_yaw_mae"], out[f"{source}_pitch_mae"] = float(error[:, 0].mean()), float(error[:, 1].mean())
            out[f"{source}_mouth_mae"] = float(np.abs(mouth[:, 0] - self.held["mouth"])[pick].mean())
        return out


def _five(points: np.ndarray) -> np.ndarray:
    """(n, 5, 2): eye centres, nose tip, mouth corners of (n, 68, 2)."""
    eyes = [points[:, 36:42].mean(1), points[:, 42:48].mean(1)]
    return np.stack([*eyes, points[:, 30], points[:, 48], points[:, 54]], 1)
