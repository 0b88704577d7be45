"""What the face has shown of late, where that may be asked at all.

Knows expressions, their proxies and the terms under which they may be read. Must not know eyes, levels or what is
shown. Words are for expressions, never for feelings: a tense face may be the sun.

Its one effect: after tension_s of a rule (two minutes in the house rules) a rest is *suggested* earlier, as an
INFORMATION that gives way to everything else. It feeds no other measure, so it can neither delay nor weaken nor
suppress a safety alert; a property test holds that.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from msgspec import Meta, Struct

from alerts.timing import Hold
from alerts.types import AffectState
from vision.types import EXPRESSIONS, Affect


class AffectTerms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Under which terms the vehicle runs. The defaults refuse."""

    privacy: Literal["fleet", "private"] = "fleet"
    purpose: str | None = None  # the stated safety purpose


class Consent:
    """The driver's consent to one trip: switched on during it. What may have been left on has to be set anew.

    Args:
        off: Whether the switch is known to have been off when the trip began.
    """

    __slots__ = ("_seen_off",)

    def __init__(self, *, off: bool = False) -> None:
        self._seen_off = off

    def given(self, switch: bool | None) -> bool:
        """Take the switch as it is now, None where that is not known; whether it counts."""
        self._seen_off = self._seen_off or switch is False
        return switch is True and self._seen_off


def refusal(terms: AffectTerms, *, consent: bool) -> str | None:
    """Why expressions must not be read, or None where they may be. Asked anew with every sample."""
    if terms.privacy == "fleet":
        return "privacy: fleet is a workplace, where expressions are never read"
    if terms.purpose is None or not terms.purpose.strip():
        return "no safety purpose is stated"
    return None if consent else "the driver has not consented on this trip"


class AffectSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How expressions are smoothed and when they are tense."""

    smooth_s: Annotated[
        float, Meta(ge=2.0, le=60.0, description="time constant of the smoothing; s; a word is no mood (ours)")
    ] = 10.0
    share_from: Annotated[
        float, Meta(ge=0.3, le=0.95, description="an expression stands out from this share; 0–1; (ours)")
    ] = 0.5
    tense: Annotated[
        float,
        Meta(ge=0.05, le=0.8, description="as unpleasant and as aroused, uncertainty taken off; proxy 0–1; (ours)"),
    ] = 0.2
    release_s: Annotated[
        float, Meta(ge=1.0, le=30.0, description="an easy face this long ends the tension; s; (ours)")
    ] = 5.0
    bridge_s: Annotated[
        float, Meta(ge=0.5, le=10.0, description="longest time without a measurement; s; measured at times only (ours)")
    ] = 3.0


# Smoothing
# ---------
# Each number follows the measurements with the time constant smooth_s, whatever their distance in time. So does its
# variance; the uncertainty is the standard deviation plus what is not known yet: a weight that grows to 1 with the
# same time constant while something is measured and shrinks after bridge_s of nothing.


class Expressions:
    """What the face has shown of late."""

    __slots__ = ("_known", "_last_s", "_mean", "_settings", "_shares", "_tension", "_variance")

    def __init__(self, settings: AffectSettings) -> None:
        self._settings = settings
        self._tension = Hold(settings.bridge_s)
        self._last_s: float | None = None  # the last measurement
        self._known = 0.0  # 0–1, weight of what was measured
        self._shares = [0.0] * len(EXPRESSIONS)
        self._mean, self._variance = [0.0, 0.0], [0.0, 0.0]  # valence, arousal

    @property
    def used(self) -> bool:
        """Whether anything has been measured yet."""
        return self._last_s is not None

    def update(self, t_s: float, measured: Affect | None) -> AffectState:
        """Take one sample; None where nothing was measured in it."""
        s = self._settings
        gap_s = 0.0 if self._last_s is None else t_s - self._last_s
        fades = 1.0 if gap_s <= s.bridge_s else math.exp((s.bridge_s - gap_s) / s.smooth_s)
        if measured is None:
            self._tension.update(t_s, None, s.release_s)
            return self._state(self._known * fades)
        self._last_s = t_s
        self._known *= fades
        self._take(measured, 1.0 - math.exp(-gap_s / s.smooth_s))
        self._tension.update(t_s, self._is_tense(), s.release_s)
        return self._state(self._known)

    def _take(self, measured: Affect, weight: float) -> None:
        self._known += weight * (1.0 - self._known)
        pull = weight / self._known if self._known else 0.0  # as if there had been nothing before the first
        for place, share in enumerate(measured.expression):
            self._shares[place] += pull * (share - self._shares[place])
        for place, value in enumerate((measured.valence, measured.arousal)):
            off = value - self._mean[place]
            self._mean[place] += pull * off
            self._variance[place] += pull * ((1.0 - pull) * off * off - self._variance[place])

    def _uncertainty(self, known: float) -> float:
        return min(1.0, math.sqrt(max(self._variance)) + 1.0 - known)

    def _is_tense(self) -> bool:
        (valence, arousal), doubt = self._mean, self._uncertainty(self._known)
        return valence + doubt <= -self._settings.tense and arousal - doubt >= self._settings.tense

    def _state(self, known: float) -> AffectState:
        if not known:
            return AffectState(refused=None)
        share = max(self._shares)
        stands_out = share >= self._settings.share_from
        return AffectState(
            refused=None,
            expression=EXPRESSIONS[self._shares.index(share)] if stands_out else None,
            share=share,
            valence=self._mean[0],
            arousal=self._mean[1],
            uncertainty=self._uncertainty(known),
            tension_s=self._tension.held_for_s,
        )
