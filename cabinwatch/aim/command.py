"""`cabinwatch aim`: shows the installer where the face sits, measures the mounting, writes it into the config.

Knows the order of it. A frame goes to the screen of this machine and nowhere else; only angles and a side are kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cabinwatch.aim import rewrite
from cabinwatch.aim.page import Page
from cabinwatch.aim.rewrite import RewriteError
from cabinwatch.aim.session import Phase, Session, Shown
from cabinwatch.aim.straight import Mounted
from cabinwatch.aim.window import Lines, Window, Wish, window_here
from cabinwatch.config import Config, load
from cabinwatch.doctor.camera import device_of, holder_of
from cabinwatch.doctor.models import CLIP
from cabinwatch.doctor.settings import PLACE
from cabinwatch.doctor.unit import UNIT, ask_systemd
from cabinwatch.pipeline import Observing
from vision.camera import Camera, CameraSettings, open_camera
from vision.observer import Observer
from vision.types import Side

LIMIT_S = 600.0  # then it ends by itself: nobody leaves a picture of a driver on a screen

Say = Callable[[str], None]


class AimError(Exception):
    """It cannot be done now. The text names the remedy."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    config: Path | None  # None: the usual place, else the defaults
    demo: bool = False
    page: bool = False
    write: bool = False


def aim(wanted: Wanted, say: Say) -> bool:
    """True once the mounting was measured and, where that was asked for, written.

    Raises:
        AimError: The service holds the camera, or the config cannot be written.
        CameraError: The camera can never work as configured.
        ConfigError: The config is broken.
        ModelError: A network cannot be used.
    """
    path = _path(wanted)
    config = Config() if path is None else load(path)
    camera = CameraSettings(source=str(CLIP)) if wanted.demo else config.camera
    _refuse_while_held(camera.source)
    # Whoever sits there now is the driver: what the config says of the side is what is to be measured.
    open_settings = msgspec.structs.replace(camera, driver_side=Side.AUTO)
    observer = _observer(config)
    with open_camera(open_settings, realtime=True) as frames, Page(say) if wanted.page else window_here() as window:
        session = Session(observer, at_once=isinstance(window, Lines))
        last = run(session, frames, window)
    return _conclude(session.mounted, last, path if wanted.write else None, say)


def _path(wanted: Wanted) -> Path | None:
    if wanted.demo and wanted.write:
        raise AimError("--demo has no config to write: leave out --write")
    if wanted.demo:
        return None
    path = wanted.config or (PLACE if PLACE.exists() else None)
    if wanted.write and path is None:
        raise AimError(
            f"{PLACE} is not there: install -D -m 644 configs/default.yaml {PLACE}, or name one with --config"
        )
    return path


def _refuse_while_held(source: str) -> None:
    holder = holder_of(source, device_of(source), ask_systemd())
    if holder:
        raise AimError(f"the camera is held by {holder}: systemctl stop {UNIT}, and start it again afterwards")


def _observer(config: Config) -> Observing:
    return Observer(models=config.models_folder)


def run(session: Session, camera: Camera, window: Window, now: Callable[[], float] = time.monotonic) -> Shown | None:
    """Until it is measured, ended by the installer, at the end of a clip, or LIMIT_S over; the last that was shown."""
    shown = None
    until_s = now() + LIMIT_S
    for sample in camera:
        wish = window.wish()
        if wish is Wish.QUIT or now() > until_s:
            break
        shown = session.take(sample, asked=wish is Wish.LOOK)
        window.show(shown, sample.t_s)
        if shown.phase is Phase.DONE:
            break
    return shown


def _conclude(mounted: Mounted | None, last: Shown | None, target: Path | None, say: Say) -> bool:
    for one in last.findings if last else ():
        say(f"{one.mark.value:<4}  {one.what:<9}  {one.found}{f'  → {one.repair}' if one.repair else ''}\n")
    if mounted is None:
        say("The mounting was not measured.\n")
        return False
    values = _values(mounted)
    say("camera:\n" + "".join(f"  {key}: {value}\n" for key, value in values.items()))
    if target is not None:
        _write(target, values, say)
    return True


def _values(mounted: Mounted) -> dict[str, float | str]:
    """Without the side where the face is too near the middle: what stands in the config may be right."""
    values: dict[str, float | str] = {"yaw_deg": mounted.yaw_deg, "pitch_deg": mounted.pitch_deg}
    if mounted.driver_side is not Side.AUTO:
        values["driver_side"] = mounted.driver_side.value
    return values


def _write(path: Path, values: dict[str, float | str], say: Say) -> None:
    try:
        before = rewrite.read(path)
        after = rewrite.rewritten(before, "camera", values)
        say(rewrite.difference(before, after, str(path)))
        if after != before:
            backup = rewrite.replace(path, after)
            say(f"Written; the old file is {backup}. Then: systemctl start {UNIT}\n")
    except RewriteError as error:
        raise AimError(str(error)) from error
