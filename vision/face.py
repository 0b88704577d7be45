"""Points, head pose and mouth of one face patch.

Knows the face network's outputs. Must not know where the patch came from or what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

from vision.angles import turn_image
from vision.model import Model, probability
from vision.preprocess import ANGLE_UNIT_DEG, Patch, box_of, normalise
from vision.types import GreyImage, Points

# In the order of the network's output: the fields of vision.types.Covers, and anything that hides the mouth.
COVERS = ("glasses", "sunglasses", "mask", "hand", "mouth_hidden")


@dataclass(frozen=True, slots=True)
class FaceReading:
    """What the network says of one patch."""

    points_px: Points  # (68, 2) in the frame
    box_px: tuple[float, float, float, float]  # x0 y0 x1 y1 around them
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    mouth: float  # openness, 0 closed, 1 as wide as people open it
    presence: float  # 0–1, probability of a well-framed face
    covers: tuple[float, ...]  # log-odds, in the order of COVERS
    patch: GreyImage  # (112, 112), what was looked at
    unit: Points  # (68, 2) in it, −1 … 1 from edge to edge


class FaceNetwork:
    """The face network."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def measure(self, grey: GreyImage, patch: Patch) -> FaceReading:
        """Read the face in a patch of the frame; angles are in the frame, not in the patch."""
        cut = patch.cut(grey)
        points, head, mouth, presence, covers = self._model.run(normalise(cut)[None, None])
        yaw, pitch, roll = (float(v) * ANGLE_UNIT_DEG for v in head[0])
        yaw, pitch, roll = turn_image((yaw, pitch, roll), patch.roll_deg)
        unit = points[0].reshape(68, 2)
        points_px = patch.points_to_frame(unit)
        return FaceReading(
            points_px=points_px,
            box_px=box_of(points_px),
            yaw_deg=yaw,
            pitch_deg=pitch,
            roll_deg=roll,
            mouth=min(max(float(mouth[0, 0]), 0.0), 1.3),
            presence=probability(presence[0, 0]),
            covers=tuple(covers[0].tolist()),
            patch=cut,
            unit=unit,
        )
