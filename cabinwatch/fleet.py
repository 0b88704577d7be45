"""Publishes stored events to the vehicle's own MQTT broker, each at least once.

Knows MQTT 5 and the cursor in the store. Must not know what an event says, nor how the broker carries it on: a local
Mosquitto keeps what it has taken while its uplink is down (docs/fleet.md).

The cursor moves SETTLE_S after the broker has acknowledged an event (QoS 1): a broker may acknowledge before its own
disk has it. Whoever of the two is cut off in between, the event is repeated with the same `id`, by which a receiver
tells it.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from cabinwatch.fleet_settings import FleetSettings
from cabinwatch.log import event
from cabinwatch.store.database import EventFile
from cabinwatch.store.opening import StoreError

BATCH = 100  # events read at once
ANSWER_S = 5.0  # how long the broker may take to acknowledge
KEEPALIVE_S = 30
SETTLE_S = 2.0  # after which the broker's disk has what it acknowledged (autosave_on_changes)
POLL_S = 10.0  # how often to look at the connection while nothing happens
RETRY_S = 5.0  # between attempts to connect
STOP_S = 0.5  # how long a stop waits; what is not delivered is delivered at the next start

# Names of credentials that systemd's LoadCredential= may bring; each may be absent.
CA, CERTIFICATE, KEY, USER, PASSWORD = "mqtt-ca", "mqtt-cert", "mqtt-key", "mqtt-user", "mqtt-password"  # names

_log = logging.getLogger("cabinwatch")


class BrokerError(Exception):
    """The broker cannot be reached, or did not take an event."""


class Publisher:
    """Follows the store in `path` in a thread of its own."""

    def __init__(self, path: Path, settings: FleetSettings, *, retry_s: float = RETRY_S) -> None:
        self._path, self._settings, self._retry_s = path, settings, retry_s
        self._sent: deque[tuple[float, int]] = deque()  # (monotonic s, order): acknowledged, and not yet settled
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._trouble: str | None = "not connected yet"
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; what is not delivered stays in the store."""
        self._stopping.set()
        self._news.set()
        self._thread.join(STOP_S)

    def wake(self) -> None:
        """Says that there are new events."""
        self._news.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._try()

    def _try(self) -> None:
        try:
            with _connected(self._settings) as publish:
                self._say(None)
                self._sent.clear()
                while not self._stopping.is_set():
                    self._news.clear()
                    self._deliver(publish)
                    self._news.wait(SETTLE_S if self._sent else POLL_S)
        except (BrokerError, StoreError) as error:
            self._say(str(error))
            self._stopping.wait(self._retry_s)

    def _deliver(self, publish: Callable[[bytes | None], None]) -> None:
        """Everything that this connection has not published yet."""
        publish(None)
        if not self._path.exists():
            return  # nothing has been stored yet
        with EventFile(self._path) as file:
            while not self._stopping.is_set():
                self._settle(file)
                after = self._sent[-1][1] if self._sent else file.delivered
                records = list(file.records(after=after, limit=BATCH))
                if not records:
                    return
                for record in records:
                    publish(msgspec.json.encode(record))
                    self._sent.append((time.monotonic(), record.order))

    def _settle(self, file: EventFile) -> None:
        settled = 0
        while self._sent and time.monotonic() - self._sent[0][0] > SETTLE_S:
            settled = self._sent.popleft()[1]
        if settled:
            file.deliver(settled)

    def _say(self, trouble: str | None) -> None:
        if trouble is None:
            event(_log, logging.INFO, "fleet_up", broker=self._settings.broker)
        elif trouble != self._trouble:
            event(_log, logging.WARNING, "fleet_down", why=trouble)
        self._trouble = trouble


@contextmanager
def _connected(settings: FleetSettings) -> Iterator[Callable[[bytes | None], None]]:
    """A connection; gives what publishes one payload and waits until the broker has it. None only asks if it is alive.

    Raises:
        BrokerError: It cannot be made, or is lost.
    """
    answers: queue.Queue[str | None] = queue.Queue()  # None: all is well; else why not
    client = _client(settings, answers)
    try:
        client.connect(settings.host, settings.port, keepalive=KEEPALIVE_S)
        client.loop_start()
        _expect(answers, settings)
        yield lambda payload: _publish(client, settings, answers, payload)
    except OSError as error:
        raise BrokerError(f"{settings.broker}: {error.strerror or error}") from error
    finally:
        client.disconnect()
        client.loop_stop()


def _publish(client: Client, settings: FleetSettings, answers: queue.Queue[str | None], payload: bytes | None) -> None:
    if not client.is_connected():
        raise BrokerError(f"{settings.broker}: connection lost")
    if payload is not None:
        client.publish(settings.topic, payload, qos=1)
        _expect(answers, settings)


def _expect(answers: queue.Queue[str | None], settings: FleetSettings) -> None:
    try:
        refusal = answers.get(timeout=ANSWER_S)
    except queue.Empty:
        refusal = f"no answer for {ANSWER_S:.0f} s"
    if refusal is not None:
        raise BrokerError(f"{settings.broker}: {refusal}")


def _client(settings: FleetSettings, answers: queue.Queue[str | None]) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id="cabinwatch",
        transport="unix" if settings.is_path else "tcp",
        protocol=MQTTv5,
        reconnect_on_failure=False,  # a new connection begins at the cursor
    )

    # paho passes client, userdata, message number or flags, the reason and properties, in this order.
    def on_answer(*arguments: Any) -> None:
        reason = arguments[3]
        answers.put(str(reason) if reason.is_failure else None)

    client.on_connect = on_answer
    client.on_publish = on_answer
    client.on_disconnect = lambda *arguments: answers.put(f"connection lost: {arguments[3]}")
    credentials = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"))
    try:
        _introduce(client, settings, credentials)
    except OSError as error:  # ssl's errors are of this kind
        raise BrokerError(f"{settings.broker}: unusable credentials in {credentials}: {error}") from error
    return client


def _introduce(client: Client, settings: FleetSettings, credentials: Path) -> None:
    """Name, password and certificates, each where systemd brought it."""
    named = {name: credentials / name for name in (CA, CERTIFICATE, KEY, USER, PASSWORD)}
    here = {name: file for name, file in named.items() if file.is_file()}
    if USER in here:
        password = here[PASSWORD].read_text().strip() if PASSWORD in here else None
        client.username_pw_set(here[USER].read_text().strip(), password)
    if settings.tls:
        ca, certificate, key = (str(here[name]) if name in here else None for name in (CA, CERTIFICATE, KEY))
        client.tls_set(ca_certs=ca, certfile=certificate, keyfile=key)
