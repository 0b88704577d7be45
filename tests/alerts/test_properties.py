"""What must hold for every driver, told by random ones."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.settings import AlertSettings
from alerts.types import Cause, Level, VehicleState
from cabinwatch.rules import bundled, load_rules
from tests.alerts.drawn import blind_pieces, story_pieces

HOUSE = load_rules(["house"])
EYE_CAUSES = {Cause.DROWSY, Cause.MICROSLEEP, Cause.SLEEP}
TICK_S = 1 / 64

few = settings(max_examples=25, deadline=None)
blind = blind_pieces(yaw=st.floats(-60, 60))
pieces = story_pieces(
    4.0,
    closed=st.sampled_from([0.05, 0.95, None]),
    yaw=st.sampled_from([0.0, 50.0, None]),
    face=st.sampled_from([0.0, 0.95]),
    camera=st.booleans(),
)


@few
@given(blind, st.booleans())
def test_no_eye_for_60_s_is_never_drowsy_or_asleep_but_cannot_see(tell, blind, was_drowsy):
    """Whatever the unjudged eyes claim, and even right after a minute short of drowsy."""
    scale = 60.0 / sum(duration_s for duration_s, _ in blind)
    before = [(4.6, {}), (0.3, {"closed": 0.95})] * 14 if was_drowsy else []
    drive = tell([*before, *((duration_s * scale, parts) for duration_s, parts in blind)], fps=15)
    assert not EYE_CAUSES & set(drive.causes)
    found_s = next(s.t_s for s in drive.states if any(f.cause is Cause.CANNOT_SEE for f in s.findings))
    assert found_s <= sum(duration_s for duration_s, _ in before) + 10.0  # shown, unless the head is away: a warning


@few
@given(pieces, st.integers(0, 1000))
def test_open_eyes_that_come_and_go_are_never_drowsy_or_asleep(tell, story, seed):
    """Random visibility over open eyes."""
    awake = [(s, {**parts, "closed": None if parts.get("closed") is None else 0.05}) for s, parts in story]
    assert not EYE_CAUSES & set(tell(awake, drop=0.3, seed=seed).causes)


@few
@given(pieces, st.integers(-(2**20), 2**20))
def test_shifting_all_time_stamps_changes_nothing(tell, story, shift_s):
    """There is no special moment and no clock."""
    here, there = (tell(story, fps=64, start_s=start_s) for start_s in (0.0, float(shift_s)))
    assert [(a.t_s + shift_s, a.level, a.cause, a.episode_id) for a in here.alerts] == [
        (a.t_s, a.level, a.cause, a.episode_id) for a in there.alerts
    ]


@few
@given(pieces)
def test_a_closure_alert_comes_only_after_a_closure_that_was_seen(tell, story):
    """Every microsleep shown is carried by closed samples no further apart than the bridge."""
    drive = tell(story)
    for state, alert in zip(drive.states, drive.alerts, strict=True):
        if alert.cause in {Cause.MICROSLEEP, Cause.SLEEP}:
            assert alert.why.value >= alert.why.threshold - 0.001
            assert alert.why.until_s - alert.why.since_s >= alert.why.value - 1e-9
        assert all(finding.why.sentence() for finding in state.findings)


@few
@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.sampled_from([0.05, 0.95])), max_size=100))
def test_any_time_stamps_are_taken(look, steps):
    """Irregular, repeated and distant samples: an alert each, episodes never go down, no exception."""
    driver, policy, t_s, episode = DriverMonitor(AlertSettings(), HOUSE), Policy(AlertSettings().policy), 0.0, 0
    for step_s, closed in steps:
        t_s += step_s
        alert = policy.update(driver.update(look(t_s, closed=closed), VehicleState()))
        assert alert.t_s == t_s
        assert alert.episode_id >= episode
        assert (alert.level is Level.NONE) == (alert.cause is Cause.NONE) == (alert.why is None)
        episode = alert.episode_id


@pytest.mark.parametrize("worse_s", [0.3, 0.5, 0.8])
def test_longer_closures_never_lower_the_level(tell, worse_s):
    """More closed time, same rhythm: the level at the end is at least as high."""
    mild = tell([(3.7, {}), (0.25, {"closed": 0.95}), (0.05, {})] * 20)
    worse = tell([(4 - worse_s, {}), (worse_s, {"closed": 0.95})] * 20)
    assert worse.alerts[-1].level >= mild.alerts[-1].level


@few
@given(blind, st.sampled_from(["eu-ddaw", "eu-addw", "ncap-2023", "ncap-2026", "all"]))
def test_no_eye_for_60_s_under_any_rules(tell, blind, name):
    """Never drowsy or asleep; cannot see within 10 s, whichever rules are chosen."""
    sets = load_rules(bundled() if name == "all" else [name])
    scale = 60.0 / sum(duration_s for duration_s, _ in blind)
    drive = tell([(duration_s * scale, parts) for duration_s, parts in blind], fps=10, rules=sets)
    assert not EYE_CAUSES & set(drive.causes)
    found_s = next(s.t_s for s in drive.states if any(f.cause is Cause.CANNOT_SEE for f in s.findings))
    assert found_s <= 10.0


TIMES = {Cause.MICROSLEEP, Cause.SLEEP, Cause.LONG_DISTRACTION, Cause.UNRESPONSIVE, Cause.CANNOT_SEE}


@few
@given(
    st.sampled_from([{"closed": 0.95}, {"yaw": 50.0}, {"face": 0.0}, {"closed": 0.95, "yaw": 50.0}]),
    st.floats(0.5, 9.0),
    st.sampled_from([10.0, 15.0, 30.0]),
    st.integers(0, 1000),
)
def test_splitting_a_frame_interval_moves_no_alert_by_more_than_one(look, parts, held_s, fps, split):
    """A sample more, anywhere between two: each alert comes within one interval of when it came without."""
    times = [i / fps for i in range(int((5 + held_s + 10) * fps))]
    place = split % (len(times) - 1)
    more = sorted([*times, (times[place] + times[place + 1]) / 2])

    def first_s(samples):
        driver, policy, seen_s = DriverMonitor(AlertSettings(), HOUSE), Policy(AlertSettings().policy), {}
        for t_s in samples:
            here = parts if 5.0 <= t_s < 5.0 + held_s else {}
            alert = policy.update(driver.update(look(t_s, **here), VehicleState()))
            seen_s.setdefault(alert.cause, t_s)
        return {cause: t_s for cause, t_s in seen_s.items() if cause in TIMES}

    one, other = first_s(times), first_s(more)
    for cause in one.keys() & other.keys():
        assert abs(one[cause] - other[cause]) <= 1 / fps + 1e-6
    for cause in one.keys() ^ other.keys():  # a stretch that ends within one interval of its limit
        limits_s = {Cause.MICROSLEEP: 1.0, Cause.SLEEP: 3.0, Cause.LONG_DISTRACTION: 3.0, Cause.UNRESPONSIVE: 6.0}
        assert abs(held_s - limits_s.get(cause, 8.0)) <= 2 / fps + 0.36


@few
@given(st.floats(0.26, 1.5), st.floats(0.0, 0.6))
def test_higher_perclos_never_lowers_the_level(tell, shut_s, more_s):
    """The same rhythm with longer closures, through all machines: neither the estimate nor the alert is lower."""
    mild, worse = (
        tell([(6 - s, {}), (s, {"closed": 0.95})] * 14 + [(1, {})], fps=15) for s in (shut_s, shut_s + more_s)
    )
    assert worse.states[-1].perclos.value >= mild.states[-1].perclos.value - 1e-9
    assert worse.states[-1].drowsiness.level >= mild.states[-1].drowsiness.level - 1e-9
    assert worse.alerts[-1].level >= mild.alerts[-1].level


@pytest.mark.parametrize(
    "parts",
    [
        {"openness": 0.35, "closed": 0.4},  # squints in the sun
        {"mouth": lambda s: 0.6 if int(s * 3) % 2 else 0.1},  # laughs
        {"mouth": lambda s: 0.4 if int(s * 6) % 2 else 0.1},  # talks
        {"mouth": lambda s: 0.8 if s % 2.9 < 2.4 else 0.05},  # sings long notes
        {"openness": 0.5, "closed": 0.3, "mouth": lambda s: 0.7 if int(s * 4) % 2 else 0.1},  # laughs with narrow eyes
    ],
)
@pytest.mark.parametrize("fps", [10.0, 30.0])
def test_squinting_laughing_talking_and_singing_for_a_minute_is_silence(tell, parts, fps):
    """And after it."""
    assert tell([(30, {}), (60, parts), (60, {})], fps=fps).causes == []


def test_ten_minutes_of_ordinary_driving_are_silence(tell):
    """Mirrors, the cluster, the shoulder, blinks, a few words: nothing is said."""
    dice, story = random.Random(5), []
    for _ in range(60):
        story += [(dice.uniform(4, 9), {}), (0.13, {"closed": 0.9}), (dice.uniform(2, 4), {})]
        story.append(dice.choice([(0.8, {"yaw": -45.0}), (0.9, {"yaw": 40.0, "pitch": 8.0}), (0.7, {"pitch": -22.0})]))
        if dice.random() < 0.2:
            story.append((1.3, {"yaw": 75.0}))
        if dice.random() < 0.2:
            story += [(0.2, {"mouth": 0.5}), (0.2, {"mouth": 0.1})] * 10
    assert tell(story, fps=30, drop=0.05, seed=2).causes == []
