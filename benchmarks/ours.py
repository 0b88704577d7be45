"""Worker: cabinwatch's Observer, tracking, with the affect network at its own rate.

python ours.py CORE FRAMES FPS [MODELS]
"""

import sys
from pathlib import Path

from worker import pin, serve

pin(int(sys.argv[1]))

from vision.observer import Observer  # noqa: E402  # after the pinning
from vision.types import CameraView, Frame, GreyImage  # noqa: E402

observer = Observer(affect=True, models=Path(sys.argv[4]) if len(sys.argv) > 4 else None)
view = CameraView()
count = 0


def observe(grey: GreyImage, t_s: float) -> bool:
    global count  # noqa: PLW0603  # the whole program is one loop
    count += 1
    return observer.observe(Frame(t_s, count, grey, view)).face.box_px is not None


serve(observe, Path(sys.argv[2]), float(sys.argv[3]))
