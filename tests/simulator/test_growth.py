"""What grows on the synthetic driver: hair is where hair is, follows what moves, and leaves the eyes free."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from simulator.body.body import Body
from simulator.growth.anatomy import anatomy_of
from simulator.growth.follow import Following
from simulator.growth.growth import Growth
from simulator.growth.roots import nearest
from simulator.growth.skin import skin_texture
from simulator.types import Beard, Hair, Identity, Material, Moment, Part, Wearing, What

pytestmark = pytest.mark.simulator

BUDGET = (25_000, 120_000)  # hair triangles, draft and full


STILL = Moment()
BARE = Wearing()


def identity(**changes: object) -> Identity:
    values: dict[str, object] = {
        "seed": 5, "age_years": 35.0, "male": 1.0, "ancestry": (0.0, 0.0, 1.0), "weight": 0.5, "muscle": 0.5,
        "aperture_mm": 9.5, "skin_reflectance": 0.6, "oiliness": 0.4, "wrinkles": 0.6, "hair": Hair.SHORT,
        "hair_reflectance": 0.2, "brow_density": 0.8, "brow_thickness": 1.0, "beard": Beard.NONE,
        "iris_reflectance": 0.3, "pupil_mm": 4.0,
    }  # fmt: skip
    return Identity(**{**values, **changes})  # type: ignore[arg-type]


@cache
def driver(**changes: object) -> tuple[Body, Growth]:
    person = identity(**changes)
    body = Body(person, detail=0)
    return body, Growth(body, person, detail=0)


def grown(moment: Moment = STILL, wearing: Wearing = BARE, **changes: object) -> dict[What, Part]:
    body, growth = driver(**changes)
    return {part.what: part for part in growth.parts(body.pose(moment), wearing)}


def height_of(part: Part) -> np.ndarray:
    return part.geometry.positions_mm[:, 1]


@pytest.mark.parametrize("hair", [style for style in Hair if style is not Hair.NONE])
def test_every_style_covers_the_skull_and_stays_within_its_budget(hair: Hair) -> None:
    """From behind the crown to above the ears there is hair, never more triangles than a frame can bear."""
    parts = grown(hair=hair, male=0.0, age_years=60.0, beard=Beard.FULL)
    points = parts[What.HAIR].geometry.positions_mm
    assert len(points) > 2000
    assert ((points[:, 0] > 30) & (points[:, 2] < -90)).any()
    assert ((points[:, 0] < -30) & (points[:, 2] < -90)).any()
    assert sum(len(part.geometry.triangles) for part in parts.values()) <= BUDGET[0]
    assert np.isfinite(points).all()


def test_a_bald_head_has_no_hair_but_brows_and_lashes() -> None:
    """Hair.NONE leaves the scalp bare."""
    assert set(grown(hair=Hair.NONE)) == {What.BROW, What.LASH}


@pytest.mark.parametrize("seed", range(3))
def test_long_hair_never_hangs_before_the_eyes(seed: int) -> None:
    """An eye behind hair would make the truth about it worthless."""
    for hair in (Hair.LONG, Hair.SHORT):
        points = grown(seed=seed, hair=hair, male=0.0)[What.HAIR].geometry.positions_mm
        before = (np.abs(points[:, 0]) < 46) & (np.abs(points[:, 1]) < 12) & (points[:, 2] > -10)
        assert not before.any()


def test_strands_are_laid_out_as_the_renderer_expects() -> None:
    """Unit tangents, sides −1 and +1, widths in mm above zero, triangles within the vertices."""
    for part in grown(beard=Beard.FULL).values():
        shape = part.geometry
        assert part.material is Material.STRAND
        assert np.linalg.norm(shape.normals, axis=1) == pytest.approx(1.0, abs=1e-3)
        assert set(np.unique(shape.uv[:, 0])) == {-1.0, 1.0}
        assert (shape.tone > 0).all()
        assert shape.triangles.max() < len(shape.positions_mm)


def test_hair_rides_on_the_head_without_being_built_again() -> None:
    """The scalp's geometry is one object over all frames; only its pose changes."""
    body, growth = driver()
    hair = []
    for yaw in (0.0, 40.0):
        posed = body.pose(Moment(head_deg=(yaw, 0.0, 0.0)))
        hair.append(next(part for part in growth.parts(posed, Wearing()) if part.what is What.HAIR))
    assert hair[0].geometry is hair[1].geometry
    assert hair[0].pose is not None
    assert hair[1].pose is not None
    assert not np.allclose(hair[0].pose, hair[1].pose)


def test_upper_lashes_go_down_with_the_closing_lid() -> None:
    """The lid takes its lashes along by most of its aperture."""
    still = grown()[What.LASH]
    shut = grown(Moment(closure=(1.0, 1.0)))[What.LASH]
    fall = height_of(still).max() - height_of(shut).max()
    assert 4.0 < fall < 16.0


def test_lashes_curl_away_from_the_opening() -> None:
    """Towards the tip the upper ones rise and the lower ones fall, on both sides."""
    lashes = grown()[What.LASH].geometry
    place = np.flatnonzero(np.isclose(lashes.uv[:, 1], 1 / 3))  # of a hair's second point; the lid's line has none
    root, first, second, tip = (lashes.positions_mm[place + 2 * k] for k in (-1, 0, 1, 2))
    for side in (1.0, -1.0):
        for lid in (1.0, -1.0):
            row = (root[:, 0] * side > 24) & (root[:, 0] * side < 36) & (root[:, 1] * lid > 2)
            assert row.sum() > 3
            assert np.median((tip - second - (first - root))[row, 1]) * lid > 0.3


def test_brows_rise_with_the_skin() -> None:
    """They are rooted in the skin that browOuterUp lifts."""
    raised = Moment(units={"browOuterUpLeft": 1.0, "browOuterUpRight": 1.0, "browInnerUp": 1.0})
    assert height_of(grown(raised)[What.BROW]).mean() > height_of(grown()[What.BROW]).mean() + 2.0


def test_a_beard_goes_down_with_the_jaw() -> None:
    """It is rooted in the skin of the chin."""
    opened = grown(Moment(units={"jawOpen": 1.0}), beard=Beard.FULL)[What.BEARD]
    assert height_of(opened).mean() < height_of(grown(beard=Beard.FULL)[What.BEARD]).mean() - 3.0


def test_a_cap_hides_the_hair_under_it() -> None:
    """Nothing sticks out above its edge; the hair at the neck stays."""
    free = grown()[What.HAIR].geometry
    capped = grown(wearing=Wearing(cap=True))[What.HAIR].geometry
    drawn = capped.positions_mm[np.unique(capped.triangles)]
    assert free.positions_mm[:, 1].max() > 110
    assert drawn[:, 1].max() < 75
    assert 0 < len(capped.triangles) < len(free.triangles)


def test_only_hair_of_the_head_throws_a_shadow() -> None:
    """Lashes' shadows would blotch the eyes at this resolution."""
    assert {what for what, part in grown(beard=Beard.STUBBLE).items() if part.shadow} == {What.HAIR}


def test_the_same_seed_grows_the_same_hair_and_another_seed_does_not() -> None:
    """Determinism, to the byte."""
    first, other = grown(), grown(seed=6)
    driver.cache_clear()
    again = grown()
    for what, part in first.items():
        assert part.geometry.positions_mm.tobytes() == again[what].geometry.positions_mm.tobytes()
    assert first[What.BROW].geometry.positions_mm.tobytes() != other[What.BROW].geometry.positions_mm.tobytes()


def texture_at(picture: np.ndarray, body: Body, base_mm: tuple[float, float, float]) -> np.ndarray:
    """Texels round the skin's vertex nearest to a place of the mean face."""
    row = np.linalg.norm(body.surface.base_mm - (0.0, 728.4, 124.5) - np.array(base_mm), axis=1).argmin()
    column, line = (body.rest.uv[row] * len(picture)).astype(int)
    return picture[line - 1 : line + 2, column - 1 : column + 2].reshape(-1, 4)


def test_the_skin_is_dark_under_hair_and_at_the_lids_and_near_one_on_the_cheek() -> None:
    """The scalp never shines through, shut lids keep a dark line, and NIR skin is even elsewhere."""
    person = identity()
    body = Body(person, detail=0)
    picture = skin_texture(body, person, 512)
    assert picture.shape == (512, 512, 4)
    assert picture.dtype == np.float32
    cheek, crown = texture_at(picture, body, (45, -25, 5)), texture_at(picture, body, (0, 118, -70))
    lid = texture_at(picture, body, (31, 4.6, 14.8))
    assert cheek[:, 0].mean() == pytest.approx(1.0, abs=0.1)
    assert crown[:, 0].mean() < 0.5
    assert lid[:, 0].min() < 0.6


def test_an_old_skin_is_furrowed_and_a_smooth_one_is_not() -> None:
    """Wrinkles are height in mm, and scale with the identity's number."""
    depths = []
    for wrinkles in (0.0, 1.0):
        person = identity(wrinkles=wrinkles)
        depths.append(-skin_texture(Body(person, detail=0), person, 512)[..., 2].min())
    assert depths[0] < 0.15
    assert depths[1] > 0.4


def test_the_nose_is_oilier_than_the_jaw() -> None:
    """The T-zone shines."""
    person = identity()
    body = Body(person, detail=0)
    picture = skin_texture(body, person, 512)
    assert (
        texture_at(picture, body, (0, -20, 36))[:, 1].mean()
        > texture_at(picture, body, (60, -70, -20))[:, 1].mean() + 0.3
    )


def test_strands_turn_with_the_skin_they_are_rooted_in() -> None:
    """A face turned to the side carries its brows along as if they were drawn on it, directions included."""
    body, _ = driver()
    anatomy, rng = anatomy_of(body), np.random.default_rng(0)
    roots = nearest(np.array([[30.0, 21.0, 10.0], [0.0, 60.0, 10.0]]), anatomy.rest_mm, body.rest.triangles)
    courses = rng.normal(0, 3, (2, 5, 3)).astype(np.float32)
    strands = Following(roots, courses, anatomy, 0.1, rng)
    turn = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]], np.float32)
    rest, turned = (strands.geometry(skin).positions_mm for skin in (anatomy.rest_mm, anatomy.rest_mm @ turn.T))
    assert turned == pytest.approx(rest @ turn.T, abs=0.05)
