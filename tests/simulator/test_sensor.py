"""What the sensor makes of light: exposure, noise, motion, a covered lens, highlights."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.render.sensor import MOST_EXPOSURE, expose, metered
from simulator.types import Sensor


def face(level):
    light = np.full((60, 80), 0.02, np.float32)
    light[20:40, 30:50] = level
    region = np.zeros(light.shape, bool)
    region[20:40, 30:50] = True
    return light, region


@pytest.mark.parametrize("level", [0.08, 0.5, 3.0])
def test_exposure_reaches_its_target(level):
    """Dark or bright, the face region's mean becomes the target grey."""
    sensor = Sensor(noise=0.0, shot=0.0, vignette=0.0, blur_px=0.0)
    light, region = face(level)
    picture = expose(light, sensor, metered(light, region, sensor), seed=0)
    assert picture[region].mean() == pytest.approx(sensor.target_grey, abs=3.0)


def test_darkness_cannot_raise_the_exposure_for_ever():
    light, region = face(0.5)
    assert metered(np.zeros_like(light), region, Sensor()) <= MOST_EXPOSURE


def test_without_a_face_the_whole_picture_is_metered():
    light, region = face(0.5)
    nowhere, everywhere = np.zeros_like(region), np.ones_like(region)
    assert metered(light, nowhere, Sensor()) == metered(light, everywhere, Sensor())


def test_same_seed_same_bytes_and_another_seed_other_noise():
    """Determinism of the sensor."""
    light, _ = face(0.5)
    sensor = Sensor(jpeg=60, bands=0.1)
    pictures = [expose(light, sensor, 0.8, seed=seed, motion_px=(3.0, 1.0)) for seed in (5, 5, 6)]
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] != pictures[2]).any()


def test_a_covered_lens_is_dark_and_a_half_covered_one_half():
    """The thing slides in from below."""
    light = np.full((120, 160), 0.6, np.float32)
    free, half, full = (expose(light, Sensor(), 1.0, seed=1, covered=share) for share in (0.0, 0.5, 1.0))
    assert free.mean() > 120
    assert full.max() < 45
    assert full.mean() < 20
    assert 0.2 * free.mean() < half.mean() < 0.8 * free.mean()
    assert half[:20].mean() > 100 > 30 > half[-20:].mean()


def test_motion_smears_along_its_way_only():
    """A bright line across the motion widens, one along it does not, and the light stays the same in sum."""
    light = np.zeros((61, 81), np.float32)
    light[:, 40] = 0.4
    sensor = Sensor(noise=0.0, shot=0.0, blur_px=0.0, vignette=0.0, gamma=1.0)
    still, across, along = (expose(light, sensor, 1.0, seed=0, motion_px=way) for way in ((0, 0), (8, 0), (0, 8)))
    assert (across[30] > 5).sum() >= 7 > (still[30] > 5).sum()
    assert np.abs(along.astype(int) - still).max() <= 2
    assert float(across[30].sum()) == pytest.approx(float(still[30].sum()), rel=0.1)


def test_highlights_bend_before_they_are_cut_off():
    """A soft shoulder, then white; grey never falls with more light."""
    ramp = np.linspace(0, 4, 400, dtype=np.float32)[None].repeat(3, 0)
    grey = expose(ramp, Sensor(noise=0.0, shot=0.0, blur_px=0.0, vignette=0.0), 1.0, seed=0)[1].astype(int)
    assert (np.diff(grey) >= 0).all()
    assert grey[-1] == 255
    assert (grey[100:] >= 240).all()


def test_read_noise_is_there_in_the_dark_too_and_grows_with_gain():
    dark = np.full((80, 80), 0.05, np.float32)
    spread = [
        float(expose(dark, Sensor(noise=noise, shot=0.0, gamma=1.0, gain=gain), 1.0, seed=0)[20:60, 20:60].std())
        for noise, gain in ((0.0, 1.0), (0.02, 1.0), (0.02, 3.0))
    ]
    assert spread[0] < 0.6
    assert spread[1] == pytest.approx(0.02 / 2 * 255, rel=0.1)
    assert spread[2] > 2 * spread[1]
