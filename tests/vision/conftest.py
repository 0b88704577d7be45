"""Pictures and clips made on the spot, whose content tells which frame it is."""

import cv2
import numpy as np
import pytest

SIZE = (64, 48)  # width, height


def shade(index):
    """The grey of frame `index`, far enough from its neighbours to survive compression."""
    return 20 + 10 * (index % 20)


def picture(index, channels=3):
    width, height = SIZE
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.full(shape, shade(index), np.uint8)


@pytest.fixture
def make_clip(tmp_path):
    """Writes a video of `frames` frames, each in its own shade of grey; gives its path."""

    def write(frames=12, fps=25.0, name="clip.avi", codec="FFV1"):
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, SIZE)
        assert writer.isOpened()
        for index in range(frames):
            noise = np.random.default_rng(index).integers(-3, 4, picture(index).shape)  # so that frames weigh something
            writer.write((picture(index) + noise).astype(np.uint8))
        writer.release()
        return path

    return write


@pytest.fixture
def make_pictures(tmp_path):
    """Writes a folder of pictures 0.SUFFIX, 1.SUFFIX, …; gives the folder."""

    def write(*suffixes):
        folder = tmp_path / "pictures"
        folder.mkdir()
        for index, suffix in enumerate(suffixes):
            channels = 1 if suffix == "pgm" else 3
            assert cv2.imwrite(str(folder / f"{index}.{suffix}"), picture(index, channels))
        return folder

    return write


@pytest.fixture
def index_of():
    """Which frame a grey picture shows, modulo 20."""
    return lambda grey: round((float(grey.mean()) - 20) / 10)
