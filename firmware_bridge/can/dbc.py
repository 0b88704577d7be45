"""The table of signals as a DBC file: `python -m firmware_bridge.can.dbc > configs/cabinwatch.dbc` (`make dbc`).

Knows the file format's few sections that are needed here. Must not know a driver, time or a bus.
"""

from __future__ import annotations

import sys

from firmware_bridge.can.signals import CYCLE_MS, MESSAGES, SIZE, Message, Signal

NODE = "cabinwatch"
_EXTENDED = 0x80000000  # in this file the top bit of an id says that it has 29 bits


def text() -> str:
    """The file."""
    lines = ['VERSION ""', "", "NS_ :", "", "BS_:", "", f"BU_: {NODE}", ""]
    for message in MESSAGES:
        lines += [f"BO_ {_id(message)} {message.name}: {SIZE} {NODE}", *map(_signal, message.signals), ""]
    for message in MESSAGES:
        lines += [f'CM_ BO_ {_id(message)} "{message.meaning}.";']
        lines += [f'CM_ SG_ {_id(message)} {signal.name} "{_comment(signal)}.";' for signal in message.signals]
    lines += ['BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;', 'BA_DEF_DEF_ "GenMsgCycleTime" 0;']
    lines += [f'BA_ "GenMsgCycleTime" BO_ {_id(message)} {CYCLE_MS};' for message in MESSAGES]
    for message in MESSAGES:
        lines += [_words(message, signal) for signal in message.signals if _all_words(signal)]
    return "\n".join(lines) + "\n"


def _id(message: Message) -> int:
    return message.can_id | _EXTENDED


def _signal(signal: Signal) -> str:
    place = f"{signal.start}|{signal.length}@1+ ({signal.factor:g},{signal.offset:g})"
    return f' SG_ {signal.name} : {place} [{signal.low:g}|{signal.high:g}] "{signal.unit}" Vector__XXX'


def _comment(signal: Signal) -> str:
    vss = f"; VSS {signal.vss}: {signal.vss_value}" if signal.vss else ""
    # The format is ASCII by custom.
    return f"{signal.meaning}{vss}".replace("−", "-").replace("×", "*").replace("÷", "/")


def _all_words(signal: Signal) -> tuple[tuple[int, str], ...]:
    return signal.words if signal.absent is None else (*signal.words, (signal.absent, "not available"))


def _words(message: Message, signal: Signal) -> str:
    pairs = " ".join(f'{number} "{word}"' for number, word in _all_words(signal))
    return f"VAL_ {_id(message)} {signal.name} {pairs} ;"


if __name__ == "__main__":
    sys.stdout.write(text())
