"""Drivers whose eyes close: when the rules speak, when they must not, and when they stop."""

import pytest

from alerts.driver import DriverMonitor
from alerts.mouth import Yawns, YawnSettings
from alerts.settings import AlertSettings
from alerts.types import Cause, Explanation, Level, VehicleState
from cabinwatch.rules import load_rules
from vision.types import Eye

HOUSE = load_rules(["house"])
TOLERANCE_S = 0.2
RATES = [10.0, 15.0, 30.0, 60.0]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("drop", [0.0, 0.2])
def test_ayu_nods_off_for_1_4_s_on_the_motorway(tell, fps, drop):
    """Microsleep at 1.0 s of closure, never sleep, quiet again soon after the eyes open."""
    drive = tell([(5, {}), (1.4, {"closed": 0.95}), (5, {})], fps=fps, drop=drop, seed=1)
    assert drive.causes == [Cause.MICROSLEEP]
    assert 6.0 - 1e-6 <= drive.first(Cause.MICROSLEEP) <= 6.0 + TOLERANCE_S + 2 / fps
    assert drive.last(Cause.MICROSLEEP) <= 5 + 1.4 + 1.0


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("drop", [0.0, 0.2])
def test_bima_falls_asleep(tell, fps, drop):
    """Microsleep becomes sleep at 3.0 s as a new and more urgent episode."""
    drive = tell([(5, {}), (6, {"closed": 0.95}), (5, {})], fps=fps, drop=drop, seed=1)
    assert drive.causes == [Cause.MICROSLEEP, Cause.SLEEP]
    assert 8.0 - 1e-6 <= drive.first(Cause.SLEEP) <= 8.0 + TOLERANCE_S + 2 / fps
    sleep = next(alert for alert in drive.alerts if alert.cause is Cause.SLEEP)
    why = sleep.why
    assert (sleep.level, why.rule, why.threshold, why.unit) == (Level.CRITICAL, "house/sleep", 3.0, "s")
    assert drive.last(Cause.SLEEP) <= 11 + 0.2 + 0.3 + 0.1


def test_one_frame_read_as_open_does_not_wake_a_sleeper(tell):
    """Once a closure is long, less than 0.2 s of open eyes is a misreading."""
    nap = [(5, {}), (2.0, {"closed": 0.95}), (0.15, {"closed": 0.1}), (2, {"closed": 0.95}), (3, {})]
    assert tell(nap, fps=60).first(Cause.SLEEP) == pytest.approx(8.0, abs=TOLERANCE_S)


def test_candra_flutters_her_lids_in_the_sun(tell):
    """Short closures with 0.15 s of open eyes between them never add up to a microsleep."""
    drive = tell([(5, {})] + [(0.2, {"closed": 0.9}), (0.15, {})] * 10 + [(5, {})], fps=60)
    assert drive.causes == []


@pytest.mark.parametrize("fps", RATES)
def test_dewi_blinks_0_3_s_every_4_s_for_10_minutes(tell, fps):
    """Slow but regular blinking is silence, and PERCLOS says 7.5 % as exactly as the frames allow."""
    drive = tell([(3.7, {}), (0.3, {"closed": 0.95})] * 150, fps=fps)
    assert drive.causes == []
    assert drive.states[-1].perclos.value == pytest.approx(0.075, abs=0.5 / fps)


def test_blinks_are_timed_and_counted(tell):
    """A blink of 0.2 s every 2 s: its duration to a frame, its rate, and no PERCLOS from blinks."""
    drive = tell([(1.8, {}), (0.2, {"closed": 0.95})] * 40 + [(1, {})], fps=30)
    state = drive.states[-1]
    assert state.blink_s.value == pytest.approx(0.2, abs=0.035)
    assert state.blink_rate_hz.value == pytest.approx(0.5, abs=0.03)
    assert state.perclos.value == 0.0


def test_blink_timing_is_withdrawn_below_15_frames_a_second(tell):
    """At 10 frames/s half of the blinks are missed: no number rather than a wrong one. PERCLOS stays."""
    state = tell([(3.8, {}), (0.2, {"closed": 0.95})] * 20, fps=10).states[-1]
    assert (state.blink_s.value, state.blink_s.reason) == (None, "fewer than 15 frames/s")
    assert (state.blink_rate_hz.value, state.blink_rate_hz.reason) == (None, "fewer than 15 frames/s")
    assert state.perclos.value == 0.0


def test_no_blink_yet(tell):
    """Before the first blink its duration is unknown, not 0."""
    assert tell([(5, {})]).states[-1].blink_s.reason == "no blink yet"


def test_a_blink_that_begins_unseen_has_no_duration(tell):
    """Both ends have to be seen; a closure that comes out of nowhere or goes there is not timed."""
    drive = tell([(3, {}), (0.1, {"closed": None}), (0.2, {"closed": 0.9}), (3, {})])
    assert drive.states[-1].blink_s.value is None
    drive = tell([(3, {}), (0.2, {"closed": 0.9}), (0.1, {"closed": None}), (3, {})])
    assert drive.states[-1].blink_s.value is None


def test_eko_is_drowsy(tell):
    """0.5 s closures every 4 s are a PERCLOS of 12.5 %: a warning; every 5.5 s they are 9 %: a caution."""
    drive = tell([(3.5, {}), (0.5, {"closed": 0.9})] * 30)
    assert drive.causes == [Cause.DROWSY]
    assert drive.alerts[-1].level is Level.WARNING
    assert drive.states[-1].perclos.value == pytest.approx(0.125, abs=0.01)
    drive = tell([(5, {}), (0.5, {"closed": 0.9})] * 30)
    assert drive.causes == [Cause.DROWSY]
    assert {alert.level for alert in drive.alerts} == {Level.NONE, Level.CAUTION}


def test_drowsy_ends_with_a_margin(tell):
    """The caution stays while PERCLOS is between 6 and 8 %, and ends under 6 %."""
    drive = tell([(5, {}), (0.5, {"closed": 0.9})] * 15 + [(60, {})])
    drowsy = [state.perclos.value for state in drive.states if state.findings]
    assert min(drowsy) == pytest.approx(0.06, abs=0.001)
    assert drive.alerts[-1].level is Level.NONE


def test_perclos_says_why_it_is_withdrawn(tell):
    """Too little of the minute judged, too few frames, eyes unseen just now."""
    assert tell([(0.5, {})]).states[-1].perclos.reason == "frame rate not known yet"
    assert tell([(20, {})]).states[-1].perclos.reason == "eyes judged for 19 of the last 60 s"
    assert tell([(70, {})], fps=6).states[-1].perclos.reason == "fewer than 10 frames/s"
    assert tell([(70, {}), (5, {"closed": None})]).states[-1].perclos.reason == "eyes unseen for 5 s"
    assert tell([(70, {}), (2, {"closed": None})]).states[-1].perclos.value == 0.0


def test_unseen_eyes_raise_no_drowsiness_while_old_open_time_leaves_the_window(tell):
    """PERCLOS may move while the eyes are unseen; its level never goes up then."""
    before = [(30, {}), *[(4 - 14 / 30, {}), (14 / 30, {"closed": 0.9})] * 10]  # 7.8 % of the last minute
    drive = tell([*before, (2.9, {"closed": None})])
    assert drive.states[-1].perclos.value > 0.08
    assert drive.causes == []


def test_blinks_never_join_a_later_closure_in_perclos(tell):
    """Ten blinks of 0.2 s and one closure of 0.5 s are 0.5 s in a minute."""
    drive = tell([(40, {}), *[(1.8, {}), (0.2, {"closed": 0.9})] * 10, (2, {}), (0.5, {"closed": 0.9}), (2, {})])
    assert drive.states[-1].perclos.value == pytest.approx(0.5 / 60, abs=0.0005)


def test_time_without_samples_is_not_judged_time(look):
    """Half of the time is missing, second by second: the frame rate would do, what was seen does not."""
    driver = DriverMonitor(AlertSettings(), HOUSE)
    for i in range(70 * 30):
        if i // 30 % 2:
            state = driver.update(look(i / 30), VehicleState())
    assert state.perclos.reason == "eyes judged for 29 of the last 60 s"


@pytest.mark.parametrize(
    ("why", "says"),
    [
        (
            Explanation("sleep", 5.0, 8.02, 3.02, 3.0, "s", "the eyes open", "eyes closed for"),
            "sleep: eyes closed for 3.02 s, limit 3.00 s; clears when the eyes open",
        ),
        (
            Explanation("perclos", 0.0, 60.0, 0.125, 0.12, "share", "it falls under 10 %", "eyes closed (PERCLOS)"),
            "perclos: eyes closed (PERCLOS) 12.5 % over 60 s, limit 12.0 %; clears when it falls under 10 %",
        ),
        (
            Explanation("yawns", 24.0, 324.0, 3.0, 3.0, "yawns", "there is none", note="a guess"),
            "yawns: 3 yawns over 300 s, limit 3 yawns; clears when there is none (a guess)",
        ),
    ],
)
def test_the_sentence(why, says):
    """One line that a fleet engineer can argue with."""
    assert why.sentence() == says


def test_fajar_winks(tell):
    """One closed eye is a wink."""
    wink = {"left": Eye(0.05, 0.95, 0.9), "right": Eye(0.95, 0.05, 0.85)}
    drive = tell([(5, {}), (1.4, wink)])
    assert drive.states[-1].eyes_closed is False
    assert tell([(5, {}), (1.4, wink), (5, {})]).causes == []


def test_a_glass_eye_does_not_hide_sleep_without_a_word(tell):
    """Hana's left eye always reads open. When the right one stays shut nobody knows: told within 10 s, never silent."""
    glass = {"left": Eye(0.95, 0.05, 0.9), "right": Eye(0.05, 0.95, 0.9)}
    drive = tell([(5, {}), (15, glass)])
    assert drive.causes == [Cause.CANNOT_SEE]
    assert drive.first(Cause.CANNOT_SEE) <= 5 + 1.5 + 10
    assert drive.states[-1].eyes_closed is None
    assert drive.states[-1].unseen_reason == "eyes_disagree"
    assert tell([(5, {}), (15, glass), (3, {})]).alerts[-1].cause is Cause.NONE


def test_one_misread_frame_and_a_short_loss_do_not_end_a_sleep(tell):
    """Iwan sleeps; one frame reads open, then a hand passes for 0.2 s: he is still asleep and still told."""
    hidden = {"closed": None}
    story = [(5, {}), (2.5, {"closed": 0.95}), (1 / 30, {}), (0.2, hidden), (4, {"closed": 0.95})]
    drive = tell(story)
    assert drive.first(Cause.SLEEP) == pytest.approx(8.0, abs=TOLERANCE_S)
    assert drive.causes == [Cause.MICROSLEEP, Cause.SLEEP]


def test_gita_wears_an_eye_patch(tell):
    """With one eye unseen the other decides."""
    open_eye, shut_eye = Eye(0.95, 0.05, 0.9), Eye(0.05, 0.95, 0.9)
    drive = tell([(5, {"left": Eye(), "right": open_eye}), (2, {"left": Eye(), "right": shut_eye})])
    assert drive.first(Cause.MICROSLEEP) == pytest.approx(6.0, abs=TOLERANCE_S)
    drive = tell([(5, {"left": open_eye, "right": Eye()}), (2, {"left": shut_eye, "right": Eye()})])
    assert drive.first(Cause.MICROSLEEP) == pytest.approx(6.0, abs=TOLERANCE_S)


@pytest.mark.parametrize(("better", "asleep"), [("left", True), ("right", False)])
def test_of_two_eyes_that_disagree_the_much_better_seen_one_decides(tell, better, asleep):
    """The eye on the far side of a turned head reads badly."""
    confidence = {"left": 0.55, "right": 0.55, better: 0.95}
    eyes = {"left": Eye(0.05, 0.95, confidence["left"]), "right": Eye(0.95, 0.05, confidence["right"])}
    assert (Cause.MICROSLEEP in tell([(5, {}), (2, eyes)]).causes) is asleep


def test_hana_reads_her_lap_with_open_eyes(tell):
    """Lowered lids are not closed ones: only the closed probability counts, never openness."""
    lowered = Eye(0.2, 0.45, 0.9)
    drive = tell([(5, {}), (5, {"left": lowered, "right": lowered, "pitch": -40.0})])
    assert drive.causes == [Cause.LONG_DISTRACTION]


def test_a_short_unknown_gap_neither_breaks_nor_feeds_a_closure(tell):
    """Closed 0.6 s, unknown 0.2 s, closed on: the microsleep is 1.0 s after the start, not inside the gap."""
    story = [(5, {}), (0.6, {"closed": 0.9}), (0.2, {"closed": None}), (1, {"closed": 0.9}), (2, {})]
    assert tell(story).first(Cause.MICROSLEEP) == pytest.approx(6.0, abs=0.05)
    story = [(5, {}), (0.9, {"closed": 0.9}), (0.3, {"closed": None}), (2, {})]
    assert tell(story).causes == []


def test_a_long_unknown_ends_a_closure_as_unknown(tell):
    """Closed 0.8 s, unknown 0.6 s, closed 0.8 s are two closures."""
    story = [(5, {}), (0.8, {"closed": 0.9}), (0.6, {"closed": None}), (0.8, {"closed": 0.9}), (2, {})]
    drive = tell(story)
    assert drive.causes == []
    assert max(state.closed_for_s for state in drive.states) < 0.8


def test_a_measurement_that_is_not_a_number_is_unknown(tell):
    """A broken network must not look like an open eye."""
    broken = Eye(float("nan"), float("nan"), 0.9)
    assert tell([(1, {"left": broken, "right": broken})]).states[-1].eyes_closed is None
    unsure = Eye(0.0, 1.0, float("nan"))
    assert tell([(1, {"left": unsure, "right": unsure})]).states[-1].eyes_closed is None


def test_sleep_is_shown_from_20_kmh_and_at_unknown_speed(tell):
    """Asleep at the lights is silence; an unknown speed counts as moving."""
    asleep = [(5, {}), (5, {"closed": 0.95})]
    assert tell(asleep, vehicle=VehicleState(speed_kmh=19.9, ignition_on=True)).causes == []
    assert Cause.SLEEP in tell(asleep, vehicle=VehicleState(speed_kmh=20.0, ignition_on=True)).causes
    assert Cause.SLEEP in tell(asleep, vehicle=VehicleState()).causes


def test_intan_yawns(tell):
    """Three yawns in ten minutes are an information, which ends half a minute after the last."""
    yawns = [(20, {}), (4, {"mouth": 0.8})] * 3
    drive = tell([*yawns, (60, {})])
    assert drive.causes == [Cause.DROWSY]
    alert = next(alert for alert in drive.alerts if alert.level)
    assert (alert.level, alert.why.rule, alert.why.value) == (Level.INFORMATION, "house/yawns", 3.0)
    assert drive.last(Cause.DROWSY) == pytest.approx(72 + 30, abs=1)
    assert next(state.t_s for state in drive.states if state.yawning) == pytest.approx(22.0, abs=0.1)
    assert drive.states[-1].yawns == 3


def test_yawns_are_forgotten_after_ten_minutes(tell):
    """The count is of the last ten minutes."""
    drive = tell([(5, {}), (4, {"mouth": 0.8}), (590, {}), (15, {})], fps=10)
    assert drive.states[-200].yawns == 1
    assert drive.states[-1].yawns == 0


@pytest.mark.parametrize(
    "mouth",
    [
        [(0.15, {"mouth": 0.6}), (0.15, {"mouth": 0.1})] * 200,  # talking
        [(1.5, {"mouth": 0.9}), (0.3, {"mouth": 0.1})] * 30,  # singing
        [(9.0, {"mouth": 0.9}), (1, {})] * 6,  # mouth left open
        [(3.0, {"mouth": 0.9}), (1.0, {"mouth": None}), (3, {})] * 6,  # hand over it before its end is seen
    ],
)
def test_what_is_not_a_yawn(tell, mouth):
    """Speech, song, an open mouth, and what a hand hides."""
    drive = tell([(5, {}), *mouth])
    assert drive.states[-1].yawns == 0
    assert drive.causes == []


def test_kirana_sings_long_notes(tell):
    """Each of 2.5 s looks like a yawn until the third one shows what it is. A yawn well before the song stays one."""
    song = [(2.5, {"mouth": 0.9}), (0.5, {"mouth": 0.1})] * 8
    drive = tell([(10, {}), *song, (12, {})], fps=10)
    assert [drive.states[at_s * 10].talking for at_s in (9, 33, 45)] == [False, True, False]
    assert (drive.states[-1].yawns, drive.causes) == (0, [])
    assert tell([(10, {}), (4, {"mouth": 0.8}), (20, {}), *song], fps=10).states[-1].yawns == 1


OPENING, HAND = (0.8, {"mouth": 0.8}), {"mouth": None}


def test_joko_yawns_behind_his_hand(tell):
    """Weak evidence: eight of them weigh 3.2 yawns and are told as the hand goes, seven are nothing."""
    drive = tell([*[(20, {}), OPENING, (3, HAND)] * 8, (5, {})], fps=10)
    assert (drive.states[-1].covered_yawns, drive.states[-1].yawns) == (8, 0)
    assert drive.causes == [Cause.DROWSY]
    assert drive.first(Cause.DROWSY) == pytest.approx(8 * 23.8, abs=TOLERANCE_S)


@pytest.mark.parametrize(
    "pieces",
    [
        [(0.3, {"mouth": 0.8}), (3, HAND)],  # hardly opened before the hand came
        [OPENING, (0.7, HAND)],  # over too soon
        [OPENING, (9, HAND)],  # a hand that stays there
        [OPENING, (3, {"face": 0.0})],  # lost, and not covered
        [OPENING, (3, HAND), (1, {"face": 0.0})],  # covered, and then lost
    ],
)
def test_what_is_not_a_yawn_behind_a_hand(tell, pieces):
    assert tell([(5, {}), *pieces, (1, {})], fps=10).states[-1].covered_yawns == 0


def test_who_has_not_yawned_has_no_yawns():
    yawns = Yawns(YawnSettings())
    assert (yawns.weight, yawns.recent(0.0), yawns.first_s) == (0.0, 0.0, 0.0)


def test_a_mouth_that_cannot_be_judged_is_unknown(tell):
    """A mask neither yawns nor does not, nor talks: whoever talked before it."""
    assert tell([(2, {"mouth": None})]).states[-1].yawning is None
    words = [(0.15, {"mouth": 0.6}), (0.15, {"mouth": 0.1})] * 20
    drive = tell([*words, (1, {"mouth": None})])
    assert (drive.states[170].talking, drive.states[-1].talking) == (True, None)
    assert tell([(2, {})]).states[-1].yawning is False
