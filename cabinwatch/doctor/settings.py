"""The config and the rule sets it names: do they load.

Knows where the config stands when nobody says. Must not know what a setting does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cabinwatch.config import Config, ConfigError, load
from cabinwatch.doctor.findings import Finding, fail, ok, warn
from cabinwatch.rules import load_rules

PLACE = Path("/etc/cabinwatch/cabinwatch.yaml")


@dataclass(frozen=True, slots=True)
class ConfigFacts:
    """What became of reading it. Without `path` the settings are the defaults."""

    path: Path | None
    config: Config | None  # None: `error` says why
    error: str = ""
    rules_error: str = ""


def read(path: Path | None) -> ConfigFacts:
    """The config named, else the one at its usual place, else the defaults."""
    path = path or (PLACE if PLACE.exists() else None)
    try:
        config = Config() if path is None else load(path)
    except ConfigError as error:
        return ConfigFacts(path, None, error=str(error))
    try:
        load_rules(config.rules)
    except ConfigError as error:
        return ConfigFacts(path, config, rules_error=str(error))
    return ConfigFacts(path, config)


def judge(facts: ConfigFacts) -> list[Finding]:
    if facts.config is None:
        return [fail("config", facts.error, f"correct it: editor {facts.path}")]
    where = ok("config", f"{facts.path} loads")
    if facts.path is None:
        install = f"install -D -m 644 configs/default.yaml {PLACE}"
        where = warn("config", f"{PLACE} is not there: the defaults are checked", install)
    return [where, _rules(facts, facts.config)]


def _rules(facts: ConfigFacts, config: Config) -> Finding:
    if facts.rules_error:
        return fail("rules", facts.rules_error, f"correct rules: in {facts.path or PLACE}")
    return ok("rules", ", ".join(config.rules))
