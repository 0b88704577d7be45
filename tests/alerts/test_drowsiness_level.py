"""The drowsiness level: each part readable, more of a sign never lower, and what it says of a drive."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.driver import DriverMonitor
from alerts.kss import CURVES, DrowsinessSettings, Signs, level, points
from alerts.policy import Policy
from alerts.rules import Rule, RuleSet
from alerts.settings import AlertSettings
from alerts.standby import StandbySettings, TimeOnTask
from alerts.types import Cause, Gear, Level, Metric, VehicleState
from cabinwatch.rules import load_rules

MOTORWAY = VehicleState(speed_kmh=110.0, ignition_on=True)

FRESH = {
    "perclos": (Metric(0.0), Metric(reason="early"), Metric(reason="early")),
    "blink_ratio": Metric(1.0),
    "long_closures": 0,
    "microsleeps": 0,
    "yawns": 0.0,
    "nods": 0,
    "driven_min": 0,
    "local_hour": 10.0,
    "lane_sd_m": 0.2,
    "steering": 0,
}


def estimate(**signs):
    return level(Signs(**(FRESH | signs)), DrowsinessSettings())


def minute(share):
    return {"perclos": (Metric(share), Metric(reason="early"), Metric(reason="early"))}


def test_a_driver_who_shows_nothing_is_a_three():
    """And the interval is as wide as people differ."""
    fresh = estimate()
    assert (fresh.level, fresh.low, fresh.high) == (3.0, 2.0, 4.0)


@pytest.mark.parametrize(("share", "is_level"), [(0.075, 4.5), (0.12, 7.0), (0.15, 8.0), (0.5, 9.0)])
def test_perclos_alone_meets_the_published_limits(share, is_level):
    """Under 7.5 % awake, the full warning at 12 % a 7, over 15 % drowsy."""
    assert estimate(**minute(share)).level == pytest.approx(is_level)


def test_the_level_is_the_base_and_the_sum_of_its_parts():
    tired = estimate(**minute(0.08), yawns=3.0, nods=1, local_hour=3.5, driven_min=150, blink_ratio=Metric(1.3))
    assert tired.level == pytest.approx(3.0 + sum(part.points for part in tired.contributions))
    parts = {part.name: part for part in tired.contributions}
    assert set(parts) == {*CURVES, "local_hour"}
    assert (parts["local_hour"].value, parts["local_hour"].points) == (3.5, 1.0)
    assert parts["driven_h"].value == 2.5


def test_the_worst_window_counts():
    shares = (Metric(0.02), Metric(0.12), Metric(0.05))
    assert estimate(perclos=shares).level == 7.0


def test_what_is_not_known_adds_nothing_and_widens_upwards():
    blind = estimate(blink_ratio=Metric(reason="learning 40 %"), lane_sd_m=None, steering=None, local_hour=None)
    assert (blind.level, blind.low, blind.high) == (3.0, 2.0, 5.0)


def test_without_perclos_there_is_no_level():
    """Everything else corroborates."""
    nothing = Metric(reason="eyes judged for 3 of the last 60 s")
    lost = estimate(perclos=(nothing, nothing, nothing), nods=5, yawns=9.0)
    assert (lost.level, lost.reason) == (None, "eyes judged for 3 of the last 60 s")


def test_yawns_nods_and_hours_alone_never_reach_a_warning():
    """At five in the morning, after five hours, with six yawns, eyes wide open: told at most as a caution."""
    weary = estimate(yawns=20.0, driven_min=600, local_hour=5.0, nods=0)
    assert weary.level < 7.0


@pytest.mark.parametrize("name", CURVES)
def test_no_curve_falls(name):
    curve = CURVES[name]
    for (before, lower), (after, higher) in itertools.pairwise(curve):
        assert before < after
        assert lower <= higher
    assert points(curve, curve[0][0] - 1.0) == curve[0][1]
    assert points(curve, curve[-1][0] + 1.0) == curve[-1][1]


signs = st.fixed_dictionaries(
    {
        "perclos": st.tuples(*[st.builds(Metric, st.floats(0.0, 0.5)) for _ in range(3)]),
        "blink_ratio": st.builds(Metric, st.floats(0.5, 3.0)),
        "long_closures": st.integers(0, 30),
        "microsleeps": st.integers(0, 10),
        "yawns": st.floats(0.0, 20.0),
        "nods": st.integers(0, 20),
        "driven_min": st.integers(0, 900),
        "local_hour": st.floats(0.0, 24.0),
        "lane_sd_m": st.floats(0.0, 1.0),
        "steering": st.integers(0, 30),
    }
)


@given(signs, st.sampled_from([*FRESH]), st.floats(0.0, 5.0))
def test_more_of_a_sign_never_lowers_the_level(given_signs, name, more):
    """Of any sign but the hour, which goes round."""
    if name == "local_hour":
        return
    value = given_signs[name]
    if name == "perclos":
        worse = tuple(Metric(share.value + more) for share in value)
    else:
        worse = Metric(value.value + more) if isinstance(value, Metric) else value + type(value)(more)
    assert estimate(**(given_signs | {name: worse})).level >= estimate(**given_signs).level


@given(signs)
def test_the_level_lies_on_the_scale_and_in_its_interval(given_signs):
    one = estimate(**given_signs)
    assert 1.0 <= one.low <= one.level <= one.high <= 9.0


def closures(share, minutes=2.0):
    """Closures of half a second that make up a share of the time."""
    period_s = 0.5 / share
    return [(period_s - 0.5, {}), (0.5, {"closed": 0.9})] * int(minutes * 60 / period_s)


def test_a_drowsy_drive_tells_its_level_with_every_part(tell):
    """Half-second closures for 9 % of the time: PERCLOS and the long closures make a 7, a caution."""
    state = tell(closures(0.09)).states[-1]
    parts = {part.name: part.points for part in state.drowsiness.contributions}
    assert parts["perclos"] == pytest.approx(2.33, abs=0.15)
    assert parts["long_closures"] == 2.0
    assert 7.0 <= state.drowsiness.level < 8.0
    assert {found.why.rule for found in state.findings} == {"house/sleepy", "house/perclos_advisory"}


@pytest.mark.parametrize(
    ("measure", "limit", "window_s"),
    [("perclos_60", 0.05, 60.0), ("perclos_180", 0.05, 180.0), ("perclos_300", 0.05, 300.0), ("kss", 5.0, 300.0)],
)
def test_a_share_says_over_which_time_it_was_taken(tell, measure, limit, window_s):
    """From when to when, for the person who argues with it."""
    rule = Rule(id="one", measure=measure, limit=limit, level="caution", cause="drowsy", clause="test", mark="ours")
    rules = [RuleSet(name="test", title="t", source="s", rules=(rule,))]
    drive = tell(closures(0.1, minutes=5.0), fps=10, rules=rules)
    why = drive.alerts[-1].why
    assert (why.rule, why.until_s - why.since_s) == ("test/one", pytest.approx(window_s))


def test_ddaw_warns_from_70_kmh_and_the_house_from_50(tell):
    """One measure, two rules, two speeds."""
    sets = load_rules(["eu-ddaw"])
    for kmh, level_at_end in (69.0, Level.NONE), (70.0, Level.WARNING):
        vehicle = VehicleState(speed_kmh=kmh, ignition_on=True)
        drive = tell(closures(0.13), vehicle=vehicle, rules=sets, fps=15)
        assert drive.alerts[-1].level is level_at_end
    at_60 = VehicleState(speed_kmh=60.0, ignition_on=True)
    assert Cause.DROWSY in tell(closures(0.13), vehicle=at_60, fps=15).causes


def test_microsleeps_raise_the_level_for_five_minutes(tell):
    """Three of them, a minute apart, with nothing else, are a 7.4 and stay in it."""
    drive = tell([(60, {}), (1.2, {"closed": 0.95})] * 3 + [(30, {}), (290, {})], fps=15)
    assert (drive.states[210 * 15].microsleeps, drive.states[210 * 15].long_closures) == (3, 3)
    assert drive.states[210 * 15].drowsiness.level >= 7.0
    assert drive.states[-1].microsleeps == 0
    assert drive.states[-1].drowsiness.level < 5.0


def test_the_steering_and_the_lane_are_asked_where_the_vehicle_tells_them(tell):
    """A wheel held still for 3 s and jerked, six times over."""

    pieces = []
    for _ in range(6):
        still = VehicleState(speed_kmh=110.0, ignition_on=True, steering_deg=0.2, lane_sd_m=0.4, local_hour=3.0)
        jerk = VehicleState(speed_kmh=110.0, ignition_on=True, steering_deg=6.5, lane_sd_m=0.4, local_hour=3.0)
        pieces += [(4.0, {"vehicle": still}), (0.4, {"vehicle": jerk}), (1.0, {"vehicle": still})]
    parts = {part.name: part for part in tell([*pieces, (30, {"vehicle": still})]).states[-1].drowsiness.contributions}
    assert parts["steering"].value == 6
    assert parts["lane_sd_m"].points == pytest.approx(0.9)
    assert parts["local_hour"].points == 1.0
    silent = {part.name: part.value for part in tell([(60, {})]).states[-1].drowsiness.contributions}
    assert (silent["steering"], silent["lane_sd_m"], silent["local_hour"]) == (None, None, None)


def test_two_hours_on_end_suggest_a_rest(look):
    """Once, for half a minute; a rest of 15 minutes begins anew. At 4 frames/s, without PERCLOS."""
    settings = AlertSettings()
    driver, policy, alerts = DriverMonitor(settings, load_rules(["house"])), Policy(settings.policy), []
    parked = VehicleState(speed_kmh=0.0, gear=Gear.PARK, ignition_on=True)
    for t_s in (i / 4 for i in range(9300 * 4)):
        state = driver.update(look(t_s), parked if 7500 <= t_s < 8450 else MOTORWAY)
        alert = policy.update(state)
        if alert.cause is Cause.DROWSY:
            alerts.append(alert)
    assert (alerts[0].why.rule, alerts[0].level) == ("house/rest", Level.INFORMATION)
    assert alerts[0].t_s == pytest.approx(7200, abs=2)
    assert alerts[-1].t_s == pytest.approx(7230, abs=2)
    assert state.driving_s == pytest.approx(849, abs=2)


def test_a_short_stop_is_no_rest():
    """Made drives for an hour and waits in a queue for 14 minutes; it takes 15 of standing to begin anew."""
    task, t_s = TimeOnTask(StandbySettings()), 0.0
    driven_s = []
    for seconds, driving in (3600, True), (840, False), (60, True), (901, False), (60, True):
        for _ in range(seconds):
            task.update(t_s, driving=driving)
            t_s += 1.0
        driven_s.append(task.driven_s)
    assert driven_s == pytest.approx([3600, 3600, 3660, 0, 60], abs=1)
