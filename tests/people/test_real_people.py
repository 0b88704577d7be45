"""What the committed networks make of real people whom they never saw."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.settings import AlertSettings
from alerts.types import Alert, Cause, VehicleState
from cabinwatch.rules import load_rules
from tests.people.clips import frames, observe, write_clip
from vision.observer import Observer
from vision.types import CameraView, FaceObservation, Frame, Side

pytestmark = pytest.mark.clips

ON_THE_MOTORWAY = VehicleState(speed_kmh=100.0, ignition_on=True)
HUMAN = "WolfgangLanger_Pexels.mp4"


def alerts_of(seen: list[FaceObservation]) -> list[Alert]:
    driver, policy = DriverMonitor(AlertSettings(), load_rules(["house"])), Policy(AlertSettings().policy)
    return [policy.update(driver.update(one, ON_THE_MOTORWAY)) for one in seen]


@pytest.fixture(scope="module")
def woman(clips: Path) -> list[FaceObservation]:
    return observe(clips / HUMAN)


def test_her_face_is_found(woman: list[FaceObservation]) -> None:
    """At least 99 % of 472 frames, with a hand before the face and the head tilted."""
    assert len(woman) == 472
    assert np.mean([one.face.box_px is not None for one in woman]) >= 0.99


def openness(seen: list[FaceObservation]) -> np.ndarray:
    """(n, 2) left, right; NaN where an eye was not judged."""
    return np.array([[np.nan if e.openness is None else e.openness for e in (s.left, s.right)] for s in seen])


def test_a_blink_is_a_dip_in_both_eyes(clips: Path) -> None:
    """The man of single_face.mp4 blinks once, at frames 26 to 28."""
    curve = openness(observe(clips / "single_face.mp4"))
    assert np.nanmin(curve[24:31], axis=0).max() < 0.45
    assert np.nanmedian(curve[:20], axis=0).min() > 0.7
    assert np.nanmedian(curve[35:], axis=0).min() > 0.7


def test_she_blinks_between_frames_380_and_390(woman: list[FaceObservation]) -> None:
    """A dip in both eyes, with open eyes before and after."""
    curve = openness(woman)
    assert np.nanmin(curve[383:391], axis=0).max() < 0.5
    assert np.nanmedian(curve[340:380], axis=0).min() > 0.7


def test_eyes_shut_for_five_seconds_are_told_and_blinks_are_not(woman: list[FaceObservation]) -> None:
    """She cries with her eyes shut from about 0.7 s to 5.8 s; until 18 s she then only blinks."""
    alerts = alerts_of(woman)
    early = {a.cause for a in alerts if a.t_s - alerts[0].t_s < 6.5}
    awake = {a.cause for a in alerts if 7.5 < a.t_s - alerts[0].t_s < 18.0}
    assert {Cause.MICROSLEEP, Cause.SLEEP} <= early
    assert not awake & {Cause.MICROSLEEP, Cause.SLEEP}


def test_eyes_held_closed_are_a_microsleep_after_a_second(nodding_off: Path) -> None:
    """The closure begins at 3.0 s; the alert is due at 4.0 s and clears when the eyes are open again at 5.0 s."""
    seen = observe(nodding_off)
    alerts = alerts_of(seen)
    start = seen[0].t_s
    shown = [a.t_s - start for a in alerts if a.cause is Cause.MICROSLEEP]
    assert shown[0] == pytest.approx(4.0, abs=0.2)
    assert shown[-1] < 6.0
    assert alerts[-1].cause is Cause.NONE


def test_nobody_is_nobody(clips: Path, tmp_path: Path) -> None:
    """no_face.mp4, looped to 15 s: no face in 98 % of frames, and the driver is told within 10 s."""
    pictures = list(frames(clips / "no_face.mp4"))
    fps = 23.67
    looped = [pictures[k % len(pictures)] for k in range(round(16 * fps))]
    seen = observe(write_clip(tmp_path / "nobody.avi", looped, fps))
    assert np.mean([one.face.box_px is None for one in seen]) >= 0.98
    told = [a.t_s - seen[0].t_s for a in alerts_of(seen) if a.cause is Cause.CANNOT_SEE]
    assert told
    assert told[0] <= 10.0


@pytest.mark.parametrize("light", [0.25, 0.12])
def test_a_dark_face_is_still_a_face(clips: Path, tmp_path: Path, light: float) -> None:
    """The same woman at a quarter and at an eighth of the light."""
    dark = [(picture * light).astype(np.uint8) for picture in list(frames(clips / HUMAN))[150:300]]
    seen = observe(write_clip(tmp_path / "dark.avi", dark, 24.0))
    assert np.mean([one.face.box_px is not None for one in seen]) >= 0.97
    assert np.nanmedian(openness(seen)) > 0.6


def test_of_five_people_the_one_on_the_drivers_side_is_watched(clips: Path) -> None:
    """multi_face.jpg: five faces in one picture; left and right halves give different drivers."""
    grey = cv2.imread(str(clips / "multi_face.jpg"), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    boxes = []
    for side in (Side.LEFT, Side.RIGHT):
        seen = Observer(track=False).observe(Frame(0.0, 0, grey, CameraView(driver_side=side)))
        assert seen.face.box_px is not None
        boxes.append((seen.face.box_px[0] + seen.face.box_px[2]) / 2)
    assert boxes[0] < grey.shape[1] / 2 <= boxes[1]
