"""A driver's body: an identity's mesh, rig, lids and eyes, posed for one moment.

Knows how the rooms of this folder work together. Must not know light, cameras, hair or what is worn.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from simulator.body import eyes, lids, rig, shade, source
from simulator.body.arms import Arms, Placed
from simulator.body.figure import Figure, figure
from simulator.body.gestures import Face
from simulator.body.landmarks import landmarks
from simulator.body.lids import Margins
from simulator.body.mesh import MATERIALS, Slice
from simulator.body.posture import turns as posture
from simulator.body.rig import Points, Rotation
from simulator.body.source import Integers
from simulator.body.surface import Surface, surface
from simulator.body.units import checked, looking
from simulator.types import Anchors, Array, Geometry, Identity, Material, Matrix, Moment, Part, Posed, What

HANDS = (What.HAND_LEFT, What.HAND_RIGHT)
EYES = (What.EYE_LEFT, What.EYE_RIGHT)
PARTED_MM = 9.0  # gap of the lips from which on light falls freely into the mouth
MOUTH_REFLECTANCE, EYE_REFLECTANCE = 0.5, 0.6
LOOKS = {  # weight and roughness of the specular lobe
    Material.SKIN: (0.35, 0.45),
    Material.WET: (0.8, 0.25),
    Material.FABRIC: (0.0, 0.9),
    Material.EYE: (1.0, 0.1),
}


class Body:
    """One identity, ready to be posed.

    Args:
        identity: who.
        detail: 0 the base mesh (draft), 1 one Catmull–Clark level.
    """

    def __init__(self, identity: Identity, *, detail: int = 1) -> None:
        self.identity, self.detail = identity, detail
        self.figure: Figure = figure(identity, detail)
        mesh, kept = self.figure.mesh, self.figure.kept_mm
        resting = mesh.surface(kept)
        self._rest = resting[mesh.rows]
        shades = np.column_stack([*self.figure.openness, self.figure.tint])
        self._shades = mesh.surface(shades)[mesh.rows]  # (n, 3): closed, parted, tint
        self._marks = mesh.place_of(landmarks())
        self._ears = np.flatnonzero(source.load().regions["ears"][mesh.kept] > 0.5)
        self._arms = Arms(self.figure.skeleton, self._hands())
        self.rest: Geometry = self._geometry(mesh.slices[0], resting, mesh.normals(resting), self._tone(kept))

    @cached_property
    def surface(self) -> Surface:
        """The skin's vertices on the base mesh, and their regions."""
        return surface(self.figure.mesh)

    def pose(self, moment: Moment) -> Posed:
        """The body at this moment, in the seat frame.

        Raises:
            SimulatorError: a face unit that does not exist or that follows lids or gaze.
        """
        mesh, skeleton = self.figure.mesh, self.figure.skeleton
        turns, moves = posture(moment, skeleton)
        looks = eyes.turns(turns["head"], moment.gaze_deg, self.figure.sockets.centres_mm)
        points = self._expressed(moment, looks)
        head = self._head(turns, moves)
        turns |= self._arm_turns(moment, points, head, turns, moves)
        rotations, heads = skeleton.place(turns, moves)
        transforms = skeleton.transforms(rotations, heads)
        placed = mesh.surface(rig.skin(self.figure.weights, transforms, points))
        normals = mesh.normals(placed)
        tone = self._tone(points)
        parts = [self._part(piece, self._geometry(piece, placed, normals, tone)) for piece in mesh.slices]
        balls = [head @ eyes.frame(look, centre) for look, centre in zip(looks, self._centres, strict=True)]
        parts += [self._eye(side, balls[side], looks[side], points) for side in (0, 1)]
        palms = self._palms(rotations, heads)
        return Posed(tuple(parts), self._anchors(head, balls, placed, normals, palms))

    def lid_margins(self, skin: Geometry) -> tuple[Margins, Margins]:
        """The left and the right eye's margins on a skin with this body's vertices, in that skin's frame."""
        left, right = (lids.margins(skin.positions_mm[ring]) for ring in self._rings)
        return left, right

    # --- the face ------------------------------------------------------------------------------------------------

    @property
    def _centres(self) -> eyes.Points:
        return self.figure.sockets.centres_mm

    @cached_property
    def _rings(self) -> tuple[Integers, Integers]:
        """The front margin loops among the vertices of the skin's Geometry."""
        rows = self._skin_rows
        order = np.argsort(rows, kind="stable")
        places = [self.figure.mesh.place_of(loop.front) for loop in lids.loops()]
        left, right = (order[np.searchsorted(rows[order], place)].astype(np.int32) for place in places)
        return left, right

    @property
    def _skin_rows(self) -> Integers:
        """Surface vertices of the skin part."""
        piece = self.figure.mesh.slices[0]
        return self.figure.mesh.rows[piece.first : piece.last]

    def _expressed(self, moment: Moment, looks: list[Rotation]) -> Array:
        """Kept vertices with the face's expression and the lids, at the resting pose."""
        rest, units = self.figure.kept_mm, self.figure.units
        points: Array = rest.copy()
        units.add(points, checked(moment.units))
        units.add(points, looking(looks))
        for eye, look, closure in zip(self.figure.lids, looks, moment.closure, strict=True):
            shift = (points[eye.index] - rest[eye.index]).astype(np.float64)
            points[eye.index] = eye.move(shift, closure, look[:, 2])
        return points

    # --- arms and hands -------------------------------------------------------------------------------------------

    def _hands(self) -> tuple[Array, Array]:
        """Resting vertices of the left and the right hand."""
        rest = [self._rest[piece.first : piece.last] for piece in self.figure.mesh.slices if piece.what in HANDS]
        return rest[0], rest[1]

    def _head(self, turns: dict[str, Rotation], moves: dict[str, Points]) -> Matrix:
        """Head frame → seat frame."""
        skeleton = self.figure.skeleton
        rotations, heads = skeleton.place(turns, moves)
        bone = rig.row("head")
        return eyes.frame(rotations[bone], heads[bone] - rotations[bone] @ skeleton.heads_mm[bone])

    def _arm_turns(
        self, moment: Moment, points: Array, head: Matrix, turns: dict[str, Rotation], moves: dict[str, Points]
    ) -> dict[str, Rotation]:
        body = Placed(*self.figure.skeleton.place(turns, moves))
        hands = (moment.left_hand, moment.right_hand)
        return self._arms.turns(hands, self._faces(points), head, body)

    def _faces(self, points: Array) -> tuple[Face, Face]:
        """The expressed face as the left and the right hand see it."""
        marks = points[self._marks].astype(np.float64)
        ears = points[self._ears].astype(np.float64)
        found = []
        for side, sign in ((0, 1.0), (1, -1.0)):
            ear = ears[sign * ears[:, 0] > 0].mean(0)
            places = np.stack([marks[48:60].mean(0), marks[8], self._centres[side], ear])
            if side == 0:
                places[:, 0] *= -1
            found.append(Face(*places))
        return found[0], found[1]

    def _palms(self, rotations: Points, heads: Points) -> tuple[Matrix, Matrix]:
        found = []
        for hand in self._arms.hands:
            bone = rig.row(f"wrist.{hand.side}")
            middle = heads[bone] + rotations[bone] @ (hand.middle - hand.wrist)
            found.append(eyes.frame(rotations[bone] @ hand.axes, middle))
        return found[0], found[1]

    # --- parts ---------------------------------------------------------------------------------------------------

    def _tone(self, points: Array) -> Array:
        """Ambient light and tint of all drawn vertices: the mouth brightens as the lips part."""
        upper, lower = points[self._marks[[62, 66]], 1]
        closed, parted, tint = self._shades.T
        light = closed + (parted - closed) * np.clip((upper - lower) / PARTED_MM, 0.0, 1.0)
        return np.stack([light, tint], 1)

    def _geometry(self, piece: Slice, placed: Array, normals: Array, tone: Array) -> Geometry:
        span = slice(piece.first, piece.last)
        rows = self.figure.mesh.rows[span]
        return Geometry(placed[rows], normals[rows], piece.triangles, self._rest[span], piece.uv, tone[span])

    def _part(self, piece: Slice, geometry: Geometry) -> Part:
        material = MATERIALS.get(piece.what, Material.SKIN)
        reflectance = {
            Material.SKIN: self.identity.skin_reflectance,
            Material.WET: MOUTH_REFLECTANCE,
            Material.FABRIC: self.identity.clothes_reflectance,
        }[material]
        return Part(piece.what, material, geometry, reflectance, *LOOKS[material])

    def _eye(self, side: int, place: Matrix, look: Rotation, points: Array) -> Part:
        ball, eye = eyes.globe(), self.figure.lids[side]
        sizes = eyes.radius(eye.radius_mm, ball.directions[:, 2].astype(np.float64))
        positions = ball.directions * sizes[:, None].astype(np.float32)
        seen = shade.eye_openness(positions @ look.T + eye.centre, *eye.edges(points))
        tone = np.column_stack([seen, np.ones_like(seen)])
        uv = np.zeros((len(positions), 2), np.float32)
        geometry = Geometry(positions, eyes.normals(eye.radius_mm), ball.triangles, ball.directions, uv, tone)
        return Part(EYES[side], Material.EYE, geometry, EYE_REFLECTANCE, *LOOKS[Material.EYE], place, shadow=False)

    # --- anchors -------------------------------------------------------------------------------------------------

    def _anchors(
        self, head: Matrix, balls: list[Matrix], placed: Array, normals: Array, palms: tuple[Matrix, Matrix]
    ) -> Anchors:
        axes = np.stack([ball[:3, 2] for ball in balls])
        mean = axes.mean(0)
        return Anchors(
            head=head,
            eye_centres_mm=np.stack([ball[:3, 3] for ball in balls]).astype(np.float32),
            eye_radius_mm=self.figure.sockets.radius_mm,
            eye_axes=axes.astype(np.float32),
            landmarks_mm=placed[self._marks],
            landmark_normals=normals[self._marks],
            palms=palms,
            gaze=(mean / np.linalg.norm(mean)).astype(np.float32),
        )
