"""What is said of the driver on CAN: DriverState and Alert become the values of the table's signals.

Knows what the bus may hear. Must not know bits, time or a bus. Nothing of what was read in a face's expression is
said: an alert that rests on one goes as quiet, as it does to the microcontroller's report and to the log.
"""

from __future__ import annotations

from alerts.types import Alert, Cause, DriverState, Level, Zone
from firmware_bridge.can.signals import Values


def alert_values(alert: Alert) -> Values:
    """Values of DRIVER_ALERT."""
    shown = alert.level is not Level.NONE and alert.cause is not Cause.AFFECT
    return {
        "Level": alert.level if shown else 0,
        "Cause": alert.cause if shown else 0,
        "EpisodeId": alert.episode_id if shown else 0,
        "Explanation": alert.why.code if shown and alert.why else 0,
        "Cue": alert.cue if shown else 0,
        "Locked": alert.locked,
        "Lockouts": alert.lockouts,
    }


def state_values(state: DriverState) -> Values:
    """Values of DRIVER_STATE. In standby nothing is judged, so nothing is said but that."""
    judged = state.standby is None
    placed = judged and state.zone is not Zone.UNKNOWN
    perclos = state.perclos.value if judged else None
    return {
        "Drowsiness": state.drowsiness.level if judged else None,
        "Perclos": None if perclos is None else perclos * 100,
        "LookAway": state.head_away_for_s if placed else None,
        "LookAwaySum": state.away_in_window_s if placed else None,
        "EyesOnRoad": _eyes_on_road(state) if judged else None,
        "EyesClosed": state.eyes_closed if judged else None,
        "DriverVisible": state.visible if judged else None,
        "Standby": not judged,
        "GazeZone": state.zone if judged else 0,
        "Lids": state.lids if judged else 0,
    }


def _eyes_on_road(state: DriverState) -> bool | None:
    """No needs either sign; yes needs both: open eyes, and a gaze that was seen to meet the road."""
    if state.eyes_closed or state.zone not in (Zone.ROAD, Zone.UNKNOWN):
        return False
    seen = state.eyes_closed is False and state.zone is Zone.ROAD and state.zone_by == "gaze"
    return True if seen else None
