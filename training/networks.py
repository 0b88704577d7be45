"""The four students. Small plain convolutions: what one CPU core multiplies fastest.

Knows torch and shapes only. Inputs are patches as vision/preprocess.py makes them: (n, 1, height, width),
zero mean, unit deviation. Outputs are raw: logits stay logits here and in the ONNX files. `logits` names layer and rows
of those that calibrate.py gives a temperature, `logarithms` of those that get a factor; presence has none, for the
evidence of two networks is added up there.
"""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor, nn

from vision.face import COVERS
from vision.preprocess import AFFECT_SIZE, EYE_SIZE, FACE_SIZE, FINDER_HEIGHT, FINDER_WIDTH

FINDER_STRIDE = 8


def conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution, batch norm (folded at export), ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)
    )


class Residual(nn.Module):
    """x + f(x), two convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(width, width), nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class Finder(nn.Module):
    """Heat map of faces over the whole picture.

    In (n, 1, 144, 192); out (n, 5, 18, 24): logit, dx, dy of the box's centre in cells, log width and log height
    in cells.
    """

    inputs = MappingProxyType({"patch": (1, FINDER_HEIGHT, FINDER_WIDTH)})
    outputs = ("heat",)

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(conv(1, 12, 2, 5), conv(12, 24, 2), conv(24, 32, 2), Residual(32))
        self.coarse = nn.Sequential(conv(32, 56, 2), Residual(56), conv(56, 64, 2), Residual(64))
        self.middle = conv(32, 48, 2)
        self.mix = conv(48 + 64, 48)
        self.out = nn.Sequential(conv(32 + 48, 32, 1, 1), conv(32, 32), nn.Conv2d(32, 5, 1))
        nn.init.constant_(self.out[2].bias, -2.0)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        fine = self.fine(x)
        middle = self.middle(fine)
        far = nn.functional.interpolate(self.coarse(fine), size=middle.shape[2:], mode="nearest")
        mixed = nn.functional.interpolate(self.mix(torch.cat([middle, far], 1)), size=fine.shape[2:], mode="nearest")
        return (self.out(torch.cat([fine, mixed], 1)),)


class Face(nn.Module):
    """Points, head pose and mouth of one face patch.

    In (n, 1, 112, 112). Out: points (n, 136) in the patch's unit, x then y for each of 68; head (n, 3) yaw, pitch,
    roll in units of 45 degrees, in the patch's frame; mouth (n, 1) openness; presence (n, 1) logit of "a face, well
    framed"; covers (n, 5) logits in the order of vision.face.COVERS.
    """

    # A track is framed by its own points: with products in 8 bits those of a still face wander three times as far.
    precise = True
    inputs = MappingProxyType({"patch": (1, FACE_SIZE, FACE_SIZE)})
    outputs = ("points", "head", "mouth", "presence", "covers")
    logits = MappingProxyType({name: ("covers", slice(k, k + 1)) for k, name in enumerate(COVERS)})
    logarithms: MappingProxyType[str, tuple[str, slice]] = MappingProxyType({})

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(1, 16, 2),
            conv(16, 32, 2),
            Residual(32),
            conv(32, 64, 2),
            Residual(64),
            conv(64, 128, 2),
            Residual(128),
        )
        self.trunk = nn.Sequential(conv(128, 32, 1, 1), nn.Flatten(), nn.Linear(32 * 7 * 7, 192), nn.ReLU(True))
        # How a head is turned shows in the shading of the whole face too, not in its points alone.
        self.turn = nn.Sequential(conv(128, 64, 2), nn.Flatten(), nn.Linear(64 * 4 * 4, 64), nn.ReLU(True))
        self.points = nn.Linear(192, 136)
        self.head = nn.Sequential(nn.Linear(136 + 64, 64), nn.ReLU(True), nn.Linear(64, 3))
        self.rest = nn.Linear(192, 2)
        self.covers = nn.Linear(192 + 64, len(COVERS))

    def forward(self, patch: Tensor) -> tuple[Tensor, ...]:
        places = self.body(patch)
        trunk, turn = self.trunk(places), self.turn(places)
        points, rest = self.points(trunk), self.rest(trunk)
        head = self.head(torch.cat([points, turn], 1))
        return points, head, rest[:, 0:1], rest[:, 1:2], self.covers(torch.cat([trunk, turn], 1))


class Eyes(nn.Module):
    """One eye patch and how the head is turned; both eyes go in as a batch of two.

    In: patch (n, 1, 48, 48); head (n, 3) yaw, pitch, roll in units of 45 degrees in the patch's frame, of which gaze
    and openness make use: a patch alone does not tell a turned eye from a turned head, nor a lid that is low from one
    that is seen aslant. Out: openness (n, 1), 0 closed, 1 relaxed open; closed (n, 1), visible (n, 1), glasses (n, 1)
    logits; gaze (n, 2) yaw and pitch like the head's; iris (n, 2) its centre in the patch's unit; doubt (n, 1) the
    natural logarithm of the angle by which this gaze is expected to be wrong, in the gaze's unit. What is told the head
    (`later`) has layers of its own, so that it can learn once the rest is learned and leave that as it is
    (train.py --later).
    """

    later = ("fine", "look", "gaze", "opening")
    logarithms = MappingProxyType({"doubt": ("gaze.2", slice(2, 3))})
    inputs = MappingProxyType({"patch": (1, EYE_SIZE, EYE_SIZE), "head": (3,)})
    outputs = ("openness", "closed", "visible", "gaze", "iris", "glasses", "doubt")
    logits = MappingProxyType(
        {"closed": ("lids", slice(0, 1)), "visible": ("lids", slice(1, 2)), "glasses": ("glasses", slice(1))}
    )
    dynamic = True

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(1, 16, 2), conv(16, 24), conv(24, 40, 2), Residual(40))
        self.deep = nn.Sequential(conv(40, 80, 2), Residual(80))
        # Few channels over 6×6 places: an iris must be found to a part of a pixel.
        self.fold = nn.Sequential(conv(80, 40, 1, 1), nn.Flatten(), nn.Dropout(0.3))
        self.trunk = nn.Sequential(nn.Linear(40 * 6 * 6, 128), nn.ReLU(True))
        self.lids = nn.Linear(128, 2)
        self.iris = nn.Linear(128, 2)
        self.glasses = nn.Linear(128, 1)
        self.fine = conv(40, 40, 2)
        self.look = nn.Sequential(
            conv(80 + 40, 64),
            conv(64, 32, 1, 1),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(32 * 6 * 6, 128),
            nn.ReLU(True),
        )
        self.gaze = nn.Sequential(nn.Linear(128 + 3, 64), nn.ReLU(True), nn.Linear(64, 3))
        self.opening = nn.Sequential(nn.Linear(128 + 128 + 3, 48), nn.ReLU(True), nn.Linear(48, 1))

    def forward(self, patch: Tensor, head: Tensor) -> tuple[Tensor, ...]:
        near = self.body(patch)
        places = self.deep(near)
        trunk = self.trunk(self.fold(places))
        lids = self.lids(trunk)
        look = self.look(torch.cat([places, self.fine(near)], 1))
        gaze = self.gaze(torch.cat([look, head], 1))
        opening = self.opening(torch.cat([trunk, look, head], 1))
        looks = head[:, :2] + gaze[:, :2]
        return opening, lids[:, 0:1], lids[:, 1:2], looks, self.iris(trunk), self.glasses(trunk), gaze[:, 2:]


class Affect(nn.Module):
    """Expression of one upright face patch. In (n, 1, 64, 64); out (n, 7) logits in the order of EXPRESSIONS."""

    inputs = MappingProxyType({"patch": (1, AFFECT_SIZE, AFFECT_SIZE)})
    outputs = ("expression",)
    # Channels and residuals of each stage, and each halves the picture.
    stages: tuple[tuple[int, int], ...] = ((24, 0), (40, 1), (80, 2), (128, 1))
    dropout = 0.4

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for width, residuals in self.stages:
            layers += [conv(before, width, 2), *(Residual(width) for _ in range(residuals))]
            before = width
        layers += [nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(self.dropout), nn.Linear(before * 4, 7)]
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (self.body(x),)


class AffectTeacher(Affect):
    """What the affect network learns from: 118 MMAC instead of 33, too slow for the car."""

    stages = ((32, 1), (64, 2), (128, 2), (192, 1))
    dropout = 0.5


TEACHERS: dict[str, type[nn.Module]] = {"affect_teacher": AffectTeacher}  # never exported
NETWORKS: dict[str, type[nn.Module]] = {"finder": Finder, "face": Face, "eyes": Eyes, "affect": Affect}
