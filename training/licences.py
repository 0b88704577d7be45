"""Under which terms a network may be used, from what it was trained on. Knows the sources' terms, nothing else.

A run that does not say what it learned from (config.json, `sources`) and a source that is not listed count as research.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

RESEARCH = "research and evaluation only; see WEIGHTS-LICENCE.md"


@dataclass(frozen=True, slots=True)
class Terms:
    """Of one source, as they are known to us."""

    words: str
    cleared: bool  # for a product: own material, public domain, or a licence that asks for a name at most


SOURCES = {
    "simulator": Terms("own renderings, CC0 base mesh", cleared=True),
    "headpose_gifs": Terms("CC BY 4.0", cleared=True),
    "nir_eyes/meye_human": Terms("CC BY 4.0 as published", cleared=True),
    "nir_eyes": Terms("partly research, partly none stated", cleared=False),
    "cew_eyes": Terms("research", cleared=False),
    "web_eyes": Terms("none stated", cleared=False),
    "ytf_keypoints68": Terms("research", cleared=False),
    "muxspace": Terms("research", cleared=False),
    "yawdd_frames": Terms("research, no commercial grant", cleared=False),
    "fer2013": Terms("research challenge", cleared=False),
    "videos": Terms("people unstated", cleared=False),
}


def licence(sources: Iterable[str] | None) -> tuple[str, str]:
    """The `licence` and `use` of models.yaml for weights trained on these sources; None: nobody wrote them down."""
    names = sorted(sources or ())
    if not names or not all(name in SOURCES and SOURCES[name].cleared for name in names):
        return RESEARCH, "research"
    origin = ", ".join(f"{name} ({SOURCES[name].words})" for name in names)
    return f"Apache-2.0; trained on {origin}", "production"
