"""Worker: MediaPipe FaceMesh with irises, tracking. Runs in a virtual environment of its own.

python peer_mediapipe.py CORE FRAMES FPS
"""

import sys
from pathlib import Path

from worker import pin, serve

pin(int(sys.argv[1]))

import cv2  # noqa: E402  # after the pinning
import mediapipe  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=False, max_num_faces=1, refine_landmarks=True)


def observe(rgb: NDArray[np.uint8], _t_s: float) -> bool:
    """It follows the face from one call to the next and asks for no time."""
    return mesh.process(rgb).multi_face_landmarks is not None


# It takes RGB only; making it is the caller's work and not timed.
serve(observe, Path(sys.argv[2]), float(sys.argv[3]), prepare=lambda grey: cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))
