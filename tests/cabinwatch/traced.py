"""A process under strace: every file it opened to write, every socket, every byte it wrote, also from native code."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

OPENING = ("open", "openat", "openat2", "creat")
RENAMING = ("rename", "renameat", "renameat2")
NAMING = ("mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink", "symlinkat", *RENAMING)
WRITING = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg")
# Ways to hand bytes on that would not show as a write: none is expected.
UNSEEN = (
    "sendfile",
    "splice",
    "vmsplice",
    "tee",
    "copy_file_range",
    "process_vm_writev",
    "io_uring_setup",
    "mq_open",
    "renameat2",
)
SOCKETS = ("socket", "socketpair", "bind", "connect", "listen", "accept", "accept4")
LIMITS = ("prctl", "prlimit64")
LONGEST = 1 << 22  # bytes of one write that are kept; more than a frame has

_CALL = re.compile(r"^\d+\s+(?P<name>\w+)\((?P<arguments>.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_TARGET = re.compile(r"^-?\w+<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True)
class Call:
    name: str
    arguments: str

    @property
    def texts(self):
        """The strings among the arguments."""
        assert not any(cut for _, cut in _TEXT.findall(self.arguments)), f"cut short: {self.name}"
        return [_plain(text) for text, _ in _TEXT.findall(self.arguments)]

    @property
    def target(self):
        """What the first descriptor is: a path, pipe:[…] or socket:[…]."""
        found = _TARGET.match(self.arguments)
        return _plain(found[1]).decode() if found else ""


class Trace:
    """What strace wrote."""

    def __init__(self, file):
        self._file = file

    @cached_property
    def calls(self):
        found = [_CALL.match(line) for line in self._file.read_text().splitlines()]
        return [Call(call["name"], call["arguments"]) for call in found if call]

    def of(self, *names):
        return [call for call in self.calls if call.name in names]

    @property
    def opened_to_write(self):
        """Paths, also where the opening failed, and every name made in a file system."""
        opened = [call for call in self.of(*OPENING) if re.search(r"O_WRONLY|O_RDWR|O_CREAT", call.arguments)]
        return {call.texts[-1].decode() for call in [*opened, *self.of(*NAMING)]}

    @property
    def written(self):
        """(target, bytes) of every write, in order."""
        return [(call.target, b"".join(call.texts)) for call in self.of(*WRITING)]


def strace():
    """Where it is, or None."""
    return shutil.which("strace")


def start(command, trace_file, **popen):
    """Starts `command` under strace; gives the process."""
    calls = ",".join(f"?{name}" for name in (*OPENING, *NAMING, *WRITING, *UNSEEN, *SOCKETS, *LIMITS, "memfd_create"))
    options = ["-f", "--seccomp-bpf", "-y", "-xx", "-s", str(LONGEST), "-e", f"trace={calls}", "-o", str(trace_file)]
    return subprocess.Popen([strace(), *options, *map(str, command)], **popen)


def children_of(process):
    """The traced process's own number: signals go to it and not to strace."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def _plain(text):
    return bytes.fromhex(text.replace("\\x", ""))
