"""The CAN bus. The only file that imports python-can.

Knows adapters and how they fail. Must not know what frames say. python-can's own traps end here: without
`ignore_config` it takes settings from files in the home folder; a slcan bus asked to wait wakes up a thousand times a
second, so here it is never asked to; a garbled line raises whatever its parser stumbles over and stays in its buffer;
and shutting down an adapter that was unplugged leaves the port open.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from typing import Any

import can

from firmware_bridge.can.inputs import FrameId
from firmware_bridge.can.settings import CanSettings

logging.getLogger("can").setLevel(logging.CRITICAL)  # what python-can has to say it also raises

BATCH = 200  # frames taken at once; more wait for the next turn, so that a flood cannot hold up what goes out
SEND_TIMEOUT_S = 0.2
_NOTHING_OF_OURS = FrameId(0, extended=True)  # a filter that lets hardly anything in


class BusError(Exception):
    """The bus cannot be used now. The message names it and the remedy."""


class CanBus:
    """An open bus. Use it as a context manager.

    Args:
        settings: Which one.
        frames: The only ones that are wanted; the kernel keeps the others out where it can (socketcan).

    Raises:
        BusError: It cannot be opened. Reading and sending raise it too, whatever python-can raised.
    """

    def __init__(self, settings: CanSettings, frames: Iterable[FrameId]) -> None:
        self._name = f"{settings.interface} {settings.channel}"
        try:
            self._bus = can.Bus(
                interface=settings.interface,
                channel=settings.channel,
                ignore_config=True,
                **_options(settings, frames),
            )
        except (can.CanError, OSError, ValueError) as error:
            raise BusError(f"{self._name} cannot be opened: {_cause(error)}; {_remedy(settings)}") from error

    def __enter__(self) -> CanBus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int | None:
        """The descriptor to wait on; None where the bus has none and must be looked at (virtual)."""
        try:
            return self._bus.fileno()
        except NotImplementedError:
            return None
        except can.CanError as error:
            raise BusError(f"{self._name} is gone: {_cause(error)}") from error

    def receive(self) -> list[tuple[FrameId, bytes]]:
        """The data frames that have come in; waits for nothing."""
        messages: list[tuple[FrameId, bytes]] = []
        try:
            while len(messages) < BATCH and (message := self._bus.recv(timeout=0)):
                if not (message.is_error_frame or message.is_remote_frame):
                    messages.append((FrameId(message.arbitration_id, message.is_extended_id), bytes(message.data)))
        except (can.CanError, OSError) as error:
            raise BusError(f"{self._name} is gone: {_cause(error)}") from error
        except (ValueError, IndexError) as error:
            raise BusError(f"{self._name} sends what is no CAN frame ({error}): is it a slcan adapter?") from error
        return messages

    def send(self, can_id: int, data: bytes) -> None:
        """Sends one frame with a 29-bit id."""
        try:
            self._bus.send(can.Message(arbitration_id=can_id, is_extended_id=True, data=data), timeout=SEND_TIMEOUT_S)
        except (can.CanError, OSError) as error:
            raise BusError(
                f"{self._name} takes no frame: {_cause(error)}; is another node on the bus, at the same bit rate?"
            ) from error

    def close(self) -> None:
        """Closes it, whatever state it is in."""
        port = getattr(self._bus, "serialPortOrig", None)  # of slcan
        with contextlib.suppress(can.CanError, OSError):
            self._bus.shutdown()
        if port is not None:
            port.close()


def _options(settings: CanSettings, frames: Iterable[FrameId]) -> dict[str, Any]:
    if settings.interface == "slcan":
        return {"bitrate": settings.bitrate, "sleep_after_open": 0.0, "timeout": 0.0}
    if settings.interface == "socketcan":
        wanted = tuple(frames) or (_NOTHING_OF_OURS,)
        return {"can_filters": [_filter(frame) for frame in wanted], "ignore_rx_error_frames": True}
    return {}


def _filter(frame: FrameId) -> dict[str, Any]:
    mask = 0x1FFFFFFF if frame.extended else 0x7FF
    return {"can_id": frame.number, "can_mask": mask, "extended": frame.extended}


def _remedy(settings: CanSettings) -> str:
    if settings.interface == "socketcan":
        return f"is it up (sudo ip link set {settings.channel} up type can bitrate {settings.bitrate})?"
    return "is the adapter plugged in, and may this user open it?"


def _cause(error: BaseException) -> BaseException:
    """python-can's own words ("Could not read from serial device") hide what happened."""
    return error.__cause__ or error
