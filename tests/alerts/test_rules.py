"""Rules as data: what a file may say, how a limit is crossed, and numbers that never change meaning."""

import re

import msgspec
import pytest

from alerts.always import ALWAYS
from alerts.rules import MEASURES, Judge, MeasureName, Rule, RuleSet
from alerts.types import Cause, Gear, Level, TurnSignal, VehicleState
from cabinwatch.config import ConfigError
from cabinwatch.rules import bundled, load_rules

ROAD = VehicleState(speed_kmh=100.0, ignition_on=True)
TURNING = VehicleState(speed_kmh=100.0, turn_signal=TurnSignal.LEFT)
BACKWARDS = VehicleState(speed_kmh=None, gear=Gear.REVERSE)


def rule(**said) -> Rule:
    given = {
        "id": "test",
        "measure": "glance_s",
        "limit": 3.0,
        "level": "warning",
        "cause": "long_distraction",
        "clause": "this test",
        "mark": "ours",
    }
    return msgspec.convert(given | said, Rule)


def one(*rules: Rule, name: str = "mine") -> RuleSet:
    return RuleSet(name=name, title="t", source="s", rules=rules)


class Plain:
    """What a rule asks to explain itself, at its plainest."""

    unseen = (("eyes", "covered"), ("gaze", "not_measured"))
    still = ("mouth", "head")

    def since_s(self, measure, t_s):
        return t_s - 1.0

    def clears_at(self, measure):
        return 0.3 if measure == "glance_s" else None

    def confidence(self, signal):
        return 0.8

    def unseen_for(self, measure):
        return "too dark" if measure == "unseen_s" else None


def judged(judge: Judge, value: float | None, vehicle=ROAD, *, t_s=5.0, measure="glance_s", eyes=True):
    return judge.judge(t_s, dict.fromkeys(MEASURES) | {measure: value}, vehicle, Plain(), eyes_judged=eyes)


def test_every_measure_has_its_words():
    assert tuple(MEASURES) == MeasureName.__args__


def test_every_file_loads_and_no_two_rules_have_one_number():
    sets = (ALWAYS, *load_rules(bundled()))
    assert [one.name for one in sets] == ["always", "eu-addw", "eu-ddaw", "house", "ncap-2023", "ncap-2026"]
    codes = [rule.code for one in sets for rule in one.rules]
    assert 0 not in codes
    assert len(codes) == len(set(codes))


def test_numbers_on_the_wire_never_change_their_meaning():
    """A rule that goes away takes its number with it."""
    numbers = {f"{one.name}/{rule.id}": rule.code for one in (ALWAYS, *load_rules(bundled())) for rule in one.rules}
    pinned = {
        "always/cannot_see": 1,
        "always/eyes_unseen": 2,
        "house/microsleep": 101,
        "house/sleep": 102,
        "house/perclos_advisory": 103,
        "house/perclos_full": 104,
        "house/perclos_advisory_180": 105,
        "house/perclos_full_180": 106,
        "house/perclos_advisory_300": 107,
        "house/perclos_full_300": 108,
        "house/sleepy": 109,
        "house/very_sleepy": 110,
        "house/yawns": 111,
        "house/long_distraction": 112,
        "house/short_distraction": 113,
        "house/phone": 114,
        "house/unresponsive": 115,
        "house/no_return": 116,
        "house/rest": 117,
        "house/rest_early": 118,
        "eu-ddaw/sleepy": 201,
        "eu-ddaw/very_sleepy": 202,
        "eu-addw/area3_slow": 301,
        "eu-addw/area3_fast": 302,
    }
    ncap = ("long_distraction", "short_distraction", "microsleep", "sleep", "very_sleepy", "unresponsive", "no_return",
            "cannot_see", "eyes_unseen")  # fmt: skip
    for year, base in (2023, 400), (2026, 500):
        pinned |= {f"ncap-{year}/{name}": base + place for place, name in enumerate(ncap, start=1)}
    assert numbers == pinned


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"limit": 0.2}, "test: limit = 0.2: must be from 1.5 to 10 s"),
        ({"limit": 11.0}, "test: limit = 11: must be from 1.5 to 10 s"),
        ({"limit": 1.5, "release": 1.5}, "test: release = 1.5: must be under the limit 1.5"),
        ({"measure": "perclos_60", "limit": 0.1, "extra_s": 1.0}, "test: extra_s: perclos_60 is no time"),
        ({"measure": "gut_feeling"}, "Invalid enum value 'gut_feeling'"),
        ({"level": "loud"}, "Invalid enum value 'loud'"),
        ({"mark": "S3"}, "Invalid enum value 'S3'"),
        ({"id": "Not So"}, "Expected `str` matching regex"),
        ({"clause": ""}, "Expected `str` of length >= 1"),
        ({"limits": 1.0}, "unknown field `limits`"),
    ],
)
def test_what_a_rule_may_not_say(said, words):
    with pytest.raises(msgspec.ValidationError, match=re.escape(words)):
        rule(**said)


def test_a_set_names_each_rule_once():
    with pytest.raises(ValueError, match="mine: test stands twice"):
        one(rule(), rule(limit=4.0))


def test_on_at_the_limit_and_off_a_release_under_it():
    judge = Judge([one(rule(measure="perclos_60", limit=0.08, release=0.02))])
    shares = [0.0799, 0.08, 0.061, 0.0599, 0.07, 0.09, None, 0.07]
    held = [bool(judged(judge, share, measure="perclos_60")) for share in shares]
    assert held == [False, True, True, False, False, True, False, False]


def test_time_stamps_in_milliseconds_decide_nothing():
    """Half a millisecond under a limit in seconds is at the limit; a share has no such slack."""
    assert judged(Judge([one(rule())]), 2.9996)
    assert not judged(Judge([one(rule())]), 2.999)
    assert not judged(Judge([one(rule(measure="perclos_60", limit=0.08))]), 0.0799, measure="perclos_60")


def test_a_share_comes_on_only_while_the_eyes_are_seen():
    judge = Judge([one(rule(measure="kss", limit=7.0))])
    assert not judged(judge, 8.0, measure="kss", eyes=False)
    assert judged(judge, 8.0, measure="kss")
    assert judged(judge, 8.0, measure="kss", eyes=False)


def test_a_turn_signal_gives_more_time_and_takes_nothing_back():
    judge = Judge([one(rule(extra_s=1.0))])
    assert not judged(judge, 3.5, TURNING)
    assert judged(judge, 3.6)
    assert judged(judge, 3.7, TURNING)
    assert judged(Judge([one(rule(extra_s=1.0))]), 4.0, TURNING)


def test_what_was_held_back_comes_on_only_while_it_grows():
    """A measure that stands still belongs to a look that is over; under the limit, everything begins anew."""
    for held_back in TURNING, BACKWARDS:
        judge = Judge([one(rule(extra_s=1.0, rests_in_reverse=True))])
        values = [(3.5, held_back), (3.5, ROAD), (3.5, ROAD), (0.0, ROAD), (3.5, ROAD)]
        assert [bool(judged(judge, *value)) for value in values] == [False, False, False, False, True]
        judge = Judge([one(rule(extra_s=1.0, rests_in_reverse=True))])
        assert [bool(judged(judge, *value)) for value in [(3.5, held_back), (3.5, ROAD), (3.6, ROAD)]] == [0, 0, 1]


ASIDE = {"yaw": 60.0}
SIGNALLED = [(5, {}), (3.5, ASIDE | {"vehicle": TURNING})]


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
@pytest.mark.parametrize("later_s", [0.0, 0.1, 0.2, 0.5])
def test_a_signal_that_goes_off_as_the_driver_looks_back_warns_nobody(tell, fps, later_s):
    """Yanti looks over her shoulder for 3.5 s with the signal on; it goes off as she looks back, or just after."""
    back = [(later_s, {"vehicle": TURNING}), (5, {})]
    assert tell([*SIGNALLED, *back], vehicle=ROAD, fps=fps).causes == []


def test_a_signal_that_goes_off_while_the_driver_still_looks_away_warns_at_once(tell):
    """Zaki looks on to the side without it: 3.5 s are more than 3. Nor does a glance at the road begin a new look."""
    drive = tell([*SIGNALLED, (1, ASIDE), (2, {})], vehicle=ROAD)
    assert drive.first(Cause.LONG_DISTRACTION) == pytest.approx(8.5, abs=0.05)
    drive = tell([*SIGNALLED, (0.1, {}), (1, ASIDE), (2, {})], vehicle=ROAD)
    assert drive.first(Cause.LONG_DISTRACTION) == pytest.approx(8.6, abs=0.05)


def test_backwards_a_rule_may_rest():
    assert not judged(Judge([one(rule(rests_in_reverse=True))]), 5.0, BACKWARDS)
    assert judged(Judge([one(rule())]), 5.0, BACKWARDS)


def test_the_rule_that_holds_longest_comes_first():
    """Whatever the order of files."""
    sets = [one(rule(limit=4.0), name="slow"), one(rule(limit=2.0), name="fast")]
    judge = Judge(sets)
    assert [found.why.rule for found in judged(judge, 2.5, t_s=1.0)] == ["fast/test"]
    both = judged(judge, 4.5, t_s=3.0)
    assert [(found.why.rule, found.raised_s) for found in both] == [("fast/test", 1.0), ("slow/test", 3.0)]


def test_a_finding_explains_itself():
    (found,) = judged(Judge([one(rule(code=900, from_kmh=20.0, slow_level="information"))]), 3.25)
    why = found.why
    assert (found.level, found.cause, found.from_kmh) == (Level.WARNING, Cause.LONG_DISTRACTION, 20.0)
    assert found.slow_level is Level.INFORMATION
    assert (why.rule, why.code, why.clause, why.mark) == ("mine/test", 900, "this test", "ours")
    assert (why.value, why.threshold, why.unit, why.since_s, why.until_s) == (3.25, 3.0, "s", 4.0, 5.0)
    assert (why.measure, why.clears_at, why.confidence) == ("glance_s", 0.3, 0.8)
    assert why.unseen == (("eyes", "covered"), ("gaze", "not_measured"))
    assert why.still == ()
    assert why.sentence() == (
        "mine/test: looked away for 3.25 s, limit 3.00 s; clears when the driver looks at the road for 0.3 s"
    )


@pytest.mark.parametrize(("limit", "release", "percent"), [(0.08, 0.02, 6), (0.5, 0.016, 48)])
def test_a_share_says_at_what_it_clears(limit, release, percent):
    """Its limit less its release."""
    judge = Judge([one(rule(measure="perclos_60", limit=limit, release=release))])
    (found,) = judged(judge, limit, measure="perclos_60")
    assert found.why.clears_when == f"it falls under {percent} %"


def test_a_blind_finding_says_what_still_works():
    (found,) = judged(Judge([one(rule(measure="unseen_s", limit=8.0))]), 9.0, measure="unseen_s")
    assert found.why.measured == "driver not seen (too dark) for"
    assert (found.why.note, found.why.still) == ("still judged: mouth, head", ("mouth", "head"))


def test_cannot_see_is_judged_under_any_rules(tell):
    """A file that leaves it out changes nothing about that."""
    mine = one(rule())
    assert tell([(12, {"face": 0.0})], rules=[mine]).causes == [Cause.CANNOT_SEE]
    assert tell([(12, {"face": 0.0})], rules=[]).causes == [Cause.CANNOT_SEE]
    assert tell([(5, {}), (5, {"closed": 0.9})], rules=[mine]).causes == []


def test_all_sets_apply_together_and_the_earliest_warns(tell):
    """Head 40° down at 90 km/h: ADDW after 3.5 s, the house after 3.0 s, and the first keeps its name."""
    at_90 = VehicleState(speed_kmh=90.0, ignition_on=True)
    down = [(5, {}), (4.5, {"pitch": -40.0}), (2, {})]
    for sets, due_s, name in (
        (load_rules(["eu-addw"]), 8.5, "eu-addw/area3_fast"),
        (load_rules(["eu-addw", "house"]), 8.0, "house/long_distraction"),
    ):
        drive = tell(down, vehicle=at_90, rules=sets)
        assert drive.first(Cause.LONG_DISTRACTION) == pytest.approx(due_s, abs=0.05)
        rules = {alert.why.rule for alert in drive.alerts if alert.why}
        assert rules == {name}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["hose"], "rules: no rule set 'hose'; there are eu-addw, eu-ddaw, house, ncap-2023, ncap-2026, and paths"),
        (["house", "house"], "rules: house is named twice"),
        (["/nowhere/mine.yaml"], "/nowhere/mine.yaml: cannot be read: No such file"),
    ],
)
def test_rule_sets_that_do_not_exist(names, words):
    with pytest.raises(ConfigError, match=re.escape(words)):
        load_rules(names)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "must hold keys such as 'name:', holds a list"),
        ("name: mine\ntitle: t\nsource: s\nrules: []", "rules = []: must be a list"),
        (
            "name: mine\ntitle: t\nsource: s\nrules:\n  - {id: a, mesure: x}",
            "rules[0].mesure: unknown key (did you mean",
        ),
        (
            "name: mine\ntitle: t\nsource: s\nrules:\n  - {id: a, measure: glance_s, limit: 99, level: warning, "
            "cause: sleep, clause: c, mark: ours}",
            "a: limit = 99: must be from 1.5 to 10 s",
        ),
    ],
)
def test_a_broken_file_is_said_in_one_line(tmp_path, text, words):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_rules([str(path)])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_copy_of_the_house_rules_may_be_changed(tmp_path):
    """That is how a limit is set."""
    (house,) = load_rules(["house"])
    text = msgspec.yaml.encode(house).decode().replace("name: house", "name: mine")
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    (mine,) = load_rules([str(path)])
    assert (mine.name, mine.rules) == ("mine", house.rules)
