"""Can the driver be judged at all, and if not, what is missing and what still works.

Knows which measurements of an observation are there. Must not know what they say.

"Cannot see" is a state with a reason, shown within 10 s. It is the only rule that a covered lens, dark glasses or a
dead camera can raise: everything else falls silent on what it cannot see.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from alerts.timing import exceeds, reached
from alerts.types import Signals
from vision.types import Direction, Eye, Face, FaceObservation, Mouth, Reason


class ObservabilitySettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long the driver may stay unseen."""

    face_min_confidence: Annotated[
        float, Meta(ge=0.1, le=0.95, description="a face found with less confidence is none; 0–1; (ours)")
    ] = 0.5
    min_confidence: Annotated[
        float, Meta(ge=0.1, le=0.95, description="a mouth, head or gaze judged with less is unseen; 0–1; (ours)")
    ] = 0.5
    regain_s: Annotated[
        float,
        Meta(ge=0.2, le=3.0, description="seen this long without a gap is seen again; s; a microsleep fits in (ours)"),
    ] = 1.0
    bridge_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="longest time between two judged samples that is no gap; s; (ours)")
    ] = 0.35
    frozen_s: Annotated[
        float,
        Meta(ge=0.3, le=3.0, description="the same picture this long is frozen; s; before a microsleep is due (ours)"),
    ] = 0.8
    lively_s: Annotated[
        float, Meta(ge=0.5, le=10.0, description="every picture was another one for this long before; s; (ours)")
    ] = 2.0


EYES_DISAGREE = "eyes_disagree"
FROZEN = "frozen"
NOT_DRIVER = "not_driver_seat"

WORDS = {
    Reason.NO_FRAME.value: "no picture from the camera",
    Reason.NO_FACE.value: "no face found",
    Reason.TOO_DARK.value: "too dark",
    Reason.TOO_BRIGHT.value: "too bright",
    Reason.BLURRED.value: "picture blurred",
    Reason.OUT_OF_FRAME.value: "out of the picture",
    Reason.TURNED_AWAY.value: "head turned too far",
    Reason.COVERED.value: "eyes covered",
    Reason.TOO_SMALL.value: "face too small",
    Reason.EYES_CLOSED.value: "eyes closed",
    Reason.NOT_MEASURED.value: "eyes not measured",
    "face_unsure": "face not certain",
    "eyes_unsure": "eyes not certain",
    Reason.UNSURE.value: "not certain",
    FROZEN: "picture frozen",
    NOT_DRIVER: "a face, but not in the driver's seat",
    EYES_DISAGREE: "one eye read as open, the other as closed",
    "gaps": "pictures too far apart",
}


def face_missing(face: Face, min_confidence: float) -> str | None:
    """Why there is no face to judge, or None where there is one."""
    if face.confidence >= min_confidence:
        return None
    return face.reason.value if face.reason else "face_unsure"


def eyes_missing(left: Eye, right: Eye) -> str:
    """Why no eye could be judged: the reason of the one seen better."""
    better = left if left.confidence >= right.confidence else right
    return better.reason.value if better.reason else "eyes_unsure"


# Seen and blind
# --------------
# Samples that are judged and lie no further apart than bridge_s form a run. The driver is *seen* while a run goes on
# that is at least regain_s long: a shorter one could not hold the shortest closure that we must find, so it proves
# nothing. Blind time runs from the last sample at which the driver was seen (or from the first sample of all).
# A run whose samples lie too far apart – a camera at 2 frames/s – never forms: that, too, is blind.


class Sight:
    """Since when something has not been seen."""

    __slots__ = ("_last_s", "_run_s", "_seen_s", "_settings")

    def __init__(self, settings: ObservabilitySettings) -> None:
        self._settings = settings
        self._run_s: float | None = None  # where the run began
        self._last_s = 0.0  # the last judged sample
        self._seen_s: float | None = None  # the last sample at which the driver was seen

    def update(self, t_s: float, *, judged: bool) -> float:
        """Take one sample; returns for how long it has been blind."""
        if self._seen_s is None:
            self._seen_s = t_s
        if judged:
            if self._run_s is None or exceeds(t_s - self._last_s, self._settings.bridge_s):
                self._run_s = t_s
            self._last_s = t_s
            if reached(t_s - self._run_s, self._settings.regain_s):
                self._seen_s = t_s
        return t_s - self._seen_s


class Observability:
    """For how long the eyes, and the whole driver, have not been seen."""

    __slots__ = ("_eyes", "_eyes_blind_s", "_head", "_head_blind_s", "_last_s", "_missing", "_settings")

    def __init__(self, settings: ObservabilitySettings) -> None:
        self._settings = settings
        self._eyes, self._head = Sight(settings), Sight(settings)
        self._eyes_blind_s = self._head_blind_s = 0.0
        self._last_s: float | None = None
        self._missing = "gaps"  # what was missing last

    @property
    def eyes_unseen_s(self) -> float:
        """Since no eye is judged; the head may be."""
        return self._eyes_blind_s

    @property
    def unseen_s(self) -> float:
        """Since neither an eye nor the head is judged."""
        return min(self._eyes_blind_s, self._head_blind_s)

    @property
    def missing(self) -> str:
        """What was missing last, in words."""
        return WORDS[self._missing]

    def update(self, t_s: float, missing: str | None, *, head_judged: bool) -> None:
        """Take one sample: why the eyes are not judged (None where they are), and whether the head is."""
        self._eyes_blind_s = self._eyes.update(t_s, judged=missing is None)
        self._head_blind_s = self._head.update(t_s, judged=head_judged)
        if missing:
            self._missing = missing
        elif self._last_s is not None and exceeds(t_s - self._last_s, self._settings.bridge_s):
            self._missing = "gaps"
        self._last_s = t_s


# A frozen picture
# ----------------
# A sensor has noise: no two pictures of it give the same 68 points and the same brightness, contrast, saturation and
# sharpness to the last digit. Where every sample was another one for lively_s and then the same one comes for
# frozen_s, the picture stands still and shows nobody of now – least of all closed eyes. A source that never was lively
# (drawn, or written by hand) cannot be told from a frozen one and is believed.


class Frozen:
    """Whether the same picture comes again and again."""

    __slots__ = ("_changed_since_s", "_last", "_lively", "_same_since_s", "_settings")

    def __init__(self, settings: ObservabilitySettings) -> None:
        self._settings = settings
        self._last: FaceObservation | None = None
        self._changed_since_s = self._same_since_s = 0.0
        self._lively = False

    def update(self, seen: FaceObservation) -> bool:
        """Take one sample that has a picture."""
        last, self._last = self._last, seen
        t_s = seen.t_s
        if last is None or seen.landmarks_px is None or seen.conditions.sharpness is None:
            self._changed_since_s = self._same_since_s = t_s
            return False
        if not _same_picture(last, seen):
            self._same_since_s = t_s
            self._lively = self._lively or reached(t_s - self._changed_since_s, self._settings.lively_s)
            return False
        self._changed_since_s = t_s
        return self._lively and reached(t_s - self._same_since_s, self._settings.frozen_s)


def _same_picture(one: FaceObservation, other: FaceObservation) -> bool:
    if one.conditions != other.conditions or one.landmarks_px is None or other.landmarks_px is None:
        return False
    return one.landmarks_px.shape == other.landmarks_px.shape and bool((one.landmarks_px == other.landmarks_px).all())


def part_missing(part: Mouth | Direction, min_confidence: float, *, value: float | None) -> str | None:
    """Why a mouth, head or gaze is not judged, or None where it is."""
    if value is not None and part.confidence >= min_confidence:
        return None
    return part.reason.value if part.reason else "unsure"


def signals_of(
    seen: FaceObservation, no_face: str | None, eyes: str | None, settings: ObservabilitySettings, before: Signals
) -> Signals:
    """What is seen and what is not, signal by signal. Without a face nothing is. `before` comes back if it holds."""
    if no_face is not None:
        return Signals(no_face, no_face, no_face, no_face, no_face)
    low = settings.min_confidence
    mouth = part_missing(seen.mouth, low, value=seen.mouth.openness)
    head = part_missing(seen.head, low, value=seen.head.yaw_deg)
    gaze = part_missing(seen.gaze, low, value=seen.gaze.yaw_deg)
    if (eyes, mouth, head, gaze, None) == (before.eyes, before.mouth, before.head, before.gaze, before.face):
        return before
    return Signals(None, eyes, mouth, head, gaze)
