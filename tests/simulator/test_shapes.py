"""Shapes of few numbers: closed, wound outward, lit from where their fronts are."""

import numpy as np
import pytest

from simulator.cabin import shapes


def volume(shape):
    corners = shape.positions_mm[shape.triangles].astype(float)
    return float(np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6)


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


def test_lamps_outside_have_no_edge():
    """Brightness falls to next to nothing at the rim, without a step."""
    lamp = shapes.glow(50.0)
    away = np.linalg.norm(lamp.positions_mm, axis=1)
    order = np.argsort(away, kind="stable")
    bright = lamp.tone[order, 1]
    assert bright[0] == 1.0
    assert bright[-1] < 0.05
    assert np.abs(np.diff(bright)).max() < 0.3
