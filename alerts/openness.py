"""How wide this driver's eyes are open against the driver's own, how long this driver blinks, and what the lids do.

Knows openness, blink durations and when they may be learned from. Must not know levels or earlier trips: what is
learned here lives for one trip and says nothing of who it was learned from.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct

from alerts.baseline import Histogram
from alerts.timing import Answer, exceeds, reached
from alerts.types import Lids, Metric

_STEP = 0.02  # of openness
_BLINK_STEP_S = 0.005


class OpennessSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is learned of these eyes, and where lowered lids begin."""

    learn_s: Annotated[
        float, Meta(ge=20.0, le=600.0, description="valid driving with open eyes it takes to learn; s; (ours)")
    ] = 60.0
    early_s: Annotated[
        float,
        Meta(ge=0.5, le=20.0, description="as much of it gives blinks a first own level to be read against; s; (ours)"),
    ] = 1.0
    lowest: Annotated[
        float, Meta(ge=0.2, le=0.8, description="no open eye is narrower; openness, population = 1; 6 of 10 mm (ours)")
    ] = 0.5
    lowered_under: Annotated[
        float, Meta(ge=0.5, le=0.95, description="lids under this are lowered; openness, own open eye = 1; (ours)")
    ] = 0.75
    blinks_from: Annotated[
        int, Meta(ge=10, le=100, description="blinks it takes to learn their duration; blinks; (ours)")
    ] = 20
    eyewear_drop: Annotated[
        float, Meta(ge=0.1, le=0.5, description="confidence that changes so much: other eyewear or light; 0–1; (ours)")
    ] = 0.2
    eyewear_s: Annotated[float, Meta(ge=5.0, le=60.0, description="and stays changed for this long; s; (ours)")] = 15.0
    max_step_s: Annotated[
        float, Meta(ge=0.1, le=0.5, description="a longer time between two samples teaches nothing; s; (ours)")
    ] = 0.35


# How wide these eyes are open
# ----------------------------
#   LEARNING  openness is the population's (1 = anybody's open eye) while learn_s of valid driving is gathered; after
#             early_s the median so far serves blinks alone, or narrow eyes would never be up again and have none
#   LEARNED   own level = the median; openness is divided by it
# The level may only grow: after each further learn_s a larger median replaces it, a smaller one is forgotten. Lids that
# sink over the hours are what we look for and must not become the new normal.
#
# Vision reports no glasses. What it does report is confidence, and that steps when glasses go on or off, or when light
# falls on them. Confidence that leaves its learned mean by eyewear_drop for eyewear_s of valid driving sends the eyes
# back to LEARNING, with that said. Nothing else is learned anew: not the pose, not the blinks.


class OwnEyes:
    """What is normal for these two eyes, on this trip."""

    __slots__ = (
        "_blinks",
        "_changed_s",
        "_confidence",
        "_last_s",
        "_mean",
        "_next",
        "_own_blink_s",
        "_ratio",
        "_settings",
        "_trust_s",
        "eyewear_changed",
        "level",
    )

    def __init__(self, settings: OpennessSettings) -> None:
        self._settings = settings
        self._blinks = Histogram(_BLINK_STEP_S)
        self._own_blink_s: float | None = None
        self._mean = self._ratio = Metric()  # the mean blink duration as it came last, and against the driver's own
        self._last_s: float | None = None
        self.eyewear_changed = False
        self.level: float | None = None
        self._confidence: float | None = None  # its mean while the level was learned
        self._changed_s = 0.0  # for how long it has been another
        self._begin()

    @property
    def learned(self) -> float:
        """0–1; 1 = the level is learned."""
        return 1.0 if self.level is not None else min(0.99, self._next.total_s / self._settings.learn_s)

    @property
    def blinks_learned(self) -> float:
        """0–1; 1 = the duration is frozen."""
        return min(1.0, self._blinks.total_s / self._settings.blinks_from)

    def own(self, openness: float | None) -> float | None:
        """Openness against this driver's own; against the population's while that is not learned."""
        return against(openness, self.level)

    @property
    def blink_level(self) -> float | None:
        """What blinks are read against. They cannot wait: soon after the start it is what is learned so far."""
        if self.level is None and reached(self._next.total_s, self._settings.early_s):
            return self._median()
        return self.level

    def update(self, t_s: float, openness: float | None, confidence: float, *, valid: bool) -> None:
        """Take the better seen eye of one sample.

        Args:
            t_s: Its time.
            openness: Over the population.
            confidence: Of that eye.
            valid: Whether the driver drives forward, awake, with open eyes and looking ahead.
        """
        last_s = self._last_s
        self._last_s = t_s if valid else None
        if openness is None or not valid or last_s is None or exceeds(t_s - last_s, self._settings.max_step_s):
            return
        step_s = t_s - last_s
        self._next.add(openness, step_s)
        self._trust_s += confidence * step_s
        if reached(self._next.total_s, self._settings.learn_s):
            self._take_level()
        self._watch_eyewear(confidence, step_s)

    def take_blink(self, duration_s: float) -> None:
        """A blink of valid driving; the first blinks_from of a trip are the driver's own, later ones teach nothing."""
        if self._own_blink_s is None:
            self._blinks.add(duration_s, 1.0)
            if self._blinks.total_s >= self._settings.blinks_from:
                self._own_blink_s = self._blinks.median()

    def blink_ratio(self, mean: Metric) -> Metric:
        """A mean blink duration against the driver's own."""
        if self._own_blink_s is None:
            return learning(self.blinks_learned)
        if mean is not self._mean:
            self._mean = mean
            self._ratio = mean if mean.value is None else Metric(mean.value / self._own_blink_s)
        return self._ratio

    def lids(self, closed: Answer, own: float | None, *, looks_down: Answer, by_gaze: bool) -> Lids:
        """What the lids do. Lids that are half down belong to a look down, or to a sleepy driver."""
        if closed is None:
            return Lids.UNKNOWN
        if closed:
            return Lids.CLOSED
        if own is None or own >= self._settings.lowered_under:
            return Lids.OPEN
        if looks_down:
            return Lids.LOOKING_DOWN
        return Lids.DROOPING if by_gaze and looks_down is False else Lids.LOWERED

    def _median(self) -> float:
        return max(self._next.median(), self._settings.lowest)

    def _take_level(self) -> None:
        median = self._median()
        if self.level is None or median > self.level:
            self.level = median
            self._confidence = self._trust_s / self._next.total_s
        self.eyewear_changed = False
        self._begin()

    def _watch_eyewear(self, confidence: float, step_s: float) -> None:
        if self._confidence is None:
            return
        changed = abs(confidence - self._confidence) >= self._settings.eyewear_drop
        self._changed_s = self._changed_s + step_s if changed else 0.0
        if reached(self._changed_s, self._settings.eyewear_s):
            self.eyewear_changed, self.level, self._confidence = True, None, None
            self._begin()

    def _begin(self) -> None:
        self._next, self._trust_s, self._changed_s = Histogram(_STEP), 0.0, 0.0


def against(openness: float | None, level: float | None) -> float | None:
    """Openness in shares of a level; as it is where there is none."""
    return openness if openness is None or level is None else openness / level


@lru_cache(maxsize=16)  # asked at every sample, moved by every blink
def learning(share: float) -> Metric:
    """A measure that waits for what is normal here."""
    return Metric(reason=f"learning {share:.0%}")
