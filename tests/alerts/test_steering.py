"""Late corrections at the wheel, and what is none."""

import pytest

from alerts.steering import Steering, SteeringSettings


def steered(*pieces, kmh=100.0, fps=20):
    """Pieces of (seconds, angle); an angle may be a function of the seconds into its piece. Returns the count."""
    wheel, t_s = Steering(SteeringSettings()), 0.0
    for seconds, angle in pieces:
        for i in range(round(seconds * fps)):
            wheel.update(t_s, angle(i / fps) if callable(angle) else angle, kmh)
            t_s += 1 / fps
    return wheel.count


def test_a_still_wheel_and_a_jerk_is_a_late_correction():
    assert steered((3.0, 0.3), (0.3, 6.0)) == 1
    assert steered((3.0, 0.3), (0.3, -6.0)) == 1
    assert steered((3.0, 0.0), (0.3, 5.0)) == 1  # just enough
    assert steered(*[(3.0, 0.3), (0.3, 6.0)] * 4) == 4  # the way back is none: it was not still for long


@pytest.mark.parametrize(
    "pieces",
    [
        [(2.0, 0.3), (0.3, 6.0)],  # not still for long
        [(3.0, 0.3), (2.0, lambda s: 0.3 + 3.0 * s)],  # a bend
        [(3.0, 0.3), (1.0, 3.0)],  # too small
        [(60.0, lambda s: 1.5 * (-1) ** int(s))],  # small corrections all the time, as awake drivers make them
    ],
)
def test_what_is_none(pieces):
    assert steered(*pieces) == 0


def test_what_the_vehicle_does_not_tell_is_unknown():
    """No angle, no speed, a slow one: None, and stillness begins anew."""
    assert steered((3.0, None)) is None
    assert steered((3.0, 0.3), (0.3, 6.0), kmh=None) is None
    assert steered((3.0, 0.3), (0.3, 6.0), kmh=59.0) is None
    assert steered((2.0, 0.3), (0.5, None), (1.0, 0.3), (0.3, 6.0)) == 0


def test_a_silent_bus_begins_anew_and_old_corrections_are_forgotten():
    wheel = Steering(SteeringSettings())
    for t_s, angle in (0.0, 0.0), (1.5, 0.0), (3.0, 0.0), (3.2, 6.0):
        wheel.update(t_s, angle, 100.0)
    assert wheel.count == 0
    for i in range(60):
        wheel.update(4.0 + i / 20, 6.0, 100.0)
    wheel.update(7.0, 0.0, 100.0)
    assert wheel.count == 1
    for i in range(320):
        wheel.update(8.0 + i * 0.95, 0.0, 100.0)
    assert wheel.count == 0
