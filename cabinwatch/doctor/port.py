"""The wire: the port is there, allowed and free, and a microcontroller of our version answers on it.

Knows what the link tells of itself. To prove both directions it sends quiet states for a moment, as the service would,
and says goodbye: the fault lamp goes out for as long and comes back later if no service follows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from alerts.types import Alert
from cabinwatch.config import Config
from cabinwatch.doctor.device import DeviceFacts, access, look_at
from cabinwatch.doctor.findings import Finding, fail, ok, warn
from cabinwatch.doctor.unit import UNIT, UnitFacts
from firmware_bridge.link import LinkStatus
from firmware_bridge.messages import Hello, Reset, Why
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings

TALK_S = 1.5  # the MCU answers within 0.1 s; with the goodbye the whole check has 3 s
STEP_S = 0.05
SLOW_MS = 100  # of the 500 ms after which either end gives the other up: room for four lost turns (ours)
_RESETS = {Reset.BROWN_OUT: "its supply broke down", Reset.WATCHDOG: "its watchdog bit"}


@dataclass(frozen=True, slots=True)
class PortFacts:
    """What was found out about the configured port."""

    device: DeviceFacts
    held_by: str = ""
    link: LinkStatus | None = None  # None: not asked, because it is held or cannot be opened


def look(config: Config, unit: UnitFacts) -> PortFacts:
    """Talks to the microcontroller, unless somebody holds the port."""
    device = look_at(config.link.port)
    held_by = "" if device.service is None else str(device.service)
    if unit.running and device.exists:
        held_by = f"the service {UNIT} (process {unit.pid})"
    usable = device.exists and device.usable and not held_by
    return PortFacts(device, held_by, link=_talk(config.link) if usable else None)


def _talk(settings: LinkSettings) -> LinkStatus:
    """Until the MCU has acted on a state of ours, or the time is over."""
    link = LinkRunner(settings)
    link.start()
    try:
        until_s = time.monotonic() + TALK_S
        while not _complete(link) and time.monotonic() < until_s:
            link.want(Alert(time.monotonic()), captured_s=time.monotonic())
            time.sleep(STEP_S)
        return link.status
    finally:
        link.stop()


def _complete(link: LinkRunner) -> bool:
    """Both directions proved, and the vehicle's message, which tells of the illuminator, has come."""
    status = link.status
    heard = link.vehicle.ignition_on is not None or link.vehicle.speed_kmh is not None
    return status.up and status.mcu is not None and status.mcu.why == Why.STATE and heard


def judge(facts: PortFacts) -> list[Finding]:
    """Each finding only where the ones before it let it be made."""
    blocked = _blocked(facts)
    if blocked is not None:
        return [blocked]
    status = facts.link
    access = _access(facts.device)
    if status is None or not status.up:
        return [access, _silent(status, facts.device)]
    return [access, *_answers(status)]


def _blocked(facts: PortFacts) -> Finding | None:
    device = facts.device
    if not device.exists:
        reload = "udevadm control --reload && udevadm trigger --subsystem-match=tty; ls -l /dev/serial/by-id"
        return fail("serial", f"{device.path} is not there: plugged in, and its udev rule installed?", reload)
    if not device.usable:
        return fail("serial", f"no permission for {device.path} ({device.owner})", "sudo usermod -aG dialout $USER")
    if facts.held_by:
        found = f"held by {facts.held_by}: the microcontroller was not asked"
        return ok("serial", f"{found}; to ask it: systemctl stop {UNIT}")
    return None


def _access(device: DeviceFacts) -> Finding:
    return access("serial access", device, "install configs/70-cabinwatch.rules into /etc/udev/rules.d")


def _silent(status: LinkStatus | None, device: DeviceFacts) -> Finding:
    text = status.text if status else "not asked"
    hello = status.mcu_hello if status else None
    if status is not None and hello is not None and not status.version:
        return fail("MCU version", text, "flash the firmware of this release (firmware_bridge/firmware/README.md)")
    return fail("MCU", f"{text}{device.others}", "check power, ground, both wires and link.baud")


def _answers(status: LinkStatus) -> Iterator[Finding]:
    hello = status.mcu_hello or Hello()
    yield ok("MCU version", f"protocol {hello.version_min} to {hello.version_max}, firmware {hello.build:08x}")
    acted = status.mcu is not None and status.mcu.why == Why.STATE
    if not acted:
        yield fail("MCU acts", f"it answers, but acts on no state: {status.text}", "check the wire from host to MCU")
    round_trip = f"round trip {status.round_trip_ms} ms"
    if status.round_trip_ms is not None and status.round_trip_ms > SLOW_MS:
        yield warn("MCU time", f"{round_trip} of 500 ms", "raise link.baud, or leave out USB hubs")
    elif acted:
        yield ok("MCU time", f"{round_trip}; acts on states")
    if hello.reset_cause in _RESETS:
        restarted = f"it last restarted because {_RESETS[Reset(hello.reset_cause)]}"
        yield warn("MCU restart", restarted, "check the supply and ground of the microcontroller")
    if status.illuminator_fault:
        yield fail("illuminator", "reports a fault", "check its connector and supply")
