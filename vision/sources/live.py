"""A camera that runs by itself: the newest frame wins, and a lost one is reopened for ever.

Knows threads and the clock. Must not know which kind of camera it is.

One thread grabs; the consumer takes. Between them lies one slot: a frame not taken in time is replaced, never queued,
because an old frame of a driver is worth less than none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from vision.pixels import Broken, GreyScale
from vision.sources.base import QUIET_S, Camera
from vision.sources.capture import Stream, StreamLost
from vision.types import CameraView, Fault, Frame, NoFrame, Sample

FIRST_RETRY_S = 0.2
LAST_RETRY_S = 1.0  # with the opening itself this leaves no camera unseen for 2 s after it is back
# A damaged packet fails one grab, at once; a lost stream fails all of them. So a few are tried before it is reopened.
BAD_GRABS = 3
_STALL_S = 0.5  # a grab that failed only after this long has stalled
_AGAIN_S = 0.01
_CLOSE_WAIT_S = 0.5  # a thread blocked in the driver longer than this cleans up when the driver lets go


class LiveCamera(Camera):
    """Samples of one live camera.

    Args:
        name: What to call the camera in messages.
        open_stream: Opens it; raises StreamLost to be called again later.
        grey: Used by the capture thread alone.
        view: Travels with every frame.
    """

    def __init__(self, name: str, open_stream: Callable[[], Stream], grey: GreyScale, view: CameraView) -> None:
        self._name: Final = name
        self._open: Final = open_stream
        self._grey: Final = grey
        self._view: Final = view
        self._changed = threading.Condition()  # guards _slot and _trouble
        self._slot: Frame | None = None
        self._trouble = "opening it", Fault.SILENT
        self._closing = threading.Event()
        self._count = 0
        self._damaged = False  # since the last frame
        self._last_s = time.monotonic()  # exposure of the newest frame, before the first one the start
        self._given_s = float("-inf")  # time of the last sample handed out
        self._thread = threading.Thread(target=self._run, name=f"capture {name}", daemon=True)
        self._thread.start()

    def __next__(self) -> Sample:
        with self._changed:
            self._changed.wait_for(self._ready, QUIET_S)
            if self._closing.is_set():
                raise StopIteration
            frame, self._slot = self._slot, None
            trouble = self._trouble
        if frame is not None:
            return self._in_order(frame)
        if not self._thread.is_alive():
            raise RuntimeError(f"camera {self._name}: its capture thread died of a bug; the traceback stands above")
        nothing = self._nothing(trouble)
        self._given_s = nothing.t_s
        return nothing

    def _in_order(self, frame: Frame) -> Frame:
        """A NoFrame may have been said while this frame was on its way here: the rules must not see time run back."""
        self._given_s = max(self._given_s, frame.t_s)
        return frame if frame.t_s == self._given_s else replace(frame, t_s=self._given_s)

    def close(self) -> None:
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_WAIT_S)

    def _ready(self) -> bool:
        return self._slot is not None or self._closing.is_set()

    def _nothing(self, trouble: tuple[str, Fault]) -> NoFrame:
        now_s = time.monotonic()
        why, fault = trouble
        return NoFrame(now_s, f"camera {self._name}: no frame for {now_s - self._last_s:.1f} s ({why})", fault)

    # Everything below runs in the capture thread.

    def _run(self) -> None:
        retry_s = FIRST_RETRY_S
        while not self._closing.is_set():
            delivered = self._stream_until_lost()
            retry_s = FIRST_RETRY_S if delivered else min(2 * retry_s, LAST_RETRY_S)
            self._closing.wait(retry_s)

    def _stream_until_lost(self) -> bool:
        """Whether it gave a single frame."""
        try:
            stream = self._open()
        except StreamLost as lost:
            self._say(str(lost))
            return False
        try:
            return self._deliver_all(stream)
        finally:
            stream.release()

    def _deliver_all(self, stream: Stream) -> bool:
        first = self._count
        self._grey.expect(stream.bits)
        self._say("waiting for it")
        while not self._closing.is_set():
            if not self._grab(stream):
                self._say("it stopped delivering; reopening it")
                break
            self._deliver(stream, time.monotonic())
        return self._count > first

    def _grab(self, stream: Stream) -> bool:
        """Whether a picture was caught. False: only reopening helps."""
        for bad in range(BAD_GRABS):
            began_s = time.monotonic()
            if stream.grab():
                self._damaged = self._damaged or bad > 0
                return True
            if time.monotonic() - began_s > _STALL_S or self._closing.wait(_AGAIN_S):
                return False
        return False

    def _deliver(self, stream: Stream, grabbed_s: float) -> None:
        grey = self._grey.convert(stream.picture(), grabbed_s)
        if isinstance(grey, Broken):
            self._damaged = True
            self._say(f"undecodable: {grey.detail}", Fault.CORRUPTED)
            return
        exposure = stream.exposure(grabbed_s)
        self._last_s = exposure.t_s if exposure.t_s > self._last_s else grabbed_s  # it may have been reopened
        flaws = ((Fault.CORRUPTED,) if self._damaged else ()) + ((Fault.TIME_WARPED,) if exposure.warped else ())
        frame = Frame(self._last_s, self._count, grey, self._view, flaws=flaws)
        self._damaged = False
        self._count += 1
        with self._changed:
            if self._slot is not None and self._slot.flaws:  # nobody took that one; what it had to tell is not lost
                frame = replace(frame, flaws=tuple({*self._slot.flaws, *flaws}))
            self._slot, self._trouble = frame, ("waiting for the next", Fault.SILENT)
            self._changed.notify_all()

    def _say(self, trouble: str, fault: Fault = Fault.SILENT) -> None:
        with self._changed:
            self._trouble = trouble, fault
