"""Which versions made a picture. Knows names of distributions. Must not know OpenGL."""

from __future__ import annotations

from importlib import metadata

MADE_WITH = ("cabinwatch", "anny", "moderngl", "embreex", "scipy", "numpy", "opencv-python-headless")


def versions() -> dict[str, str]:
    """Distribution to version; what is not installed is left out."""
    found = {name: _version(name) for name in MADE_WITH}
    return {name: version for name, version in found.items() if version is not None}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
