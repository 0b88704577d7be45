"""Do the tests notice? Takes one check after the other out of a copy of the code and runs them.

    python -m tests.firmware_bridge.mutate

Prints, for each mutation, the test that failed. Exit status 1: a mutation that none noticed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEEDED = ("alerts", "configs", "firmware_bridge", "tests", "vision/types.py", "pyproject.toml", "docs/protocol.md")
TESTS = "tests/firmware_bridge"
CORE = "firmware_bridge/firmware/core"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One check taken out: `old` becomes `new` in one file."""

    name: str
    path: str
    old: str
    new: str

    def of(self, folder: Path) -> str:
        """The file's text with the mutation; it must fit in exactly one place."""
        text = (folder / self.path).read_text()
        if text.count(self.old) != 1:
            raise LookupError(f"{self.name}: {self.path} has {text.count(self.old)} places like\n{self.old}")
        return text.replace(self.old, self.new)


MUTATIONS = (
    Mutation("C: CRC", f"{CORE}/cw_frame.c", "cw_crc32(raw, size - 4u) != cw_get32(&raw[size - 4u])", "false"),
    Mutation(
        "C: time-out",
        f"{CORE}/cw_device.c",
        "const bool silent = quiet_ms >",
        "const bool silent = false && quiet_ms >",
    ),
    Mutation(
        "C: life of the state held", f"{CORE}/cw_device.c", "if (silent || stale) {", "(void)stale;\n if (silent) {"
    ),
    Mutation(
        "C: counter",
        f"{CORE}/cw_session.c",
        "if (!is_new(session, step, now_ms)) {",
        "if (!is_new(session, 1, now_ms)) {",
    ),
    Mutation("C: age", f"{CORE}/cw_session.c", "(age_ms <= frame->ttl_ms) ?", "true ?"),
    Mutation("C: clock that jumped", f"{CORE}/cw_session.c", "if (clock->jumped &&", "if (false && clock->jumped &&"),
    Mutation(
        "C: longest duration",
        f"{CORE}/cw_outputs.c",
        "return (longest_ms != 0u) &&",
        "return false && (longest_ms != 0u) &&",
    ),
    Mutation(
        "C: sound without a host", f"{CORE}/cw_device.c", "((now_ms - device->orphaned_ms) < CW_ORPHAN_MAX_MS)", "true"
    ),
    Mutation("C: debounce", f"{CORE}/cw_button.c", "(now_ms - button->settled_ms) < CW_DEBOUNCE_MS", "false"),
    Mutation(
        "Python: CRC",
        "firmware_bridge/framing.py",
        "if zlib.crc32(raw[: -CRC.size]) !=",
        "if False and zlib.crc32(raw) !=",
    ),
    Mutation(
        "Python: time-out",
        "firmware_bridge/link.py",
        "silent = now_s - self._heard_s > PEER_SILENCE_S\n",
        "silent = False\n",
    ),
    Mutation("Python: counter", "firmware_bridge/session.py", "if step == 0 or (step >=", "if False and (step >="),
    Mutation(
        "Python: age",
        "firmware_bridge/session.py",
        "Verdict.OK if age_ms <= frame.ttl_ms else Verdict.AGE",
        "Verdict.OK",
    ),
)


def copy(folder: Path) -> None:
    """What the tests need, without what was built."""
    for name in NEEDED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("build", "__pycache__"))
        else:
            shutil.copy(source, target)


def first_failure(folder: Path) -> str | None:
    """The test that fails first; None when all pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", TESTS]
    command += [f"--ignore={TESTS}/test_mutations.py"]  # it knows the code without any mutation only
    command += [f"--ignore={TESTS}/can"]  # another wire
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, re.MULTILINE)
    if (found is None) != (ran.returncode == 0):
        raise RuntimeError(f"pytest could not run:\n{ran.stdout}{ran.stderr}")
    return found[1].removeprefix(f"{TESTS}/") if found else None


def main() -> int:
    """Tries the code as it is, then every mutation."""
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="cabinwatch-mutate-") as name:
        folder = Path(name)
        copy(folder)
        failure = first_failure(folder)
        if failure:
            sys.stdout.write(f"without any mutation {failure} fails\n")
            return 1
        for mutation in MUTATIONS:
            original = (folder / mutation.path).read_text()
            (folder / mutation.path).write_text(mutation.of(folder))
            failure = first_failure(folder)
            (folder / mutation.path).write_text(original)
            unnoticed += failure is None
            sys.stdout.write(f"{mutation.name:28} {failure or 'UNNOTICED'}\n")
            sys.stdout.flush()
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
