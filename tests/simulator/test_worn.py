"""What drivers wear and hold fits its wearer, moves with face and hands, and hides what it should."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from simulator.body import identity as identities
from simulator.body.body import Body
from simulator.cabin import glasses, shapes
from simulator.cabin.headform import headform
from simulator.cabin.interior import Interior
from simulator.cabin.things import Things
from simulator.types import Gesture, Glasses, Hand, Light, Moment, Setting, Wearing, What

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


# --- glasses ------------------------------------------------------------------------------------------------------


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


# --- mask and cap -------------------------------------------------------------------------------------------------


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
    assert crown.geometry.positions_mm[:, 1].max() > form.points[:, 1].max()
    assert brim.geometry.positions_mm[:, 2].max() > form.front.at(0.0, 60.0) + 40
    before_eyes = np.abs(brim.geometry.positions_mm[:, 0]) < 50
    assert brim.geometry.positions_mm[before_eyes, 1].min() > 14
    wide = np.abs(crown.geometry.positions_mm[:, 0]).max()
    assert wide > form.side.at(-60.0, 60.0)


# --- hands --------------------------------------------------------------------------------------------------------


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


# --- belt ---------------------------------------------------------------------------------------------------------


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
