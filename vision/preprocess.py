"""What lies between a frame and a network's input: where to cut, how to cut, how to normalise, how to go back.

Knows geometry and grey values. Must not know networks. The training code calls these very functions, so
what a network sees in the vehicle is what it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import atan2, cos, degrees, hypot, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import GreyImage, Points

FloatImage = NDArray[np.float32]

FINDER_WIDTH, FINDER_HEIGHT = 192, 144  # px; a face 50 px wide in 640×480 is 15 px here
FACE_SIZE = 112  # px
EYE_SIZE = 48
AFFECT_SIZE = 64
ANGLE_UNIT_DEG = 45.0  # networks tell and are told angles in eighths of a turn

FACE_MARGIN = 1.45  # side of the face patch over the longer side of the landmarks' box
EYE_MARGIN = 1.6  # side of the eye patch over the distance of the eye's corners
AFFECT_MARGIN = 2.7  # side of the affect patch over the distance from the eyes to the mouth
# An eye seen from the side is narrow; below this share of the other eye's width its patch shrinks no further.
NARROW_EYE = 0.7

# Distance of the eyes over that from between them to the chin: 0.6 from the front, half of it at 60 degrees of yaw.
ONE_BEHIND, SIDE_BY_SIDE = 0.13, 0.27

# Grey levels. A patch flatter than this is 8-bit quantisation and noise, and must not be blown up to look like an eye.
LEAST_DEVIATION = 2.0

CHIN = 8
RIGHT_EYE = slice(36, 42)  # of the 68 points; the driver's own right, on the image's left
LEFT_EYE = slice(42, 48)


def normalise(patch: GreyImage | FloatImage) -> FloatImage:
    """Grey values to zero mean and unit deviation: light and gain drop out. Any shape, same shape back."""
    mean, deviation = cv2.meanStdDev(patch)
    scale = 1.0 / max(float(deviation[0, 0]), LEAST_DEVIATION)
    levels: FloatImage = np.subtract(patch, mean[0, 0], dtype=np.float32)
    levels *= np.float32(scale)
    return levels


def unit_to_px(unit: NDArray[np.floating], size: int) -> NDArray[np.floating]:
    """Points of a square picture from its own unit, −1 … 1 from edge to edge, to its px."""
    return (unit + 1.0) * (size / 2) - 0.5


@dataclass(frozen=True, slots=True)
class Patch:
    """A square of the frame, possibly rotated, resampled to `size` × `size` px."""

    x_px: float  # centre in the frame
    y_px: float
    side_px: float
    roll_deg: float  # + = the patch is turned clockwise in the image
    size: int

    def to_frame(self) -> NDArray[np.float64]:
        """(2, 3) affine matrix from patch px to frame px."""
        scale = self.side_px / self.size
        right, down = scale * cos(radians(self.roll_deg)), scale * sin(radians(self.roll_deg))
        middle = (self.size - 1) / 2
        return np.array(
            [
                [right, -down, self.x_px - (right - down) * middle],
                [down, right, self.y_px - (down + right) * middle],
            ]
        )

    def cut(self, grey: GreyImage) -> GreyImage:
        """(size, size) px; beyond the frame its edge is repeated."""
        matrix = self.to_frame()
        shrink = int(self.side_px / self.size)
        if shrink >= 2:  # average before sampling, or thin lids alias away
            grey, matrix = _shrunk(grey, self, matrix, shrink)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(  # type: ignore[return-value]  # cv2 types every image as its widest
            grey, matrix, (self.size, self.size), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )

    def points_to_frame(self, unit: NDArray[np.floating]) -> Points:
        """(n, 2) points from the patch's own unit, −1 … 1 from edge to edge, to frame px."""
        matrix = self.to_frame()
        inside = unit_to_px(unit, self.size)
        return np.asarray(inside @ matrix[:, :2].T + matrix[:, 2], np.float32)

    def points_from_frame(self, points: NDArray[np.floating]) -> Points:
        """Inverse of `points_to_frame`."""
        matrix = self.to_frame()
        inside = (points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        return np.asarray((inside + 0.5) / (self.size / 2) - 1.0, np.float32)

    def inside(self, width_px: int, height_px: int) -> float:
        """Share of the patch that lies in the frame, 0–1, as if it were not rotated."""
        half = self.side_px / 2
        wide = min(self.x_px + half, width_px) - max(self.x_px - half, 0.0)
        high = min(self.y_px + half, height_px) - max(self.y_px - half, 0.0)
        return max(wide, 0.0) * max(high, 0.0) / max(self.side_px**2, 1e-9)


def _shrunk(
    grey: GreyImage, patch: Patch, matrix: NDArray[np.float64], shrink: int
) -> tuple[GreyImage, NDArray[np.float64]]:
    """The frame around the patch, averaged over blocks of `shrink` px, and the patch's matrix into it."""
    roll = radians(patch.roll_deg)
    reach = patch.side_px / 2 * (abs(cos(roll)) + abs(sin(roll))) + shrink
    y_most, x_most = grey.shape
    x0 = int(min(max(patch.x_px - reach, 0), x_most - shrink))
    y0 = int(min(max(patch.y_px - reach, 0), y_most - shrink))
    x1 = int(min(max(patch.x_px + reach, x0 + shrink), x_most))
    y1 = int(min(max(patch.y_px + reach, y0 + shrink), y_most))
    wide, high = (x1 - x0) // shrink, (y1 - y0) // shrink
    region = grey[y0 : y0 + high * shrink, x0 : x0 + wide * shrink]
    small = cv2.resize(region, (wide, high), interpolation=cv2.INTER_AREA)
    moved = matrix.copy()
    moved[:, 2] -= (x0, y0)
    moved /= shrink
    moved[:, 2] -= (shrink - 1) / (2 * shrink)  # centres of blocks are not centres of px
    return small, moved  # type: ignore[return-value]  # cv2 types every image as its widest


def box_of(points: NDArray[np.floating]) -> tuple[float, float, float, float]:
    """x0 y0 x1 y1 around points (n, 2)."""
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def face_patch(box: tuple[float, float, float, float], roll_deg: float = 0.0) -> Patch:
    """Where the face network looks, from a box around the 68 points."""
    x0, y0, x1, y1 = box
    side = FACE_MARGIN * max(x1 - x0, y1 - y0)
    return Patch((x0 + x1) / 2, (y0 + y1) / 2, side, roll_deg, FACE_SIZE)


def _eye_middles(points: Points) -> tuple[tuple[float, float], tuple[float, float]]:
    """(left, right), x and y in px."""
    corners = points[RIGHT_EYE.start : LEFT_EYE.stop].tolist()  # few enough that a loop is faster than an array
    right, left = corners[:6], corners[6:]
    return _middle(left), _middle(right)


def _middle(eye: list[list[float]]) -> tuple[float, float]:
    return sum(x for x, _ in eye) / len(eye), sum(y for _, y in eye) / len(eye)


def _line_deg(left: tuple[float, float], right: tuple[float, float]) -> float:
    return degrees(atan2(left[1] - right[1], left[0] - right[0]))


def eye_roll_deg(points: Points) -> float:
    """Angle of the line from the driver's right eye to the left one, + = clockwise in the image."""
    return _line_deg(*_eye_middles(points))


def face_roll_deg(points: Points) -> float:
    """By how much to turn a face's patch, so that the eyes lie level: a profile's is taken as it lies."""
    return _level_deg(points, *_eye_middles(points))


def _level_deg(points: Points, left: tuple[float, float], right: tuple[float, float]) -> float:
    """The line of eyes one behind the other points anywhere: it is followed the more, the farther they are apart."""
    x, y = points[CHIN].tolist()
    high = hypot((left[0] + right[0]) / 2 - x, (left[1] + right[1]) / 2 - y)
    apart = hypot(left[0] - right[0], left[1] - right[1]) / max(high, 1e-6)
    followed = min(max((apart - ONE_BEHIND) / (SIDE_BY_SIDE - ONE_BEHIND), 0.0), 1.0)
    return followed * _line_deg(left, right)


def eye_patches(points: Points) -> tuple[Patch, Patch]:
    """Where the eye network looks: (left, right), from the 68 points."""
    left, right = _eye_middles(points)
    roll_deg = _level_deg(points, left, right)
    wide_left, wide_right = _width(points[LEFT_EYE]), _width(points[RIGHT_EYE])
    return (
        _eye_patch(left, max(wide_left, NARROW_EYE * wide_right), roll_deg),
        _eye_patch(right, max(wide_right, NARROW_EYE * wide_left), roll_deg),
    )


def _width(eye: Points) -> float:
    (x0, y0), (x1, y1) = eye[0].tolist(), eye[3].tolist()
    return hypot(x1 - x0, y1 - y0)


def _eye_patch(middle: tuple[float, float], width_px: float, roll_deg: float) -> Patch:
    return Patch(*middle, EYE_MARGIN * max(width_px, 1.0), roll_deg, EYE_SIZE)


def affect_patch(points: Points) -> Patch:
    """Where the affect network looks: brows to chin, upright."""
    left, right = _eye_middles(points)
    eyes_x, eyes_y = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
    mouth_x, mouth_y = ((points[48] + points[54]) / 2).tolist()
    down_x, down_y = mouth_x - eyes_x, mouth_y - eyes_y
    between = hypot(left[0] - right[0], left[1] - right[1])
    side = max(AFFECT_MARGIN * max(hypot(down_x, down_y), between), 1.0)
    roll_deg = _level_deg(points, left, right)
    return Patch(eyes_x + 0.55 * down_x, eyes_y + 0.55 * down_y, side, roll_deg, AFFECT_SIZE)


@dataclass(frozen=True, slots=True)
class Letterbox:
    """A whole picture fitted into the finder's input: scale, and where it lies."""

    scale: float  # input px per picture px
    x_px: int  # offset in the input
    y_px: int
    width_px: int
    height_px: int

    def to_frame(self, x: float, y: float) -> tuple[float, float]:
        """Input px to picture px."""
        return (x - self.x_px) / self.scale, (y - self.y_px) / self.scale


@lru_cache(maxsize=8)
def letterbox(width_px: int, height_px: int) -> Letterbox:
    """Fit a picture of this size, keeping its shape."""
    scale = min(FINDER_WIDTH / width_px, FINDER_HEIGHT / height_px)
    wide, high = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return Letterbox(scale, (FINDER_WIDTH - wide) // 2, (FINDER_HEIGHT - high) // 2, wide, high)


def finder_input(grey: GreyImage) -> tuple[FloatImage, Letterbox]:
    """(FINDER_HEIGHT, FINDER_WIDTH), normalised over the picture, 0 around it."""
    box = letterbox(grey.shape[1], grey.shape[0])
    method = cv2.INTER_AREA if box.scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(grey, (box.width_px, box.height_px), interpolation=method)
    canvas = np.zeros((FINDER_HEIGHT, FINDER_WIDTH), np.float32)
    canvas[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px] = normalise(small)  # type: ignore[arg-type]  # cv2 types every image as its widest
    return canvas, box
