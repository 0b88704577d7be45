"""The line between the service and the microcontroller, and everything that can befall it.

    service ── its terminal ── Line ── the board's terminal ── firmware

Knows bytes, frames as far as their delimiters, and time. Must not know what a fault is called or what should follow.
"""

from __future__ import annotations

import contextlib
import os
import pty
import queue
import random
import select
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

DELIMITER = b"\0"
BITS = 10  # of a byte on the line, with start and stop
BUFFER = 4096  # bytes that wait at most, as in a kernel's terminal; what comes on top is lost
TURN_S = 0.002  # how often noise is made and a terminal kept full
CHUNK = 4096
ALIVE_S = 1.0  # how often one who waits for the thread looks whether it is there

Forge = Callable[[bytes], bytes]  # one frame with its delimiters, made into another
Noise = Callable[[random.Random, list[bytes]], bytes]  # a piece of noise; the list: frames that have passed of late


@dataclass(frozen=True, slots=True)
class Damage:
    """What one direction does to what passes; chances are 0 to 1."""

    corrupt: float = 0.0  # that a byte becomes another one, delimiters too
    lose: float = 0.0  # that a frame is gone
    repeat: float = 0.0  # that a frame comes twice
    swap: float = 0.0  # that a frame comes after the next one
    delay_s: float = 0.0
    baud: int = 0  # 0: as fast as the terminals are
    cut: bool = False  # nothing passes
    held: bool = False  # nothing passes now, all of it afterwards
    forge: Forge | None = None
    noise: Noise | None = None
    noise_rate: float = 0.0  # bytes of noise a second


class Direction:
    """One of the two; sans I/O: bytes and time in, bytes out."""

    def __init__(self, seed: int, passed: deque[bytes]) -> None:
        self.damage = Damage()
        self._random = random.Random(seed)
        self._pending = b""  # of a frame that has not ended
        self._late: bytes | None = None  # overtaken by the next one
        self._queue: deque[tuple[float, bytes]] = deque()  # (when it arrives, bytes)
        self._free_s = 0.0  # when the line is free again
        self._noisy_s: float | None = None  # up to when noise is made
        self._passed = passed  # frames of late, of both directions: noise is made of them

    def put(self, data: bytes, now_s: float) -> None:
        """What the sender has sent."""
        *complete, self._pending = (self._pending + data).split(DELIMITER)
        for part in complete:
            if part:  # two delimiters in a row are the end of one frame and the start of the next
                self._pass(DELIMITER + part + DELIMITER, now_s)

    def take(self, now_s: float) -> bytes:
        """What arrives now."""
        self._make_noise(now_s)
        arrived = b""
        while self._queue and not self.damage.held and self._queue[0][0] <= now_s:
            arrived += self._queue.popleft()[1]
        return arrived

    def wait_s(self, now_s: float) -> float | None:
        """How long until `take` has something; None: as long as nothing is put."""
        if self.damage.noise_rate:
            return TURN_S
        return max(0.0, self._queue[0][0] - now_s) if self._queue and not self.damage.held else None

    def forget(self) -> None:
        """What was under way is lost."""
        self._pending, self._late = b"", None
        self._queue.clear()

    def _pass(self, frame: bytes, now_s: float) -> None:
        damage, chance = self.damage, self._random.random
        if damage.cut or chance() < damage.lose:
            return
        self._passed.append(frame)
        frame = damage.forge(frame) if damage.forge else frame
        if self._late is None and chance() < damage.swap:
            self._late = frame
            return
        frames = [frame, frame] if chance() < damage.repeat else [frame]
        if self._late is not None:
            frames.append(self._late)
            self._late = None
        for each in frames:
            self._schedule(self._corrupted(each), now_s)

    def _corrupted(self, frame: bytes) -> bytes:
        share = self.damage.corrupt
        return bytes(byte ^ self._random.randint(1, 255) if self._random.random() < share else byte for byte in frame)

    def _schedule(self, data: bytes, now_s: float) -> None:
        if sum(len(waiting) for _, waiting in self._queue) + len(data) > BUFFER:
            return
        line_s = len(data) * BITS / self.damage.baud if self.damage.baud else 0.0
        self._free_s = max(now_s + self.damage.delay_s, self._free_s) + line_s
        self._queue.append((self._free_s, data))

    def _make_noise(self, now_s: float) -> None:
        if not self.damage.noise:
            self._noisy_s = None
            return
        self._noisy_s = now_s if self._noisy_s is None else max(self._noisy_s, now_s - 10 * TURN_S)
        while self._noisy_s < now_s:
            piece = self.damage.noise(self._random, list(self._passed))
            self._noisy_s += len(piece) / self.damage.noise_rate
            self._schedule(piece, now_s)


class Line:
    """Both directions between a terminal of its own, `port`, and the board's; a thread moves the bytes.

    A context manager. The board's terminal is always read, as a UART is; what an end does not take is lost.
    """

    def __init__(self, board_port: str, port: Path, seed: int = 0) -> None:
        self.port = str(port)
        passed: deque[bytes] = deque(maxlen=32)
        self.to_mcu, self.to_host = Direction(2 * seed, passed), Direction(2 * seed + 1, passed)
        self.deaf = False  # the host's terminal is full and nobody reads it
        self._board_port = board_port
        self._board = self._master = self._slave = -1
        self._orders: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = queue.SimpleQueue()
        self._waker = os.eventfd(0, os.EFD_NONBLOCK)
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)

    def __enter__(self) -> Line:
        self._board = os.open(self._board_port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._board)
        self._give_terminal()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._order(self._end)
        self._thread.join()
        self._take_terminal()
        os.close(self._board)
        os.close(self._waker)

    def unplug(self) -> None:
        """The cable is pulled: the terminal hangs up and its name vanishes."""
        self._order(self._take_terminal)

    def plug(self) -> None:
        """… and is back: a new terminal under the same name."""
        self._order(self._give_terminal)

    def set(self, to_mcu: Damage | None = None, to_host: Damage | None = None) -> None:
        """Changes what the directions do; what was held moves on at once."""
        self.to_mcu.damage = to_mcu or self.to_mcu.damage
        self.to_host.damage = to_host or self.to_host.damage
        self._order(lambda: None)

    def _order(self, what: Callable[[], None]) -> None:
        """Has the thread do something, and waits for it."""
        done = threading.Event()
        self._orders.put((what, done))
        os.eventfd_write(self._waker, 1)
        while not done.wait(ALIVE_S):
            if not self._thread.is_alive():
                raise RuntimeError("the line's thread has ended: does the board still run?")

    def _end(self) -> None:
        self._ended = True

    def _give_terminal(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        os.set_blocking(self._slave, False)
        Path(self.port).symlink_to(os.ttyname(self._slave))

    def _take_terminal(self) -> None:
        if self._master < 0:
            return
        Path(self.port).unlink()
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        self.to_host.forget()

    def _run(self) -> None:
        while not self._ended:
            self._sleep()
            now_s = time.monotonic()
            self.to_host.put(_read(self._board), now_s)
            if self.deaf:
                self._fill()
            elif self._master >= 0:
                self.to_mcu.put(_read(self._master), now_s)
            _write(self._board, self.to_mcu.take(now_s))
            _write(self._master, self.to_host.take(now_s))
            while not self._orders.empty():
                what, done = self._orders.get()
                what()
                done.set()

    def _sleep(self) -> None:
        now_s = time.monotonic()
        waits_s = [self.to_mcu.wait_s(now_s), self.to_host.wait_s(now_s), TURN_S if self.deaf else None]
        poll = select.poll()
        for descriptor in (self._board, self._waker, -1 if self.deaf else self._master):
            if descriptor >= 0:
                poll.register(descriptor, select.POLLIN)
        timeout_s = min((wait_s for wait_s in waits_s if wait_s is not None), default=None)
        poll.poll(None if timeout_s is None else int(timeout_s * 1000) + 1)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._waker)

    def _fill(self) -> None:
        """Keeps the terminal full of what no end takes for a frame."""
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self._slave, DELIMITER * CHUNK)


def _read(descriptor: int) -> bytes:
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, CHUNK)
    return b""


def _write(descriptor: int, data: bytes) -> None:
    """What the other end does not take at once is lost."""
    if descriptor >= 0 and data:
        with contextlib.suppress(BlockingIOError):
            os.write(descriptor, data)
