"""Stage 2: labelled pictures → one set of face crops with hard and soft targets.

    python -m training.faces --data DIR --work DIR

Writes WORK/faces.npz (crops around every face, points, pose, mouth, eyes) and WORK/scenes.npz (whole
pictures with all face boxes, for the finder). MediaPipe's points are carried over to the convention of the
hard 68-point labels by a ridge regression fitted on people who are not held out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.progress import track

from training.data import aside, held_out, nir_like, person, rows, source_dir, video_frames
from training.framing import STORED
from vision.preprocess import LEFT_EYE, RIGHT_EYE, Patch, box_of, eye_patches

CONTEXT_SIZE = 192  # px of a stored crop
CONTEXT_MARGIN = 2.2  # its side over the longer side of the points' box
EYE_CONTEXT_MARGIN = 1.4  # over the side of the product's own patch: room to shift
SCENE_SIZE = 256  # px, longer side of a stored picture
TINY_STEP = 3  # every 3rd of them: more than all other pictures together otherwise
VIDEO_STEP = 4  # every 4th frame of a clip: neighbours teach nothing new …
BLINK_SHAPE = 0.25  # … except where an eye closes: those frames are all kept
SOURCES = ("ytf_keypoints68", "muxspace", "yawdd_frames", "videos", "fer2013")
TINY = "fer2013"  # 48 px in all: faces that pull a face, tight crops; too small for lessons of eyes, no scene around
LARGE_SOURCES = tuple(name for name in SOURCES if name != TINY)

# Eye aspect ratios of MediaPipe's mesh at openness 0 and 1. On the simulator's pictures, where the truth is known,
# their medians lie on this line from 0.1 to 1.0 (LOG.md); the blink score does not: it calls half-closed lids shut.
CLOSED_RATIO, OPEN_RATIO = 0.095, 0.31
# Where lids and blink score agree the eye counts as shut or open; between, nothing is said about its state.
SHUT_RATIO, SHUT_BLINK = 0.13, 0.45
WIDE_RATIO, WIDE_BLINK = 0.21, 0.30
MOUTH_WIDE = 0.55  # inner lip gap over outer-eye distance of a wide yawn


def aspect_ratio(eye: np.ndarray) -> np.ndarray:
    """(n, 6, 3) points of an eye to (n,) height over width, in the mesh's 3D."""

    def apart(a: int, b: int) -> np.ndarray:
        return np.linalg.norm(eye[:, a] - eye[:, b], axis=-1)

    return (apart(1, 5) + apart(2, 4)) / (2 * apart(0, 3))


def lid_ratios(points: np.ndarray) -> np.ndarray:
    """(n, 2) left, right: aspect ratios of the mesh's eyes, from (n, 68, 3) points."""
    return np.stack([aspect_ratio(points[:, LEFT_EYE]), aspect_ratio(points[:, RIGHT_EYE])], axis=1)


def openness(points: np.ndarray) -> np.ndarray:
    """(n, 2) left, right, 0 closed, 1 relaxed open; by the lids alone."""
    return np.clip((lid_ratios(points) - CLOSED_RATIO) / (OPEN_RATIO - CLOSED_RATIO), 0.0, 1.4).astype(np.float32)


def closed(points: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """(n, 2) left, right: 1 shut, 0 open, −1 where lids and blink score do not agree."""
    ratio, blink = lid_ratios(points), shapes[:, :2]
    shut = (ratio < SHUT_RATIO) & (blink > SHUT_BLINK)
    wide = (ratio > WIDE_RATIO) & (blink < WIDE_BLINK)
    return np.where(shut, 1.0, np.where(wide, 0.0, -1.0)).astype(np.float32)


def mouth(points: np.ndarray) -> np.ndarray:
    """(n,) inner lip gap in 3D, 1 = wide yawn."""
    gap = np.linalg.norm(points[:, 62] - points[:, 66], axis=-1)
    between = np.linalg.norm(points[:, 36] - points[:, 45], axis=-1)
    return np.clip(gap / between / MOUTH_WIDE, 0.0, 1.3).astype(np.float32)


def upright(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (n, 68, 2) in a frame of their own: eyes level, unit outer-eye distance. Also origin and axes."""
    origin = (points[:, 36] + points[:, 45]) / 2
    across = points[:, 45] - points[:, 36]
    axes = np.stack([across, np.stack([-across[:, 1], across[:, 0]], 1)], 1)  # rows: x axis, y axis, in px
    flat = np.einsum("nij,nkj->nki", axes, points - origin[:, None]) / (across**2).sum(1)[:, None, None]
    return flat, origin, axes


class Translator:
    """MediaPipe's 68 points to the hard labels' convention, by ridge regression in the upright frame."""

    def __init__(self, soft: np.ndarray, hard: np.ndarray) -> None:
        flat, origin, axes = upright(soft)
        scale = (axes[:, 0] ** 2).sum(1)[:, None, None]
        target = np.einsum("nij,nkj->nki", axes, hard - origin[:, None]) / scale
        inputs = self._inputs(flat)
        ridge = 0.3 * np.eye(inputs.shape[1])
        self.weights = np.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ (target - flat).reshape(len(flat), -1))

    @staticmethod
    def _inputs(flat: np.ndarray) -> np.ndarray:
        return np.concatenate([flat.reshape(len(flat), -1), np.ones((len(flat), 1))], 1)

    def __call__(self, soft: np.ndarray) -> np.ndarray:
        flat, origin, axes = upright(soft)
        moved = flat + (self._inputs(flat) @ self.weights).reshape(flat.shape)
        return (np.einsum("nki,nij->nkj", moved, axes) + origin[:, None]).astype(np.float32)


def hard_points(table: list[dict[str, str]]) -> np.ndarray:
    """(n, 68, 2) of ytf_keypoints68."""
    return np.array([[(float(r[f"x{k}"]), float(r[f"y{k}"])) for k in range(68)] for r in table], np.float32)


def translator(data: Path, work: Path) -> Translator:
    """Fitted on the people of ytf_keypoints68 who are not held out."""
    table = rows(source_dir(data, work, "ytf_keypoints68"))
    labels = np.load(work / "labels" / "ytf_keypoints68.npz")
    soft, hard = labels["points"][:, :68, :2], hard_points(table)
    keep = np.array([not held_out(person(row)) for row in table]) & ~np.isnan(soft[:, 0, 0])
    between = np.linalg.norm(hard[:, 36] - hard[:, 45], axis=1)
    close = np.linalg.norm(soft - hard, axis=2).mean(1) < 0.2 * between  # both look at the same face
    return Translator(soft[keep & close], hard[keep & close])


def pictures(folder: Path, source: str) -> Iterator[tuple[bool, np.ndarray]]:
    """BGR of every picture, or of every frame of every clip, and whether it is kept aside."""
    for row in rows(folder):
        if source == "videos":
            for bgr in video_frames(folder / row["file"]):
                yield aside(row), bgr
        else:
            yield aside(row), cv2.imread(str(folder / row["file"]))


def context(points: np.ndarray) -> Patch:
    """The crop stored for a face."""
    x0, y0, x1, y1 = box_of(points)
    side = CONTEXT_MARGIN * max(x1 - x0, y1 - y0)
    return Patch((x0 + x1) / 2, (y0 + y1) / 2, side, 0.0, CONTEXT_SIZE)


def eye_context_patches(points: np.ndarray) -> list[Patch]:
    """Left, right, wider than the product cuts them."""
    return [replace(p, side_px=EYE_CONTEXT_MARGIN * p.side_px, size=STORED) for p in eye_patches(points)]


def eye_contexts(grey: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(2, STORED, STORED)."""
    return np.stack([patch.cut(grey) for patch in eye_context_patches(points)])


def irises(points: np.ndarray, centres_px: np.ndarray) -> np.ndarray:
    """(2, 2) centres of left and right iris in the unit of their eye's stored patch."""
    patches = eye_context_patches(points)
    return np.concatenate([p.points_from_frame(c[None]) for p, c in zip(patches, centres_px, strict=True)])


def scene(grey: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A picture at SCENE_SIZE on its longer side, padded to a square, and its boxes there."""
    scale = SCENE_SIZE / max(grey.shape)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=method)[:SCENE_SIZE, :SCENE_SIZE]
    canvas = np.zeros((SCENE_SIZE, SCENE_SIZE), np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas, np.concatenate([boxes[:, :4] * scale, boxes[:, 4:]], 1).astype(np.float32)


def largest(boxes: np.ndarray) -> int:
    """Index of the largest of (n, 5) boxes."""
    return int(((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).argmax())


class Source:
    """One source with its teachers' labels, turned into the convention that the student learns."""

    def __init__(self, name: str, data: Path, work: Path, translate: Translator) -> None:
        self.name = name
        self.folder = source_dir(data, work, name)
        self.labels = dict(np.load(work / "labels" / f"{name}.npz"))
        self.translate = translate
        self.hard = hard_points(rows(self.folder)) if name == "ytf_keypoints68" else None
        points = self.labels["points"][:, :68]
        self.eyes, self.closed = openness(points), closed(points, self.labels["shapes"])
        self.mouth = mouth(points)

    def points(self, k: int) -> np.ndarray | None:
        """(68, 2) of picture k; None where no teacher found a face."""
        soft = self.labels["points"][k, :68, :2]
        if np.isnan(soft[0, 0]):
            return None
        flat = self.translate(soft[None])[0]
        if self.hard is None:
            return flat
        apart = np.linalg.norm(flat - self.hard[k], axis=1).mean()
        # Whole-pixel labels: the mean halves their rounding. Far apart, the two look at different faces.
        return 0.5 * (flat + self.hard[k]) if apart < 0.2 * np.ptp(self.hard[k][:, 0]) else flat

    def wanted(self, k: int) -> bool:
        """Is picture k worth keeping?"""
        if self.name == TINY:
            return k % TINY_STEP == 0
        blink = self.labels["shapes"][k, :2].max() > BLINK_SHAPE
        return self.name != "videos" or k % VIDEO_STEP == 0 or bool(blink)

    def face(self, k: int, grey: np.ndarray, points: np.ndarray) -> dict[str, Any]:
        """One row of faces.npz."""
        patch = context(points)
        return {
            "image": patch.cut(grey),
            "points": patch.points_from_frame(points),
            "angles": self.labels["angles"][k],
            "mouth": self.mouth[k],
            "eyes": self.eyes[k],
            "closed": self.closed[k],
            "iris": irises(points, self.labels["points"][k, [69, 68], :2]),
            "eye_image": eye_contexts(grey, points),
            "inside": patch.inside(grey.shape[1], grey.shape[0]),
            "source": SOURCES.index(self.name),
        }

    def scene(self, k: int, grey: np.ndarray, points: np.ndarray | None) -> dict[str, Any]:
        """One row of scenes.npz."""
        boxes = self.labels["boxes"][k].copy()
        if points is not None:  # the finder learns the box of the points, not YuNet's own idea of a face
            boxes[largest(boxes)] = (*box_of(points), 1.0)
        canvas, moved = scene(grey, boxes)
        return {"image": canvas, "boxes": moved, "shape": np.array(grey.shape) * (SCENE_SIZE / max(grey.shape))}


def build(source: Source) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All faces and all scenes of a source."""
    faces, scenes = [], []
    total = len(source.eyes)
    for k, (kept_aside, bgr) in enumerate(track(pictures(source.folder, source.name), source.name, total=total)):
        if not source.wanted(k):
            continue
        grey, points, whose = nir_like(bgr), source.points(k), {"held_out": kept_aside}
        if source.name != TINY and (source.name != "videos" or k % (8 * VIDEO_STEP) == 0):
            scenes.append(source.scene(k, grey, points) | whose)
        if points is not None:
            faces.append(source.face(k, grey, points) | whose)
    return faces, scenes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    translate = translator(args.data, args.work)
    built = [build(Source(name, args.data, args.work, translate)) for name in SOURCES]
    for name, tables in zip(("faces", "scenes"), zip(*built, strict=True), strict=True):
        table = [row for rows_of_source in tables for row in rows_of_source]
        np.savez(args.work / f"{name}.npz", **{key: np.array([row[key] for row in table]) for key in table[0]})
        print(f"{name}: {len(table)}, held out {np.mean([row['held_out'] for row in table]):.1%}")


if __name__ == "__main__":
    main()
