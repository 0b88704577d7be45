"""Where the face is against its place of this trip: slumped, leaning, or not in the driver's seat at all.

Knows the face's box and its learned place. Must not know the picture's size, eyes or levels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from alerts.timing import Answer, Hold
from vision.types import Face


class PostureSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far from its place the face may be. Lengths are in widths of the face (about 15 cm)."""

    slump_widths: Annotated[
        float, Meta(ge=0.3, le=2.0, description="the face sunk so far is slumped; face widths; (ours)")
    ] = 0.7
    lean_widths: Annotated[
        float, Meta(ge=0.5, le=2.0, description="the face so far aside is leaning; face widths; (ours)")
    ] = 1.0
    near_ratio: Annotated[
        float, Meta(ge=1.1, le=2.0, description="a face so much larger is bent forward: leaning; ratio; (ours)")
    ] = 1.4
    seat_widths: Annotated[
        float, Meta(ge=1.5, le=5.0, description="a face further off is not the driver's; face widths; 40 cm (ours)")
    ] = 2.7
    seat_ratio: Annotated[
        float, Meta(ge=0.3, le=0.8, description="a face so much smaller sits behind; ratio; (ours)")
    ] = 0.55
    release_s: Annotated[
        float, Meta(ge=0.1, le=2.0, description="back in place this long is sitting up; s; (ours)")
    ] = 0.5
    bridge_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="longest time between two faces of one posture; s; (ours)")
    ] = 0.35


@dataclass(frozen=True, slots=True)
class Place:
    """Where a face is and how large."""

    x_px: float  # of its centre
    y_px: float
    width_px: float


def place_of(face: Face) -> Place | None:
    """The face's place, or None where its box is absent or no box."""
    if face.box_px is None:
        return None
    x0, y0, x1, y1 = face.box_px
    width = x1 - x0
    if not width > 0.0 or not math.isfinite(x0 + x1 + y0 + y1):
        return None
    return Place((x0 + x1) / 2.0, (y0 + y1) / 2.0, width)


def elsewhere(place: Place | None, usual: Place | None, settings: PostureSettings) -> bool:
    """Whether this face sits on another seat. Before the place is learned nobody can say."""
    if place is None or usual is None:
        return False
    off = math.hypot(place.x_px - usual.x_px, place.y_px - usual.y_px) / usual.width_px
    return off > settings.seat_widths or place.width_px < settings.seat_ratio * usual.width_px


# Two questions, each followed by the table of timing.Hold; before the place is learned the answer is unknown.
#   slumped   the face is slump_widths or more under its place
#   leaning   it is lean_widths or more beside it, or near_ratio larger (bent forward)


class Posture:
    """Since when the driver has been slumped or leaning."""

    __slots__ = ("_lean", "_settings", "_slump", "leaning_for_s", "slumped_for_s")

    def __init__(self, settings: PostureSettings) -> None:
        self._settings = settings
        self._slump, self._lean = Hold(settings.bridge_s), Hold(settings.bridge_s)
        self.slumped_for_s = self.leaning_for_s = 0.0

    def update(self, t_s: float, place: Place | None, usual: Place | None) -> None:
        """Take one sample: where the face is, and where it is when the driver drives."""
        slumped, leaning = self._answers(place, usual)
        self._slump.update(t_s, slumped, self._settings.release_s)
        self._lean.update(t_s, leaning, self._settings.release_s)
        self.slumped_for_s, self.leaning_for_s = self._slump.held_for_s, self._lean.held_for_s

    def _answers(self, place: Place | None, usual: Place | None) -> tuple[Answer, Answer]:
        if place is None or usual is None:
            return None, None
        s = self._settings
        aside = abs(place.x_px - usual.x_px) / usual.width_px
        down = (place.y_px - usual.y_px) / usual.width_px
        return down >= s.slump_widths, aside >= s.lean_widths or place.width_px >= s.near_ratio * usual.width_px
