"""Stage 2b: the simulator's stills and their exact truth → targets like those of real faces.

    python -m training.synth --stills DIR [DIR …] --work DIR (--data DIR | --clean)

Writes WORK/synth.npz: the arrays of faces.npz, and what only the simulator knows: how much of each eye can be seen and
what is worn. Its 68 points follow another convention than the hard labels; they are moved by the median difference to
what the translated teacher says of the same pictures (label.py --stills). With --clean no teacher and no label of real
faces is looked at: the points stay as they are, and WORK/scenes.npz is written from the stills too, for the finder.
"""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.progress import track

from training.data import MIRROR, held_out, stills
from training.faces import Translator, context, eye_contexts, irises, scene, translator, upright
from vision.preprocess import box_of

PER_IDENTITY = 25  # stills in a row that show one driver, as simulator/dataset.py makes them
FRONTAL_DEG = 25.0  # to this yaw the two conventions are compared
LEAST_INSIDE = 0.35
SCENE_STEP = 3  # of every third still the whole picture is kept: neighbours show the same car
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


def scene_row(line: dict[str, Any], grey: np.ndarray) -> dict[str, Any]:
    """One row of scenes.npz: the whole still, and the box of its one face's points."""
    canvas, boxes = scene(grey, np.array([[*box_of(points_of(line)), 1.0]], np.float32))
    return {"image": canvas, "boxes": boxes, "shape": np.array(canvas.shape)}


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
    parser.add_argument("--stills", type=Path, nargs="+", required=True, help="the simulator's; labelled: the first")
    parser.add_argument("--work", type=Path, required=True)
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--data", type=Path, help="the points follow the hard labels of real faces there")
    whose.add_argument("--clean", action="store_true", help="the points follow the simulator")
    args = parser.parse_args()
    offset = np.zeros((68, 2), np.float32)
    if not args.clean:
        offset = convention(args.stills[0], args.work, translator(args.data, args.work))
        print("largest difference of the points' conventions:", np.abs(offset).max(axis=0))
    table, scenes = [], []
    for k, (path, line) in enumerate(track(chain.from_iterable(map(stills, args.stills)), "stills", total=None)):
        if line["landmarks_px"] is None:
            continue
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        one = row(line, grey, offset, k)
        if one["inside"] > LEAST_INSIDE:
            table.append(one)
            if args.clean and k % SCENE_STEP == 0:
                scenes.append(scene_row(line, grey) | {"held_out": one["held_out"]})
    args.work.mkdir(parents=True, exist_ok=True)
    for name, rows in {"synth": table, "scenes": scenes}.items():
        if rows:
            np.savez(args.work / f"{name}.npz", **{key: np.array([one[key] for one in rows]) for key in rows[0]})
            print(f"{name}: {len(rows)}, held out {np.mean([one['held_out'] for one in rows]):.1%}")


if __name__ == "__main__":
    main()
