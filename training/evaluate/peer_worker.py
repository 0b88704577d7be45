"""Worker: MediaPipe FaceLandmarker, or FaceMesh where no task file is given. Runs in an environment of its own.

    python peer_worker.py still|video [FACE_LANDMARKER.task]

Needs mediapipe and numpy, and nothing of the project. The first line it writes is its name. Then for each picture it
reads a line of JSON {"width", "height", "t_ms"} and the grey values, and writes a line of JSON: {"points": [[x, y, z]
…] in px or null, "shapes": {name: score}, "matrix": 4×4 or null}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print must not pass for an answer
os.environ.setdefault("GLOG_minloglevel", "2")

import mediapipe as mp  # type: ignore[import-not-found]  # noqa: E402  # of its own environment; its log is quiet now
import numpy as np  # noqa: E402

Look = Callable[[Any, int], dict[str, Any]]  # RGB picture, its time in ms → the answer


def points_of(landmarks: Any, width: int, height: int) -> list[list[float]]:
    """(478, 3) in px; its z has the scale of x. Its picture begins at the corner of a pixel, ours at the centre."""
    found = np.array([(p.x, p.y, p.z) for p in landmarks]) * (width, height, width)
    moved: list[list[float]] = (found - (0.5, 0.5, 0.0)).round(3).tolist()
    return moved


def landmarker(path: str, *, follow: bool) -> Look:
    """FaceLandmarker with blend shapes and head matrix, as it comes; `follow` is its own tracking."""
    vision = mp.tasks.vision
    found_by = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=mp.tasks.BaseOptions(model_asset_path=path),
            running_mode=vision.RunningMode.VIDEO if follow else vision.RunningMode.IMAGE,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
    )

    def look(rgb: Any, t_ms: int) -> dict[str, Any]:
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)
        found = found_by.detect_for_video(image, t_ms) if follow else found_by.detect(image)
        if not found.face_landmarks:
            return {"points": None}
        return {
            "points": points_of(found.face_landmarks[0], rgb.shape[1], rgb.shape[0]),
            "shapes": {shape.category_name: shape.score for shape in found.face_blendshapes[0]},
            "matrix": np.asarray(found.facial_transformation_matrixes[0]).tolist(),
        }

    return look


def face_mesh(*, follow: bool) -> Look:
    """FaceMesh with irises, as it comes."""
    found_by = mp.solutions.face_mesh.FaceMesh(static_image_mode=not follow, max_num_faces=1, refine_landmarks=True)

    def look(rgb: Any, _t_ms: int) -> dict[str, Any]:
        faces = found_by.process(rgb).multi_face_landmarks
        return {"points": points_of(faces[0].landmark, rgb.shape[1], rgb.shape[0]) if faces else None}

    return look


def main() -> None:
    follow, task = sys.argv[1] == "video", sys.argv[2] if len(sys.argv) > 2 else None
    look = landmarker(task, follow=follow) if task else face_mesh(follow=follow)
    kind = "FaceLandmarker" if task else "FaceMesh"
    print(json.dumps({"name": f"MediaPipe {mp.__version__} {kind}"}), file=answers, flush=True)
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        width, height = asked["width"], asked["height"]
        grey = np.frombuffer(sys.stdin.buffer.read(width * height), np.uint8).reshape(height, width)
        rgb = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        print(json.dumps(look(rgb, asked["t_ms"])), file=answers, flush=True)


if __name__ == "__main__":
    main()
