"""The table of docs/privacy.md and the schema of docs/, from the one list in code.

python -m tests.cabinwatch.leaves_table     # writes both anew
"""

from pathlib import Path
from typing import get_args

import msgspec

from cabinwatch.leaves import METRICS, SERIAL_STATE, Fact, Record, json_schema

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA, PAGE = DOCS / "events.schema.json", DOCS / "privacy.md"
BEGIN, END = "<!-- from cabinwatch/leaves.py -->\n", "<!-- end -->\n"


def table():
    rows = [("every event", _fields(Record), "store, export, MQTT")]
    rows += [(f"event `{kind.__struct_config__.tag}`", _fields(kind), "store, export, MQTT") for kind in get_args(Fact)]
    rows.append(("state on the wire", ", ".join(f"`{name}`" for name in SERIAL_STATE), "microcontroller"))
    rows.append(("metrics", ", ".join(f"`{name}`" for name in METRICS), "loopback, where `metrics.port` is set"))
    lines = ["| what | fields | goes to |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {what} | {fields} | {where} |" for what, fields, where in rows)]) + "\n"


def _fields(kind):
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return ", ".join(f"`{name}`" for name in names) or "–"


def main():
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.split(END)[1])
    SCHEMA.write_bytes(json_schema())


if __name__ == "__main__":
    main()
