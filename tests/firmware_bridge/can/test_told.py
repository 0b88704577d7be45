"""What the bus hears of the driver, and what it never hears."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.types import AffectState, Alert, Cause, DriverState, Drowsiness, Level, Lids, Metric, Zone
from firmware_bridge.can.signals import DRIVER_ALERT, DRIVER_STATE
from firmware_bridge.can.told import alert_values, state_values


@pytest.fixture
def heard(ours):
    """What a vehicle's engineer reads, in words."""

    def read(message, values):
        decoded = ours.get_message_by_name(message.name).decode(message.pack(values))
        return {name: value if isinstance(value, int | float) else str(value) for name, value in decoded.items()}

    return read


def test_an_alert_is_told_with_its_reason(heard, microsleep):
    _, alert = microsleep(10.0)
    told = heard(DRIVER_ALERT, alert_values(alert))
    assert (told["Level"], told["Cause"], told["EpisodeId"]) == ("warning", "microsleep", 3)
    assert (told["Explanation"], told["Cue"], told["Locked"], told["Lockouts"]) == (7, "alarm", "no", 2)


def test_all_quiet_is_told_too(heard):
    told = heard(DRIVER_ALERT, alert_values(Alert(10.0, episode_id=3)))
    assert (told["Level"], told["Cause"], told["EpisodeId"], told["Cue"]) == ("none", "none", 0, "none")


def test_an_alert_that_rests_on_an_expression_goes_as_quiet(microsleep):
    """Bit for bit."""
    _, alert = microsleep(10.0, Level.INFORMATION, Cause.AFFECT)
    quiet = Alert(10.0, lockouts=alert.lockouts)
    assert DRIVER_ALERT.pack(alert_values(alert)) == DRIVER_ALERT.pack(alert_values(quiet))


def test_what_a_face_expresses_changes_no_bit():
    state = DriverState(10.0, visible=True)
    tense = replace(state, affect=AffectState(None, "anger", 0.9, -0.8, 0.9, 0.1, 60.0))
    assert state_values(state) == state_values(tense)


def test_what_is_not_known_is_said_so(heard):
    """Nothing is judged yet: nothing reads as fine."""
    told = heard(DRIVER_STATE, state_values(DriverState(10.0)))
    unknown = {name for name, value in told.items() if value in ("not available", "unknown")}
    assert unknown == {
        "Drowsiness", "Perclos", "LookAway", "LookAwaySum", "EyesOnRoad", "EyesClosed", "GazeZone", "Lids",
    }  # fmt: skip
    assert told["DriverVisible"] == "no"


def test_standby_says_only_that(heard):
    state = DriverState(10.0, True, eyes_closed=False, lids=Lids.OPEN, zone=Zone.ROAD, standby="parked")
    told = heard(DRIVER_STATE, state_values(state))
    assert told.pop("Standby") == "yes"
    assert {value for name, value in told.items() if name not in ("Crc", "Counter", "DataIdNibble")} == {
        "not available",
        "unknown",
    }


def test_the_figures_keep_their_units(heard):
    state = DriverState(
        10.0, True, drowsiness=Drowsiness(7.25), perclos=Metric(0.123), zone=Zone.LAP, head_away_for_s=2.04,
        away_in_window_s=12.3,
    )  # fmt: skip
    told = heard(DRIVER_STATE, state_values(state))
    assert told["Drowsiness"] == pytest.approx(7.25, abs=0.051)
    assert told["Perclos"] == pytest.approx(12.3, abs=0.251)
    assert told["LookAway"] == pytest.approx(2.04, abs=0.051)
    assert told["LookAwaySum"] == pytest.approx(12.3, abs=0.063)


@pytest.mark.parametrize(
    ("closed", "zone", "by", "expected"),
    [
        (False, Zone.ROAD, "gaze", "yes"),
        (False, Zone.ROAD, "head", "not available"),  # sunglasses: where the eyes look nobody knows
        (None, Zone.ROAD, "gaze", "not available"),
        (None, Zone.UNKNOWN, None, "not available"),
        (True, Zone.ROAD, "gaze", "no"),
        (True, Zone.UNKNOWN, None, "no"),
        (False, Zone.MIRROR, "gaze", "no"),
        (None, Zone.LAP, "head", "no"),  # a head turned away takes the eyes with it
    ],
)
def test_eyes_on_the_road_needs_proof(heard, closed, zone, by, expected):
    """No eyes seen is never yes."""
    state = DriverState(10.0, True, eyes_closed=closed, zone=zone, zone_by=by)
    assert heard(DRIVER_STATE, state_values(state))["EyesOnRoad"] == expected
