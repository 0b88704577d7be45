"""Everything that can leave the vehicle: the one allow-list.

Knows each field of each event by name, type and range, and the names of the metrics and of the fields on the wire.
Must not know where any of it goes. What is not listed here is not written, published or served: `packed` refuses it.
docs/privacy.md shows this list as a table, docs/events.schema.json as a JSON Schema; tests hold both to this file.

Nothing here is a picture, a landmark, a measurement of a face or an expression, and no field takes free text: a text
field is one of a few words or matches a pattern too narrow for a name.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from alerts.types import LevelName

SCHEMA: Literal[1] = 1  # grows when a field changes its meaning or goes

Count = Annotated[int, msgspec.Meta(ge=0)]
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,32}$")]
Version = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z.+]{1,32}$")]
Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]
Moment = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", description="UTC")]

# Every cause of alerts.types but none and affect: what rests on an expression is shown to the driver and to nobody.
CauseTold = Literal[
    "drowsy",
    "microsleep",
    "sleep",
    "long_distraction",
    "short_distraction",
    "phone",
    "unresponsive",
    "cannot_see",
]


class _Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """What one event says. Its tag is the event's name."""


class Started(_Fact, frozen=True, tag="started"):
    """The service began to watch."""

    version: Version  # of cabinwatch


class Stopped(_Fact, frozen=True, tag="stopped"):
    """The service was told to stop, or a clip ended."""


class Reloaded(_Fact, frozen=True, tag="reloaded"):
    """A new config was taken."""

    changed: tuple[Word, ...]  # sections of the config; their values stay in the vehicle


class ReloadRefused(_Fact, frozen=True, tag="reload_refused"):
    """A new config was refused; the old one goes on."""


class Camera(_Fact, frozen=True, tag="camera"):
    """The camera fell silent, or delivers again."""

    delivers: bool


class Link(_Fact, frozen=True, tag="link"):
    """The link to the microcontroller went down, or came up."""

    up: bool


class EventsLost(_Fact, frozen=True, tag="events_lost"):
    """Events could not be stored for so long that some were given up: the disk was full, slow or gone."""

    count: Count


class StoreReplaced(_Fact, frozen=True, tag="store_replaced"):
    """The file of events was damaged; it was set aside and this one begun."""


class AlertShown(_Fact, frozen=True, tag="alert"):
    """An alert began, changed its level or was acknowledged."""

    level: LevelName
    cause: CauseTold
    episode: Annotated[int, msgspec.Meta(ge=0, le=65535, description="the wire's number of the alert")]
    code: Annotated[int, msgspec.Meta(ge=0, le=65535, description="number of the rule that speaks; docs/rules.md")]
    acknowledged: bool  # by the driver


class AlertEnded(_Fact, frozen=True, tag="alert_ended"):
    """An alert is over."""

    cause: CauseTold
    episode: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    lasted_s: Annotated[float, msgspec.Meta(ge=0, description="s, to the tenth")]
    acknowledged: bool


class Counters(_Fact, frozen=True, tag="counters"):
    """What was counted since the service started."""

    watched_s: Count  # time with frames judged, s
    frames: Count  # judged
    silences: Count  # times the camera fell silent
    alerts: dict[CauseTold, Count]  # episodes, by cause
    link_losses: Count
    link_sent: Count  # frames to the microcontroller
    link_received: Count  # frames of the microcontroller that were acted on
    link_gaps: Count  # frames of the microcontroller that never came
    link_refused: Count  # frames of the microcontroller that were damaged or out of order
    events_dropped: Count  # that could not be stored


Fact: TypeAlias = (
    Started
    | Stopped
    | Reloaded
    | ReloadRefused
    | Camera
    | Link
    | EventsLost
    | StoreReplaced
    | AlertShown
    | AlertEnded
    | Counters
)


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One event with its stamps, as it is exported and published."""

    schema: Literal[1]
    id: Annotated[Hex, msgspec.Meta(description="random, unique for each event: tells a repeated delivery")]
    order: Annotated[int, msgspec.Meta(ge=1, description="grows with every event of this store, whatever the clock")]
    trip: Annotated[Hex, msgspec.Meta(description="random, drawn anew with every ignition; says nothing of a person")]
    at: Moment
    clock_synced: Annotated[bool, msgspec.Meta(description="whether the clock was known to be right")]
    event: Fact


# The fields of a State on the wire to the microcontroller (docs/protocol.md).
SERIAL_STATE = ("level", "cause", "episode_id", "allowed", "flags", "explanation", "lockouts")

# Served on the vehicle's loopback where `metrics:` asks for it.
METRICS = (
    "cabinwatch_frames_total",
    "cabinwatch_frame_age_seconds",
    "cabinwatch_camera_delivers",
    "cabinwatch_camera_silences_total",
    "cabinwatch_alerts_total",
    "cabinwatch_link_up",
    "cabinwatch_link_losses_total",
    "cabinwatch_link_sent_total",
    "cabinwatch_link_received_total",
    "cabinwatch_link_gaps_total",
    "cabinwatch_link_refused_total",
    "cabinwatch_events_dropped_total",
)

_facts: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(Fact)


class NotListedError(ValueError):
    """Something is not on the list and stays where it is."""


def packed(fact: Fact) -> str:
    """The fact as JSON.

    Raises:
        NotListedError: It holds a value that the list does not allow.
    """
    text = msgspec.json.encode(fact)
    try:
        _facts.decode(text)  # a Struct checks its fields only when it is read
    except msgspec.ValidationError as error:
        raise NotListedError(f"{type(fact).__name__}: {error}") from error
    return text.decode()


def unpacked(text: str) -> Fact:
    """The fact in `text`.

    Raises:
        NotListedError: It is not one of the list.
    """
    try:
        return _facts.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise NotListedError(f"not an event: {error}") from error


def json_schema() -> bytes:
    """What docs/events.schema.json holds: each record that is exported or published keeps to it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Record)}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
