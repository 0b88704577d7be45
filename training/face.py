"""The face network's lessons: points, pose, mouth and "is this a face, well framed" from one patch.

Real faces have the teachers' labels, synthetic ones the simulator's truth; the clean variant sees synthetic ones alone
and learns the simulator's points as they are. Targets of one sample, by the slices below:
angles in units of 45 degrees in the patch's frame; what nobody knows has weight 0.
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
from training.faces import SOURCES as REAL_SOURCES
from training.metrics import Claims, auc
from vision.angles import turn_image
from vision.face import COVERS
from vision.preprocess import ANGLE_UNIT_DEG, FACE_SIZE, Patch, box_of, face_patch, normalise, unit_to_px

SOURCES = (*REAL_SOURCES, "synthetic")

POINTS, HEAD, MOUTH, PRESENCE = slice(0, 136), slice(136, 139), 139, 140
COVER = slice(141, 146)
POINT_WEIGHTS, REST_WEIGHT, MOUTH_WEIGHT, COVER_WEIGHTS = slice(146, 214), 214, 215, slice(216, 221)
TARGETS = 221
NEGATIVE = 0.25  # share of samples without a (well framed) face
# Points that the eye patches and five-point errors stand on count more than the soft outline of the jaw.
POINT_WEIGHT = np.ones(68, np.float32)
POINT_WEIGHT[:17] = 0.4
POINT_WEIGHT[36:48] = 2.5
POINT_WEIGHT[[30, 48, 54]] = 1.6
# Where a face's outline and its brows lie is a matter of convention: the simulator's word counts for little there.
SYNTHETIC_WEIGHT = POINT_WEIGHT * np.where(np.arange(68) < 27, 0.25, 1.0).astype(np.float32)
# Nobody wears a mask on pictures of the years before 2010; the rest is not known of real faces.
REAL_COVERS, REAL_COVER_WEIGHTS = np.zeros(5, np.float32), np.array([0, 0, 1, 0, 0], np.float32)
SYNTHETIC_SHARE = 0.45
WING_WIDTH, WING_CURVE = 0.10, 0.02  # of the patch's unit: small errors keep a steep slope
# … and so do those of the head: 1.3 degrees is where the slope ends; with 4.5 and a third of the weight it stayed at
# 2.5 degrees on the very stills it learned from (LOG.md).
POSE_LOSS, POSE_CURVE = 10.0, 0.03
# Share of samples framed by a track that slid off, how far, in sides of the patch, and its side over the right one.
LOST, LOST_SHIFT, LOST_SIDE = 0.15, 0.3, (0.62, 1.5)
# Closer than that it is a part of a face and no face: points shrink onto an ear or a lens otherwise, and stay there.
PART_SHIFT, PART_SIDE = 0.5, (0.12, 0.5)


def mirrored(image: np.ndarray, points: np.ndarray, angles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same face seen in a mirror; points in the unit of the picture."""
    flipped = points[MIRROR] * np.array([-1.0, 1.0], np.float32)
    return image[:, ::-1], flipped, angles * np.array([-1.0, 1.0, -1.0], np.float32)


UNUSED = {"eye_image", "iris", "gaze", "closed", "seen"}  # what only the eye network learns


def synthetic_faces(work: Path) -> dict[str, np.ndarray]:
    """The stills of synth.npz."""
    synth = dict(np.load(work / "synth.npz"))
    made = len(synth["mouth"])
    synth |= {"source": np.full(made, SOURCES.index("synthetic")), "cover_weights": np.ones((made, 5), np.float32)}
    return {key: value for key, value in synth.items() if key not in UNUSED}


def tables(work: Path) -> dict[str, np.ndarray]:
    """Real and synthetic faces in one table."""
    real, synth = dict(np.load(work / "faces.npz")), synthetic_faces(work)
    count = len(real["mouth"])
    real |= {"covers": np.tile(REAL_COVERS, (count, 1)), "cover_weights": np.tile(REAL_COVER_WEIGHTS, (count, 1))}
    return {key: np.concatenate([real[key], synth[key]]) for key in sorted(set(real) & set(synth))}


def chances(table: dict[str, np.ndarray]) -> np.ndarray:
    """How often to show each: what is rare more often – turned, tilted, mouth open, eyes shut."""
    turned = np.abs(table["angles"]).max(axis=1) / 25.0
    rare = 1.0 + turned + 1.5 * table["mouth"] + 1.0 * (table["eyes"].min(axis=1) < 0.3)
    rare *= np.array([1.0, 0.7, 2.5, 1.2, 0.6, 1.0])[table["source"]]
    synthetic = table["source"] == SOURCES.index("synthetic")
    if synthetic.all():
        return rare
    share = rare[synthetic].sum() / rare.sum()
    return np.where(synthetic, rare * SYNTHETIC_SHARE / share, rare * (1 - SYNTHETIC_SHARE) / (1 - share))


class FaceTask:
    """What train.py needs: samples, a loss, a score."""

    name = "face"

    def __init__(self, data: Path, work: Path, *, clean: bool = False) -> None:  # noqa: ARG002  # all are made alike
        table = synthetic_faces(work) if clean else tables(work)
        self.sources = (*(() if clean else REAL_SOURCES), "simulator")  # for licences.py: what is learned from
        self.synthetic_weight = POINT_WEIGHT if clean else SYNTHETIC_WEIGHT
        learn = ~table["held_out"] & (table["inside"] > 0.35)
        self.table = {key: value[learn] for key, value in table.items()}
        self.held = {key: value[table["held_out"]] for key, value in table.items()}
        self.pick = Picker(chances(self.table))
        self.samples_per_epoch = 20_000

    def sample(self, rng: Rng) -> tuple[tuple[np.ndarray], np.ndarray]:
        k = self.pick(rng)
        image, points, angles = self.table["image"][k], self.table["points"][k], self.table["angles"][k]
        if rng.random() < 0.5:
            image, points, angles = mirrored(image, points, angles)
        in_picture = unit_to_px(points, CONTEXT_SIZE)
        if rng.random() < NEGATIVE:
            return self.negative(image, in_picture, rng)
        patch = shaken(face_patch(box_of(in_picture), 0.0), rng)
        target = self.target(k)
        target[POINTS] = patch.points_from_frame(in_picture).ravel()
        target[HEAD] = np.array(turn_image(tuple(angles), -patch.roll_deg)) / ANGLE_UNIT_DEG
        cut = self.dressed(patch.cut(np.ascontiguousarray(image)), target, rng)
        return (normalise(photometric(cut, rng))[None],), target

    def target(self, k: int) -> np.ndarray:
        """What is known of face k, however it is cut."""
        target = np.zeros(TARGETS, np.float32)
        synthetic = self.table["source"][k] == SOURCES.index("synthetic")
        target[COVER], target[COVER_WEIGHTS] = self.table["covers"][k], self.table["cover_weights"][k]
        target[MOUTH], target[MOUTH_WEIGHT] = self.table["mouth"][k], 1.0 - self.table["covers"][k][-1]
        target[POINT_WEIGHTS] = self.synthetic_weight if synthetic else POINT_WEIGHT
        target[PRESENCE] = target[REST_WEIGHT] = 1.0
        return target

    def dressed(self, cut: np.ndarray, target: np.ndarray, rng: Rng) -> np.ndarray:
        """Something drawn over some of the faces; what is worn is not known then."""
        cover = rng.random()
        if cover >= 0.4:
            return cut
        target[COVER_WEIGHTS] = 0.0
        return covered(cut, rng, 0.1, 0.5) if cover < 0.2 else behind_a_hand(cut, self.skin(rng), rng)

    def skin(self, rng: Rng) -> np.ndarray:
        """(FACE_SIZE, FACE_SIZE) from the middle of some face, blown up: mostly cheek."""
        image = self.table["image"][int(rng.integers(len(self.table["image"])))]
        reach = int(rng.integers(14, 30))
        x, y = rng.integers(-20, 20, 2) + CONTEXT_SIZE // 2
        return cv2.resize(image[y - reach : y + reach, x - reach : x + reach], (FACE_SIZE, FACE_SIZE))

    def negative(self, image: np.ndarray, in_picture: np.ndarray, rng: Rng) -> tuple[tuple[np.ndarray], np.ndarray]:
        """Surroundings, halves of faces, an ear or a lens of one, textures."""
        target, kind = np.zeros(TARGETS, np.float32), rng.random()
        if kind < 0.3:
            return (normalise(photometric(texture(FACE_SIZE, rng), rng))[None],), target
        away, side = ((0.55, 1.1), (0.4, 1.2)) if kind < 0.6 else ((0.0, PART_SHIFT), PART_SIDE)
        patch = face_patch(box_of(in_picture), rng.normal(0, 20))
        angle, away_px = rng.uniform(0, 2 * np.pi), patch.side_px * rng.uniform(*away)
        patch = replace(
            patch,
            x_px=patch.x_px + away_px * np.cos(angle),
            y_px=patch.y_px + away_px * np.sin(angle),
            side_px=patch.side_px * rng.uniform(*side),
        )
        return (normalise(photometric(patch.cut(np.ascontiguousarray(image)), rng))[None],), target

    @staticmethod
    def loss(outputs: tuple[Tensor, ...], targets: Tensor) -> Tensor:
        points, head, mouth, presence, covers = outputs
        each = targets[:, POINT_WEIGHTS].repeat_interleave(2, dim=1)
        wing = WING_WIDTH * torch.log1p((points - targets[:, POINTS]).abs() / WING_CURVE)
        pose = nn.functional.smooth_l1_loss(head, targets[:, HEAD], beta=POSE_CURVE, reduction="none").mean(1)
        gape = nn.functional.smooth_l1_loss(mouth[:, 0], targets[:, MOUTH], beta=0.1, reduction="none")
        over = nn.functional.binary_cross_entropy_with_logits(covers, targets[:, COVER], reduction="none")
        seen = nn.functional.binary_cross_entropy_with_logits(presence[:, 0], targets[:, PRESENCE])
        known = targets[:, REST_WEIGHT]
        rest = (10.0 * (wing * each).mean(1) + POSE_LOSS * pose) * known + 2.0 * gape * targets[:, MOUTH_WEIGHT]
        return rest.mean() + 0.3 * seen + 0.5 * (over * targets[:, COVER_WEIGHTS]).sum(1).mean()

    def claims(self, model: nn.Module) -> Claims:
        """What calibrate.py holds against the truth: what lies over a synthetic face."""
        made = self.held["source"] == SOURCES.index("synthetic")
        _, told = self.looked(model)
        worn = self.held["covers"][made] > 0.5
        return {name: [(told[4][made, k], worn[:, k])] for k, name in enumerate(COVERS)}

    def looked(self, model: nn.Module) -> tuple[list[Patch], tuple[np.ndarray, ...]]:
        """Patches framed as a track frames them, of people who are held out, and what the model says of them."""
        inputs, patches = [], []
        for image, points in zip(self.held["image"], self.held["points"], strict=True):
            patch = face_patch(box_of(unit_to_px(points, CONTEXT_SIZE)))
            patches.append(patch)
            inputs.append(normalise(patch.cut(image))[None])
        with torch.no_grad():
            return patches, tuple(o.numpy() for o in model(torch.from_numpy(np.stack(inputs))))

    def score(self, model: nn.Module) -> dict[str, float]:
        """Errors on people who are held out."""
        patches, (points, head, mouth, presence, covers) = self.looked(model)
        out: dict[str, float] = {"presence_recall": float((presence > 0).mean())}
        truth = unit_to_px(self.held["points"], CONTEXT_SIZE)
        ours = np.stack([p.points_to_frame(u.reshape(68, 2)) for p, u in zip(patches, points, strict=True)])
        between = np.linalg.norm(truth[:, 36] - truth[:, 45], axis=1)
        for k in np.unique(self.held["source"]):
            source, pick = SOURCES[k], self.held["source"] == k
            out[f"{source}_nme"] = float((np.linalg.norm(ours - truth, axis=2).mean(1) / between)[pick].mean())
            five = np.linalg.norm(_five(ours) - _five(truth), axis=2).mean(1) / between
            out[f"{source}_nme5"] = float(five[pick].mean())
            error = np.abs(head * ANGLE_UNIT_DEG - self.held["angles"])[pick]
            out[f"{source}_yaw_mae"], out[f"{source}_pitch_mae"] = float(error[:, 0].mean()), float(error[:, 1].mean())
            out[f"{source}_mouth_mae"] = float(np.abs(mouth[:, 0] - self.held["mouth"])[pick].mean())
        made = self.held["source"] == SOURCES.index("synthetic")
        for k, name in enumerate(COVERS):
            out[f"{name}_auc"] = auc(covers[made, k], self.held["covers"][made, k] > 0.5)
        return out


def shaken(patch: Patch, rng: Rng) -> Patch:
    """Cut as a track would cut it, as the finder's first guess would, or by points that settled beside the face."""
    spread = 1.0 if rng.random() < 0.7 else 2.2
    shift = np.clip(rng.normal(0, 0.035 * spread, 2), -0.15, 0.15)
    side = np.exp(np.clip(rng.normal(0.02, 0.07 * spread), -0.3, 0.35))
    if rng.random() < LOST:
        shift, side = rng.uniform(-LOST_SHIFT, LOST_SHIFT, 2), np.exp(rng.uniform(*np.log(LOST_SIDE)))
    return replace(
        patch,
        x_px=patch.x_px + shift[0] * patch.side_px,
        y_px=patch.y_px + shift[1] * patch.side_px,
        side_px=patch.side_px * float(side),
        roll_deg=float(rng.normal(0, 9 * spread)),
    )


def _five(points: np.ndarray) -> np.ndarray:
    """(n, 5, 2): eye centres, nose tip, mouth corners of (n, 68, 2)."""
    eyes = [points[:, 36:42].mean(1), points[:, 42:48].mean(1)]
    return np.stack([*eyes, points[:, 30], points[:, 48], points[:, 54]], 1)
