"""Blinks and closures as the product tells them, against events beside the clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alerts.driver import DriverMonitor
from alerts.settings import AlertSettings
from cabinwatch.rules import load_rules
from tests.people.clips import write_clip
from tests.training.knowing import Knowing
from training.evaluate.clips import DRIVING, Lids, Watched
from training.evaluate.columns import read
from training.evaluate.events import Event
from training.evaluate.job import Job
from training.evaluate.lids import (
    Count,
    closure_figures,
    count_blinks,
    evaluate_blinks,
    evaluate_closure,
    false_of,
    found_of,
    open_s,
)
from vision.types import Conditions, Eye, Face, FaceObservation

FPS = 25.0
FRAMES = 150


def blink(start_s: float, end_s: float) -> Event:
    return Event("blink", start_s, end_s)


def closure(start_s: float, end_s: float) -> Event:
    return Event("closure", start_s, end_s)


# --- counting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("true", "told", "count"),
    [
        ([blink(1.0, 1.2)], [blink(1.1, 1.3)], Count(1, 0, 0, 0)),
        ([blink(1.0, 1.2)], [blink(1.29, 1.4)], Count(1, 0, 0, 0)),  # 0.09 s apart: within the tolerance
        ([blink(1.0, 1.2)], [blink(0.8, 0.91)], Count(1, 0, 0, 0)),
        ([blink(1.0, 1.2)], [blink(1.32, 1.4)], Count(0, 1, 1, 0)),
        ([blink(1.0, 1.2)], [blink(0.8, 0.88)], Count(0, 1, 1, 0)),
        ([blink(1.0, 1.2)], [blink(0.9, 1.0), blink(1.1, 1.3)], Count(1, 0, 1, 0)),  # one to one
        ([blink(1.0, 2.0), blink(2.2, 2.4)], [blink(1.9, 2.3)], Count(1, 1, 0, 0)),
        ([Event("uncertain", 1.0, 1.2)], [blink(1.0, 1.2)], Count(0, 0, 0, 1)),  # nobody is blamed
        ([closure(1.0, 2.0)], [blink(1.1, 1.3)], Count(0, 0, 0, 1)),
        ([Event("mouth_open", 1.0, 1.2)], [blink(1.0, 1.2)], Count(0, 0, 1, 0)),  # says nothing of the eyes
        ([], [], Count(0, 0, 0, 0)),
    ],
)
def test_events_are_matched_one_to_one(true: list[Event], told: list[Event], count: Count) -> None:
    assert count_blinks(true, told) == count


def test_each_true_blink_takes_the_first_free_one() -> None:
    """Two quick blinks and two told: both found, whichever overlaps both."""
    true = [blink(1.0, 1.2), blink(1.25, 1.45)]
    assert count_blinks(true, [blink(1.1, 1.3), blink(1.4, 1.5)]) == Count(2, 0, 0, 0)


def watched(true: list[Event], told: list[Event], seconds: float = 60.0) -> Watched:
    return Watched("a.mp4", "p", "", seconds, 1.0, None, tuple(true), (), tuple(told))


def test_false_closures_are_those_that_nothing_excuses() -> None:
    """Too long a reading of a short blink is false; of a blink of 0.4 s it is a matter of definition."""
    assert false_of(watched([], [closure(10.0, 10.5)])) == 1
    assert false_of(watched([], [closure(10.0, 10.4)])) == 0
    assert false_of(watched([blink(10.0, 10.2)], [closure(9.9, 10.5)])) == 1
    assert false_of(watched([blink(10.0, 10.4)], [closure(9.9, 10.5)])) == 0
    assert false_of(watched([Event("uncertain", 10.0, 10.1)], [closure(9.9, 10.5)])) == 0
    assert false_of(watched([closure(10.0, 12.0)], [closure(10.1, 11.0), closure(11.2, 12.0)])) == 0


def test_true_closures_are_found_once() -> None:
    clip = watched([closure(10.0, 12.0), blink(20.0, 20.5), closure(30.0, 31.0)], [closure(10.2, 12.1)])
    assert found_of(clip) == 1
    figures = closure_figures([clip], "")
    assert (figures["found"]["value"], figures["found"]["n"]) == (pytest.approx(1 / 3), 3)


def test_minutes_are_those_with_open_eyes() -> None:
    clip = watched([closure(10.0, 25.0), Event("uncertain", 30.0, 35.0), blink(40.0, 40.3)], [closure(50.0, 51.0)])
    assert open_s(clip) == pytest.approx(40.0)
    assert closure_figures([clip], "")["false_per_minute"]["value"] == pytest.approx(1.5)


# --- what the product tells ------------------------------------------------------------------------------------------


def eyes(index: int, openness: float) -> FaceObservation:
    """A face that is never quite the same: a picture that never changes is a frozen camera."""
    eye = Eye(openness, 1.0 if openness < 0.3 else 0.0, confidence=1.0)
    light = Conditions(brightness=100.0 + index % 7, contrast=20.0 + index % 5)
    place = (200.0 + index % 3, 100.0, 400.0, 350.0 + index % 2)
    return FaceObservation(index / FPS, frame=index, face=Face(place, 1.0), left=eye, right=eye, conditions=light)


def openness(shut: list[tuple[int, int]], frames: int = FRAMES) -> list[float]:
    """1 but for the frames from first to last."""
    return [0.05 if any(a <= k <= b for a, b in shut) else 1.0 for k in range(frames)]


def told_of(shut: list[tuple[int, int]]) -> tuple[Lids, int]:
    """What the rules say of these eyes, and their own count of long closures."""
    monitor, lids, count = DriverMonitor(AlertSettings(), load_rules(["house"])), Lids(), 0
    for index, one in enumerate(openness(shut)):
        state = monitor.update(eyes(index, one), DRIVING)
        lids.add(state)
        count = state.long_closures
    return lids, count


def test_both_eyes_blinks_are_one() -> None:
    """As the product counts them: two blinks, not four."""
    lids, _ = told_of([(40, 43), (90, 92)])
    assert [round(event.start_s, 1) for event in lids.blinks] == [1.6, 3.6]
    assert [event.length_s < 0.3 for event in lids.blinks] == [True, True]


def test_the_slower_eye_of_a_blink_is_no_second_one() -> None:
    """The right eye opens three frames after the left."""
    monitor, lids = DriverMonitor(AlertSettings(), load_rules(["house"])), Lids()
    pairs = zip(openness([(40, 43)]), openness([(40, 46)]), strict=True)
    for index, (left, right) in enumerate(pairs):
        seen = replace(eyes(index, left), right=eyes(index, right).right)
        lids.add(monitor.update(seen, DRIVING))
    assert len(lids.blinks) == 1


def test_closures_are_as_long_as_the_product_says() -> None:
    """From the first closed frame to the first open one; the rules count the same ones as long."""
    lids, count = told_of([(30, 33), (60, 80), (100, 112)])
    long = [event for event in lids.closures(1 / FPS) if event.length_s >= 0.5]
    assert [(round(event.start_s, 2), round(event.end_s, 2)) for event in long] == [(2.4, 3.24), (4.0, 4.52)]
    assert count == 2


def test_a_closure_at_the_end_of_a_clip_counts() -> None:
    """Nobody saw the eyes open again, but they were shut for so long."""
    lids, _ = told_of([(120, FRAMES - 1)])
    assert list(lids.closures(1 / FPS)) == [Event("closure", pytest.approx(4.8), pytest.approx(6.0))]


# --- from files ------------------------------------------------------------------------------------------------------


def folder(tmp_path: Path, labels: str, events: str | None, clips: tuple[str, ...] = ("a.avi",)) -> Path:
    rng = np.random.default_rng(1)
    for name in clips:
        write_clip(tmp_path / name, [rng.integers(0, 255, (48, 64), dtype=np.uint8) for _ in range(FRAMES)], FPS)
    (tmp_path / "labels.csv").write_text(labels)
    if events is not None:
        (tmp_path / "events_auto.csv").write_text(events)
    return tmp_path


def job(data: Path, shut: list[tuple[int, int]]) -> Knowing:
    told = tuple(eyes(index, one) for index, one in enumerate(openness(shut)))
    return Knowing(data, read(data), told=told)


EVENTS = {
    "frames": "file,event,start_frame,end_frame\na.avi,blink,40,43\na.avi,closure,60,80\na.avi,mouth_open,100,120\n",
    "either, whole": "file,type,start,end\na.avi,blink,40,43\na.avi,closure,60,80\n",
    "either, split": "file,type,start,end\na.avi,blink,1.6,1.76\na.avi,closure,2.4,3.24\n",
    "seconds": "file,event,onset_s,offset_s\na.avi,Blink,1.6,1.76\na.avi,long closure,2.4,3.24\n",
}


@pytest.mark.parametrize("events", EVENTS.values(), ids=EVENTS)
def test_blinks_of_a_clip(tmp_path: Path, events: str) -> None:
    """One true and one told; the closure is no blink and excuses what is told there."""
    data = folder(tmp_path, "file,person\na.avi,p\n", events)
    report = evaluate_blinks(job(data, [(40, 43), (60, 72)]))
    assert report.figures["f1"]["value"] == 1.0
    assert report.figures["f1"]["low"] < 0.5, "one event proves little"
    assert report.tables["clips"]["rows"] == [["a.avi", "", 1, 1, 0, 1, 1.0, 1.0]]


@pytest.mark.parametrize("events", EVENTS.values(), ids=EVENTS)
def test_closures_of_a_clip(tmp_path: Path, events: str) -> None:
    """The true one found; another of 0.6 s is false, in 6 s less 0.84 s of open eyes."""
    data = folder(tmp_path, "file,person\na.avi,p\n", events)
    figures = evaluate_closure(job(data, [(60, 80), (120, 134)])).figures
    assert (figures["found"]["value"], figures["found"]["n"]) == (1.0, 1)
    assert figures["false_per_minute"]["n"] == 1
    assert figures["false_per_minute"]["units"] == pytest.approx((6.0 - 0.84) / 60.0)


def test_labels_own_frame_rate_goes_before_the_clips(tmp_path: Path) -> None:
    """Frames 60 to 72 at 12.5 a second: half a second becomes a whole one."""
    data = folder(tmp_path, "file,fps\na.avi,12.5\n", EVENTS["frames"])
    figures = evaluate_closure(job(data, [(120, 127)])).figures
    assert figures["false_per_minute"]["n"] == 1
    assert figures["false_per_minute"]["units"] == pytest.approx((12.0 - 21 / 12.5) / 60.0)


def test_awake_clips_need_no_events(tmp_path: Path) -> None:
    """Everything told in them is false; a clip that is not awake tells nothing and is counted."""
    data = folder(tmp_path, "file,awake\na.avi,1\nb.avi,0\n", None, ("a.avi", "b.avi"))
    report = evaluate_closure(job(data, [(60, 80)]))
    assert report.figures["false_per_minute"]["n"] == 1
    assert report.figures["found"]["value"] is None
    assert dict(report.labels.left_out) == {"not awake, and no events": 1}


def test_a_column_that_groups_clips_gets_figures_of_its_own(tmp_path: Path) -> None:
    names = ("a.avi", "b.avi", "c.avi")
    labels = "file,in_car\na.avi,1\nb.avi,1\nc.avi,0\n"
    data = folder(tmp_path, labels, "file,event,start_frame,end_frame\na.avi,blink,40,43\n", names)
    figures = evaluate_blinks(job(data, [(40, 43)])).figures
    assert figures["in_car=1/recall"]["value"] == 1.0
    assert figures["in_car=1/precision"]["value"] == 0.5
    assert figures["in_car=0/false_per_minute"]["n"] == 1


def test_events_may_stand_in_labels(tmp_path: Path) -> None:
    """Rows that name a clip again are events, not clips."""
    labels = "file,start_s,end_s\na.avi,1.6,1.8\na.avi,3.6,3.8\n"
    report = evaluate_blinks(job(folder(tmp_path, labels, None), [(40, 43), (90, 93)]))
    assert report.tables["clips"]["rows"][0][2:5] == [2, 2, 0]


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        (None, r"no events: an events\*\.csv with file, event, start_frame, end_frame \(or start_s, end_s\) is needed"),
        (
            "file,event\na.avi,blink\n",
            r"events_auto\.csv: no column for the beginning of an event; accepted: start_fra",
        ),
    ],
)
def test_without_events_blinks_stop_with_what_is_needed(tmp_path: Path, events: str | None, complaint: str) -> None:
    with pytest.raises(SystemExit, match=complaint):
        evaluate_blinks(job(folder(tmp_path, "file\na.avi\n", events), []))


def test_events_under_other_names_of_the_clips(tmp_path: Path) -> None:
    """Without the ending, or with a folder more; events of nobody stop."""
    data = folder(tmp_path, "file\na.avi\n", "file,start_frame,end_frame\nclips/a,40,43\n")
    assert evaluate_blinks(job(data, [(40, 43)])).figures["recall"]["value"] == 1.0
    (data / "events_auto.csv").write_text("file,start_frame,end_frame\nb.avi,40,43\n")
    with pytest.raises(SystemExit, match=r"events_auto\.csv: no event is of a clip of labels\.csv; 'b\.avi' is not in"):
        evaluate_blinks(job(data, []))


def test_a_quick_look_skips_clips_and_not_events(tmp_path: Path) -> None:
    """Every second clip, with all its events."""
    labels = "file,start_s,end_s\na.avi,1.6,1.8\na.avi,3.6,3.8\nb.avi,1,2\n"
    data = folder(tmp_path, labels, None, ("a.avi", "b.avi"))
    report = evaluate_blinks(replace(job(data, [(40, 43), (90, 93)]), every=2))
    assert [row[:4] for row in report.tables["clips"]["rows"]] == [["a.avi", "", 2, 2]]


def test_two_tables_of_events_are_not_guessed_between(tmp_path: Path) -> None:
    """Unless one of them is called events.csv."""
    data = folder(tmp_path, "file\na.avi\n", EVENTS["frames"])
    (data / "events_other.csv").write_text(EVENTS["frames"])
    with pytest.raises(SystemExit, match=r"events_auto\.csv, events_other\.csv: which of them is true"):
        evaluate_blinks(job(data, []))
    (data / "events.csv").write_text(EVENTS["seconds"])
    assert evaluate_blinks(job(data, [(40, 43)])).figures["recall"]["value"] == 1.0


def test_a_clip_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    data = folder(tmp_path, "file\na.avi\nb.avi\n", EVENTS["frames"])
    report = evaluate_blinks(job(data, [(40, 43)]))
    assert dict(report.labels.left_out) == {"unreadable": 1}


@pytest.mark.clips
def test_a_real_face_that_nods_off(nodding_off: Path) -> None:
    """Through the product's own networks: eyes held closed for 2 s are one closure, found, and none is false."""
    data = nodding_off.parent
    (data / "labels.csv").write_text("file\nnod.avi\n")
    (data / "events.csv").write_text("file,event,start_frame,end_frame\nnod.avi,closure,72,119\n")
    figures = evaluate_closure(Job(data, read(data))).figures
    assert figures["found"]["value"] == 1.0
    assert figures["false_per_minute"]["n"] == 0
