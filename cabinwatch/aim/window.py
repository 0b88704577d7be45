"""Where the installer looks: a terminal with a picture, or lines where nobody looks at a screen.

Knows terminals. The picture stands on the terminal's second page, which vanishes at the end: nothing of it stays in
what can be scrolled back. Over ssh the face's place is drawn without the picture: a frame does not leave the vehicle.
"""

from __future__ import annotations

import os
import select
import shutil
import sys
from enum import Enum
from types import TracebackType
from typing import Protocol, TextIO

import numpy as np

from cabinwatch.aim.picture import half_blocks
from cabinwatch.aim.session import Phase, Shown

DRAW_EVERY_S = 0.15
LINE_EVERY_S = 2.0
KEYS = "Enter: start the look   q Enter: quit"
WIDEST = 120  # columns of the picture: more costs time and shows no more
_SECOND_PAGE, _FIRST_PAGE = "\x1b[?1049h\x1b[?25l", "\x1b[0m\x1b[?25h\x1b[?1049l"
_HOME, _TO_LINE_END, _TO_PAGE_END = "\x1b[H", "\x1b[K", "\x1b[J"
_COLOURS = {"ok": "32", "warn": "33", "fail": "31;1"}


class Wish(Enum):
    """What the installer asks for."""

    NOTHING = 0
    LOOK = 1
    QUIT = 2


class Window(Protocol):
    """What aiming needs of a window."""

    def __enter__(self) -> Window: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, shown: Shown, t_s: float) -> None: ...
    def wish(self) -> Wish: ...


class Lines:
    """Words only, now and then: for a log or a pipe."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._told_s = -LINE_EVERY_S
        self._phase: Phase | None = None

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.flush()

    def show(self, shown: Shown, t_s: float) -> None:
        if shown.phase is self._phase and t_s - self._told_s < LINE_EVERY_S:
            return
        self._told_s, self._phase = t_s, shown.phase
        self._out.write(f"{shown.text} Place: {shown.verdict}\n")
        self._out.flush()

    def wish(self) -> Wish:
        return Wish.NOTHING


class Terminal:
    """The picture above the words.

    Args:
        out: The terminal.
        keys: Its keyboard, line by line.
    """

    def __init__(self, out: TextIO, keys: TextIO) -> None:
        self._out = out
        self._keys = keys
        self._drawn_s = -DRAW_EVERY_S
        self._local = not {"SSH_CONNECTION", "SSH_TTY"} & set(os.environ)

    def __enter__(self) -> Terminal:
        self._out.write(_SECOND_PAGE)
        return self

    def __exit__(self, *_: object) -> None:
        self._out.write(_FIRST_PAGE)
        self._out.flush()

    def show(self, shown: Shown, t_s: float) -> None:
        if t_s - self._drawn_s < DRAW_EVERY_S:
            return
        self._drawn_s = t_s
        size = shutil.get_terminal_size()
        words = [_cut(line, size.columns) for line in self._words(shown)]
        rows = max(size.lines - len(words) - 1, 4)
        lines = [*self._picture(shown, min(size.columns, WIDEST), rows), *words]
        self._out.write(_HOME + "".join(f"{line}{_TO_LINE_END}\r\n" for line in lines) + _TO_PAGE_END)
        self._out.flush()

    def _picture(self, shown: Shown, columns: int, rows: int) -> list[str]:
        if shown.grey is None:
            return []
        return half_blocks(shown.grey if self._local else np.zeros_like(shown.grey), shown.look, columns, rows)

    def _words(self, shown: Shown) -> list[tuple[str, str]]:
        """(colour, text) a line."""
        lines = [("1", shown.text), ("", KEYS if self._local else f"{KEYS}   (over ssh: without the picture)")]
        for one in shown.findings:
            repair = f" → {one.repair}" if one.repair else ""
            lines.append((_COLOURS[one.mark.value], f"{one.mark.value:<4} {one.what:<9} {one.found}{repair}"))
        return lines

    def wish(self) -> Wish:
        """What was typed; a terminal hands it over at Enter."""
        ready, _, _ = select.select([self._keys], [], [], 0)
        if not ready:
            return Wish.NOTHING
        line = self._keys.readline()
        return Wish.QUIT if line == "" or line.strip().lower() == "q" else Wish.LOOK


def _cut(line: tuple[str, str], columns: int) -> str:
    colour, text = line
    return f"\x1b[{colour}m{text[: columns - 1]}\x1b[0m"


def window_here() -> Window:
    """The terminal's, or lines where input or output is none."""
    if sys.stdout.isatty() and sys.stdin.isatty():
        return Terminal(sys.stdout, sys.stdin)
    return Lines(sys.stdout)
