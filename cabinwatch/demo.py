"""`cabinwatch demo`: a clip through the same pipeline and link as the service, to the simulated microcontroller.

Knows the acts of the show and what must have worked at its end. Must not know how a rule or the protocol works.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from cabinwatch import summary
from cabinwatch.config import Config
from cabinwatch.pipeline import Observing, Pipeline
from cabinwatch.rules import load_rules
from cabinwatch.trace import Trace
from cabinwatch.view import LiveView, PlainView, View
from firmware_bridge.runner import LinkRunner
from firmware_bridge.settings import LinkSettings
from firmware_bridge.simulated import SimulatedMcu, SimulatedMcuError
from vision.camera import CameraSettings, open_camera
from vision.observer import Observer

# A synthetic drive at night: simulator/scenarios/demo.yaml, rendered and packed by `make demo-clip`.
OWN_DRIVE = Path(str(files("cabinwatch"))) / "clips" / "demo.mp4"
SPEED_KMH = 100.0  # above the gate of every rule
LINK_WAIT_S = 3.0
PICTURE = "timeline.png"


class DemoError(Exception):
    """The demo cannot start. The text names the remedy."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What the demo looks at while it runs."""

    pipeline: Pipeline
    link: LinkRunner
    mcu: SimulatedMcu


def demo(clip: Path, out: Path, *, view: bool, observer: Observing | None = None) -> int:
    """Plays `clip` in real time; prints a summary and writes a picture into `out`.

    Args:
        clip: A video of a driver.
        out: Folder for the picture; made where it is missing. Without matplotlib there is no picture.
        view: The live view, for a terminal; else one plain line a second.
        observer: Another one than vision's own, for tests.

    Returns:
        0 when every part of the chain worked, else 1.

    Raises:
        CameraError: The clip cannot be played.
        DemoError: The clip or the simulated microcontroller is missing.
        ModelError: A model file is missing or wrong.
    """
    if not clip.exists():
        raise DemoError(f"{clip}: no such clip; name a video with --clip FILE, or none to see the demo's own")
    picture = _place(out) if find_spec("matplotlib") else None
    observer = observer or Observer()
    try:
        with SimulatedMcu(speed_kmh=SPEED_KMH) as mcu, _link_to(mcu) as link:
            chain = Chain(_pipeline(observer, link), link, mcu)
            trace = _play(clip, chain, LiveView(clip.name) if view else PlainView(sys.stdout))
            result = summary.judge(trace, link.status)
    except SimulatedMcuError as error:
        raise DemoError(str(error)) from error
    if picture is not None:
        from cabinwatch.timeline import draw  # noqa: PLC0415  # matplotlib is an extra, which no vehicle needs

        draw(trace, f"cabinwatch demo: {clip.name} at {SPEED_KMH:.0f} km/h", picture)
    summary.show(result, picture)
    return 0 if result.passed else 1


def _place(out: Path) -> Path:
    """Before the show: nobody wants to hear after it that there is no place for the picture."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"{out}: no folder can be made there: {error.strerror}; name another with --out") from error
    return out / PICTURE


def _pipeline(observer: Observing, link: LinkRunner) -> Pipeline:
    """Judges as the service does when nothing is configured."""
    config = Config()
    settings = config.judgement()
    return Pipeline(observer, DriverMonitor(settings, load_rules(config.rules)), Policy(settings.policy), link)


@contextmanager
def _link_to(mcu: SimulatedMcu) -> Iterator[LinkRunner]:
    link = LinkRunner(LinkSettings(port=mcu.port))
    link.start()
    try:
        yield link
    finally:
        link.stop()


def _play(clip: Path, chain: Chain, view: View) -> Trace:
    _wait_for_link(chain.link)
    trace = Trace(time.monotonic())
    with view, open_camera(CameraSettings(source=str(clip)), realtime=True) as camera:
        for judged in chain.pipeline.run(camera):
            view.show(trace.add(judged), judged, chain.mcu.outputs, chain.link.status)
    trace.outputs = [(t_s - trace.started_s, outputs) for t_s, outputs in chain.mcu.history]
    return trace


def _wait_for_link(link: LinkRunner) -> None:
    """So that the first frame is judged with the vehicle's speed; the summary tells if it never comes."""
    until_s = time.monotonic() + LINK_WAIT_S
    while not (link.status.up and link.vehicle.speed_kmh is not None) and time.monotonic() < until_s:
        time.sleep(0.02)
