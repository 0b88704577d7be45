"""What the installer looks at: a page of this machine and nobody else's, or a terminal that keeps nothing."""

import io
import json
import os
import re
import urllib.error
import urllib.request

import cv2
import numpy as np
import pytest

from cabinwatch.aim.page import HOST, Page
from cabinwatch.aim.picture import half_blocks, png
from cabinwatch.aim.placement import Look
from cabinwatch.aim.session import Phase, Shown
from cabinwatch.aim.window import Lines, Terminal, Wish
from cabinwatch.doctor.findings import ok, warn
from vision.types import Face

GREY = np.linspace(0, 255, 64 * 48).astype(np.uint8).reshape(48, 64)


@pytest.fixture
def shown(a_face):
    seen = a_face(0.0)
    points = np.tile(np.float32([[20, 10], [40, 30]]), (34, 1))
    points[36:42], points[42:48] = (24, 16), (36, 16)
    points[36], points[42] = (21, 16), (33, 16)  # corners, so that the patches have a size
    points[39], points[45] = (27, 16), (39, 16)
    box = Face((10.0, 5.0, 50.0, 40.0), 0.99)
    seen = type(seen)(**{name: getattr(seen, name) for name in seen.__slots__} | {"landmarks_px": points, "face": box})
    findings = (ok("eyes", "both are judged"), warn("place", "too near the bottom", "tilt the camera down"))
    return Shown(Phase.ADJUST, "Sit as you drive.", findings, GREY, Look(64, 48, seen))


# --- the page


@pytest.fixture
def page(shown):
    told = []
    with Page(told.append) as page:
        assert page.address in told[0]
        page.show(shown, 0.0)
        yield page


def get(address, method="GET", **headers):
    request = urllib.request.Request(address, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read(), answer.headers


def refused(address, **headers):
    with pytest.raises(urllib.error.HTTPError) as error:
        get(address, **headers)
    error.value.close()
    return error.value.code == 404


def test_the_page_shows_picture_and_words(page):
    text, headers = get(page.address)
    assert b"cabinwatch aim" in text
    assert b"NONCE" not in text
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    told = json.loads(get(page.address + "state")[0])
    assert told["phase"] == "adjust"
    assert told["findings"][1]["repair"] == "tilt the camera down"
    picture = cv2.imdecode(np.frombuffer(get(page.address + "picture.png")[0], np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (480, 640, 3)


def test_strangers_see_nothing(page):
    """Another machine cannot connect; another token, none, or another host's name gets no answer."""
    assert page.address.startswith(f"http://{HOST}:")
    root = page.address[: -len(page.token) - 1]
    for address in (root, root + "state", root + "picture.png", root + "a" * len(page.token) + "/picture.png"):
        assert refused(address)
    assert refused(page.address + "state", Host="rebound.example")
    assert refused(page.address + "../../etc/passwd")
    assert get(page.address + "state", Host=f"localhost:{page.address.split(':')[2][:5].strip('/')}")


def test_the_buttons(page):
    assert page.wish() is Wish.NOTHING
    get(page.address + "look", method="POST")
    assert page.wish() is Wish.LOOK
    assert page.wish() is Wish.NOTHING
    get(page.address + "quit", method="POST")
    assert page.wish() is Wish.QUIT
    assert refused(page.address + "look")  # looking at an address changes nothing


def test_the_token_is_new_every_time(capfd):
    tokens = set()
    for _ in range(2):
        with Page(lambda _: None) as page:
            tokens.add(page.token)
            get(page.address)
    assert len(tokens) == 2
    assert not any(token in "".join(capfd.readouterr()) for token in tokens)


def test_the_page_ends_with_the_aiming(shown):
    with Page(lambda _: None) as page:
        address = page.address
        get(address)
    with pytest.raises(urllib.error.URLError):
        get(address)


# --- the terminal


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


@pytest.fixture
def keyboard():
    """A pipe: (what the terminal reads, what the installer types into)."""
    out, into = os.pipe()
    with os.fdopen(out) as keys, os.fdopen(into, "w", buffering=1) as typed:
        yield keys, typed


def test_the_terminal_keeps_nothing(shown, keyboard, monkeypatch):
    """The picture stands on the second page, which the terminal throws away."""
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    screen = io.StringIO()
    with Terminal(screen, keyboard[0]) as terminal:
        terminal.show(shown, 0.0)
    text = screen.getvalue()
    assert text.startswith("\x1b[?1049h")
    assert text.endswith("\x1b[?1049l")
    assert "▀" in text
    assert "tilt the camera down" in plain(text)


def test_over_ssh_there_is_a_box_but_no_picture(shown, keyboard, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 5 192.0.2.2 22")
    screen = io.StringIO()
    with Terminal(screen, keyboard[0]) as terminal:
        terminal.show(shown, 0.0)
    colours = set(re.findall(r"38;5;(\d+)", screen.getvalue()))
    assert colours == {"232", "46", "226"}  # black, the face's box, the eyes


def test_the_keys(shown, keyboard):
    keys, typed = keyboard
    terminal = Terminal(io.StringIO(), keys)
    assert terminal.wish() is Wish.NOTHING
    typed.write("\n")
    assert terminal.wish() is Wish.LOOK
    typed.write("q\n")
    assert terminal.wish() is Wish.QUIT


def test_lines_have_no_picture(shown):
    out = io.StringIO()
    with Lines(out) as lines:
        for k in range(50):
            lines.show(shown, k / 10)
    assert out.getvalue().splitlines() == ["Sit as you drive. Place: tilt the camera down"] * 3


def test_the_picture_keeps_its_shape(shown):
    lines = half_blocks(GREY, None, 80, 12)
    assert len(lines) == 12
    assert {len(plain(line)) for line in lines} == {32}
    with_boxes = cv2.imdecode(np.frombuffer(png(GREY, shown.look), np.uint8), cv2.IMREAD_COLOR)
    without = cv2.imdecode(np.frombuffer(png(GREY, None), np.uint8), cv2.IMREAD_COLOR)
    assert (with_boxes != without).any()
