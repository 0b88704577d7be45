"""Packs the demo's own drive, as `python -m simulator render demo` made it, into what is committed.

    python scripts/pack_demo.py RENDERED

Writes cabinwatch/clips/demo.mp4 (H.264, at most 4 MB) and tests/golden/demo_truth.jsonl.gz. Needs ffmpeg with x264: the
one of `pip install imageio-ffmpeg`, or one on the PATH.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIP = ROOT / "cabinwatch" / "clips" / "demo.mp4"
TRUTH = ROOT / "tests" / "golden" / "demo_truth.jsonl.gz"
MOST_BYTES = 4_000_000
QUALITY = 22  # x264's constant rate factor: nothing to see beside the lossless original


class PackError(Exception):
    """The clip cannot be packed. The text says why."""


def ffmpeg() -> str:
    try:
        import imageio_ffmpeg  # noqa: PLC0415  # wanted only here
    except ImportError:
        found = shutil.which("ffmpeg")
        if found is None:
            raise PackError("no ffmpeg; run `pip install imageio-ffmpeg`") from None
        return found
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def encode(clip: Path, out: Path, quality: int) -> None:
    """H.264, grey kept as it is; one thread, so that the same input gives the same bytes."""
    out.parent.mkdir(parents=True, exist_ok=True)
    options = ["-c:v", "libx264", "-preset", "slow", "-crf", str(quality), "-pix_fmt", "yuv420p", "-threads", "1"]
    command = [ffmpeg(), "-y", "-loglevel", "error", "-i", str(clip), *options, "-movflags", "+faststart"]
    subprocess.run([*command, "-fflags", "+bitexact", str(out)], check=True)


def pack(folder: Path) -> None:
    """Both files; the clip as good as 4 MB allow."""
    for quality in range(QUALITY, 38, 3):
        encode(folder / "clip.avi", CLIP, quality)
        if CLIP.stat().st_size <= MOST_BYTES:
            break
    else:
        raise PackError(f"{CLIP.name}: over {MOST_BYTES} bytes at any bearable quality; make the drive shorter")
    TRUTH.write_bytes(gzip.compress((folder / "truth.jsonl").read_bytes(), mtime=0))
    print(f"{CLIP.name}: {CLIP.stat().st_size} bytes at rate factor {quality}; {TRUTH.name}: {TRUTH.stat().st_size}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        pack(Path(sys.argv[1]))
    except (PackError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"pack_demo: {error}")
