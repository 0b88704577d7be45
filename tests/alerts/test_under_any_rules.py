"""What must hold whichever rules apply, wherever the frames fall and whatever else the driver does."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.settings import AlertSettings
from alerts.types import Cause, Level, TurnSignal, VehicleState
from cabinwatch.rules import bundled, load_rules
from tests.alerts.drawn import blind_pieces, story_pieces

SETS = {**{name: load_rules([name]) for name in bundled()}, "all": load_rules(bundled())}
SPEEDS_KMH = (None, 0.0, 19.0, 30.0, 110.0)
few = settings(max_examples=25, deadline=None)


@few
@given(
    blind_pieces(yaw=st.sampled_from([None, -20.0, 20.0]), pitch=st.floats(-15, 15)),
    st.sampled_from([*SETS]),
    st.sampled_from(SPEEDS_KMH),
    st.sampled_from([5.0, 10.0, 30.0]),
)
def test_no_eye_for_60_s_is_shown_as_cannot_see(tell, blind, name, speed_kmh, fps):
    """Head ahead or lost, at any speed and frame rate: shown within 10 s, and nothing else ever."""
    scale = 60.0 / sum(duration_s for duration_s, _ in blind)
    vehicle = VehicleState(speed_kmh=speed_kmh, ignition_on=True)
    story = [(duration_s * scale, parts) for duration_s, parts in blind]
    drive = tell(story, fps=fps, rules=SETS[name], vehicle=vehicle, drop=0.2, seed=len(blind))
    assert set(drive.causes) == {Cause.CANNOT_SEE}
    assert drive.first(Cause.CANNOT_SEE) <= 10.0
    assert drive.alerts[-1].cause is Cause.CANNOT_SEE


@few
@given(
    st.floats(3.3, 5.5),
    st.floats(0.0, 0.45),
    st.sampled_from([10.0, 15.0, 30.0, 60.0]),
    st.sampled_from(["house", "ncap-2023", "ncap-2026", "all"]),
    st.integers(0, 1000),
)
def test_eyes_40_down_are_distraction_and_not_a_closure(tell, down_s, closed, fps, name, seed):
    """Open eyes with lowered lids, by gaze or by head, with and without lost frames: told after 3 s, as what it is.

    The look lasts from the first frame in which it was seen. A hole that is longer than a look's bridge ends it: what
    lies in it is unknown, not away.
    """
    where = {"gaze": (0.0, -40.0)} if seed % 2 else {"pitch": -40.0}
    story = [(5, {}), (down_s, {"openness": 0.6, "closed": closed, **where}), (5, {})]
    drive = tell(story, fps=fps, rules=SETS[name], drop=0.2 if seed % 3 else 0.0, seed=seed)
    longest_hole_s = max(after.t_s - before.t_s for before, after in pairwise(drive.states))
    assume(longest_hole_s <= AlertSettings().distraction.bridge_s)
    seen_down_s = [state.t_s for state in drive.states if 5.0 <= state.t_s < 5.0 + down_s]
    due_s = [t_s for t_s in seen_down_s if t_s >= seen_down_s[0] + 3.0]
    assume(due_s)
    assert drive.causes == [Cause.LONG_DISTRACTION]
    assert drive.first(Cause.LONG_DISTRACTION) == pytest.approx(due_s[0], abs=0.2 + 1 / fps)


@pytest.mark.parametrize(
    "parts",
    [
        {"openness": 0.35, "closed": 0.4},  # squints in the sun
        {"mouth": lambda s: 0.6 if int(s * 3) % 2 else 0.1},  # laughs
        {"mouth": lambda s: 0.4 if int(s * 6) % 2 else 0.1},  # talks
        {"mouth": lambda s: 0.8 if s % 2.9 < 2.4 else 0.05},  # sings long notes
        {"openness": 0.5, "closed": lambda s: 0.9 if s % 0.7 < 0.2 else 0.3},  # lids flutter in laughter
    ],
)
def test_a_minute_of_squinting_laughing_talking_and_singing_is_silence_under_all_rules(tell, parts):
    """The five sets together."""
    assert tell([(70, {}), (60, parts), (60, {})], fps=15, rules=SETS["all"], drop=0.1).causes == []


def _first_s(look, times, story, rules):
    """When each cause is shown first; the story is asked for its parts at a time."""
    driver, policy, first_s = DriverMonitor(AlertSettings(), rules), Policy(AlertSettings().policy), {}
    for t_s in times:
        alert = policy.update(driver.update(look(t_s, **story(t_s)), VehicleState()))
        first_s.setdefault(alert.cause, t_s)
    return first_s


def _again(parts, away_s, back_s):
    """The parts for so long and ahead for so long, again and again after 5 s."""
    return lambda t_s: parts if t_s >= 5.0 and (t_s - 5.0) % (away_s + back_s) < away_s else {}


# Each falls due well inside a look or a closure, so that no single sample decides whether it falls due at all.
SPLIT = {
    "short distraction": (_again({"yaw": 50.0}, 2.6, 1.5), 25.0, {Cause.SHORT_DISTRACTION}),
    "many short looks": (_again({"yaw": 50.0}, 1.5, 1.0), 27.0, {Cause.SHORT_DISTRACTION}),
    "messages in the lap": (_again({"pitch": -40.0}, 1.6, 1.0), 13.0, {Cause.PHONE}),
    "long blinks": (_again({"closed": 0.95}, 0.6, 5.0), 80.0, {Cause.DROWSY}),
    "sleep": (_again({"closed": 0.95}, 7.0, 30.0), 14.0, {Cause.MICROSLEEP, Cause.SLEEP}),
    "no face": (_again({"face": 0.0, "closed": None, "yaw": None}, 30.0, 1.0), 17.0, {Cause.CANNOT_SEE}),
}


@pytest.mark.parametrize("what", SPLIT)
@settings(max_examples=12, deadline=None)
@given(fps=st.sampled_from([10.0, 15.0, 30.0]), places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1))
def test_splitting_frame_intervals_moves_no_first_alert_by_more_than_one(look, what, fps, places):
    """One sample more or many, anywhere between two: what adds up over time comes when it came."""
    story, length_s, causes = SPLIT[what]
    times = [(i + 0.25) / fps for i in range(int(length_s * fps))]
    more = sorted({*times, *(5.0 + place * (length_s - 5.5) for place in places)})
    one, other = _first_s(look, times, story, SETS["house"]), _first_s(look, more, story, SETS["house"])
    assert causes <= one.keys() & other.keys()
    for cause in causes:
        assert abs(one[cause] - other[cause]) <= 1 / fps + 1e-6


LOOKS_AWAY_FOR_GOOD = (_again({"yaw": 50.0}, 20.0, 1.0), 12.0, set())


@pytest.mark.parametrize("story", [*SPLIT.values(), LOOKS_AWAY_FOR_GOOD])
def test_time_before_zero_is_time_as_any_other(look, story):
    """A clock that starts below zero: the same rules hold at the same moments of the story."""
    tell_at, length_s, _ = story
    times = [i / 16 for i in range(int(length_s * 16))]

    def held(start_s):
        driver = DriverMonitor(AlertSettings(), SETS["all"])
        states = [driver.update(look(start_s + t_s, **tell_at(t_s)), VehicleState()) for t_s in times]
        return [[found.why.rule for found in state.findings] for state in states]

    assert held(-1024.0) == held(0.0)


rich_pieces = story_pieces(
    5.0,
    closed=st.sampled_from([0.05, 0.95, None]),
    yaw=st.sampled_from([0.0, 50.0, None]),
    pitch=st.sampled_from([-40.0, -15.0, 30.0]),
    gaze=st.sampled_from([(0.0, 0.0), (0.0, -40.0)]),
    mouth=st.sampled_from([0.05, 0.8, None]),
    face=st.sampled_from([0.0, 0.95]),
    box=st.sampled_from([(200.0, 100.0, 400.0, 350.0), (200.0, 280.0, 400.0, 530.0)]),
    camera=st.booleans(),
    vehicle=st.sampled_from(
        [VehicleState(speed_kmh=kmh, turn_signal=side) for kmh in SPEEDS_KMH for side in TurnSignal]
    ),
)


@few
@given(rich_pieces, st.integers(-(2**20), 2**20))
def test_shifting_all_time_stamps_changes_no_alert_under_all_rules(tell, story, shift_s):
    """Level, cause, episode, prompts, cue and the rule behind it, sample by sample."""
    here, there = (tell(story, fps=64, start_s=start_s, rules=SETS["all"]) for start_s in (0.0, float(shift_s)))
    assert [_shown(alert, shift_s) for alert in here.alerts] == [_shown(alert, 0.0) for alert in there.alerts]


def _shown(alert, shift_s):
    rule = alert.why.rule if alert.level is not Level.NONE else None
    return alert.t_s + shift_s, alert.level, alert.cause, alert.episode_id, alert.prompts, alert.cue, rule
