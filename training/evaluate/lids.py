"""Tasks blinks and closure: what the product said of the lids in clips, against events.

A true and a told blink are one where they overlap or lie no more than TOLERANCE_S apart; each counts once. Events that
are neither blink nor closure ("uncertain"), and closures, count for nothing: a blink told there is not false, and none
is missed. A told closure of CLOSURE_S or longer is false where no closure, no event of unknown kind and no blink of
nearly that length is true. Minutes are those in which the eyes are truly open, by events, or all of an awake clip.
Columns: see clips.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from training.evaluate import clips
from training.evaluate.clips import Watched
from training.evaluate.events import Event, events_of, need_events
from training.evaluate.job import Job, Report, sets_of, table
from training.metrics import Result, bootstrap, f1, per_unit, unmeasured, wilson

TOLERANCE_S = 0.1  # labels are made on whole frames, and people differ by two or three in where a lid begins to fall
CLOSURE_S = 0.5  # a prolonged closure (docs/regulations.md)
NEARLY_S = 0.1  # a true blink this much shorter excuses a told closure


@dataclass(frozen=True, slots=True)
class Count:
    """Of one clip."""

    hits: int
    missed: int
    false: int
    excused: int  # told during an event that counts for nothing


def evaluate_blinks(job: Job) -> Report:
    """F1 of events over all clips, and for each setting where a column tells them apart."""
    need_events(job.data, job.labels)
    job, watched = clips.watch(job)
    counts = [count_blinks(clip.true, clip.blinks) for clip in watched]
    figures = _blink_figures(watched, counts, "")
    for name, keep in sets_of([clip.setting for clip in watched]).items():
        some = [(clip, count) for clip, count, one in zip(watched, counts, keep, strict=True) if one]
        figures |= _blink_figures([clip for clip, _ in some], [count for _, count in some], name)
    rows = [
        (clip.name, clip.setting, count.hits + count.missed, count.hits, count.false,
         count.excused, f1(count.hits, count.missed, count.false), clip.face_found)
        for clip, count in zip(watched, counts, strict=True)
    ]  # fmt: skip
    columns = ("clip", "setting", "true", "found", "false", "excused", "f1", "face found")
    return Report(figures, job.labels, {"clips": table(columns, rows)}, [f"tolerance {TOLERANCE_S} s"])


def _blink_figures(watched: list[Watched], counts: list[Count], prefix: str) -> dict[str, Result]:
    told = np.array([(count.hits, count.missed, count.false) for count in counts])
    hits, missed, false = (int(k) for k in told.sum(0))
    persons = [clip.person for clip in watched]

    def over(statistic: Callable[[float, float, float], float], single: Result) -> Result:
        """Resampled over persons, and never narrower than the single events allow."""
        result = bootstrap(persons, lambda k: statistic(*told[k].sum(0)))
        if result["value"] is None:
            return unmeasured()
        ends = {"low": min(result["low"], single["low"]), "high": max(result["high"], single["high"])}
        return {**result, **ends, "n": hits + missed, "clips": len(watched)}

    minutes = sum(clip.seconds for clip in watched) / 60.0
    return {
        f"{prefix}f1": over(f1, _f1_of_events(hits, missed, false)),
        f"{prefix}recall": over(lambda h, m, _: h / (h + m) if h + m else np.nan, wilson(hits, hits + missed)),
        f"{prefix}precision": over(lambda h, _, f: h / (h + f) if h + f else np.nan, wilson(hits, hits + false)),
        f"{prefix}false_per_minute": per_unit(false, minutes),
    }


def _f1_of_events(hits: int, missed: int, false: int) -> Result:
    """Wilson's interval of hits among all events, true or told, carried over: F1 grows with that share alone."""
    share = wilson(hits, hits + missed + false)
    return {k: 2 * v / (1 + v) if k != "n" and v is not None else v for k, v in share.items()}


def count_blinks(true: Iterable[Event], told: Iterable[Event]) -> Count:
    """Of one clip."""
    true, told = list(true), list(told)
    blinks = [event for event in true if event.kind == "blink"]
    others = [event for event in true if event.kind != "blink" and event.kind not in NO_LIDS]
    pairs = matched(blinks, told)
    left = [event for index, event in enumerate(told) if index not in pairs.values()]
    excused = sum(any(touch(event, other) for other in others) for event in left)
    return Count(len(pairs), len(blinks) - len(pairs), len(left) - excused, excused)


NO_LIDS = frozenset({"mouth_open", "yawn", "talk", "talking"})  # events that say nothing of the eyes


def touch(one: Event, other: Event) -> bool:
    """Whether they overlap, or nearly."""
    return one.start_s <= other.end_s + TOLERANCE_S and other.start_s <= one.end_s + TOLERANCE_S


def matched(true: list[Event], told: list[Event]) -> dict[int, int]:
    """Number of the told event for that of a true one, one to one: in the order of time each takes the first free."""
    pairs: dict[int, int] = {}
    for index in sorted(range(len(true)), key=lambda k: true[k].end_s):
        free = [k for k in range(len(told)) if k not in pairs.values() and touch(true[index], told[k])]
        if free:
            pairs[index] = min(free, key=lambda k: told[k].end_s)
    return pairs


def evaluate_closure(job: Job) -> Report:
    """False closures a minute of open eyes, and true ones found."""
    job, watched = _judgeable(job)
    figures = closure_figures(watched, "")
    for name, keep in sets_of([clip.setting for clip in watched]).items():
        figures |= closure_figures([clip for clip, one in zip(watched, keep, strict=True) if one], name)
    rows = [
        (clip.name, clip.setting, open_s(clip) / 60.0, len(long_of(clip)), found_of(clip), false_of(clip),
         clip.face_found)
        for clip in watched
    ]  # fmt: skip
    columns = ("clip", "setting", "minutes open", "true", "found", "false", "face found")
    return Report(figures, job.labels, {"clips": table(columns, rows)}, [f"closures of {CLOSURE_S} s and longer"])


def _judgeable(job: Job) -> tuple[Job, list[Watched]]:
    """Clips of which events or a word tell whether the eyes are open."""
    events = events_of(job.data, job.labels) is not None
    if not events and job.labels.find("awake") is None:
        raise SystemExit(job.labels.complaint("awake", ("awake", "state", "or an events*.csv beside it")))
    job, watched = clips.watch(job)
    known = [events or clip.awake is True for clip in watched]
    kept = job.labels.where(known, "not awake, and no events")
    return job.about(kept), [clip for clip, tells in zip(watched, known, strict=True) if tells]


def closure_figures(watched: list[Watched], prefix: str) -> dict[str, Result]:
    """For some clips."""
    minutes = sum(open_s(clip) for clip in watched) / 60.0
    false = sum(false_of(clip) for clip in watched)
    true = sum(len(long_of(clip)) for clip in watched)
    return {
        f"{prefix}false_per_minute": per_unit(false, minutes),
        f"{prefix}found": wilson(sum(found_of(clip) for clip in watched), true),
    }


def long_of(clip: Watched) -> list[Event]:
    """True closures, and blinks as long as one."""
    return [event for event in clip.true if event.kind in ("blink", "closure") and event.length_s >= CLOSURE_S - 1e-6]


def told_of(clip: Watched) -> list[Event]:
    return [event for event in clip.closures if event.length_s >= CLOSURE_S - 1e-6]


def found_of(clip: Watched) -> int:
    """True closures during which the product told one."""
    return len(matched(long_of(clip), told_of(clip)))


def false_of(clip: Watched) -> int:
    """Told closures that nothing true excuses."""
    return sum(not any(touch(told, event) for event in _excuses(clip)) for told in told_of(clip))


def _excuses(clip: Watched) -> list[Event]:
    known = [event for event in clip.true if event.kind not in NO_LIDS]
    return [event for event in known if event.kind != "blink" or event.length_s >= CLOSURE_S - NEARLY_S - 1e-6]


def open_s(clip: Watched) -> float:
    """How long the eyes are truly open: blinks are too short to matter, what is uncertain is not counted."""
    shut_s = sum(event.length_s for event in clip.true if event.kind not in NO_LIDS and event.kind != "blink")
    return max(clip.seconds - shut_s, 0.0)
