"""docs/deployment.md, "From the package to the lamp", typed line by line in a minimal Debian without a network."""

import re
import subprocess

import cv2
import pytest

from tests.system.conftest import PROJECT
from tests.system.machine import PATIENCE_S, Machine

pytestmark = pytest.mark.system

MOST = 10  # commands from the package to the lamp
FILM = "cabinwatch/clips/demo.mp4"
FROM_S, TO_S = 46.0, 54.0  # of the demo's drive: open eyes, and the first microsleep


def the_commands():
    """The section's first block. Nobody else is here: the container's root needs no sudo."""
    text = (PROJECT / "docs" / "deployment.md").read_text()
    section = text.split("\n## From the package to the lamp\n")[1]
    block = re.search(r"(?:^ {4}\S.*\n)+", section, re.MULTILINE)[0]
    return [line.strip().removeprefix("sudo ").split("  #")[0].strip() for line in block.splitlines()]


def cut(film, into):
    """So that the test waits for seconds where a visitor watches for a minute."""
    capture = cv2.VideoCapture(str(film))
    rate_hz = capture.get(cv2.CAP_PROP_FPS)
    size_px = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    writer = cv2.VideoWriter(str(into), cv2.VideoWriter_fourcc(*"mp4v"), rate_hz, size_px)
    for number in range(int(TO_S * rate_hz)):
        there, picture = capture.read()
        assert there
        if number >= FROM_S * rate_hz:
            writer.write(picture)
    writer.release()
    capture.release()


@pytest.fixture
def machine(make_root, deb, tmp_path):
    with Machine(make_root(), tmp_path / "console", {str(deb): f"/root/{deb.name}"}) as running:
        yield running


def first_line(machine, command, words):
    """Follows what the command prints until these words come; leaving closes its pipe, and its next line ends it."""
    bounded = machine.inside("sh", "-c", f"timeout {PATIENCE_S} {command}")
    with subprocess.Popen(bounded, stdout=subprocess.PIPE, text=True) as follow:
        return next((line for line in follow.stdout if words in line), None)


def test_from_the_package_to_the_lamp(machine, tmp_path, say):
    """Every command does what the document says of it, and the last one shows the lamp come on."""
    install, *settle, watch = the_commands()
    assert len(settle) + 2 <= MOST
    machine.run("sh", "-c", f"cd /root && {install.replace('apt install', 'apt-get install --yes')}")
    cut(PROJECT / FILM, tmp_path / "film.mp4")
    (packaged,) = machine.path("/opt/cabinwatch").glob(f"lib/python3.*/site-packages/{FILM}")
    packaged.write_bytes((tmp_path / "film.mp4").read_bytes())

    said = "".join(machine.run("sh", "-c", command, check="doctor" not in command) for command in settle)
    assert "ok    camera picture" in said
    assert "ok    serial" in said
    lit = first_line(machine, watch, "lamp=1")
    assert lit is not None
    assert "cause=2" in lit  # the microsleep
    say(f"{len(settle) + 2} commands from the package to the lamp")
