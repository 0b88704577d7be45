"""The layout of frames and payloads, written down from docs/protocol.md and from no implementation."""

from __future__ import annotations

HOST = 0x5EED1234  # boot ids of the table
MCU = 0xC0DE4321

DATA_IDS = {"HELLO_HOST": 0xCB01, "STATE": 0xCB02, "HELLO_MCU": 0xCB81, "REPORT": 0xCB82, "VEHICLE": 0xCB83}

LAYOUTS = {
    "HELLO_HOST": "<BBHIIBBBBH",
    "HELLO_MCU": "<BBHIIBBBBH",
    "STATE": "<BBHBBHB",
    "REPORT": "<BBHBBBBHHHHHHHHBB",
    "VEHICLE": "<BBHBBIhBxH",
}

_HELLO = (
    "version_min version_max capabilities build config_crc reset_cause lockouts last_level last_cause last_episode_id"
)

FIELDS = {
    kind: names.split()
    for kind, names in {
        "HELLO_HOST": _HELLO,
        "HELLO_MCU": _HELLO,
        "STATE": "level cause episode_id allowed flags explanation lockouts",
        "REPORT": "level cause episode_id outputs silenced spent why accepted bad_crc bad_format bad_counter bad_age "
        "gaps overruns age_ms last_refusal reset_cause",
        "VEHICLE": "known switches speed_ckmh gear turn_signal ambient_lux steering_ddeg ack_count ack_episode_id",
    }.items()
}


def header(boot_id, counter, sent_ms, captured_ms=None, heard_ms=0, heard_boot=0, ttl_ms=0, *, version=1):
    """All header fields but type and data id, in wire order; without a time of capture it was true when sent."""
    return {
        "version": version,
        "counter": counter,
        "boot_id": boot_id,
        "sent_ms": sent_ms,
        "captured_ms": sent_ms if captured_ms is None else captured_ms,
        "heard_ms": heard_ms,
        "heard_boot": heard_boot,
        "ttl_ms": ttl_ms,
    }
