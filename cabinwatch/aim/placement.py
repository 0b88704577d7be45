"""Is the face where the networks can judge it: large enough, lit enough, with room to slump, not too far from the side.

Pure: an observation and a few numbers of light in, findings out. The thresholds are measured where that could be done;
docs/aim.md has the tables and how they were measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.observability import WORDS
from cabinwatch.doctor.findings import Finding, fail, ok, warn
from vision.eyes import TURNED_DEG
from vision.preprocess import eye_patches
from vision.types import Eye, Face, FaceObservation, Frame, Reason

# Side of the eye's patch, px. From 24 the figures of the model card hold (real eyes: balanced accuracy 0.974); on the
# shrunk demo drive the error of openness grows from 0.09 (50 px) to 0.13 (25 px), 0.21 (15 px) and 0.28 (10 px).
EYE_GOOD_PX, EYE_LEAST_PX = 24.0, 15.0
# Mean grey of the eye's patch. On the darkened demo drive with noise of 3 grey levels, openness follows the truth with
# r 0.97 from 29 up, 0.95 at 17, 0.92 at 11 and 0.76 at 5.
EYE_DIM, EYE_DARK = 30.0, 12.0
# The same, brightened: r 0.97 at 212, 0.96 at 230, 0.93 at 246 and 0.90 at 250.
EYE_BRIGHT, EYE_WASHED = 225.0, 245.0
# Room around the face, in heights and widths of the face: a driver slumps by half a head and stretches by less, and
# leans as far as half a head to either side without leaving the seat (ours).
ROOM_BELOW, ROOM_ABOVE, ROOM_BESIDE = 0.5, 0.25, 0.5
YAW_MOST_DEG = TURNED_DEG - 10.0  # ten degrees further and the far eye lies behind the nose (vision/eyes.py; ours)
FROM_ABOVE_DEG = -20.0  # upper lids hide the eyes: a camera at the mirror is the worst place of the model card
LIKELY = 0.5  # probability from which something lies over the face


@dataclass(frozen=True, slots=True)
class EyeLight:
    """What the picture gives of one eye."""

    side_px: float  # of its patch; the eye is 0.6 of it
    brightness: float  # mean grey, 0–255


@dataclass(frozen=True, slots=True)
class Look:
    """One frame, as far as aiming wants to know it. `eyes` is left and right, the driver's own; None without a face."""

    width_px: int
    height_px: int
    seen: FaceObservation
    eyes: tuple[EyeLight, EyeLight] | None = None


def look_at(frame: Frame, seen: FaceObservation) -> Look:
    """Measures the light and the size of both eyes."""
    height, width = frame.grey.shape
    if seen.landmarks_px is None:
        return Look(width, height, seen)
    left, right = (
        EyeLight(patch.side_px, float(patch.cut(frame.grey).mean())) for patch in eye_patches(seen.landmarks_px)
    )
    return Look(width, height, seen, (left, right))


def judge(look: Look) -> list[Finding]:
    """What the installer reads; without a face only that."""
    seen = look.seen
    if look.eyes is None or seen.face.box_px is None:
        return [_no_face(seen.face)]
    return [
        _size(look.eyes),
        _light(look.eyes),
        _judged(seen),
        _place(look, seen.face.box_px),
        *_side(seen),
        *_worn(seen),
    ]


def _no_face(face: Face) -> Finding:
    reason = face.reason or Reason.NO_FACE
    todo = {
        Reason.TOO_DARK: "switch the illuminator on, take the lens cap off",
        Reason.TOO_BRIGHT: "shorten the exposure or dim the illuminator",
        Reason.COVERED: "uncover or clean the lens",
        Reason.NO_FRAME: "cabinwatch doctor",
    }
    return fail(
        "face", WORDS[reason.value], todo.get(reason, "sit in the driver's seat; turn the camera to the headrest")
    )


def _size(eyes: tuple[EyeLight, EyeLight]) -> Finding:
    side_px = min(eye.side_px for eye in eyes)
    closer = "move the camera closer, or take a longer lens or a larger camera.width"
    found = f"patch {side_px:.0f} px wide, {EYE_GOOD_PX:.0f} are wanted"
    if side_px < EYE_LEAST_PX:
        return fail("eye size", f"{found}: too small to tell open from half closed", closer)
    if side_px < EYE_GOOD_PX:
        return warn("eye size", f"{found}: works, but below what was measured on people", closer)
    return ok("eye size", found)


def _light(eyes: tuple[EyeLight, EyeLight]) -> Finding:
    dark, bright = sorted(eye.brightness for eye in eyes)
    found = f"mean grey {dark:.0f} and {bright:.0f} of 255, good from {EYE_DIM:.0f} to {EYE_BRIGHT:.0f}"
    dim = "shorten the exposure, dim the illuminator or turn it away"
    more = "bring the illuminator closer, or lengthen the exposure"
    if bright > EYE_WASHED:
        return fail("eye light", f"far too bright: {found}", dim)
    if dark < EYE_DARK:
        return fail("eye light", f"far too dark: {found}", more)
    if bright > EYE_BRIGHT:
        return warn("eye light", f"too bright: {found}", dim)
    if dark < EYE_DIM:
        return warn("eye light", f"too dark: {found}", more)
    return ok("eye light", found)


def _judged(seen: FaceObservation) -> Finding:
    missing = {name: _why(eye) for name, eye in (("left", seen.left), ("right", seen.right)) if eye.openness is None}
    if not missing:
        return ok("eyes", "both are judged")
    found = "; ".join(f"{name} eye: {why}" for name, why in missing.items())
    return warn("eyes", found, "look ahead, hands off the face; move the camera to where it sees both eyes")


def _why(eye: Eye) -> str:
    return WORDS[(eye.reason or Reason.NOT_MEASURED).value]


def _place(look: Look, box_px: tuple[float, float, float, float]) -> Finding:
    x0, y0, x1, y1 = box_px
    wide, high = x1 - x0, y1 - y0
    lacks = {
        "left": ROOM_BESIDE * wide - x0,
        "right": ROOM_BESIDE * wide - (look.width_px - x1),
        "top": ROOM_ABOVE * high - y0,
        "bottom": ROOM_BELOW * high - (look.height_px - y1),
    }
    tight = [edge for edge, lack_px in lacks.items() if lack_px > 0]
    found = f"face {wide:.0f}×{high:.0f} px in {look.width_px}×{look.height_px}"
    if not tight:
        return ok("place", f"{found}, with room to slump and to lean")
    edges = " and ".join(tight)
    return warn("place", f"{found}: too near the {edges} of the picture", _towards(set(tight)))


def _towards(tight: set[str]) -> str:
    """The picture is not mirrored: its left is at the driver's right hand."""
    if {"left", "right"} <= tight or {"top", "bottom"} <= tight:
        return "move the camera further away, or take a shorter lens"
    moves = {
        "left": "turn the camera towards the driver's right hand",
        "right": "turn the camera towards the driver's left hand",
        "top": "tilt the camera up",
        "bottom": "tilt the camera down",
    }
    return ", ".join(moves[edge] for edge in moves if edge in tight)


def _side(seen: FaceObservation) -> Iterator[Finding]:
    yaw_deg, pitch_deg = seen.head.yaw_deg, seen.head.pitch_deg
    if yaw_deg is None or pitch_deg is None:
        return
    found = f"head {yaw_deg:+.0f}° across, {pitch_deg:+.0f}° up, seen from the camera"
    if abs(yaw_deg) > YAW_MOST_DEG:
        yield warn("angle", f"{found}: the far eye is soon hidden", "move the camera nearer to straight ahead")
    elif pitch_deg < FROM_ABOVE_DEG:
        yield warn("angle", f"{found}: lids hide the eyes from above", "move the camera down")
    else:
        yield ok("angle", found)


def _worn(seen: FaceObservation) -> Iterator[Finding]:
    covers = seen.covers
    if covers is None:
        return
    if covers.sunglasses > LIKELY:
        yield warn("glasses", "sunglasses that hide the eyes", "take them off to aim")
    elif covers.glasses > LIKELY:
        yield ok("glasses", "yes: see that no reflection lies over an eye")
    if covers.mask > LIKELY or covers.hand > LIKELY:
        yield warn("cover", "a mask or a hand lies over the face", "uncover it to aim")
