"""The running houses of one config, and how they change when the config does.

Knows what each section of the config builds. Must not know signals, systemd or what is logged.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING
from zlib import crc32

import msgspec

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.rules import RuleSet
from alerts.settings import AlertSettings
from cabinwatch.config import Config, ConfigError
from cabinwatch.pipeline import Pipeline
from cabinwatch.rules import load_rules
from firmware_bridge.runner import LinkRunner
from vision.camera import Camera, open_camera
from vision.model import Engines, ModelError, research_only
from vision.observer import Observer

if TYPE_CHECKING:
    from firmware_bridge.can.runner import CanRunner

    MakeCan = Callable[[], CanRunner | None]

NETWORKS = ("finder", "face", "eyes")  # what the service always loads
AFFECT = "affect"  # what it loads only where expressions may be read


class Parts:
    """Camera, observer, rules, link and CAN as one config wants them.

    `research_weights` names the files in use that only research and evaluation may use.

    Args:
        building: Hears the file of a network before TensorRT may take minutes to build its engine.

    Raises:
        CameraError: The camera can never work as configured.
        ConfigError: A rule set is missing or broken, or CAN or the engines' folder cannot be used as configured.
        ModelError: A model file is missing, is not the one that its description names, or may not be used so.
    """

    def __init__(self, config: Config, building: Callable[[str], None] = lambda _file: None) -> None:
        self.config = config
        self._building = building
        self._rules = load_rules(config.rules)
        make_can = _can(config)
        observer, self.research_weights = _vision(config, building)
        self.camera: Camera = open_camera(config.camera, realtime=True)
        self.link = _link(config)
        settings = config.judgement()
        self.can = make_can()
        driver = DriverMonitor(settings, self._rules)
        self.pipeline = Pipeline(observer, driver, Policy(settings.policy), self.link, self.can)
        self.link.start()
        if self.can:
            self.can.start()

    def change(self, config: Config) -> tuple[str, ...]:
        """Replaces what `config` changes and returns the names of the sections; all of it or, on an error, nothing.

        The natural pose learned on this trip survives unless the rules or the camera changed: it holds only for them.

        Raises:
            CameraError: The new camera can never work as configured.
            ConfigError: A new rule set is missing or broken, or CAN or the engines' folder cannot be used so.
            ModelError: A new model file is missing or wrong.
        """
        changed = tuple(
            name for name in config.__struct_fields__ if getattr(config, name) != getattr(self.config, name)
        )
        # First everything that can fail …
        rules = load_rules(config.rules)
        make_can = _can(config)
        vision = (self.pipeline.observer, self.research_weights)
        if {"affect", "engine_cache", "models", "privacy", "use"} & set(changed):
            vision = _vision(config, self._building)
        camera = open_camera(config.camera, realtime=True) if "camera" in changed else self.camera
        # … then everything that cannot.
        if camera is not self.camera:
            self.camera.close()
            self.camera = camera
        if {"alerts", "affect", "camera", "privacy", "rules"} & set(changed) or rules != self._rules:
            self._judge_anew(config.judgement(), rules)
        if "link" in changed:
            self._replace_link(config)
        if {"can", "link"} & set(changed):
            self._replace_can(make_can)
        self.pipeline.observer, self.research_weights = vision
        self.config = config
        return changed

    def close(self) -> None:
        """Says goodbye to the vehicle first: the camera's driver may take its time."""
        self.link.stop()
        if self.can:
            self.can.stop()
        self.camera.close()

    def _judge_anew(self, settings: AlertSettings, rules: tuple[RuleSet, ...]) -> None:
        """New machines under new settings; what the vehicle was told goes on counting."""
        self._rules = rules
        before = self.pipeline.policy
        self.pipeline.driver = DriverMonitor(settings, rules)
        self.pipeline.policy = Policy(settings.policy, last_episode_id=before.last_episode_id, lockouts=before.lockouts)

    def _replace_link(self, config: Config) -> None:
        self.link.stop()
        self.link = _link(config)
        self.pipeline.link = self.link
        self.link.start()

    def _replace_can(self, make_can: MakeCan) -> None:
        """Also where the link's settings changed: a judgement's time to live is one of them."""
        if self.can:
            self.can.stop()
        self.can = self.pipeline.can = make_can()
        if self.can:
            self.can.start()


def _link(config: Config) -> LinkRunner:
    """The link introduces itself with a fingerprint of the software and of the settings it was started with."""
    settings = msgspec.json.encode(config)
    return LinkRunner(config.link, build=crc32(version("cabinwatch").encode()), config_crc=crc32(settings))


def _can(config: Config) -> MakeCan:
    """How to make CAN's part: all that can fail has been done. Its packages are loaded only where it is configured."""
    if config.can.interface is None:
        return lambda: None
    try:
        from firmware_bridge.can.database import DatabaseError, mapped  # noqa: PLC0415  # imports cantools, an extra
        from firmware_bridge.can.runner import CanRunner  # noqa: PLC0415  # imports python-can, of the same extra
    except ImportError as error:
        raise ConfigError(
            f"can.interface = {config.can.interface}: CAN's packages are not installed ({error}); "
            "pip install 'cabinwatch[can]', or leave the section can: out"
        ) from error
    try:
        return partial(CanRunner, config.can, mapped(config.can), config.link.ttl_s)
    except DatabaseError as error:
        raise ConfigError(str(error)) from error


def _vision(config: Config, building: Callable[[str], None]) -> tuple[Observer, tuple[str, ...]]:
    """The observer, and which of its files only research may use.

    The affect network is not even loaded where the config refuses it, and else waits for the driver's consent.
    """
    folder = config.models_folder
    limited = research_only((*NETWORKS, AFFECT) if config.loads_affect else NETWORKS, folder)
    names = tuple(entry.file for entry in limited.values())
    if names and config.use == "production":
        licences = "; ".join(sorted({entry.licence for entry in limited.values()}))
        raise ModelError(
            f"{folder or 'bundled models'}: {', '.join(names)} may be used for research only ({licences}), "
            "but the config says use: production; set models: clean or a folder of cleared ones, or set use: evaluation"
        )
    return Observer(models=folder, affect=config.loads_affect, engines=_engines(config, building)), names


def _engines(config: Config, building: Callable[[str], None]) -> Engines | None:
    """The folder is made, and tried: one that cannot be written would have every start build the engines again."""
    if config.engine_cache is None:
        return None
    folder = Path(config.engine_cache)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ConfigError(
            f"engine_cache = {folder}: cannot be written: {error.strerror}; "
            "name a folder of the service's own, such as /var/lib/cabinwatch/engines"
        ) from error
    return Engines(folder, building)
