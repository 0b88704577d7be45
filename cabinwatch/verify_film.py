"""What a drive looked like, kept small: runs of equal values instead of samples.

Knows what a drawing shows. Must not know how it is drawn or what the rules said.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vision.types import Direction, FaceObservation, Reason

CLOSED_FROM = 0.5  # probability, the product's

Run = tuple[float, float, str]  # from, to (s), what


class Runs:
    """Equal words in a row become one run; each lasts until the next begins."""

    def __init__(self) -> None:
        self._starts: list[tuple[float, str]] = []

    def add(self, t_s: float, word: str) -> None:
        """Take one sample."""
        if not self._starts or self._starts[-1][1] != word:
            self._starts.append((t_s, word))

    def until(self, end_s: float) -> list[Run]:
        """All of them; the last one ends with the drive."""
        ends_s = [t_s for t_s, _ in self._starts[1:]] + [end_s]
        return [(t_s, until_s, word) for (t_s, word), until_s in zip(self._starts, ends_s, strict=True)]


@dataclass(slots=True)
class Film:
    """One drive. Eyes: open, closed, unseen. Turned: "turned" where the head's own turn hides it. Angles: degrees."""

    end_s: float = 0.0
    eyes: Runs = field(default_factory=Runs)
    turned: Runs = field(default_factory=Runs)
    yaw: Runs = field(default_factory=Runs)  # of the gaze, else of the head; empty where neither was measured
    pitch: Runs = field(default_factory=Runs)

    def add(self, seen: FaceObservation) -> None:
        """Take one observation: what was seen, not what the rules made of it."""
        self.end_s = seen.t_s
        looks = seen.gaze if seen.gaze.yaw_deg is not None else seen.head
        self.eyes.add(seen.t_s, _eyes(seen))
        self.turned.add(seen.t_s, "turned" if seen.head.reason is Reason.TURNED_AWAY else "")
        self.yaw.add(seen.t_s, _written(looks, looks.yaw_deg))
        self.pitch.add(seen.t_s, _written(looks, looks.pitch_deg))


def _eyes(seen: FaceObservation) -> str:
    known = [eye.closed for eye in (seen.left, seen.right) if eye.closed is not None]
    if not known:
        return "unseen"
    return "closed" if min(known) >= CLOSED_FROM else "open"


def _written(looks: Direction, angle_deg: float | None) -> str:
    return "" if angle_deg is None or not looks.confidence else f"{angle_deg:.0f}"
