"""What the truth says of a frame, on faces made of a few numbers: no graphics needed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cabinwatch.recorder import observation_from
from simulator import truth_json
from simulator.render.camera import project, view_matrix, whole
from simulator.render.look import Layers
from simulator.truth import MOUTH_WIDE, Scene, truth_of
from simulator.types import (
    Anchors,
    Camera,
    Daytime,
    Glasses,
    Light,
    Moment,
    Sensor,
    Setting,
    Wearing,
    What,
)
from vision.angles import angles_of, rotation_of
from vision.types import Reason

AHEAD = Camera(at_mm=(0.0, -40.0, 650.0), looks_at_mm=(0.0, -40.0, 0.0))
EYE_AT = {"left": (32.0, 0.0, 8.0), "right": (-32.0, 0.0, 8.0)}


def landmarks():
    """68 points of a flat face 8 mm before the eyes' centres; eyes, lips and jaw where they belong."""
    points = np.zeros((68, 3), np.float32)
    turn = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([-70 * -np.cos(turn), -20 - 85 * np.sin(turn), 0 * turn], 1)
    points[:17, 0] = np.linspace(-70, 70, 17)
    points[17:27] = [(x, 22, 8) for x in np.linspace(-55, 55, 10)]
    points[27:36] = [(0, y, 8) for y in np.linspace(0, -40, 9)]
    for first, x in ((36, EYE_AT["right"][0]), (42, EYE_AT["left"][0])):
        points[first : first + 6] = [
            (x + dx, dy, 8) for dx, dy in ((-14, 0), (-6, 4), (6, 4), (14, 0), (6, -4), (-6, -4))
        ]
    ring = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    points[48:60] = np.stack([-25 * np.cos(ring), -65 + 9 * np.sin(ring), 8 + 0 * ring], 1)
    points[60:68] = [
        (x, y, 8) for x, y in ((-15, -65), (-7, -61), (0, -60), (7, -61), (15, -65), (7, -69), (0, -70), (-7, -69))
    ]
    return points


def anchors(head=(0.0, 0.0, 0.0), gaze=(0.0, 0.0)):
    """A head turned about the origin, eyes along `gaze` of the seat frame."""
    turn = rotation_of(*head)
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    look = rotation_of(*gaze, 0.0)[:, 2].astype(np.float32)
    centres = np.array([(32, 0, -4), (-32, 0, -4)], np.float32)
    return Anchors(
        head=matrix,
        eye_centres_mm=(centres @ turn.T).astype(np.float32),
        eye_radius_mm=12.0,
        eye_axes=np.stack([look, look]),
        landmarks_mm=(landmarks() @ turn.T).astype(np.float32),
        landmark_normals=np.tile(turn[:, 2].astype(np.float32), (68, 1)),
        palms=(np.eye(4), np.eye(4)),
        gaze=look,
    )


def scene(camera=AHEAD, *, aperture_mm=(9.5, 9.5), moment=None, body=None):
    setting = Setting(camera=camera, daytime=Daytime.NIGHT, sensor=Sensor())
    return Scene(7, moment or Moment(), setting, whole(camera), Light(), body or anchors(), aperture_mm, (9.5, 9.5))


def flat(camera=AHEAD, supersample=2):
    """Every pixel shows skin, 642 mm away."""
    shape = (camera.height * supersample, camera.width * supersample)
    labels = np.full(shape, What.SKIN, np.uint8)
    return Layers(
        np.zeros((camera.height, camera.width), np.float32),
        labels,
        np.full(shape, 642.0, np.float32),
        supersample,
    )


def put(layers, camera, what, centre_mm, half_mm, depth_mm):
    """A rectangle of something over a place of the face."""
    x, y = project(np.asarray(centre_mm), camera)
    reach = np.asarray(half_mm) * camera.focal_px / 642.0
    s = layers.supersample
    rows = slice(max(int((y - reach[1]) * s), 0), int((y + reach[1]) * s))
    columns = slice(max(int((x - reach[0]) * s), 0), int((x + reach[0]) * s))
    layers.labels[rows, columns] = what
    layers.depth_mm[rows, columns] = depth_mm
    return layers


def test_a_free_face_is_seen_whole():
    """Nothing covers anything; the box holds the 68 points."""
    seen = truth_of(scene(), flat())
    assert seen.left.visible == seen.right.visible == 1.0
    assert seen.left.covered_by == seen.mouth_covered_by == ()
    assert seen.mouth_visible > 0.99
    assert seen.face_visible > 0.99
    assert seen.landmarks_visible.all()
    x0, y0, x1, y1 = seen.face_box_px
    assert (x1 - x0, y1 - y0) == pytest.approx((140 * 700 / 650, 127 * 700 / 648), rel=0.02)


def test_a_hand_over_one_eye_is_named_and_the_other_eye_stays_free():
    seen = truth_of(scene(), put(flat(), AHEAD, What.HAND_LEFT, EYE_AT["left"], (20, 14), 620.0))
    assert seen.left.visible == 0.0
    assert seen.left.covered_by == ("hand_left",)
    assert seen.right.visible == 1.0
    assert seen.left.aperture_mm == 9.5, "what covers an eye does not close it"
    assert not seen.landmarks_visible[42:48].any()
    assert 0.8 < seen.face_visible < 0.98


def test_a_frame_across_an_eye_covers_as_much_as_it_is_wide():
    """A bar 4 mm high over a region 15 mm high."""
    seen = truth_of(scene(), put(flat(), AHEAD, What.GLASSES, EYE_AT["right"], (30, 2), 630.0))
    assert seen.right.visible == pytest.approx(1 - 4 / 15.4 * 1.2, abs=0.06)  # the ellipse is widest in its middle
    assert seen.right.covered_by == ("glasses",)


def test_a_nose_before_the_far_eye_hides_it_but_covers_nothing():
    seen = truth_of(scene(), put(flat(), AHEAD, What.SKIN, EYE_AT["left"], (20, 14), 600.0))
    assert seen.left.visible == 0.0
    assert seen.left.covered_by == ()


def test_what_lies_behind_the_face_covers_nothing():
    """Beyond the head's outline the window shows; it is farther away than the eye."""
    seen = truth_of(scene(), put(flat(), AHEAD, What.WINDOW, EYE_AT["left"], (20, 14), 1500.0))
    assert seen.left.visible == 0.0
    assert seen.left.covered_by == ()


def test_hair_over_an_eye_covers_it_though_strands_have_no_depth():
    seen = truth_of(scene(), put(flat(), AHEAD, What.HAIR, EYE_AT["left"], (20, 14), 642.0))
    assert seen.left.covered_by == ("hair",)


def test_two_things_over_a_mouth_are_named_largest_first():
    layers = put(flat(), AHEAD, What.MASK, (0, -65, 8), (30, 12), 635.0)
    seen = truth_of(scene(), put(layers, AHEAD, What.HAND_RIGHT, (-20, -65, 8), (8, 12), 615.0))
    assert seen.mouth_covered_by == ("mask", "hand_right")
    assert seen.mouth_visible == 0.0


@pytest.mark.parametrize("head", [(0, 0, 0), (25, -10, 5), (-60, 12, -15)])
def test_before_a_camera_straight_ahead_the_angles_are_the_seats(head):
    seen = truth_of(scene(body=anchors(head, gaze=(head[0] + 5, 4))), flat())
    assert seen.head_deg == pytest.approx(head, abs=0.01)
    assert seen.gaze_deg == pytest.approx((head[0] + 5, 4), abs=0.01)


def test_a_head_that_looks_into_a_camera_at_the_side_has_no_angle_to_it():
    """The camera stands 30° to the driver's left and looks at the head."""
    at = (650 * np.sin(np.radians(30)), 0.0, 650 * np.cos(np.radians(30)))
    camera = Camera(at_mm=at, looks_at_mm=(0, 0, 0))
    seen = truth_of(scene(camera, body=anchors((30, 0, 0), gaze=(30, 0))), flat())
    assert seen.head_deg == pytest.approx((0, 0, 0), abs=0.01)
    assert seen.gaze_deg == pytest.approx((0, 0), abs=0.01)
    ahead = truth_of(scene(camera), flat())
    assert ahead.head_deg[0] == pytest.approx(-30, abs=0.01), "away from the camera is to the image's left"


def test_angles_are_of_the_cameras_axes_not_of_the_line_of_sight():
    """A camera that looks past the driver in parallel sees the same angles."""
    camera = Camera(at_mm=(120.0, -40.0, 650.0), looks_at_mm=(120.0, -40.0, 0.0))
    assert truth_of(scene(camera), flat()).head_deg == pytest.approx((0, 0, 0), abs=0.01)


def test_a_rolled_camera_rolls_the_head_the_way_the_picture_shows_it():
    """Roll + is clockwise in the image: the driver's left eye, on the image's right, sinks."""
    camera = replace(AHEAD, roll_deg=10.0)
    seen = truth_of(scene(camera), flat())
    assert angles_of(view_matrix(camera)[:3, :3] @ np.eye(3)) == pytest.approx(seen.head_deg)
    sinks = seen.left.iris_px[1] > seen.right.iris_px[1]
    assert (seen.head_deg[2] > 0) == sinks


def test_a_face_outside_the_picture_is_no_face():
    away = replace(AHEAD, at_mm=(2000.0, -40.0, 650.0), looks_at_mm=(2000.0, -40.0, 0.0))
    seen = truth_of(scene(away), flat())
    assert seen.face_box_px is None
    assert seen.face_visible == 0.0
    line = truth_json.as_json(seen, camera=away)
    assert line["face"] == {"box_px": None, "confidence": 0.0, "reason": "no_face"}
    assert line["eyes"]["left"]["reason"] == "no_face"


def test_half_a_face_in_the_picture_is_half_seen():
    edge = replace(AHEAD, at_mm=(297.0, -40.0, 650.0), looks_at_mm=(297.0, -40.0, 0.0))
    seen = truth_of(scene(edge), flat())
    assert 0.3 < seen.face_visible < 0.7
    line = truth_json.as_json(seen, camera=edge)
    assert line["eyes"]["right"]["reason"] == "out_of_frame"
    assert line["eyes"]["left"]["reason"] is None


# --- the line --------------------------------------------------------------------------------------------------


def test_the_product_reads_its_own_fields_back():
    """Openness 1 is the population's relaxed eye; a closed eye is a measurement, not an absence."""
    truth = truth_of(scene(aperture_mm=(9.5, 0.0)), flat())
    read = observation_from(truth_json.line(truth, camera=AHEAD, file="clip.avi"))
    assert (read.frame, read.file) == (7, "clip.avi")
    assert (read.left.openness, read.left.closed) == (1.0, 0.0)
    assert (read.right.openness, read.right.closed, read.right.reason) == (0.0, 1.0, None)
    assert read.head.yaw_deg == 0.0
    assert read.landmarks_px == pytest.approx(truth.landmarks_px, abs=0.06)
    assert read.affect is None


def test_a_covered_eye_is_unknown_to_the_product_and_known_to_the_truth():
    layers = put(flat(), AHEAD, What.HAND_LEFT, EYE_AT["left"], (20, 14), 620.0)
    line = truth_json.as_json(truth_of(scene(aperture_mm=(4.75, 9.5)), layers), camera=AHEAD)
    assert line["eyes"]["left"] == {"openness": None, "closed": None, "confidence": 0.0, "reason": "covered"}
    assert line["truth"]["eyes"]["left"]["openness"] == 0.5
    assert line["truth"]["eyes"]["left"]["own"] == 0.5
    assert line["truth"]["eyes"]["left"]["covered_by"] == ["hand_left"]


def test_the_far_eye_behind_the_nose_is_turned_away():
    layers = put(flat(), AHEAD, What.SKIN, EYE_AT["left"], (20, 14), 600.0)
    line = truth_json.as_json(truth_of(scene(), layers), camera=AHEAD)
    assert line["eyes"]["left"]["reason"] == Reason.TURNED_AWAY.value


def test_a_covered_camera_sees_nothing_and_the_truth_goes_on():
    line = truth_json.as_json(truth_of(scene(moment=Moment(covered=1.0)), flat()), camera=AHEAD)
    assert line["face"]["reason"] == line["head"]["reason"] == line["mouth"]["reason"] == "covered"
    assert line["truth"]["camera_covered"] == 1.0
    assert line["truth"]["eyes"]["left"]["aperture_mm"] == 9.5


def test_the_line_says_what_is_done_and_worn_but_never_what_is_felt():
    moment = Moment(behaviour="yawn", units={"jawOpen": 0.8}, wearing=Wearing(Glasses.SUN_NIR, mask=True))
    line = truth_json.as_json(truth_of(scene(moment=moment), flat()), camera=AHEAD)
    said = line["truth"]
    assert (said["behaviour"], said["jaw"], said["units"]) == ("yawn", 0.8, {"jawOpen": 0.8})
    assert said["wearing"] == {"glasses": "sun_nir", "mask": True, "cap": False}
    assert said["daytime"] == "night"
    assert said["light"]["wavelength_nm"] == 940
    assert said["camera"]["place"] == "cluster"
    assert not {"expression", "valence", "arousal"} & {*line, *said}
    json.dumps(line, allow_nan=False)


def test_the_mouths_openness_is_the_gap_of_the_inner_lips():
    """10 mm between the lips, 92 mm between the outer eye corners."""
    assert truth_of(scene(), flat()).mouth_open == pytest.approx(10 / 92 / MOUTH_WIDE, rel=0.01)
