"""The finder's lessons: mosaics of pictures with and without faces, at every size and light.

A sample's target is the map that the network should draw: (5, 18, 24) heat (1 at a face's cell, −1 don't care),
dx, dy, log width, log height.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.augment import Picker, Rng, graphics, lettering, photometric, texture
from training.faces import LARGE_SOURCES
from training.networks import FINDER_STRIDE
from vision.preprocess import FINDER_HEIGHT, FINDER_WIDTH, letterbox, normalise

ROWS, COLUMNS = FINDER_HEIGHT // FINDER_STRIDE, FINDER_WIDTH // FINDER_STRIDE
LEAST_FACE_PX, LARGEST_FACE_PX = 10.0, 150.0  # in the finder's input
MOSAIC = 0.5  # share of samples made of several pictures
WIDE_SHARE = 0.45


class FinderTask:
    """What train.py needs: samples, a loss, a score."""

    name = "finder"

    def __init__(self, data: Path, work: Path, *, clean: bool = False) -> None:  # noqa: ARG002  # all are made alike
        # For licences.py: what is learned from. In a working directory of the clean variant scenes.npz holds stills.
        self.sources = ("simulator",) if clean else LARGE_SOURCES
        scenes = np.load(work / "scenes.npz")
        learn = ~scenes["held_out"]
        self.images, self.boxes, self.shapes = (scenes[key][learn] for key in ("image", "boxes", "shape"))
        self.held = {key: scenes[key][~learn] for key in ("image", "boxes", "shape")}
        # Wide pictures are the in-car ones: more surroundings, more to mistake for a face.
        wide = self.shapes[:, 1] > 1.2 * self.shapes[:, 0]
        chance = np.where(wide, WIDE_SHARE / max(wide.sum(), 1), (1 - WIDE_SHARE) / max((~wide).sum(), 1))
        self.pick = Picker(chance)
        self.wide = np.flatnonzero(wide) if wide.any() else np.arange(len(wide))  # every still is in a car
        self.samples_per_epoch = 12_000

    def picture(self, rng: Rng, wide_only: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """One picture without its padding, perhaps mirrored, and its boxes (n, 5)."""
        k = int(rng.choice(self.wide)) if wide_only else self.pick(rng)
        high, wide = np.maximum(self.shapes[k].astype(int), 8)
        image, boxes = self.images[k][:high, :wide], self.boxes[k][self.boxes[k][:, 4] > 0].copy()
        if rng.random() < 0.5:
            image = image[:, ::-1]
            boxes[:, [0, 2]] = wide - boxes[:, [2, 0]]
        return np.ascontiguousarray(image), boxes

    def paste(self, canvas: np.ndarray, rng: Rng, area: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Put a picture into an area (x, y, wide, high) so that its face has a random size.

        Returns its boxes and the mask of what it covers.
        """
        image, boxes = self.picture(rng)
        x, y, wide, high = area
        faces = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        size = faces.max() if len(faces) else 100.0
        wanted = np.exp(rng.uniform(np.log(LEAST_FACE_PX), np.log(min(LARGEST_FACE_PX, 1.1 * min(wide, high)))))
        scale = wanted / size
        k = int(faces.argmax()) if len(faces) else 0
        middle = (boxes[k, :2] + boxes[k, 2:4]) / 2 if len(faces) else np.array(image.shape[::-1]) / 2
        # The face's centre lies anywhere in the area; the picture covers what it covers.
        target = np.array([x + rng.uniform(0.1, 0.9) * wide, y + rng.uniform(0.1, 0.9) * high])
        matrix = np.array([[scale, 0, target[0] - scale * middle[0]], [0, scale, target[1] - scale * middle[1]]])
        if scale < 0.5:  # average first, as the product does
            image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            matrix[:, :2] *= 2
        size_px = (FINDER_WIDTH, FINDER_HEIGHT)
        drawn = cv2.warpAffine(image, matrix, size_px, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        covers = cv2.warpAffine(np.full(image.shape, 255, np.uint8), matrix, size_px, flags=cv2.INTER_NEAREST)
        inside = np.zeros_like(covers)
        inside[y : y + high, x : x + wide] = 255
        mask = (covers & inside) > 0
        canvas[mask] = photometric(drawn, rng, 0.7)[mask] if rng.random() < 0.4 else drawn[mask]
        moved = boxes.copy()
        moved[:, :4] = boxes[:, :4] * scale + np.tile(target - scale * middle, 2)
        shown = np.clip(moved[:, :4], [x, y, x, y], [x + wide, y + high, x + wide, y + high])
        area_shown = (shown[:, 2] - shown[:, 0]) * (shown[:, 3] - shown[:, 1])
        area_all = (moved[:, 2] - moved[:, 0]) * (moved[:, 3] - moved[:, 1])
        moved[:, 4] = np.where(area_shown > 0.6 * area_all, moved[:, 4], np.where(area_shown > 0.05 * area_all, -1, 0))
        return moved[moved[:, 4] != 0], mask

    def background(self, rng: Rng) -> np.ndarray:
        """A canvas without faces: textures, or a picture's surroundings blown up past its face."""
        if rng.random() < 0.2:
            return cv2.resize(texture(FINDER_HEIGHT, rng), (FINDER_WIDTH, FINDER_HEIGHT))
        for _ in range(12):
            image, boxes = self.picture(rng, wide_only=True)
            high, wide = image.shape
            w = int(rng.uniform(0.2, 0.6) * wide)
            h = min(int(w * rng.uniform(0.6, 1.2)), high)
            x, y = int(rng.integers(0, wide - w + 1)), int(rng.integers(0, high - h + 1))
            clear = (boxes[:, 0] > x + w) | (boxes[:, 2] < x) | (boxes[:, 1] > y + h) | (boxes[:, 3] < y)
            if clear.all() and w > 16 and h > 16:
                return cv2.resize(image[y : y + h, x : x + w], (FINDER_WIDTH, FINDER_HEIGHT))
        return cv2.resize(texture(FINDER_HEIGHT, rng), (FINDER_WIDTH, FINDER_HEIGHT))

    def sample(self, rng: Rng) -> tuple[tuple[np.ndarray], np.ndarray]:
        canvas = self.background(rng)
        if rng.random() < 0.4:
            canvas = lettering(canvas, rng) if rng.random() < 0.5 else graphics(canvas, rng, int(rng.integers(1, 5)))
        boxes = [np.zeros((0, 5), np.float32)]
        if rng.random() < MOSAIC:
            for _ in range(int(rng.integers(0, 4))):
                x, y = int(rng.integers(-20, FINDER_WIDTH - 40)), int(rng.integers(-20, FINDER_HEIGHT - 30))
                wide, high = int(rng.integers(50, 160)), int(rng.integers(50, 140))
                x, y = max(x, 0), max(y, 0)
                area = (x, y, min(wide, FINDER_WIDTH - x), min(high, FINDER_HEIGHT - y))
                more, mask = self.paste(canvas, rng, area)
                boxes = [*(hidden(b, mask) for b in boxes), more]
        elif rng.random() < 0.9:
            boxes.append(self.paste(canvas, rng, (0, 0, FINDER_WIDTH, FINDER_HEIGHT))[0])
        image = normalise(photometric(canvas, rng, 0.8))
        return (image[None],), target_map(np.concatenate(boxes))

    @staticmethod
    def loss(outputs: tuple[Tensor, ...], targets: Tensor) -> Tensor:
        (drawn,) = outputs
        heat, truth = drawn[:, 0], targets[:, 0]
        care, hit = truth >= 0, truth > 0.999
        probability = torch.sigmoid(heat)
        # Focal, with less weight on cells beside a face (their truth is between 0 and 1), after CornerNet.
        near = -nn.functional.logsigmoid(heat) * (1 - probability) ** 2
        far = -nn.functional.logsigmoid(-heat) * probability**2 * (1 - truth.clamp(min=0)) ** 4
        count = hit.sum().clamp(min=1)
        heat_loss = torch.where(hit, near, far).mul(care).sum() / count
        box = (drawn[:, 1:] - targets[:, 1:]).abs().sum(1)
        return heat_loss + 0.5 * box.mul(hit).sum() / count

    def score(self, model: nn.Module) -> dict[str, float]:
        """Share of held-out pictures whose largest face is the strongest peak, and peaks without any face."""
        inputs, kept = [], []
        for image, boxes, shape in zip(*(self.held[key][::3] for key in ("image", "boxes", "shape")), strict=True):
            high, wide = np.maximum(shape.astype(int), 8)
            box = letterbox(wide, high)
            small = cv2.resize(image[:high, :wide], (box.width_px, box.height_px), interpolation=cv2.INTER_AREA)
            canvas = np.zeros((FINDER_HEIGHT, FINDER_WIDTH), np.float32)
            canvas[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px] = normalise(small)
            inputs.append(canvas[None])
            kept.append(boxes[:, :4] * box.scale + np.tile([box.x_px, box.y_px], 2))
        with torch.no_grad():
            (drawn,) = model(torch.from_numpy(np.stack(inputs)))
        hits, scores = [], []
        for one, boxes in zip(drawn.numpy(), kept, strict=True):
            row, column = np.unravel_index(one[0].argmax(), one[0].shape)
            x, y = (
                (column + 0.5 + one[1, row, column]) * FINDER_STRIDE,
                (row + 0.5 + one[2, row, column]) * FINDER_STRIDE,
            )
            hits.append(((boxes[:, 0] < x) & (x < boxes[:, 2]) & (boxes[:, 1] < y) & (y < boxes[:, 3])).any())
            scores.append(one[0].max())
        rng = np.random.default_rng(5)
        empty = np.stack([normalise(lettering(self.background(rng), rng))[None] for _ in range(300)])
        with torch.no_grad():
            false = torch.sigmoid(model(torch.from_numpy(empty))[0][:, 0]).amax((1, 2)).numpy()
        return {
            "found": float(np.mean(np.array(hits) & (np.array(scores) > 0))),
            "false_at_half": float(np.mean(false > 0.5)),
            "face_score_p05": float(np.percentile(1 / (1 + np.exp(-np.array(scores))), 5)),
        }


def hidden(boxes: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Boxes after another picture was laid over a mask: those mostly under it are gone or don't care."""
    total = cv2.integral(mask.astype(np.uint8))
    kept = boxes.copy()
    for k, (x0, y0, x1, y1) in enumerate(boxes[:, :4].astype(int)):
        left, right = np.clip([x0, x1], 0, FINDER_WIDTH)
        top, bottom = np.clip([y0, y1], 0, FINDER_HEIGHT)
        over = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
        share = over / max((right - left) * (bottom - top), 1)
        kept[k, 4] = 0 if share > 0.95 else -1 if share > 0.25 else kept[k, 4]
    return kept[kept[:, 4] != 0]


def target_map(boxes: np.ndarray) -> np.ndarray:
    """(5, ROWS, COLUMNS) for boxes (n, 5) in input px; a negative score marks don't-care."""
    out = np.zeros((5, ROWS, COLUMNS), np.float32)
    ys, xs = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    for x0, y0, x1, y1, score in boxes[np.argsort(boxes[:, 4])]:
        cx, cy = (x0 + x1) / 2 / FINDER_STRIDE, (y0 + y1) / 2 / FINDER_STRIDE
        w, h = (x1 - x0) / FINDER_STRIDE, (y1 - y0) / FINDER_STRIDE
        bump = np.exp(-(((xs - cx) / (0.18 * w + 0.35)) ** 2 + ((ys - cy) / (0.18 * h + 0.35)) ** 2) / 2)
        if score < 0 or max(w, h) * FINDER_STRIDE < LEAST_FACE_PX * 0.7:
            out[0][(bump > 0.05) & (out[0] < 0.5)] = -1
            continue
        out[0] = np.where(out[0] < 0, np.where(bump > 0.3, bump, out[0]), np.maximum(out[0], bump))
        column, row = int(np.clip(cx, 0, COLUMNS - 1)), int(np.clip(cy, 0, ROWS - 1))
        out[:, row, column] = (1.0, cx - column - 0.5, cy - row - 0.5, np.log(w), np.log(h))
    return out
