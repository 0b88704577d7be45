"""Where cameras and their LEDs sit: as in real cars, with a free sight of the driver."""

import numpy as np
import pytest

from simulator.body.wheel import WHEEL
from simulator.cabin import setting, shapes
from simulator.cabin.interior import Interior
from simulator.render.camera import project
from simulator.types import Daytime, Place, SimulatorError, What


def test_the_same_seed_draws_the_same_setting():
    """Settings are reproducible, and what is given is kept without disturbing the rest."""
    assert setting.sample(5) == setting.sample(5)
    assert setting.sample(5) != setting.sample(6)
    given = setting.sample(5, daytime=Daytime.TUNNEL)
    assert given.daytime is Daytime.TUNNEL
    assert given.camera == setting.sample(5).camera


def test_every_drawn_camera_stands_where_cameras_stand_and_sees_past_the_wheel():
    """450–900 mm away, faces 90–260 px wide, the rim never before the eyes."""
    rim = np.array([WHEEL.at(angle) for angle in range(0, 360, 3)])
    for seed in range(150):
        camera = setting.sample(seed).camera
        at = np.array(camera.at_mm)
        distance = np.linalg.norm(at)
        assert 430 < distance < 900, seed
        assert 85 < camera.focal_px * setting.FACE_MM / distance < 275, seed
        for eye in ((32.0, 0.0, 10.0), (-32.0, 0.0, 10.0)):
            ray = at + (np.array(eye) - at) * np.linspace(0, 1, 120)[:, None]
            gap = np.sqrt(((ray[:, None] - rim[None]) ** 2).sum(-1)).min()
            assert gap > WHEEL.rim_mm, (seed, camera)


def test_a_camera_on_the_column_has_the_rim_outside_its_picture():
    """So near to the lamps it would be burnt out."""
    sides = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.array([WHEEL.at(angle) for angle in range(-80, 81, 2)])
    outward = shapes.unit(ring - WHEEL.centre_mm)
    reach = np.cos(sides)[:, None, None] * outward + np.sin(sides)[:, None, None] * WHEEL.normal
    tube = (ring + WHEEL.rim_mm * reach).reshape(-1, 3)
    for seed in range(60):
        camera = setting.sample(seed, place=Place.COLUMN).camera
        x, y = project(tube, camera).T
        assert not ((x > 0) & (x < camera.width) & (y > 0) & (y < camera.height)).any(), seed


def test_no_part_of_the_car_hides_the_driver_or_stands_before_the_lens():
    """Pillars, rubber, belts' anchors and seats leave the way from lens to face free."""
    for seed in range(12):
        drawn = setting.sample(seed)
        at = np.array(drawn.camera.at_mm)
        solid = [p for p in Interior(drawn).fixed if p.what is not What.WHEEL]
        points = np.concatenate([p.geometry.positions_mm for p in solid])
        assert np.linalg.norm(points - at, axis=1).min() > 100, seed
        along = np.clip(((points - at) @ -at) / (at @ at), 0, 1)[:, None]
        assert np.linalg.norm(points - at * (1 - along), axis=1).min() > 90, seed


@pytest.mark.parametrize("place", list(Place))
def test_cameras_of_both_kinds_of_car_are_mirror_images(place):
    """The wheel's side mirrors the place."""
    left, right = (setting.place_camera(place, driver_side_left=side) for side in (True, False))
    assert left.at_mm == (-right.at_mm[0], *right.at_mm[1:])


def test_an_led_beside_the_lens_belongs_to_a_bright_pupil():
    """Whoever shines along the axis sees the retina; nobody else does."""
    for seed in range(40):
        drawn = setting.sample(seed)
        lamps, wavelength = setting.sample_leds(seed, drawn.camera)
        offsets = [np.linalg.norm(np.subtract(lamp.at_mm, drawn.camera.at_mm)) for lamp in lamps]
        assert bool(min(offsets) < setting.BRIGHT_PUPIL_MM) is drawn.bright_pupil
        assert len(lamps) <= 4
        assert wavelength in {850, 940}


def test_a_picture_too_small_is_refused():
    """The message names the size."""
    with pytest.raises(SimulatorError, match="8×8"):
        setting.place_camera(Place.MIRROR, width=8, height=8)
