"""What the system knows about a device node without opening it: is it there, may we use it, who has it open.

Knows file modes, groups and /proc. Must not know what the device is for.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cabinwatch.doctor.findings import Finding, ok, warn
from firmware_bridge.port import group_name, owner, user_name

# User and SupplementaryGroups of configs/cabinwatch.service.
SERVICE_USER = "cabinwatch"
SERVICE_GROUPS = ("video", "render", "dialout")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has the device open."""

    pid: int
    name: str
    is_service: bool  # cabinwatch run, in the foreground or as a unit

    def __str__(self) -> str:
        return f"{'cabinwatch run' if self.is_service else self.name} (process {self.pid})"


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A device node as it stands in the file system."""

    path: str
    exists: bool = False
    usable: bool = False  # by whoever asks
    owner: str = ""  # "crw-rw---- root:video"
    group: str = ""
    for_service: bool = False  # the unit's account or its groups may use it
    holders: tuple[Holder, ...] = ()  # as far as /proc shows them to whoever asks

    @property
    def service(self) -> Holder | None:
        """The cabinwatch that has it open."""
        return next((holder for holder in self.holders if holder.is_service), None)

    @property
    def others(self) -> str:
        """Who else has it open, in words for the end of a line. That alone need not be in the way."""
        names = ", ".join(str(holder) for holder in self.holders if not holder.is_service)
        return f"; also open in {names}" if names else ""


def look_at(path: str) -> DeviceFacts:
    """The facts about the node at `path`, a link followed."""
    try:
        found = Path(path).stat()
    except OSError:
        return DeviceFacts(path)
    group = group_name(found.st_gid)
    by_user = bool(found.st_mode & stat.S_IRUSR and found.st_mode & stat.S_IWUSR)
    by_group = bool(found.st_mode & stat.S_IRGRP and found.st_mode & stat.S_IWGRP)
    by_all = bool(found.st_mode & stat.S_IROTH and found.st_mode & stat.S_IWOTH)
    return DeviceFacts(
        path,
        exists=True,
        usable=os.access(path, os.R_OK | os.W_OK),
        owner=owner(found),
        group=group,
        for_service=by_all
        or (by_group and group in SERVICE_GROUPS)
        or (by_user and user_name(found.st_uid) == SERVICE_USER),
        holders=tuple(_holders(found)),
    )


def access(what: str, device: DeviceFacts, repair: str) -> Finding:
    """Whether the unit may use it."""
    if device.for_service:
        return ok(what, f"{device.path} ({device.owner})")
    return warn(what, f"{device.path} ({device.owner}) is not open to the unit's account and groups", repair)


def _holders(device: os.stat_result) -> Iterator[Holder]:
    """Other processes with the device open. Those of other users are hidden from whoever is not root."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            with contextlib.suppress(OSError):  # it has ended, or is not ours to look into
                if any(_same(descriptor, device) for descriptor in (process / "fd").iterdir()):
                    yield _holder(process)


def _same(descriptor: Path, device: os.stat_result) -> bool:
    try:
        found = descriptor.stat()
    except OSError:  # closed in the meantime
        return False
    return os.path.samestat(found, device)


def _holder(process: Path) -> Holder:
    words = (process / "cmdline").read_bytes().split(b"\0")
    name = (process / "comm").read_text().strip()
    is_service = any(b"cabinwatch" in word for word in words) and b"run" in words
    return Holder(int(process.name), name, is_service)
