"""Old frames are not judged as now, surplus frames are left out, and people hear of both."""

import logging

import numpy as np
import pytest

from cabinwatch.intake import Intake
from cabinwatch.report_camera import WORDS, CameraReporter
from cabinwatch.shedding import SheddingSettings, Step
from vision.types import CameraView, Fault, Frame, NoFrame

FPS = 30
NO_THERMOMETER = SheddingSettings(thermometer=None)
VIEW = CameraView(name="mirror")
RNG = np.random.default_rng(4)
ROOM = RNG.integers(30, 200, (12, 16), np.uint8).repeat(10, axis=0).repeat(10, axis=1)
ROOMS = [(ROOM + RNG.integers(-3, 4, ROOM.shape)).astype(np.uint8) for _ in range(7)]  # with a sensor's noise


class Clock:
    now_s = 1000.0

    def __call__(self):
        return self.now_s


class Road:
    """A camera of 30 frames a second, a clock, and a judge who takes `judging_s` for each sample."""

    def __init__(self, shedding=NO_THERMOMETER):
        self.clock = Clock()
        self.delay_s = 0.01  # from the exposure to the camera's giving it
        self.judging_s = 0.005
        self.picture = None
        self.intake = Intake(self.samples(), max_age_s=0.3, fps=FPS, shedding=shedding, now=self.clock)
        self.reporter = CameraReporter(self.intake, self.clock())
        self.given = []

    def samples(self):
        """The newest frame wins, as with a live camera."""
        start_s, index = self.clock(), -1
        while True:
            index = max(int((self.clock() - start_s - self.delay_s) * FPS), index + 1)
            exposed_s = start_s + index / FPS
            self.clock.now_s = max(self.clock(), exposed_s + self.delay_s)
            grey = self.picture if self.picture is not None else ROOMS[index % len(ROOMS)]
            yield Frame(exposed_s, index, grey, VIEW)

    def drive(self, for_s):
        """What the loop was given in so many seconds."""
        given, end_s = [], self.clock() + for_s
        for sample in self.intake:
            given.append(sample)
            self.clock.now_s += self.judging_s
            self.reporter.changed(self.clock())
            if self.clock() >= end_s:
                return given
        raise AssertionError("the camera ended")


def test_a_fresh_frame_goes_through_and_its_age_is_known():
    road = Road()
    given = road.drive(3)
    assert all(isinstance(sample, Frame) for sample in given)
    assert road.intake.age_ms(0.5) == pytest.approx(10, abs=0.1)
    assert road.intake.age_ms(0.99) == pytest.approx(10, abs=0.1)
    assert road.reporter.age() == ", age 10 ms (p99 10)"
    assert (road.intake.stale, road.intake.shed) == (0, 0)


def test_an_old_frame_is_not_judged_as_now(caplog):
    """It comes as a NoFrame with its age, is counted, and named; as soon as frames are fresh again all is well."""
    road = Road()
    road.drive(2)
    road.delay_s = 0.5
    with caplog.at_level(logging.INFO):
        old = road.drive(1)
        assert road.reporter.troubles() == ["camera: pictures too old"]
    assert all(isinstance(sample, NoFrame) and sample.fault is Fault.STALE for sample in old[1:])
    assert old[-1].detail == "camera mirror: its newest picture is 0.5 s old"
    assert road.intake.stale == sum(isinstance(sample, NoFrame) for sample in old)
    assert [sample.t_s for sample in old] == sorted(sample.t_s for sample in old)
    road.delay_s = 0.01
    road.drive(7)
    assert road.reporter.troubles() == []
    assert "event=camera_fault fault=stale" in caplog.text


def test_a_machine_too_slow_judges_fewer_frames_by_steps(caplog):
    """65 ms a frame: at the full and the half rate it never rests, at a third it does, and that is said."""
    road = Road()
    road.judging_s = 0.065
    with caplog.at_level(logging.INFO):
        road.drive(20)
    assert road.intake.shedding.step is Step.THIRD
    assert "event=rate_step step=half before=full" in caplog.text
    assert "event=rate_step step=third before=half" in caplog.text
    assert "third rate (busy: " in road.reporter.age()
    given = road.drive(3)
    assert np.diff([sample.index for sample in given]) == pytest.approx(3)
    road.judging_s = 0.005
    road.drive(60)
    assert road.intake.shedding.step is Step.FULL
    assert len(road.drive(1)) == pytest.approx(FPS, abs=1)


def test_heat_sheds_and_the_rules_still_hear_five_times_a_second(tmp_path):
    zone = tmp_path / "temp"
    zone.write_text("99000")
    road = Road(SheddingSettings(thermometer=str(zone)))
    given = road.drive(20)
    assert road.intake.shedding.step is Step.LEAST
    assert road.intake.celsius == 99.0
    assert max(np.diff([sample.t_s for sample in given])) <= 0.2 + 1e-6


def test_a_fault_of_the_picture_is_said_when_it_comes_and_when_it_goes(caplog):
    road = Road()
    road.drive(2)
    road.picture = np.zeros_like(ROOM)
    with caplog.at_level(logging.INFO):
        road.drive(1.5)
        assert road.reporter.troubles() == ["camera: black pictures"]
        road.picture = None
        road.drive(1.5)
    assert "event=camera_fault fault=black" in caplog.text
    assert "event=camera_fault_over fault=black lasted_s=" in caplog.text


def test_a_flaw_of_a_frame_that_was_left_out_is_still_told():
    clock = Clock()
    frames = [
        Frame(clock() + count / FPS, count, ROOM, VIEW, flaws=(Fault.CORRUPTED,) if count == 2 else ())
        for count in range(13)
    ]
    intake = Intake(frames, max_age_s=0.3, fps=FPS, shedding=NO_THERMOMETER, now=clock)
    intake.shedding.step = Step.LEAST
    assert [(sample.index, sample.flaws) for sample in intake] == [(5, (Fault.CORRUPTED,)), (11, ())]
    assert intake.shed == 11


def test_figures_once_a_minute(caplog):
    with caplog.at_level(logging.INFO):
        Road().drive(130)
    paces = [record.message for record in caplog.records if "event=pace" in record.message]
    assert len(paces) == 2
    assert "age_p99_ms=10 stale=0 shed=0 step=full" in paces[0]


def test_every_fault_has_words():
    assert set(WORDS) == set(Fault)
