"""`cabinwatch replay`: what a log says, what the command prints, and its exit codes."""

import io
import json
import sys

import pytest
import yaml

from cabinwatch import recorder
from cabinwatch.cli import main
from cabinwatch.vectors.play import play
from cabinwatch.vectors.scenario import parse

SLEEPER = "[{for_s: 10}, {for_s: 5, eyes: closed}, {for_s: 5}]"
TRAFFIC_LIGHT = {"speed_kmh": 0.0, "ignition_on": True}
LEVELS = {"none", "information", "caution", "warning", "critical"}
FIRST_WORDS = {"en": "Microsleep: the eyes", "de": "Sekundenschlaf: die Augen", "id": "Tidur sekejap: mata"}


def lines_of(drive, *, vehicle=None, fps=20.0):
    """A drive written in a vector's words, as `observe` would have logged it."""
    text = yaml.safe_dump({
        "title": "t", "rules": ["house"], "vehicle": {},
        "scenarios": [{"name": "n", "story": "s", "drive": yaml.safe_load(drive)}],
    })  # fmt: skip
    (told,) = parse("test", text)
    written = [json.loads(recorder.line(line.seen)) for line in play(told, fps=fps, drop=0.0)]
    return [line | ({} if vehicle is None else {"vehicle": vehicle}) for line in written]


@pytest.fixture
def log(tmp_path):
    def write(drive, *, name="drive.jsonl", vehicle=None, change=None):
        lines = lines_of(drive, vehicle=vehicle)
        if change:
            change(lines)
        file = tmp_path / name
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return file

    return write


@pytest.fixture
def replay(capsys):
    def run(*arguments):
        status = main(["replay", *map(str, arguments)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out, said.err

    return run


@pytest.fixture
def changes(replay):
    """(t_s, level, cause) of every change, by --json."""

    def run(*arguments):
        status, out, err = replay(*arguments, "--json")
        assert (status, err) == (0, "")
        return [(line["t_s"], line["level"], line["cause"]) for line in map(json.loads, out.splitlines())]

    return run


def test_a_sleeper_in_json(log, replay):
    """One line a change, in the words and the order of the contract; the last one says that all is quiet."""
    status, out, _ = replay(log(SLEEPER), "--rules", "house", "--speed", "100", "--json")
    assert status == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert all(list(line) == ["t_s", "level", "rule", "cause", "text"] for line in lines)
    assert all(line["level"] in LEVELS for line in lines)
    first, second, *_ = lines
    assert (first["t_s"], first["level"], first["cause"]) == (pytest.approx(11.0, abs=0.2), "warning", "microsleep")
    assert (second["t_s"], second["level"], second["cause"]) == (pytest.approx(13.0, abs=0.2), "critical", "sleep")
    assert first["rule"] == "house/microsleep"
    assert first["text"].startswith("Microsleep: the eyes have been closed for 1.0 s (limit 1.0 s); this ends when")
    assert {**lines[-1], "t_s": 0} == {"t_s": 0, "level": "none", "rule": None, "cause": None, "text": "No alert."}


def test_the_same_to_a_person(log, replay):
    """Time, level, cause and the sentence."""
    _, out, _ = replay(log(SLEEPER), "--speed", "100")
    first = out.splitlines()[0].split()
    assert first[:5] == ["11.00", "s", "warning", "microsleep", "Microsleep:"]


@pytest.mark.parametrize(("language", "words"), FIRST_WORDS.items())
def test_in_three_languages(log, replay, language, words):
    _, out, _ = replay(log(SLEEPER), "--speed", "100", "--language", language)
    assert words in out


def test_the_speed_of_the_command_line_stands_in_for_a_silent_log(log, changes):
    """Parked at a light nobody is asleep; unknown counts as moving."""
    file = log(SLEEPER)
    assert changes(file, "--speed", "0") == []
    assert changes(file) == changes(file, "--speed", "100") != []


def test_the_logs_own_vehicle_comes_first(log, changes):
    assert changes(log(SLEEPER, vehicle=TRAFFIC_LIGHT), "--speed", "100") == []


def test_a_speed_that_the_log_leaves_out_comes_from_the_command_line(log, changes):
    file = log(SLEEPER, vehicle={"ignition_on": True})
    assert changes(file, "--speed", "0") == []
    assert len(changes(file, "--speed", "90")) >= 3


def test_a_speed_that_is_null_is_unknown(log, changes):
    """The vehicle says that it does not know: the command line must not know better."""
    assert changes(log(SLEEPER, vehicle={"speed_kmh": None}), "--speed", "0") != []


def test_what_the_vehicle_said_last_holds(log, changes):
    """Told once, in the first line, for the whole log."""

    def only_once(lines):
        for line in lines[1:]:
            del line["vehicle"]

    assert changes(log(SLEEPER, vehicle=TRAFFIC_LIGHT, change=only_once)) == []


@pytest.mark.parametrize("vehicle", [{"gear": "park"}, {"gear": "P"}, {"gear": 1}, {"ignition_on": False}])
def test_standby_in_the_words_of_a_log(log, changes, vehicle):
    assert changes(log(SLEEPER, vehicle={"speed_kmh": 0, **vehicle})) == []


@pytest.mark.parametrize("vehicle", [{"turn_signal": "left"}, {"turn_signal": "OFF", "lights": "on"}, {"gear": None}])
def test_words_and_keys_that_a_log_may_have(log, changes, vehicle):
    """Upper case, null, and keys meant for somebody else."""
    assert changes(log(SLEEPER, vehicle={"speed_kmh": 90, **vehicle}))


@pytest.fixture
def config(tmp_path):
    def write(text):
        file = tmp_path / "service.yaml"
        file.write_text(text)
        return file

    return write


def test_a_camera_on_the_pillar(log, changes, config):
    """It sees a driver who looks ahead turned by 40°: its own config says so, and without it nobody could know."""
    ahead = log("[{for_s: 10, head: [40, 0]}]")
    assert (3.0, "warning", "long_distraction") in changes(ahead, "--speed", "90")
    assert changes(ahead, "--speed", "90", "--config", config("camera: {yaw_deg: 40}")) == []


def test_rules_of_the_config_unless_others_are_named(log, replay, config):
    """The sets that the service would have judged by."""
    own = config("rules: [ncap-2026]")
    _, out, _ = replay(log(SLEEPER), "--speed", "90", "--json", "--config", own)
    assert {json.loads(line)["rule"].partition("/")[0] for line in out.splitlines()[:-1]} == {"ncap-2026"}
    _, out, _ = replay(log(SLEEPER), "--speed", "90", "--json", "--config", own, "--rules", "house")
    assert {json.loads(line)["rule"].partition("/")[0] for line in out.splitlines()[:-1]} == {"house"}


def test_a_broken_config(log, replay, config):
    """One line with file and key, and the exit code of a broken set-up."""
    status, out, err = replay(log(SLEEPER), "--config", config("camera: {yaw: 40}"))
    assert (status, out) == (2, "")
    assert "service.yaml" in err
    assert "yaw" in err


def test_each_log_is_a_trip_of_its_own(log, replay):
    """The second begins in the first one's past and with nothing learned; its lines say which log they are of."""
    one, two = log(SLEEPER), log(SLEEPER, name="second.jsonl")
    _, out, _ = replay(one, two, "--json", "--speed", "90")
    lines = [json.loads(line) for line in out.splitlines()]
    by_log = {name: [{**line, "log": 0} for line in lines if line["log"] == str(name)] for name in (one, two)}
    assert by_log[one] == by_log[two] != []


def test_standard_input(log, changes, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(log(SLEEPER).read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert [change[1:] for change in changes("-", "--speed", "90")][:2] == [
        ("warning", "microsleep"),
        ("critical", "sleep"),
    ]


def test_blank_lines_are_no_lines(log, changes):
    file = log(SLEEPER)
    before = changes(file, "--speed", "90")
    file.write_text(file.read_text().replace("\n", "\n\n"))
    assert changes(file, "--speed", "90") == before


BROKEN = {
    "{": "line 3: not an observation",
    "[1, 2]": "line 3: not an observation",
    '{"frame": 3}': "line 3: not an observation",
    '{"t_s": null}': "line 3: not an observation",
    '{"t_s": "soon"}': "line 3: ",
    '{"t_s": 1, "eyes": {"left": {"closed": "yes", "confidence": 1, "reason": null}}}': "left.closed must be a number",
    '{"t_s": 1, "eyes": {"left": {"closed": 1, "confidence": null}}}': "left.confidence must be a number",
    '{"t_s": 1, "eyes": {"left": {"color": 1}}}': "line 3: not an observation",
    '{"t_s": 1, "eyes": {"left": {"reason": "tired"}}}': "line 3: ",
    '{"t_s": 1, "face": {"box_px": [1, 2], "confidence": 1}}': "face.box_px",
    '{"t_s": 1, "eyes": 7}': "line 3: ",
    '{"t_s": 1, "head": {"yaw_deg": true}}': "head.yaw_deg must be a number",
    '{"t_s": 1, "vehicle": 7}': "line 3: ",
    '{"t_s": 1, "vehicle": {"speed_kmh": "fast"}}': "vehicle.speed_kmh = 'fast'",
    '{"t_s": 1, "vehicle": {"gear": "fifth"}}': "vehicle.gear = 'fifth': must be one of",
    '{"t_s": 1, "vehicle": {"gear": 9}}': "vehicle.gear",
    "\xff": "line 3: ",
}


@pytest.mark.parametrize(("broken", "words"), BROKEN.items())
def test_a_broken_line_is_named(log, replay, broken, words):
    """File, line number and what is wrong in one line; exit code 2."""
    file = log("[{for_s: 0.2}]")
    good = file.read_text().splitlines()
    file.write_bytes("\n".join([good[0], good[1], broken, good[2]]).encode("latin-1"))
    status, _, err = replay(file)
    assert status == 2
    (line,) = err.splitlines()
    assert line.startswith(f"cabinwatch: {file}: ")
    assert words in line


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.jsonl", None, "cannot be read: No such file or directory"),
        ("empty.jsonl", "", "holds no observation"),
        ("blank.jsonl", "\n\n", "holds no observation"),
        (".", None, "cannot be read: Is a directory"),
    ],
)
def test_a_log_that_is_none(tmp_path, replay, name, content, words):
    if content is not None:
        (tmp_path / name).write_text(content)
    status, out, err = replay(tmp_path / name)
    assert (status, out) == (2, "")
    assert err == f"cabinwatch: {tmp_path / name}: {words}\n"


@pytest.mark.parametrize(
    "arguments",
    [["x", "--speed", "-1"], ["x", "--speed", "fast"], ["x", "--rules", "house,,"], ["x", "--speed", "nan"]],
)
def test_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["replay", *arguments])
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("command", [["replay", "x"], ["verify"]])
def test_a_rule_set_that_does_not_exist(command, capsys):
    assert main([*command, "--rules", "house,mars"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "mars" in line


def test_the_ledger(log, replay):
    """Alerts, hours, the rate and how sure it is."""
    _, out, _ = replay(log(SLEEPER), "--speed", "90", "--ledger", "--json")
    last = json.loads(out.splitlines()[-1])
    assert last["hours"] == pytest.approx(20 / 3600, rel=0.01)
    entry = {entry["cause"]: entry for entry in last["ledger"]}["sleep"]
    assert (entry["alerts"], entry["critical"]) == (1, 1)
    assert entry["per_hour"] == pytest.approx(180, rel=0.01)
    assert entry["low_per_hour"] == pytest.approx(180 * 0.0253, rel=0.01)
    assert entry["high_per_hour"] == pytest.approx(180 * 5.572, rel=0.01)


def test_the_ledger_of_a_quiet_drive(log, replay):
    """No alert is a rate, too: nobody may conclude that it is 0. 3.689 in the 35.95 s between first and last frame."""
    _, out, _ = replay(log("[{for_s: 36}]"), "--speed", "90", "--ledger")
    assert out.splitlines()[-1].split() == ["all", "0", "0", "0.00", "0.00", "to", "369.40"]


def test_a_reader_that_goes_away_is_one_line(log, capsys, monkeypatch):
    class Gone:
        def write(self, _):
            raise BrokenPipeError(32, "Broken pipe")

        def flush(self):
            pass

    monkeypatch.setattr(sys, "stdout", Gone())
    assert main(["replay", str(log(SLEEPER)), "--speed", "90"]) == 1
    assert capsys.readouterr().err == "cabinwatch: stdout: cannot be written: Broken pipe\n"
