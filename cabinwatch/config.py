"""Reads the one YAML file and assembles the settings of every house.

Knows file names and how to say what is wrong in one line. Must not know what any setting does: meaning,
unit and range stand beside the setting's consumer, and the messages here quote them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from alerts.affect import AffectTerms, refusal
from alerts.baseline import Mounting
from alerts.settings import AlertSettings
from cabinwatch import expected
from cabinwatch.document import DocumentError, Mapping, mapping, text_of
from cabinwatch.fleet_settings import FleetSettings
from cabinwatch.metrics_settings import MetricsSettings
from cabinwatch.sentences_words import Language
from cabinwatch.shedding import SheddingSettings
from cabinwatch.store.settings import EventSettings
from firmware_bridge.can.settings import CanSettings
from firmware_bridge.settings import LinkSettings
from vision.camera import CameraSettings
from vision.model import CLEAN


class ConfigError(Exception):
    """The config cannot be used. The text is one line: file, key, value and what is allowed."""


class AffectConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """On what grounds expressions may be read, under `privacy: private` and while the driver consents."""

    purpose: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"\S")] | None,
        msgspec.Meta(description="the safety purpose, in words; null = expressions are never read"),
    ] = None


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything the service can be told. YAML only overrides; each default stands beside its consumer."""

    camera: CameraSettings = CameraSettings()
    rules: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1)], ...],
        msgspec.Meta(min_length=1, description="rule sets, which add up: bundled names, or paths ending in .yaml"),
    ] = ("house",)
    alerts: AlertSettings = AlertSettings()
    affect: AffectConfig = AffectConfig()
    link: LinkSettings = LinkSettings()
    can: CanSettings = CanSettings()
    shedding: SheddingSettings = SheddingSettings()
    events: EventSettings = EventSettings()
    fleet: FleetSettings = FleetSettings()
    metrics: MetricsSettings = MetricsSettings()
    privacy: Annotated[
        Literal["fleet", "private"],
        msgspec.Meta(description="fleet: a workplace, no network that reads expressions is ever loaded"),
    ] = "fleet"
    use: Annotated[
        Literal["evaluation", "production"],
        msgspec.Meta(description="evaluation says at start which weights are research only; production refuses them"),
    ] = "evaluation"
    models: Annotated[
        str | None,
        msgspec.Meta(description="clean = the bundled ones that may go on the road, or a folder; null = bundled"),
    ] = None
    engine_cache: Annotated[
        Annotated[str, msgspec.Meta(pattern="^/")] | None,
        msgspec.Meta(description="folder for TensorRT's engines, from / on; null = TensorRT is not used"),
    ] = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    language: Annotated[Language, msgspec.Meta(description="of the sentences that explain an alert in the log")] = "en"

    def __post_init__(self) -> None:
        if self.alerts.mounting != Mounting():
            raise ValueError("alerts.mounting is taken from camera.yaw_deg and camera.pitch_deg; set those")
        if self.alerts.terms != AffectTerms():
            raise ValueError("alerts.terms is taken from privacy and affect.purpose; set those")
        if self.affect.purpose is not None and self.privacy == "fleet":
            raise ValueError(
                "affect.purpose is stated, but under privacy: fleet expressions are never read; "
                "leave it out, or set privacy: private where the vehicle is no workplace"
            )
        if self.can.interface == "slcan" and self.can.channel == self.link.port:
            raise ValueError(f"can.channel and link.port are both {self.link.port}; two adapters have two ports")
        if self.fleet.broker is not None and not self.events.keep:
            raise ValueError("fleet.broker is set, but events.keep is false: only stored events are published")

    @property
    def loads_affect(self) -> bool:
        """Whether expressions may be read at all: then the driver's consent decides, sample by sample."""
        return refusal(self.judgement().terms, consent=True) is None

    @property
    def models_folder(self) -> Path | None:
        """Where the networks lie; None = the bundled ones."""
        return None if self.models is None else CLEAN if self.models == "clean" else Path(self.models)

    def judgement(self) -> AlertSettings:
        """The settings of alerts with the camera's mounting and the vehicle's terms, which stand once in the file."""
        mounting = Mounting(yaw_deg=self.camera.yaw_deg, pitch_deg=self.camera.pitch_deg)
        terms = AffectTerms(privacy=self.privacy, purpose=self.affect.purpose)
        return msgspec.structs.replace(self.alerts, mounting=mounting, terms=terms)


def load(path: Path) -> Config:
    """The config in `path`.

    Raises:
        ConfigError: The file is missing, is not YAML, or holds a key or a value that is not allowed.
    """
    document = read_document(path, such_as="camera:")
    try:
        return msgspec.convert(document, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {expected.complaint(str(error), document, Config)}") from error


def read_document(path: Path, *, such_as: str) -> Mapping:
    """The YAML mapping in `path`, without its empty sections; `such_as` is a key to show to whom has none.

    Raises:
        ConfigError: The file cannot be read, is not YAML, or holds something else.
    """
    try:
        document = mapping(text_of(path), such_as=such_as)
    except DocumentError as error:
        raise ConfigError(f"{path}: {error}") from error
    if document is None:
        raise ConfigError(f"{path}: is empty; write {{}} to run with every default")
    return document
