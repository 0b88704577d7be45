"""Worker: MediaPipe FaceMesh with irises over a folder of pictures, each for itself.

Runs in the peer's environment: needs mediapipe, cv2 and numpy, and nothing of the project.

    python peer_points.py FOLDER OUT.npz     names (n,) and points (n, 478, 3) in px; NaN where no face was found
"""

import sys
from pathlib import Path

import cv2
import mediapipe
import numpy as np

folder, out = map(Path, sys.argv[1:3])
mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True)
names = sorted(path.name for path in folder.glob("*.png"))
points = np.full((len(names), 478, 3), np.nan, np.float32)
for index, name in enumerate(names):
    picture = cv2.imread(str(folder / name), cv2.IMREAD_COLOR)
    faces = mesh.process(picture[..., ::-1]).multi_face_landmarks
    if faces:
        height, width = picture.shape[:2]
        found = np.array([(p.x, p.y, p.z) for p in faces[0].landmark], np.float32)
        points[index] = found * (width, height, width)  # its z has the scale of x
np.savez(out, names=np.array(names), points=points)
