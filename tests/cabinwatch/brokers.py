"""Real Mosquitto brokers: the vehicle's own, from our example config, one that wants credentials, the fleet's."""

import shutil
import signal
import socket
import subprocess
import threading
import time
from importlib.resources import files
from pathlib import Path

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

EXAMPLE = Path(str(files("configs"))) / "mosquitto-cabinwatch.conf"
PATIENCE_S = 60.0  # for a busy machine; nothing is measured by it
DAYS_S = 7 * 24 * 3600
USER = ("vehicle", "a long secret")  # name and password


def mosquitto():
    """Where it is, or None."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Broker:
    """One Mosquitto; may be killed and started again."""

    def __init__(self, folder, text, address):
        folder.mkdir()
        self.address = address
        self.log = folder / "log"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"user root\n{text}")
        self._process = None

    def start(self):
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([mosquitto(), "-c", self._config], stdout=log, stderr=log)
        until_s = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until_s, self.log.read_text()
            time.sleep(0.02)
        return self

    def kill(self):
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self._end(signal.SIGTERM)

    def _end(self, number):
        self._process.send_signal(number)
        self._process.wait(PATIENCE_S)

    def _answers(self):
        family = socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET
        with socket.socket(family) as probe:
            return probe.connect_ex(self.address) == 0


def fleets(folder, port):
    """The fleet's broker, which remembers its subscribers."""
    text = f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
    return Broker(folder, text + "max_queued_messages 0\n", ("127.0.0.1", port))


def vehicles(folder, uplink_port):
    """The vehicle's own broker: the example, with the paths and the address of this test and without certificates."""
    text = EXAMPLE.read_text()
    for ours, theirs in {
        "/run/mosquitto/cabinwatch.sock": f"{folder}/sock",
        "/var/lib/mosquitto/": f"{folder}/",
        "fleet.example.org:8883": f"127.0.0.1:{uplink_port}",
        "restart_timeout 1 30": "restart_timeout 1",
    }.items():
        assert ours in text
        text = text.replace(ours, theirs)
    open_text = "".join(line for line in text.splitlines(keepends=True) if "file /etc/mosquitto/certs" not in line)
    return Broker(folder, open_text, f"{folder}/sock")


def strict(folder, ports, authority):
    """One that speaks TLS on the first port and wants a certificate and a password; on the second the tests listen."""
    authority.issue("broker", folder.with_name("broker.crt"), folder.with_name("broker.key"))
    passwords = folder.with_name("passwords")
    subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, *USER], check=True, capture_output=True)
    text = f"""per_listener_settings true
listener {ports[0]} 127.0.0.1
allow_anonymous false
password_file {passwords}
cafile {authority.certificate}
certfile {folder.with_name("broker.crt")}
keyfile {folder.with_name("broker.key")}
require_certificate true
listener {ports[1]} 127.0.0.1
allow_anonymous true
"""
    return Broker(folder, text, ("127.0.0.1", ports[1]))


class Authority:
    """Issues certificates of localhost, by the openssl command."""

    def __init__(self, folder):
        folder.mkdir()
        self.certificate, self._key = folder / "ca.crt", folder / "ca.key"
        self._openssl("authority", self.certificate, self._key)

    def issue(self, name, certificate, key):
        self._openssl(name, certificate, key, "-CA", self.certificate, "-CAkey", self._key)

    def _openssl(self, name, certificate, key, *signed):
        command = ["openssl", "req", "-x509", "-days", "2", "-subj", f"/CN={name}", "-out", certificate, *signed]
        command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", key]
        subprocess.run([*command, "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)


class Subscriber:
    """The fleet's own end; its session lasts, so that it misses nothing while its broker is down."""

    def __init__(self, port, topic):
        self.payloads = []
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="fleet", protocol=MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _data, message: self.payloads.append(message.payload)
        self._client.reconnect_delay_set(1, 1)
        lasting = Properties(PacketTypes.CONNECT)
        lasting.SessionExpiryInterval = DAYS_S
        self._client.connect("127.0.0.1", port, clean_start=False, properties=lasting)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()
