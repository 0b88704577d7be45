"""Drivers who look away, and how straight ahead is learned."""

from dataclasses import replace

import pytest

from alerts.baseline import BaselineSettings, Mounting
from alerts.driver import DriverMonitor
from alerts.settings import AlertSettings
from alerts.types import Cause, Gear, Level, TurnSignal, VehicleState
from cabinwatch.rules import load_rules
from vision.types import Direction, Reason

MOTORWAY = VehicleState(speed_kmh=110.0, ignition_on=True)
NO_GAZE = Direction(reason=Reason.NOT_MEASURED)
TOLERANCE_S = 0.2
LEARNED = [(65, {"yaw": 22.0, "pitch": -8.0})]  # a camera off to the side, not told about


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0, 60.0])
@pytest.mark.parametrize("drop", [0.0, 0.2])
@pytest.mark.parametrize("away", [{"yaw": 45.0}, {"yaw": -45.0}, {"pitch": -30.0}, {"pitch": 35.0}])
def test_joko_turns_away(tell, fps, drop, away):
    """One look of 4 s aside, down or up: long distraction at 3.0 s, over soon after he looks back."""
    drive = tell([(5, {}), (4, away), (4, {})], fps=fps, drop=drop, seed=6)
    assert drive.causes == [Cause.LONG_DISTRACTION]
    assert 8.0 - 1e-6 <= drive.first(Cause.LONG_DISTRACTION) <= 8.0 + TOLERANCE_S + 2 / fps
    assert drive.last(Cause.LONG_DISTRACTION) <= 9.0 + 1.0
    assert next(alert for alert in drive.alerts if alert.level).level is Level.WARNING


def test_kartika_checks_her_mirrors(tell):
    """Looks of 2.5 s with half a second of road between them are each their own look; three of them are not 10 s."""
    assert tell([(5, {}), *[(2.5, {"yaw": 50.0}), (0.5, {})] * 3, (5, {})]).causes == []


def test_a_head_on_the_limit_does_not_flicker(tell):
    """Away at 31°, then at 27°: still away; back needs 25° and less."""
    assert tell([(5, {}), (0.5, {"yaw": 31.0}), (4, {"yaw": 27.0})]).causes == [Cause.LONG_DISTRACTION]
    assert tell([(5, {}), (4, {"yaw": 27.0})]).causes == []


def test_a_head_hidden_by_its_own_turn_is_away(tell):
    """TURNED_AWAY says where the head is even though it says no angle, with or without a face."""
    over_the_shoulder = {"yaw": None, "reason": Reason.TURNED_AWAY, "closed": None, "face": 0.0}
    assert tell([(5, {}), (4, over_the_shoulder)]).causes == [Cause.LONG_DISTRACTION]


def test_a_lost_head_is_not_away(tell):
    """A look that becomes unknown ends without an alert."""
    assert tell([(5, {}), (2, {"yaw": 50.0}), (2, {"face": 0.0}), (2, {"yaw": 50.0}), (2, {})]).causes == []


def test_distraction_is_shown_from_20_kmh_with_a_margin_downwards(tell):
    """Parking manoeuvres are silence; a shown alert does not flicker around 20 km/h."""
    at = {kmh: VehicleState(speed_kmh=kmh, ignition_on=True) for kmh in (16.0, 18.0, 19.0, 20.0)}
    assert tell([(5, {}), (5, {"yaw": 60.0})], vehicle=at[19.0]).causes == []
    away = {"yaw": 60.0}
    drive = tell([(5, {}), (3.5, {**away, "vehicle": at[20.0]}), (2, {**away, "vehicle": at[18.0]})])
    assert drive.alerts[-1].cause is Cause.LONG_DISTRACTION
    drive = tell([(5, {}), (3.5, {**away, "vehicle": at[20.0]}), (2, {**away, "vehicle": at[16.0]})])
    assert drive.alerts[-1].cause is Cause.NONE


def test_the_mounting_is_taken_out_before_anything_is_learned(tell):
    """A camera on the centre console that points 25° to its right sees straight ahead at 25°."""
    told = AlertSettings(mounting=Mounting(yaw_deg=25.0, pitch_deg=10.0))
    ahead = {"yaw": 25.0, "pitch": 10.0}
    drive = tell([(5, ahead), (4, {"yaw": 0.0, "pitch": -15.0})], settings=told)
    assert drive.states[0].head_yaw_deg == 0.0
    assert drive.states[0].head_pitch_deg == 0.0
    assert drive.causes == [Cause.LONG_DISTRACTION]
    assert tell([(20, ahead)], settings=told).causes == []


def test_the_natural_pose_is_learned_and_frozen(tell):
    """After a minute of driving straight ahead is where this driver looked most; later sagging teaches nothing."""
    drive = tell([*LEARNED, (120, {"yaw": 22.0, "pitch": -20.0}), (1, {"yaw": 22.0, "pitch": -8.0})])
    assert drive.states[30 * 30].baseline_learned == pytest.approx(0.5, abs=0.01)
    assert drive.states[-1].baseline_learned == 1.0
    assert drive.states[-1].head_yaw_deg == pytest.approx(0.0, abs=1.0)
    assert drive.states[-1].head_pitch_deg == pytest.approx(0.0, abs=1.0)


def test_after_learning_away_is_measured_from_the_natural_pose(tell):
    """22° + 20° is near; 22° − 35° is away."""
    assert tell([*LEARNED, (5, {"yaw": 42.0, "pitch": -8.0})]).causes == []
    assert tell([*LEARNED, (5, {"yaw": -13.0, "pitch": -8.0})]).causes == [Cause.LONG_DISTRACTION]


@pytest.mark.parametrize(
    "vehicle",
    [
        VehicleState(ignition_on=True),  # speed unknown: moving for alerts, never for learning
        VehicleState(speed_kmh=46.0, ignition_on=True),
        VehicleState(speed_kmh=90.0, gear=Gear.REVERSE),
        VehicleState(speed_kmh=90.0, turn_signal=TurnSignal.LEFT),
    ],
)
def test_what_never_teaches(tell, vehicle):
    """Unknown or low speed, backwards, turning."""
    assert tell(LEARNED, vehicle=vehicle).states[-1].baseline_learned == 0.0


@pytest.mark.parametrize("parts", [{"closed": 0.9}, {"closed": None}, {"yaw": None}, {"yaw": 70.0}, {"face": 0.2}])
def test_who_never_teaches(tell, parts):
    """Closed or unseen eyes, an unseen head, a head far off."""
    assert tell([(65, parts)]).states[-1].baseline_learned == 0.0


def test_a_restless_minute_is_not_taken_for_natural(tell):
    """A head that is everywhere has no natural pose: learning starts anew."""
    restless = [(5, {"yaw": angle}) for angle in (0.0, 40.0, -40.0, 20.0, -20.0, 30.0, -30.0, 0.0, 40.0, -40.0)] * 2
    drive = tell(restless)
    assert drive.states[-1].baseline_learned < 1.0


def test_learning_needs_frames_close_together(tell):
    """At 2 frames/s the time between two samples teaches nothing."""
    assert tell(LEARNED, fps=2).states[-1].baseline_learned == 0.0


def test_a_trip_ends_with_the_ignition(tell):
    """The next trip learns anew; a stop in PARK does not end a trip."""
    off = {"vehicle": VehicleState(speed_kmh=0.0, ignition_on=False)}
    parked = {"vehicle": VehicleState(speed_kmh=0.0, ignition_on=True, gear=Gear.PARK)}
    assert tell([*LEARNED, (2, parked), (2, {})]).states[-1].baseline_learned == 1.0
    assert tell([*LEARNED, (2, off), (2, {})]).states[-1].baseline_learned < 0.1


def test_a_full_baseline_setting_reaches_the_machine(tell):
    """learn_s is the setting's, not the machine's."""
    short = AlertSettings(baseline=BaselineSettings(learn_s=20.0))
    assert tell([(22, {})], settings=short).states[-1].baseline_learned == 1.0


@pytest.mark.parametrize(("gaze", "sure"), [(Direction(35.0, 0.0, None, 0.7), 0.7), (NO_GAZE, 0.8)])
def test_a_look_is_as_sure_as_what_it_was_read_from(look, gaze, sure):
    """Made's eyes turn aside, and his head with them; where no gaze is told the head speaks for both."""
    driver = DriverMonitor(AlertSettings(), load_rules(["house"]))
    road, aside = Direction(0.0, 0.0, 0.0, 0.8), Direction(50.0, 0.0, 0.0, 0.8)
    for i in range(500):
        away = i > 450
        seen = look(i / 10, gaze=(0.0, 0.0) if gaze.reason is None else None)
        state = driver.update(replace(seen, head=aside if away else road, gaze=gaze if away else seen.gaze), MOTORWAY)
    assert [finding.why.confidence for finding in state.findings] == [sure]
