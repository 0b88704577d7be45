"""Observation logs read line by line, with the vehicle's state where a line carries one.

Knows the `observe` format, its optional `vehicle` object and how to say what is wrong with a line. Must not know rules.

`vehicle` holds any of the fields of VehicleState; gear and turn signal are words. It stands for itself: a field that
it leaves out is unknown. A line without it keeps what the last one said. Keys it does not know are other readers'.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from alerts.types import Gear, TurnSignal, VehicleState
from cabinwatch.recorder import observation_from
from vision.types import FaceObservation

STDIN = "-"


class LogError(Exception):
    """A log cannot be used. The text is one line: file, line number and what is wrong there."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log."""

    seen: FaceObservation
    vehicle: VehicleState


def read_log(name: str, *, speed_kmh: float | None = None) -> Iterator[LogLine]:
    """The lines of the log `name`, - being standard input.

    Args:
        name: A file in the `observe` format.
        speed_kmh: Taken where the log says nothing about the speed; None leaves it unknown.

    Raises:
        LogError: The file cannot be read, holds no line, or a line is broken.
    """
    vehicle, empty = VehicleState(speed_kmh=speed_kmh), True
    with _opened(name) as file:
        for number, text in _lines(file, name):
            where = f"{_called(name)}: line {number}"
            seen = _observation(text, where)
            told = _told(text, where)
            if told is not None:
                vehicle = vehicle_from({"speed_kmh": speed_kmh, **told}, where)
            yield LogLine(seen, vehicle)
            empty = False
    if empty:
        raise LogError(f"{_called(name)}: holds no observation")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        if sys.stdin is None:
            raise LogError("stdin is closed")
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  # closed below; only its opening may fail here
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL character
        raise LogError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    with file:
        yield file


def _lines(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1."""
    try:
        for number, text in enumerate(file, start=1):
            if text.strip():
                yield number, text
    except OSError as error:
        raise LogError(f"{_called(name)}: cannot be read: {error.strerror}") from error


def _called(name: str) -> str:
    return "stdin" if name == STDIN else name


def _observation(text: bytes, where: str) -> FaceObservation:
    try:
        seen = observation_from(text)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is one
        raise LogError(f"{where}: {_one_line(error)}") from error
    for key in _not_numbers(seen):
        raise LogError(f"{where}: not an observation: {key} must be a number")
    return seen


def _not_numbers(seen: FaceObservation) -> Iterator[str]:
    """What JSON let through as some other kind of value."""
    if not _is_number(seen.t_s) or not math.isfinite(seen.t_s):
        yield "t_s"
    if seen.face.box_px is not None and not (len(seen.face.box_px) == 4 and all(map(_is_number, seen.face.box_px))):
        yield "each of the four of face.box_px"
    for part in ("face", "left", "right", "mouth", "head", "gaze", "conditions"):
        measured = getattr(seen, part)
        for field in fields(measured):
            value = getattr(measured, field.name)
            optional = value is None and field.name != "confidence"
            if field.name not in ("reason", "box_px") and not optional and not _is_number(value):
                yield f"{part}.{field.name}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Line(msgspec.Struct):
    vehicle: dict[str, Any] | None = None


_vehicle_of = msgspec.json.Decoder(_Line)


def _told(text: bytes, where: str) -> dict[str, Any] | None:
    if b'"vehicle"' not in text:
        return None
    try:
        return _vehicle_of.decode(text).vehicle
    except msgspec.DecodeError as error:
        raise LogError(f"{where}: {_one_line(error)}") from error


_WORDS: dict[str, Mapping[str, int]] = {
    "gear": {gear.name.lower(): gear for gear in Gear} | {gear.name[0].lower(): gear for gear in Gear if gear},
    "turn_signal": {side.name.lower(): side for side in TurnSignal} | {"none": TurnSignal.OFF},
}


def vehicle_from(told: dict[str, Any], where: str) -> VehicleState:
    """The state in a `vehicle` object; keys that it does not know are left alone.

    Raises:
        LogError: A value is of the wrong kind.
    """
    known = {field.name for field in fields(VehicleState)}
    values = {key: _value(key, value, where) for key, value in told.items() if key in known}
    try:
        return msgspec.convert(values, VehicleState)
    except msgspec.ValidationError as error:
        key = str(error).partition("`$.")[2].rstrip("`")
        raise LogError(f"{where}: vehicle.{key} = {told.get(key)!r}: {str(error).partition(' - ')[0]}") from error


def _value(key: str, value: object, where: str) -> object:
    """Words of gear and turn signal become their numbers; null is unknown."""
    words = _WORDS.get(key)
    if words is None:
        return value
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if value is None:
        return 0
    if isinstance(value, str):
        raise LogError(f"{where}: vehicle.{key} = {value!r}: must be one of {', '.join(words)}")
    return value


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
