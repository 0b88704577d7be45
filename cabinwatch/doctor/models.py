"""The networks: the files that were released, allowed for this use, run by what, in how many milliseconds here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median, quantiles

from cabinwatch.config import Config
from cabinwatch.doctor.findings import Finding, fail, ok, warn
from cabinwatch.parts import AFFECT, NETWORKS
from vision.camera import CameraError, CameraSettings, open_camera
from vision.model import ModelError, load
from vision.observer import Observer

CLIP = Path(str(files("cabinwatch"))) / "clips" / "demo.mp4"
WARM_UP = 10  # frames: the first ones load code and look for the face
TIMED = 100  # frames
USUAL_HZ = 30.0  # where the config leaves the rate to the camera
LARGE_SHARE = 0.5  # of a frame's time; the other half is for capture, rules, link and the rest of the machine (ours)
_SHORT = 12  # hex digits that tell two files apart


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """One file."""

    name: str
    trouble: str = ""  # why it cannot be used; then the rest is empty
    version: str = ""
    sha256: str = ""
    licence: str = ""
    research_only: bool = False
    providers: tuple[str, ...] = ()  # what runs it, best first


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """All that the config loads, and what a frame costs."""

    networks: tuple[NetworkFacts, ...]
    production: bool  # what the config says this installation is for
    frame_ms: float  # time from one frame to the next
    median_ms: float | None = None  # None: not measured
    p95_ms: float | None = None


def look(config: Config) -> ModelFacts:
    """Opens every network as the service does and times them on the bundled clip."""
    folder = config.models_folder
    names = (*NETWORKS, AFFECT) if config.loads_affect else NETWORKS
    networks = tuple(_network(name, folder) for name in names)
    costs = [] if any(one.trouble for one in networks) else _costs_ms(folder)
    return ModelFacts(
        networks,
        production=config.use == "production",
        frame_ms=1000.0 / (config.camera.fps or USUAL_HZ),
        median_ms=median(costs) if costs else None,
        p95_ms=quantiles(costs, n=20)[-1] if costs else None,
    )


def _network(name: str, folder: Path | None) -> NetworkFacts:
    try:
        model = load(name, folder)
    except ModelError as error:
        return NetworkFacts(name, trouble=str(error))
    entry = model.entry
    research_only = entry.use == "research"
    return NetworkFacts(name, "", entry.version, entry.sha256, entry.licence, research_only, model.providers)


def _costs_ms(folder: Path | None) -> list[float]:
    """Empty where the clip is missing or shorter than the warm-up and two frames."""
    observer = Observer(models=folder)
    costs: list[float] = []
    try:
        with open_camera(CameraSettings(source=str(CLIP))) as camera:
            for sample in camera:
                costs.append(observer.observe(sample, affect=False).cost_ms)
                if len(costs) == WARM_UP + TIMED:
                    break
    except CameraError:
        return []
    timed = costs[WARM_UP:]
    return timed if len(timed) > 1 else []


def judge(facts: ModelFacts) -> list[Finding]:
    return [*(_file(one) for one in facts.networks), *_use(facts), _speed(facts)]


def _file(one: NetworkFacts) -> Finding:
    if one.trouble:
        return fail(f"model {one.name}", one.trouble, "install cabinwatch again, or correct models: in the config")
    provider = one.providers[0].removesuffix("ExecutionProvider") if one.providers else "nothing"
    return ok(f"model {one.name}", f"{one.version}, sha256 {one.sha256[:_SHORT]} as listed, on {provider}")


def _use(facts: ModelFacts) -> Iterator[Finding]:
    limited = [one for one in facts.networks if one.research_only]
    names = ", ".join(one.name for one in limited)
    cleared = "models: clean in the config, or a folder of cleared networks (docs/deployment.md)"
    if limited and facts.production:
        yield fail("model licence", f"{names}: for research only, but the config says use: production", cleared)
    elif limited:
        yield warn("model licence", f"{names}: for research and evaluation, not for the road", cleared)
    elif facts.networks:
        yield ok("model licence", "all cleared for production")


def _speed(facts: ModelFacts) -> Finding:
    if facts.median_ms is None or facts.p95_ms is None:
        return warn("model time", "not measured", "repair the networks first, or install cabinwatch again")
    found = f"{facts.median_ms:.1f} ms a frame, 95 % within {facts.p95_ms:.1f} ms; {facts.frame_ms:.0f} ms are there"
    slower = "see the governor and the temperature below; or set a lower camera.fps"
    if facts.median_ms > facts.frame_ms:
        return fail("model time", found, slower)
    if facts.median_ms > LARGE_SHARE * facts.frame_ms or facts.p95_ms > facts.frame_ms:
        return warn("model time", found, slower)
    return ok("model time", found)
