"""Scenario scripts: what drivers do, and when."""

import dataclasses
import math

import numpy as np
import pytest
import yaml

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.settings import AlertSettings
from alerts.types import Cause, VehicleState
from cabinwatch.rules import load_rules
from simulator.script.library import list_scenarios, load
from simulator.script.places import PLACES
from simulator.script.table import BEHAVIOURS
from simulator.types import Daytime, Gesture, Glasses, SimulatorError, Wearing
from tests.simulator.scripted import EVERY_S, check, first, last, over, played, script
from vision.types import Direction, Eye, Face, FaceObservation, Mouth, Reason, unseen

# --- the library -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list_scenarios())
def test_every_scenario_of_the_library_can_be_played(name):
    """From the first to the last moment, with light and a camera."""
    scenario = load(name)
    assert scenario.name == name
    for moment in (scenario.at(float(t_s)) for t_s in np.linspace(0.0, scenario.duration_s, 150)):
        check(moment)
        assert math.isfinite(scenario.light.at(moment.t_s).ambient)
    assert scenario.setting(320, 240).camera.width == 320


def test_the_library_shows_every_behaviour_and_place():
    """What can be scripted can be seen."""
    entries = [entry for name in list_scenarios() for entry in yaml.safe_load(load(name).text)["timeline"]]
    assert {entry["do"] for entry in entries} == set(BEHAVIOURS)
    for how in ("owl", "lizard"):
        assert {entry["place"] for entry in entries if entry.get("how") == how} == set(PLACES)


def observe(moment):
    """What a perfect observer would see of a moment, in the seat's frame."""
    if moment.covered > 0.5:
        return unseen(moment.t_s, Reason.COVERED)
    eyes = [Eye(1.0 - closure, 0.95 if closure > 0.75 else 0.05, 0.9) for closure in moment.closure]
    hidden = any(hand.does is Gesture.MOUTH for hand in (moment.left_hand, moment.right_hand))
    return FaceObservation(
        moment.t_s,
        frame=0,
        face=Face((200.0, 100.0, 400.0, 350.0), 0.95),
        left=eyes[0],
        right=eyes[1],
        mouth=Mouth(reason=Reason.COVERED) if hidden else Mouth(moment.units.get("jawOpen", 0.0), 0.9),
        head=Direction(*moment.head_deg, 0.9),
    )


def test_the_demo_shows_what_it_is_to_show():
    """Seen perfectly: a warning for each microsleep, then PERCLOS, then that the covered camera cannot see."""
    scenario, rules = load("demo"), AlertSettings()
    driver, policy = DriverMonitor(rules, load_rules(["house"])), Policy(rules.policy)
    shown = []
    for moment in played(scenario, 30.0):
        state = driver.update(observe(moment), VehicleState(speed_kmh=100.0, ignition_on=True))
        alert = policy.update(state)
        if alert.cause is not Cause.NONE and (alert.episode_id, alert.cause) not in shown:
            shown.append((alert.episode_id, alert.cause))
    causes = [cause for _, cause in shown]
    assert causes == [Cause.MICROSLEEP, Cause.MICROSLEEP, Cause.DROWSY, Cause.CANNOT_SEE]
    assert 75.0 <= scenario.duration_s <= 120.0
    covered = [event for event in scenario.events if event.behaviour == "camera_covered"]
    assert scenario.duration_s - covered[0].start_s >= 11.0


# --- time and chance -------------------------------------------------------------------------------------------


def test_the_frame_rate_changes_nothing():
    """A moment is the same whoever asks, whenever, at whatever rate."""
    one, other = load("demo"), load("demo")
    at_30 = {moment.t_s: moment for moment in played(one, 30.0) if moment.t_s % 10 < 0.3}
    for moment in reversed(played(other, 10.0)):
        assert at_30.get(moment.t_s, moment) == moment
    assert one.events == other.events


def test_another_seed_is_another_drive():
    """Other blinks and words, the same timeline; and another driver where the file names none."""
    first_drive, second = load("talking", seed=1), load("talking", seed=2)
    assert [moment.units for moment in played(first_drive, 5.0)] != [moment.units for moment in played(second, 5.0)]
    scripted = [[event for event in drive.events if event.place >= 0] for drive in (first_drive, second)]
    assert [event.start_s for event in scripted[0]] == [event.start_s for event in scripted[1]]
    assert (first_drive.driver_seed, second.driver_seed) == (1, 2)
    assert load("demo", seed=3).driver_seed == load("demo").driver_seed


def test_adding_an_entry_changes_no_other():
    """Its random numbers hang on its own name and time."""
    speech = {"at_s": 20, "do": "talk", "for_s": 8}
    alone, beside = script(speech), script({"at_s": 3, "do": "yawn"}, speech)
    assert over(alone, 15.0) == over(beside, 15.0)


@pytest.mark.parametrize("t_s", [-0.1, 40.1, math.nan])
def test_outside_its_time_a_scenario_says_nothing(t_s):
    """And says so in one line."""
    with pytest.raises(SimulatorError, match="ask for a time from 0 to 40 s"):
        script().at(t_s)


# --- lids ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("do", "for_s"), [("microsleep", 1.7), ("sleep", 5.0), ("long_blink", 0.5)])
def test_lids_are_shut_for_as_long_as_it_says(do, for_s):
    """Give or take the last hundredth of their way."""
    moments = over(script({"at_s": 5, "do": do, "for_s": for_s}), 5.0, 12.0, every_s=0.005)
    shut = [moment for moment in moments if min(moment.closure) > 0.999]
    assert shut[-1].t_s - shut[0].t_s == pytest.approx(for_s, abs=0.06)
    assert {moment.behaviour for moment in shut} == {do}


def test_spontaneous_blinks_look_like_blinks():
    """So often, so long, down faster than up, both lids nearly at once."""
    scenario = script(ambient={"blinks_per_min": 16}, duration_s=600.0)
    blinks = [event for event in scenario.events if event.behaviour == "blink"]
    assert 13 <= len(blinks) / 10 <= 19
    lengths_s = [event.end_s - event.start_s for event in blinks]
    assert 0.2 < np.median(lengths_s) < 0.35
    gaps_s = np.diff([event.start_s for event in blinks])
    assert 0.4 < np.std(gaps_s) / np.mean(gaps_s) < 1.0
    for event in blinks[:5]:
        moments = over(scenario, event.start_s - 0.01, event.end_s + 0.01, every_s=0.001)
        left, right = np.array([moment.closure for moment in moments]).T
        peak = int(np.argmax(left))
        risen, fallen = int(np.argmax(left > left[peak] / 2)), len(left) - int(np.argmax(left[::-1] > left[peak] / 2))
        assert peak - risen < fallen - peak
        assert abs(int(np.argmax(right > 0.3)) - int(np.argmax(left > 0.3))) < 20  # ms


def test_a_drowsy_driver_blinks_more_slowly():
    """As much as the script says."""
    blinks = ({"blinks_per_min": 20}, {"at_s": 0, "do": "drowsy_blinking", "for_s": 600, "over_s": 0.1, "slower": 2.5})
    awake, drowsy = (
        np.median([event.end_s - event.start_s for event in scenario.events if event.behaviour == "blink"])
        for scenario in (
            script(ambient=blinks[0], duration_s=600.0),
            script(blinks[1], ambient=blinks[0], duration_s=600.0),
        )
    )
    assert drowsy / awake == pytest.approx(2.5, rel=0.15)


def test_no_blink_comes_into_a_microsleep():
    """Nor into anything else that holds the lids."""
    scenario = load("microsleep", seed=5)
    held = [event for event in scenario.events if "lids" in event.holds]
    blinks = [event for event in scenario.events if event.behaviour == "blink"]
    assert not any(event.start_s < shut.end_s and shut.start_s < event.end_s for event in blinks for shut in held)


def test_drooping_lids_come_up_again_and_again():
    """And never quite close."""
    moments = over(script({"at_s": 2, "do": "droop", "over_s": 4, "for_s": 25, "to": 0.6}), 8.0, 30.0)
    low = np.array([moment.closure[0] for moment in moments])
    assert low.max() == pytest.approx(0.6)
    assert 3 <= np.sum((low[1:] < 0.55) & (low[:-1] >= 0.55)) <= 10


def test_a_nod_sinks_slowly_and_jerks_up():
    """Past the level it came from."""
    moments = over(script({"at_s": 5, "do": "nod", "sink_s": 2.0, "down_deg": 20, "jerk_s": 0.3}), 5.0, 10.0)
    pitch = np.array([moment.head_deg[1] for moment in moments])
    speed = np.gradient(pitch, EVERY_S)
    assert pitch.min() == pytest.approx(-20.0, abs=0.5)
    assert pitch.max() > 1.0
    assert speed.max() > 3.0 * -speed.min()


# --- glances ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", ["owl", "lizard", "lean"])
def test_a_glance_arrives_where_it_is_to(place, how):
    """Eyes first, head after them; a lizard's head moves only where its eyes do not reach."""
    moments = over(script({"at_s": 2, "do": "glance", "place": place, "how": how, "for_s": 2.0}), 2.0, 7.0)
    there = next(moment for moment in moments if moment.t_s >= 3.5)
    assert there.gaze_deg == pytest.approx(PLACES[place], abs=0.5)
    check(there)
    angle = math.hypot(*PLACES[place])
    assert math.hypot(*there.head_deg[:2]) > (0.45 * angle if how != "lizard" else 0.0)
    if how == "lizard" and angle < 38:
        assert math.hypot(*there.head_deg[:2]) < 3.0
    left = first(moments, lambda moment: math.hypot(*moment.gaze_deg) > 5.0)
    assert left < first(moments, lambda moment: math.hypot(*moment.head_deg[:2]) > 0.3)
    assert (abs(there.lean_mm[0]) + abs(there.lean_mm[1]) > 30.0) == (how == "lean")
    assert moments[-1].head_deg == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)


def test_the_gaze_stays_while_the_head_moves():
    """A singer nods to the beat and keeps the eyes on the road."""
    moments = over(script({"at_s": 2, "do": "sing"}), 3.0, 12.0)
    assert np.ptp([moment.head_deg[1] for moment in moments]) > 2.0
    assert np.ptp([moment.gaze_deg[1] for moment in moments]) == 0.0


def test_a_car_with_the_wheel_on_the_right_is_the_mirror_image():
    """The inner mirror is on the other side; the driver's own left stays left."""
    entries = ({"at_s": 2, "do": "mirror_check", "which": "inner"}, {"at_s": 8, "do": "mirror_check", "which": "left"})
    left, right = (script(*entries, camera={"wheel_left": wheel_left}) for wheel_left in (True, False))
    assert right.at(2.6).gaze_deg[0] == pytest.approx(-left.at(2.6).gaze_deg[0])
    assert left.at(8.7).gaze_deg[0] == pytest.approx(48.0)
    assert right.at(8.7).gaze_deg[0] == pytest.approx(62.0)  # there it is the passenger's


# --- mouth, hands, things --------------------------------------------------------------------------------------


@pytest.mark.parametrize("hand", ["left", "right"])
def test_the_hand_is_before_a_yawn_and_leaves_after_it(hand):
    """So that the open mouth is never seen."""
    moments = over(script({"at_s": 5, "do": "yawn", "hand": hand, "wide": 1.0}), 4.0, 16.0)

    def there(moment):
        chosen = moment.left_hand if hand == "left" else moment.right_hand
        return chosen.does is Gesture.MOUTH and chosen.arrived > 0.95

    def wide(moment):
        return moment.units.get("jawOpen", 0.0) > 0.3

    assert first(moments, there) + 0.5 < first(moments, wide)
    assert last(moments, there) > last(moments, wide) + 0.2
    assert last(moments, wide) - first(moments, wide) > 2.0


def test_speech_opens_and_shuts_the_mouth_by_the_syllable():
    """Three to six times a second, with pauses, and never as wide as a yawn."""
    moments = over(script({"at_s": 5, "do": "talk", "for_s": 20, "per_s": 4.5}), 5.0, 25.0)
    jaw = np.array([moment.units.get("jawOpen", 0.0) for moment in moments])
    peaks = np.sum((jaw[1:-1] > jaw[:-2]) & (jaw[1:-1] >= jaw[2:]) & (jaw[1:-1] > 0.08))
    assert 2.5 < peaks / 20 < 5.5
    assert jaw.max() < 0.5
    assert np.mean(jaw < 0.01) > 0.05


def test_a_sneeze_forces_the_eyes_shut():
    """After the head has gone back, while it is thrown forward."""
    moments = over(script({"at_s": 5, "do": "sneeze"}), 5.0, 9.0)
    shut = [moment for moment in moments if min(moment.closure) > 0.99]
    assert 0.4 < shut[-1].t_s - shut[0].t_s < 0.7
    assert max(moment.head_deg[1] for moment in moments if moment.t_s < shut[0].t_s) > 4.0
    assert min(moment.head_deg[1] for moment in shut) < -15.0


def test_what_is_put_on_stays_on():
    """Until something else is; what an entry does not name is left alone."""
    scenario = script(
        {"at_s": 5, "do": "wear", "glasses": "sun_nir"},
        {"at_s": 15, "do": "wear", "mask": True, "side": "left"},
        {"at_s": 25, "do": "wear", "glasses": "none"},
    )
    cap = Wearing(cap=True)
    assert scenario.at(4.9, cap) == dataclasses.replace(scenario.at(4.9), wearing=cap)
    assert scenario.at(8.0, cap).wearing == Wearing(Glasses.SUN_NIR, mask=False, cap=True)
    assert scenario.at(20.0, cap).wearing == Wearing(Glasses.SUN_NIR, mask=True, cap=True)
    assert scenario.at(30.0, cap).wearing == Wearing(Glasses.NONE, mask=True, cap=True)


def test_the_label_is_the_most_telling_of_what_goes_on():
    """In the order of the table."""
    scenario = script(
        {"at_s": 2, "do": "drowsy_blinking", "for_s": 30},
        {"at_s": 4, "do": "droop", "for_s": 20},
        {"at_s": 10, "do": "microsleep", "for_s": 2},
        {"at_s": 11, "do": "camera_covered", "for_s": 0.5},
    )
    labels = [scenario.behaviour(t_s) for t_s in (1.0, 3.0, 6.0, 10.5, 11.5, 12.2)]
    assert labels == ["driving", "drowsy_blinking", "droop", "microsleep", "camera_covered", "microsleep"]


# --- light -----------------------------------------------------------------------------------------------------


def test_a_tunnel_is_dark_and_ends():
    """What is left out of a change is typical of its hour; what has no hour stays."""
    changes = [{"at_s": 10, "over_s": 1, "daytime": "tunnel"}, {"at_s": 20, "over_s": 1, "sun": 3.0}]
    scenario = script(light={"daytime": "day", "sun": 2.0, "changes": changes})
    before, inside, after = (scenario.light.levels(t_s) for t_s in (5.0, 15.0, 25.0))
    assert (before.sun, inside.sun, after.sun) == (2.0, 0.0, 3.0)
    assert inside.ambient < 0.2 < before.ambient
    assert after.ambient == inside.ambient
    assert scenario.setting().daytime is Daytime.DAY
