"""Light over time: smooth, the same whenever asked, and as each hour has it."""

import numpy as np
import pytest

from simulator.cabin import light, setting
from simulator.cabin.light import Change, Levels, LightSchedule, Passing
from simulator.types import Daytime, SimulatorError


def test_light_is_smooth_and_the_same_whenever_asked():
    """Frame to frame nothing jumps but what passes; the order of asking does not matter."""
    drawn = setting.sample(11, daytime=Daytime.DAY)
    schedule = light.sample(drawn, 11)
    times = np.arange(0.0, 8.0, 1 / 60)
    values = np.array([[schedule.at(t).ambient, schedule.at(t).sky, schedule.at(t).sun] for t in times])
    assert (np.abs(np.diff(values, axis=0)) < 0.03 * values.max(0) + 1e-9).all()
    assert schedule.at(3.0) == light.sample(drawn, 11).at(3.0)


def test_a_tunnel_swallows_the_day():
    """After the mouth sun and sky are gone and lamps pass; before, nothing is changed."""
    day, tunnel = Levels(ambient=1.0, sky=5.0, sun=3.0), Levels(ambient=0.06, sky=0.1, overhead=0.4)
    schedule = LightSchedule(start=day, changes=(Change(20.0, tunnel, over_s=2.0),), flutter=0.0)
    assert schedule.levels(19.9) == day
    assert schedule.levels(22.0) == tunnel
    beams = [schedule.at(t).sun for t in np.arange(23.0, 31.0, 0.1)]
    assert max(beams) > 0.2 > 0.05 > min(beams)


def test_headlights_swell_and_are_gone_once_past():
    """A car 3 s away is faint, bright at the end, dark half a second after."""
    schedule = LightSchedule(oncoming=(Passing(10.0, strength=0.8, swell_s=3.0),))
    shine = [schedule.at(t).headlights for t in (4.0, 8.0, 10.0, 10.5)]
    assert shine[0] < 0.02 < shine[1] < shine[2] == pytest.approx(0.8)
    assert shine[3] == 0.0


def test_stripes_move_as_fast_as_the_car():
    """One stripe passes for each tree."""
    schedule = LightSchedule(speed_m_s=16.0, stripe_every_m=8.0)
    assert schedule.at(0.25).stripe_phase == pytest.approx(0.5)
    assert schedule.at(0.5).stripe_phase == pytest.approx(0.0)


def test_hours_have_their_levels():
    """Night is dark, dusk is dim, a day's sun beats the LEDs."""
    for seed in range(30):
        assert 0.01 <= light.levels_of(Daytime.NIGHT, seed).ambient <= 0.03
        assert 0.1 <= light.levels_of(Daytime.DUSK, seed).ambient <= 0.3
        day = light.levels_of(Daytime.DAY, seed)
        assert 0.4 <= day.ambient <= 1.5
        assert day.sun == 0.0 or 1.0 <= day.sun <= 6.0


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: LightSchedule(start=Levels(ambient=-1.0)), "ambient is -1.0"),
        (lambda: LightSchedule(changes=(Change(3.0, Levels(), over_s=-2.0),)), "over_s is -2.0"),
        (lambda: LightSchedule(changes=(Change(3.0, Levels()), Change(1.0, Levels()))), "order of their time"),
        (lambda: LightSchedule(stripe_every_m=0.0), "stripe_every_m is 0.0"),
    ],
)
def test_light_that_cannot_be_is_refused(build, words):
    """One line names the thing and the value."""
    with pytest.raises(SimulatorError, match=words):
        build()
