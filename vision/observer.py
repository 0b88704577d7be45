"""From a sample to a FaceObservation: find, follow, measure. Exactly one observation a sample.

Knows the order of things and the track. Must not know what any of it means for the driver. The track – where the
face was in the last frame – is the only thing remembered here.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.affect import AffectNetwork
from vision.detector import Box, Candidate, Finder, overlap
from vision.eyes import EyeNetwork
from vision.face import COVERS, FaceNetwork, FaceReading
from vision.model import Engines, load, probability
from vision.preprocess import face_patch, face_roll_deg
from vision.types import (
    Affect,
    CameraView,
    Conditions,
    Covers,
    Direction,
    Face,
    FaceObservation,
    Frame,
    GreyImage,
    Mouth,
    Reason,
    Sample,
    Side,
    unseen,
)

LEAST_PRESENCE = 0.5  # below it a followed patch holds no face any more
# What a new face must have: the log-odds of finder and face network added. On people held out, 99 % of faces have
# 8.0 or more (6.9 when 50 px wide or blurred; in noisy dark 95 % have 6.3); of letters and car interiors that the
# finder proposes, one in 10 has more than 4 (training/LOG.md).
LEAST_EVIDENCE = 4.0
LOOK_AGAIN_S = 1.0  # how often the finder checks a track
SAME_PLACE = 0.2  # overlap of a candidate with the track that counts as the same face
# … and under this the points lie beside it: after a look over the shoulder they may settle on the forehead, where they
# look like a face to the network and the eyes are read as shut (overlap 0.33; of good tracks 99 % have 0.53 and more).
WELL_PLACED = 0.5
# A face lost beyond this yaw has turned away, it has not left: unless it lay across the edge of the picture, where half
# a face looks like a turned one too.
TURNED_DEG = 35.0
TURNED_AWAY_S = 10.0  # … for so long at most; then it is just no face
LOST_CHECKS = 2  # checks in a row in which the finder sees nothing where the track is, until it is dropped
FILLING = 0.86  # share of a tight picture's shorter side that the points of its face take
REFINE_PASSES = 2  # looks at a new face: the finder's box is coarse, the points' own box is not
BLACK, WHITE = 16.0, 240.0  # mean grey of a picture in which nothing can be looked for
FLAT = 4.0  # grey levels of deviation: a covered lens, fog, an unlit cabin
MOUTH_SEEN = 0.4  # below this probability nothing is said of the mouth; as sure as an eye must be (eyes.py)
LENSES = COVERS.index("sunglasses")
AFFECT_PERIOD_S = 0.25  # expressions last; four looks a second are enough


@dataclass(slots=True)
class _Track:
    box_px: Box
    roll_deg: float
    checked_s: float
    missed: int = 0


class Observer:
    """Turns samples into observations.

    Args:
        affect: Load the affect network and run it wherever `observe` may.
        models: Folder with models.yaml; None takes the package's own.
        track: Follow the face from frame to frame; False makes every frame a cold start, for stills.
        affect_period_s: Least time between two runs of the affect network.
        engines: For TensorRT, see `vision.model.load`.

    Raises:
        ModelError: A network cannot be used.
    """

    def __init__(
        self,
        *,
        affect: bool = False,
        models: Path | None = None,
        track: bool = True,
        affect_period_s: float = AFFECT_PERIOD_S,
        engines: Engines | None = None,
    ) -> None:
        cv2.setNumThreads(1)  # of this process: its pool takes 1 ms of another core for a frame, and gains nothing
        self._finder = Finder(load("finder", models, engines=engines))
        self._face = FaceNetwork(load("face", models, engines=engines))
        self._eyes = EyeNetwork(load("eyes", models, engines=engines))
        self._affect = AffectNetwork(load("affect", models, engines=engines)) if affect else None
        self._affect_period_s = affect_period_s
        self._affect_s = float("-inf")
        self._follow = track
        self._track: _Track | None = None
        self._turned_s = float("-inf")  # when a followed face was last seen turned so far that it may vanish

    def observe(self, sample: Sample, *, affect: bool = True) -> FaceObservation:
        """Measure one sample. Never raises for what a picture shows.

        Args:
            sample: A frame, or that there was none.
            affect: False leaves the affect network alone, where it is loaded at all.
        """
        if not isinstance(sample, Frame):
            return unseen(sample.t_s, Reason.NO_FRAME)
        began = time.perf_counter()
        reading = self._read(sample)
        if self._follow and reading is not None:
            self._keep(reading, sample)
        else:
            self._track = None
        if reading is None:
            return self._absent(sample, began)
        return self._measured(sample, reading, began, affect=affect)

    def _read(self, frame: Frame) -> FaceReading | None:
        """The driver's face where the track expects it, else wherever the finder sees it."""
        if self._track is not None and self._still_there(self._track, frame):
            reading = self._face.measure(frame.grey, face_patch(self._track.box_px, self._track.roll_deg))
            if reading.presence >= LEAST_PRESENCE:
                return reading
        return self._search(frame)

    def _still_there(self, track: _Track, frame: Frame) -> bool:
        """Once in a while, let the finder say whether there is a face where the track is."""
        if abs(frame.t_s - track.checked_s) >= LOOK_AGAIN_S:
            track.checked_s = frame.t_s
            most = max((overlap(c.box_px, track.box_px) for c in self._candidates(frame)), default=0.0)
            if SAME_PLACE < most < WELL_PLACED:
                return False
            track.missed = 0 if most > SAME_PLACE else track.missed + 1
        return track.missed < LOST_CHECKS

    def _candidates(self, frame: Frame) -> list[Candidate]:
        """Faces on the driver's side, the driver's first: near the camera is large."""
        found = self._finder.find(frame.grey, frame.view.search_region)
        middle = frame.grey.shape[1] / 2
        mine = [c for c in found if _on_side(c, frame.view, middle)]
        return sorted(mine, key=lambda c: -c.score * (c.box_px[2] - c.box_px[0]))

    def _search(self, frame: Frame) -> FaceReading | None:
        candidates = self._candidates(frame)
        if not self._follow:
            candidates.append(_filling(frame.grey))
        for candidate in candidates:
            reading = self._face.measure(frame.grey, face_patch(candidate.box_px))
            for _ in range(REFINE_PASSES):
                patch = face_patch(reading.box_px, face_roll_deg(reading.points_px))
                reading = self._face.measure(frame.grey, patch)
            if _log_odds(candidate.score) + _log_odds(reading.presence) >= LEAST_EVIDENCE:
                return reading
        return None

    def _keep(self, reading: FaceReading, frame: Frame) -> None:
        last = self._track
        checked_s, missed = (last.checked_s, last.missed) if last is not None else (frame.t_s, 0)
        self._track = _Track(reading.box_px, face_roll_deg(reading.points_px), checked_s, missed)
        turned = abs(reading.yaw_deg) >= TURNED_DEG and _within(reading.box_px, frame.grey)
        self._turned_s = frame.t_s if turned else float("-inf")

    def _measured(self, frame: Frame, reading: FaceReading, began: float, *, affect: bool) -> FaceObservation:
        head_deg = (reading.yaw_deg, reading.pitch_deg, reading.roll_deg)
        eyes = self._eyes.measure(frame.grey, reading.points_px, head_deg, reading.covers[LENSES])
        mouth, covers = over_the_face(reading, eyes.glasses)
        sure = reading.presence
        return FaceObservation(
            t_s=frame.t_s,
            frame=frame.index,
            file=frame.file,
            face=Face(reading.box_px, sure),
            landmarks_px=reading.points_px,
            left=eyes.left,
            right=eyes.right,
            mouth=mouth,
            head=Direction(*head_deg, sure),
            gaze=eyes.gaze,
            covers=covers,
            affect=self._expression(frame, reading) if affect else None,
            conditions=conditions(reading.patch),
            cost_ms=_since(began),
        )

    def _expression(self, frame: Frame, reading: FaceReading) -> Affect | None:
        if self._affect is None or abs(frame.t_s - self._affect_s) < self._affect_period_s:
            return None
        self._affect_s = frame.t_s
        return self._affect.measure(reading)

    def _absent(self, frame: Frame, began: float) -> FaceObservation:
        small = cv2.resize(frame.grey, (112, 84), interpolation=cv2.INTER_AREA)
        light = conditions(small)  # type: ignore[arg-type]  # cv2 types every image as its widest
        reason = _why_no_face(light.brightness or 0.0, light.contrast or 0.0)
        turned = reason is Reason.NO_FACE and 0.0 <= frame.t_s - self._turned_s <= TURNED_AWAY_S
        head = Direction(reason=Reason.TURNED_AWAY if turned else reason)
        where = {"frame": frame.index, "file": frame.file}
        return unseen(frame.t_s, reason, **where, conditions=light, head=head, cost_ms=_since(began))


def _since(began: float) -> float:
    """Milliseconds."""
    return 1000 * (time.perf_counter() - began)


def over_the_face(reading: FaceReading, glasses_by_eyes: tuple[float, float]) -> tuple[Mouth, Covers]:
    """The mouth, as far as nothing lies over it, and what lies over the face.

    Three looks at glasses, the face's and each eye's, count alike: rims are thin in the face's patch.
    """
    glasses, sunglasses, mask, hand, hidden = reading.covers
    covers = Covers(*map(probability, ((glasses + sum(glasses_by_eyes)) / 3, sunglasses, mask, hand)))
    seen = 1.0 - probability(hidden)
    if seen < MOUTH_SEEN:
        return Mouth(reason=Reason.COVERED), covers
    return Mouth(reading.mouth, reading.presence * seen), covers


def _filling(grey: GreyImage) -> Candidate:
    """The face of a picture that is nothing but a face, too large for the finder. Its evidence is all the network's."""
    high, wide = grey.shape
    half = FILLING * min(high, wide) / 2
    return Candidate((wide / 2 - half, high / 2 - half, wide / 2 + half, high / 2 + half), 0.5)


def _within(box: Box, grey: GreyImage) -> bool:
    high, wide = grey.shape
    return box[0] >= 0.0 and box[1] >= 0.0 and box[2] <= wide and box[3] <= high


def _log_odds(probability: float) -> float:
    """Finite also where a network is certain."""
    return math.log(max(probability, 1e-6) / max(1.0 - probability, 1e-6))


def _on_side(candidate: Candidate, view: CameraView, middle_px: float) -> bool:
    x = (candidate.box_px[0] + candidate.box_px[2]) / 2
    return view.driver_side is Side.AUTO or (x < middle_px) == (view.driver_side is Side.LEFT)


def conditions(patch: GreyImage) -> Conditions:
    """Light and sharpness of a small picture."""
    mean, deviation = cv2.meanStdDev(patch)
    variance = max(float(deviation[0, 0]) ** 2, 1.0)
    edges = cv2.Laplacian(patch, cv2.CV_16S)
    return Conditions(
        brightness=float(mean[0, 0]),
        contrast=float(deviation[0, 0]),
        saturated=float(np.count_nonzero(patch >= 250)) / patch.size,
        sharpness=float(cv2.meanStdDev(edges)[1][0, 0]) ** 2 / variance,
    )


def _why_no_face(mean: float, deviation: float) -> Reason:
    if mean < BLACK:
        return Reason.TOO_DARK
    if mean > WHITE:
        return Reason.TOO_BRIGHT
    return Reason.COVERED if deviation < FLAT else Reason.NO_FACE
