"""While TensorRT builds an engine, minutes each, systemd waits; but not for ever."""

import shutil
import signal

import pytest

from cabinwatch.config import ConfigError, load
from cabinwatch.parts import Parts
from vision.model import BUNDLED

ASKED = "EXTEND_TIMEOUT_USEC=600000000"


@pytest.fixture
def on_tensorrt(service, tmp_path):
    """The service with networks for a GPU: the bundled ones, described as if they were. Gives the engines' folder."""
    models, engines = tmp_path / "models", tmp_path / "state" / "engines"
    shutil.copytree(BUNDLED, models)
    catalogue = models / "models.yaml"
    catalogue.write_text(catalogue.read_text().replace("precision: int8", "precision: float32"))
    service.write(f"{service.config.read_text()}models: {models}\nengine_cache: {engines}\n")
    service.set("tensorrt")
    return engines


def test_systemd_is_asked_for_time_before_each_engine(service, systemd, on_tensorrt):
    """Not for the eyes' network, whose first side varies: it has no engine. READY comes when all are open."""
    service.start()
    systemd.wait_for("READY=1")
    told = [line for line in systemd.lines if line.startswith(("EXTEND", "READY", "STATUS=build"))]
    finder, face = "STATUS=building engines: finder.onnx", "STATUS=building engines: face.onnx"
    assert told == [finder, ASKED, face, ASKED, "READY=1"]
    assert on_tensorrt.is_dir()


def test_a_start_that_hangs_is_not_prolonged_again(service, systemd, on_tensorrt):
    """One engine, one wish: after it systemd's clock runs. Nobody says READY meanwhile."""
    service.set("building")
    service.start()
    systemd.wait_for(ASKED)
    service.wait_for_event("event=building_engine", "network=finder.onnx", "at_most_s=600")
    assert systemd.listen(1.0) == []
    service.unset("building")
    systemd.wait_for("READY=1")
    systemd.wait_for("WATCHDOG=1")


def test_a_reload_that_builds_does_not_starve_the_watchdog(service, systemd, on_tensorrt):
    """The wish moves the watchdog's limit as well, and comes before the loop stands; the next frame feeds it again."""
    text = service.config.read_text()
    service.write(text.replace(f"engine_cache: {on_tensorrt}", ""))
    service.start()
    systemd.wait_for("WATCHDOG=1")
    assert ASKED not in systemd.lines
    service.set("building")
    service.write(text)
    service.signal(signal.SIGHUP)
    systemd.wait_for("RELOADING=1")
    systemd.wait_for(ASKED)
    service.unset("building")
    systemd.wait_for(ASKED)
    systemd.wait_for("READY=1")
    systemd.wait_for("WATCHDOG=1")
    service.wait_for_event("event=reloaded", "changed=engine_cache")


def test_without_a_cache_nobody_asks_for_time(service, systemd):
    """The unit's own limit holds."""
    service.start()
    systemd.wait_for("READY=1")
    assert not any(line.startswith("EXTEND") for line in systemd.lines)


@pytest.mark.parametrize("folder", ["/proc/engines", "/proc/self/fdinfo", "a file"], ids=["made", "written", "file"])
def test_a_folder_that_cannot_hold_engines_stops_the_start(tmp_path, folder):
    """Else every start would build them again."""
    (tmp_path / "a file").touch()
    path = tmp_path / folder  # a path from / on stays what it is
    config = tmp_path / "config.yaml"
    config.write_text(f"engine_cache: {path}\n")
    with pytest.raises(ConfigError, match=rf"engine_cache = {path}: cannot be written: .*; name a folder of the serv"):
        Parts(load(config))


def test_a_folder_is_named_from_the_root_on(tmp_path):
    """Nobody knows where a service's working folder is."""
    config = tmp_path / "config.yaml"
    config.write_text("engine_cache: engines\n")
    with pytest.raises(ConfigError, match=r"engine_cache = 'engines': must be .*from / on"):
        load(config)
