"""What an hour of driving proves: counts, hours and the exact Poisson interval."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.types import Alert, Cause, DriverState, Level
from cabinwatch.ledger import Ledger, poisson_cdf, poisson_interval

# Garwood's 95 % limits as printed in tables of the Poisson distribution (Ulm 1990; Pearson and Hartley).
PRINTED = {
    0: (0.0, 3.689),
    1: (0.0253, 5.572),
    2: (0.2422, 7.225),
    3: (0.6187, 8.767),
    5: (1.623, 11.668),
    10: (4.795, 18.390),
    20: (12.217, 30.888),
    50: (37.111, 65.919),
    100: (81.364, 121.627),
}


@pytest.mark.parametrize(("count", "limits"), PRINTED.items())
def test_the_interval_is_the_printed_one(count, limits):
    assert poisson_interval(count) == pytest.approx(limits, abs=0.001)


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_each_end_leaves_one_in_forty_outside(count):
    low, high = poisson_interval(count)
    assert poisson_cdf(count, high) == pytest.approx(0.025, abs=1e-9)
    assert (1.0 - poisson_cdf(count - 1, low) if count else 0.025) == pytest.approx(0.025, abs=1e-9)
    assert low <= count <= high


def test_a_wider_confidence_is_a_wider_interval():
    """90 % for no event at all ends at −ln 0.05."""
    assert poisson_interval(0, 0.9) == pytest.approx((0.0, 2.9957), abs=1e-4)


def drive(ledger, seconds, *, alerts=(), standby=None, step_s=0.5, start_s=0.0):
    """`alerts`: (from_s, to_s, episode, level, cause)."""
    t_s = 0.0
    while t_s <= seconds:
        shown = next((a for a in alerts if a[0] <= t_s < a[1]), None)
        alert = Alert(t_s, shown[3], shown[4], shown[2]) if shown else Alert(t_s)
        ledger.add(DriverState(start_s + t_s, standby=standby), alert)
        t_s += step_s


def test_an_episode_counts_once_at_its_highest_level():
    """A drowsy driver: caution, then warning, is one alert; a sleep after it is another and critical."""
    ledger = Ledger()
    drive(
        ledger,
        1800.0,
        alerts=[
            (10.0, 20.0, 1, Level.CAUTION, Cause.DROWSY),
            (20.0, 30.0, 1, Level.WARNING, Cause.DROWSY),
            (30.0, 40.0, 2, Level.CRITICAL, Cause.SLEEP),
            (50.0, 60.0, 3, Level.CAUTION, Cause.DROWSY),
        ],
    )
    drowsy, sleep, all_of_them = ledger.entries()
    assert (drowsy.cause, drowsy.alerts, drowsy.critical) == ("drowsy", 2, 0)
    assert (sleep.cause, sleep.alerts, sleep.critical) == ("sleep", 1, 1)
    assert (all_of_them.cause, all_of_them.alerts, all_of_them.critical) == ("all", 3, 1)
    assert ledger.hours == pytest.approx(0.5)
    assert all_of_them.per_hour == pytest.approx(6.0)
    assert (all_of_them.low_per_hour, all_of_them.high_per_hour) == pytest.approx((2 * 0.6187, 2 * 8.767), abs=0.002)


def test_hours_are_driven_hours():
    """A stop with the ignition off, a hole in the log and time that runs backwards bring none."""
    ledger = Ledger()
    drive(ledger, 100.0, standby="parked")
    assert ledger.driven_s == 0.0
    assert ledger.entries()[-1].per_hour is None
    ledger.new_trip()
    drive(ledger, 100.0)
    drive(ledger, 100.0, start_s=1000.0)
    drive(ledger, 100.0)
    assert ledger.driven_s == pytest.approx(300.0)


def test_two_logs_are_two_trips():
    """Both begin with episode 1: that is two alerts."""
    ledger = Ledger()
    for _ in range(2):
        ledger.new_trip()
        drive(ledger, 100.0, alerts=[(10.0, 20.0, 1, Level.CAUTION, Cause.CANNOT_SEE)])
    assert ledger.entries()[0].alerts == 2
    assert ledger.driven_s == pytest.approx(200.0)
