"""Stage 2b: the simulator's stills and their exact truth → targets like those of real faces.

    python -m training.synth --stills DIR --work DIR

Writes WORK/synth.npz: the arrays of faces.npz, and what only the simulator knows: how much of each eye can be seen and
what is worn. Its 68 points follow another convention than the hard labels; they are moved by the median difference to
what the translated teacher says of the same pictures (label.py --stills).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.progress import track

from training.data import MIRROR, held_out, stills
from training.faces import Translator, context, eye_contexts, irises, translator, upright

PER_IDENTITY = 25  # stills in a row that show one driver, as simulator/dataset.py makes them
FRONTAL_DEG = 25.0  # to this yaw the two conventions are compared
LEAST_INSIDE = 0.35
# `own` (aperture over the driver's relaxed one) at which an eye is surely shut and surely not; P80 lies between.
SHUT_OWN, OPEN_OWN = 0.12, 0.28
# Visible share at which an eye surely cannot and surely can be judged; the product's 0.4 lies between.
HIDDEN_SHARE, SEEN_SHARE = 0.25, 0.6


def ramp(value: float, low: float, high: float) -> float:
    """0 at `low`, 1 at `high`, straight between."""
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def convention(folder: Path, work: Path, translate: Translator) -> np.ndarray:
    """(68, 2) to be added to the simulator's points in the upright frame, the same on both sides of the face."""
    labels = np.load(work / "labels" / "stills.npz")
    soft = dict(zip(labels["name"], labels["points"][:, :68, :2], strict=True))
    offsets = []
    for path, line in stills(folder):
        told = soft.get(str(path.relative_to(folder)))
        frontal = abs(line["truth"]["head"]["yaw_deg"]) < FRONTAL_DEG
        if told is None or np.isnan(told[0, 0]) or not frontal:
            continue
        theirs, ours = upright(translate(told[None]))[0], upright(points_of(line)[None])[0]
        offsets.append((theirs - ours)[0])
    middle = np.median(offsets, axis=0)
    return np.asarray(0.5 * (middle + middle[MIRROR] * np.array([-1.0, 1.0])), np.float32)


def points_of(line: dict[str, Any]) -> np.ndarray:
    """(68, 2) of a still."""
    return np.array(line["landmarks_px"], np.float32)


def moved(points: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Points (68, 2) carried over by an offset in their upright frame."""
    flat, origin, axes = upright(points[None])
    return np.asarray(((flat + offset) @ axes)[0] + origin, np.float32)


def row(line: dict[str, Any], grey: np.ndarray, offset: np.ndarray, number: int) -> dict[str, Any]:
    """One row of synth.npz."""
    truth, points = line["truth"], moved(points_of(line), offset)
    eyes = [truth["eyes"][side] for side in ("left", "right")]
    patch = context(points)
    return {
        "image": patch.cut(grey),
        "points": patch.points_from_frame(points),
        "angles": [truth["head"][key] for key in ("yaw_deg", "pitch_deg", "roll_deg")],
        "mouth": truth["mouth"]["openness"],
        "eyes": [eye["openness"] for eye in eyes],
        "closed": [1.0 - ramp(eye["own"], SHUT_OWN, OPEN_OWN) for eye in eyes],
        "seen": [ramp(eye["visible"], HIDDEN_SHARE, SEEN_SHARE) for eye in eyes],
        "gaze": [truth["gaze"]["yaw_deg"], truth["gaze"]["pitch_deg"]],
        "iris": irises(points, np.array([eye["iris_px"] for eye in eyes], np.float32)),
        "covers": covers(truth),
        "eye_image": eye_contexts(grey, points),
        "inside": patch.inside(grey.shape[1], grey.shape[0]),
        "held_out": held_out(f"synthetic {number // PER_IDENTITY}"),
    }


def covers(truth: dict[str, Any]) -> list[float]:
    """1 or 0 for each of vision.face.COVERS."""
    wearing, mouth = truth["wearing"], truth["mouth"]
    over = [*mouth["covered_by"], *(name for eye in truth["eyes"].values() for name in eye["covered_by"])]
    glasses = wearing["glasses"]
    hand = any(name.startswith("hand") for name in over)
    hidden = 1.0 - ramp(mouth["visible"], HIDDEN_SHARE, SEEN_SHARE)
    return [float(glasses != "none"), float(glasses == "sun_opaque"), float(wearing["mask"]), float(hand), hidden]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stills", type=Path, required=True, help="a data set of the simulator")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    offset = convention(args.stills, args.work, translator(args.data, args.work))
    print("largest difference of the points' conventions:", np.abs(offset).max(axis=0))
    table = []
    for k, (path, line) in enumerate(track(stills(args.stills), "stills", total=None)):
        if line["landmarks_px"] is None:
            continue
        one = row(line, cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), offset, k)
        if one["inside"] > LEAST_INSIDE:
            table.append(one)
    np.savez(args.work / "synth.npz", **{key: np.array([one[key] for one in table]) for key in table[0]})
    print(f"synth: {len(table)}, held out {np.mean([one['held_out'] for one in table]):.1%}")


if __name__ == "__main__":
    main()
