"""A broken config names the file, the key, the value and what is allowed, in one line."""

from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from cabinwatch.config import Config, ConfigError, load


@pytest.fixture
def load_text(tmp_path):
    def load_from(text):
        path = tmp_path / "cabinwatch.yaml"
        path.write_text(text)
        return load(path)

    return load_from


def test_the_default_file_says_the_defaults():
    """configs/default.yaml shows keys as they are when absent."""
    assert load(Path(str(files("configs"))) / "default.yaml") == Config()


def test_the_default_file_explains_every_key():
    """Each key has a comment behind it."""
    text = (Path(str(files("configs"))) / "default.yaml").read_text()
    settings = [line for line in text.splitlines() if ": " in line.split("#")[0] and not line.startswith("#")]
    assert settings
    assert all("#" in line for line in settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "alerts: {eyes: {reopen_s: 99}}",
            "alerts.eyes.reopen_s = 99: must be a number from 0.05 to 0.5 (eyes",
        ),
        ("alerts: {eyes: {reopn_s: 1}}", "alerts.eyes.reopn_s: unknown key (did you mean reopen_s?)"),
        ("alerts: {terms: {privacy: private}}", "alerts.terms is taken from privacy and affect.purpose"),
        ("rules: house", "rules = 'house': must be a list, each text, not empty"),
        ("rules: []", "rules = []: must be a list, each text, not empty"),
        (
            "affect: {purpose: earlier rests}",
            "affect.purpose is stated, but under privacy: fleet expressions are never read; leave it out, or set",
        ),
        ("privacy: private\naffect: {purpose: ' '}", "affect.purpose = ' ': must be text, not empty or null"),
        ("affect: {purpose: 3}", "affect.purpose = 3: must be text, not empty or null"),
        ("camra: {}", "camra: unknown key (did you mean camera?); allowed here: camera, rules, alerts, affect, link"),
        ("zzz: 1", "zzz: unknown key; allowed here: camera"),
        ("link: {baud: fast}", "link.baud = 'fast': must be a whole number from 9600 to 4000000"),
        ("link: {port: ''}", "link.port = '': must be text, not empty"),
        ("link: {buzzer: 1}", "link.buzzer = 1: must be true or false"),
        (
            "can: {interface: kvaser}",
            "can.interface = 'kvaser': must be one of slcan, socketcan, virtual or null (slcan",
        ),
        (
            "can: {interface: slcan}",
            "can: channel = 'can0': slcan wants the path of the adapter's serial port, such as",
        ),
        ("can: {interface: slcan, channel: /dev/cabinwatch-mcu}", "can.channel and link.port are both /dev/cabinwatch"),
        ("can: {bitrate: 123}", "can.bitrate = 123: must be one of 10000, 20000"),
        ("can: {signals: {speed_kmh: {signal: A.B}}}", "can: signals names speed_kmh, but dbc names no file"),
        ("can: {signals: {sped_kmh: {}}}", "can.signals.sped_kmh: unknown key (did you mean speed_kmh?)"),
        ("can: {signals: {speed_kmh: {signal: Speed}}}", "can.signals.speed_kmh.signal = 'Speed': must be text, not"),
        ("can: {signals: {gear: {timeout_s: 0}}}", "can.signals.gear.timeout_s = 0: must be a number from 0.05 to 10"),
        ("can: {signals: {ignition_on: {when: []}}}", "can.signals.ignition_on.when = []: must be a list"),
        ("privacy: open", "privacy = 'open': must be one of fleet, private"),
        ("camera: {driver_side: top}", "camera.driver_side = 'top': must be one of auto, left, right"),
        ("camera: {search_region: [0, 0, 2, 1]}", "camera.search_region[2] = 2: must be a number from 0 to 1"),
        ("camera: {search_region: 3}", "camera.search_region = 3: must be a list of 4, each a number from 0 to 1"),
        ("camera: {search_region: [1, 0, 0, 1]}", "camera: search_region [1.0, 0.0, 0.0, 1.0] is empty"),
        ("camera: {width: 1.5}", "camera.width = 1.5: must be a whole number from 16 to 8192 or null"),
        ("camera: {yaw_deg: .nan}", "camera.yaw_deg = nan: must be a finite number"),
        ("camera: {search_region: [0, 0, .inf, 1]}", "camera.search_region[2] = inf: must be a finite number"),
        ("camera: 3", "camera = 3: must be keys out of source, "),
        ("alerts: {mounting: {yaw_deg: 3}}", "alerts.mounting is taken from camera.yaw_deg"),
        ("1: 2", "must be keys out of camera"),
        ("models: [1]", "models = [1]: must be text or null"),
        ("a: [", "line 1, column 5: not YAML"),
        ("camera: {}\nlink: {\n", "line 3, column 1: not YAML"),
        ("camera: {}\ncamera: {}", "line 2, column 1: camera stands twice"),
        ("? [a]\n: 2", "a key must be one word"),
        ("x: !!python/object:os.system a", "could not determine a constructor"),
        ("x: \0", "not YAML: "),
        ("camera: &a {x: *a}", "nested too deeply, or a part contains itself"),
        ("[" * 3000, "not YAML: "),
        (f"link: {{baud: {'9' * 5000}}}", "not YAML: "),
        ('link: {port: "a\\0b"}', "link.port = 'a\\x00b': must be text"),
        ("- a", "must hold keys such as 'camera:', holds a list"),
        ("", "is empty; write {}"),
        ("# nothing\n", "is empty; write {}"),
    ],
)
def test_each_mistake_has_its_line(load_text, text, words):
    with pytest.raises(ConfigError) as caught:
        load_text(text)
    message = str(caught.value)
    assert words in message
    assert "cabinwatch.yaml: " in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "words"), [("nowhere.yaml", "No such file"), (".", "Is a directory"), ("latin.yaml", "is not UTF-8 text")]
)
def test_a_file_that_cannot_be_read_is_said(tmp_path, name, words):
    (tmp_path / "latin.yaml").write_bytes(b"camera: {name: caf\xe9}")
    with pytest.raises(ConfigError, match=words):
        load(tmp_path / name)


def test_an_empty_section_means_its_defaults(load_text):
    """All keys of a section may be commented out."""
    assert load_text("camera:\nalerts:\n  eyes:\nprivacy: fleet\n") == Config()


def test_the_camera_s_mounting_reaches_the_rules(load_text):
    """It stands once in the file."""
    rules = load_text("camera: {yaw_deg: 12.5, pitch_deg: -3}").judgement()
    assert (rules.mounting.yaw_deg, rules.mounting.pitch_deg) == (12.5, -3.0)


def test_expressions_are_read_on_two_conditions_of_the_config(load_text):
    """And then on a third, which is the driver's."""
    assert not load_text("privacy: private").loads_affect
    assert load_text("privacy: private\naffect: {purpose: earlier rests}").loads_affect


def test_the_keys_of_the_default_file_stay_few():
    """It is a starting point, not the reference."""
    document = yaml.safe_load((Path(str(files("configs"))) / "default.yaml").read_text())
    assert sum(len(v) if isinstance(v, dict) else 1 for v in document.values()) <= 20
