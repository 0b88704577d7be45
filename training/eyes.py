"""The eye network's lessons: hard labels from eye patches, soft and exact ones from faces, and what is no eye at all.

Real faces have the teachers' labels, synthetic ones the simulator's truth; the clean variant sees synthetic faces and
the eye patches that are CC BY. Targets of one sample, by the slices below.
Kinds of openness: 0 nothing known, 1 the value, 2 at least the value, 3 at most the value. Closed is a probability or
−1; gaze and iris carry a weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.augment import Picker, Rng, covered, photometric, texture
from training.data import held_out, nir_like, person, rows, source_dir
from training.faces import EYE_CONTEXT_MARGIN, LARGE_SOURCES, SOURCES, TINY
from training.framing import STORED, framing, reframed, turned
from training.metrics import Claims, auc
from vision.angles import turn_image
from vision.preprocess import ANGLE_UNIT_DEG, EYE_SIZE, face_roll_deg, normalise

OPENNESS, KIND, CLOSED, VISIBLE, GAZE_WEIGHT, IRIS_WEIGHT = range(6)
GAZE, IRIS = slice(6, 8), slice(8, 10)  # degrees in the stored patch's frame, then in the network's unit; patch's unit
GLASSES, GLASSES_WEIGHT = 10, 11
TARGETS = 12
UNKNOWN, EXACT, AT_LEAST, AT_MOST = 0.0, 1.0, 2.0, 3.0
HARD_TARGETS = {
    "open": (0.55, AT_LEAST, 0.0),
    "open_tagged_blink": (0.0, UNKNOWN, -1.0),
    "partial": (0.6, AT_MOST, -1.0),
    "closed": (0.0, EXACT, 1.0),
}
# How often an epoch shows one patch of a source: rare light and rare states more often.
REPEAT = {
    "cew_eyes": 3.0, "web_eyes": 3.0, "nir_eyes": 0.6, "nir_closed": 8.0,
    "faces": 0.7, "shut": 2.0, "synth": 0.6, "far": 3.0,
}  # fmt: skip
FAR_DEG = 20.0  # eyes turned further in the head are "far"
HARD_SOURCES = ("cew_eyes", "web_eyes", "nir_eyes")
CLEARED_PART = "meye_human"  # of nir_eyes: column `source`
INVISIBLE = 0.12  # share of samples that are made to show no eye
# Weight of the openness, and up to where its slope grows. In layers of its own it may be loud; where it shares them
# with the lids' state, the same weight cost a point of closed eyes (LOG.md).
OPENING_LOSS, LATER_OPENING_LOSS = (2.0, 0.1), (10.0, 0.05)
GAZE_LOSS, IRIS_LOSS = 10.0, 20.0  # errors are small numbers there; with 2.0 nothing was learned of a gaze's pitch
DOUBT_LOSS = 0.1  # it moves the layers below, which have better things to learn
REAL_IRIS = 0.3  # weight of the teacher's word beside the simulator's truth
TURNED_DEG = 35.0  # beyond this yaw the far eye of a real face is the teacher's guess
HEAD_NOISE_DEG = 3.0  # σ of the head pose that the gaze is given: the face network's own error


@dataclass(frozen=True)
class Patches:
    """A set of stored patches, their targets and how often to show each."""

    images: np.ndarray  # (n, STORED, STORED) uint8
    targets: np.ndarray  # (n, TARGETS)
    heads: np.ndarray  # (n, 3) degrees, in the stored patch's frame
    chance: np.ndarray  # (n,)
    shrink: np.ndarray  # (n,) side of the product's patch over the side of the stored one


def hard_patches(data: Path, work: Path, source: str, want_held_out: bool, part: str | None = None) -> Patches:
    """One of the eye-patch sources, or the named part of it; the whole picture is the product's patch."""
    folder = source_dir(data, work, source)
    images, targets, chance = [], [], []
    for row in rows(folder):
        if held_out(person(row)) != want_held_out or part not in (None, row.get("source")):
            continue
        image = nir_like(cv2.imread(str(folder / row["file"])))
        method = cv2.INTER_AREA if min(image.shape) > STORED else cv2.INTER_LINEAR
        images.append(cv2.resize(image, (STORED, STORED), interpolation=method))
        targets.append((*HARD_TARGETS[row["state"]], 1.0, *[0.0] * (TARGETS - 4)))
        chance.append(REPEAT["nir_closed" if source == "nir_eyes" and row["state"] == "closed" else source])
    count = len(images)
    return Patches(
        np.array(images), np.array(targets, np.float32), np.zeros((count, 3)), np.array(chance), np.ones(count)
    )


def face_patches(table: dict[str, np.ndarray], want_held_out: bool) -> Patches:
    """Both eyes of whole faces, real (faces.npz) or synthetic (synth.npz)."""
    table = {key: value[table["held_out"] == want_held_out] for key, value in table.items() if key != "image"}
    synthetic = "seen" in table
    targets = np.zeros((len(table["eyes"]), 2, TARGETS), np.float32)
    known = np.ones_like(table["eyes"], bool) if synthetic else near_eyes(table["angles"][:, 0])
    seen = table["seen"] if synthetic else np.ones_like(table["eyes"])
    judged = known & (seen > 0.5)
    targets[..., OPENNESS] = table["eyes"]
    targets[..., KIND] = np.where(judged, EXACT, UNKNOWN)
    targets[..., CLOSED] = np.where(judged, table["closed"], -1.0)
    targets[..., VISIBLE] = seen
    looking = judged & (table["eyes"] > 0.25)
    targets[..., GAZE_WEIGHT] = looking & synthetic
    targets[..., IRIS_WEIGHT] = looking * (1.0 if synthetic else REAL_IRIS)
    heads, targets[..., GAZE] = level(table)
    targets[..., IRIS] = table["iris"]
    if synthetic:  # a rim or a lens is seen at an eye that is seen, or hidden by nothing but the lens
        worn, opaque = table["covers"][:, 0:1], table["covers"][:, 1:2]
        targets[..., GLASSES], targets[..., GLASSES_WEIGHT] = worn, (seen > 0.2) | (opaque > 0)
    chance = np.where(targets[..., CLOSED] > 0.9, REPEAT["shut"], REPEAT["faces"])
    if synthetic:
        turn = np.linalg.norm(targets[..., GAZE] - heads[:, None, :2], axis=2)
        chance = np.where(looking & (turn > FAR_DEG), REPEAT["far"], REPEAT["synth"])
    return Patches(
        table["eye_image"].reshape(-1, STORED, STORED),
        targets.reshape(-1, TARGETS),
        np.repeat(heads, 2, axis=0),
        chance.ravel(),
        np.full(chance.size, 1 / EYE_CONTEXT_MARGIN),
    )


def eyes_worth_learning(faces: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """faces.npz without the source whose eyes are a few pixels wide."""
    keep = faces["source"] != SOURCES.index(TINY)
    return {key: value[keep] for key, value in faces.items()}


def near_eyes(yaw_deg: np.ndarray) -> np.ndarray:
    """(n, 2) left, right: not the far eye of a turned head."""
    return np.stack([yaw_deg < TURNED_DEG, yaw_deg > -TURNED_DEG], axis=1)


def level(table: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Head (n, 3) and gaze (n, 1, 2) in the frame of the eye patches, which are turned with the eyes."""
    rolls = [-face_roll_deg(points) for points in table["points"]]
    heads = [turn_image(tuple(angles), roll) for angles, roll in zip(table["angles"], rolls, strict=True)]
    gaze = table.get("gaze", np.zeros((len(rolls), 2)))  # of real faces nobody knows it
    looks = [turn_image((*one, 0.0), roll)[:2] for one, roll in zip(gaze, rolls, strict=True)]
    return np.array(heads, np.float32), np.array(looks, np.float32)[:, None]


def no_eye(image: np.ndarray, elsewhere: np.ndarray, rng: Rng) -> np.ndarray:
    """A patch in which no eye can be judged."""
    kind = rng.random()
    if kind < 0.35:
        return covered(image, rng, 0.9, 1.4)
    if kind < 0.5:
        return texture(STORED, rng)
    return elsewhere


class EyesTask:
    """What train.py needs: samples, a loss, a score. With `later` only eyes whose opening or gaze is known."""

    name = "eyes"

    def __init__(self, data: Path, work: Path, *, clean: bool = False, later: bool = False) -> None:
        self.opening_loss = LATER_OPENING_LOSS if later else OPENING_LOSS
        faces = dict(np.load(work / "synth.npz")) if clean else eyes_worth_learning(dict(np.load(work / "faces.npz")))
        parts = {"nir_eyes": CLEARED_PART} if clean else dict.fromkeys(HARD_SOURCES)
        tables = {"synth": faces} if clean else {"faces": faces, "synth": dict(np.load(work / "synth.npz"))}
        # For licences.py: what is learned from.
        names = (f"nir_eyes/{CLEARED_PART}",) if clean else (*HARD_SOURCES, *LARGE_SOURCES)
        self.sources = (*names, "simulator")
        self.held = {s: hard_patches(data, work, s, True, part) for s, part in parts.items()}
        self.held |= {name: face_patches(table, True) for name, table in tables.items()}
        sets = [hard_patches(data, work, s, False, part) for s, part in parts.items()]
        sets += [face_patches(table, False) for table in tables.values()]
        self.images, self.targets, self.heads, self.shrink, chance = (
            np.concatenate([getattr(s, name) for s in sets])
            for name in ("images", "targets", "heads", "shrink", "chance")
        )
        if later:
            chance = chance * ((self.targets[:, GAZE_WEIGHT] > 0) | (self.targets[:, KIND] == EXACT))
        self.samples_per_epoch = int(chance.sum())
        self.pick = Picker(chance)
        self.faces = faces["image"][~faces["held_out"]]
        self.face_points = faces["points"][~faces["held_out"]]

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

    def sample(self, rng: Rng) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        k = self.pick(rng)
        image, target, head = self.images[k], self.targets[k].copy(), self.heads[k]
        if rng.random() < INVISIBLE:
            image, target = no_eye(image, self.elsewhere(rng), rng), np.zeros(TARGETS, np.float32)
            target[CLOSED] = -1.0
        elif rng.random() < 0.15:
            image = covered(image, rng, 0.1, 0.35)
        angle, mirror = float(rng.normal(0, 8)), bool(rng.random() < 0.5)
        matrix = framing(self.shrink[k], angle, mirror, rng)
        image = cv2.warpAffine(
            image, matrix, (EYE_SIZE, EYE_SIZE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        target[GAZE] = turned((*target[GAZE], 0.0), angle, mirror)[:2]
        target[IRIS] = reframed(target[IRIS], matrix)
        head = turned(tuple(head + rng.normal(0, HEAD_NOISE_DEG, 3)), angle, mirror)
        return (normalise(photometric(image, rng))[None], head), target

    def loss(self, outputs: tuple[Tensor, ...], targets: Tensor) -> Tensor:
        openness, closed, visible = (o[:, 0] for o in outputs[:3])
        value, kind, state = targets[:, OPENNESS], targets[:, KIND], targets[:, CLOSED]
        error = openness - value
        off = torch.where(kind == AT_LEAST, error.clamp(max=0), torch.where(kind == AT_MOST, error.clamp(min=0), error))
        weight, curve = self.opening_loss
        exact = nn.functional.smooth_l1_loss(off, torch.zeros_like(off), beta=curve, reduction="none")
        exact = (exact * (kind != UNKNOWN)).mean()
        state_loss = nn.functional.binary_cross_entropy_with_logits(closed, state.clamp(0.02, 0.98), reduction="none")
        state_loss = (state_loss * (state >= 0)).mean()
        seen_loss = nn.functional.binary_cross_entropy_with_logits(visible, targets[:, VISIBLE])
        gaze = _weighted(outputs[3], targets[:, GAZE], targets[:, GAZE_WEIGHT])
        iris = _weighted(outputs[4], targets[:, IRIS], targets[:, IRIS_WEIGHT])
        worn = nn.functional.binary_cross_entropy_with_logits(outputs[5][:, 0], targets[:, GLASSES], reduction="none")
        worn_loss = (worn * targets[:, GLASSES_WEIGHT]).mean()
        doubt = _doubt(outputs[6][:, 0], outputs[3] - targets[:, GAZE], targets[:, GAZE_WEIGHT])
        places = GAZE_LOSS * gaze + IRIS_LOSS * iris + DOUBT_LOSS * doubt
        return state_loss + weight * exact + 0.5 * (seen_loss + worn_loss) + places

    def score(self, model: nn.Module) -> dict[str, float]:
        """Figures by source, on people who are held out."""
        out: dict[str, float] = {}
        for name, told, targets in self.looked(model):
            out |= {f"{name}_{key}": value for key, value in figures(told, targets).items()}
        return out

    def claims(self, model: nn.Module) -> Claims:
        """What calibrate.py holds against the truth; what nobody knows for sure is left out."""
        out: Claims = {"closed": [], "visible": [], "glasses": []}
        for _, told, targets in self.looked(model):
            _, closed, visible, _, _, glasses, _ = (one[:, 0] for one in told)
            state, seen, worn = targets[:, CLOSED], targets[:, VISIBLE], targets[:, GLASSES_WEIGHT] > 0
            sure = (state > 0.7) | ((state >= 0) & (state < 0.3))
            out["closed"].append((closed[sure], state[sure] > 0.5))
            if (seen < 0.5).any():
                out["visible"].append((visible, seen > 0.5))
            if worn.any():
                out["glasses"].append((glasses[worn], targets[worn, GLASSES] > 0.5))
        return out

    def doubts(self, model: nn.Module) -> tuple[np.ndarray, np.ndarray]:
        """Expected and found errors of the gaze, in its unit, of eyes whose gaze is known."""
        parts = []
        for _, told, targets in self.looked(model):
            looking = targets[:, GAZE_WEIGHT] > 0
            off = told[3][looking] - targets[looking, GAZE] / ANGLE_UNIT_DEG
            parts.append((np.exp(told[6][looking, 0]), np.linalg.norm(off, axis=1)))
        expected, found = (np.concatenate(column) for column in zip(*parts, strict=True))
        return expected, found

    def looked(self, model: nn.Module) -> Iterator[tuple[str, list[np.ndarray], np.ndarray]]:
        """Each source's name, what the model says of its people held out, and their targets."""
        for name, patches in self.held.items():
            if not len(patches.images):  # of a small source nobody may be held out
                continue
            inputs = np.stack([normalise(_centre(i, s)) for i, s in zip(patches.images, patches.shrink, strict=True)])
            heads = torch.from_numpy(patches.heads.astype(np.float32) / ANGLE_UNIT_DEG)
            with torch.no_grad():
                told = [o.numpy() for o in model(torch.from_numpy(inputs[:, None]), heads)]
            yield name, told, patches.targets


def figures(told: list[np.ndarray], targets: np.ndarray) -> dict[str, float]:
    """Balanced accuracy at 0.5, openness, visibility and gaze of one source; what it cannot tell is left out."""
    openness, closed, visible, gaze, iris, glasses, doubt = told
    state, seen, says = targets[:, CLOSED], targets[:, VISIBLE] > 0.5, closed[:, 0] > 0
    shut, wide = state > 0.7, (state >= 0) & (state < 0.3)
    recall = [np.mean(right) for right in (says[shut], ~says[wide]) if right.size]
    out = {"balanced": float(np.mean(recall)), "visible": float(np.mean(visible[seen] > 0))}
    exact, looking = targets[:, KIND] == EXACT, targets[:, GAZE_WEIGHT] > 0
    if exact.any():
        out["openness_mae"] = float(np.abs(openness[:, 0] - targets[:, OPENNESS])[exact].mean())
    if looking.any():
        off = np.abs(gaze * ANGLE_UNIT_DEG - targets[:, GAZE])[looking].mean(0)
        out |= {"gaze_yaw_mae": float(off[0]), "gaze_pitch_mae": float(off[1])}
        length = np.linalg.norm(gaze * ANGLE_UNIT_DEG - targets[:, GAZE], axis=1)[looking]
        expected = (np.exp(doubt[:, 0]) * ANGLE_UNIT_DEG)[looking]
        surer = expected <= np.median(expected)
        out |= {"gaze_mean": float(length.mean()), "gaze_expected_mean": float(expected.mean())}
        out["gaze_surer_half_mean"] = float(length[surer].mean())
        out["iris_mae"] = float(np.abs(iris - targets[:, IRIS])[looking].mean())
        out["openness_r"] = float(np.corrcoef(openness[exact, 0], targets[exact, OPENNESS])[0, 1])
    told_of = targets[:, GLASSES_WEIGHT] > 0
    if told_of.any():
        out["glasses_auc"] = auc(glasses[told_of, 0], targets[told_of, GLASSES] > 0.5)
    if not seen.all():
        out["hidden"] = float(np.mean(visible[targets[:, VISIBLE] < 0.5] < 0))
    return out


def _weighted(told: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    off = nn.functional.smooth_l1_loss(told, truth, beta=0.05, reduction="none").mean(1)
    return (off * weight).mean()


def _doubt(told: Tensor, off: Tensor, weight: Tensor) -> Tensor:
    """Least where exp(told) is the expected length of `off` (the likelihood of an exponential law); moves no gaze."""
    length = off.detach().norm(dim=1)
    return ((length * torch.exp(-told) + told) * weight).mean()


def _centre(image: np.ndarray, shrink: float) -> np.ndarray:
    """What the product would cut from a stored patch."""
    side = round(STORED * shrink)
    start = (STORED - side) // 2
    method = cv2.INTER_AREA if side > EYE_SIZE else cv2.INTER_LINEAR
    return cv2.resize(image[start : start + side, start : start + side], (EYE_SIZE, EYE_SIZE), interpolation=method)
