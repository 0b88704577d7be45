"""Too slow or too hot, the service judges fewer frames, by named steps, and says less where it sees less."""

import pytest

from alerts.driver import DriverMonitor
from alerts.settings import AlertSettings
from alerts.types import VehicleState
from cabinwatch.rules import load_rules
from cabinwatch.shedding import DOWN_S, UP_S, Load, Shedding, SheddingSettings, Step, celsius

IDLE = Load(busy=0.2, late=0.0, celsius=60.0)
BUSY = Load(busy=0.95, late=0.0, celsius=60.0)


def drive(shedding, load, for_s, from_s=0.0):
    """One look at the load a second; gives the steps taken with their times."""
    return [(second, shedding.step) for second in range(int(for_s) + 1) if shedding.update(from_s + second, load)]


def test_a_machine_that_is_too_slow_goes_down_step_by_step():
    """To the last step and no further, and says why."""
    shedding = Shedding(SheddingSettings())
    steps = drive(shedding, BUSY, 30)
    assert [step for _, step in steps] == [Step.HALF, Step.THIRD, Step.LEAST]
    assert steps[0][0] == DOWN_S
    assert shedding.why == "busy: 95% of the time"


@pytest.mark.parametrize(
    ("load", "why"),
    [
        (Load(0.2, 0.0, 95.0), "hot: 95 °C"),
        (Load(0.2, 0.05, None), "late: 5% of the frames"),
    ],
)
def test_heat_and_old_frames_are_reasons_too(load, why):
    shedding = Shedding(SheddingSettings())
    drive(shedding, load, DOWN_S)
    assert (shedding.step, shedding.why) == (Step.HALF, why)


def test_a_burst_of_other_work_is_no_reason():
    shedding = Shedding(SheddingSettings())
    for second in range(60):
        assert not shedding.update(second, BUSY if second % 3 == 0 else IDLE)
    assert shedding.step is Step.FULL


def test_it_comes_back_slowly_and_only_where_it_will_stay():
    """60 % busy at half the rate would be 120 % at the full one: it stays; 30 % would be 60 %: it comes back."""
    shedding = Shedding(SheddingSettings())
    drive(shedding, BUSY, DOWN_S)
    assert drive(shedding, Load(0.6, 0.0, None), 5 * UP_S, from_s=100) == []
    assert drive(shedding, Load(0.3, 0.0, None), 5 * UP_S, from_s=300) == [(UP_S, Step.FULL)]
    assert shedding.why == ""


def test_between_hot_and_cool_nothing_moves():
    """At 88 °C with a limit of 90 it neither goes down nor comes back."""
    shedding = Shedding(SheddingSettings())
    warm = Load(0.1, 0.0, 88.0)
    assert drive(shedding, warm, 60) == []
    drive(shedding, Load(0.1, 0.0, 91.0), DOWN_S, from_s=100)
    assert drive(shedding, warm, 60, from_s=200) == []
    assert drive(shedding, Load(0.1, 0.0, 84.0), UP_S, from_s=300) == [(UP_S, Step.FULL)]


def test_the_thermometer(tmp_path):
    """Millidegrees; a machine without one has no temperature, and that is no reason for anything."""
    zone = tmp_path / "temp"
    assert celsius(str(zone)) is None
    zone.write_text("67500\n")
    assert celsius(str(zone)) == 67.5
    zone.write_text("asleep")
    assert celsius(str(zone)) is None
    assert celsius(None) is None


@pytest.mark.parametrize(
    ("step", "perclos", "blinks"),
    [(Step.FULL, True, True), (Step.HALF, True, True), (Step.THIRD, True, False), (Step.LEAST, False, False)],
)
def test_what_needs_more_frames_withdraws_at_each_step(a_face, step, perclos, blinks):
    """Of a camera with 30 frames a second. Withdrawn means no value and a reason, not a wrong value."""
    monitor = DriverMonitor(AlertSettings(), load_rules(("house",)))
    for count in range(0, 30 * 90, step.every):
        t_s = count / 30
        closed = count % 120 < 6  # a blink of 0.2 s every 4 s
        state = monitor.update(a_face(t_s, closed=closed, frame=count), VehicleState(speed_kmh=90.0))
    for metric, known in ((state.perclos, perclos), (state.blink_rate_hz, blinks)):
        assert (metric.value is not None) == known, metric
        if not known:
            assert "frames/s" in metric.reason
