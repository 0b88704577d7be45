"""What the camera sees of simple things in known places: where, which, how bright."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from simulator.render.camera import FAR_MM, NEAR_MM, Window, clip_matrix, depth_mm, project, view_matrix, whole
from simulator.render.eyes import eye_frame
from simulator.render.look import Look
from simulator.render.renderer import Renderer
from simulator.render.strands import far_cells, worth_drawing
from simulator.types import Camera, Geometry, Lamp, Light, Material, Part, SimulatorError, What

CAMERA = Camera(
    at_mm=(30.0, -120.0, 640.0), looks_at_mm=(0.0, -20.0, 0.0), roll_deg=7.0, width=160, height=120, focal_px=180.0
)
FRONT = Camera(at_mm=(0.0, 0.0, 600.0), looks_at_mm=(0.0, 0.0, 0.0), width=160, height=120, focal_px=180.0)
DARK = Light(lamps=(), ambient=0.0)
EVEN = Light(lamps=(), ambient=1.0)
LOOK = Look()


@pytest.fixture(scope="module")
def renderer():
    return Renderer(160, 120, supersample=1)


@pytest.fixture(scope="module")
def fine():
    return Renderer(160, 120, supersample=2)


def geometry(corners, triangles, facing=(0.0, 0.0, 1.0), tone=(1.0, 1.0)):
    positions = np.asarray(corners, np.float32)
    count = len(positions)
    rows = [np.tile(np.asarray(values, np.float32), (count, 1)) for values in (facing, (0.0, 0.0), tone)]
    return Geometry(positions, rows[0], np.asarray(triangles, np.int32), positions.copy(), rows[1], rows[2])


def square(middle, half, what=What.PHONE, material=Material.SOLID, tone=(1.0, 1.0), reflectance=0.5):
    x, y, z = middle
    corners = [(x - half, y - half, z), (x + half, y - half, z), (x + half, y + half, z), (x - half, y + half, z)]
    return Part(what, material, geometry(corners, [(0, 1, 2), (0, 2, 3)], tone=tone), reflectance)


def centroid(labels, what, supersample=1):
    rows, columns = np.nonzero(labels == what)
    return np.array([(columns.mean() + 0.5) / supersample - 0.5, (rows.mean() + 0.5) / supersample - 0.5])


def test_a_thing_is_drawn_where_its_projection_says(renderer, fine):
    """The numbers of camera.py and the pixels of the shaders agree within half a pixel, also with roll."""
    for supersample, room in ((1, renderer), (2, fine)):
        for middle in ((0.0, 0.0, 0.0), (-150.0, 90.0, 20.0), (120.0, -110.0, -60.0)):
            labels = room.draw([square(middle, 12.0)], CAMERA, EVEN, LOOK).labels
            seen = centroid(labels, What.PHONE, supersample)
            assert np.abs(seen - project(middle, CAMERA)).max() < 0.5


def test_up_is_up_and_left_of_the_driver_is_right_in_the_picture():
    """x to the driver's left is to the right in the picture, y up is a smaller row, and a roll turns clockwise."""
    right, up = project([(50.0, 0.0, 0.0), (0.0, 50.0, 0.0)], FRONT)
    assert right[0] > 79.5
    assert right[1] == pytest.approx(59.5)
    assert up[1] < 59.5
    rolled = project((0.0, 50.0, 0.0), replace(FRONT, roll_deg=20.0))
    assert rolled[0] > up[0]


def test_what_is_behind_the_camera_has_no_place():
    """No mirrored ghost of a point behind the lens."""
    assert np.isnan(project((0.0, 0.0, 700.0), FRONT)).all()


def test_a_camera_that_looks_straight_down_is_refused():
    """Up is then undefined: one line says so."""
    with pytest.raises(SimulatorError, match="straight up or down"):
        view_matrix(Camera(at_mm=(0.0, 500.0, 0.0), looks_at_mm=(0.0, 0.0, 0.0)))


def test_the_nearest_wins_whatever_the_order(renderer):
    """Order of parts does not decide what is seen."""
    near, far = square((0, 0, 50), 20, What.PHONE), square((0, 0, 0), 60, What.SEAT)
    first = renderer.draw([near, far], FRONT, EVEN, LOOK)
    second = renderer.draw([far, near], FRONT, EVEN, LOOK)
    assert (first.labels == second.labels).all()
    assert first.labels[60, 80] == What.PHONE
    assert first.labels[60, 80 + 12] == What.SEAT


def test_depth_is_in_millimetres_along_the_axis(renderer):
    """What the picture says of distance agrees with the camera's numbers."""
    layers = renderer.draw([square((0, 0, 50), 60)], FRONT, EVEN, LOOK)
    assert layers.depth_mm[60, 80] == pytest.approx(depth_mm((0.0, 0.0, 50.0), FRONT), abs=0.5)


def test_a_window_shows_the_same_as_that_part_of_the_picture(renderer):
    """`dataset` draws only a part of a large frame; it must be that part."""
    parts = [square((-40, 30, 0), 25, What.PHONE), square((0, 0, -100), 300, What.SEAT)]
    wide = renderer.draw(parts, CAMERA, EVEN, LOOK)
    small = Renderer(40, 30, supersample=1).draw(parts, CAMERA, EVEN, LOOK, window=Window(50, 40, 40, 30))
    assert (small.labels == wide.labels[40:70, 50:90]).all()
    assert np.allclose(small.light, wide.light[40:70, 50:90], atol=1e-3)


def test_a_pose_moves_a_part(renderer):
    """`pose` carries local to seat."""
    pose = np.eye(4)
    pose[:3, 3] = 60.0, -20.0, 10.0
    labels = renderer.draw([replace(square((0, 0, 0), 12), pose=pose)], FRONT, EVEN, LOOK).labels
    assert np.abs(centroid(labels, What.PHONE) - project(pose[:3, 3], FRONT)).max() < 0.5


def test_drawing_again_gives_the_same_picture(renderer):
    """What was uploaded once is the same the second time, and so is a copy of it."""
    part = square((0, 0, 0), 40, material=Material.FABRIC)
    copy = replace(part, geometry=geometry(part.geometry.positions_mm.copy(), [(0, 1, 2), (0, 2, 3)]))
    pictures = [renderer.draw([one], FRONT, Light(), LOOK).light for one in (part, part, copy)]
    assert pictures[0].any()
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] == pictures[2]).all()


def test_a_lamp_falls_off_with_the_square_of_the_distance(renderer):
    """Twice as far from the lamp: a quarter of the light."""
    light = Light(lamps=(Lamp((0.0, 0.0, 600.0), 1.0, 80.0),), ambient=0.0)
    camera = replace(FRONT, at_mm=(0.0, 1.0, 1000.0))
    near, far = (renderer.draw([square((0, 0, z), 100)], camera, light, LOOK).light[60, 80] for z in (300.0, 0.0))
    assert near / far == pytest.approx(4.0, rel=0.03)


def test_the_reference_face_is_as_bright_as_it_reflects(renderer):
    """A matt surface at 650 mm before one lamp of power 1 shows its reflectance."""
    light = Light(lamps=(Lamp((0.0, 0.0, 650.0)),), ambient=0.0)
    assert renderer.draw([square((0, 0, 0), 60)], FRONT, light, LOOK).light[60, 80] == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("source", ["sun", "headlights", "lamp"])
def test_a_shadow_falls_where_it_must(renderer, source):
    """A plate before a wall: dark where it blocks the light, lit beside, and lit if the plate throws no shadow."""
    way = np.array([0.6, 0.0, 0.8])
    light = {
        "sun": replace(DARK, sun=1.0, sun_from=tuple(way)),
        "headlights": replace(DARK, headlights=1.0, headlights_from=tuple(way)),
        "lamp": replace(DARK, lamps=(Lamp(tuple(way * 600), 1.0, 80.0),)),
    }[source]
    plate, wall = square((40, 0, 60), 15, What.PHONE), square((0, 0, 0), 90, What.SEAT)
    shadow = (40 - 60 * way[0] / way[2] if source != "lamp" else 40 - 60 * (360 - 40) / (480 - 60), 0.0, 0.0)
    lit = (-shadow[0] - 60.0, 0.0, 0.0)

    def at(parts, place):
        column, row = np.rint(project(place, FRONT)).astype(int)
        return renderer.draw(parts, FRONT, light, LOOK).light[row, column]

    assert at([plate, wall], lit) > 0.1
    assert at([plate, wall], shadow) < 0.02
    assert at([replace(plate, shadow=False), wall], shadow) > 0.1


@pytest.mark.parametrize("place_mm", [(0.0, 0.0, 0.0), (-400.0, 0.0, -900.0)])
@pytest.mark.parametrize("what", [What.SEAT, What.CABIN])
def test_the_cars_shell_keeps_the_sun_out_wherever_it_would_fall(renderer, what, place_mm):
    """Near the face and far behind it; headlights and the camera's own lamps are not shaded by it."""
    wall = square(place_mm, 60, what)
    roof = square((place_mm[0] + 150.0, 0.0, place_mm[2] + 200.0), 60, What.CABIN)
    way = (0.6, 0.0, 0.8)
    column, row = np.rint(project(place_mm, FRONT)).astype(int)

    def at(light, shell):
        return renderer.draw([wall, shell], FRONT, light, LOOK).light[row, column]

    sun = replace(DARK, sun=1.0, sun_from=way)
    assert at(sun, roof) < 0.02
    assert at(sun, replace(roof, shadow=False)) > 0.1
    assert at(replace(DARK, headlights=1.0, headlights_from=way), roof) > 0.1


def test_stripes_pass_through_the_beam(renderer):
    """Trees beside the road: light and dark alternate over the wall and move with the phase."""
    wall = square((0, 0, 0), 150)
    still = replace(DARK, sun=1.0, sun_from=(0.7, 0.0, 0.7), stripes=1.0, stripe_mm=80.0)
    rows = [renderer.draw([wall], FRONT, replace(still, stripe_phase=p), LOOK).light[60, 45:115] for p in (0.0, 0.5)]
    assert rows[0].min() < 0.02 < 0.3 < rows[0].max()
    assert np.abs(rows[0] - rows[1]).max() > 0.3


def test_light_wanders_inside_skin_but_not_in_plastic(renderer):
    """The edge of a shadow is soft on skin."""
    plate = square((40, 0, 60), 20, What.PHONE)
    light = replace(DARK, sun=1.0, sun_from=(0.6, 0.0, 0.8))
    close = replace(FRONT, focal_px=500.0)

    def steepest(material):
        wall = square((0, 0, 0), 60, What.SKIN, material)
        return (
            np.abs(np.diff(renderer.draw([plate, wall], close, light, Look(oiliness=0.0)).light[60, 40:85])).max()
            / wall.reflectance
        )

    assert steepest(Material.SKIN) < 0.6 * steepest(Material.SOLID)


def test_a_dark_lens_is_what_is_seen_and_a_clear_one_is_looked_through(renderer):
    """Under 30 % transmission the label is the lens; above, the thing behind it."""
    wall = square((0, 0, 0), 60, What.SKIN, Material.SKIN)
    for transmission, label in ((0.1, What.LENS), (0.9, What.SKIN)):
        lens = square((0, 0, 20), 15, What.LENS, Material.LENS, tone=(transmission, 1.0))
        layers = renderer.draw([lens, wall], FRONT, EVEN, LOOK)
        assert layers.labels[60, 80] == label
        assert layers.labels[60, 91] == What.SKIN


@pytest.mark.parametrize("material", [m for m in Material if m not in (Material.STRAND, Material.EYE)])
def test_every_pixel_has_light_that_is_a_number(renderer, material):
    """Seen square on, edge on or from behind, with normals along the line of sight."""
    parts = [square((0, 0, 0), 20, What.PHONE, material)]
    for turn in ((1, 0, 0), (0, 0, 1), (0.7, 0, -0.7)):
        across = np.asarray(turn, float)
        pose = np.eye(4)
        pose[:3, :3] = np.stack([np.cross([0, 1, 0], across), [0, 1, 0], across], axis=1)
        posed = [replace(part, pose=pose) for part in parts]
        light = renderer.draw(posed, FRONT, replace(Light(), sun=1.0, sky=1.0, headlights=1.0), LOOK).light
        assert np.isfinite(light).all()
        assert light.min() >= 0.0


def test_a_dark_lens_swallows_light(renderer):
    """What is behind shows by the lens's transmission, less what it mirrors."""
    wall = square((0, 0, 0), 60)
    lens = square((0, 0, 20), 15, What.LENS, Material.LENS, tone=(0.5, 1.0))
    light = Light(lamps=(Lamp((200.0, 0.0, 600.0)),), ambient=0.0)
    bare, seen = (renderer.draw(parts, FRONT, light, LOOK).light[60, 80] for parts in ([wall], [wall, lens]))
    assert seen / bare == pytest.approx(0.48, abs=0.05)


def strand(half_width_mm):
    side = np.array([[-1, 0], [1, 0], [-1, 1], [1, 1]], np.float32)
    positions = np.array([[0.3, -40, 5], [0.3, -40, 5], [0.3, 40, 5], [0.3, 40, 5]], np.float32)
    tone = np.tile(np.array([half_width_mm, 1.0], np.float32), (4, 1))
    tangents = np.tile(np.array([0, 1, 0], np.float32), (4, 1))
    triangles = np.array([[0, 1, 2], [1, 3, 2]], np.int32)
    return Part(What.HAIR, Material.STRAND, Geometry(positions, tangents, triangles, positions, side, tone), 0.0)


@pytest.mark.parametrize("half_width_mm", [0.2, 1.0, 4.0])
def test_a_strand_hides_as_much_as_it_is_wide(renderer, half_width_mm):
    """However thin: a hair under a pixel fades, it does not break into dots."""
    wall = square((0, 0, 0), 90)
    bare, haired = (renderer.draw(p, FRONT, EVEN, LOOK).light for p in ([wall], [wall, strand(half_width_mm)]))
    hidden = 1.0 - haired / np.maximum(bare, 1e-6)
    rows = hidden[52:68, 60:100].sum(axis=1)
    wide_px = 2 * half_width_mm * FRONT.focal_px / 595.0
    assert rows.mean() == pytest.approx(wide_px, rel=0.25)
    assert np.ptp(rows) < 0.05


def test_labels_under_strands_share_out_evenly(renderer):
    """Hair that covers a fifth of a pixel is the label of about a fifth of such pixels."""
    labels = renderer.draw([square((0, 0, 0), 90), strand(0.35)], FRONT, EVEN, LOOK).labels
    share = (labels[48:72] == What.HAIR).sum() / 24
    assert share == pytest.approx(2 * 0.35 * FRONT.focal_px / 595.0, abs=0.12)


def test_strands_that_a_wall_hides_are_not_drawn_and_the_others_come_farthest_first():
    """In front of the wall: kept, in order. Well behind it, or beside the picture: left out."""
    wall_mm, size = 600.0, (160, 120)
    stored = np.full((120, 160), (FAR_MM - FAR_MM * NEAR_MM / wall_mm) / (FAR_MM - NEAR_MM), np.float32)
    steps = [(0, 0, 40), (0, 0, 5), (10, 0, 90), (0, 0, -100), (900, 0, 20), (0, 0, 700)]
    corners = np.array([np.add(at, offset) for at in steps for offset in ((0, 0, 0), (1, 0, 0), (0, 1, 0))])
    part = Part(What.HAIR, Material.STRAND, geometry(corners, np.arange(18).reshape(-1, 3)))
    kept = worth_drawing(part, clip_matrix(FRONT, whole(FRONT)), far_cells(stored), size)
    assert kept[:, 0].tolist() == [3, 0, 6]


def ball(pose):
    around, polar = np.meshgrid(np.linspace(0, 2 * np.pi, 24, endpoint=False), np.linspace(0.0, 1.8, 12))
    sides = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], -1)
    directions = sides.reshape(-1, 3).astype(np.float32)
    index = np.arange(len(directions)).reshape(12, 24)
    following = np.roll(index, -1, 1)
    quads = np.stack([index[:-1], index[1:], following[1:], following[:-1]], -1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    flat, tone = np.zeros((len(directions), 2), np.float32), np.ones((len(directions), 2), np.float32)
    return Part(
        What.EYE_LEFT, Material.EYE, Geometry(directions * 12, directions, triangles, directions, flat, tone), pose=pose
    )


def test_an_eye_is_found_from_its_vertices():
    """Centre, turn and radius come back, whether they are in the pose or in the vertices."""
    pose = np.eye(4)
    pose[:3, :3] = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    pose[:3, 3] = 31.0, 2.0, -9.0
    eye = ball(pose)
    carried = eye.geometry.positions_mm @ pose[:3, :3].T.astype(np.float32) + pose[:3, 3].astype(np.float32)
    for part in (eye, replace(eye, pose=None, geometry=replace(eye.geometry, positions_mm=carried))):
        frame, radius = eye_frame(part)
        assert radius == pytest.approx(12.0, abs=1e-3)
        assert np.allclose(frame[:3, 3], pose[:3, 3], atol=1e-3)
        assert np.allclose(frame[:3, 2], 12 * pose[:3, 2], atol=1e-3)


def test_the_pupil_is_dark_and_shines_where_the_lamp_is_on_the_axis(fine):
    """Dark pupil with a lamp aside, bright pupil with one beside the lens and the retina's mirror on."""
    close = replace(FRONT, focal_px=3000.0)
    aside = Light(lamps=(Lamp((120.0, 0.0, 600.0)),), ambient=0.0)
    on_axis = Light(lamps=(Lamp((0.0, 2.0, 605.0)),), ambient=0.0)
    eye = ball(np.eye(4))
    beside_glint = np.s_[60:63, 87:90]

    def pupil(light, bright):
        return fine.draw([eye], close, light, replace(LOOK, bright_pupil=bright)).light[beside_glint].mean()

    assert pupil(aside, bright=False) < 0.05
    assert pupil(on_axis, bright=True) > 0.5


def test_a_lamp_leaves_one_sharp_glint_on_the_eye(fine):
    """Small and brighter than anything around it, on the side of the lamp."""
    close = replace(FRONT, focal_px=1500.0)
    light = Light(lamps=(Lamp((150.0, 0.0, 600.0)),), ambient=0.0)
    picture = fine.draw([ball(np.eye(4))], close, light, LOOK).light
    bright = np.argwhere(picture > 1.0)
    assert 1 <= len(bright) <= 16
    assert bright[:, 1].mean() > 80


def test_a_close_look_at_labels_agrees_with_the_picture(renderer):
    """The window of labels is centred where it was asked to be, and finer."""
    middle = (20.0, 10.0, 0.0)
    part = square(middle, 3.0, What.EYE_LEFT)
    centre = project(middle, CAMERA)
    labels = renderer.label_window([part], CAMERA, (centre[0], centre[1]), (6.0, 4.0), 20.0)
    assert labels.shape == (80, 120)
    assert np.abs(centroid(labels, What.EYE_LEFT) - (59.5, 39.5)).max() < 1.0


def test_five_hundred_pictures_leave_nothing_behind():
    """What is drawn once and dropped is freed: the process does not grow."""
    small = Renderer(16, 12, supersample=1)

    def some(count):
        for _ in range(count):
            count_of = 60
            grid = np.random.default_rng(1).random((count_of * count_of, 3)) * 50
            small.draw([Part(What.CABIN, Material.SOLID, geometry(grid, [(0, 1, 2)]))], FRONT, EVEN, LOOK)
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = some(50)
    assert some(450) - before < 20_000  # KiB; kept buffers alone would be 80 MB


def test_without_egl_one_line_says_what_to_install():
    """A machine without a graphics library: no traceback of a foreign class, but the remedy."""
    code = (
        "import moderngl, simulator.render.device as d\n"
        "def missing(*a, **k): raise Exception('libEGL.so:\\n cannot open')\n"
        "moderngl.create_context = missing\n"
        "try: d.device()\n"
        "except d.SimulatorError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.count("\n") == 1
    for word in ("libegl1", "libegl-mesa0", "libgl1-mesa-dri", "[sim]"):
        assert word in run.stdout
