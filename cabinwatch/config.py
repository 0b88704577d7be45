"""Reads the one YAML file and assembles the settings of every house.

Knows file names, YAML and how to say what is wrong in one line. Must not know what any setting does: meaning,
unit and range stand beside the setting's consumer, and the messages here quote them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from alerts.affect import AffectTerms, refusal
from alerts.baseline import Mounting
from alerts.settings import AlertSettings
from cabinwatch import expected
from cabinwatch.sentences_words import Language
from firmware_bridge.settings import LinkSettings
from vision.camera import CameraSettings


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
    privacy: Annotated[
        Literal["fleet", "private"],
        msgspec.Meta(description="fleet: a workplace, no network that reads expressions is ever loaded"),
    ] = "fleet"
    use: Annotated[
        Literal["evaluation", "production"],
        msgspec.Meta(description="evaluation says at start which weights are research only; production refuses them"),
    ] = "evaluation"
    models: Annotated[str | None, msgspec.Meta(description="folder of other model files; null = the bundled ones")] = (
        None
    )
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

    @property
    def loads_affect(self) -> bool:
        """Whether expressions may be read at all: then the driver's consent decides, sample by sample."""
        return refusal(self.judgement().terms, consent=True) is None

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


def read_document(path: Path, *, such_as: str) -> dict[object, object]:
    """The YAML mapping in `path`, without its empty sections; `such_as` is a key to show to whom has none.

    Raises:
        ConfigError: The file cannot be read, is not YAML, or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    document = _parsed(path, text)
    if document is None:
        raise ConfigError(f"{path}: is empty; write {{}} to run with every default")
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: must hold keys such as '{such_as}', holds a {type(document).__name__}")
    try:
        for key in _not_finite(document):
            raise ConfigError(f"{path}: {key}: must be a finite number")
        return _without_empty(document)
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply, or a part contains itself") from error


def _without_empty(document: dict[object, object]) -> dict[object, object]:
    """A section whose keys are all commented out reads as null: it means the defaults."""
    return {
        key: _without_empty(value) if isinstance(value, dict) else value
        for key, value in document.items()
        if value is not None
    }


def _parsed(path: Path, text: str) -> object:
    try:
        return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        kind = "" if isinstance(error, yaml.constructor.ConstructorError) else "not YAML: "
        raise ConfigError(f"{path}: {where}: {kind}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error


def _not_finite(value: object, key: str = "") -> Iterator[str]:
    """The places that hold .inf or .nan: a range without an upper end would let them pass."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{key} = {value}"
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _not_finite(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _not_finite(inner, f"{key}[{index}]")


class _UniqueKeys(yaml.SafeLoader):
    """YAML lets a later key silently replace an earlier one; a threshold set twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be one word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
