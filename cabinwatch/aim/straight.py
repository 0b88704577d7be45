"""How the camera is mounted, from a driver who looks straight ahead for a few seconds.

Knows angles and times. A camera that points θ to its image's right, or θ up, sees a driver who looks straight ahead at
yaw or pitch θ: the median head is the mounting (alerts/baseline.py takes it out again). What one person's habit adds,
the baseline of each trip removes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from alerts.baseline import Histogram
from vision.types import Eye, FaceObservation, Side

LOOK_S = 5.0
STEP_MOST_S = 0.5  # a longer hole starts the look anew; a blink is shorter
STEADY_DEG, STEADY_SHARE = 3.0, 0.8  # of the time so near the median, which a mirror glance does not move (ours)
SURE = 0.5  # confidence from which a head is believed (alerts.baseline.min_confidence)
MOST_DEG = 60.0  # what alerts.baseline.Mounting takes
_FINE_DEG, _FINE_PX = 0.1, 1.0


@dataclass(frozen=True, slots=True)
class Mounted:
    """What goes into the config."""

    yaw_deg: float
    pitch_deg: float
    driver_side: Side  # AUTO: the face is too near the middle to say


@dataclass(frozen=True, slots=True)
class _Glimpse:
    t_s: float
    yaw_deg: float
    pitch_deg: float
    x_px: float
    width_px: float


class StraightAhead:
    """Takes observations until LOOK_S of them were steady.

    Args:
        frame_width_px: Of the picture, to tell the driver's side.
    """

    def __init__(self, frame_width_px: int) -> None:
        self._frame_width_px = frame_width_px
        self._glimpses: deque[_Glimpse] = deque()

    @property
    def progress(self) -> float:
        """0–1."""
        if not self._glimpses:
            return 0.0
        return min((self._glimpses[-1].t_s - self._glimpses[0].t_s) / LOOK_S, 1.0)

    def take(self, seen: FaceObservation) -> Mounted | None:
        """Takes one observation; the mounting once it is known."""
        glimpse = _glimpse(seen)
        if self._glimpses and seen.t_s - self._glimpses[-1].t_s > STEP_MOST_S:
            self._glimpses.clear()
        if glimpse is None:
            return None
        self._glimpses.append(glimpse)
        if glimpse.t_s - self._glimpses[0].t_s < LOOK_S:
            return None
        mounted = self._median()
        while glimpse.t_s - self._glimpses[0].t_s >= LOOK_S:
            self._glimpses.popleft()
        return mounted

    def _median(self) -> Mounted | None:
        """None where the head strayed, or points where no camera can be mounted."""
        yaw, pitch = Histogram(_FINE_DEG), Histogram(_FINE_DEG)
        place, width = Histogram(_FINE_PX), Histogram(_FINE_PX)
        for before, now in zip(self._glimpses, list(self._glimpses)[1:], strict=False):
            step_s = now.t_s - before.t_s
            for histogram, value in (
                (yaw, now.yaw_deg),
                (pitch, now.pitch_deg),
                (place, now.x_px),
                (width, now.width_px),
            ):
                histogram.add(value, step_s)
        medians = yaw.median(), pitch.median()
        steady = min(part.share_near(at, STEADY_DEG) for part, at in zip((yaw, pitch), medians, strict=True))
        if steady < STEADY_SHARE or max(map(abs, medians)) > MOST_DEG:
            return None
        side = side_of(place.median(), width.median(), self._frame_width_px)
        return Mounted(round(medians[0], 1), round(medians[1], 1), side)


def side_of(x_px: float, face_width_px: float, frame_width_px: int) -> Side:
    """Which half of the picture is the driver's: only where leaning by a head would not cross the middle."""
    off_px = x_px - frame_width_px / 2
    if abs(off_px) < face_width_px:
        return Side.AUTO
    return Side.LEFT if off_px < 0 else Side.RIGHT


def _glimpse(seen: FaceObservation) -> _Glimpse | None:
    """None where the head is not sure or no eye is open: who sleeps does not look ahead."""
    head, box = seen.head, seen.face.box_px
    if head.yaw_deg is None or head.pitch_deg is None or box is None or head.confidence < SURE:
        return None
    if not (_is_open(seen.left) or _is_open(seen.right)):
        return None
    return _Glimpse(seen.t_s, head.yaw_deg, head.pitch_deg, (box[0] + box[2]) / 2, box[2] - box[0])


def _is_open(eye: Eye) -> bool:
    return eye.closed is not None and eye.closed < 0.5
