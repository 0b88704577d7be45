"""Expressions: refused unless everything is granted, smoothed, and without any power but one suggestion."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.affect import AffectSettings, AffectTerms, Expressions, refusal
from alerts.driver import DriverMonitor
from alerts.settings import AlertSettings
from alerts.types import AffectState, Cause, Gear, Level, VehicleState
from cabinwatch.rules import load_rules
from vision.types import EXPRESSIONS, Affect

TERMS = AffectTerms(privacy="private", purpose="earlier rests on long night drives")
GRANTED = AlertSettings(terms=TERMS)
CONSENT = VehicleState(speed_kmh=110.0, ignition_on=True, affect_consent=True)
NO_CONSENT = VehicleState(speed_kmh=110.0, ignition_on=True, affect_consent=False)
UNKNOWN = VehicleState(speed_kmh=110.0, ignition_on=True)
OFF = [(1, {"vehicle": NO_CONSENT})]  # a switch counts once it was seen off
NOT_CONSENTED = "the driver has not consented on this trip"


def shown(name, share=0.9, valence=0.0, arousal=0.0):
    rest = (1.0 - share) / (len(EXPRESSIONS) - 1)
    return Affect(tuple(share if one == name else rest for one in EXPRESSIONS), valence, arousal)


TENSE = shown("anger", valence=-0.6, arousal=0.7)
EASY = shown("neutral")


@pytest.mark.parametrize(
    ("terms", "consent", "why"),
    [
        (AffectTerms(), True, "privacy: fleet is a workplace, where expressions are never read"),
        (AffectTerms(purpose="p"), True, "privacy: fleet is a workplace, where expressions are never read"),
        (AffectTerms(privacy="private"), True, "no safety purpose is stated"),
        (AffectTerms(privacy="private", purpose="  "), True, "no safety purpose is stated"),
        (TERMS, False, "the driver has not consented on this trip"),
        (TERMS, True, None),
    ],
)
def test_who_may_read_expressions(terms, consent, why):
    """All three, or nothing; the reason is told."""
    assert refusal(terms, consent=consent) == why


def test_the_default_refuses_and_says_why(tell):
    """Even where a network measured something."""
    state = tell([(5, {"affect": TENSE, "vehicle": CONSENT})]).states[-1]
    assert state.affect == AffectState("privacy: fleet is a workplace, where expressions are never read")


def test_consent_taken_back_forgets_everything_at_once(tell):
    """And granting it again begins anew."""
    story = [*OFF, (60, {"affect": TENSE, "vehicle": CONSENT}), (1, {"affect": TENSE, "vehicle": NO_CONSENT})]
    drive = tell(story, settings=GRANTED)
    assert drive.states[30 * 61 - 1].affect.expression == "anger"
    assert drive.states[30 * 61].affect == AffectState(NOT_CONSENTED)
    again = tell([*story, (1, {"affect": EASY, "vehicle": CONSENT})], settings=GRANTED)
    assert again.states[-1].affect.valence == pytest.approx(0.0, abs=0.01)


def test_consent_is_for_one_trip(tell):
    """A switch left on from the last trip counts only after it was off. Between stops of one trip it goes on."""
    off, parked = (
        VehicleState(speed_kmh=0.0, ignition_on=on, gear=Gear.PARK, affect_consent=True) for on in (False, True)
    )
    here, there = {"affect": TENSE, "vehicle": CONSENT}, {"affect": TENSE, "vehicle": NO_CONSENT}

    def refused(*story):
        return tell(list(story), settings=GRANTED).states[-1].affect.refused

    assert refused(*OFF, (2, here), (1, {"vehicle": parked}), (2, here)) is None
    left_on = [*OFF, (2, here), (1, {"vehicle": off}), (2, here)]
    assert refused(*left_on) == NOT_CONSENTED
    assert refused(*left_on, (1, there), (1, here)) is None
    assert refused(*OFF, (1, {"vehicle": replace(off, affect_consent=False)}), (1, here)) is None


def test_a_switch_that_was_never_seen_off_may_be_last_week_s(tell):
    """The service starts with the ignition and finds it on; nor is a switch that nobody can read one that is off."""
    here, unknown = {"affect": TENSE, "vehicle": CONSENT}, {"affect": TENSE, "vehicle": UNKNOWN}
    drive = tell([(2, here), (2, unknown), (2, here), *OFF, (2, here), (1, unknown), (1, here)], settings=GRANTED)
    assert {state.affect.refused for state in drive.states[: 7 * 30]} == {NOT_CONSENTED}
    assert [drive.states[30 * at_s].affect.refused for at_s in (8, 9, 10)] == [None, NOT_CONSENTED, None]


@pytest.mark.parametrize(
    ("granted", "vehicle", "may"),
    [
        (GRANTED, CONSENT, True),
        (GRANTED, NO_CONSENT, False),
        (GRANTED, UNKNOWN, False),
        (GRANTED, replace(CONSENT, speed_kmh=0.0, gear=Gear.PARK), False),
        (GRANTED, replace(CONSENT, speed_kmh=0.0, ignition_on=False), False),
        (AlertSettings(), CONSENT, False),
        (AlertSettings(terms=AffectTerms(privacy="private")), CONSENT, False),
    ],
)
def test_it_is_asked_before_anything_is_measured(look, granted, vehicle, may):
    """The same answer as the state's, with the same vehicle; asking changes nothing."""
    driver = DriverMonitor(granted, load_rules(["house"]))
    driver.update(look(0.0), NO_CONSENT)
    assert [driver.may_read_expressions(vehicle) for _ in range(2)] == [may, may]
    assert (driver.update(look(0.1), vehicle).affect.refused is None) is may


def test_expressions_are_smoothed_with_their_uncertainty():
    """One angry word in a calm minute stands out for nobody; a minute of it does."""
    face = Expressions(AffectSettings())
    for i in range(120):
        state = face.update(i * 0.5, EASY)
    assert (state.expression, state.uncertainty) == ("neutral", pytest.approx(0.0, abs=0.01))
    state = face.update(60.0, TENSE)
    assert state.expression == "neutral"
    assert state.uncertainty > 0.1
    for i in range(121, 240):
        state = face.update(i * 0.5, TENSE)
    assert (state.expression, state.valence) == ("anger", pytest.approx(-0.6, abs=0.01))


def test_a_face_that_changes_all_the_time_is_wholly_uncertain():
    """Uncertainty ends at 1, however far the words lie apart."""
    face, one, other = Expressions(AffectSettings()), shown("anger", 0.9, -1.0, 1.0), shown("happiness", 0.9, 1.0, -1.0)
    told = [face.update(i * 0.5, one if i % 2 else other).uncertainty for i in range(1, 60)]
    assert max(told[1:]) == 1.0


def test_an_expression_stands_out_or_there_is_none():
    face = Expressions(AffectSettings())
    assert face.update(0.0, None) == AffectState(refused=None)
    for i in range(100):
        state = face.update(i * 0.5, shown("fear", share=0.3))
    assert (state.expression, state.share) == (None, pytest.approx(0.3))


def test_time_and_not_samples_decides():
    """Twice a second or ten times, the same minute is the same mean."""
    slow, fast = Expressions(AffectSettings()), Expressions(AffectSettings())
    for i in range(41):
        slow_state = slow.update(i * 0.5, EASY if i < 20 else TENSE)
    for i in range(201):
        fast_state = fast.update(i * 0.1, EASY if i < 100 else TENSE)
    assert slow_state.valence == pytest.approx(fast_state.valence, abs=0.02)


def test_what_is_not_measured_becomes_uncertain():
    face = Expressions(AffectSettings())
    for i in range(120):
        face.update(i * 0.5, TENSE)
    assert face.update(61.0, None).uncertainty < 0.05
    state = face.update(90.0, None)
    assert state.uncertainty > 0.5
    assert state.tension_s == 0.0


def test_two_minutes_of_tension_suggest_a_rest_and_nothing_else(tell):
    """Rai drives tense: an information, half a minute, once in a while. An easy face ends the tension."""
    tense = {"affect": TENSE, "vehicle": CONSENT}
    drive = tell([*OFF, (200, tense), (60, {"affect": EASY, "vehicle": CONSENT})], settings=GRANTED, fps=10)
    assert drive.causes == [Cause.AFFECT]
    first = next(alert for alert in drive.alerts if alert.level)
    assert (first.level, first.why.rule) == (Level.INFORMATION, "house/rest_early")
    assert 120 < first.t_s < 160
    assert drive.last(Cause.AFFECT) == pytest.approx(first.t_s + 30, abs=1)
    assert drive.states[-1].affect.tension_s == 0.0


def test_without_tension_nothing_is_suggested(tell):
    """Happy, sad, surprised: nothing follows from a face."""
    for valence, arousal in (0.8, 0.4), (-0.7, -0.4), (0.2, 0.8):
        face = shown("happiness", valence=valence, arousal=arousal)
        drive = tell([*OFF, (200, {"affect": face, "vehicle": CONSENT})], settings=GRANTED, fps=10)
        assert drive.states[-1].affect.refused is None
        assert drive.causes == []


proxy = st.floats(-1.0, 1.0)
any_face = st.builds(shown, st.sampled_from(EXPRESSIONS), st.floats(0.2, 1.0), proxy, proxy)
faces = st.one_of(st.sampled_from([None, TENSE, EASY]), any_face)
pieces = st.lists(
    st.tuples(
        st.floats(0.3, 60.0),
        st.fixed_dictionaries(
            {"affect": faces},
            optional={
                "closed": st.sampled_from([0.05, 0.95, None]),
                "yaw": st.sampled_from([0.0, 50.0, None]),
                "mouth": st.sampled_from([0.05, 0.9]),
                "face": st.sampled_from([0.0, 0.95]),
                "vehicle": st.sampled_from([CONSENT, NO_CONSENT, UNKNOWN]),
            },
        ),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(pieces, st.booleans())
def test_no_safety_alert_moves_by_a_sample(tell, story, tense_before):
    """Affect on and off, whatever the driver does: the same alerts but its own, at the same samples, as strong."""
    before = [(150, {"affect": TENSE})] if tense_before else []
    on, off = (
        tell([*OFF, *before, *story], settings=given_settings, vehicle=CONSENT, fps=8)
        for given_settings in (GRANTED, AlertSettings())
    )
    for one, other in zip(on.alerts, off.alerts, strict=True):
        seen = (Level.NONE, Cause.NONE) if one.cause is Cause.AFFECT else (one.level, one.cause)
        assert seen == (other.level, other.cause)
        assert (one.lockouts, one.locked) == (other.lockouts, other.locked)
        if one.cause is not Cause.AFFECT:
            assert (one.cue, one.acknowledged) == (other.cue, other.acknowledged)
    for one, other in zip(on.states, off.states, strict=True):
        assert [f for f in one.findings if f.cause is not Cause.AFFECT] == list(other.findings)


def test_a_monitor_that_is_refused_never_measures(look):
    """Nothing is kept that could be read later."""
    driver = DriverMonitor(AlertSettings(), load_rules(["house"]))
    for i in range(100):
        driver.update(look(i / 10, affect=TENSE), CONSENT)
    assert not driver._watch._expressions.used


def test_the_uncertainty_is_the_spread_of_what_was_seen():
    """And how little was seen yet: looks 2 s apart, the older the lighter; nothing lies before the first."""
    face, fades = Expressions(AffectSettings()), math.exp(-2.0 / AffectSettings().smooth_s)
    for i, valence in enumerate([0.9, -0.4, 0.1, 0.0]):
        state = face.update(2.0 * i, shown("neutral", valence=valence))
    values, weights = np.array([-0.4, 0.1, 0.0]), (1.0 - fades) * fades ** np.array([2, 1, 0])
    mean = np.average(values, weights=weights)
    spread = math.sqrt(np.average((values - mean) ** 2, weights=weights))
    assert state.valence == pytest.approx(mean)
    assert state.uncertainty == pytest.approx(spread + 1.0 - weights.sum())
