"""The vehicle's own DBC file: where `can.signals` are found, and how their bits become our values.

The only file that imports cantools. Knows units, ranges and the number that J1939 means by "not available". Must not
know time or a bus.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from typing import Any, cast

from cantools.database import load_file
from cantools.database.can import Database, Message, Signal
from cantools.database.errors import Error

from alerts.types import Gear
from firmware_bridge.can.inputs import Decode, FrameId, Mapped, Value
from firmware_bridge.can.settings import AnyInput, CanSettings, Flag, Input, Numbers, Quantity, Selector, Steering

Reading = Callable[[int | float], Value]  # raw number → value

# Unit as DBC files write it → how many of ours.
UNITS = {
    "speed_kmh": {"km/h": 1.0, "kph": 1.0, "kmh": 1.0, "m/s": 3.6, "mph": 1.609344},
    "steering_deg": {"deg": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "rad": 180 / math.pi},
    "ambient_lux": {"lx": 1.0, "lux": 1.0, "klx": 1000.0},
}
# What a vehicle can mean: beyond it the value is nonsense, whatever the file allows.
RANGES = {"speed_kmh": (0.0, 400.0), "steering_deg": (-1440.0, 1440.0), "ambient_lux": (0.0, 200_000.0)}
BYTE = 8  # bits; from here on all ones is no number but "not available" (SAE J1939-71)


class DatabaseError(Exception):
    """The file cannot be read, or lacks what is wanted. One line: key, value and remedy."""


def mapped(settings: CanSettings) -> Mapped:
    """How to read what `settings.signals` names.

    Raises:
        DatabaseError: The file or a name in it does not fit.
    """
    wanted = settings.signals.wanted
    if settings.dbc is None or not wanted:
        return Mapped({}, {})
    database = _load(settings.dbc)
    readings: dict[str, dict[str, tuple[str, Reading]]] = {}  # message → our name → signal, reading
    for name, one in wanted.items():
        message, signal = _find(database, name, one, settings.dbc)
        _check_timeout(name, one, message)
        readings.setdefault(message.name, {})[name] = signal.name, _reading(name, one, signal)
    return Mapped(
        {_frame_id(database, name): _decoder(database, name, fields) for name, fields in readings.items()},
        {name: one.timeout_s for name, one in wanted.items()},
    )


def _load(path: str) -> Database:
    try:
        # strict: signals that overlap or leave their message would be read as nonsense
        database = load_file(path, database_format="dbc", strict=True)
    except OSError as error:
        raise DatabaseError(f"can.dbc = {path}: cannot be read: {error.strerror}") from error
    except (Error, ValueError) as error:
        raise DatabaseError(f"can.dbc = {path}: is no sound DBC file: {' '.join(str(error).split())}") from error
    return cast(Database, database)  # a file of this format describes CAN, not diagnostics


def _find(database: Database, name: str, one: Input, path: str) -> tuple[Message, Signal]:
    message_name, _, signal_name = str(one.signal).partition(".")
    messages = {message.name: message for message in database.messages}
    if message_name not in messages:
        near = _near(message_name, messages)
        raise DatabaseError(f"can.signals.{name}.signal = {one.signal}: {path} has no message {message_name}; {near}")
    message = messages[message_name]
    signals = {signal.name: signal for signal in message.signals}
    if signal_name not in signals:
        near = _near(signal_name, signals)
        raise DatabaseError(f"can.signals.{name}.signal = {one.signal}: {message_name} has no {signal_name}; {near}")
    return message, signals[signal_name]


def _near(name: str, names: Iterable[str]) -> str:
    every = sorted(names)
    near = difflib.get_close_matches(name, every, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(every[:10])}"


def _check_timeout(name: str, one: Input, message: Message) -> None:
    """A time-out below two periods would call a value stale whenever one message is late."""
    cycle_s = (message.cycle_time or 0) / 1000
    if one.timeout_s < 2 * cycle_s:
        raise DatabaseError(
            f"can.signals.{name}.timeout_s = {one.timeout_s:g}: {message.name} comes every {cycle_s:g} s; "
            f"give it at least {2 * cycle_s:g}"
        )


def _reading(name: str, one: AnyInput, signal: Signal) -> Reading:
    if isinstance(one, Selector):
        return _gear(name, one, signal)
    if isinstance(one, Flag):
        on = _numbers(f"can.signals.{name}.when", one.when, signal)
        return lambda raw: None if _absent(signal, raw) else raw in on
    factor = _factor(name, one, signal)
    return lambda raw: _measured(name, signal, raw, factor)


def _gear(name: str, one: Selector, signal: Signal) -> Reading:
    lists = {Gear.PARK: one.park, Gear.REVERSE: one.reverse, Gear.NEUTRAL: one.neutral, Gear.DRIVE: one.drive}
    gears = {
        number: gear
        for gear, numbers in lists.items()
        for number in _numbers(f"can.signals.{name}.{gear.name.lower()}", numbers, signal)
    }
    if not gears:
        raise DatabaseError(f"can.signals.{name}: says for no number which gear it is; {_table(signal)}")
    return lambda raw: gears.get(int(raw))


def _numbers(key: str, numbers: Numbers, signal: Signal) -> set[int]:
    words = {str(word): number for number, word in (signal.choices or {}).items()}
    for number in numbers:
        if isinstance(number, str) and number not in words:
            raise DatabaseError(f"{key} = {number}: {signal.name} has no such word; {_table(signal)}")
    return {words[number] if isinstance(number, str) else number for number in numbers}


def _table(signal: Signal) -> str:
    pairs = [f"{number} = {word}" for number, word in (signal.choices or {}).items()]
    return f"its value table is {', '.join(pairs)}" if pairs else "it has no value table: give raw numbers"


def _factor(name: str, one: Quantity, signal: Signal) -> float:
    known = UNITS[name]
    unit = one.unit if one.unit is not None else signal.unit or ""
    if unit not in known:
        raise DatabaseError(
            f"can.signals.{name}.unit = {unit!r}: {signal.name} needs one of {', '.join(known)}; "
            "say which where the DBC file does not"
        )
    sign = -1 if isinstance(one, Steering) and one.positive == "right" else 1
    return sign * known[unit]


def _measured(name: str, signal: Signal, raw: int | float, factor: float) -> float | None:
    """None where the number is a word of the value table ("error"), out of the file's range or out of ours."""
    if _absent(signal, raw) or raw in (signal.choices or {}):
        return None
    scaled = raw * signal.scale + signal.offset
    in_file = (signal.minimum is None or scaled >= signal.minimum) and (
        signal.maximum is None or scaled <= signal.maximum
    )
    low, high = RANGES[name]
    return scaled * factor if in_file and low <= scaled * factor <= high else None


def _absent(signal: Signal, raw: int | float) -> bool:
    return signal.length >= BYTE and not signal.is_signed and raw == (1 << signal.length) - 1


def _frame_id(database: Database, message_name: str) -> FrameId:
    message = database.get_message_by_name(message_name)
    return FrameId(message.frame_id, message.is_extended_frame)


def _decoder(database: Database, message_name: str, fields: dict[str, tuple[str, Reading]]) -> Decode:
    message = database.get_message_by_name(message_name)

    def decode(data: bytes) -> dict[str, Value]:
        """Unknown where the frame is too short. A signal of another multiplexed page is left as it was."""
        try:
            raw: dict[str, Any] = dict(message.decode_simple(data, decode_choices=False, scaling=False))
        except Error:
            return dict.fromkeys(fields)
        return {name: reading(raw[signal]) for name, (signal, reading) in fields.items() if signal in raw}

    return decode
