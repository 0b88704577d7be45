"""The vehicle's own DBC file: its bits become our values, and what does not fit is named before anything starts."""

from __future__ import annotations

import msgspec
import pytest

from alerts.types import Gear
from firmware_bridge.can.database import DatabaseError, mapped
from firmware_bridge.can.inputs import FrameId
from firmware_bridge.can.settings import CanSettings

GEARS = {"park": ["P"], "reverse": ["R"], "neutral": ["N"], "drive": ["D", 4]}


def settings(dbc, **signals):
    return msgspec.convert({"interface": "virtual", "dbc": dbc, "signals": signals}, CanSettings)


@pytest.fixture
def read(vehicle_dbc, vehicle):
    """The value of one mapped signal in a frame."""

    def value(name, mapping, message, **values):
        table = mapped(settings(vehicle_dbc, **{name: mapping})).frames
        number, extended, data = vehicle(message, **values)
        return table[FrameId(number, extended)](data)[name]

    return value


@pytest.mark.parametrize(
    ("name", "mapping", "message", "values", "expected"),
    [
        ("speed_kmh", {"signal": "Dynamics.Speed"}, "Dynamics", {"Speed": 87.65}, 87.65),
        ("speed_kmh", {"signal": "Dynamics.SpeedMs"}, "Dynamics", {"SpeedMs": 25.0}, 90.0),
        ("speed_kmh", {"signal": "Dynamics.Odd", "unit": "mph"}, "Dynamics", {"Odd": 50}, 80.4672),
        ("steering_deg", {"signal": "Dynamics.Steer"}, "Dynamics", {"Steer": -12.5}, -12.5),
        ("steering_deg", {"signal": "Dynamics.Steer", "positive": "right"}, "Dynamics", {"Steer": -12.5}, 12.5),
        ("ambient_lux", {"signal": "Body.Light", "timeout_s": 2}, "Body", {"Light": 1200}, 1200.0),
    ],
)
def test_units_and_signs_become_ours(read, name, mapping, message, values, expected):
    assert read(name, mapping, message, **values) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "mapping", "message", "values"),
    [
        ("speed_kmh", {"signal": "Dynamics.Speed"}, "Dynamics", {"Speed": 400.0}),  # out of the file's range
        ("speed_kmh", {"signal": "Dynamics.SpeedMs"}, "Dynamics", {"SpeedMs": 200.0}),  # 720 km/h: out of ours
        ("speed_kmh", {"signal": "Dynamics.Odd", "unit": "km/h"}, "Dynamics", {"Odd": 255}),  # all ones: J1939
        ("steering_deg", {"signal": "Dynamics.Steer"}, "Dynamics", {"Steer": 900.0}),
        ("ambient_lux", {"signal": "Body.Light", "timeout_s": 2}, "Body", {"Light": 64999}),  # a word: "Error"
        ("gear", {"signal": "Body.Gear", "timeout_s": 2, **GEARS}, "Body", {"Gear": 15}),
    ],
)
def test_what_cannot_be_believed_is_unknown(read, name, mapping, message, values):
    assert read(name, mapping, message, **values) is None


@pytest.mark.parametrize(("raw", "expected"), [(0, False), (1, False), (2, True), (3, True)])
def test_an_ignition_with_many_positions(read, raw, expected):
    mapping = {"signal": "Body.Ignition", "when": ["RUN", 3], "timeout_s": 2}
    assert read("ignition_on", mapping, "Body", Ignition=raw) is expected


@pytest.mark.parametrize(("raw", "expected"), [(0, Gear.PARK), (1, Gear.REVERSE), (2, Gear.NEUTRAL), (4, Gear.DRIVE)])
def test_gears_by_word_and_by_number(read, raw, expected):
    assert read("gear", {"signal": "Body.Gear", "timeout_s": 2, **GEARS}, "Body", Gear=raw) is expected


def test_a_frame_that_is_too_short_brings_nothing(vehicle_dbc):
    """Not the zeros that a decoder might fill in: zero would be standing still."""
    decode = mapped(settings(vehicle_dbc, speed_kmh={"signal": "Dynamics.Speed"})).frames[FrameId(513, False)]
    assert decode(b"\x10") == {"speed_kmh": None}


def test_nothing_mapped_reads_no_file():
    assert mapped(CanSettings(interface="virtual", dbc="/nowhere.dbc")).frames == {}


@pytest.mark.parametrize(
    ("signals", "words"),
    [
        ({"speed_kmh": {"signal": "Dynamic.Speed"}}, "has no message Dynamic; did you mean Dynamics?"),
        ({"speed_kmh": {"signal": "Dynamics.Sped"}}, "Dynamics has no Sped; did you mean Speed or SpeedMs?"),
        ({"speed_kmh": {"signal": "Dynamics.Xyz"}}, "it has Odd, Speed, SpeedMs, Steer"),
        ({"speed_kmh": {"signal": "Dynamics.Odd"}}, "unit = 'furlong': Odd needs one of km/h"),
        ({"speed_kmh": {"signal": "Dynamics.Steer", "unit": "deg"}}, "unit = 'deg': Steer needs one of km/h"),
        (
            {"ignition_on": {"signal": "Body.Ignition", "when": ["Run"], "timeout_s": 2}},
            "when = Run: Ignition has no such",
        ),
        ({"gear": {"signal": "Body.Gear", "timeout_s": 2}}, "gear it is; its value table is 0 = P, 1 = R"),
        ({"turn_left": {"signal": "Body.Left"}}, "timeout_s = 0.5: Body comes every 1 s; give it at least 2"),
    ],
)
def test_each_mistake_names_key_value_and_remedy(vehicle_dbc, signals, words):
    with pytest.raises(DatabaseError) as caught:
        mapped(settings(vehicle_dbc, **signals))
    message = str(caught.value)
    assert words in message
    assert message.startswith(f"can.signals.{next(iter(signals))}")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "words"), [(None, "cannot be read: No such file"), ("BO_ 1 x\n", "is no sound DBC file")]
)
def test_a_file_that_is_none_is_said(tmp_path, text, words):
    path = tmp_path / "vehicle.dbc"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DatabaseError, match=words) as caught:
        mapped(settings(str(path), speed_kmh={"signal": "Dynamics.Speed"}))
    assert f"can.dbc = {path}" in str(caught.value)
    assert "\n" not in str(caught.value)
