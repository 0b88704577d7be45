"""Find, follow, measure: with scripted networks, so that each story says what the networks saw."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from vision import observer as observer_module
from vision.observer import Observer
from vision.types import CameraView, FaceObservation, Frame, NoFrame, Reason, Side

UNIT_FACE = np.zeros((68, 2), np.float32)
UNIT_FACE[:17, 0], UNIT_FACE[:17, 1] = np.linspace(-0.6, 0.6, 17), 0.6 * np.sin(np.linspace(0, np.pi, 17))
UNIT_FACE[17:27, 0], UNIT_FACE[17:27, 1] = np.linspace(-0.5, 0.5, 10), -0.6
UNIT_FACE[36:42] = np.array([[-0.4, 0], [-0.3, -0.04], [-0.2, -0.04], [-0.15, 0], [-0.2, 0.04], [-0.3, 0.04]])
UNIT_FACE[42:48] = np.array([[0.15, 0], [0.2, -0.04], [0.3, -0.04], [0.4, 0], [0.3, 0.04], [0.2, 0.04]])
UNIT_FACE[36:48, 1] -= 0.2
UNIT_FACE[48], UNIT_FACE[54] = (-0.2, 0.35), (0.2, 0.35)


class Networks:
    """What each network answers now, and how often it was asked."""

    def __init__(self) -> None:
        self.faces: list[tuple[int, int, float]] = [(9, 12, 3.0)]  # row, column, log size in cells
        self.finder_logit = 3.0
        self.presence = 4.0
        self.head = (0.2, -0.1, 0.0)
        self.eyes = ((1.0, -5.0, 5.0), (0.0, 5.0, 5.0))  # left, right: openness, closed, visible
        self.gaze = ((0.4, -0.2), (0.8, 0.2))  # left, right: yaw, pitch in units of 45 degrees
        self.glasses = (-5.0, -5.0)  # as each eye sees it
        self.doubts_deg = (6.0, 6.0)  # expected errors of the gaze
        self.covers = (-5.0, -5.0, -5.0, -5.0, -5.0)
        self.heads_told: list[np.ndarray] = []  # what the eye network was told of the head
        self.asked = dict.fromkeys(("finder", "face", "eyes", "affect"), 0)

    def load(self, name: str, *_args: object, **_kwargs: object) -> _Network:
        return _Network(name, self)

    def finder(self, _inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        drawn = np.full((1, 5, 18, 24), -9.0, np.float32)
        for row, column, size in self.faces:
            drawn[0, :, row, column] = (self.finder_logit, 0.0, 0.0, size / 2, size / 2)
        return (drawn,)

    def face(self, _inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        head = np.array([self.head], np.float32)
        points = UNIT_FACE.reshape(1, 136)
        return points, head, np.array([[0.3]]), np.array([[self.presence]]), np.array([self.covers])

    def eyes_(self, _inputs: np.ndarray, heads: np.ndarray) -> tuple[np.ndarray, ...]:
        self.heads_told.append(heads)
        both = np.array(self.eyes, np.float32)
        gaze, iris, glasses = np.array(self.gaze, np.float32), np.zeros((2, 2)), np.array(self.glasses)[:, None]
        doubts = np.log(np.array(self.doubts_deg) / 45)[:, None]
        return both[:, 0:1], both[:, 1:2], both[:, 2:3], gaze, iris, glasses, doubts

    def affect(self, _inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.array([[0, 0, 0, 5.0, 0, 0, 0]], np.float32),)


class _Network:
    def __init__(self, name: str, script: Networks) -> None:
        self.name, self.script = name, script

    def run(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        self.script.asked[self.name] += 1
        return getattr(self.script, "eyes_" if self.name == "eyes" else self.name)(*inputs)


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> Networks:
    script = Networks()
    monkeypatch.setattr(observer_module, "load", script.load)
    return script


def noise(mean: float = 120.0, spread: float = 40.0, shape: tuple[int, int] = (480, 640)) -> np.ndarray:
    return np.clip(np.random.default_rng(2).normal(mean, spread, shape), 0, 255).astype(np.uint8)


def frame(t_s: float, grey: np.ndarray | None = None, **view: object) -> Frame:
    return Frame(t_s, round(t_s * 30), noise() if grey is None else grey, CameraView(**view))


def _tilted(face: Callable[..., tuple[np.ndarray, ...]], spin: np.ndarray) -> Callable[..., tuple[np.ndarray, ...]]:
    """The scripted face once the picture was turned; the patch of a refined look is turned with it."""

    def measured(self: Networks, inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        points, *rest = face(self, inputs)
        turned = points if self.asked["face"] > 1 else (points.reshape(68, 2) @ spin.T).reshape(1, 136)
        head = rest[0] if self.asked["face"] <= 1 else np.zeros_like(rest[0])
        return turned, head, *rest[1:]

    return measured


def test_a_face_is_measured_whole(networks: Networks) -> None:
    """Box, points, both eyes, gaze, mouth, head and what is worn come from the one frame."""
    seen = Observer().observe(frame(1.0))
    assert seen.face.box_px is not None
    assert seen.landmarks_px is not None
    assert seen.landmarks_px.shape == (68, 2)
    assert (seen.head.yaw_deg, seen.head.pitch_deg, seen.head.roll_deg) == pytest.approx((9.0, -4.5, 0.0), abs=0.01)
    assert seen.mouth.openness == pytest.approx(0.3)
    assert (seen.gaze.yaw_deg, seen.gaze.pitch_deg) == pytest.approx((18.0, -9.0), abs=0.3)
    assert seen.covers is not None
    assert seen.covers.mask < 0.01
    assert seen.affect is None
    assert (seen.t_s, seen.frame) == (1.0, 30)
    assert seen.cost_ms > 0


def test_left_and_right_are_the_drivers_own(networks: Networks) -> None:
    """The network's first answer is the left eye, which lies on the image's right."""
    seen = Observer().observe(frame(0.0))
    assert (seen.left.openness, seen.right.openness) == (1.0, 0.0)
    assert seen.left.closed is not None
    assert seen.left.closed < 0.5
    assert seen.right.closed is not None
    assert seen.right.closed > 0.5


def test_an_eye_that_cannot_be_seen_is_unknown(networks: Networks) -> None:
    """However closed the network would call it."""
    networks.eyes = ((0.0, 9.0, -3.0), (1.0, -5.0, 5.0))
    seen = Observer().observe(frame(0.0))
    assert (seen.left.openness, seen.left.closed, seen.left.confidence) == (None, None, 0.0)
    assert seen.left.reason is Reason.COVERED
    assert seen.right.reason is None


@pytest.mark.parametrize(
    ("lenses", "visible", "judged"),
    [
        (4.0, 1.5, False),  # black sunglasses, in which something looks like an eye
        (1.2, 5.0, True),  # the face thinks of sunglasses, the eye is plain to see
        (-9.0, -2.0, False),  # surely no sunglasses, but a hand: that nothing lies there makes no eye
        (1e4, 9.0, False),
    ],
)
def test_an_eye_behind_black_lenses_is_covered(networks: Networks, lenses: float, visible: float, judged: bool) -> None:
    networks.covers = (-5.0, lenses, -5.0, -5.0, -5.0)
    networks.eyes = ((1.0, -5.0, visible), (1.0, -5.0, visible))
    seen = Observer().observe(frame(0.0))
    assert [eye.reason for eye in (seen.left, seen.right)] == [None if judged else Reason.COVERED] * 2


def test_the_gaze_is_that_of_the_eye_that_shows_an_iris(networks: Networks) -> None:
    """The left eye is open and the right one shut; then both are open; then the left one is covered."""
    seen = Observer().observe(frame(0.0))
    assert seen.gaze.yaw_deg == pytest.approx(0.4 * 45, abs=0.3)
    networks.eyes = ((1.0, -5.0, 5.0), (1.0, -5.0, 5.0))
    seen = Observer().observe(frame(0.0))
    assert seen.gaze.yaw_deg == pytest.approx(0.6 * 45, abs=0.5)
    networks.eyes = ((1.0, -5.0, -5.0), (1.0, -5.0, 5.0))
    seen = Observer().observe(frame(0.0))
    assert seen.gaze.yaw_deg == pytest.approx(0.8 * 45, abs=0.8)
    assert seen.gaze.confidence > 0.9


def test_the_surer_eye_counts_for_more(networks: Networks) -> None:
    """Weights are inverse variances: an eye expected to be wrong by half as much counts four times."""
    networks.eyes = ((1.0, -5.0, 5.0), (1.0, -5.0, 5.0))
    networks.doubts_deg = (4.0, 8.0)
    assert Observer().observe(frame(0.0)).gaze.yaw_deg == pytest.approx((4 * 0.4 + 0.8) / 5 * 45, abs=0.5)


def test_a_gaze_that_is_likely_to_be_wrong_is_not_told(networks: Networks) -> None:
    """The head says as much then; the eyes themselves are still read."""
    networks.eyes = ((1.0, -5.0, 5.0), (1.0, -5.0, 5.0))
    networks.doubts_deg = (10.0, 15.0)
    assert Observer().observe(frame(0.0)).gaze.yaw_deg is not None  # the surer eye carries it
    networks.doubts_deg = (13.0, 15.0)
    seen = Observer().observe(frame(0.0))
    assert (seen.gaze.yaw_deg, seen.gaze.confidence, seen.gaze.reason) == (None, 0.0, Reason.UNSURE)
    assert seen.left.openness is not None


def test_closed_or_covered_eyes_look_nowhere(networks: Networks) -> None:
    """No gaze behind lids, and none behind a hand: each with its own reason."""
    networks.eyes = ((0.0, 5.0, 5.0), (0.05, 5.0, 5.0))
    seen = Observer().observe(frame(0.0))
    assert (seen.gaze.yaw_deg, seen.gaze.confidence, seen.gaze.reason) == (None, 0.0, Reason.EYES_CLOSED)
    networks.eyes = ((1.0, -5.0, -5.0), (1.0, -5.0, -5.0))
    seen = Observer().observe(frame(0.0))
    assert (seen.gaze.yaw_deg, seen.gaze.reason) == (None, Reason.COVERED)


def test_the_gaze_of_a_tilted_head_is_told_in_the_frame(networks: Networks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eyes in a line that rises by 30 degrees: patches are cut along it, and what they tell is turned back."""
    turn = np.radians(30.0)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]], np.float32)
    monkeypatch.setattr(Networks, "face", _tilted(Networks.face, spin))
    networks.head = (0.0, 0.0, 30 / 45)
    networks.gaze = ((0.0, -0.4), (0.0, -0.4))
    networks.eyes = ((1.0, -5.0, 5.0), (1.0, -5.0, 5.0))
    seen = Observer(track=False).observe(frame(0.0))
    assert seen.gaze.yaw_deg is not None
    assert seen.gaze.pitch_deg is not None
    told_roll_deg = networks.heads_told[-1][0, 2] * 45
    assert abs(told_roll_deg) < 0.5  # in the patch the head stands upright
    # Down in the patch is down and to the image's left in a frame that the head leans over clockwise.
    assert seen.gaze.yaw_deg < -5.0
    assert -18.0 < seen.gaze.pitch_deg < -8.0


def test_nothing_is_said_of_a_mouth_behind_a_mask(networks: Networks) -> None:
    """The network still guesses how far it opens; a guess is not a measurement."""
    networks.covers = (-5.0, -5.0, 5.0, -5.0, 5.0)
    seen = Observer().observe(frame(0.0))
    assert (seen.mouth.openness, seen.mouth.confidence, seen.mouth.reason) == (None, 0.0, Reason.COVERED)
    assert seen.covers is not None
    assert seen.covers.mask > 0.99


def test_glasses_are_seen_by_the_face_and_by_each_eye(networks: Networks) -> None:
    """One look in three that is sure is outvoted by two that are as sure of the contrary."""
    networks.covers, networks.glasses = (4.0, -5.0, -5.0, -5.0, -5.0), (-4.0, -4.0)
    seen = Observer().observe(frame(0.0))
    networks.glasses = (4.0, -1.0)
    again = Observer().observe(frame(0.0))
    assert seen.covers is not None
    assert again.covers is not None
    assert seen.covers.glasses < 0.3 < 0.7 < again.covers.glasses


def test_the_far_eye_of_a_turned_head_is_turned_away(networks: Networks) -> None:
    """Turned 50 degrees to the image's right, where the driver's left eye is, that eye is the far one."""
    networks.head = (50 / 45, 0.0, 0.0)
    networks.eyes = ((0.0, 9.0, -3.0), (0.0, 9.0, -3.0))
    seen = Observer().observe(frame(0.0))
    assert (seen.left.reason, seen.right.reason) == (Reason.TURNED_AWAY, Reason.COVERED)
    networks.head = (-50 / 45, 0.0, 0.0)
    seen = Observer().observe(frame(0.0))
    assert (seen.left.reason, seen.right.reason) == (Reason.COVERED, Reason.TURNED_AWAY)


def test_an_eye_beyond_the_edge_of_the_frame_is_out_of_frame(networks: Networks) -> None:
    """A face half out of the picture has one eye to judge."""
    networks.faces = [(9, 23, 4.0)]
    seen = Observer().observe(frame(0.0))
    assert seen.left.reason is Reason.OUT_OF_FRAME
    assert seen.left.closed is None


def test_eyes_a_few_pixels_wide_are_too_small(networks: Networks) -> None:
    """A face at the back of the car."""
    networks.faces = [(9, 12, 0.2)]
    small = Observer().observe(frame(0.0, noise(shape=(120, 160))))
    assert {small.left.reason, small.right.reason} == {Reason.TOO_SMALL}


def test_no_frame_is_an_observation_too(networks: Networks) -> None:
    """A stalled camera reaches the rules."""
    seen = Observer().observe(NoFrame(3.0, "camera /dev/video0: no frame for 0.4 s"))
    assert (seen.t_s, seen.frame, seen.face.reason, seen.left.reason) == (3.0, None, Reason.NO_FRAME, Reason.NO_FRAME)
    assert networks.asked["face"] == 0


@pytest.mark.parametrize(
    ("grey", "reason"),
    [
        (np.full((480, 640), 2, np.uint8), Reason.TOO_DARK),
        (np.full((480, 640), 252, np.uint8), Reason.TOO_BRIGHT),
        (np.full((480, 640), 90, np.uint8), Reason.COVERED),
        (noise(), Reason.NO_FACE),
    ],
)
def test_no_face_says_why(networks: Networks, grey: np.ndarray, reason: Reason) -> None:
    """An unlit cabin, a headlight, a hand over the lens, an empty seat."""
    networks.faces = []
    seen = Observer().observe(frame(0.0, grey))
    assert (seen.face.reason, seen.left.reason, seen.head.reason) == (reason, reason, reason)
    assert seen.conditions.brightness == pytest.approx(float(grey.mean()), abs=3)


def test_a_followed_face_is_not_searched_for(networks: Networks) -> None:
    """Within a second the finder rests."""
    observer = Observer()
    for t_s in (0.0, 0.3, 0.6, 0.9):
        observer.observe(frame(t_s))
    assert networks.asked["finder"] == 1


def test_a_track_is_checked_once_a_second_and_dropped_when_nobody_is_there(networks: Networks) -> None:
    """The face network may be fooled by a headrest; two checks of the finder end that."""
    observer = Observer()
    observer.observe(frame(0.0))
    networks.faces = []
    assert observer.observe(frame(1.1)).face.box_px is not None
    assert observer.observe(frame(1.5)).face.box_px is not None
    assert observer.observe(frame(2.2)).face.reason is Reason.NO_FACE


def test_points_that_settled_beside_the_face_go_back_to_it(networks: Networks) -> None:
    """After a look over the shoulder they may sit on the forehead; the next check looks where the finder looks."""
    observer = Observer()
    settled = observer.observe(frame(0.0)).face.box_px  # the scripted points fill two fifths of the finder's box
    assert observer.observe(frame(0.9)).face.box_px != settled
    assert observer.observe(frame(1.1)).face.box_px == settled
    assert networks.asked["finder"] == 3  # at first, the check, and the search that follows it


def test_a_lost_face_is_searched_in_the_same_frame(networks: Networks) -> None:
    """The driver moves: no frame is wasted."""
    observer = Observer()
    before = observer.observe(frame(0.0))
    answers = iter([-4.0, 4.0, 4.0, 4.0])
    networks.faces = [(9, 6, 3.0)]
    networks.face = lambda _inputs: (  # type: ignore[method-assign]
        UNIT_FACE.reshape(1, 136),
        np.zeros((1, 3), np.float32),
        np.array([[0.3]]),
        np.array([[next(answers)]]),
        np.array([networks.covers]),
    )
    after = observer.observe(frame(0.1))
    assert before.face.box_px is not None
    assert after.face.box_px is not None
    assert after.face.box_px[0] < before.face.box_px[0] - 50


def test_a_face_that_turns_until_it_is_lost_has_turned_away(networks: Networks) -> None:
    """The rules of distraction go on counting; after ten seconds it is just no face."""
    networks.head = (50 / 45, 0.0, 0.0)
    observer = Observer()
    observer.observe(frame(0.0))
    networks.faces, networks.presence = [], -4.0
    assert [observer.observe(frame(t_s)).head.reason for t_s in (0.1, 9.9, 10.2)] == [
        Reason.TURNED_AWAY,
        Reason.TURNED_AWAY,
        Reason.NO_FACE,
    ]
    assert observer.observe(frame(0.2)).face.reason is Reason.NO_FACE


def test_a_face_lost_while_it_looks_ahead_has_not_turned_away(networks: Networks) -> None:
    """It is gone, whatever the reason."""
    observer = Observer()
    observer.observe(frame(0.0))
    networks.faces, networks.presence = [], -4.0
    assert observer.observe(frame(0.1)).head.reason is Reason.NO_FACE


def test_a_face_lost_across_the_edge_of_the_picture_has_left_it(networks: Networks) -> None:
    """Half a face looks like a turned one: who leans out of the picture cannot be seen, and is not looking away."""
    networks.head = (50 / 45, 0.0, 0.0)
    networks.faces = [(9, 0, 3.0)]
    observer = Observer()
    assert observer.observe(frame(0.0)).face.box_px[0] < 0.0
    networks.faces, networks.presence = [], -4.0
    assert observer.observe(frame(0.1)).head.reason is Reason.NO_FACE


def test_what_the_finder_takes_for_a_face_the_face_network_may_refuse(networks: Networks) -> None:
    """A headrest is a candidate, not a face."""
    networks.presence = -4.0
    assert Observer().observe(frame(0.0)).face.reason is Reason.NO_FACE


def test_two_doubts_are_no_face(networks: Networks) -> None:
    """A letter looks a little like a face to both networks: together they must be sure before anybody is followed."""
    networks.finder_logit = 0.3
    networks.presence = 2.0
    assert Observer().observe(frame(0.0)).face.reason is Reason.NO_FACE
    networks.presence = 6.0
    assert Observer().observe(frame(0.0)).face.box_px is not None


@pytest.mark.parametrize(("side", "in_left_half"), [(Side.LEFT, True), (Side.RIGHT, False)])
def test_only_the_drivers_side_is_watched(networks: Networks, side: Side, in_left_half: bool) -> None:
    """Driver and passenger are both in the picture."""
    networks.faces = [(9, 4, 3.0), (9, 20, 3.2)]
    seen = Observer().observe(frame(0.0, driver_side=side))
    assert seen.face.box_px is not None
    assert (sum(seen.face.box_px[::2]) / 2 < 320) == in_left_half


def test_stills_are_cold_starts(networks: Networks) -> None:
    """Without a track every picture is searched."""
    observer = Observer(track=False)
    for t_s in (0.0, 0.1, 0.2):
        observer.observe(frame(t_s))
    assert networks.asked["finder"] == 3


def test_a_still_may_be_nothing_but_a_face(networks: Networks) -> None:
    """Too large for the finder, it is looked for in the whole picture; a camera's frame is not."""
    networks.faces = []
    networks.presence = 6.0
    seen = Observer(track=False).observe(frame(0.0, noise(shape=(200, 200))))
    assert seen.face.box_px is not None
    assert Observer().observe(frame(0.0)).face.box_px is None


def test_affect_is_looked_at_only_when_allowed_and_only_now_and_then(networks: Networks) -> None:
    """Four looks a second, and the expression's proxy lies where the circumplex puts it."""
    observer = Observer(affect=True)
    seen = [observer.observe(frame(t_s)) for t_s in (0.0, 0.1, 0.2, 0.3)]
    assert [s.affect is not None for s in seen] == [True, False, False, True]
    assert networks.asked["affect"] == 2
    affect = seen[0].affect
    assert affect is not None
    assert sum(affect.expression) == pytest.approx(1.0)
    assert affect.valence > 0.5


def test_affect_rests_while_the_driver_does_not_consent(networks: Networks) -> None:
    """The network is loaded and left alone, sample by sample; nothing else of the observation depends on it."""
    observer = Observer(affect=True, affect_period_s=0.0)
    seen = [observer.observe(frame(t_s), affect=allowed) for t_s, allowed in ((0.0, True), (0.1, False), (0.2, True))]
    assert [one.affect is not None for one in seen] == [True, False, True]
    assert networks.asked["affect"] == 2
    assert seen[1].head == seen[0].head


def test_without_affect_its_network_is_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not loaded is stronger than not used."""
    opened: list[str] = []
    script = Networks()
    monkeypatch.setattr(observer_module, "load", lambda name, *a, **k: opened.append(name) or script.load(name))
    Observer()
    assert opened == ["finder", "face", "eyes"]


def test_every_field_of_an_observation_is_its_own(networks: Networks) -> None:
    """An observation is frozen: nobody downstream can touch it up."""
    seen = Observer().observe(frame(0.0))
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.t_s = 4.0  # type: ignore[misc]
    assert isinstance(seen, FaceObservation)
