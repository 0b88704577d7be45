"""The same on a page: served to this machine only, under an address that nobody can guess, while aiming goes on.

Knows HTTP. Bound to 127.0.0.1; a request must carry the token of this run in its path and name this machine as its
host, so that no web site the browser visits can read along. Nothing is stored and nothing may be cached.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import urlsplit

from cabinwatch.aim.picture import png
from cabinwatch.aim.session import Phase, Shown
from cabinwatch.aim.window import Wish

HOST = "127.0.0.1"
FAREWELL_S = 2.0  # how long the page may take to fetch the last state
_WISHES = {"look": Wish.LOOK, "quit": Wish.QUIT}


class Page:
    """A window in a browser of this machine.

    Args:
        tell: Takes the address, for people.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()  # around the three that follow
        self._shown = Shown(Phase.ADJUST, "Waiting for the camera.")
        self._wish = Wish.NOTHING
        self._fetched_end = threading.Event()
        self.token = secrets.token_urlsafe(16)
        self.nonce = secrets.token_urlsafe(16)
        self._server = ThreadingHTTPServer((HOST, 0), type("Handler", (_Handler,), {"page": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="page", daemon=True)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self._server.server_port}/{self.token}/"

    def __enter__(self) -> Page:
        self._thread.start()
        self._tell(f"On this machine, open {self.address}\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown.phase is Phase.DONE:
            self._fetched_end.wait(FAREWELL_S)
        self._server.shutdown()
        self._server.server_close()

    def show(self, shown: Shown, t_s: float) -> None:  # noqa: ARG002  # the browser asks when it wants
        with self._lock:
            self._shown = shown

    def wish(self) -> Wish:
        with self._lock:
            wish, self._wish = self._wish, Wish.NOTHING
        return wish

    # What the browser asks for, in threads of the server.

    def answer(self, name: str) -> tuple[str, bytes] | None:
        """(content type, body) of what is called so; None where nothing is."""
        with self._lock:
            shown = self._shown
        if name == "":
            text = files("cabinwatch.aim").joinpath("page.html").read_text(encoding="utf-8")
            return "text/html; charset=utf-8", text.replace("NONCE", self.nonce).encode()
        if name == "state":
            if shown.phase is Phase.DONE:
                self._fetched_end.set()
            return "application/json", json.dumps(_state(shown)).encode()
        if name == "picture.png" and shown.grey is not None:
            return "image/png", png(shown.grey, shown.look)
        return None

    def take_wish(self, name: str) -> bool:
        """Whether it is one."""
        wish = _WISHES.get(name)
        if wish is not None:
            with self._lock:
                self._wish = wish
        return wish is not None


def _state(shown: Shown) -> dict[str, object]:
    findings = [{"mark": f.mark.value, "what": f.what, "found": f.found, "repair": f.repair} for f in shown.findings]
    return {"phase": shown.phase.value, "text": shown.text, "findings": findings}


class _Handler(BaseHTTPRequestHandler):
    """Answers one request. A subclass for each page names it."""

    page: Page
    server_version, sys_version = "cabinwatch", ""

    def do_GET(self) -> None:  # the library's name
        name = self._name()
        found = None if name is None else self.page.answer(name)
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        kind, body = found
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:  # the library's name
        name = self._name()
        taken = name is not None and self.page.take_wish(name)
        self.send_response(HTTPStatus.NO_CONTENT if taken else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def end_headers(self) -> None:
        """No answer may be kept, framed, or load anything from elsewhere."""
        policy = f"default-src 'none'; img-src 'self'; connect-src 'self'; script-src 'nonce-{self.page.nonce}'"
        self.send_header(
            "Content-Security-Policy", f"{policy}; style-src 'nonce-{self.page.nonce}'; frame-ancestors 'none'"
        )
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def _name(self) -> str | None:
        """What is asked for behind the token; None for strangers."""
        host = (self.headers.get("Host") or "").partition(":")[0]
        _, token, *rest = [*urlsplit(self.path).path.split("/", 2), "", ""][:3]
        known = hmac.compare_digest(token.encode(), self.page.token.encode())
        return rest[0] if known and host in (HOST, "localhost") else None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """The address holds the token: it is written nowhere."""
