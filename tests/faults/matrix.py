"""The faults, and the bound of each as docs/protocol.md gives it.

Knows what is done to the rig and what the protocol promises. Must not know how it is measured.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from cobs import cobs

from firmware_bridge.framing import CRC, DELIMITER, HEADER, Type
from firmware_bridge.timing import (
    PEER_SILENCE_MS,
    REPORT_PERIOD_MS,
    SILENCE_MS,
    STATE_PERIOD_MS,
)
from tests.faults.line import Damage, Noise
from tests.faults.rig import Rig

# docs/protocol.md, "Worst cases"
STEP_MS = 10
SAFE_MS = SILENCE_MS + STEP_MS  # silence, whatever it comes from
SAID_MS = PEER_SILENCE_MS + STEP_MS  # until the host says so
LAMP_MS = 18  # from an alert wanted to its lamp
LOST_ONE_MS = LAMP_MS + STATE_PERIOD_MS  # the same, one frame lost or half of one under way
BACKLOG = 920 * 10 / 115_200  # of a stall: 920 bytes a second have waited, and take so long to pass
BACK_MS = 60  # the service is back
STARTED_MS = 80  # the MCU has started again
REOPENED_MS = 1100  # the cable is back
# A clock that stood still: one report with which nothing proved before the stop agrees, then as one frame lost.
WOKEN_MS = REPORT_PERIOD_MS + LOST_ONE_MS
# At 9600 bit/s a state takes 48 ms instead of 4; one may be under way, and reports do not share its wire.
SLOW_MS = LAMP_MS + 2 * (48 - 4)
SLOW_PERIOD_S = 0.1  # as docs/protocol.md wants it at 9600 bit/s

REOPEN_S = 1.0  # the longest pause between two attempts to open the port
HEARD_S = 2.2  # longer than the longest time to live, and than the host takes to say so
NOISE_115200 = 10_400.0  # bytes a second: what the frames leave of 115200 bit/s
NOISE_921600 = 90_000.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the matrix."""

    name: str
    strike: Callable[[Rig], None]
    mend: Callable[[Rig], None]
    safe_ms: float | None = SAFE_MS  # from the strike to the safe output; None: nobody can drive the pins
    normal_ms: float = LOST_ONE_MS  # from the repair to the alert that is wanted now
    said_ms: float | None = None  # from the strike until the host's status says so
    says: str = ""  # … in these words
    hold_s: float = HEARD_S
    phase_s: float = 0.0  # up to so much longer, by chance: what has begun with the fault is met at any moment
    works: bool = False  # the line works on: an alert shows, or the fault lamp does, within `safe_ms` of being wanted
    quiet: bool = False  # strikes while no alert is shown
    baud: int = 115_200
    period_s: float = STATE_PERIOD_MS / 1000


def both(damage: Damage) -> Callable[[Rig], None]:
    """The same to both directions."""
    return lambda rig: rig.line.set(damage, damage)


def set_deaf(rig: Rig, deaf: bool) -> None:
    rig.line.deaf = deaf
    rig.line.set()


def garbage(source: random.Random, passed: list[bytes]) -> bytes:
    """Anything."""
    return source.randbytes(32)


def lookalikes(source: random.Random, passed: list[bytes]) -> bytes:
    """Garbage, replays of both directions, and frames with a right CRC that are not of the type that they say.

    None has a right CRC and an invented counter or boot id: chance makes one in 2^32 frames, whoever does it on purpose
    is not kept out by version 1, and docs/protocol.md says what follows ("What a wrong state does").
    """
    if not passed or source.random() < 0.3:
        return garbage(source, passed)
    frame = source.choice(passed)
    if source.random() < 0.5:
        return frame
    return reframed(frame, lambda raw: raw.__setitem__(source.randrange(1, 4), source.randrange(256)))


def reframed(frame: bytes, change: Callable[[bytearray], None]) -> bytes:
    """The frame with a change to its bytes and a CRC that agrees."""
    raw = bytearray(cobs.decode(frame.strip(DELIMITER)))
    change(raw)
    raw[-CRC.size :] = CRC.pack(zlib.crc32(raw[: -CRC.size]))
    return DELIMITER + cobs.encode(bytes(raw)) + DELIMITER


def next_version(frame: bytes) -> bytes:
    """A hello whose sender speaks version 2 alone; any other frame as it is."""
    raw = cobs.decode(frame.strip(DELIMITER))
    if raw[1] not in (Type.HELLO_HOST, Type.HELLO_MCU):
        return frame

    def change(raw: bytearray) -> None:
        raw[0] = raw[HEADER.size] = raw[HEADER.size + 1] = 2

    return reframed(frame, change)


def flash(rig: Rig, damage: Damage) -> None:
    """Another firmware: its hello tells another version, and it starts."""
    rig.line.set(damage, damage)
    rig.board.reset()


def noise(make: Noise, rate: float) -> Damage:
    return Damage(noise=make, noise_rate=rate)


FINE = Damage()


def damaged(name: str, damage: Damage, **fields: object) -> Fault:
    """A fault of both directions of the line."""
    return Fault(name, both(damage), both(FINE), **fields)


def babbling(name: str, make: Noise, rate: float) -> Fault:
    """Noise towards the host, between the frames."""
    return Fault(name, lambda rig: rig.line.set(to_host=noise(make, rate)), both(FINE), works=True)


def flooded(name: str, make: Noise, rate: float) -> Fault:
    """Noise towards the microcontroller, between the frames."""
    return Fault(name, lambda rig: rig.line.set(to_mcu=noise(make, rate)), both(FINE), works=True)


def stalled(name: str, hold_s: float, **fields: object) -> Fault:
    """Nothing passes for a while, then all of it at once: what waited has to be read first."""
    normal_ms = LOST_ONE_MS + BACKLOG * 1000 * hold_s
    return damaged(name, Damage(held=True), hold_s=hold_s, normal_ms=normal_ms, **fields)


def paced(baud: int, alert_ms: float, period_s: float) -> Fault:
    """A real line's rate, and no fault."""
    name = f"paced to {baud} bit/s"
    rates = Damage(baud=baud)
    return Fault(name, both(rates), both(rates), alert_ms, alert_ms, works=True, baud=baud, period_s=period_s)


def unplugged(name: str, hold_s: float) -> Fault:
    """The terminal hangs up and its name is gone."""
    return Fault(
        name,
        lambda rig: rig.line.unplug(),
        lambda rig: rig.line.plug(),
        normal_ms=REOPENED_MS,
        said_ms=SAID_MS,
        says="plugged",
        hold_s=hold_s,
        phase_s=REOPEN_S,
    )


ROWS = (
    unplugged("cable out 30 s", 30.0),
    Fault("service killed", lambda rig: rig.service.kill(), lambda rig: rig.service.start(), normal_ms=BACK_MS),
    Fault("service hung (SIGSTOP)", Rig.stop_service, Rig.wake_service, normal_ms=BACK_MS),
    Fault(
        "MCU hung",
        lambda rig: rig.board.halt(),
        lambda rig: rig.board.go_on(),
        safe_ms=None,
        normal_ms=WOKEN_MS,
        said_ms=SAID_MS,
        says="MCU silent",
        quiet=True,
    ),
    Fault("MCU brown-out", lambda rig: rig.board.reset(), lambda rig: None, normal_ms=STARTED_MS, hold_s=0.0),
    unplugged("cable out 1 s", 1.0),
    damaged("1 % of bytes corrupted", Damage(corrupt=0.01), works=True),
    damaged("20 % of bytes corrupted", Damage(corrupt=0.2), said_ms=SAID_MS, says="MCU silent"),
    damaged("frames lost, repeated, swapped, 10 % each", Damage(lose=0.1, repeat=0.1, swap=0.1), works=True),
    damaged("50 ms late both ways", Damage(delay_s=0.05), works=True),
    stalled("stall 100 ms", 0.1, works=True, safe_ms=100 + LOST_ONE_MS),
    stalled("stall 500 ms", 0.5, works=True),
    stalled("stall 2 s", 2.0, said_ms=SAID_MS, says="MCU silent"),
    damaged("half-open tty, never answers", Damage(cut=True), said_ms=SAID_MS, says="MCU silent"),
    Fault(
        "half-open tty, never reads",
        lambda rig: set_deaf(rig, True),
        lambda rig: set_deaf(rig, False),
        normal_ms=REOPENED_MS,
        said_ms=SAID_MS,
        says="takes no bytes",
        phase_s=REOPEN_S,
    ),
    Fault(
        "wrong firmware version",
        lambda rig: flash(rig, Damage(forge=next_version)),
        lambda rig: flash(rig, FINE),
        normal_ms=STARTED_MS,
        said_ms=SAID_MS,
        says="no protocol version in common",
    ),
    babbling("babbling MCU, 115200 bit/s", lookalikes, NOISE_115200),
    babbling("babbling MCU, 921600 bit/s", lookalikes, NOISE_921600),
    # Not faster: the board's UART is set to this rate, and QEMU's time is not real while its core has no rest.
    flooded("frame flood to the MCU, 115200 bit/s", lookalikes, NOISE_115200),
    paced(9600, SLOW_MS, SLOW_PERIOD_S),
    paced(115_200, LAMP_MS, STATE_PERIOD_MS / 1000),
)
FAULTS = {fault.name: fault for fault in ROWS}
