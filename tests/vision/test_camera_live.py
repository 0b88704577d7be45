"""Live cameras stall, vanish and come back; the rules hear of it and the newest frame wins."""

import queue
import re
import threading
import time

import cv2
import numpy as np
import pytest

from vision.camera import CameraError, CameraSettings, open_camera
from vision.sources import capture
from vision.sources.base import QUIET_S
from vision.sources.stamps import DriverClock, Exposure, NoClock, StreamClock
from vision.types import Fault, Frame, NoFrame

PATIENCE_S = 20  # how long a test waits for what must come; never reached when all is well


BAD = object()


class FakeCapture:
    """One opening of a fake camera: frames put into `feed` come out; None is a stall that never ends by itself, BAD a
    picture that was damaged on the way."""

    def __init__(self, opens=True, fourcc="", offers=()):
        self.opens, self.fourcc, self.offers = opens, fourcc, offers
        self.feed = queue.Queue()
        self.image = None
        self.stamp_ms = 0.0
        self.properties = []
        self.over = False
        self.taken = threading.Semaphore(0)  # one release for each frame that has passed through
        self.released = threading.Event()

    def isOpened(self):  # noqa: N802
        return self.opens

    def grab(self):
        if self.image is not None:
            self.taken.release()
        self.image = None if self.over else self.feed.get(timeout=PATIENCE_S)
        self.over = self.image is None
        return not self.over and self.image is not BAD

    def retrieve(self):
        return True, self.image

    def get(self, prop):
        if prop == cv2.CAP_PROP_FOURCC:
            return float(cv2.VideoWriter.fourcc(*self.fourcc.ljust(4))) if self.fourcc else 0.0
        return self.stamp_ms if prop == cv2.CAP_PROP_POS_MSEC else 0.0

    def set(self, prop, value):
        self.properties.append((prop, value))
        wanted = int(value).to_bytes(4, "little").decode("latin-1").strip()
        if prop == cv2.CAP_PROP_FOURCC and wanted in self.offers:
            self.fourcc = wanted
        return True

    def release(self):
        self.released.set()


class FakeDriver:
    """Hands out the captures in order; after the last one the camera is gone."""

    def __init__(self, *captures):
        self.captures = list(captures)
        self.calls = []

    def __call__(self, source, backend, params):
        self.calls.append((source, backend, list(params)))
        return self.captures.pop(0) if self.captures else FakeCapture(opens=False)


def grey(value):
    return np.full((4, 6), value, np.uint8)


def camera(*captures, source="/dev/video7", **settings):
    return open_camera(CameraSettings(source=source, **settings), opener=FakeDriver(*captures))


def next_of(kind, samples, where=lambda sample: True):
    """The next sample of that kind, skipping others, however long it takes."""
    end_s = time.monotonic() + PATIENCE_S
    for sample in samples:
        if isinstance(sample, kind) and where(sample):
            return sample
        assert time.monotonic() < end_s, f"still no {kind.__name__}: {sample}"
    raise AssertionError("the camera ended")


def test_the_newest_frame_wins():
    """Three frames while nobody looks: the last one is seen, and the index tells of the two lost."""
    device = FakeCapture()
    with camera(device) as live:
        for value in (1, 2, 3):
            device.feed.put(grey(value))
        device.feed.put(np.empty((0, 0), np.uint8))  # so that the third has been delivered once this one is asked for
        for _ in range(3):
            assert device.taken.acquire(timeout=PATIENCE_S)
        frame = next_of(Frame, live)
        assert (frame.grey[0, 0], frame.index) == (3, 2)
        device.feed.put(None)


def test_while_nothing_comes_the_rules_are_told_at_least_five_times_a_second():
    """A stalled camera yields NoFrame after NoFrame, each with how long it has been quiet."""
    device = FakeCapture()
    with camera(device) as live:
        quiet = [next(live) for _ in range(5)]
        device.feed.put(None)
    assert all(isinstance(sample, NoFrame) for sample in quiet)
    assert [sample.t_s for sample in quiet] == sorted({sample.t_s for sample in quiet})
    assert QUIET_S < 1 / 5  # the pause asked for; one measured would test how busy this machine is
    assert re.fullmatch(r"camera /dev/video7: no frame for \d+\.\d s \(waiting for it\)", quiet[-1].detail)


def test_a_camera_that_was_pulled_comes_back_by_itself():
    """Stalled, gone, there again: reopened, with indices and times that go on."""
    first, gone, second = FakeCapture(), FakeCapture(opens=False), FakeCapture()
    first.feed.put(grey(1))
    second.feed.put(grey(2))
    with camera(first, gone, second) as live:
        before = next_of(Frame, live)
        first.feed.put(None)
        after = next_of(Frame, live)
        second.feed.put(None)
    assert first.released.wait(PATIENCE_S)
    assert gone.released.wait(PATIENCE_S)
    assert (before.index, after.index, after.grey[0, 0]) == (0, 1, 2)
    assert after.t_s > before.t_s


def test_a_missing_camera_is_waited_for_and_named(tmp_path):
    """No exception: it may be plugged in later."""
    missing = "/dev/cabinwatch-no-such-camera"
    with camera(source=missing) as live:
        sample = next_of(NoFrame, live, lambda sample: "plugged in" in sample.detail)
    assert missing in sample.detail


@pytest.mark.parametrize(
    ("readable", "why"),
    [(False, "no permission; add the user to the video group"), (True, "another program may hold it")],
)
def test_a_camera_that_cannot_be_opened_says_why(tmp_path, monkeypatch, readable, why):
    """Permission and a busy device have different remedies."""
    device = tmp_path / "video0"
    device.touch()
    monkeypatch.setattr(capture.os, "access", lambda *_: readable)
    with pytest.raises(capture.StreamLost, match=why):
        capture.open_device(str(device), opener=FakeDriver())


def test_an_undecodable_frame_is_no_reason_to_reopen():
    """One bad buffer on the way: the detail says so, and the stream goes on."""
    device = FakeCapture()
    with camera(device) as live:
        device.feed.put(np.zeros((4, 4), np.float64))
        assert next_of(NoFrame, live, lambda sample: "undecodable: pixels of type float64" in sample.detail)
        device.feed.put(grey(5))
        frame = next_of(Frame, live)
        assert (frame.grey[0, 0], frame.flaws) == (5, (Fault.CORRUPTED,))
        device.feed.put(grey(6))
        assert next_of(Frame, live).flaws == ()
        device.feed.put(None)


def test_a_picture_damaged_on_the_way_is_no_lost_stream():
    """One grab fails and the next does not: the stream goes on, and its next frame says that one was damaged."""
    device = FakeCapture()
    with camera(device) as live:
        for image in (grey(1), BAD, grey(2)):
            device.feed.put(image)
        frame = next_of(Frame, live, lambda sample: sample.grey[0, 0] == 2)
        assert frame.flaws == (Fault.CORRUPTED,)
        assert not device.released.is_set()
        device.feed.put(None)
    assert device.released.wait(PATIENCE_S)


def test_another_resolution_on_the_way_is_simply_a_frame():
    """Nothing remembers the size."""
    device = FakeCapture()
    with camera(device) as live:
        device.feed.put(grey(1))
        assert next_of(Frame, live).grey.shape == (4, 6)
        device.feed.put(np.zeros((8, 2, 3), np.uint8))
        assert next_of(Frame, live).grey.shape == (8, 2)
        device.feed.put(None)


def test_close_does_not_wait_for_a_driver_that_never_answers():
    """The iteration ends at once; the stuck thread cleans up when the driver lets go."""
    device = FakeCapture()
    live = camera(device)
    next(live)
    live.close()
    assert list(live) == []
    assert not device.released.is_set()
    device.feed.put(None)
    assert device.released.wait(PATIENCE_S)


def test_close_wakes_a_consumer_that_waits():
    """Closing from another thread (a signal) ends the loop."""
    device = FakeCapture()
    live = camera(device)
    consumer = threading.Thread(target=lambda: list(live))
    consumer.start()
    live.close()
    consumer.join(PATIENCE_S)
    assert not consumer.is_alive()
    device.feed.put(None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_the_capture_thread_is_not_taken_for_a_quiet_camera():
    """It must crash the service, which systemd restarts, instead of being blind for ever."""

    class Buggy(FakeCapture):
        def grab(self):
            raise KeyError("bug")

    with camera(Buggy()) as live, pytest.raises(RuntimeError, match="died of a bug"):
        next_of(Frame, live)


# Time stamps


@pytest.mark.parametrize(
    ("stamp_s", "used_s"),
    [(999.98, 999.98), (0.0, 1000.0), (1000.5, 1000.0), (998.0, 1000.0), (1.7e9, 1000.0), (float("nan"), 1000.0)],
)
def test_the_drivers_stamp_is_used_only_where_it_makes_sense(stamp_s, used_s):
    """Absent, from the future, far too old or on the wall clock: then the moment of the grab, and nothing is wrong."""
    assert DriverClock().exposure(stamp_s, 1000.0) == Exposure(pytest.approx(used_s))
    assert NoClock().exposure(stamp_s, 1000.0) == Exposure(1000.0)


@pytest.mark.parametrize("stamp_s", [999.98, 999.9, 0.0, 1.7e9])
def test_a_drivers_clock_that_was_right_and_no_longer_is_has_warped(stamp_s):
    """It stands, runs back, or jumps: the moment of the grab is used and the frame says so."""
    clock = DriverClock()
    clock.exposure(999.98, 1000.0)
    assert clock.exposure(stamp_s, 1000.03) == Exposure(1000.03, warped=True)


def test_a_picture_that_waited_in_the_network_is_known_to_be_old():
    """Pictures exposed every 0.04 s; the network holds three of them up and lets them go together."""
    clock = StreamClock()
    arrivals_s = [500.00, 500.04, 500.08, 500.40, 500.41, 500.42, 500.43]
    ages_s = [arrived_s - clock.exposure(7 + 0.04 * count, arrived_s).t_s for count, arrived_s in enumerate(arrivals_s)]
    assert ages_s == pytest.approx([0, 0, 0, 0.28, 0.25, 0.22, 0.19], abs=1e-3)


@pytest.mark.parametrize("jump_s", [-30.0, -0.04, 30.0])
def test_a_networks_clock_that_jumps_is_taken_anew(jump_s):
    """The frame at the jump is as old as its grab; from there on the new clock counts."""
    clock = StreamClock()
    clock.exposure(7.0, 500.0)
    assert clock.exposure(7.0 + 0.04 + jump_s, 500.04) == Exposure(500.04, warped=True)
    assert clock.exposure(7.0 + 0.08 + jump_s, 500.18) == Exposure(pytest.approx(500.08, abs=1e-3))


def test_two_clocks_that_drift_apart_grow_no_age():
    """100 ppm over ten hours are 3.6 s, none of which is a delay."""
    clock = StreamClock()
    for second in range(36_000):
        grabbed_s = 500.0 + second * 1.0001
        exposed = clock.exposure(float(second), grabbed_s)
        assert grabbed_s - exposed.t_s < 0.001
        assert not exposed.warped


def test_two_frames_never_share_a_time():
    """A driver whose clock stands still does not make time stand still."""
    device = FakeCapture()
    device.stamp_ms = time.monotonic() * 1000 + 20
    time.sleep(0.03)
    with camera(device) as live:
        frames = []
        for value in range(3):
            device.feed.put(grey(value))
            frames.append(next_of(Frame, live))
        device.feed.put(None)
    times_s = [frame.t_s for frame in frames]
    assert times_s == sorted(set(times_s))
    assert [frame.flaws for frame in frames] == [(), (Fault.TIME_WARPED,), (Fault.TIME_WARPED,)]


# What is asked of OpenCV


def jpeg(value):
    return cv2.imencode(".jpg", grey(value))[1].reshape(1, -1)


@pytest.mark.parametrize(
    ("fourcc", "buffer", "expected"),
    [
        ("GREY", grey(77), 77),
        ("Y10", np.full((4, 6), 0x0321, np.uint16), 0xC8),
        ("Y12", np.full((4, 6), 0x0C81, np.uint16), 0xC8),
        ("Y16", np.full((4, 6), 0xC800, np.uint16), 0xC8),
        ("YUYV", np.dstack([grey(77), grey(128)]), 77),
        ("MJPG", jpeg(77), 77),
    ],
)
def test_raw_buffers_become_grey_without_a_detour(fourcc, buffer, expected):
    """Each format is asked for, read back, taken unconverted and reduced to its luma."""
    device = FakeCapture(fourcc="BGR3", offers=(fourcc,))
    device.feed.put(buffer)
    with camera(device, pixel_format=fourcc, width=640, height=480, fps=30) as live:
        frame = next_of(Frame, live)
        device.feed.put(None)
    assert frame.grey.shape == (4, 6)
    assert abs(int(frame.grey[0, 0]) - expected) <= 1
    assert (cv2.CAP_PROP_CONVERT_RGB, 0) in device.properties
    assert (cv2.CAP_PROP_FRAME_WIDTH, 640) in device.properties
    assert device.properties[0][0] == cv2.CAP_PROP_FOURCC


def test_a_broken_jpeg_is_an_undecodable_frame():
    """A cable fault in one MJPG frame does not reach the networks."""
    device = FakeCapture(fourcc="MJPG")
    device.feed.put(jpeg(5)[:, :40])
    with camera(device) as live:
        next_of(NoFrame, live, lambda sample: "undecodable" in sample.detail)
        device.feed.put(None)


def test_a_format_that_the_camera_does_not_offer_is_named():
    """OpenCV would silently give another."""
    device = FakeCapture(fourcc="YUYV", offers=("MJPG",))
    with pytest.raises(capture.StreamLost, match=r"it gives YUYV instead of Y16; set camera\.pixel_format"):
        capture.open_device("/dev/video7", pixel_format="Y16", opener=FakeDriver(device))
    assert device.released.is_set()


def test_rtsp_has_time_outs_and_keeps_its_password():
    """A dead server is retried; the log names it without the password."""
    driver = FakeDriver()
    with open_camera(CameraSettings(source="rtsp://user:secret@cam/live"), opener=driver) as live:
        sample = next_of(NoFrame, live, lambda sample: "no stream" in sample.detail)
    assert sample.detail.endswith("(no stream, waited at most 3 s)")  # refused at once it waits not even that long
    assert "secret" not in sample.detail
    assert "rtsp://…@cam/live" in sample.detail
    source, backend, params = driver.calls[0]
    assert (source, backend) == ("rtsp://user:secret@cam/live", cv2.CAP_FFMPEG)
    asked = dict(zip(params[::2], params[1::2], strict=True))
    assert asked[cv2.CAP_PROP_OPEN_TIMEOUT_MSEC] == 3000
    assert asked[cv2.CAP_PROP_READ_TIMEOUT_MSEC] == 1000


@pytest.mark.parametrize("built_in", [True, False])
@pytest.mark.parametrize("source", ["videotestsrc ! appsink", "gst:videotestsrc ! appsink"])
def test_gstreamer_where_opencv_has_it(monkeypatch, built_in, source):
    """Without it no retry helps: the start stops with the remedy."""
    monkeypatch.setattr(cv2.videoio_registry, "hasBackend", lambda backend: built_in)
    driver = FakeDriver()
    settings = CameraSettings(source=source)
    if not built_in:
        with pytest.raises(CameraError, match="built without GStreamer: use the system's OpenCV"):
            open_camera(settings, opener=driver)
        return
    with open_camera(settings, opener=driver) as live:
        next_of(NoFrame, live, lambda sample: "pipeline does not start" in sample.detail)
    assert driver.calls[0][:2] == ("videotestsrc ! appsink", cv2.CAP_GSTREAMER)


def test_a_slow_camera_never_makes_time_run_back():
    """In the dark a camera slows down to 5 frames/s: its frames are older than the NoFrame said while they came."""
    device = FakeCapture(fourcc="GREY")
    with camera(device) as live:
        times_s = []
        for value in range(1, 4):
            quiet = next_of(NoFrame, live)
            device.stamp_ms = (quiet.t_s - 0.05) * 1000  # exposed before that was said
            device.feed.put(grey(value))
            times_s += [quiet.t_s, next_of(Frame, live).t_s]
        device.feed.put(None)
    assert times_s == sorted(times_s)
