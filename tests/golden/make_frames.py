"""Makes the table of golden frames anew: frames.json and the table in docs/protocol.md.

    python -m tests.golden.make_frames            what would change
    python -m tests.golden.make_frames --write    changes it

The one way to change either, and a test says so. Knows the layout from the document alone. Must not import the product:
what both implementations are held against must come from neither.
"""

from __future__ import annotations

import argparse
import binascii
import difflib
import json
import re
import struct
import sys
from pathlib import Path

from tests.golden.conversations import CONVERSATIONS
from tests.golden.layout import DATA_IDS, FIELDS, HOST, LAYOUTS, MCU, header

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "tests" / "golden" / "frames.json"
DOCUMENT = ROOT / "docs" / "protocol.md"

COMMENT = "Bytes and verdicts that Python and C must both give; python -m tests.golden.make_frames changes them."
MAC = bytes(4)

HEARD_HOST = 0x1234  # lower halves of the boot ids
HEARD_MCU = 0x4321


def message(kind, **values):
    """All fields of a payload, those not named 0."""
    versions = {"version_min": 1, "version_max": 1} if kind.startswith("HELLO") else {}
    fields = dict.fromkeys(FIELDS[kind], 0) | versions
    assert not values.keys() - fields.keys()
    return fields | values


def state(**values):
    return message("STATE", **{"allowed": 7, "flags": 2, **values})


def from_host(counter, sent_ms, captured_ms, heard_ms, ttl_ms=1000):
    return header(HOST, counter, sent_ms, captured_ms, heard_ms, HEARD_MCU, ttl_ms)


def from_mcu(counter, sent_ms, heard_ms, ttl_ms=1000):
    return header(MCU, counter, sent_ms, sent_ms, heard_ms, HEARD_HOST, ttl_ms)


LAST = 0xFFFFFFFF

FRAMES = [
    (
        "first_hello",
        "HELLO_HOST",
        header(HOST, 0, 1000),
        message("HELLO_HOST", build=0xA1B2C3D4, config_crc=0x01020304),
    ),
    (
        "hello_from_next_version",
        "HELLO_HOST",
        header(HOST, 1, 1250, version=2),
        message("HELLO_HOST", version_min=1, version_max=2),
    ),
    (
        "mcu_answers",
        "HELLO_MCU",
        from_mcu(0, 70, 1000, ttl_ms=0),
        message("HELLO_MCU", capabilities=0x1F, build=0x0BADCAFE, config_crc=0xFE2263C8, reset_cause=1),
    ),
    (
        "mcu_remembers_the_trip",
        "HELLO_MCU",
        from_mcu(40, 8070, 1000, ttl_ms=0),
        message(
            "HELLO_MCU",
            capabilities=0x0B,
            build=0x0BADCAFE,
            config_crc=0xFE2263C8,
            reset_cause=3,
            lockouts=2,
            last_level=4,
            last_cause=2,
            last_episode_id=7,
        ),
    ),
    ("all_quiet", "STATE", from_host(2, 1300, 1265, 90), state()),
    ("microsleep", "STATE", from_host(3, 1400, 1371, 190), state(level=4, cause=2, episode_id=8, lockouts=1)),
    (
        "sleep_without_buzzer",
        "STATE",
        from_host(4, 1500, 1470, 290),
        state(level=4, cause=3, episode_id=9, allowed=5, explanation=103, lockouts=2),
    ),
    (
        "cannot_see_in_daylight",
        "STATE",
        from_host(5, 1600, 1571, 390, 800),
        state(level=1, cause=8, episode_id=10, flags=0),
    ),
    ("unknown_cause", "STATE", from_host(6, 1700, 1671, 490, 800), state(level=2, cause=200, episode_id=11)),
    ("goodbye", "STATE", from_host(7, 1800, 1800, 590), state(flags=1)),
    (
        "tried_by_an_installer",
        "STATE",
        from_host(8, 1900, 1900, 690),
        state(level=4, cause=3, episode_id=0xF008, flags=4),
    ),
    (
        "everything_at_its_end",
        "STATE",
        header(LAST, 0xFFFF, LAST, LAST, LAST, 0xFFFF, 0xFFFF, version=255),
        message(
            "STATE",
            level=4,
            cause=255,
            episode_id=0xFFFF,
            allowed=255,
            flags=255,
            explanation=0xFFFF,
            lockouts=255,
        ),
    ),
    (
        "mcu_shows_microsleep",
        "REPORT",
        from_mcu(9, 650, 1400),
        message("REPORT", level=4, cause=2, episode_id=8, outputs=0x17, why=1, accepted=12, age_ms=43, reset_cause=1),
    ),
    (
        "mcu_after_the_button",
        "REPORT",
        from_mcu(11, 820, 1400),
        message("REPORT", level=3, cause=4, episode_id=8, outputs=0x11, silenced=2, why=1, accepted=15, age_ms=43),
    ),
    (
        "mcu_has_sounded_long_enough",
        "REPORT",
        from_mcu(12, 31820, 32400),
        message("REPORT", level=4, cause=3, episode_id=9, outputs=0x01, spent=6, why=1, accepted=630, age_ms=38),
    ),
    (
        "mcu_hears_nothing",
        "REPORT",
        from_mcu(14, 1300, 1800),
        message(
            "REPORT",
            outputs=8,
            why=2,
            accepted=17,
            bad_crc=3,
            bad_format=1,
            bad_counter=2,
            bad_age=4,
            gaps=10,
            overruns=1,
            age_ms=65535,
            last_refusal=13,
            reset_cause=2,
        ),
    ),
    ("nothing_is_wired", "VEHICLE", from_mcu(1, 71, 1000), message("VEHICLE")),
    (
        "driving_at_80",
        "VEHICLE",
        from_mcu(10, 700, 1400),
        message(
            "VEHICLE",
            known=0x7F,
            switches=3,
            speed_ckmh=8025,
            gear=4,
            turn_signal=1,
            ambient_lux=100000,
            steering_ddeg=-125,
            ack_count=3,
            ack_episode_id=8,
        ),
    ),
    ("illuminator_broken", "VEHICLE", from_mcu(13, 900, 1600), message("VEHICLE", known=0x82, switches=5)),
]


def raw(kind, head, fields=None, *, payload=None, kind_number=None, data_id=None):
    """A frame before stuffing, with a right CRC; the keywords put wrong things into it."""
    number = DATA_IDS[kind] & 0xFF if kind_number is None else kind_number
    data_id = (0xCB00 | number) if data_id is None else data_id
    body = struct.pack("<BBH", head["version"], number, data_id)
    body += struct.pack("<HIIIIHH", *list(head.values())[1:])
    body += payload if fields is None else struct.pack(LAYOUTS[kind], *fields.values())
    return body + MAC + struct.pack("<I", binascii.crc32(body + MAC))


def on_the_line(unstuffed):
    """Stuffed, between delimiters, as hexadecimal digits."""
    blocks = unstuffed.split(b"\0")
    assert all(len(block) < 254 for block in blocks)
    return (b"\0" + b"".join(bytes([len(block) + 1]) + block for block in blocks) + b"\0").hex()


def refused():
    """(name, reason, bytes) of frames that the decoders refuse."""
    head = from_host(3, 1400, 1371, 190)
    good = raw("STATE", head, state(level=4, cause=2, episode_id=8, lockouts=1))
    flipped = good[:26] + bytes([good[26] ^ 1]) + good[27:]

    def wrong(kind, **values):
        return on_the_line(raw(kind, head, message(kind, **values)))

    return [
        ("one_bit_of_the_level", "CRC", on_the_line(flipped)),
        ("last_byte_lost", "CRC", on_the_line(good[:-1])),
        ("an_empty_frame", "SIZE", "000100"),
        ("header_only", "SIZE", on_the_line(good[:26])),
        ("nineteen_bytes_too_many", "SIZE", on_the_line(good + bytes(19))),
        ("longer_than_any_frame", "SIZE", "00" + "2a" * 63 + "00"),
        ("code_points_past_the_end", "COBS", "0005aabb00"),
        ("type_0x7f", "TYPE", on_the_line(raw("STATE", head, state(), kind_number=0x7F))),
        ("state_of_eight_bytes", "SIZE", on_the_line(raw("STATE", head, payload=bytes(8)))),
        ("hello_with_the_length_of_a_state", "SIZE", on_the_line(raw("HELLO_HOST", head, payload=bytes(9)))),
        ("data_id_of_a_vehicle", "DATA_ID", on_the_line(raw("STATE", head, state(), data_id=0xCB83))),
        ("level_5", "RANGE", wrong("STATE", level=5)),
        ("hello_of_version_0", "RANGE", wrong("HELLO_HOST", version_min=0)),
        ("hello_of_versions_3_to_2", "RANGE", wrong("HELLO_MCU", version_min=3, version_max=2)),
        ("report_why_6", "RANGE", wrong("REPORT", why=6)),
        ("report_refusal_14", "RANGE", wrong("REPORT", last_refusal=14)),
        ("report_level_5", "RANGE", wrong("REPORT", level=5)),
        ("gear_5", "RANGE", wrong("VEHICLE", gear=5)),
        ("turn_signal_4", "RANGE", wrong("VEHICLE", turn_signal=4)),
    ]


def frames():
    """The rows of the good frames."""
    return [
        {"name": name, "type": kind, "header": head, "payload": fields, "hex": on_the_line(raw(kind, head, fields))}
        for name, kind, head, fields in FRAMES
    ]


def as_json():
    """The file: one row a line, so that a change shows as one line."""

    def rows(items):
        return ",\n".join("  " + json.dumps(item) for item in items)

    bad = [{"name": name, "reason": reason, "hex": digits} for name, reason, digits in refused()]
    talks = ",\n".join(
        f'  {{"name": {json.dumps(talk["name"])}, "judge": "{talk["judge"]}", "versions": {talk["versions"]}, '
        + '"steps": [\n'
        + ",\n".join("    " + json.dumps(step) for step in talk["steps"])
        + "\n  ]}"
        for talk in CONVERSATIONS
    )
    return (
        f'{{\n"comment": {json.dumps(COMMENT)},\n"host_boot_id": {HOST},\n"mcu_boot_id": {MCU},\n'
        f'"frames": [\n{rows(frames())}\n],\n"refused": [\n{rows(bad)}\n],\n"conversations": [\n{talks}\n]\n}}\n'
    )


def as_document(document):
    """The document with its table made anew."""
    rows = [f"| {row['name']} | {row['type']} | `{row['hex']}` |" for row in frames()]
    table = "\n".join(["| name | type | bytes on the line |", "|---|---|---|", *rows])
    before, rest = document.split("\n## Golden frames\n", 1)
    rest = re.sub(r"(?:^\|.*\n)+", lambda _: table + "\n", rest, count=1, flags=re.MULTILINE)
    return f"{before}\n## Golden frames\n{rest}"


def wanted():
    """Path → what should stand in it."""
    return {TABLE: as_json(), DOCUMENT: as_document(DOCUMENT.read_text())}


def main():
    """Says what would change; with --write changes it. Exit status 1: something differs and was left alone."""
    parser = argparse.ArgumentParser(description="Make the golden frames anew.")
    parser.add_argument("--write", action="store_true", help="change frames.json and docs/protocol.md")
    write = parser.parse_args().write
    differs = False
    for path, text in wanted().items():
        now = path.read_text()
        differs = differs or now != text
        sys.stdout.writelines(difflib.unified_diff(now.splitlines(True), text.splitlines(True), str(path), "new"))
        if write:
            path.write_text(text)
    return 1 if differs and not write else 0


if __name__ == "__main__":
    sys.exit(main())
