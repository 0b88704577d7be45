"""Why the machines came to another answer than the truth: what was true and what was read, side by side.

Knows observations and the states that came of them. Must not know rules' limits, files or how anything is printed.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from alerts.mouth import YawnSettings
from cabinwatch.replay import Judged
from cabinwatch.verify_due import eyes_closed
from vision.types import Direction, FaceObservation

Pair = tuple[Judged, Judged]  # the truth and what was seen of one frame
_EYES = {True: "shut", False: "open", None: "hidden"}
_NOTED_FROM = 0.05  # share of frames without a face that is worth a word


def why(measure: str, truth: Sequence[Judged], seen: Sequence[Judged], from_s: float, to_s: float) -> str:
    """What of a measure's signals was read otherwise than it was, from one moment to another, in words.

    Args:
        measure: A measure that a rule may name (alerts/rules.py).
        truth: Every frame of the drive as it was.
        seen: The same frames as they were seen.
        from_s: Where the interval begins that the measure was taken over.
        to_s: Where it ends.
    """
    pairs = [(t, s) for t, s in zip(truth, seen, strict=True) if from_s - 1e-6 <= t.line.seen.t_s <= to_s + 1e-6]
    if not pairs:
        return ""
    parts = (part for tell in (_faces, *_TOLD.get(measure, ())) for part in tell(pairs))
    return "; ".join(parts)


def _faces(pairs: Sequence[Pair]) -> Iterator[str]:
    there = [s.line.seen.face for t, s in pairs if t.line.seen.face.box_px]
    lost = [face.reason.value if face.reason else "unsure" for face in there if face.confidence < 0.5]
    if there and len(lost) >= _NOTED_FROM * len(there):
        yield f"no face in {_share(len(lost), there)} of {len(there)} frames ({Counter(lost).most_common(1)[0][0]})"


def _eyes(pairs: Sequence[Pair]) -> Iterator[str]:
    """For the frames in which the eyes were shut, were open and could not be seen."""
    for answer, word in _EYES.items():
        some = [(t.line.seen, s.line.seen) for t, s in pairs if eyes_closed(t.line.seen) is answer]
        if some:
            read = [eyes_closed(seen) for _, seen in some]
            shut, unknown = read.count(True), read.count(None)
            wide = f"{_mean(_openness(s for _, s in some))} (true {_mean(_openness(t for t, _ in some))})"
            gaps = f", not judged in {_share(unknown, some)}" if unknown else ""
            yield f"eyes {word} in {len(some)} frames: read as shut in {_share(shut, some)}{gaps}, openness {wide}"


def _openness(samples: Iterable[FaceObservation]) -> list[float]:
    return [e.openness for seen in samples for e in (seen.left, seen.right) if e.openness is not None]


def _looks(pairs: Sequence[Pair]) -> Iterator[str]:
    """How often the driver looked away, and the furthest that gaze and head went."""
    away, read = (sum(pair[which].state.head_away_for_s > 0.0 for pair in pairs) for which in (0, 1))
    gaze = _furthest((t, t.line.seen.gaze) for t, _ in pairs)
    true_head = _furthest((t, t.line.seen.head) for t, _ in pairs)
    head = f"{_furthest((s, s.line.seen.head) for _, s in pairs)} (true {true_head})"
    yield f"looked away in {away} of {len(pairs)} frames, read so in {read}; gaze {gaze}, head {head}"
    if all(s.line.seen.gaze.yaw_deg is None for _, s in pairs):
        yield "gaze is not measured"


def _furthest(looks: Iterable[tuple[Judged, Direction]]) -> str:
    """The direction furthest from straight ahead, as degrees aside and up."""
    found = [angles for one, direction in looks if (angles := _against_ahead(one, direction))]
    if not found:
        return "unknown"
    aside_deg, up_deg = max(found, key=lambda angles: math.hypot(*angles))
    return f"{aside_deg:+.0f}°/{up_deg:+.0f}°"


def _against_ahead(one: Judged, direction: Direction) -> tuple[float, float] | None:
    """The machines say where the head is against straight ahead; mounting and pose are the same for the gaze."""
    state, head = one.state, one.line.seen.head
    known = (direction.yaw_deg, direction.pitch_deg, head.yaw_deg, head.pitch_deg)
    if None in known or state.head_yaw_deg is None or state.head_pitch_deg is None:
        return None
    yaw_deg, pitch_deg, head_yaw_deg, head_pitch_deg = (angle or 0.0 for angle in known)
    return state.head_yaw_deg + yaw_deg - head_yaw_deg, state.head_pitch_deg + pitch_deg - head_pitch_deg


def _mouths(pairs: Sequence[Pair]) -> Iterator[str]:
    wide = [
        sum((pair[which].line.seen.mouth.openness or 0.0) >= YawnSettings().open_from for pair in pairs)
        for which in (0, 1)
    ]
    yield f"mouth wide open in {wide[0]} of {len(pairs)} frames, read so in {wide[1]}"


def _level(pairs: Sequence[Pair]) -> Iterator[str]:
    """What the drowsiness level is made of at the end of the interval."""
    for which, word in ((1, "level of"), (0, "true:")):
        parts = [part for part in pairs[-1][which].state.drowsiness.contributions if part.points > 0.0]
        yield f"{word} " + (", ".join(f"{part.name} {part.value:.2g} (+{part.points:.1f})" for part in parts) or "none")


_Tell = Callable[[Sequence[Pair]], Iterator[str]]
_TOLD: dict[str, tuple[_Tell, ...]] = {
    "closed_s": (_eyes,),
    "perclos_60": (_eyes,),
    "perclos_180": (_eyes,),
    "perclos_300": (_eyes,),
    "kss": (_level, _eyes),
    "yawns": (_mouths,),
    "glance_s": (_looks,),
    "area3_s": (_looks,),
    "away_in_30_s": (_looks,),
    "lap_s": (_looks,),
    "inattentive_s": (_eyes, _looks),
    "no_return_s": (_eyes, _looks),
    "eyes_unseen_s": (_eyes,),
}


def _share(count: int, of: Sequence[object]) -> str:
    return f"{100.0 * count / len(of):.0f} %"


def _mean(values: Sequence[float]) -> str:
    return f"{statistics.fmean(values):.2f}" if values else "unknown"
