"""The clause report: every clause is proved by a scenario, and a rule that is wrong does not get through."""

import functools
import json
import re
from html.parser import HTMLParser
from importlib import resources

import pytest
import yaml

from alerts.always import ALWAYS
from cabinwatch import recorder
from cabinwatch.cli import main
from cabinwatch.rules import load_rules
from cabinwatch.vectors.play import play
from cabinwatch.vectors.scenario import VectorError, parse, told
from cabinwatch.verify import Verdict, verify
from cabinwatch.verify_text import failure

TELLING = (  # enough of them to show what is wrong with a rule
    "the owl",
    "looking away at 18 km/h",
    "looking away at 21 km/h",
    "a glance that ends in time",
    "long blinks",
    "eyes shut at 21 km/h",
    "2.6 s away, 1.5 s back",
)
BUNDLED = ("house", "eu-ddaw", "eu-addw", "ncap-2023", "ncap-2026")


@functools.cache
def verified(name):
    """The set's own report and the one of what applies always. Takes seconds: once for all tests."""
    return verify([name])


@pytest.mark.parametrize("name", BUNDLED)
def test_every_clause_of_every_rule_set_is_green(name):
    """None fails, none is left without a scenario, and nothing that concerns all clauses is broken either."""
    failures = [one for report in verified(name) for clause in report.clauses for one in clause.failures]
    strays = [one for report in verified(name) for one in report.stray_failures]
    assert sorted({failure(one) for one in failures + strays}) == []
    rules = (*load_rules([name])[0].rules, *ALWAYS.rules)
    assert [clause.rule.partition("/")[2] for report in verified(name) for clause in report.clauses] == [
        rule.id for rule in rules
    ]
    assert {clause.verdict for report in verified(name) for clause in report.clauses} == {Verdict.PASS}


@pytest.mark.parametrize("name", BUNDLED)
def test_every_clause_is_seen_to_come_up(name):
    """Silence alone proves no rule: a rule that never speaks would pass."""
    assert [clause.rule for report in verified(name) for clause in report.clauses if clause.measured is None] == []


def test_what_a_scenario_proves_exists():
    """A rule that no set has would never be asked about."""
    known = {rules.name: {rule.id for rule in (*rules.rules, *ALWAYS.rules)} for rules in load_rules(BUNDLED)}
    asked = told()
    for one in asked:
        everywhere = set().union(*(known[other.rules] for other in asked if other.scenario is one.scenario))
        assert one.scenario.proves <= everywhere, one.scenario.name
        assert set(one.scenario.only) <= everywhere, one.scenario.name


def test_scenarios_have_names_of_their_own():
    names = [(one.rules, one.scenario.name) for one in told()]
    assert len(set(names)) == len(names)


def test_every_set_together_warns_as_early_as_each_alone():
    """The earliest warning wins: no set may keep another's from the driver."""
    reports = verify(["eu-ddaw", "eu-addw"])
    assert [failure for report in reports for clause in report.clauses for failure in clause.failures] == []
    assert any("all sets together" in played.how for played in reports[0].drives)


# --- wrong rules ---------------------------------------------------------------------------------------------------


@pytest.fixture
def spoiled(tmp_path):
    """The bundled file with one value of one rule changed, under the same name."""

    def write(name, rule_id, **values):
        text = (resources.files("configs") / "rules" / f"{name}.yaml").read_text(encoding="utf-8")
        rules = yaml.safe_load(text)
        next(rule for rule in rules["rules"] if rule["id"] == rule_id).update(values)
        file = tmp_path / "spoiled.yaml"
        file.write_text(yaml.safe_dump(rules))
        return str(file)

    return write


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("long_distraction", {"limit": 3.4}),
        ("long_distraction", {"limit": 2.6}),
        ("long_distraction", {"level": "caution"}),
        ("long_distraction", {"from_kmh": 30.0}),
        ("long_distraction", {"from_kmh": 10.0}),
        ("microsleep", {"limit": 0.6}),
        ("sleep", {"limit": 3.5}),
        ("sleep", {"cause": "microsleep"}),
        ("short_distraction", {"limit": 11.0}),
        ("short_distraction", {"limit": 9.4}),
    ],
)
def test_a_wrong_rule_fails_its_clause(spoiled, rule, values):
    """Too late, too early, too quiet, too fast a road: the clause says so, and only a report says pass."""
    asked = [one for one in told() if one.scenario.name in TELLING and rule in one.scenario.proves]
    report, _ = verify([spoiled("ncap-2026", rule, **values)], asked)
    assert not report.passed
    verdicts = {clause.rule.partition("/")[2]: clause.verdict for clause in report.clauses}
    assert verdicts[rule] is Verdict.FAIL


def test_the_command_says_which_clause_and_what_was_measured(spoiled, capsys):
    """Exit code 1; the measured time stands beside the window, and below which drive it was."""
    assert main(["verify", "--rules", spoiled("eu-addw", "area3_slow", limit=6.6)]) == 1
    out = capsys.readouterr().out.splitlines()
    (line,) = [line for line in out if line.split()[:2] == ["fail", "area3_slow"]]
    assert re.search(r"long distraction, warning: at 1[67]\.\d\d s, due 1\d\.\d\d to 1\d\.\d\d s", line)
    words = "    looking down at 40 km/h (30 frames/s): long distraction, warning: at 16.60 s, due 15.80 to 16.27 s"
    assert words in out


def test_the_command_on_good_rules(capsys, tmp_path):
    """Exit code 0, one line a clause, and a page."""
    page = tmp_path / "report.html"
    assert main(["verify", "--rules", "eu-addw", "--html", str(page)]) == 0
    out = capsys.readouterr().out.splitlines()
    rules = (*load_rules(["eu-addw"])[0].rules, *ALWAYS.rules)
    assert [line.split()[1] for line in out if line.split()[:1] == ["pass"]] == [rule.id for rule in rules]
    assert out[-1] == f"report: {page}"


def test_a_page_that_cannot_be_written(tmp_path, capsys):
    assert main(["verify", "--rules", "eu-addw", "--html", str(tmp_path / "no" / "r.html")]) == 1
    assert "r.html: cannot be written: No such file or directory" in capsys.readouterr().err


class Page(HTMLParser):
    """Counts tags, checks their nesting, and gathers what the page would load."""

    def __init__(self, text):
        super().__init__()
        self.open, self.count, self.loads = [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        self.loads += [value for name, value in attrs if name in ("src", "href", "xlink:href", "data")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    """No script, no address, tags in order, one drawing a drive."""
    file = tmp_path / "report.html"
    main(["verify", "--rules", "eu-addw", "--html", str(file)])
    text = file.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.loads == []
    assert "script" not in page.count
    assert "http" not in text
    assert "@import" not in text
    names = {played.name for played in verified("eu-addw")[0].drives}
    assert page.count["svg"] == page.count["section"] == len(names)


# --- logs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path):
    def write(drive):
        text = yaml.safe_dump({
            "title": "t", "rules": ["house"], "vehicle": {},
            "scenarios": [{"name": "n", "story": "s", "drive": drive}],
        })  # fmt: skip
        (one,) = parse("test", text)
        lines = [recorder.as_json(line.seen) | {"vehicle": {"speed_kmh": 90}} for line in play(one, fps=20.0, drop=0.0)]
        file = tmp_path / "drive.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(file)

    return write


def verdicts(capsys):
    """rule → pass, fail or not (applicable)."""
    lines = [line.replace("not applicable", "not").split() for line in capsys.readouterr().out.splitlines()]
    return {words[1]: words[0] for words in lines if words and words[0] in ("pass", "fail", "not")}


def test_a_log_proves_what_it_touches(log, capsys):
    """A driver who sleeps for 5 s and looks away for 4: those clauses pass, the others are not applicable."""
    asleep, aside = {"for_s": 5, "eyes": "closed"}, {"for_s": 4, "head": [50, 0]}
    file = log([{"for_s": 10}, asleep, {"for_s": 10}, aside, {"for_s": 5}])
    assert main(["verify", "--rules", "ncap-2026", "--log", file]) == 0
    found = verdicts(capsys)
    assert {found[rule] for rule in ("microsleep", "sleep", "long_distraction")} == {"pass"}
    assert found["short_distraction"] == "not"


def test_a_late_rule_fails_on_a_log(log, spoiled, capsys, monkeypatch):
    """The log says 3.0 s by a plain reading of its samples; a machine that begins half a second late is found out."""
    from alerts.timing import Hold

    honest = Hold._hold

    def late(self, t_s, *, begins):
        honest(self, t_s, begins=begins)
        self.since_s += 0.5 if begins else 0.0

    monkeypatch.setattr(Hold, "_hold", late)
    file = log([{"for_s": 10}, {"for_s": 3.2, "eyes": "closed"}, {"for_s": 10}])
    assert main(["verify", "--rules", "ncap-2026", "--log", file]) == 1
    assert verdicts(capsys)["sleep"] == "fail"


def test_a_log_of_a_camera_on_the_pillar(log, tmp_path, capsys):
    """It sees a driver who looks ahead turned by 40°; the service's config says so, and which rules apply."""
    config, file = tmp_path / "service.yaml", log([{"for_s": 10, "head": [40, 0]}])
    config.write_text("camera: {yaw_deg: 40}\nrules: [ncap-2026]\n")
    assert main(["verify", "--rules", "ncap-2026", "--log", file]) == 0
    assert verdicts(capsys)["long_distraction"] == "pass"
    assert main(["verify", "--config", str(config), "--log", file]) == 0
    assert verdicts(capsys)["long_distraction"] == "not"


def test_the_scenarios_have_a_camera_of_their_own(tmp_path, capsys):
    assert main(["verify", "--config", str(tmp_path / "service.yaml")]) == 2
    assert "--config needs --log" in capsys.readouterr().err


def test_a_log_that_cannot_be_read(tmp_path, capsys):
    assert main(["verify", "--rules", "house", "--log", str(tmp_path / "no.jsonl")]) == 2
    assert "no.jsonl: cannot be read" in capsys.readouterr().err


# --- vectors -------------------------------------------------------------------------------------------------------


def vector(**scenario):
    base = {"name": "n", "story": "s", "drive": [{"for_s": 1.0}]}
    return yaml.safe_dump({"title": "t", "rules": ["house"], "vehicle": {}, "scenarios": [base | scenario]})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: [", "while parsing"),
        ("title: t", "missing required field"),
        (vector(drives=[]), "unknown field `drives`"),
        (vector(drive=[{"for_s": 1.0, "eyes": "shut"}]), "Invalid enum value 'shut'"),
        (vector(drive=[{"eyes": "closed"}]), "either for_s or drive"),
        (vector(drive=[{"for_s": -1.0}]), "Expected `float` >= 0.0"),
        (vector(expect=[{"cause": "boredom", "level": "warning", "at_s": 1.0}]), "Invalid enum value 'boredom'"),
    ],
)
def test_a_broken_vector_is_one_line(text, words):
    with pytest.raises(VectorError, match=r"^v\.yaml: ") as refused:
        parse("v.yaml", text)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_pieces_repeat_and_nest():
    """(1 s + 2 × (0.5 + 0.5) s) twice, a blink of 0.2 s after 0.3 s in each of the short ones."""
    inner = {"repeat": 2, "drive": [{"for_s": 0.5, "shut": {"every_s": 0.3, "for_s": 0.2}}, {"for_s": 0.5}]}
    (one,) = parse("v", vector(drive=[{"repeat": 2, "drive": [{"for_s": 1.0}, inner]}]))
    lines = list(play(one, fps=10.0, drop=0.0))
    assert len(lines) == 60
    closed = [round(line.seen.t_s, 1) for line in lines if line.seen.left.closed > 0.5]
    assert closed == [1.3, 1.4, 2.3, 2.4, 4.3, 4.4, 5.3, 5.4]


def test_lost_frames_are_the_same_ones_every_time():
    (one,) = parse("v", vector(drive=[{"for_s": 20.0}]))
    first, second = (tuple(line.seen.t_s for line in play(one, fps=30.0, drop=0.2)) for _ in range(2))
    assert first == second
    assert len(first) == pytest.approx(480, abs=40)
