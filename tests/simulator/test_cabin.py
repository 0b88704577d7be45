"""The car around the driver: mirrored, drawn by seed, with windows that let the sun in and show the land go by."""

import numpy as np

from simulator.cabin import shapes
from simulator.cabin.interior import Interior
from simulator.cabin.light import Levels, LightSchedule
from simulator.types import Daytime, Light, Setting, What


def test_a_car_with_the_wheel_on_the_right_is_mirrored():
    """The door panel lies on the other side."""
    left, right = (Interior(Setting(driver_side_left=side)) for side in (True, False))
    for a, b in zip(left.fixed, right.fixed, strict=True):
        np.testing.assert_allclose(a.geometry.positions_mm * np.float32([-1, 1, 1]), b.geometry.positions_mm, atol=1e-3)


def test_cars_differ_by_seed_and_stay_the_same_by_seed():
    """The interior's seed decides its looks."""
    same = [Interior(Setting(interior=3)).trim for _ in range(2)]
    assert same[0] == same[1]
    assert len({Interior(Setting(interior=seed)).trim.seat for seed in range(4)}) == 4


def test_the_land_moves_by_as_the_car_drives():
    """A second later the scenery at the side stands elsewhere; lamps at night too."""
    room = Interior(Setting(daytime=Daytime.NIGHT))
    places = [
        [p.pose[2, 3] for p in room.parts(t, Light(sky=0.02)) if p.what is What.WINDOW and p.pose is not None]
        for t in (1.0, 2.0)
    ]
    assert len(places[0]) > 3
    assert sum(a != b for a, b in zip(*places, strict=True)) >= 3


def lit(left, points, towards):
    """Which points see the sun past the hull."""
    (hull,) = [part for part in Interior(Setting(driver_side_left=left)).fixed if part.shadow]
    corners = hull.geometry.positions_mm[hull.geometry.triangles].astype(float)
    way = shapes.unit(towards)
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(way, second)
    size = (first * across).sum(1)
    size = np.where(np.abs(size) < 1e-6, np.nan, size)  # seen edge on
    off = np.asarray(points, float)[:, None] - corners[:, 0]
    u = (off * across).sum(-1) / size
    q = np.cross(off, first)
    v, away = (q @ way) / size, (q * second).sum(-1) / size
    return ~((u >= 0) & (v >= 0) & (u + v <= 1) & (away > 0)).any(axis=1)


def test_the_sun_comes_in_through_windows_only():
    """Through the windscreen, the driver's and the rear windows; not through roof, doors and pillars."""
    eyes, lap, behind = (0.0, 0.0, 0.0), (0.0, -500.0, 100.0), (-100.0, -50.0, -900.0)
    for left, side in ((True, 1.0), (False, -1.0)):
        assert lit(left, [eyes, lap], (0.0, 0.3, 1.0)).tolist() == [True, False]
        assert lit(left, [eyes, lap], (side, 0.2, 0.0)).tolist() == [True, False]
        assert lit(left, [behind], (side, 0.2, 0.2)).all()
        assert not lit(left, [eyes, behind], (0.1, 1.0, 0.1)).any()
        assert not lit(left, [eyes], (side * 345.0, -10.0, 520.0)).any()


def test_a_lamp_in_a_tunnel_passes_when_its_light_does():
    """The light comes from ahead, where the lamp is to be seen and draws near; it is gone when the lamp is behind."""
    speed = 20.0
    room = Interior(Setting(daytime=Daytime.TUNNEL, speed_m_s=speed))
    schedule = LightSchedule(start=Levels(sky=0.1, overhead=1.0), speed_m_s=speed)
    beams, places = [], []
    for t in np.arange(0.0, 5.0, 0.02):
        now = schedule.at(t)
        lamps = [p.pose[2, 3] for p in room.parts(t, now) if p.geometry is room.outside.bar]
        beams.append(now.sun)
        places.append(min(lamps, key=abs, default=9e9))
    bright = np.array(places)[np.array(beams) > 0.8 * max(beams)]
    assert len(bright) > 10
    assert ((bright > 0) & (bright < 2500)).all()
    assert np.median(np.diff(bright)) < 0
