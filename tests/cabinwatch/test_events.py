"""What of a drive becomes an event, and what never does."""

from typing import get_args

import numpy as np
import pytest

from alerts.types import Alert, Cause, Explanation, Gear, Level, VehicleState
from cabinwatch.events import COUNT_EVERY_S, Happenings
from cabinwatch.leaves import AlertEnded, AlertShown, Camera, CauseTold, Counters, Link
from cabinwatch.pipeline import Judged
from firmware_bridge.link import LinkCounters, LinkStatus
from firmware_bridge.messages import Verdict
from vision.types import CameraView, Frame, NoFrame

UP = LinkStatus(up=True, text="up", counters=LinkCounters(7, 6, 5, {Verdict.CRC: 3, Verdict.AGE: 1}))
DOWN = LinkStatus(up=False, text="/dev/cabinwatch-mcu: gone", counters=LinkCounters())
WHY = Explanation("house/microsleep", 0.0, 1.0, 1.2, 1.0, "s", "the eyes stay open", code=12)
PICTURE = np.zeros((4, 4), np.uint8)


class Drive:
    """Judged samples by hand, and the store that they come to."""

    dropped, trouble = 0, None

    def __init__(self):
        self.facts, self.trips = [], 0
        self.happenings = Happenings(self)
        self.t_s = 100.0

    def put(self, fact):
        self.facts.append(fact)

    def new_trip(self):
        self.trips += 1

    def go(self, alert=None, *, camera=True, link=UP, vehicle=None, step_s=0.1):
        sample = Frame(self.t_s, 0, PICTURE, CameraView()) if camera else NoFrame(self.t_s, "/dev/video0: gone")
        judged = Judged(sample, None, vehicle or VehicleState(), None, alert or Alert(self.t_s))
        self.happenings.judged(judged, link, self.t_s + 0.02)
        self.t_s += step_s
        return self

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]


@pytest.fixture
def drive():
    return Drive()


def alert(level, cause=Cause.MICROSLEEP, episode=1, acknowledged=False):
    return Alert(0.0, level, cause, episode, WHY, acknowledged=acknowledged)


def test_an_alert_is_stored_as_it_begins_rises_is_answered_and_ends(drive):
    for shown in (alert(Level.CAUTION), alert(Level.CRITICAL), alert(Level.CRITICAL, acknowledged=True)):
        drive.go(shown).go(shown)
    drive.go()
    assert drive.of(AlertShown) == [
        AlertShown(level="caution", cause="microsleep", episode=1, code=12, acknowledged=False),
        AlertShown(level="critical", cause="microsleep", episode=1, code=12, acknowledged=False),
        AlertShown(level="critical", cause="microsleep", episode=1, code=12, acknowledged=True),
    ]
    assert drive.of(AlertEnded) == [AlertEnded(cause="microsleep", episode=1, lasted_s=0.6, acknowledged=True)]


def test_one_alert_after_another_ends_the_first(drive):
    drive.go(alert(Level.WARNING)).go(alert(Level.WARNING, Cause.PHONE, 2)).go()
    assert [fact.cause for fact in drive.of(AlertEnded)] == ["microsleep", "phone"]
    drive.happenings.count()
    assert drive.facts[-1].alerts == {"microsleep": 1, "phone": 1}


def test_an_alert_that_rests_on_an_expression_leaves_no_trace(drive):
    """Not as an event and not in a count; an alert that it interrupts has ended."""
    drive.go().go(alert(Level.INFORMATION, Cause.AFFECT)).go()
    drive.happenings.count()
    assert not drive.of(AlertShown)
    assert not drive.of(AlertEnded)
    assert drive.facts[-1].alerts == {}


def test_every_other_cause_can_be_told():
    assert set(get_args(CauseTold)) == {
        cause.name.lower() for cause in Cause if cause not in {Cause.NONE, Cause.AFFECT}
    }


def test_camera_and_link_are_told_when_they_change(drive):
    drive.go().go().go(camera=False).go(camera=False, link=DOWN).go()
    assert drive.of(Camera) == [Camera(delivers=True), Camera(delivers=False), Camera(delivers=True)]
    assert drive.of(Link) == [Link(up=True), Link(up=False), Link(up=True)]


def test_the_words_of_a_fault_stay_in_the_log(drive):
    """They may name a path or an address."""
    drive.go(camera=False, link=DOWN)
    assert "/dev" not in str(drive.facts)


def test_a_trip_begins_when_the_ignition_comes_on(drive):
    """Not while it is unknown, nor at the start of the service: the store knows whether the trip goes on."""
    on, off, unknown = (VehicleState(ignition_on=state, gear=Gear.PARK) for state in (True, False, None))
    for vehicle in (unknown, on, unknown, on):
        drive.go(vehicle=vehicle)
    assert drive.trips == 0
    for vehicle in (off, unknown, on, on, off, on):
        drive.go(vehicle=vehicle)
    assert drive.trips == 2


def test_counters_come_every_ten_minutes(drive):
    """A gap between two frames counts as a second watched at most."""
    while drive.t_s < 100.0 + COUNT_EVERY_S:
        drive.go(step_s=0.5)
    drive.go(camera=False, link=DOWN, step_s=50).go(step_s=0.5).go()
    (counted,) = drive.of(Counters)
    drive.happenings.count()
    last = drive.facts[-1]
    assert (counted.frames, counted.watched_s, counted.silences) == (1200, 600, 1)
    assert (last.frames, last.watched_s, last.silences, last.link_losses) == (1202, 601, 1, 1)
    assert (last.link_sent, last.link_received, last.link_gaps, last.link_refused) == (7, 6, 5, 4)
