"""Stretches, windows and rates, each against a slower way to say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.timing import NEXT, FrameRate, Hold, Phase, SpanWindow, Stretch

TICK_S = 1 / 64  # sums of these are exact, so that "equal" can be meant
answers = st.sampled_from([True, False, None])
samples = st.lists(st.tuples(st.integers(1, 40), answers), min_size=1, max_size=60)


def timed(steps: list[tuple[int, bool | None]], start_s: float = 0.0) -> list[tuple[float, bool | None]]:
    """Steps of so many ticks → moments."""
    moments, tick = [], 0
    for ticks, answer in steps:
        tick += ticks
        moments.append((start_s + tick * TICK_S, answer))
    return moments


def follow(moments: list[tuple[float, bool | None]]) -> tuple[list[Stretch], list[float]]:
    """All stretches that ended, and what was held after each sample."""
    hold, ended, held = Hold(0.35), [], []
    for t_s, answer in moments:
        stretch = hold.update(t_s, answer, 0.2)
        if stretch:
            ended.append(stretch)
        held.append(hold.held_for_s)
    return ended, held


def test_the_table_is_complete():
    """Every phase knows every answer."""
    assert set(NEXT) == {(phase, answer) for phase in Phase for answer in (True, False, None)}


@pytest.mark.parametrize(
    ("moments", "stretches"),
    [
        ([(0, False), (0.1, True), (0.2, True), (0.3, False), (0.5, False)], [Stretch(0.1, 0.3, True)]),
        ([(0, None), (0.1, True), (0.2, True), (0.3, False), (0.5, False)], [Stretch(0.1, 0.3, False)]),
        ([(0, False), (0.1, True), (0.2, None), (0.3, False), (0.5, False)], [Stretch(0.1, 0.3, False)]),
        ([(0, False), (0.1, True), (0.2, False), (0.3, True), (0.4, True)], []),  # a misreading
        ([(0, False), (0.1, True), (0.2, False), (0.5, True)], [Stretch(0.1, 0.2, True)]),  # too long for one
        ([(0, False), (0.1, True), (0.2, False), (0.3, None), (0.4, False)], []),  # the "no" starts anew
        (
            [(0, False), (0.1, True), (0.2, False), (0.3, None), (0.4, False), (0.6, False)],
            [Stretch(0.1, 0.4, False)],
        ),
        ([(0, False), (0.1, True), (0.2, True), (0.6, True)], [Stretch(0.1, 0.2, False)]),  # nothing for 0.4 s
        ([(0, False), (0.1, True), (0.3, None), (0.5, None)], [Stretch(0.1, 0.1, False)]),
        ([(0, False), (0.4, True), (0.5, False), (0.7, False)], [Stretch(0.4, 0.5, False)]),  # its start unseen
        (
            [(0, None), (0.1, False), (0.2, True), (0.3, False), (0.5, False)],
            [Stretch(0.2, 0.3, True)],
        ),  # blind at first, but its start was seen
        ([(0, False), (0.1, None), (0.2, True), (0.3, False), (0.5, False)], [Stretch(0.2, 0.3, False)]),
    ],
)
def test_how_a_stretch_ends(moments, stretches):
    """Seen to end, lost, or misread."""
    assert follow(moments)[0] == stretches


def test_the_length_includes_the_way_to_the_first_no():
    """What is held ends with the last yes, what it took with the first no."""
    hold = Hold(0.35)
    for t_s, answer in (0.0, True), (0.1, True), (0.2, False):
        hold.update(t_s, answer, 0.2)
    assert (hold.held_for_s, hold.length_s) == (0.1, 0.2)


@given(samples)
def test_held_grows_only_with_yes(steps):
    """No unknown and no "no" adds a second to a stretch."""
    _, held = follow(timed(steps))
    before = 0.0
    for (_, answer), now in zip(steps, held, strict=True):
        assert answer is True or now <= before
        before = now


@given(samples, st.integers(-(2**20), 2**20))
def test_shifting_time_changes_nothing(steps, shift_s):
    """There is no special moment."""
    ended, held = follow(timed(steps))
    ended_later, held_later = follow(timed(steps, float(shift_s)))
    assert held == held_later
    assert [(s.start_s + shift_s, s.end_s + shift_s, s.whole) for s in ended] == [
        (s.start_s, s.end_s, s.whole) for s in ended_later
    ]


@given(samples)
def test_stretches_follow_one_another(steps):
    """They have a length, never overlap, and begin at a yes."""
    moments = timed(steps)
    ended, _ = follow(moments)
    starts = {t_s for t_s, answer in moments if answer}
    last_s = 0.0
    for stretch in ended:
        assert stretch.start_s in starts
        assert last_s <= stretch.start_s <= stretch.end_s
        last_s = stretch.end_s


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 300)), max_size=50), st.integers(0, 300))
def test_a_window_holds_what_lies_in_it(spans, later):
    """Against the sum of every span cut to the window."""
    window, put_in, tick = SpanWindow(5.0), [], 0
    for gap, length in spans:
        start_s, end_s = (tick + gap) * TICK_S, (tick + gap + length) * TICK_S
        tick += gap + length
        window.add(start_s, end_s)
        window.prune(end_s)
        put_in.append((start_s, end_s))
    now_s = (tick + later) * TICK_S
    window.prune(now_s)
    edge_s = now_s - 5.0
    assert window.total_s == sum(max(0.0, end_s - max(start_s, edge_s)) for start_s, end_s in put_in)


def test_what_leaves_a_window():
    """Half of a look, all of it, and then the last one, too: worked out by hand for the last 10 s."""
    window = SpanWindow(10.0)
    window.add(0.0, 4.0)
    window.add(6.0, 8.0)
    for now_s, left_s in (8.0, 6.0), (12.0, 4.0), (14.0, 2.0), (17.0, 1.0), (30.0, 0.0):
        window.prune(now_s)
        assert window.total_s == pytest.approx(left_s)


def test_a_window_does_not_drift_over_a_day():
    """A day of thirds of a tenth of a second still adds up to the window."""
    window = SpanWindow(60.0)
    for i in range(100_000):
        window.add(i / 30, (i + 1) / 30)
        window.prune((i + 1) / 30)
    assert window.total_s == pytest.approx(60.0, abs=1e-9)


def test_frame_rate():
    """Not known for a second, then counted over the window, and lowered by a stall."""
    rate = FrameRate(5.0)
    for i in range(301):
        rate.update(i / 30, frame=True)
        if i < 30:
            assert rate.lacks(1.0) == "frame rate not known yet"
    assert rate.per_s == pytest.approx(30.0)
    assert rate.lacks(30.0) is None
    assert rate.lacks(32.0) == "fewer than 32 frames/s"
    dropping = FrameRate(5.0)
    for i in range(21):
        dropping.update(i / 10, frame=i != 10)
    assert (dropping.per_s, dropping.lacks(10.0)) == (9.5, None)  # one in twenty is forgiven
    rate.update(13.0, frame=False)
    assert rate.per_s == pytest.approx(12.0, abs=0.5)
    rate.update(20.0, frame=False)
    assert rate.per_s is None
