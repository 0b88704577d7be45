"""Events beside clips: when a blink or a closure begins and ends, in frames or in seconds.

Knows how events are written (clips.py says it for people). Must not know what was seen of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from training.evaluate.columns import Labels, read

BLINKS = frozenset({"blink", "blinks", "b", "full_blink", "complete_blink", "blink_complete", "complete", "1", "true"})
CLOSURES = frozenset({
    "closure", "closures", "closed", "eyes_closed", "long_closure", "long_blink", "prolonged_blink", "microsleep",
    "sleep", "c",
})  # fmt: skip
STARTS = ("start_frame", "first_frame", "begin_frame", "onset_frame", "frame", "peak_frame")
ENDS = ("end_frame", "last_frame", "stop_frame", "offset_frame")
STARTS_S = ("start_s", "onset_s", "begin_s", "start_time", "start_time_s", "time_s", "t_s")
ENDS_S = ("end_s", "offset_s", "stop_s", "end_time", "end_time_s")
# Names that do not say of what: seconds where any value is no whole number.
EITHER = (("start", "onset", "begin"), ("end", "offset", "stop"))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to the eyes."""

    kind: str  # "blink", "closure", or a word that is neither: it counts for nothing and against nobody
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Events:
    """The table of a data set's events."""

    labels: Labels
    start: str  # the column of the beginning
    end: str
    seconds: bool  # both count seconds, else frames

    def of(self, clip: str, times_s: list[float]) -> Iterator[Event]:
        """Of one clip. `times_s` are the moments of its frames and, one more, where the last of them ends."""
        file, kind = self.labels.need("file"), self.labels.find("event")
        for row in self.labels.rows:
            if row[file] != clip or not row[self.start]:
                continue
            word = _kind(row[kind]) if kind else "blink"
            first = self.labels.number(row, self.start)
            last = self.labels.number(row, self.end) if row[self.end] else first
            if self.seconds:
                yield Event(word, times_s[0] + first, times_s[0] + last)
            else:
                top = len(times_s) - 1
                yield Event(word, times_s[min(int(first), top)], times_s[min(int(last) + 1, top)])


def events_of(folder: Path, labels: Labels) -> Events | None:
    """Those in `labels`, else those of the file beside it; None where there are none."""
    found = _found(labels)
    if found is not None:
        return found
    own = folder / "events.csv"
    files = [own] if own.is_file() else sorted(folder.glob("events*.csv"))
    if len(files) > 1:
        names = ", ".join(path.name for path in files)
        raise SystemExit(f"{folder}: {names}: which of them is true? name it events.csv")
    if not files:
        return None
    beside = read(folder, files[0].name)
    found = _found(beside)
    if found is None:
        raise SystemExit(beside.complaint("the beginning of an event", (*STARTS[:2], *STARTS_S[:2])))
    return replace(found, labels=_named_alike(beside, read(folder)))  # all clips, also those that are not watched now


def need_events(folder: Path, labels: Labels) -> None:
    """Stops where nobody says when eyes close."""
    if events_of(folder, labels) is None:
        raise SystemExit(
            f"{folder}: no events: an events*.csv with file, event, start_frame, end_frame (or start_s, end_s) is "
            "needed, or these columns in labels.csv"
        )


def _found(labels: Labels) -> Events | None:
    have = labels.rows[0] if labels.rows else {}
    for starts, ends in ((STARTS_S, ENDS_S), (STARTS, ENDS), EITHER):
        start = next((name for name in starts if name in have), None)
        if start is not None:
            end = next((name for name in ends if name in have), start)
            return Events(
                labels, start, end, starts is STARTS_S or (starts is EITHER[0] and _split(labels, start, end))
            )
    return None


def _split(labels: Labels, *columns: str) -> bool:
    """Whether any of the values is no whole number."""
    numbers = [labels.number(row, name) for name in columns for row in labels.rows if row[name]]
    return any(number != int(number) for number in numbers)


def _named_alike(events: Labels, clips: Labels) -> Labels:
    """Events under the clips' own names: a folder or an ending more or less does not matter where all differ by it."""
    column, names = events.need("file"), {row[clips.need("file")] for row in clips.rows}
    if any(row[column] in names for row in events.rows):
        return events
    own = {Path(name).stem: name for name in names}
    rows = [{**row, column: own.get(Path(row[column]).stem, row[column])} for row in events.rows]
    if len(own) < len(names) or not any(row[column] in names for row in rows):
        raise SystemExit(f"{events.file}: no event is of a clip of labels.csv; {events.rows[0][column]!r} is not in it")
    return replace(events, rows=rows)


def _kind(word: str) -> str:
    small = word.strip().lower().replace(" ", "_")
    return "blink" if small in BLINKS else "closure" if small in CLOSURES else small
