"""A few small frames for real: what is drawn, measured and written agrees, and stays what it was.

The golden truth lies in golden/frames.json. After a change that is meant to move it:
CABINWATCH_WRITE_GOLDEN=1 pytest tests/simulator/test_studio.py, look at the difference, commit it.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from simulator import clip, truth_json
from simulator.body.eyes import REACH_DEG
from simulator.body.identity import sample
from simulator.cabin.light import LightSchedule, levels_of
from simulator.cabin.setting import leds, place_camera
from simulator.dataset import HIGHEST_DEG, Recipe, identity_of, moment_of, still_of
from simulator.render.device import device
from simulator.stills import Stills
from simulator.studio import Driver, Quality, Snap, Studio
from simulator.take import METER_EVERY_S, Take
from simulator.types import (
    Daytime,
    Gesture,
    Glasses,
    Hand,
    Moment,
    Place,
    Setting,
    SimulatorError,
    Wearing,
    What,
)

pytestmark = pytest.mark.simulator

GOLDEN = Path(__file__).parent / "golden" / "frames.json"
# How far another machine's renderer may be off, by the end of a field's name. Geometry is the same arithmetic
# everywhere; what is counted in pixels (shares, apertures) moves by an edge pixel or two.
TOLERANCES = {"_px": 0.3, "_deg": 0.2, "_mm": 0.3, "visible": 0.06, "grey": 6.0}
TOLERANCE = 0.06

CAMERA = place_camera(Place.CLUSTER, width=160, height=120, face_px=60)
NIGHT = LightSchedule(lamps=leds(CAMERA), start=levels_of(Daytime.NIGHT)).at(0.0)
DAY = LightSchedule(lamps=leds(CAMERA), start=levels_of(Daytime.DAY, 3)).at(0.0)


@pytest.fixture(scope="module")
def driver(cannot_run):
    """One person who wears nothing by themselves."""
    try:
        device()
        return Driver(replace(sample(11), glasses=Glasses.NONE, mask=False, cap=False), Quality.DRAFT)
    except SimulatorError as error:
        cannot_run(str(error))


@pytest.fixture(scope="module")
def studio(driver):
    return Studio(driver, Setting(camera=CAMERA))


def hand(gesture):
    return Hand(gesture, gesture)


MOMENTS = {
    "relaxed": (Moment(), NIGHT),
    "half closed, looking aside": (Moment(closure=(0.5, 0.5), gaze_deg=(15.0, -5.0)), NIGHT),
    "one eye closed by day": (Moment(closure=(1.0, 0.0), head_deg=(-12.0, 4.0, 3.0), gaze_deg=(-12.0, 4.0)), DAY),
    "turned away": (Moment(head_deg=(55.0, -5.0, 0.0), gaze_deg=(60.0, 0.0)), NIGHT),
    "yawn behind a hand": (Moment(closure=(0.7, 0.7), units={"jawOpen": 0.8}, left_hand=hand(Gesture.MOUTH)), NIGHT),
    "mask and dark glasses": (Moment(wearing=Wearing(Glasses.SUN_OPAQUE, mask=True)), NIGHT),
    "camera covered": (Moment(covered=1.0), NIGHT),
}


def lines_of(studio):
    """Every moment's line, and its picture in 8 × 6 grey cells."""
    found = {}
    for name, (moment, light) in MOMENTS.items():
        shot = studio.shoot(Snap(moment, light))
        cells = cv2.resize(shot.grey, (8, 6), interpolation=cv2.INTER_AREA)
        found[name] = {**truth_json.as_json(shot.truth, camera=CAMERA), "grey": cells.tolist()}
    return found


def differences(wanted, found, name="", tolerance=TOLERANCE):
    """Every place where two trees of JSON differ by more than may be."""
    tolerance = next((share for end, share in TOLERANCES.items() if name.endswith(end)), tolerance)
    if isinstance(wanted, dict) and isinstance(found, dict):
        keys = sorted({*wanted, *found})
        return [line for key in keys for line in differences(wanted.get(key), found.get(key), key, tolerance)]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = zip(wanted, found, strict=True)
        return [line for one, other in pairs for line in differences(one, other, name, tolerance)]
    numbers = isinstance(wanted, (int, float)) and isinstance(found, (int, float))
    same = abs(wanted - found) <= tolerance if numbers else wanted == found
    return [] if same else [f"{name}: {wanted} became {found}"]


def test_the_truth_of_a_few_frames_stays_what_it_was(studio):
    found = lines_of(studio)
    if os.environ.get("CABINWATCH_WRITE_GOLDEN") == "1":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    wanted = json.loads(GOLDEN.read_text())
    assert {name: differences(wanted[name], found[name]) for name in wanted} == {name: [] for name in MOMENTS}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_noise(driver, studio):
    moment = Moment(closure=(0.3, 0.3), t_s=1.25)
    one, again = (s.shoot(Snap(moment, NIGHT, seed=5)).grey for s in (studio, Studio(driver, studio.setting)))
    assert one.tobytes() == again.tobytes()
    assert one.tobytes() != studio.shoot(Snap(moment, NIGHT, seed=6)).grey.tobytes()


@pytest.mark.parametrize("head", [(0.0, 0.0, 0.0), (25.0, -10.0, 6.0), (-40.0, 12.0, 0.0)])
def test_the_measured_aperture_follows_the_closure(driver, studio, head):
    """Closure is a share of this driver's own aperture, whichever way the head is turned; closed is closed.

    Not exactly: seen from below or above, a lid hides a little more or less of the eyeball.
    """
    for closure in (0.0, 0.25, 0.5, 0.75, 1.0):
        moment = Moment(closure=(closure, closure), head_deg=head, gaze_deg=head[:2])
        truth = studio.shoot(Snap(moment, NIGHT)).truth
        assert truth.left.own == pytest.approx(1 - closure, abs=0.13 if closure < 1 else 0.0), closure
        assert truth.right.own == pytest.approx(1 - closure, abs=0.13 if closure < 1 else 0.0), closure


def test_a_half_shut_eye_shows_more_from_below_than_from_above(driver, studio):
    """The upper lid stands before the eyeball's upper part; the aperture is what this camera could see."""
    half, seen_mm = Moment(closure=(0.5, 0.5)), []
    for height_mm in (-250.0, 0.0, 250.0):
        camera = replace(CAMERA, at_mm=(0.0, height_mm, 650.0), looks_at_mm=(0.0, 0.0, 0.0))
        seen_mm.append(Studio(driver, Setting(camera=camera)).shoot(Snap(half, NIGHT)).truth.left.aperture_mm)
    below, level, above = seen_mm
    assert below > 1.15 * level > 1.3 * above


def test_a_relaxed_eye_is_about_as_wide_as_the_identity_says(driver, studio):
    """What is seen between the lids is a little less than the margins are apart: lids have a thickness, and a fold."""
    for seen_mm in studio.relaxed_mm:
        assert 0.82 < seen_mm / driver.identity.aperture_mm < 1.03


def test_dark_lids_do_not_depend_on_what_covers_the_eye(studio):
    """Behind dark glasses the aperture is known all the same, and the eye is covered."""
    bare = studio.shoot(Snap(Moment(closure=(0.4, 0.4)), NIGHT)).truth
    worn = Moment(closure=(0.4, 0.4), wearing=Wearing(Glasses.SUN_OPAQUE))
    dark = studio.shoot(Snap(worn, NIGHT)).truth
    assert dark.left.aperture_mm == bare.left.aperture_mm
    assert bare.left.visible > 0.9
    assert dark.left.visible < truth_json.LEAST_VISIBLE
    assert dark.left.covered_by[0] == "lens"


@pytest.mark.parametrize("glasses", [Glasses.CLEAR, Glasses.SUN_NIR])
def test_an_eye_behind_clear_glass_is_seen(studio, glasses):
    truth = studio.shoot(Snap(Moment(wearing=Wearing(glasses)), NIGHT)).truth
    assert truth.left.visible > 0.6
    assert "lens" not in truth.left.covered_by


def test_a_hand_before_the_mouth_covers_it(studio):
    truth = studio.shoot(Snap(Moment(units={"jawOpen": 0.6}, left_hand=hand(Gesture.MOUTH)), NIGHT)).truth
    assert truth.mouth_visible < truth_json.LEAST_VISIBLE
    assert truth.mouth_covered_by[0] == "hand_left"
    assert truth.mouth_open > 0.4, "the mouth is open behind it"


def test_the_pupil_is_where_the_truth_says(driver):
    """In a large picture of an open eye the darkest spot beside the glint is the pupil."""
    camera = replace(CAMERA, width=640, height=480, focal_px=CAMERA.focal_px * 8)
    eyes = Studio(driver, Setting(camera=replace(camera, looks_at_mm=(0.0, 0.0, 0.0))))
    shot = eyes.shoot(Snap(Moment(gaze_deg=(8.0, 0.0)), NIGHT))
    for eye in (shot.truth.left, shot.truth.right):
        x, y = np.round(eye.iris_px).astype(int)
        around = cv2.GaussianBlur(shot.grey, (0, 0), 4)[y - 20 : y + 21, x - 20 : x + 21]
        row, column = np.unravel_index(around.argmin(), around.shape)
        assert np.hypot(row - 20, column - 20) < 12


# --- clips and stills ------------------------------------------------------------------------------------------


@pytest.fixture
def script(tmp_path):
    """Half a second: a long blink under a passing car's headlights, on a sensor that loses frames."""
    path = tmp_path / "short.yaml"
    path.write_text(
        "description: half a second\nduration_s: 0.5\nseed: 3\nsensor: {drops: 0.2}\n"
        "light: {oncoming: [{at_s: 0.3, swell_s: 0.5}]}\ntimeline:\n- {at_s: 0.05, do: long_blink}\n"
    )
    return str(path)


def order(script, **change):
    return replace(clip.Order(script, None, 96, 72, 16.0, Quality.DRAFT), **change)


def test_a_clips_bytes_do_not_depend_on_the_number_of_workers(driver, script, tmp_path, monkeypatch):
    """Chunks of 0.25 s, once in this process and once in two others."""
    monkeypatch.setattr(clip, "CHUNK_S", 0.25)
    for workers in (1, 2):
        clip.render(order(script), tmp_path / str(workers), workers=workers)
    for name in (clip.CLIP, clip.TRUTH, clip.ABOUT):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


def test_a_frame_is_the_same_whichever_frames_were_drawn_before(driver, script):
    """Exposure control has no memory but the light of the last second."""
    one, other = (Take(script, None, (96, 72), 16.0, Quality.DRAFT) for _ in range(2))
    for frame in (0, 3, 6):
        one.shoot(frame)
    assert one.shoot(7).grey.tobytes() == other.shoot(7).grey.tobytes()


def test_exposure_follows_the_light_and_never_runs_ahead_of_it(script, monkeypatch):
    """Light that jumps fourfold after 1 s: nothing before, most of the way soon, all of it within the loop's memory."""
    take = Take(script, None, (96, 72), 16.0, Quality.DRAFT)
    monkeypatch.setattr(take, "_wanted", lambda look: 1.0 if look * METER_EVERY_S < 1.0 else 0.25)
    assert [take.exposure(t_s) for t_s in (0.0, 0.5, 0.999)] == pytest.approx([1.0] * 3)
    assert 0.6 > take.exposure(1.4) > 0.3
    assert take.exposure(2.4) == pytest.approx(0.25)
    falling = [take.exposure(1.0 + k / 30) for k in range(40)]
    assert falling == sorted(falling, reverse=True)


def test_twenty_five_stills_show_one_person_and_the_next_another():
    people = [identity_of(Recipe(seed=2), number).seed for number in (0, 24, 25, 49, 50)]
    assert people[0] == people[1]
    assert people[2] == people[3]
    assert len(set(people)) == 3
    assert identity_of(Recipe(seed=3), 0).seed != people[0]


def test_stills_show_eyes_turned_as_far_as_eyes_reach():
    """A network reads looks too small that its lessons do not show."""
    lots, person = np.random.default_rng(4), sample(11)
    moments = [moment_of(lots, person) for _ in range(400)]
    turns = np.array([np.subtract(moment.gaze_deg, moment.head_deg[:2]) for moment in moments])
    assert (np.abs(turns) < np.add(REACH_DEG, 1e-9)).all()
    assert turns[:, 1].max() <= HIGHEST_DEG
    assert np.mean(np.abs(turns[:, 0]) > 30.0) > 0.15
    assert np.mean(turns[:, 1] < -25.0) > 0.08
    assert np.mean(np.hypot(*turns.T) < 15.0) > 0.25


def test_a_still_is_the_same_in_whichever_order_and_its_face_as_large_as_wanted(driver):
    recipe = Recipe(seed=2, size=96)
    first, second = Stills(96, Quality.DRAFT), Stills(96, Quality.DRAFT)
    for stills in (first, second):
        stills.invite(identity_of(recipe, 0))
    first.take(still_of(recipe, 3))
    still = still_of(recipe, 4)
    (one, camera, window), (other, _, _) = first.take(still), second.take(still)
    assert one.grey.tobytes() == other.grey.tobytes()
    assert one.grey.shape == (96, 96)
    x0, y0, x1, y1 = one.truth.face_box_px
    assert max(x1 - x0, y1 - y0) == pytest.approx(96 / still.margin, rel=0.01)
    assert -0.1 * 96 < (x0 + x1) / 2 - 48 < 0.1 * 96
    assert (window.width, window.height) == (96, 96)
    assert camera.focal_px != still.setting.camera.focal_px


def test_every_word_of_the_truth_is_a_thing(studio):
    """`covered_by` names What in lower case."""
    shot = studio.shoot(Snap(Moment(wearing=Wearing(mask=True)), NIGHT))
    assert {*shot.truth.mouth_covered_by} <= {what.name.lower() for what in What}
    assert shot.truth.mouth_covered_by == ("mask",)
