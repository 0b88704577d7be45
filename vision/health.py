"""Is the stream itself well: frozen, black, white, blocked, blurred, slow, damaged, and is the driver's face lit?

Knows a sample at a time, by time stamps and a few rows of pixels. Must not know rules: whether the driver can be judged
is decided elsewhere, from what is seen. This only says *why* a camera shows nothing, to whoever must repair it.
docs/cameras.md has each fault with its remedy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from vision.health_picture import Look, look_at, picture_faults
from vision.types import FaceObservation, Fault, Frame, GreyImage, NoFrame, Sample

# How a fault is named and lifted
# -------------------------------
# A fault that is a state – black, silent – is named once it has held for NAME_S without a gap, and lifted once it has
# been gone for LIFT_S. A fault that is an event – a damaged picture, a stamp that jumped, another resolution – is named
# at once and lifted when none came for EVENT_S. Both keep within the 2 s in which a fault and its repair must be told.
NAME_S = 0.5  # s; longer than a blink of the light, a hand that passes or a USB hiccup (ours)
LIFT_S = 0.5  # s (ours)
EVENT_S = 1.0  # s (ours)
_EVENTS = frozenset({Fault.CORRUPTED, Fault.TIME_WARPED, Fault.RESIZED, Fault.STALE})

LOOK_EVERY_S = 0.1  # s between two pictures whose pixels are looked at; NAME_S holds several (ours)

RATE_OVER_S = 1.5  # s over which the rate is taken; with NAME_S a slow camera is named within 2 s (ours)
_RATE_KNOWN_S = 0.9  # s; over less a rate says nothing
LEAST_RATE = 0.8  # share of the rate asked for, 0–1; below it the camera is slow (ours)

# A sensor has noise: two pictures of it are never the same to the last pixel. Where each was another one for LIVELY_S
# and then the same one comes for FROZEN_S, the picture stands still. A source that never was lively (drawn pictures)
# cannot be told from a frozen one and is believed; alerts/observability.py does the same by the face's points.
FROZEN_S = 0.8  # s; alerts' own value (ours)
LIVELY_S = 1.0  # s (ours)

# The driver's face, over the patch that the face network takes.
FACE_SURE = 0.5  # 0–1; below it there is no face to speak of (ours)
FACE_DARK = 25.0  # mean grey, 0–255; the lids' edges drown in noise (ours)
FACE_BURNT = 0.35  # share of its pixels ≥ 250, 0–1; a forehead alone takes less (ours)


class Health:
    """Follows one camera.

    Args:
        fps: The rate that was asked for; None: none was, so no rate is wrong.
    """

    def __init__(self, fps: float | None = None) -> None:
        self._fps = fps
        self._named = {fault: _Named(event=fault in _EVENTS) for fault in Fault}
        self._frames: deque[tuple[float, int]] = deque()  # t_s and index of the last RATE_OVER_S
        self._still = _Still()
        self._looked_s = float("-inf")  # when a picture's pixels were looked at
        self._picture: frozenset[Fault] = frozenset()  # what was found there
        self._shape: tuple[int, ...] | None = None
        self._face: frozenset[Fault] = frozenset()
        self._details: dict[Fault, str] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong now, the most telling first."""
        return tuple(fault for fault, named in self._named.items() if named.since_s is not None)

    def detail(self, fault: Fault) -> str:
        """In figures, for people; empty where the name says it all."""
        return self._details.get(fault, "")

    def sample(self, sample: Sample) -> None:
        """Take one sample."""
        holds = {sample.fault} if isinstance(sample, NoFrame) else self._of(sample)
        for fault, named in self._named.items():
            named.update(sample.t_s, holds=fault in holds)

    def face(self, seen: FaceObservation) -> None:
        """Take what was seen in the sample; counts with the next one."""
        light, faults = seen.conditions, set()
        if seen.face.box_px is not None and seen.face.confidence >= FACE_SURE:
            if light.brightness is not None and light.brightness < FACE_DARK:
                faults.add(Fault.FACE_DARK)
            if light.saturated is not None and light.saturated > FACE_BURNT:
                faults.add(Fault.FACE_BRIGHT)
        self._face = frozenset(faults)

    def _of(self, frame: Frame) -> set[Fault]:
        if frame.t_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s, self._picture = frame.t_s, self._look_at(frame)
        return {*frame.flaws, *self._face, *self._picture, *self._size(frame.grey), *self._rate(frame)}

    def _look_at(self, frame: Frame) -> frozenset[Fault]:
        look = look_at(frame.grey)
        faults = frozenset(picture_faults(look))
        still = self._still.update(frame.t_s, look)
        return faults | {Fault.FROZEN} if still and not faults & {Fault.BLACK, Fault.SATURATED} else faults

    def _size(self, grey: GreyImage) -> Iterable[Fault]:
        before, self._shape = self._shape, grey.shape
        if before is None or before == self._shape:
            return ()
        self._details[Fault.RESIZED] = f"{before[1]}x{before[0]} to {self._shape[1]}x{self._shape[0]}"
        return (Fault.RESIZED,)

    def _rate(self, frame: Frame) -> Iterable[Fault]:
        """By the source's own count, so that frames we left out are not missed."""
        frames = self._frames
        frames.append((frame.t_s, frame.index))
        while frame.t_s - frames[0][0] > RATE_OVER_S:
            frames.popleft()
        span_s = frame.t_s - frames[0][0]
        if self._fps is None or span_s < _RATE_KNOWN_S:
            return ()
        rate = (frame.index - frames[0][1]) / span_s
        if rate >= LEAST_RATE * self._fps:
            return ()
        self._details[Fault.SLOW] = f"{rate:.0f} frames/s instead of {self._fps:g}"
        return (Fault.SLOW,)


class _Named:
    """Whether one fault is named, by the theory above."""

    __slots__ = ("_event", "_gone_s", "_held_s", "since_s")

    def __init__(self, *, event: bool) -> None:
        self._event = event
        self._held_s: float | None = None  # since when it holds
        self._gone_s: float | None = None  # since when it does not
        self.since_s: float | None = None  # since when it is named

    def update(self, t_s: float, *, holds: bool) -> None:
        if holds:
            self._gone_s = None
            self._held_s = t_s if self._held_s is None else self._held_s
            if self.since_s is None and (self._event or t_s - self._held_s >= NAME_S):
                self.since_s = self._held_s
            return
        self._held_s = None
        self._gone_s = t_s if self._gone_s is None else self._gone_s
        if t_s - self._gone_s >= (EVENT_S if self._event else LIFT_S):
            self.since_s = None


class _Still:
    """Whether the same picture comes again and again."""

    __slots__ = ("_last", "_lively", "_lively_since_s", "_same_since_s")

    def __init__(self) -> None:
        self._last: Look | None = None
        self._lively = False
        self._lively_since_s = self._same_since_s = 0.0

    def update(self, t_s: float, look: Look) -> bool:
        last, self._last = self._last, look
        if last is None:
            self._lively_since_s = self._same_since_s = t_s
        elif look.same_as(last):
            self._lively_since_s = t_s
        else:
            self._same_since_s = t_s
            self._lively = self._lively or t_s - self._lively_since_s >= LIVELY_S
        return self._lively and t_s - self._same_since_s >= FROZEN_S
