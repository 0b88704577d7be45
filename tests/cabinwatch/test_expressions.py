"""Whose expression is read, and what becomes of it: from the config and the driver's switch to the log."""

from dataclasses import dataclass, field, replace

import pytest
from msgspec import structs

import cabinwatch.parts
from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.types import Cause, Gear, Level, VehicleState
from cabinwatch.config import Config, load
from cabinwatch.parts import Parts
from cabinwatch.pipeline import Pipeline
from cabinwatch.report import Reporter
from cabinwatch.rules import load_rules
from firmware_bridge.link import LinkCounters, LinkStatus
from firmware_bridge.messages import Hello
from vision.types import EXPRESSIONS, Affect, NoFrame

PURPOSE = "earlier rests on long night drives"
ANGER = Affect(tuple(1.0 if name == "anger" else 0.0 for name in EXPRESSIONS), -0.7, 0.7)
OFF = VehicleState(speed_kmh=110.0, ignition_on=True, affect_consent=False)
ON = replace(OFF, affect_consent=True)
UNKNOWN = replace(OFF, affect_consent=None)
PARKED = replace(ON, speed_kmh=0.0, gear=Gear.PARK)
STOPPED = replace(ON, speed_kmh=0.0, ignition_on=False)
UP = LinkStatus(up=True, text="up", counters=LinkCounters())
FPS = 10


@dataclass
class Wire:
    """What the vehicle says now, and what it was told."""

    vehicle: VehicleState = OFF
    status: LinkStatus = UP
    wanted: list = field(default_factory=list)

    def want(self, alert, captured_s):
        self.wanted.append(alert)


class Reader:
    """An observer with the affect network: every driver is angry where that is looked at."""

    def __init__(self, a_face):
        self.a_face, self.looked_s = a_face, []

    def observe(self, sample, *, affect):
        self.looked_s += [sample.t_s] if affect else []
        return replace(self.a_face(sample.t_s), affect=ANGER if affect else None)


class Drive:
    """A vehicle with the service in it; each leg is (seconds, what the vehicle says)."""

    def __init__(self, a_face, config):
        settings = config.judgement()
        self.reader, self.wire, self.reporter = Reader(a_face), Wire(), Reporter()
        self.judged, self.status, self.samples = [], [], 0
        driver = DriverMonitor(settings, load_rules(config.rules))
        self.pipeline = Pipeline(self.reader, driver, Policy(settings.policy), self.wire)

    def go(self, *legs):
        for judged in self.pipeline.run(self._samples(legs)):
            self.judged.append(judged)
            self.status.append(self.reporter.judged(judged, self.wire.status, judged.sample.t_s))
        return self

    def _samples(self, legs):
        for lasts_s, self.wire.vehicle in legs:
            for _ in range(round(lasts_s * FPS)):
                yield NoFrame(self.samples / FPS, "a sample is all that this needs")
                self.samples += 1

    @property
    def looked(self):
        """In which seconds the affect network ran."""
        return sorted({int(t_s) for t_s in self.reader.looked_s})


@pytest.fixture
def drive(a_face, tmp_path):
    def start(text=f"privacy: private\naffect: {{purpose: {PURPOSE}}}\n"):
        file = tmp_path / "cabinwatch.yaml"
        file.write_text(text)
        return Drive(a_face, load(file))

    return start


@pytest.mark.parametrize("text", ["privacy: fleet", "privacy: private", "{}"])
def test_without_private_and_a_purpose_nobody_is_read(drive, text):
    """Adi's switch may stand as it likes."""
    adi = drive(text).go((1, OFF), (3, ON))
    assert adi.looked == []
    assert adi.judged[-1].state.affect.refused is not None


def test_an_expression_is_read_only_while_the_switch_is_on(drive):
    """Bela switches on for a second; the link is lost for another; then on again, and off."""
    bela = drive().go((2, OFF), (1, ON), (1, OFF), (1, ON), (1, UNKNOWN), (1, ON), (2, OFF))
    assert bela.looked == [2, 4, 6]


def test_taking_consent_back_works_with_the_very_next_sample(drive):
    """Cindy's expression was known; now it is neither read nor remembered, and later it begins from nothing."""
    cindy = drive().go((1, OFF), (20, ON))
    assert cindy.judged[-1].state.affect.expression == "anger"
    cindy.go((0.1, OFF))
    last = cindy.judged[-1]
    assert (last.seen.affect, last.state.affect.expression, last.state.affect.valence) == (None, None, None)
    sure = cindy.judged[-2].state.affect.uncertainty
    cindy.go((0.3, ON))
    assert cindy.judged[-1].state.affect.uncertainty > sure + 0.5


def test_consent_ends_with_the_trip_and_reading_with_the_drive(drive):
    """Dodi parks: nothing is read. He switches the ignition off and on and has to set his switch anew."""
    dodi = drive().go((1, OFF), (1, ON), (1, PARKED), (1, ON), (1, STOPPED), (2, ON), (1, OFF), (1, ON))
    assert dodi.looked == [1, 3, 8]


def test_a_switch_that_was_on_when_the_service_began_has_to_be_set_anew(drive):
    """Eka may not be the one who set it."""
    assert drive().go((3, ON), (1, UNKNOWN), (2, ON), (1, OFF), (1, ON)).looked == [7]


def test_what_a_face_showed_is_in_no_log_and_no_status(drive, caplog):
    """Fani looks angry for minutes. A rest is suggested to her, and to nobody else; a microsleep is in the log."""
    caplog.set_level("DEBUG")
    fani = drive().go((2, OFF), (200, ON))
    suggested = [alert for alert in fani.wire.wanted if alert.cause is Cause.AFFECT]
    assert {alert.level for alert in suggested} == {Level.INFORMATION}
    words = ("affect", "expression", "tens", "anger", "valence", "rest", "break", "118", "information", "cleared")
    told = "\n".join([*caplog.messages, *filter(None, fani.status)])
    assert "event=camera_silent" in told
    assert not [word for word in words if word in told]


def test_an_alert_before_or_after_a_suggestion_is_in_the_log(drive, caplog):
    """Each with its end, and nothing of what was between."""
    fani = drive().go((2, OFF), (200, ON))
    suggestion = next(judged for judged in fani.judged if judged.alert.cause is Cause.AFFECT)
    sleepy = structs.replace(suggestion.alert, level=Level.WARNING, cause=Cause.MICROSLEEP, episode_id=2, why=None)
    quiet = structs.replace(suggestion.alert, level=Level.NONE, cause=Cause.NONE, why=None)
    caplog.set_level("DEBUG")
    caplog.clear()
    reporter = Reporter()
    for alert in (suggestion.alert, sleepy, structs.replace(suggestion.alert, episode_id=3), quiet):
        reporter.judged(replace(suggestion, alert=alert), UP, 0.0)
    assert [line.split()[0] for line in caplog.messages[1:]] == ["event=alert", "event=alert_cleared"]
    assert all("microsleep" in line for line in caplog.messages[1:])


# --- what is built -----------------------------------------------------------------------------------------------


@pytest.fixture
def built(monkeypatch, make_clip, tmp_path):
    """Writes configs; what each made of the observer."""
    made = []

    class Recorded:
        def __init__(self, *, models, affect, engines):
            made.append(affect)

    monkeypatch.setattr(cabinwatch.parts, "Observer", Recorded)
    clip, file = make_clip([200] * 2), tmp_path / "cabinwatch.yaml"

    def config(text):
        file.write_text(f"camera: {{source: {clip}}}\nlink: {{port: {tmp_path / 'none'}}}\n{text}")
        return load(file)

    return made, config


ALLOWED = f"privacy: private\naffect: {{purpose: {PURPOSE}}}"


@pytest.mark.parametrize(("text", "loaded"), [("", False), ("privacy: private", False), (ALLOWED, True)])
def test_the_affect_network_is_loaded_only_where_the_config_allows_it(built, text, loaded):
    made, config = built
    Parts(config(text)).close()
    assert made == [loaded]


def test_a_reload_takes_the_network_away_and_brings_it_back(built):
    """The observer that had it is gone, and with it the driver's consent."""
    made, config = built
    parts = Parts(config(ALLOWED))
    try:
        before = parts.pipeline.observer, parts.pipeline.driver
        assert parts.change(config("privacy: private")) == ("affect",)
        assert made == [True, False]
        assert parts.pipeline.observer is not before[0]
        assert parts.pipeline.driver is not before[1]
        parts.change(config(ALLOWED))
        assert made == [True, False, True]
    finally:
        parts.close()


def test_nothing_is_allowed_by_default():
    assert not Config().loads_affect


# --- what the microcontroller remembers ---------------------------------------------------------------------------


def told(lockouts):
    return replace(UP, mcu_hello=Hello(lockouts=lockouts))


def test_a_restart_inside_a_trip_takes_the_lock_outs_over_once(drive):
    """The service comes back at 110 km/h: two critical alerts were there before it. It says that it learns anew."""
    gita = drive()
    gita.go((1, VehicleState()))
    assert (gita.judged[-1].alert.lockouts, gita.judged[-1].state.learning.again) == (0, False)
    gita.wire.status = told(2)
    gita.go((1, OFF))
    assert (gita.judged[-1].alert.lockouts, gita.judged[-1].state.learning.again) == (2, True)
    gita.wire.status = told(5)  # the port was opened anew: what it counts now, we have shown
    assert gita.go((1, OFF)).judged[-1].alert.lockouts == 2
    assert gita.go((1, STOPPED), (1, OFF)).judged[-1].alert.lockouts == 0
