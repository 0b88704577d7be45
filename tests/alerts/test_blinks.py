"""Blinks with their phases, at regular and irregular times."""

import random

import pytest

from alerts.blinks import Blinks, BlinkSettings, EyeBlink
from alerts.dips import NEXT, Dip, Phase, Sample, crossing
from alerts.timing import FrameRate

SHUT_S, OPENS_S = 10.06, 10.12  # a blink that falls from 10.00, is shut from 10.06 to 10.12 and up again at 10.22


def lid(t_s: float) -> float:
    """Openness of that blink: straight lines."""
    if t_s < SHUT_S:
        return min(1.0, 1.0 - (t_s - 10.0) / 0.06) if t_s > 10.0 else 1.0
    return 0.0 if t_s < OPENS_S else min(1.0, (t_s - OPENS_S) / 0.10)


def filmed(times):
    eye = EyeBlink(BlinkSettings())
    return [blink for t_s in times if (blink := eye.update(t_s, lid(t_s)))]


def test_the_table_is_complete():
    assert set(NEXT) == {(phase, sample) for phase in Phase for sample in Sample}


@pytest.mark.parametrize("fps", [60.0, 120.0, 240.0])
def test_the_phases_are_read_between_the_frames(fps):
    """At 75 % and 30 % of the way, and the duration at half: 0.06 s of falling, 0.06 s shut, 0.10 s of rising."""
    (blink,) = filmed([9 + i / fps for i in range(int(2 * fps))])
    frame_s = 1 / fps
    assert blink.start_s == pytest.approx(10.015, abs=frame_s / 2)
    assert blink.closed_s == pytest.approx(10.042, abs=frame_s / 2)
    assert blink.opening_s == pytest.approx(10.15, abs=frame_s / 2)
    assert blink.end_s == pytest.approx(10.195, abs=frame_s / 2)
    assert blink.duration_s == pytest.approx(10.17 - 10.03, abs=frame_s / 2)
    assert blink.amplitude == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("seed", range(10))
def test_irregular_frames_time_it_too(seed):
    """Frames come 10 to 40 ms apart: the duration is right to one of them."""
    dice, t_s, times = random.Random(seed), 9.0, []
    while t_s < 11.0:
        times.append(t_s)
        t_s += dice.uniform(0.01, 0.04)
    (blink,) = filmed(times)
    assert blink.duration_s == pytest.approx(0.14, abs=0.04)
    assert blink.start_s < blink.closed_s <= blink.opening_s < blink.end_s


def test_a_lid_that_only_flutters_is_no_blink():
    eye = EyeBlink(BlinkSettings())
    assert not any(eye.update(i / 60, 1.0 if i % 6 else 0.5) for i in range(120))


@pytest.mark.parametrize(
    "curve",
    [
        [(0.0, 1.0), (0.1, None), (0.2, 0.0), (0.3, 1.0)],  # its beginning unseen
        [(0.0, 1.0), (0.1, 0.0), (0.2, None), (0.3, 1.0)],  # its end unseen
        [(0.0, 1.0), (0.1, 0.0), (0.5, 1.0)],  # nothing for 0.4 s
        [(0.0, 1.0), *((0.1 * i, 0.6) for i in range(1, 8)), (0.8, 0.1), (0.9, 1.0)],  # looked down before
        [(0.0, 1.0), *((0.1 * i, 0.1) for i in range(1, 12)), (1.2, 1.0)],  # 1.1 s: a closure, no blink
        [(0.0, 1.0), *((0.1 * i, 0.1) for i in range(1, 40)), (4.0, 1.0)],
    ],
)
def test_what_has_no_duration(curve):
    """It was not seen from open to open, or it is no blink."""
    eye = EyeBlink(BlinkSettings())
    assert [blink for t_s, openness in curve if (blink := eye.update(t_s, openness))] == []
    assert eye.last is None


def test_a_dip_that_is_dropped_leaves_nothing_behind():
    """The next one is whole again."""
    dip = Dip(0.75, 0.3, bridge_s=0.15, max_s=1.0)
    for i in range(20):
        assert dip.update(i * 0.1, 0.1 if i else 1.0) is None
    assert dip.update(2.0, 1.0) is None
    assert dip.phase is Phase.UP
    dip.update(2.1, 0.2)
    assert dip.update(2.2, 0.9) == [(2.0, 1.0), (2.1, 0.2), (2.2, 0.9)]


def test_where_a_line_crosses_a_limit():
    assert crossing([(0.0, 1.0), (1.0, 0.0)], 0.25) == 0.75
    assert crossing([(0.0, 0.2), (1.0, 0.0)], 0.25) == 0.0  # it starts under the limit
    assert crossing([(0.0, 1.0), (1.0, 0.9)], 0.25) == 1.0  # it never gets there


def test_two_eyes_blink_once():
    """Each eye has its phases; the pair counts as one, winks count too."""
    blinks, rate = Blinks(BlinkSettings()), FrameRate(5.0)
    ended = []
    for i in range(600):
        t_s = i / 60
        rate.update(t_s, frame=True)
        left = 0.05 if i % 120 in range(60, 69) else 1.0
        right = 0.05 if i % 120 in range(61, 70) else 1.0
        ended.append(blinks.update(t_s, left, right, rate))
    assert sum(duration is not None for duration in ended) == 5
    assert blinks.left.start_s < blinks.right.start_s
    assert blinks.duration(rate).value == pytest.approx(0.15, abs=0.01)


def test_a_mean_needs_ten_blinks_and_forgets_after_three_minutes():
    blinks, rate = Blinks(BlinkSettings()), FrameRate(5.0)

    def drive(start_s, end_s, shut_frames):
        for i in range(int(start_s * 30), int(end_s * 30)):
            rate.update(i / 30, frame=True)
            openness = 0.05 if i % 60 < shut_frames else 1.0
            blinks.update(i / 30, openness, openness, rate)

    drive(0, 10, 3)
    assert blinks.mean(rate).reason == "4 blinks of late"
    drive(10, 60, 3)
    assert blinks.mean(rate).value == pytest.approx(0.1, abs=0.001)
    drive(60, 300, 6)
    assert blinks.mean(rate).value == pytest.approx(0.2, abs=0.001)
    drive(300, 500, 0)
    assert blinks.mean(rate).reason == "0 blinks of late"
