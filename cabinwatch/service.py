"""The unattended service: start, watch, reload, stop.

Knows signals and systemd's protocol. Must not know what a rule or a frame is.

A missing camera or port is no reason to stop: it shows in the log and the status line and comes back by itself.
What no retry mends (a broken config or model file) stops the start.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import logging
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from cabinwatch import log
from cabinwatch.config import ConfigError, load
from cabinwatch.intake import Intake
from cabinwatch.leaves import Reloaded, ReloadRefused, Started, Stopped
from cabinwatch.log import event
from cabinwatch.notify import Watchdog, notify, watchdog_period_s
from cabinwatch.outlets import Outlets
from cabinwatch.parts import Parts
from cabinwatch.report import Reporter
from cabinwatch.report_camera import CameraReporter
from vision.camera import CameraError
from vision.model import ModelError

PR_SET_DUMPABLE = 4  # linux/prctl.h
M_ARENA_MAX = -8  # malloc.h
TIDY_EVERY_S = 60.0  # between two times that unused memory goes back to the kernel
ENGINE_S = 600.0  # for one network where TensorRT builds its engine; onnxruntime's own example, a huge one, takes 384 s

_log = logging.getLogger("cabinwatch")


def run(config_path: Path) -> None:
    """Runs until SIGTERM, SIGINT or the end of a clip.

    Raises:
        ConfigError: The config is broken; one line says where.
        CameraError: The camera can never work as configured.
        ModelError: A model file is missing or wrong.
    """
    config = load(config_path)
    log.set_up(config.log_level)
    dump_no_core()
    share_one_heap()
    faulthandler.enable()  # the watchdog's SIGABRT prints where every thread hung
    wishes = Wishes()
    with wishes.heard():
        notify("STATUS=loading the models")
        Service(config_path, Parts(config, ask_for_time), wishes).run()


def ask_for_time(network: str) -> None:
    """Moves systemd's limits, of the start and of the watchdog, to ENGINE_S from now.

    Once for each network, not by a thread until it is open: onnxruntime may keep every thread of ours waiting meanwhile
    (1.23.2 does: https://github.com/microsoft/onnxruntime/issues/27063). Nothing prolongs a hang beyond ENGINE_S.
    """
    event(_log, logging.INFO, "building_engine", network=network, at_most_s=ENGINE_S)
    notify(f"STATUS=building engines: {network}", f"EXTEND_TIMEOUT_USEC={ENGINE_S * 1e6:.0f}")


def dump_no_core() -> None:
    """A core dump would hold a frame: the kernel writes none, nor hands one to a program that would keep it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)


def share_one_heap() -> None:
    """Every thread allocates in one place.

    glibc gives each its own, and keeps in each the room that a few frames took: with every camera that was opened anew
    some more, 4 MB after minutes of faults.
    """
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


class Wishes:
    """What signals ask for: SIGTERM and SIGINT a stop, SIGHUP that the config is read again."""

    def __init__(self) -> None:
        self.stop = False
        self.reload = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listens while the block runs. Must be entered in the main thread."""
        wanted = {signal.SIGTERM: self._on_stop, signal.SIGINT: self._on_stop, signal.SIGHUP: self._on_reload}
        before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True


class Service:
    """One run of the loop with everything around it.

    Args:
        config_path: Read again when that is wished.
        parts: The running houses; this class closes them.
        wishes: Looked at after every sample, 0.2 s apart at most.
    """

    def __init__(self, config_path: Path, parts: Parts, wishes: Wishes) -> None:
        self._path = config_path
        self._parts = parts
        self._wishes = wishes
        self._watchdog = Watchdog(watchdog_period_s())
        self._reporter = Reporter(parts.config.language)
        self._outlets = Outlets(parts.config)
        self._judged = 0
        self._tidied_s = time.monotonic()

    def run(self) -> None:
        """Watches until told to stop or until a clip ends."""
        camera = self._parts.config.camera.name
        event(_log, logging.INFO, "started", version=version("cabinwatch"), config=self._path, camera=camera)
        self._outlets.put(Started(version=version("cabinwatch")))
        self._say_whose_weights()
        gc.freeze()  # what is there now stays: tidying need not look through it
        try:
            while not self._wishes.stop:
                self._watch_one_camera()
        finally:
            notify("STOPPING=1", "STATUS=stopping")
            self._parts.close()
            self._outlets.put(Stopped())
            self._outlets.close()
            event(_log, logging.INFO, "stopped", judged=self._judged)

    def _watch_one_camera(self) -> None:
        camera, settings = self._parts.camera, self._parts.config
        of = settings.camera
        intake = Intake(camera, max_age_s=of.max_age_s, fps=of.fps, shedding=settings.shedding)
        self._reporter.camera = CameraReporter(intake, time.monotonic())
        for judged in self._parts.pipeline.run(intake):
            self._judged += 1
            now_s = time.monotonic()
            intake.seen(judged.seen)
            link = self._parts.link.status
            self._outlets.judged(judged, link, now_s)
            self._tell(self._reporter.judged(judged, link, now_s, self._outlets.trouble))
            self._watchdog.feed(now_s, self._judged, self._parts.link.progress)
            self._tidy(now_s)
            if self._wishes.reload:
                self._read_config_again()
            shed_otherwise = self._parts.config.shedding != settings.shedding
            if self._wishes.stop or self._parts.camera is not camera or shed_otherwise:
                return
        event(_log, logging.INFO, "clip_ended")
        self._wishes.stop = True

    def _tell(self, status: str | None) -> None:
        """READY=1 comes with the first status line, after the first sample was judged: the loop turns."""
        if status is not None:
            notify(*(["READY=1"] if self._judged == 1 else []), f"STATUS={status}")

    def _tidy(self, now_s: float) -> None:
        """Gives unused memory back.

        Python collects rarely what refers to itself, and glibc keeps what lies between blocks in use: frames that were
        held up in a busy hour left 3 MB for good.
        """
        if now_s - self._tidied_s >= TIDY_EVERY_S:
            self._tidied_s = now_s
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)

    def _read_config_again(self) -> None:
        """All of the new config or, with the reason in the log, nothing of it."""
        self._wishes.reload = False
        notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            changed = self._parts.change(load(self._path))
        except (ConfigError, CameraError, ModelError) as error:
            event(_log, logging.ERROR, "reload_refused", why=error, kept="the old settings")
            self._outlets.put(ReloadRefused())
        else:
            log.set_level(self._parts.config.log_level)
            self._reporter.language = self._parts.config.language
            event(_log, logging.INFO, "reloaded", changed=",".join(changed) or "nothing")
            self._outlets.change(self._parts.config, changed)
            self._outlets.put(Reloaded(changed=changed))
            if {"models", "use"} & set(changed):
                self._say_whose_weights()
        notify("READY=1")

    def _say_whose_weights(self) -> None:
        """Nobody should find out late that these networks may not go on the road."""
        names = ",".join(self._parts.research_weights)
        if names:
            event(_log, logging.WARNING, "research_weights", files=names, only_for="research and evaluation")
