"""The cabin's stories: shapes are solid, things fit their wearer, cameras see the driver, light is smooth."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from simulator.body import identity as identities
from simulator.body.body import Body
from simulator.body.wheel import WHEEL
from simulator.cabin import glasses, light, setting, shapes
from simulator.cabin.headform import headform
from simulator.cabin.interior import Interior
from simulator.cabin.light import Change, Levels, LightSchedule, Passing
from simulator.cabin.things import Things
from simulator.render.camera import project
from simulator.types import (
    Daytime,
    Gesture,
    Glasses,
    Hand,
    Light,
    Moment,
    Place,
    Setting,
    SimulatorError,
    Wearing,
    What,
)

PEOPLE = (0, 1, 4)


@lru_cache(maxsize=4)
def dressed(seed):
    """One driver's body, things and resting pose."""
    who = identities.sample(seed)
    body = Body(who, detail=0)
    return body, Things(body, who), body.pose(Moment())


@lru_cache(maxsize=4)
def measured(seed):
    body, _, rest = dressed(seed)
    return headform(body.rest, rest.anchors.eye_centres_mm, rest.anchors.eye_radius_mm)


def of(parts, what):
    return [part for part in parts if part.what is what]


def volume(shape):
    corners = shape.positions_mm[shape.triangles].astype(float)
    return float(np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6)


# --- shapes ------------------------------------------------------------------------------------------------------

SOLIDS = {
    "box": (shapes.rounded_box((10, 20, 30), 4, steps=6), 46400),
    "ellipsoid": (shapes.superellipsoid((10, 20, 30), rows=60, columns=80), 4 / 3 * np.pi * 6000),
    "tube": (shapes.tube([[0, 0, 0], [0, 0, 5], [0, 0, 10]], 2.0, sides=60), np.pi * 40),
    "ring": (
        shapes.tube(np.c_[shapes.ring(100, 100, count=90), np.zeros(90)], 5, closed=True, sides=60),
        2 * np.pi**2 * 1250,
    ),
    "mirrored": (shapes.mirrored(shapes.rounded_box((10, 20, 30), 4, steps=6)), 46400),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_solid_shapes_enclose_their_volume_from_outside(name):
    """A shape wound inside out would have a negative volume, one with a hole a wrong one."""
    shape, wanted = SOLIDS[name]
    assert volume(shape) == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize("name", SOLIDS)
def test_normals_agree_with_the_winding(name):
    """Light and winding tell the same outside."""
    shape, _ = SOLIDS[name]
    corners = shape.positions_mm[shape.triangles].astype(float)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    real = np.linalg.norm(faces, axis=1) > 1e-6
    assert (np.einsum("ij,ij->i", faces, shape.normals[shape.triangles].mean(1))[real] > 0).all()
    np.testing.assert_allclose(np.linalg.norm(shape.normals, axis=1), 1.0, atol=1e-4)


# --- glasses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", PEOPLE)
@pytest.mark.parametrize("kind", [Glasses.CLEAR, Glasses.SUN_NIR])
def test_glasses_of_every_style_stay_clear_of_skin_and_lashes(seed, kind):
    """Lenses lie before brows, cheeks and lashes of whoever wears them."""
    form = measured(seed)
    for style in range(6):
        frame, lens = glasses.fitted(form, kind, style)
        points = lens.geometry.positions_mm
        beside_nose = np.abs(points[:, 0]) > 14
        skin = form.front.at(points[:, 0], points[:, 1])
        assert (points[:, 2] - skin)[beside_nose].min() > 0.5
        assert (
            points[np.hypot(np.abs(points[:, 0]) - form.eyes_apart_mm / 2, points[:, 1]) < 8, 2].min()
            > form.cornea_mm + 7
        )
        assert lens.geometry.tone[:, 0].max() == pytest.approx(glasses.TRANSMISSION[kind])
        assert frame.what is What.GLASSES


@pytest.mark.parametrize("seed", PEOPLE)
def test_temples_reach_behind_the_ears(seed):
    """The frame ends behind both ears, at the ears' height."""
    form = measured(seed)
    frame, _ = glasses.fitted(form, Glasses.CLEAR, 1)
    tips = frame.geometry.positions_mm[frame.geometry.positions_mm[:, 2] < form.ear_mm[2] - 5]
    assert set(np.sign(tips[:, 0])) == {-1.0, 1.0}
    assert tips[:, 1].min() < form.ear_mm[1] < form.ear_high_mm + 3


def test_no_glasses_are_nothing():
    """Glasses.NONE draws no part."""
    assert glasses.fitted(measured(0), Glasses.NONE, 3) == ()


# --- mask and cap --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", PEOPLE)
@pytest.mark.parametrize("jaw", [0.0, 0.9])
def test_a_mask_hides_nose_mouth_and_chin_even_in_a_yawn(seed, jaw):
    """No landmark of nose tip, lips or chin comes through the cloth."""
    body, things, _ = dressed(seed)
    moment = Moment(units={"jawOpen": jaw}, wearing=Wearing(mask=True))
    posed = body.pose(moment)
    (mask,) = of(things.parts(posed, moment), What.MASK)
    cloth = mask.geometry.positions_mm[: 41 * 57] @ mask.pose[:3, :3].T + mask.pose[:3, 3]
    for point in posed.anchors.landmarks_mm[[30, 33, 48, 51, 54, 57, 8]]:
        near = cloth[np.argsort(((cloth - point)[:, :2] ** 2).sum(1))[:4]]
        assert near[:, 2].max() > point[2]


def test_a_mask_follows_the_jaw_and_its_nose_stays():
    """When the jaw drops, the lower border goes with it, the upper one does not."""
    body, things, _ = dressed(0)
    shut = Moment(wearing=Wearing(mask=True))
    wide = replace(shut, units={"jawOpen": 1.0})
    sheets = [
        of(things.parts(body.pose(m), m), What.MASK)[0].geometry.positions_mm[: 41 * 57].reshape(41, 57, 3)
        for m in (shut, wide)
    ]
    assert (sheets[0][-1, 28, 1] - sheets[1][-1, 28, 1]) > 8
    assert np.abs(sheets[0][0, 28] - sheets[1][0, 28]).max() < 2


def test_a_masks_border_is_a_smooth_curve():
    """Neighbouring steps along the border never turn by more than the corners' angle."""
    _, things, rest = dressed(1)
    (mask,) = of(things.parts(rest, Moment(wearing=Wearing(mask=True))), What.MASK)
    sheet = mask.geometry.positions_mm[: 41 * 57].reshape(41, 57, 3)
    for line in (sheet[0], sheet[-1]):
        steps = shapes.unit(np.diff(line, axis=0))
        assert np.rad2deg(np.arccos(np.clip((steps[1:] * steps[:-1]).sum(1), -1, 1))).max() < 22


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_cap_covers_the_skull_and_leaves_the_eyes_free(seed):
    """Nothing of the crown is under the skin; the brim starts above the brows."""
    _, things, rest = dressed(seed)
    form = measured(seed)
    crown, brim = of(things.parts(rest, Moment(wearing=Wearing(cap=True))), What.CAP)
    assert crown.geometry.positions_mm[:, 1].max() > form.crown_mm
    assert brim.geometry.positions_mm[:, 2].max() > form.front.at(0.0, 60.0) + 40
    before_eyes = np.abs(brim.geometry.positions_mm[:, 0]) < 50
    assert brim.geometry.positions_mm[before_eyes, 1].min() > 14
    wide = np.abs(crown.geometry.positions_mm[:, 0]).max()
    assert wide > form.side.at(-60.0, 60.0)


# --- hands ---------------------------------------------------------------------------------------------------------


def test_a_phone_comes_and_goes_with_the_hand_that_holds_it():
    """It is there while the gesture is on its way or done, in that hand's palm, and nowhere else."""
    body, things, _ = dressed(0)
    for hand, there in (
        (Hand(Gesture.PHONE_EAR, Gesture.WHEEL, 0.5), True),
        (Hand(Gesture.WHEEL, Gesture.PHONE_EAR, 0.5), True),
        (Hand(), False),
        (Hand(Gesture.PHONE_EAR, Gesture.WHEEL, 0.0), False),
    ):
        moment = Moment(right_hand=hand)
        posed = body.pose(moment)
        phones = of(things.parts(posed, moment), What.PHONE)
        assert bool(phones) is there
        for part in phones:
            middle = part.pose[:3, 3]
            assert np.linalg.norm(middle - posed.anchors.palms[1][:3, 3]) < 60


def test_food_is_held_only_to_eat():
    """Eating shows food and no phone."""
    body, things, _ = dressed(0)
    moment = Moment(left_hand=Hand(Gesture.EAT, Gesture.WHEEL, 1.0))
    shown = {part.what for part in things.parts(body.pose(moment), moment)}
    assert What.FOOD in shown
    assert What.PHONE not in shown


def test_what_does_not_change_is_the_same_object():
    """The renderer uploads a geometry once; a copy each frame would cost it dearly."""
    _, things, rest = dressed(0)
    moment = Moment(wearing=Wearing(Glasses.CLEAR, cap=True))
    first, second = (things.parts(rest, moment) for _ in range(2))
    kept = (What.GLASSES, What.LENS, What.CAP)
    assert all(a.geometry is b.geometry for a, b in zip(first, second, strict=True) if a.what in kept)
    room = Interior(Setting())
    for a, b in zip(room.parts(0.0, Light()), room.parts(1.0, Light()), strict=True):
        assert a.geometry is b.geometry


# --- belt and interior ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [True, False])
def test_the_belt_comes_over_the_outer_shoulder_and_lies_on_the_chest(left):
    """Its upper end is on the door's side; on the chest it is within a centimetre of the clothes."""
    body, _, rest = dressed(0)
    things = Things(body, body.identity, driver_side_left=left)
    (belt,) = of(things.parts(rest, Moment()), What.BELT)
    line = belt.geometry.positions_mm.reshape(-1, 5, 3)[:, 2]
    assert np.sign(line[0, 0]) == (1 if left else -1)
    assert np.sign(line[-1, 0]) == (-1 if left else 1)
    (clothes,) = of(rest.parts, What.CLOTHES)
    chest = line[(line[:, 1] < -190) & (line[:, 1] > -330)]
    gaps = np.sqrt(((chest[:, None] - clothes.geometry.positions_mm[None]) ** 2).sum(-1)).min(1)
    assert gaps.max() < 25  # vertices stand up to 30 mm apart


def test_the_belt_goes_with_a_leaning_body_but_not_its_anchor():
    """Leaning forward pulls the belt out of the pillar."""
    body, things, rest = dressed(0)
    leaning = Moment(lean_mm=(0.0, -10.0, 120.0))
    ends = [
        of(things.parts(p, m), What.BELT)[0].geometry.positions_mm.reshape(-1, 5, 3)
        for p, m in ((rest, Moment()), (body.pose(leaning), leaning))
    ]
    moved = np.linalg.norm(ends[1][:, 2] - ends[0][:, 2], axis=1)
    assert moved[0] == pytest.approx(0.0, abs=0.1)
    assert moved[20:50].max() > 30


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


# --- cameras -------------------------------------------------------------------------------------------------------


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


def test_lamps_outside_have_no_edge():
    """Brightness falls to next to nothing at the rim, without a step."""
    lamp = shapes.glow(50.0)
    away = np.linalg.norm(lamp.positions_mm, axis=1)
    order = np.argsort(away, kind="stable")
    bright = lamp.tone[order, 1]
    assert bright[0] == 1.0
    assert bright[-1] < 0.05
    assert np.abs(np.diff(bright)).max() < 0.3


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


# --- light ---------------------------------------------------------------------------------------------------------


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
