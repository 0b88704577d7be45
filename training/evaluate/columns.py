"""labels.csv as the tasks read it: a column by any of its names, a state by any of its words.

Knows spellings. Must not know pictures, networks or figures. What is needed and absent stops in one line that names
the column, the file and what would be accepted; what is there and cannot be used is counted and told, never dropped in
silence.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from training.data import PERSON_COLUMNS, held_out

Row = dict[str, str]

# What a task asks for, and the columns that may hold it, best first. Names are compared in small letters.
NAMES: dict[str, tuple[str, ...]] = {
    "file": ("file", "filename", "file_name", "path", "image", "picture", "clip", "video"),
    "person": (*PERSON_COLUMNS[:-1], "subject_id", "person_id", "identity", "participant", "driver", "who", "id"),
    "split": ("split", "usage"),
    "source": ("source", "origin", "dataset", "data_set"),
    "state": ("state", "eye_state", "eyes", "label", "class"),
    "closed": ("closed", "is_closed", "eye_closed"),
    "open": ("open", "is_open", "eye_open"),
    "yawn": ("yawn", "yawning", "label", "state", "class"),
    "emotion": ("emotion", "expression", "label", "class"),
    "face": ("face", "has_face", "faces", "label"),
    "fps": ("fps", "frame_rate", "framerate", "rate_hz"),
    "event": ("event", "type", "kind", "label", "class"),
    "awake": ("awake", "alert", "state", "label"),
    "setting": ("in_car", "car", "in_the_car", "setting", "place", "group", "condition"),
    "convention": ("convention", "signs"),
    "yaw": ("yaw", "head_yaw", "pose_yaw"),
    "pitch": ("pitch", "head_pitch", "pose_pitch"),
    "roll": ("roll", "head_roll", "pose_roll"),
    "gaze_yaw": ("gaze_yaw", "yaw", "gaze_h", "gaze_horizontal"),
    "gaze_pitch": ("gaze_pitch", "pitch", "gaze_v", "gaze_vertical"),
}
YES = frozenset({"1", "1.0", "true", "yes", "y"})
NO = frozenset({"0", "0.0", "false", "no", "n"})


@dataclass(frozen=True)
class Labels:
    """The rows of one table, and what was left out of it and why."""

    file: Path
    rows: list[Row]
    left_out: Counter[str] = field(default_factory=Counter)

    def find(self, what: str) -> str | None:
        """The column that holds it, or None."""
        have = self.rows[0] if self.rows else {}
        return next((name for name in NAMES[what] if name in have), None)

    def need(self, what: str) -> str:
        """The column that holds it."""
        column = self.find(what)
        if column is None:
            raise SystemExit(self.complaint(what, NAMES[what]))
        return column

    def complaint(self, what: str, accepted: Iterable[str]) -> str:
        """One line: what is missing, where, and what is accepted."""
        have = ", ".join(self.rows[0]) if self.rows else "no rows"
        return f"{self.file}: no column for {what}; accepted: {', '.join(accepted)}; the file has: {have}"

    def texts(self, what: str) -> list[str]:
        """The needed column as it is written."""
        column = self.need(what)
        return [row[column] for row in self.rows]

    def numbers(self, column: str) -> list[float]:
        """A column that is known to be there, as numbers."""
        return [self.number(row, column) for row in self.rows]

    def number(self, row: Row, column: str) -> float:
        """One of them."""
        try:
            return float(row[column])
        except ValueError:
            at = next(index for index, one in enumerate(self.rows, start=1) if one is row)
            raise SystemExit(f"{self.file}: row {at}: {column} is {row[column]!r}, not a number") from None

    def degrees(self, what: str) -> list[float] | None:
        """An angle: `yaw` and `yaw_deg` are degrees, `yaw_rad` radians. None where there is no such column."""
        have = self.rows[0] if self.rows else {}
        for name in NAMES[what]:
            for column, factor in ((f"{name}_deg", 1.0), (name, 1.0), (f"{name}_rad", 180.0 / math.pi)):
                if column in have:
                    return [factor * value for value in self.numbers(column)]
        return None

    def need_degrees(self, what: str) -> list[float]:
        """The same where a task cannot do without."""
        found = self.degrees(what)
        if found is None:
            raise SystemExit(self.complaint(what, [f"{n}{end}" for n in NAMES[what] for end in ("", "_deg", "_rad")]))
        return found

    def person(self, row: Row) -> str:
        """Whom the row shows, as finely as the source tells; without a word of it every file is a person."""
        return next((row[name] for name in NAMES["person"] if row.get(name)), row[self.need("file")])

    def persons(self) -> list[str]:
        return [self.person(row) for row in self.rows]

    def where(self, keep: Iterable[bool], why: str = "") -> Labels:
        """The rows to keep; the others are counted under `why`."""
        kept = [row for row, wanted in zip(self.rows, keep, strict=True) if wanted]
        lost = len(self.rows) - len(kept)
        counts = self.left_out + Counter({why: lost} if why and lost else {})
        return replace(self, rows=kept, left_out=counts)

    def only_held_out(self) -> Labels:
        """Those that training never sees: the source's own validation split, else people by hash."""
        split = self.find("split")
        aside = {"val", "valid", "validation", "test", "held_out", "publictest", "privatetest"}
        if split is not None:
            return self.where(row[split].lower() in aside for row in self.rows)
        return self.where(held_out(person) for person in self.persons())

    def words(self, what: str, known: Callable[[str], int | None]) -> tuple[Labels, list[int]]:
        """Rows whose word `known` has a number for, with the numbers; others are left out and counted by their word."""
        column = self.need(what)
        numbers = [known(row[column].strip().lower()) for row in self.rows]
        kept = self
        for word in sorted({row[column] for row, number in zip(self.rows, numbers, strict=True) if number is None}):
            kept = kept.where((row[column] != word for row in kept.rows), f"{what} {word!r}")
        if not kept.rows:
            seen = sorted({row[column] for row in self.rows})[:6]
            raise SystemExit(f"{self.file}: nothing to measure: column {column} holds {', '.join(map(repr, seen))}")
        return kept, [number for number in numbers if number is not None]


def read(folder: Path, name: str = "labels.csv") -> Labels:
    """A table of a data set: a header line, then a row a file; commas, semicolons or tabs between."""
    path = folder / name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror}; --data names a folder with a labels.csv in it") from error
    lines = text.splitlines()
    if len(lines) < 2:
        raise SystemExit(f"{path}: holds no rows; a header line and one row a file are needed")
    between = max(",;\t", key=lines[0].count)
    rows = [
        {str(key).strip().lower(): (value or "").strip() for key, value in row.items() if key is not None}
        for row in csv.DictReader(lines, delimiter=between)
    ]
    return Labels(path, rows)


def yes_or_no(word: str) -> int | None:
    """1, 0, or None for what is neither."""
    return 1 if word in YES else 0 if word in NO else None
