"""Clips and pictures: every frame with its own time, and damage told instead of thrown."""

import os
import re
import socket
import threading
from concurrent.futures import Future

import cv2
import msgspec
import numpy as np
import pytest

from vision.camera import CameraError, CameraSettings, open_camera, open_still
from vision.sources.files import PictureReader
from vision.sources.player import Player
from vision.types import CameraView, Frame, NoFrame, Side

PATIENCE_S = 20  # reached only by what would wait for ever


def play(source, **settings):
    with open_camera(CameraSettings(source=str(source), **settings)) as camera:
        return list(camera)


def within(call):
    """What `call` gives or raises. If it never ends the test fails instead of hanging."""
    ended = Future()

    def run():
        try:
            ended.set_result(call())
        except CameraError as error:
            ended.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return ended.result(PATIENCE_S)


def frames(samples):
    return [sample for sample in samples if isinstance(sample, Frame)]


# Video files


@pytest.mark.parametrize(("name", "codec"), [("clip.avi", "FFV1"), ("clip.avi", "MJPG"), ("clip.mkv", "FFV1")])
def test_every_frame_of_a_clip_with_the_files_own_times(make_clip, index_of, name, codec):
    """Nothing is dropped and nothing waits when a clip is observed."""
    path = make_clip(frames=12, fps=25.0, name=name, codec=codec)
    samples = play(path)
    assert [sample.index for sample in samples] == list(range(12))
    assert [index_of(sample.grey) for sample in samples] == list(range(12))
    assert [sample.t_s for sample in samples] == pytest.approx([index / 25 for index in range(12)], abs=1e-3)
    assert {sample.file for sample in samples} == {str(path)}
    assert samples[0].grey.dtype == np.uint8
    assert samples[0].grey.shape == (48, 64)


def test_a_truncated_clip_plays_to_the_damage_and_says_so(make_clip):
    """The frames that are whole come; then one NoFrame tells how many are missing; then it ends."""
    path = make_clip(frames=40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    *whole, last = play(path)
    assert 10 < len(frames(whole)) == len(whole) < 30
    assert isinstance(last, NoFrame)
    assert f"ends after {len(whole)} of about 40 frames" in last.detail
    assert str(path) in last.detail
    assert last.t_s > whole[-1].t_s


def test_a_clip_damaged_in_the_middle_never_crashes(make_clip):
    """Whatever a decoder makes of it, times grow and it ends."""
    path = make_clip(frames=40, codec="MJPG")
    data = bytearray(path.read_bytes())
    middle = slice(len(data) // 3, len(data) // 2)
    data[middle] = np.random.default_rng(1).bytes(middle.stop - middle.start)
    path.write_bytes(data)
    times_s = [sample.t_s for sample in play(path)]
    assert len(times_s) > 5
    assert times_s == sorted(set(times_s))


@pytest.mark.clips
@pytest.mark.parametrize(
    ("name", "count", "shape"),
    [
        ("WolfgangLanger_Pexels.mp4", 472, (360, 640)),
        ("single_face.mp4", 72, (360, 640)),
        ("no_face.mp4", 95, (540, 960)),
    ],
)
def test_real_clips_are_whole(clips, name, count, shape):
    """Also the one whose container announces three frames more than it shows."""
    samples = play(clips / name)
    assert len(frames(samples)) == len(samples) == count
    assert samples[-1].grey.shape == shape


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"No such file or directory; check the source \(in a config: camera\.source\)"),
        (b"", "the file is empty"),
        (b"a shopping list\n" * 50, "this is a text file, not a video"),
        (b"#EXTM3U\nhttp://192.0.2.1/clip.mp4\n", "this is a text file, not a video"),
        (bytes(range(256)) * 20, "no readable video"),
    ],
)
def test_what_is_no_video_is_refused_by_name(tmp_path, content, message):
    """Missing, empty or another kind: the message names the file and what to do."""
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CameraError, match=message) as caught:
        play(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["clip.mp4", "picture.jpg"])
@pytest.mark.parametrize("realtime", [False, True], ids=["observe", "run"])
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path, name, realtime):
    """Opening one waits until somebody writes, which may be never."""
    os.mkfifo(tmp_path / name)
    with pytest.raises(CameraError, match=rf"{re.escape(name)}: not a file \(a pipe, a socket or a device\); check"):
        within(lambda: open_camera(CameraSettings(source=str(tmp_path / name)), realtime=realtime))


def test_a_link_to_a_device_and_a_socket_are_no_files(tmp_path, monkeypatch):
    """Whatever is neither file nor folder is said to be so, in the words for a pipe."""
    monkeypatch.chdir(tmp_path)  # an address of a socket is short
    (tmp_path / "link.mp4").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.mp4")
        for name in ("link.mp4", "socket.mp4"):
            with pytest.raises(CameraError, match=f"{name}: not a file"):
                open_camera(CameraSettings(source=name))


@pytest.mark.parametrize("suffix", [".mp4", ".jpg", ""])
def test_a_name_that_the_system_refuses_is_one_line(tmp_path, suffix):
    """Such as one that is too long: not to be looked up is not the same as not there."""
    with pytest.raises(CameraError, match="File name too long; check the source"):
        open_camera(CameraSettings(source=str(tmp_path / ("a" * 300 + suffix))))


def test_a_looped_clip_goes_on_in_time(make_clip, index_of):
    """The second round follows the first after one frame period, with indices that go on."""
    with open_camera(CameraSettings(source=str(make_clip(frames=3)), loop=True)) as camera:
        samples = [next(camera) for _ in range(7)]
    assert [index_of(sample.grey) for sample in samples] == [0, 1, 2, 0, 1, 2, 0]
    assert [sample.t_s for sample in samples] == pytest.approx([index / 25 for index in range(7)], abs=1e-3)
    assert [sample.index for sample in samples] == list(range(7))


class StampedCapture:
    """A clip of black frames whose container has these time stamps and this rate."""

    def __init__(self, stamps_ms, fps, images=None):
        self.stamps_ms, self.fps, self.at = stamps_ms, fps, -1
        self.images = images or [np.zeros((4, 4, 3), np.uint8)] * len(stamps_ms)

    def isOpened(self):  # noqa: N802
        return True

    def grab(self):
        self.at += 1
        return self.at < len(self.stamps_ms)

    def retrieve(self):
        return True, self.images[self.at]

    def get(self, prop):
        return {
            cv2.CAP_PROP_POS_MSEC: self.stamps_ms[min(self.at, len(self.stamps_ms) - 1)],
            cv2.CAP_PROP_FPS: self.fps,
        }.get(prop, 0.0)

    def release(self):
        pass


def play_stamped(tmp_path, capture):
    (tmp_path / "clip.avi").write_bytes(b"\0")
    camera = open_camera(CameraSettings(source=str(tmp_path / "clip.avi")), opener=lambda *_: capture)
    return list(camera)


@pytest.mark.parametrize(
    ("stamps_ms", "fps", "expected_s"),
    [
        ([0, 0, 0], 20.0, [0, 0.05, 0.10]),  # no stamps
        ([0, 100, 90, 200], 20.0, [0, 0.1, 0.15, 0.2]),  # backwards
        ([float("nan"), float("nan")], 0.0, [0, 1 / 30]),  # nothing at all
        ([0, 40, 110], 90000.0, [0, 0.04, 0.11]),  # a rate that is a time base
        ([500, 540], 25.0, [0.5, 0.54]),  # starts later
    ],
)
def test_time_always_grows(tmp_path, stamps_ms, fps, expected_s):
    """Stamps that stand or run backwards are replaced by the frame rate."""
    samples = play_stamped(tmp_path, StampedCapture(stamps_ms, fps))
    assert [sample.t_s for sample in samples] == pytest.approx(expected_s)


def test_frames_of_no_size_or_another_size(tmp_path):
    """An empty frame is a NoFrame between two frames; a new resolution is simply a frame."""
    images = [np.zeros((4, 4, 3), np.uint8), np.empty((0, 0, 3), np.uint8), np.zeros((8, 6, 3), np.uint8)]
    first, empty, other = play_stamped(tmp_path, StampedCapture([0, 40, 80], 25.0, images))
    assert isinstance(empty, NoFrame)
    assert "clip.avi: the picture is empty" in empty.detail
    assert (first.grey.shape, other.grey.shape, other.index) == ((4, 4), (8, 6), 2)


# Pictures


def test_a_folder_of_pictures_in_the_order_of_their_names(make_pictures, index_of):
    """All formats; other files are no pictures."""
    folder = make_pictures("png", "jpg", "bmp", "pgm", "tif", "PNG")
    (folder / "notes.txt").write_text("not a picture")
    samples = play(folder, fps=10)
    assert [index_of(sample.grey) for sample in samples] == list(range(6))
    assert [sample.t_s for sample in samples] == pytest.approx([index / 10 for index in range(6)])
    assert samples[3].file == str(folder / "3.pgm")


def test_broken_pictures_are_named_and_the_others_still_come(make_pictures):
    """Empty, cut short, mislabelled, no permission to be a file: each its own NoFrame."""
    folder = make_pictures("png", "jpg", "png", "png", "png")
    (folder / "0.png").write_bytes(b"")
    (folder / "1.jpg").write_bytes((folder / "1.jpg").read_bytes()[:200])
    (folder / "2.png").write_bytes(b"GIF?" * 9)
    (folder / "3.png").unlink()
    (folder / "3.png").mkdir()
    *broken, whole = play(folder)
    assert isinstance(whole, Frame)
    assert whole.index == 4
    for index, (sample, why) in enumerate(
        zip(broken, ["empty", "undecodable", "undecodable", "directory"], strict=True)
    ):
        assert isinstance(sample, NoFrame)
        assert f"{index}." in sample.detail
        assert why in sample.detail


def test_a_pipe_among_pictures_holds_nobody_up(make_pictures):
    """It is one broken picture; the next one still comes."""
    folder = make_pictures("png", "png")
    (folder / "0.png").unlink()
    os.mkfifo(folder / "0.png")
    pipe, whole = within(lambda: play(folder))
    assert isinstance(pipe, NoFrame)
    assert "0.png: not a file" in pipe.detail
    assert isinstance(whole, Frame)


def test_a_still_is_one_sample_whatever_it_is_called(make_pictures):
    """Its name is a path and never a pipeline; one that is missing is data."""
    folder = make_pictures("png")
    path = (folder / "0.png").rename(folder / "a ! b.png")
    (picture,) = open_still(path)
    assert isinstance(picture, Frame)
    path.unlink()
    (missing,) = open_still(path)
    assert missing.detail == f"{path}: unreadable: No such file or directory"


def test_a_picture_of_no_size(tmp_path):
    """A PGM that states 0 × 0 pixels is data like any other."""
    path = tmp_path / "nothing.pgm"
    path.write_bytes(b"P5 0 0 255\n")
    (sample,) = play(path)
    assert isinstance(sample, NoFrame)
    assert str(path) in sample.detail


def test_a_sixteen_bit_picture(tmp_path):
    """Shifted to 8 bits by the stated rule, here of a picture that is bright enough."""
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), np.array([[0, 2048, 4095] + [3300] * 20], np.uint16))
    (sample,) = play(path)
    assert sample.grey[0, :3].tolist() == [0, 128, 255]


def test_nothing_to_look_at(tmp_path):
    """An empty folder and a missing picture can never work."""
    with pytest.raises(CameraError, match=r"no pictures here; files ending in \.png"):
        play(tmp_path)
    with pytest.raises(CameraError, match=r"lost\.png: no such picture; check the source"):
        play(tmp_path / "lost.png")


# In real time, with a clock that the test turns


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def now(self):
        return self.now_s

    def wait(self, closing, timeout_s):
        self.now_s += timeout_s


def player(folder, clock, fps, *, loop=False):
    paths = sorted(folder.iterdir())
    from vision.pixels import GreyScale

    reader = PictureReader("folder", paths, GreyScale(), fps)
    return Player(reader, CameraView(), realtime=True, loop=loop, now=clock.now, wait=clock.wait)


def test_in_real_time_a_clip_keeps_its_own_pace(make_pictures):
    """Frames come when they are due, on the monotonic clock."""
    clock = Clock()
    seen = [(sample.t_s, clock.now_s) for sample in player(make_pictures("png", "png", "png"), clock, fps=10)]
    assert seen == [(pytest.approx(1000 + index / 10), pytest.approx(1000 + index / 10)) for index in range(3)]


def test_a_slow_observer_misses_frames_as_with_a_camera(make_pictures):
    """Late frames are dropped, the index shows the gap, and the time stamp is still that of the picture."""
    clock = Clock()
    camera = player(make_pictures(*["png"] * 6), clock, fps=10)
    first = next(camera)
    clock.now_s += 0.35
    second = next(camera)
    assert (first.index, second.index) == (0, 3)
    assert second.t_s == pytest.approx(1000.3)


def test_an_observer_that_never_catches_up_still_sees_something(make_pictures):
    """A clip that cannot even be read in time is not dropped whole."""
    clock = Clock()

    class SlowReader(PictureReader):
        def advance(self):
            clock.now_s += 0.15
            return super().advance()

    from vision.pixels import GreyScale

    paths = sorted(make_pictures(*["png"] * 12).iterdir())
    reader = SlowReader("folder", paths, GreyScale(), 20)
    camera = Player(reader, CameraView(), realtime=True, loop=False, now=clock.now, wait=clock.wait)
    assert len(frames(camera)) >= 4


def test_between_slow_pictures_the_rules_are_kept_awake(make_pictures):
    """At 1 picture a second at least 5 samples a second come all the same."""
    clock = Clock()
    samples = list(player(make_pictures("png", "png"), clock, fps=1))
    quiet = [sample for sample in samples if isinstance(sample, NoFrame)]
    assert len(quiet) >= 5
    assert "the next picture is due in 0.8 s" in quiet[0].detail
    times_s = [sample.t_s for sample in samples]
    assert max(np.diff(times_s)) <= 0.2
    assert times_s == sorted(times_s)


def test_closing_ends_a_playing_clip_from_another_thread(make_pictures):
    """The consumer that waits for the next picture is let go."""
    folder = make_pictures("png", "png")
    camera = open_camera(CameraSettings(source=str(folder), fps=1, loop=True), realtime=True)
    seen = []
    consumer = threading.Thread(target=lambda: seen.extend(camera))
    consumer.start()
    camera.close()
    camera.close()
    consumer.join(10)
    assert not consumer.is_alive()


# Settings


def test_the_settings_make_the_view():
    """What belongs to the camera travels with every frame."""
    settings = msgspec.convert(
        {
            "source": "x",
            "name": "mirror",
            "focal_px": 900,
            "pitch_deg": -8,
            "driver_side": "left",
            "search_region": [0, 0, 0.5, 1],
        },
        CameraSettings,
    )
    assert settings.view() == CameraView(
        name="mirror", focal_px=900, pitch_deg=-8, driver_side=Side.LEFT, search_region=(0, 0, 0.5, 1)
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fps": 0}, "fps"),
        ({"yaw_deg": 91}, "yaw_deg"),
        ({"pixel_format": "RGB3"}, "RGB3"),
        ({"sauce": "/dev/video0"}, "sauce"),
        ({"source": ""}, "source"),
        ({"source": "a\0b"}, "source"),
        ({"search_region": [0.5, 0, 0.5, 1]}, "search_region .* is empty"),
    ],
)
def test_settings_out_of_range(wrong, message):
    """Each is refused by name."""
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(wrong, CameraSettings)
