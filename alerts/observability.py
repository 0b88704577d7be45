"""Can the driver be judged at all, and if not, what is missing and what still works.

Knows which measurements of an observation are there. Must not know what they say.

"Cannot see" is a state with a reason, shown within 10 s. It is the only rule that a covered lens, dark glasses or a
dead camera can raise: everything else falls silent on what it cannot see.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from alerts.timing import exceeds, reached
from alerts.types import Cause, Explanation, Finding, Level
from vision.types import Eye, Face, Reason


class ObservabilitySettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long the driver may stay unseen."""

    face_min_confidence: Annotated[
        float, Meta(ge=0.1, le=0.95, description="a face found with less confidence is none; 0–1; (ours)")
    ] = 0.5
    notice_s: Annotated[
        float,
        Meta(ge=2.0, le=10.0, description="unseen this long is said; s; Euro NCAP: within 10 s [S2], ours sooner"),
    ] = 8.0
    regain_s: Annotated[
        float,
        Meta(ge=0.2, le=3.0, description="seen this long without a gap is seen again; s; a microsleep fits in (ours)"),
    ] = 1.0
    bridge_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="longest time between two judged samples that is no gap; s; (ours)")
    ] = 0.35


EYES_DISAGREE = "eyes_disagree"

_WORDS = {
    Reason.NO_FRAME.value: "no picture from the camera",
    Reason.NO_FACE.value: "no face found",
    Reason.TOO_DARK.value: "too dark",
    Reason.TOO_BRIGHT.value: "too bright",
    Reason.BLURRED.value: "picture blurred",
    Reason.OUT_OF_FRAME.value: "out of the picture",
    Reason.TURNED_AWAY.value: "head turned too far",
    Reason.COVERED.value: "eyes covered",
    Reason.TOO_SMALL.value: "face too small",
    Reason.NOT_MEASURED.value: "eyes not measured",
    "face_unsure": "face not certain",
    "eyes_unsure": "eyes not certain",
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

    @property
    def blind_since_s(self) -> float:
        return self._seen_s or 0.0

    def update(self, t_s: float, *, judged: bool) -> float:
        """Take one sample; returns for how long it has been blind."""
        if self._seen_s is None:
            self._seen_s = t_s
        if self._run_s is not None and exceeds(t_s - self._last_s, self._settings.bridge_s):
            self._run_s = None
        if judged:
            if self._run_s is None:
                self._run_s = t_s
            self._last_s = t_s
        if self._run_s is not None and reached(self._last_s - self._run_s, self._settings.regain_s):
            self._seen_s = self._last_s
        return t_s - self._seen_s


class Observability:
    """The rule "cannot see": one sight for the eyes, one for the head."""

    __slots__ = ("_eyes", "_eyes_blind_s", "_head", "_head_blind_s", "_last_s", "_missing", "_settings")

    def __init__(self, settings: ObservabilitySettings) -> None:
        self._settings = settings
        self._eyes, self._head = Sight(settings), Sight(settings)
        self._eyes_blind_s = self._head_blind_s = 0.0
        self._last_s: float | None = None
        self._missing = "gaps"  # what was missing last

    def update(self, t_s: float, missing: str | None, *, head_judged: bool) -> None:
        """Take one sample: why the eyes are not judged (None where they are), and whether the head is."""
        self._eyes_blind_s = self._eyes.update(t_s, judged=missing is None)
        self._head_blind_s = self._head.update(t_s, judged=head_judged)
        if missing:
            self._missing = missing
        elif self._last_s is not None and exceeds(t_s - self._last_s, self._settings.bridge_s):
            self._missing = "gaps"
        self._last_s = t_s

    def finding(self, t_s: float) -> Finding | None:
        """What cannot be seen, once it has lasted: the eyes only (INFORMATION) or the whole driver (CAUTION)."""
        s = self._settings
        if not reached(self._eyes_blind_s, s.notice_s):
            return None
        all_blind = reached(self._head_blind_s, s.notice_s)
        why = Explanation(
            rule="cannot_see",
            since_s=self._eyes.blind_since_s,
            until_s=t_s,
            value=self._eyes_blind_s,
            threshold=s.notice_s,
            unit="s",
            clears_when=f"the face and an eye are seen for {s.regain_s:.1f} s",
            measured=f"{'driver' if all_blind else 'eyes'} not seen ({_WORDS[self._missing]}) for",
            note="nothing of the driver is judged" if all_blind else "only the head's direction is still judged",
        )
        return Finding(Level.CAUTION if all_blind else Level.INFORMATION, Cause.CANNOT_SEE, why)
