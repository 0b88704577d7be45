"""From the time stamps of a stream to monotonic times of exposure, and what to do when they stand or jump.

Knows two numbers a picture: its stamp and the moment it was grabbed. Must not know a device or call a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

# A V4L2 stamp older than this cannot be the frame just grabbed: the driver counts on another clock.
_STAMP_AGE_S = 1.0
# A stream may lag by as long as one read may wait (1 s) and what is buffered; a larger step is a step of its clock.
_STEP_S = 1.5
_DRIFT = 2e-4  # s a second by which two quartz clocks may part; ten times what they do


@dataclass(frozen=True, slots=True)
class Exposure:
    """When a picture was exposed."""

    t_s: float
    warped: bool = False  # the stamps had made sense and no longer do: t_s is the moment of the grab


class Clock(Protocol):
    """Follows the stamps of one opened stream."""

    def exposure(self, stamp_s: float, grabbed_s: float) -> Exposure: ...


class NoClock:
    """A stream without stamps worth believing: a picture is as old as its grab."""

    def exposure(self, stamp_s: float, grabbed_s: float) -> Exposure:  # noqa: ARG002  # the protocol's
        return Exposure(grabbed_s)


class DriverClock:
    """V4L2: the driver stamps with the monotonic clock, where it is a good one."""

    def __init__(self) -> None:
        self._last_s: float | None = None  # the last stamp that made sense

    def exposure(self, stamp_s: float, grabbed_s: float) -> Exposure:
        sane = grabbed_s - _STAMP_AGE_S <= stamp_s <= grabbed_s
        if not sane:
            return Exposure(grabbed_s, warped=self._last_s is not None)
        stands = self._last_s is not None and stamp_s <= self._last_s
        self._last_s = stamp_s
        return Exposure(grabbed_s, warped=True) if stands else Exposure(stamp_s)


class StreamClock:
    """RTSP: stamps count from the start of the stream.

    The picture that came with the least delay tells where on our clock they begin; every other one is older by what it
    came later. So a picture that waited in a buffer somewhere is known to be old, and nothing need be known of the
    camera's clock. What the network always takes is not seen.
    """

    def __init__(self) -> None:
        self._stamp_s: float | None = None
        self._grabbed_s = 0.0
        self._offset_s = 0.0  # grab minus stamp of the last picture
        self._least_s = 0.0  # the least of them, give or take the clocks' drift

    def exposure(self, stamp_s: float, grabbed_s: float) -> Exposure:
        offset_s, last_s = grabbed_s - stamp_s, self._stamp_s
        if last_s is None or not stamp_s > last_s or abs(offset_s - self._offset_s) > _STEP_S:
            self._least_s = offset_s
            warped = last_s is not None
        else:
            leak_s = _DRIFT * (grabbed_s - self._grabbed_s)
            self._least_s = min(self._least_s + leak_s, offset_s)
            warped = False
        self._stamp_s, self._grabbed_s, self._offset_s = stamp_s, grabbed_s, offset_s
        return Exposure(grabbed_s if warped else stamp_s + self._least_s, warped)
