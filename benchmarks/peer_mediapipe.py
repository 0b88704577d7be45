"""Worker: MediaPipe, tracking, in a virtual environment of its own.

python peer_mediapipe.py CORE FRAMES FPS [face_landmarker.task]

FaceMesh with irises; with the task file FaceLandmarker with blendshapes and head pose in its place.
"""

import sys
from pathlib import Path

from worker import Observe, pin, serve

pin(int(sys.argv[1]))

import cv2  # noqa: E402  # after the pinning
import mediapipe  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402


def face_mesh() -> Observe:
    """It follows the face from one call to the next and asks for no time."""
    mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=False, max_num_faces=1, refine_landmarks=True)
    return lambda rgb, _t_s: mesh.process(rgb).multi_face_landmarks is not None


def face_landmarker(task: str) -> Observe:
    """The newer one; it is told the time."""
    tasks = mediapipe.tasks.vision
    options = tasks.FaceLandmarkerOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_path=task),
        running_mode=tasks.RunningMode.VIDEO,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    landmarker = tasks.FaceLandmarker.create_from_options(options)

    def observe(rgb: NDArray[np.uint8], t_s: float) -> bool:
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
        return bool(landmarker.detect_for_video(image, round(1000 * t_s)).face_landmarks)

    return observe


observe = face_landmarker(sys.argv[4]) if len(sys.argv) > 4 else face_mesh()
# They take RGB only; making it is the caller's work and not timed.
serve(observe, Path(sys.argv[2]), float(sys.argv[3]), prepare=lambda grey: cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))
